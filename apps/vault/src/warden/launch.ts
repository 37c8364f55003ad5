/**
 * How the vault's processes are started: each under the runtime's permission model with an empty environment and no more
 * than it needs. The signer may read its own source and read and write its own folder; no network, no process, no thread,
 * no add-on, no database. Every flag is there for a way out that was tried (tests in confinement.test.ts).
 */
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Root of the installed tree, with all links resolved: the flags take real paths only. */
export const treeRoot = realpathSync(join(import.meta.dirname, '../../../..'));

const confinement = [
  '--permission',
  '--no-experimental-sqlite',
  '--no-experimental-ffi',
  '--no-experimental-webstorage',
  '--disable-sigusr1',
  '--no-addons',
  '--disable-proto=delete',
  '--disallow-code-generation-from-strings',
  '--report-exclude-env',
  '--disable-warning=ExperimentalWarning',
];

/** What strips the types is WebAssembly that runs for half a second: compiling it a second time, better, takes longer than it saves. */
const quickStart = '--liftoff-only';

const packageSource = (folder: string, sources: string): string[] => [`${folder}/package.json`, `${folder}/${sources}/*`];
const linkOf = (name: string): string => `node_modules/@holdfast/${name}`;

const sharedSource = [...packageSource('apps/vault', 'src/frames'), ...packageSource('packages/domain', 'src'), linkOf('domain')];
const signerSource = [
  ...sharedSource,
  'apps/vault/src/signer/*',
  'apps/vault/src/crypto/*',
  ...packageSource('packages/policy', 'src'),
  ...packageSource('packages/exchanges', 'src/trading'),
  linkOf('policy'),
  linkOf('exchanges'),
];

const reads = (paths: readonly string[]): string[] => paths.map((path) => `--allow-fs-read=${path}`);
const inTree = (paths: readonly string[]): string[] => paths.map((path) => join(treeRoot, path));

/**
 * Starts Node with exactly these flags. The shell in between only sets the size of core dumps to nothing, drops what it
 * put into the environment itself and becomes the process; standard input is a pipe whose end tells a child that its warden is gone.
 */
function launch(
  flags: readonly string[],
  args: readonly string[],
  stdio: StdioOptions,
  before: readonly string[] = [],
): ChildProcess {
  const command = [...before, process.execPath, quickStart, ...flags, ...args];
  return spawn('/bin/sh', ['-c', 'ulimit -c 0; unset PWD OLDPWD SHLVL; exec "$@"', 'sh', ...command], {
    env: {},
    cwd: '/',
    stdio,
  });
}

export interface SignerLaunch {
  /** Real path of the module that runs; the signer's main file but in tests. */
  readonly entry: string;
  /** Real path of its own folder, which must exist. */
  readonly folder: string;
}

export const signerEntry = join(treeRoot, 'apps/vault/src/signer/main.ts');

/** Descriptors 3 gate, 4 egress, 5 warden and 6 portal are pipes whose other ends are in `stdio` of what is returned. */
export function launchSigner({ entry, folder }: SignerLaunch): ChildProcess {
  const flags = [
    ...confinement,
    ...reads([entry, ...inTree(signerSource), folder, `${folder}/*`]),
    `--allow-fs-write=${folder}/*`,
  ];
  return launch(flags, [entry], ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'], ownNetwork());
}

/** Commands that start a program without any network, best first: they differ in who may use them. */
const networkless = ['/usr/bin/unshare', '/bin/unshare'].flatMap((unshare) => [
  [unshare, '--net', '--'],
  [unshare, '--user', '--map-current-user', '--net', '--'],
]);
let chosen: readonly string[] | undefined;

/** What makes the operating system give the signer an empty network of its own; nothing where it does not. */
function ownNetwork(): readonly string[] {
  chosen ??=
    networkless.find(([command = '', ...args]) => {
      const tried = spawnSync(command, [...args, '/bin/sh', '-c', ':'], { env: {}, stdio: 'ignore', timeout: 2000 });
      return tried.status === 0;
    }) ?? [];
  return chosen;
}

/** The far end of a stream of the signer; `pipe` makes a stream whose other end is in `stdio` of what is returned. */
type SignerEnd = NonNullable<ChildProcess['stdio'][number]> | 'pipe';

/** Descriptor 3 is the channel on which the listening port comes, 4 the stream to the signer. */
export function launchGate(signer: SignerEnd): ChildProcess {
  const flags = [...confinement, '--allow-net', ...reads(inTree([...sharedSource, 'apps/vault/src/gate/*']))];
  const entry = join(treeRoot, 'apps/vault/src/gate/main.ts');
  return launch(flags, [entry], ['pipe', 'ignore', 'inherit', 'ipc', signer]);
}

/** Descriptor 4 is the stream to the signer. */
export function launchEgress(signer: NonNullable<ChildProcess['stdio'][number]>, exchange: string): ChildProcess {
  const flags = [...confinement, '--allow-net', ...reads(inTree([...sharedSource, 'apps/vault/src/egress/*']))];
  const entry = join(treeRoot, 'apps/vault/src/egress/main.ts');
  return launch(flags, [entry, exchange], ['pipe', 'ignore', 'inherit', 'ignore', signer]);
}

/** Descriptor 3 is the channel on which the listening ports come, 4 the stream to the signer. `tlsFolder` holds key and certificate of a real vault's pages. */
export function launchPortal(signer: SignerEnd, origin: string, tlsFolder: string | null): ChildProcess {
  const flags = [
    ...confinement,
    '--allow-net',
    ...reads(inTree([...sharedSource, 'packages/domain/src', 'apps/vault/src/portal/*'])),
    ...reads(tlsFolder === null ? [] : [`${tlsFolder}/*`]),
  ];
  const entry = join(treeRoot, 'apps/vault/src/portal/main.ts');
  return launch(flags, [entry, origin, ...(tlsFolder === null ? [] : [tlsFolder])], ['pipe', 'ignore', 'inherit', 'ipc', signer]);
}
