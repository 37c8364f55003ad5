/** What the operating system says of a process. Linux is read from /proc, macOS is asked through ps. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const hasProc = existsSync('/proc/self/stat');

function ps(field: string, pid: number): string | undefined {
  try {
    return execFileSync('/bin/ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8', env: {} }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Names this life of a process number: the number may be used again, with another mark. Undefined when there is none. */
export function lifeOf(pid: number): string | undefined {
  if (!hasProc) return ps('lstart', pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : rest[18]; // starttime, field 22 of proc(5)
  } catch {
    return undefined;
  }
}

/** Resident memory in bytes; 0 when it is not known. */
export function rssOf(pid: number): number {
  if (!hasProc) return Number(ps('rss', pid) ?? 0) * 1024;
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
