/**
 * Runs strategies, each file in a process of its own without network, files, environment, children and threads, with bounded
 * memory. Answers come as lines of bounded length within a deadline, or the process is killed.
 *   C3  Whatever a strategy does, an answer or a failure is there within the deadline.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Root of the installed tree: a real path, as the loader of modules resolves it and the flags need it. */
const treeRoot = join(import.meta.dirname, '../../..');
const childMain = join(treeRoot, 'apps/engine/src/strategy-child.ts');
const childLock = join(treeRoot, 'apps/engine/src/strategy-lock.ts');
export const startMsMost = 5_000;
export const stepMsMost = 500;
const heapMbMost = 64;
/** Writable memory in all, on Linux, in KiB: the runtime itself needs most of it. What a heap limit does not count is in it. */
const dataKibMost = 800_000;
const lineBytesMax = 1_048_576;

const confinement = [
  '--permission',
  '--no-experimental-sqlite',
  '--no-experimental-ffi',
  '--no-experimental-webstorage',
  '--no-experimental-websocket',
  '--no-addons',
  '--no-node-snapshot',
  '--disable-sigusr1',
  '--disable-proto=delete',
  '--disallow-code-generation-from-strings',
  '--report-exclude-env',
  '--disable-warning=ExperimentalWarning',
  `--max-old-space-size=${heapMbMost}`,
  '--max-semi-space-size=4',
  '--stack-size=800',
];
const source = ['apps/engine/package.json', 'packages/domain/package.json', 'packages/indicators/package.json'];
const folders = ['packages/domain/src/*', 'packages/indicators/src/*'];

/** Flags for the process of a strategy whose file has this real path. */
export const strategyFlags = (file: string): readonly string[] => [
  ...confinement,
  ...[childMain, childLock, file, ...[...source, ...folders].map((path) => join(treeRoot, path))].map(
    (path) => `--allow-fs-read=${path}`,
  ),
];

export type Answered = { readonly step: unknown } | { readonly failed: string };

interface Waiting {
  readonly n: number;
  readonly done: (answer: Answered) => void;
  readonly timer: NodeJS.Timeout;
}

/** One strategy's process; ended for good by its first failure to answer. */
export class StrategyProcess {
  readonly #child: ChildProcess;
  /** What the file says of itself, once it is loaded. */
  readonly ready: Promise<{ readonly description: unknown } | { readonly failed: string }>;
  #begun: (value: { readonly description: unknown } | { readonly failed: string }) => void = () => {};
  #waiting: Waiting | undefined;
  #text = '';
  #next = 1;
  #ended: string | undefined;

  /** @param file real path */
  constructor(file: string) {
    // The shell only bounds memory and core dumps, and becomes the process.
    const command = [process.execPath, ...strategyFlags(file), childMain, file, treeRoot];
    const bounds = `ulimit -c 0; ulimit -d ${dataKibMost} 2>/dev/null; unset PWD OLDPWD SHLVL; exec "$@"`;
    this.#child = spawn('/bin/sh', ['-c', bounds, 'sh', ...command], {
      env: {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.ready = new Promise((done) => {
      this.#begun = done;
    });
    const timer = setTimeout(() => this.end(`it did not load within ${startMsMost} ms`), startMsMost);
    void this.ready.then(() => clearTimeout(timer));
    this.#child.on('error', (error) => this.end(`its process cannot be started: ${error.message}`));
    this.#child.on('exit', (code, signal) =>
      this.end(
        signal === 'SIGABRT' || code === 134
          ? `it took more than ${heapMbMost} MB of memory`
          : `its process ended (${signal ?? code})`,
      ),
    );
    (this.#child.stdio[3] as Writable).on('error', () => {});
    (this.#child.stdio[4] as Readable)
      .setEncoding('utf8')
      .on('data', (text: string) => this.#hear(text))
      .on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** One at a time. `call` is the JSON of settings, state and event. */
  async step(call: { readonly settings: unknown; readonly state: unknown; readonly event: unknown }): Promise<Answered> {
    const begun = await this.ready;
    if ('failed' in begun) return begun;
    if (this.#ended !== undefined) return { failed: this.#ended };
    const n = this.#next++;
    return new Promise((done) => {
      const timer = setTimeout(() => this.end(`it did not answer within ${stepMsMost} ms`), stepMsMost);
      this.#waiting = { n, done, timer };
      (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ n, ...call })}\n`);
    });
  }

  #hear(text: string): void {
    this.#text += text;
    if (this.#text.length > lineBytesMax) this.end('its answer is too long');
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#said(line);
    }
  }

  #said(line: string): void {
    const value = readObject(line);
    const failed = typeof value?.failed === 'string' ? value.failed : undefined;
    if (value === undefined) this.end('its answer is no JSON object');
    else if (value.ready === true) this.#begun({ description: value.description });
    else if (value.n === undefined && failed !== undefined) this.end(failed);
    else if (value.n === this.#waiting?.n) this.#answer(failed === undefined ? { step: value.step ?? null } : { failed });
    else this.end('it answered what was not asked');
  }

  #answer(answer: Answered): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.done(answer);
  }

  /** Kills it; whoever waits is told why. */
  end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#child.kill('SIGKILL');
    this.#begun({ failed: reason });
    this.#answer({ failed: reason });
  }
}

function readObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
