/**
 * Keeps the processes of an instance: starts each and waits until it serves, starts it again when it dies, stops all in
 * reverse order. A child's stdin is a pipe from us: when we are gone, however that came, it ends and the child stops.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { replaceFile } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { flagsOf, type Program } from './confinement.ts';

export interface ProcessSpec {
  readonly name: string;
  /** The process's main file. */
  readonly main: string;
  readonly args: readonly string[];
  /** Whose grants of the runtime it runs under; null for the warden, which starts processes and confines those itself. */
  readonly confined: Program | null;
  /** Files that `args` names and that it may read. */
  readonly named?: readonly string[];
}

type State = 'starting' | 'running' | 'restarting' | 'stopped';

interface Kept {
  readonly spec: ProcessSpec;
  child: ChildProcess | undefined;
  state: State;
  startedAt: number;
  /** Deaths in a row, each within `steadyMs` of its start. */
  deaths: number;
}

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 8_000;
const steadyMs = 10_000;
/** How old the memory sizes in processes.json may be: the server may not read them from the operating system itself. */
const recordEveryMs = 5_000;
const restartDelayMs = (deaths: number): number => Math.min(100 * 2 ** deaths, 5_000);

/** What the vault says on its console for a person at the machine; with "up" the console is the terminal. */
const enrolmentCode = /enrolment code for [^"]*/;

/** No variable of ours reaches a child but where temporary files are, on which server and engine must agree: NODE_OPTIONS would widen what is granted. */
const childEnvironment = (): Record<string, string> => {
  const { TMPDIR } = process.env;
  return TMPDIR === undefined ? {} : { TMPDIR };
};

/** Resident memory in bytes; 0 when it is not known. */
function rssOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const unconfined = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'];

export class Supervisor {
  readonly #data: string;
  readonly #kept: Kept[] = [];
  readonly #logs: WriteStream;
  readonly #recording: NodeJS.Timeout;
  #stopping = false;

  constructor(data: string) {
    this.#data = data;
    mkdirSync(join(data, 'logs'), { recursive: true, mode: 0o700 });
    this.#logs = createWriteStream(join(data, 'logs', 'processes.log'), { flags: 'a', mode: 0o600 });
    this.#logs.on('error', () => {});
    this.#recording = setInterval(() => this.#record(), recordEveryMs);
  }

  /** Starts a process and waits for its ready line. @throws CliError with the child's own code and last line */
  async start(spec: ProcessSpec): Promise<void> {
    const kept: Kept = { spec, child: undefined, state: 'starting', startedAt: 0, deaths: 0 };
    this.#kept.push(kept);
    await this.#launch(kept);
  }

  /** Stops all, last started first; what does not end in time is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#recording);
    for (const kept of this.#kept.toReversed()) await this.#end(kept);
    this.#record();
    await new Promise<void>((done) => this.#logs.end(done));
  }

  #record(): void {
    const rows = this.#kept.map(({ spec, child, state, startedAt }) => ({
      name: spec.name,
      pid: child?.pid ?? 0,
      state,
      startedAt,
      rssBytes: rssOf(child?.pid ?? 0),
    }));
    try {
      replaceFile(join(this.#data, 'processes.json'), `${JSON.stringify(rows)}\n`);
    } catch (error) {
      process.stderr.write(`holdfast: cannot write processes.json: ${(error as Error).message}\n`);
    }
  }

  async #launch(kept: Kept): Promise<void> {
    const { spec } = kept;
    const flags = spec.confined === null ? unconfined : flagsOf(spec.confined, this.#data, spec.named ?? []);
    const child = spawn(process.execPath, [...flags, spec.main, ...spec.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnvironment(),
      detached: true, // Ctrl-C goes to the terminal's whole group; we stop the children ourselves, in order
    });
    kept.child = child;
    kept.startedAt = Date.now();
    child.stdin?.on('error', () => {});
    let lastLine = '';
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.trim() !== '') lastLine = line;
      this.#logs.write(`${new Date().toISOString()} ${spec.name} ${line}\n`);
      const code = enrolmentCode.exec(line)?.[0];
      if (code !== undefined) process.stderr.write(`vault: ${code}\n`);
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new CliError(
            exitCode.failed,
            `${spec.name} did not get ready within ${readyTimeoutMs / 1000} s; see ${this.#data}/logs/processes.log`,
          ),
        );
      }, readyTimeoutMs);
      let ready = false;
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        if (ready || !line.startsWith('{"ready":true')) return;
        ready = true;
        clearTimeout(timer);
        kept.state = 'running';
        this.#record();
        resolve();
      });
      child.on('error', (cause) =>
        reject(new CliError(exitCode.failed, `cannot start ${spec.name}: ${cause.message}`, { cause })),
      );
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (kept.child !== child) return;
        if (!ready) {
          kept.state = 'stopped';
          this.#record();
          reject(
            new CliError(
              code === null || code === 0 ? exitCode.failed : code,
              lastLine || `${spec.name} ended before it was ready (${signal ?? code})`,
            ),
          );
        } else if (!this.#stopping) this.#again(kept);
      });
    });
  }

  #again(kept: Kept): void {
    kept.deaths = Date.now() - kept.startedAt > steadyMs ? 0 : kept.deaths + 1;
    kept.state = 'restarting';
    this.#record();
    setTimeout(() => {
      if (this.#stopping) return;
      this.#launch(kept).catch((error: Error) => {
        process.stderr.write(`holdfast: ${kept.spec.name}: ${error.message}\n`);
        if (!this.#stopping) this.#again(kept);
      });
    }, restartDelayMs(kept.deaths));
  }

  async #end(kept: Kept): Promise<void> {
    const { child } = kept;
    kept.state = 'stopped';
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.once('exit', () => {
        clearTimeout(timer);
        done();
      });
      child.kill('SIGTERM');
    });
  }
}
