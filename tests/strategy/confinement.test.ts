/** What a strategy's process cannot do: by the runtime's permission model, and by what is taken out of its reach besides. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Answered, StrategyProcess, stepMsMost, strategyFlags } from '../../apps/engine/src/strategy-run.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-strategy-')));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fileOf = (source: string): string => {
  const file = join(folder, `strategy-${++files}.ts`);
  writeFileSync(file, source);
  return file;
};
const call = { settings: {}, state: null, event: { at: 1 } };

/** Loads the file and asks it once. */
async function tried(source: string): Promise<Answered> {
  const run = new StrategyProcess(fileOf(`export const description = { name: 'x', about: 'x' };\n${source}`));
  try {
    return await run.step(call);
  } finally {
    run.end('the test is over');
  }
}
const failure = async (source: string): Promise<string> => {
  const answer = await tried(source);
  return 'failed' in answer ? answer.failed : `answered ${JSON.stringify(answer.step)}`;
};
const step = (body: string): string =>
  `export function step(settings: unknown, state: unknown, event: { at: number }) { ${body} }`;

test('a strategy computes, with the pure packages and dates of given times', async () => {
  const answer = await tried(`
    import { amount, formatAmount } from '@holdfast/domain';
    import { sma } from './nothing.ts';
    ${step('return 1;')}`);
  assert.match(
    'failed' in answer ? answer.failed : '',
    /a strategy may import @holdfast\/domain and @holdfast\/indicators only, not \.\/nothing\.ts/,
  );
  const good = await tried(`
    import { amount, formatAmount } from '@holdfast/domain';
    import * as indicators from '@holdfast/indicators';
    interface Kept { readonly text: string }
    ${step(`const kept: Kept = { text: formatAmount(amount('0.1') + amount('0.2')) };
      return { ...kept, day: new Date(event.at).toISOString(), indicators: Object.keys(indicators).length > 0 };`)}`);
  assert.deepEqual(good, { step: { text: '0.3', day: '1970-01-01T00:00:00.001Z', indicators: true } });
});

for (const [what, body] of [
  ['Date.now', 'Date.now()'],
  ['the time of now', 'new Date()'],
  ['the time of now', 'Date()'],
  ['Date.now', 'new Date(0).constructor.now()'],
  ['Math.random', 'Math.random()'],
] as const)
  test(`${body} throws`, async () =>
    assert.match(await failure(step(`return String(${body});`)), new RegExp(`^${what} is not known`)));

test('no clock, chance, network, process, thread or code from text has a name', async () => {
  const names = [
    'process',
    'require',
    'fetch',
    'WebSocket',
    'performance',
    'crypto',
    'Temporal',
    'Intl',
    'setTimeout',
    'WebAssembly',
    'Worker',
    'Buffer',
    'SharedArrayBuffer',
    'Atomics',
    'console',
    'global',
    'navigator',
    'WeakRef',
    'Uint8Array',
    'ArrayBuffer',
    'eval',
  ];
  const answer = await tried(step(`return ${JSON.stringify(names)}.filter((name) => name in globalThis);`));
  assert.deepEqual(answer, { step: [] });
  for (const code of [
    '(() => 1).constructor("return process")()',
    '(function* () {}).constructor("yield 1")',
    '(async () => 1).constructor("return 1")',
  ])
    assert.match(await failure(step(`return String(${code});`)), /Code generation from strings disallowed/);
});

for (const name of [
  'node:fs',
  'node:net',
  'node:child_process',
  'node:worker_threads',
  'node:process',
  'node:vm',
  'fs',
  'zod',
  '@holdfast/storage',
  '/etc/passwd',
  'data:text/javascript,1',
])
  test(`${name} cannot be imported, at first or later`, async () => {
    assert.match(await failure(`import * as it from '${name}';\n${step('return it;')}`), /a strategy may import/);
    assert.match(await failure(`await import('${name}');\n${step('return 1;')}`), /a strategy may import/);
  });

test('a strategy that hangs is killed at its deadline, and one that throws, fills its memory, or ends is told apart', async () => {
  const run = new StrategyProcess(fileOf(step('for (;;);')));
  await run.ready;
  const ready = performance.now();
  assert.deepEqual(await run.step(call), { failed: `it did not answer within ${stepMsMost} ms` });
  assert.ok(performance.now() - ready < stepMsMost + 20_000, `${performance.now() - ready} ms`);
  assert.equal(run.hasEnded, true);
  assert.deepEqual(await run.step(call), { failed: `it did not answer within ${stepMsMost} ms` }, 'and it stays ended');
  assert.equal(await failure(step("throw new Error('no');")), 'no');
  assert.match(
    await failure(step('const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(all.length));')),
    /more than 64 MB of memory|did not answer within/,
  );
  assert.match(
    await failure(step('const all: unknown[] = []; for (;;) all.push(new Float64Array(1e6).fill(1));')),
    /allocation failed|did not answer within|memory/,
  );
  assert.match(await failure(step("return 'x'.repeat(2_000_000);")), /answer is too long/);
  assert.match(await failure(step('return (function down(): number { return 1 + down(); })();')), /call stack/);
  assert.match(await failure('export const other = 1;'), /exports no function step/);
  assert.match(await failure('export const step = (;'), /Expression expected|Unexpected token/);
  assert.match(await failure(`await new Promise(() => {});\n${step('return 1;')}`), /its process ended \(13\)|did not load/);
});

