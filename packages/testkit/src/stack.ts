/**
 * The real stack in a folder of its own, on ports that were free a moment ago, started as a person starts it: `up` keeps
 * exchange, warden, engine and server, the warden keeps signer, gate, portal and egress. Only processes of this stack are killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const startTimeoutMs = 180_000;
const backTimeoutMs = 120_000;
const lookEveryMs = 50;

/** Kept by `up` itself, by the warden, and `up`. */
export const processNames = ['exchange', 'warden', 'engine', 'server', 'signer', 'gate', 'portal', 'egress', 'up'] as const;
export type ProcessName = (typeof processNames)[number];

export interface StackOptions {
  readonly dir: string;
  /** Recorded candles to play; the synthetic market when left out. */
  readonly tape?: string;
  readonly from?: string;
  readonly to?: string;
  /** Times real time, or `max`. */
  readonly speed: number | 'max';
  readonly seed?: number;
  /** Whether the demonstration account and bot are made; yes when left out. */
  readonly demo?: boolean;
  /** Further options of `up`. */
  readonly more?: readonly string[];
  /** Names the processes of the vault: the warden's own are known to it only. */
  readonly vaultProcesses: (gate: string, dir: string) => Promise<readonly { readonly name: string; readonly pid: number }[]>;
}

export interface Stack {
  readonly dir: string;
  readonly dashboard: string;
  readonly gate: string;
  readonly exchange: string;
  /** The process that has the name now; undefined while it is being started again. */
  pid(name: ProcessName): Promise<number | undefined>;
  /** SIGKILL; resolves with the pid that was killed, undefined when there was none at the moment. */
  kill(name: ProcessName): Promise<number | undefined>;
  /** Resolves when every process is there and the vault answers. */
  whole(): Promise<void>;
  /** Starts `up` again after it was killed or stopped. */
  start(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** The last lines of all processes, for the message of a failed test. */
  log(): string;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });

/** A port P whose P+2 and P+10 are free as well. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 10_000 + Math.floor(Math.random() * 10_000); // below what systems give to outgoing connections
    const all = await Promise.all([port, port + 1, port + 2, port + 10].map(isFree));
    if (all.every((free) => free)) return port;
  }
  throw new Error('no free ports between 10000 and 20000');
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir } = options;
  const port = await freePorts();
  const data = join(dir, 'data');
  const gate = `http://127.0.0.1:${port + 2}`;
  const exchange = `http://127.0.0.1:${port + 10}`;
  let child: ChildProcess | undefined;
  let output = '';

  const flag = (name: string, value: string | number | undefined): string[] => (value === undefined ? [] : [name, String(value)]);
  const args = [
    ...['--data', data, '--port', String(port), '--speed', String(options.speed), '--json'],
    ...flag('--tape', options.tape),
    ...flag('--from', options.from),
    ...flag('--to', options.to),
    ...flag('--seed', options.seed),
    ...(options.demo === false ? ['--no-demo'] : []),
    ...(options.more ?? []),
  ];

  const start = async (): Promise<void> => {
    // A process group of its own would outlive us; a pipe on stdin is not looked at by `up`, so tests stop it themselves.
    const started = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'up', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    output = '';
    const deadline = Date.now() + startTimeoutMs;
    const hear = (text: Buffer): void => {
      output += text.toString();
    };
    started.stdout?.on('data', hear);
    started.stderr?.on('data', hear);
    while (!/"ready":\s*true/.test(output)) {
      if (started.exitCode !== null || started.signalCode !== null)
        throw new Error(`up ended with ${started.exitCode}: ${output}`);
      if (Date.now() > deadline) throw new Error(`up is not ready after ${startTimeoutMs} ms: ${output}\n${log()}`);
      await sleep(lookEveryMs);
    }
  };

  const kept = (): readonly { readonly name: string; readonly pid: number }[] => {
    try {
      return JSON.parse(readFileSync(join(data, 'processes.json'), 'utf8')) as { name: string; pid: number }[];
    } catch {
      return [];
    }
  };

  const log = (): string => {
    try {
      return readFileSync(join(data, 'logs', 'processes.log'), 'utf8')
        .split('\n')
        .slice(-40)
        .join('\n');
    } catch {
      return '';
    }
  };

  const pid = async (name: ProcessName): Promise<number | undefined> => {
    if (name === 'up') return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
    const own = kept().find((each) => each.name === name)?.pid;
    const found = own ?? (await options.vaultProcesses(gate, data).catch(() => [])).find((each) => each.name === name)?.pid;
    return found !== undefined && found > 0 && isAlive(found) ? found : undefined;
  };

  const whole = async (): Promise<void> => {
    const deadline = Date.now() + backTimeoutMs;
    for (;;) {
      const pids = await Promise.all(processNames.map(pid));
      const missing = processNames.filter((_, index) => pids[index] === undefined);
      if (missing.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`not back after ${backTimeoutMs} ms: ${missing.join(', ')}\n${output}\n${log()}`);
      await sleep(lookEveryMs);
    }
  };

  const ended = (of: ChildProcess): Promise<number | null> =>
    of.exitCode !== null || of.signalCode !== null ? Promise.resolve(of.exitCode) : new Promise((done) => of.once('exit', done));

  await start();
  return {
    dir: data,
    dashboard: `http://127.0.0.1:${port}`,
    gate,
    exchange,
    pid,
    whole,
    start,
    log,
    async kill(name) {
      const found = await pid(name);
      if (found === undefined) return undefined;
      const below = name === 'up' ? kept().map((each) => each.pid) : [];
      process.kill(found, 'SIGKILL');
      if (name === 'up' && child !== undefined) await ended(child);
      // Its children see their stdin end and stop; the next `up` needs their ports.
      for (const deadline = Date.now() + backTimeoutMs; below.some(isAlive) && Date.now() < deadline; ) await sleep(lookEveryMs);
      return found;
    },
    async stop() {
      if (child === undefined) return null;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return ended(child);
    },
  };
}
