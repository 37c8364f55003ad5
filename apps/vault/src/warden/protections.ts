/**
 * What protects the vault on this machine, measured, not assumed: each measure is looked up where the operating system
 * says it (proc(5)), and what cannot be seen counts as not in force. A system that closes the signer's memory may hide the
 * signer from us as well; then what a child cannot have otherwise than its parent is looked up at the warden.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Protection } from '@holdfast/domain';

export interface Measured {
  readonly data: string;
  /** The signer's process number; 0 while it does not run, then the warden stands for it. */
  readonly signer: number;
  /** The command line that the signer was started with; empty while it does not run. */
  readonly command: readonly string[];
  readonly unsealedBy: string;
  readonly simulated: boolean;
}

export const oneUserText = 'one user: protects secrets at rest and against the web, not against code running as you';

export function protectionsOf({ data, signer, command, unsealedBy, simulated }: Measured): readonly Protection[] {
  const pid = signer === 0 ? process.pid : signer;
  // Core size, swap group and privileges are inherited, and a child cannot loosen them.
  const inherited = existsSync(`/proc/${pid}/status`) ? pid : process.pid;
  const isClosed = memoryIsClosed(pid);
  return [
    unsealKey(unsealedBy, simulated),
    ownerKey(data),
    users(inherited),
    memory(isClosed),
    tracing(isClosed),
    coreDumps(inherited),
    swap(inherited),
    runtime(signer, command),
    network(signer, command),
    privileges(inherited),
  ];
}

const said = (name: string, inForce: boolean, yes: string, no: string): Protection => ({
  name,
  inForce,
  text: inForce ? yes : no,
});

function unsealKey(by: string, simulated: boolean): Protection {
  const no = simulated
    ? 'a simulated vault keeps its key beside its data'
    : 'the vault was opened by a key file: whoever copies it, or a disk that holds it, opens the vault';
  return said('unseal-key', !simulated && by !== 'key-file', 'the unseal key is not on this disk', no);
}

function ownerKey(data: string): Protection {
  const file = join(data, 'owner', 'owner.key');
  const no = `an owner key lies unencrypted on this machine (${file}): whoever reads it may widen mandates`;
  return said('owner-key', !existsSync(file), 'no owner key lies in the data directory', no);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const statusField = (pid: number | string, field: string): string =>
  new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? '';

/** Whether nothing else than the vault runs as its user, and the user is not root. */
function users(pid: number): Protection {
  const yes = 'the vault runs as a user of its own';
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return said('users', false, yes, `the vault runs as root; ${oneUserText}`);
  const group = statusField(pid, 'NSsid').split(/\s+/)[0] ?? '';
  const strangers = numbers('/proc').filter(
    (other) => statusField(other, 'Uid').startsWith(`${uid}\t`) && !isOfVault(other) && statusField(other, 'NSsid') !== group,
  );
  const isAlone = existsSync('/proc/self/status') && strangers.length === 0;
  return said('users', isAlone, yes, oneUserText);
}

const numbers = (folder: string): number[] => {
  try {
    return readdirSync(folder).map(Number).filter(Number.isSafeInteger);
  } catch {
    return [];
  }
};

/** Ours are this process and what descends from it. */
function isOfVault(pid: number): boolean {
  for (let at = pid, steps = 0; at > 1 && steps < 16; steps += 1) {
    if (at === process.pid) return true;
    at = Number(statusField(at, 'PPid'));
  }
  return false;
}

/**
 * Files of a process that may not be dumped belong to root in /proc, and nobody else of its user may read its memory or trace
 * it (ptrace(2)). Where /proc hides what one may not trace, such a process is alive and not to be seen.
 */
function memoryIsClosed(pid: number): boolean {
  if (process.getuid?.() === 0 || !existsSync('/proc/self/status')) return false;
  try {
    return statSync(`/proc/${pid}/mem`).uid !== process.getuid?.();
  } catch {
    return isAlive(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function memory(isClosed: boolean): Protection {
  const no =
    process.getuid?.() === 0
      ? 'the vault runs as root, and root reads any memory'
      : 'programs of the same user can read the memory of the vault';
  return said('memory', isClosed, "the signer's memory is closed to programs of the same user", no);
}

function tracing(isClosed: boolean): Protection {
  const scope = Number(read('/proc/sys/kernel/yama/ptrace_scope') || '0');
  const yes = isClosed
    ? 'programs of the same user may not trace the signer'
    : `only parents may trace their children (kernel.yama.ptrace_scope ${scope})`;
  const no = 'the system lets programs of one user trace each other (kernel.yama.ptrace_scope is 0 or missing)';
  return said('tracing', isClosed || scope >= 1, yes, no);
}

function coreDumps(pid: number): Protection {
  const limit = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(read(`/proc/${pid}/limits`));
  const isOff = limit?.[1] === '0';
  return said(
    'core-dumps',
    isOff,
    'a crash writes no memory to the disk',
    'a crash may write memory to the disk (core size is not 0)',
  );
}

/** No swap at all, or none for the vault's control group. */
function swap(pid: number): Protection {
  const hasNone = existsSync('/proc/swaps') && read('/proc/swaps').trim().split('\n').length <= 1;
  const group = /^0::(\/.*)$/m.exec(read(`/proc/${pid}/cgroup`))?.[1];
  const isBarred = group !== undefined && read(join('/sys/fs/cgroup', group, 'memory.swap.max')).trim() === '0';
  return said(
    'swap',
    hasNone || isBarred,
    'memory of the vault is not swapped to the disk',
    'memory of the vault may be swapped to the disk',
  );
}

function runtime(signer: number, command: readonly string[]): Protection {
  const seen = read(`/proc/${signer}/cmdline`).split('\0');
  const flags = seen.length > 1 || signer === 0 ? seen : command;
  const isConfined =
    flags.includes('--permission') && !flags.some((flag) => /^--allow-(net|child|worker|addons|wasi|ffi)/.test(flag));
  const no = signer === 0 ? 'the signer does not run' : 'the runtime does not confine the signer, or that cannot be seen here';
  return said('runtime', isConfined, 'the runtime denies the signer network, processes, threads and foreign files', no);
}

/** Names the network of a process. Another process's is not told of one whose memory is closed to us. */
function networkOf(pid: number | string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

/** What leaves its network becomes the signer or does not start, so a signer that was started so has left it. */
function network(signer: number, command: readonly string[]): Protection {
  const [own, others] = [signer === 0 ? '' : networkOf(signer), networkOf('self')];
  const isApart = own === '' ? signer !== 0 && command.includes('--net') : own !== others;
  const no =
    signer === 0
      ? 'the signer does not run'
      : 'the operating system gives the signer the network of the machine; only the runtime denies it';
  return said('network', isApart, 'the operating system gives the signer no network', no);
}

function privileges(pid: number): Protection {
  const isSet = statusField(pid, 'NoNewPrivs') === '1';
  return said(
    'privileges',
    isSet,
    'the vault can gain no new privileges',
    'the vault could start programs that gain privileges (no_new_privs is not set)',
  );
}
