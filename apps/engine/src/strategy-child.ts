/**
 * The process of one strategy: takes everything away that is not computing, loads the file, and answers lines on descriptor 4 to
 * lines on descriptor 3 until they end. The runtime's permission model denies files, network, processes and threads; this file
 * takes away clock, chance and the names of the machine besides.
 *   C1  What the strategy can reach is the language, its own file, and the pure packages named here.
 *   C2  It runs only while it is asked: no timer, no promise of its own ever runs.
 */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { disarmProcess, lockLanguage } from './strategy-lock.ts';

const [file = '', root = ''] = process.argv.slice(2);
const [askedFd, answerFd] = [3, 4];
const lineBytesMax = 1_048_576;

const language = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error
   AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math BigInt Map Set WeakMap
   WeakSet Float64Array Proxy Reflect Iterator isFinite isNaN decodeURI decodeURIComponent encodeURI encodeURIComponent`.split(
    /\s+/,
  ),
);
const mayImport = ['domain', 'indicators'];

/** Only the file itself and the pure packages are resolved; what a pure package imports of itself is. */
function confineImports(): void {
  const folders = mayImport.map((name) => [`@holdfast/${name}`, pathToFileURL(`${root}/packages/${name}/src/`).href] as const);
  const own = pathToFileURL(file).href;
  registerHooks({
    resolve(specifier, context, next) {
      const found = folders.find(([name]) => name === specifier);
      if (found !== undefined) return { url: `${found[1]}index.ts`, format: 'module-typescript', shortCircuit: true };
      const parent = context.parentURL ?? '';
      const isInside = specifier.startsWith('.') && folders.some(([, folder]) => parent.startsWith(folder));
      if (specifier === own || isInside) return next(specifier, context);
      const allowed = folders.map(([name]) => name).join(' and ');
      throw new Error(`a strategy may import ${allowed} only, not ${specifier}`);
    },
  });
}

const taken = (what: string) => (): never => {
  throw new Error(`${what} is not known to a strategy: the time is event.at, and the same event must give the same answer`);
};

/** A date can be made of a number; the time of now cannot be had. */
function confineDate(): void {
  const Real = Date;
  const Confined = function (this: unknown, ...given: []) {
    if (new.target === undefined || given.length === 0) return taken('the time of now')();
    return Reflect.construct(Real, given, new.target);
  };
  Confined.prototype = Real.prototype;
  Confined.UTC = Real.UTC;
  Confined.parse = Real.parse;
  Confined.now = taken('Date.now');
  Object.defineProperty(Real.prototype, 'constructor', { value: Confined });
  Object.defineProperty(globalThis, 'Date', { value: Confined });
}

function confineGlobals(): void {
  process.env.TZ = 'UTC';
  confineDate();
  Math.random = taken('Math.random');
  for (const name of Reflect.ownKeys(globalThis)) {
    if (typeof name === 'string' && language.has(name)) continue;
    Reflect.deleteProperty(globalThis, name);
  }
}

// Kept from the strategy's reach: it may change what the names mean.
const { parse, stringify } = JSON;
const { from, concat, alloc } = Buffer;
let pending = alloc(0);

/** The next line; undefined when there is none any more. */
function readLine(): string | undefined {
  const chunk = alloc(65_536);
  for (;;) {
    const end = pending.indexOf(10);
    if (end >= 0) {
      const line = pending.toString('utf8', 0, end);
      pending = pending.subarray(end + 1);
      return line;
    }
    if (pending.length > lineBytesMax) return undefined;
    const count = readSync(askedFd, chunk);
    if (count === 0) return undefined;
    pending = concat([pending, chunk.subarray(0, count)]);
  }
}

function answer(value: unknown): void {
  const bytes = from(`${stringify(value)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(answerFd, bytes, sent);
}

const messageOf = (error: unknown): string => {
  try {
    return String((error as Error)?.message ?? error).slice(0, 300);
  } catch {
    return 'something was thrown that cannot be shown';
  }
};

confineImports();
const url = pathToFileURL(file).href;
// The runtime cannot read further files once its globals are gone.
const text = readFileSync(file, 'utf8');
for (const name of mayImport) if (text.includes(`@holdfast/${name}`)) await import(`@holdfast/${name}`);
const exit = process.exit.bind(process);
disarmProcess();
confineGlobals();
lockLanguage();

let strategy: { readonly description?: unknown; readonly step?: unknown } = {};
let fault: string | undefined;
try {
  strategy = (await import(url)) as typeof strategy;
  if (typeof strategy.step !== 'function') fault = 'the file exports no function step';
} catch (error) {
  fault = messageOf(error);
}
answer(fault === undefined ? { ready: true, description: strategy.description ?? null } : { failed: fault });

for (let line = readLine(); line !== undefined; line = readLine()) {
  const { n, settings, state, event } = parse(line) as { n: number; settings: unknown; state: unknown; event: unknown };
  try {
    answer({ n, step: (strategy.step as (...given: unknown[]) => unknown)(settings, state, event) });
  } catch (error) {
    answer({ n, failed: messageOf(error) });
  }
}
exit(0);