test('what the runtime works with cannot be changed, and hands out nothing', async () => {
  // Each of these led to `process`, and from there to signals for every process of the user, or changed what others rely on.
  const answer = await tried(`
    const typed = Object.getPrototypeOf(Float64Array.prototype);
    const changes: (() => unknown)[] = [
      () => { String.prototype.startsWith = () => true; },
      () => { Array.prototype.find = () => ['', 'data:text/javascript,//'] as never; },
      () => Object.defineProperty(typed, 'byteLength', { get() { return this; } }),
      () => Object.defineProperty(Object.prototype, 'noDeprecation', { get() { return this; } }),
      () => Object.defineProperty(Promise.prototype, 'constructor', { get() { return this; } }),
      () => { (Object.prototype as { toJSON?: unknown }).toJSON = () => 1; },
      () => { Object.prototype.toString = () => 'changed'; },
      () => { Error.prototype.name = 'changed'; },
      () => { (Error as { prepareStackTrace?: unknown }).prepareStackTrace = () => 1; },
      () => { new Float64Array(1).buffer.constructor.prototype.slice = (() => 1) as never; },
      () => { Object.getPrototypeOf(async () => 1).call = 1; },
      () => { Object.getPrototypeOf([][Symbol.iterator]()).next = 1; },
      () => { Math.max = () => 1; },
      () => Object.setPrototypeOf(Array.prototype, null),
    ];
    const passed: string[] = [];
    for (const change of changes)
      try { change(); passed.push(String(change)); } catch {}
    for (const name of ['node:process', 'data:text/javascript,1'])
      try { await import(name); passed.push(name); } catch {}
    ${step('return passed;')}`);
  assert.deepEqual(answer, { step: [] });
});

test('a `process` that is reached all the same signals nobody and gives no module', () => {
  const lock = JSON.stringify(join(import.meta.dirname, '../../apps/engine/src/strategy-lock.ts'));
  const look = `import(${lock}).then(({ disarmProcess }) => {
    const say = console.log;
    disarmProcess();
    Object.prototype.noDeprecation = 'found';
    say(['kill', '_kill', 'binding', 'dlopen', 'getBuiltinModule', 'setuid', 'noDeprecation'].filter((name) => process[name] !== undefined).length);
  })`;
  const run = spawnSync(process.execPath, ['-e', look], { encoding: 'utf8' });
  assert.equal(run.stdout, '0\n', run.stderr);
});

test('objects of its own may have members of any name', async () => {
  const body = `
    class OwnError extends Error { constructor(text: string) { super(text); this.name = 'OwnError'; } }
    const own: Record<string, unknown> = {};
    own.toString = () => 'as'; own.constructor = 'ever'; own.valueOf = 1;
    const error = new OwnError('x'); error.message = 'y';
    const list = [3, 1, 2]; list.sort();
    return String(error) === 'OwnError: y' && list[0] === 1 ? \`\${own} \${own.constructor}\` : 'changed';`;
  assert.deepEqual(await tried(step(body)), { step: 'as ever' });
});

/** Runs a program under a strategy's flags, without what the loader takes away: what the runtime alone refuses. */
function underFlags(source: string): string {
  const file = fileOf(source);
  const run = spawnSync(process.execPath, [...strategyFlags(file), file], {
    env: {},
    cwd: '/',
    encoding: 'utf8',
    timeout: 60_000,
  });
  return run.stdout.trim();
}

test('the runtime itself refuses files, network, processes, threads and databases, and there is no environment', async (t) => {
  const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const secret = join(folder, 'secret.txt');
  writeFileSync(secret, 'a key');
  const said = underFlags(`
    import { readFileSync, writeFileSync } from 'node:fs';
    import { spawnSync } from 'node:child_process';
    import { Worker } from 'node:worker_threads';
    import { connect } from 'node:net';
    const said: string[] = [];
    const attempt = (name: string, work: () => unknown): void => {
      try { said.push(name + ': ' + String(work())); } catch (error) { said.push(name + ': ' + (error as { code?: string }).code); }
    };
    attempt('passwd', () => readFileSync('/etc/passwd', 'utf8'));
    attempt('neighbour', () => readFileSync(${JSON.stringify(secret)}, 'utf8'));
    attempt('write', () => writeFileSync(${JSON.stringify(join(folder, 'written'))}, 'x'));
    attempt('environ', () => readFileSync('/proc/self/environ', 'utf8'));
    attempt('spawn', () => spawnSync('/bin/true').status);
    attempt('worker', () => new Worker('1', { eval: true }));
    attempt('env', () => Object.keys(process.env).filter((name) => name !== 'TZ').length);
    attempt('sqlite', () => process.getBuiltinModule('node:sqlite'));
    const reached = await new Promise((done) => {
      try {
        const socket = connect(${port}, '127.0.0.1');
        socket.on('data', () => done('reached'));
        socket.on('error', (error) => done((error as { code?: string }).code));
      } catch (error) { done((error as { code?: string }).code); }
    });
    said.push('network: ' + reached);
    console.log(said.join('\\n'));`);
  assert.deepEqual(said.split('\n'), [
    'passwd: ERR_ACCESS_DENIED',
    'neighbour: ERR_ACCESS_DENIED',
    'write: ERR_ACCESS_DENIED',
    'environ: ERR_ACCESS_DENIED',
    'spawn: ERR_ACCESS_DENIED',
    'worker: ERR_ACCESS_DENIED',
    'env: 0',
    'sqlite: undefined',
    'network: ERR_ACCESS_DENIED',
  ]);
});
