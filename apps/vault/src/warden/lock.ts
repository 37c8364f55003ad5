/**
 * One warden per vault. Node has no flock, so the lock is a file that names its process and that process's children; it is
 * stale when the process is gone. A killed warden's children end by themselves: the next one waits for them, because two
 * signers must never write one journal.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lifeOf } from './process-table.ts';
import { StartError } from './start-error.ts';

interface Life {
  readonly pid: number;
  readonly life: string;
}
interface Held extends Life {
  readonly children: readonly Life[];
}

export interface Lock {
  /** Notes the children of this warden. */
  children(pids: readonly number[]): void;
  release(): void;
}

const orphanMsMax = 5000;

const isAlive = ({ pid, life }: Life): boolean => lifeOf(pid) === life;
const lifeNow = (pid: number): Life => ({ pid, life: lifeOf(pid) ?? '' });

function readLock(file: string): Held | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Held;
  } catch {
    return undefined; // none, or damaged by a crash while it was written
  }
}

async function orphansGone(children: readonly Life[]): Promise<void> {
  for (const until = Date.now() + orphanMsMax; children.some(isAlive); await sleep(20)) {
    if (Date.now() < until) continue;
    for (const child of children.filter(isAlive)) process.kill(child.pid, 'SIGKILL');
  }
}

/** @throws StartError already-running */
export async function takeLock(file: string): Promise<Lock> {
  const before = readLock(file);
  if (before !== undefined && before.pid !== process.pid && isAlive(before)) {
    throw new StartError(
      'alreadyRunning',
      `a vault already runs here as process ${before.pid}; stop it first or use another data directory`,
    );
  }
  await orphansGone(before?.children ?? []);
  rmSync(file, { force: true });
  const me = lifeNow(process.pid);
  try {
    writeFileSync(file, JSON.stringify({ ...me, children: [] } satisfies Held), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new StartError('alreadyRunning', 'another vault is starting here; wait for it or use another data directory', {
      cause,
    });
  }
  return {
    children: (pids) => {
      writeFileSync(`${file}.next`, JSON.stringify({ ...me, children: pids.map(lifeNow) } satisfies Held), { mode: 0o600 });
      renameSync(`${file}.next`, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}
