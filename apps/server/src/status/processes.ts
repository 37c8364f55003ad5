/**
 * The processes of this instance: those that `holdfast up` keeps write themselves into DATA/processes.json, those inside
 * the vault come with its status. Memory is read from the operating system where the runtime lets us, else it is what they report.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessStatus } from '@holdfast/contracts';
import type { VaultStatus } from '@holdfast/domain';
import { z } from 'zod';

const kept = z.array(
  z.object({
    name: z.string(),
    pid: z.int().min(0),
    state: z.string(),
    startedAt: z.int().min(0),
    rssBytes: z.int().min(0).default(0),
  }),
);

const order = ['warden', 'signer', 'gate', 'portal', 'egress', 'exchange', 'engine', 'server'];
const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Resident memory in bytes by process; a process that cannot be read is left out. */
async function residentMemory(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  return process.platform === 'linux' ? memoryFromProc(pids) : memoryFromPs(pids);
}

async function memoryFromProc(pids: readonly number[]): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
    if (kilobytes !== undefined) found.set(pid, Number(kilobytes) * 1024);
  }
  return found;
}

async function memoryFromPs(pids: readonly number[]): Promise<Map<number, number>> {
  if (pids.length === 0) return new Map();
  const list = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')]).catch(() => ({ stdout: '' }));
  const rows = list.stdout.split('\n').flatMap((line) => {
    const [pid, kilobytes] = line.trim().split(/\s+/).map(Number);
    return pid === undefined || kilobytes === undefined || Number.isNaN(kilobytes) ? [] : [[pid, kilobytes * 1024] as const];
  });
  return new Map(rows);
}

async function keptProcesses(file: string): Promise<ProcessStatus[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  const rows = kept.safeParse(JSON.parse(text));
  return (rows.data ?? []).map(({ name, pid, state, startedAt, rssBytes }) => ({
    name,
    pid: pid === 0 ? null : pid,
    state: state === 'running' && pid !== 0 && !isAlive(pid) ? 'stopped' : state,
    rssBytes: rssBytes === 0 ? null : rssBytes,
    startedAt: startedAt === 0 ? null : startedAt,
  }));
}

const vaultProcesses = (vault: VaultStatus | undefined): ProcessStatus[] =>
  (vault?.processes ?? []).map(({ name, pid, state, rssBytes }) => ({
    name,
    pid: pid > 0 ? pid : null,
    state,
    rssBytes: rssBytes > 0 ? rssBytes : null,
    startedAt: null,
  }));

const self = (): ProcessStatus => ({
  name: 'server',
  pid: process.pid,
  state: 'running',
  rssBytes: process.memoryUsage.rss(),
  startedAt: Math.round(performance.timeOrigin),
});

/** All processes in the order of their work; what `up` says of a process counts before what the vault says. */
export async function readProcesses(file: string, vault: VaultStatus | undefined): Promise<ProcessStatus[]> {
  const rows = new Map<string, ProcessStatus>();
  for (const row of [self(), ...vaultProcesses(vault), ...(await keptProcesses(file))]) {
    const rssBytes = row.rssBytes ?? rows.get(row.name)?.rssBytes ?? null;
    rows.set(row.name, row.name === 'server' ? self() : { ...row, rssBytes });
  }
  const all = [...rows.values()].sort((a, b) => place(a.name) - place(b.name));
  const memory = await residentMemory(all.flatMap(({ pid }) => pid ?? []));
  return all.map((row) => ({ ...row, rssBytes: (row.pid === null ? undefined : memory.get(row.pid)) ?? row.rssBytes }));
}
