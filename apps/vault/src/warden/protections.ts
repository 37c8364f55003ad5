/**
 * What protects the vault on this machine, measured, not assumed: each measure is looked up where the operating system
 * says it (proc(5)), and what cannot be seen counts as not in force.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Protection } from '@holdfast/domain';

export interface Measured {
  readonly data: string;
  /** The signer's process number; 0 while it does not run, then the warden stands for it. */
  readonly signer: number;
  readonly unsealedBy: string;
  readonly simulated: boolean;
}

export const oneUserText = 'one user: protects secrets at rest and against the web, not against code running as you';

export function protectionsOf({ data, signer, unsealedBy, simulated }: Measured): readonly Protection[] {
  const pid = signer === 0 ? process.pid : signer;
  return [
    unsealKey(unsealedBy, simulated),
    ownerKey(data),
    users(pid),
    memory(pid),
    tracing(),
    coreDumps(pid),
    swap(pid),
    runtime(signer),
    network(signer),
    privileges(pid),
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

/** Files of a process that may not be dumped belong to root in /proc, and nobody else of its user may read its memory. */
function memory(pid: number): Protection {
  const no =
    (process.getuid?.() ?? 0) === 0
      ? 'the vault runs as root, and root reads any memory'
      : 'programs of the same user can read the memory of the vault';
  let isClosed = false;
  try {
    isClosed = process.getuid?.() !== 0 && statSync(`/proc/${pid}/mem`).uid !== process.getuid?.();
  } catch {
    // no /proc: not in force
  }
  return said('memory', isClosed, "the signer's memory is closed to programs of the same user", no);
}

function tracing(): Protection {
  const scope = Number(read('/proc/sys/kernel/yama/ptrace_scope') || '0');
  const no = 'the system lets programs of one user trace each other (kernel.yama.ptrace_scope is 0 or missing)';
  return said('tracing', scope >= 1, `only parents may trace their children (kernel.yama.ptrace_scope ${scope})`, no);
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

function runtime(signer: number): Protection {
  const flags = read(`/proc/${signer}/cmdline`).split('\0');
  const isConfined =
    flags.includes('--permission') && !flags.some((flag) => /^--allow-(net|child|worker|addons|wasi|ffi)/.test(flag));
  const no = signer === 0 ? 'the signer does not run' : 'the runtime does not confine the signer, or that cannot be seen here';
  return said('runtime', isConfined, 'the runtime denies the signer network, processes, threads and foreign files', no);
}

function network(signer: number): Protection {
  const space = (pid: number | string): string => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`);
    } catch {
      return '';
    }
  };
  const [own, others] = [signer === 0 ? '' : space(signer), space('self')];
  const no =
    signer === 0
      ? 'the signer does not run'
      : 'the operating system gives the signer the network of the machine; only the runtime denies it';
  return said('network', own !== '' && own !== others, 'the operating system gives the signer no network', no);
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
