/**
 * The data directory of one instance, and the lock that lets one `up` run in it. Node has no flock, so the lock is a file
 * made exclusively that names its process; it is stale when that process is gone or is no longer ours (a number used again).
 */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, exitCode } from './exit.ts';

export const repositoryRoot = resolve(import.meta.dirname, '../../..');
export const defaultData = join(repositoryRoot, '.holdfast');

export interface Ports {
  readonly dashboard: number;
  readonly portal: number;
  readonly gate: number;
  readonly exchange: number;
}

export const portsFrom = (dashboard: number): Ports => ({
  dashboard,
  portal: dashboard + 1,
  gate: dashboard + 2,
  exchange: dashboard + 10,
});
export const defaultPort = 8430;

interface Instance {
  readonly pid: number;
  readonly ports: Ports;
}

/** Makes the directory (mode 0700) and proves that it can be written. @throws CliError cannot-write */
export function openDataDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return realpathSync(path);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    throw new CliError(
      exitCode.cannotWrite,
      `cannot write the data directory ${path} (${cause.code ?? cause.message}); make it writable or give another with --data DIR`,
      { cause },
    );
  }
}

/** The command line of a process; undefined when there is no such process. */
export function commandOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    if (existsSync(`/proc/${pid}/cmdline`)) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

/** What the lock of `up` says, else what an installed service left: its ports, and the process in the lock of its vault. */
function namedInstance(data: string): Instance | undefined {
  const read = (name: string): Instance => JSON.parse(readFileSync(join(data, name), 'utf8')) as Instance;
  try {
    if (existsSync(join(data, 'lock'))) return read('lock');
    return { pid: read('vault/lock').pid, ports: read('service.json').ports };
  } catch {
    return undefined;
  }
}

/** The instance that runs in a data directory now, if one does. A damaged lock file counts as none: its process is unknown. */
export function runningInstance(data: string): Instance | undefined {
  const instance = namedInstance(data);
  if (instance === undefined) return undefined;
  if (!Number.isSafeInteger(instance.pid) || instance.pid === process.pid) return undefined;
  return isOurs(commandOf(instance.pid)) ? instance : undefined;
}

/** Whether a command line is one of `holdfast`: begun by bin/start.mjs, or by main.ts itself. */
const isOurs = (command: string | undefined): boolean => command !== undefined && /\b(?:start\.mjs|main\.ts)\b/.test(command);

/** Takes the lock for this process. @returns what releases it. @throws CliError already-running */
export function lockDataDirectory(data: string, ports: Ports): () => void {
  const file = join(data, 'lock');
  const running = runningInstance(data);
  if (running !== undefined) {
    throw new CliError(
      exitCode.alreadyRunning,
      `holdfast already runs in ${data} as process ${running.pid} (http://localhost:${running.ports.dashboard}); stop it first or give another --data DIR`,
    );
  }
  const text = JSON.stringify({ pid: process.pid, ports } satisfies Instance);
  rmSync(file, { force: true });
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new CliError(
      exitCode.alreadyRunning,
      `another holdfast is starting in ${data}; wait for it or give another --data DIR`,
      { cause },
    );
  }
  return () => {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) rmSync(file);
  };
}

/** Replaces a small file in one step, so that a reader never sees half of it. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const next = `${path}.next`;
  writeFileSync(next, text, { mode });
  renameSync(next, path);
}
