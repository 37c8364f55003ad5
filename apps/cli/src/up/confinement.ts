/**
 * What the runtime grants to engine, server and exchange: to read the code, what each is told to read and its own folder; to
 * write its own folder only; the network; no process, no thread, no add-on. Two things are outside of what it can do:
 * `node:sqlite` opens any file whatever is granted, and the network is all or nothing. The operating system's users and units
 * bound both (docs/install.md). Why the warden has no such list: docs/decisions/0012-one-unit-for-the-vault.md.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../data-directory.ts';

/** Those that an installation always has. */
export type Confined = 'exchange' | 'engine' | 'server';
export type Program = Confined | 'webhook' | 'strategies' | 'backtests';

/** What a program may reach; real paths. A folder that is there means all that is in it, with or without `/*`. */
export interface Grants {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export interface Place {
  /** Root of the code, real path. */
  readonly code: string;
  /** Data directory, real path. */
  readonly data: string;
  /** Files that the command line names, such as a tape. */
  readonly named: readonly string[];
}

/** Longest path that a Unix socket may have; a longer one is made in the folder for temporary files (the engine's rule). */
const socketPathBytesMax = 100;

export const runtimeFlags: readonly string[] = [
  '--disable-sigusr1',
  '--no-addons',
  '--no-experimental-ffi',
  '--no-experimental-webstorage',
  '--disable-proto=delete',
  '--report-exclude-env',
  '--disable-warning=ExperimentalWarning',
];

/** Source by program. The vault's is not among it, but for the client that speaks to its door. */
const source: Readonly<Record<Program, readonly string[]>> = {
  exchange: ['apps/exchange/*'],
  engine: ['apps/engine/*', 'apps/vault/package.json', 'apps/vault/src/client/*'],
  server: [
    'apps/server/*',
    'apps/vault/package.json',
    'apps/vault/src/client/*',
    'apps/dashboard/dist',
    'apps/dashboard/dist/*',
    'package.json',
  ],
  webhook: ['apps/webhook/*'],
  strategies: ['apps/engine/*'],
  backtests: ['apps/server/*', 'package.json'],
};

/** Those that listen on a socket beside their data. */
const listens: ReadonlySet<Program> = new Set<Program>(['engine', 'backtests']);

/** What others write and a program reads, in the data directory. */
const read: Readonly<Record<Program, readonly string[]>> = {
  exchange: [],
  engine: ['peers/engine.key', 'exchange/control.token'],
  server: ['peers/server.key', 'engine/*', 'cli.token', 'processes.json', 'webhook/webhook.db', 'market', 'backtests'],
  webhook: [],
  strategies: [],
  backtests: ['market'],
};

/** Where the engine listens when the path beside its data is too long; undefined when it is not. */
export function farSocketFolder(data: string): string | undefined {
  if (Buffer.byteLength(join(data, 'engine', 'engine.sock')) <= socketPathBytesMax) return undefined;
  return join(tmpdir(), `holdfast-${createHash('sha256').update(data).digest('hex').slice(0, 16)}`);
}

export function grantsOf(program: Program, { code, data, named }: Place): Grants {
  const own = join(data, program);
  const far = listens.has(program) ? farSocketFolder(data) : undefined;
  // The pipes to the strategies, and the files that are run there; the listener's door.
  const more = program === 'engine' ? [join(data, 'strategies'), join(data, 'signals')] : [];
  const writes = [own, ...more, ...(far === undefined ? [] : [far])].flatMap((folder) => [folder, `${folder}/*`]);
  const shared = ['packages/*', 'node_modules/*', ...source[program]].map((path) => join(code, path));
  return { reads: [...shared, ...read[program].map((path) => join(data, path)), ...writes, ...named], writes };
}

export const permissionFlags = ({ reads, writes }: Grants): string[] => [
  '--permission',
  '--allow-net',
  ...reads.map((path) => `--allow-fs-read=${path}`),
  ...writes.map((path) => `--allow-fs-write=${path}`),
];

/** All flags for a program with these grants. Each strategy is a process of its own, confined further; none of them has the network. */
export function flagsFrom(program: Program, grants: Grants): readonly string[] {
  const flags = permissionFlags(grants);
  const own = program === 'strategies' ? flags.map((flag) => (flag === '--allow-net' ? '--allow-child-process' : flag)) : flags;
  return [...runtimeFlags, ...own];
}

/** Makes what must exist when the runtime reads its flags: a folder that is missing then is taken for a file. */
export function makeFolders(program: Program, data: string): void {
  mkdirSync(join(data, program), { recursive: true, mode: 0o700 });
  if (program === 'server' || program === 'backtests')
    for (const folder of ['market', 'backtests']) mkdirSync(join(data, folder), { recursive: true, mode: 0o700 });
  if (program === 'engine')
    for (const folder of ['strategies', 'signals']) mkdirSync(join(data, folder), { recursive: true, mode: 0o700 });
  const far = listens.has(program) ? farSocketFolder(data) : undefined;
  // Somebody else may have made it, or a link: the engine looks whose it is before it listens there.
  if (far !== undefined) mkdirSync(far, { recursive: true, mode: 0o700 });
}

const code = realpathSync(repositoryRoot);

/** All flags for a program of this tree that is started now. `data` is a real path; its folders are made. */
export function flagsOf(program: Program, data: string, named: readonly string[]): readonly string[] {
  makeFolders(program, data);
  const files = named.flatMap((path) => (existsSync(path) ? [path, realpathSync(path)] : [path]));
  return flagsFrom(program, grantsOf(program, { code, data, named: files }));
}
