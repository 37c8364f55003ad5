/**
 * The systemd units of an installation: one user and one unit for each program, the vault's processes in one, because the
 * warden starts them and hands them their streams (docs/decisions/0012-one-unit-for-the-vault.md). Code and runtime belong
 * to root; a unit writes its own folder only; files that one program makes for another come as credentials.
 */
import { join } from 'node:path';
import type { Ports } from '../data-directory.ts';
import { flagsFrom, grantsOf, type Program } from '../up/confinement.ts';
import { helperArgs, helperName } from '../up/sweep-helpers.ts';

export interface Installation {
  /** Where the code is, owned by root. */
  readonly code: string;
  /** A copy of the runtime that may be run and not be read, owned by root: the memory of what runs it is closed to its own user. */
  readonly runtime: string;
  readonly data: string;
  readonly kind: 'simulated' | 'real';
  readonly ports: Ports;
  /** File that systemd decrypts and hands to the vault as `holdfast-unseal`; null when a person or another host unseals it. */
  readonly unsealCredential: string | null;
  /** Processes that help with sweeps, beside that of backtests. */
  readonly helpers: number;
  /** The listener for signals; left out where none is to run. */
  readonly webhook?: { readonly port: number; readonly host: string; readonly behindProxy: boolean };
}

/** Whose unit it is. */
export type UnitName = 'vault' | Program;

export interface Unit {
  readonly name: UnitName;
  /** File name. */
  readonly file: string;
  readonly user: string;
  readonly text: string;
}

export const userOf = (name: UnitName): string => `holdfast-${name}`;
const unitFile = (name: string): string => `holdfast-${name}.service`;
const credentialsOf = (name: UnitName): string => `/run/credentials/${unitFile(name)}`;

/** In all units. The runtime compiles what it runs, so MemoryDenyWriteExecute is not among them. */
const everywhere = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'DevicePolicy=closed',
  'ProtectProc=invisible',
  'ProcSubset=pid',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  'PrivateIPC=yes',
  'RestrictSUIDSGID=yes',
  'RestrictRealtime=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'KeyringMode=private',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@clock @cpu-emulation @debug @module @mount @obsolete @privileged @raw-io @reboot @swap',
  'SystemCallErrorNumber=EPERM',
  'LimitCORE=0',
  'MemorySwapMax=0',
];

/** Files are the user's own; of backtests its group's too, which the server belongs to. */
const umaskOf = (name: UnitName): string => `UMask=${name === 'backtests' ? '0027' : '0077'}`;

/** Reaches programs of this machine only. An exchange's addresses change by the hour, so a list of them would be a way to stop trading. */
const thisMachineOnly = ['IPAddressDeny=any', 'IPAddressAllow=localhost'];
/** Addresses of the machine's own surroundings, such as a cloud's metadata; the rest of the world is needed. */
const theWorld = ['IPAddressDeny=link-local multicast'];
/** May listen on these ports and no other. */
const listens = (...ports: readonly number[]): readonly string[] => [
  'SocketBindDeny=any',
  ...ports.map((port) => `SocketBindAllow=tcp:${port}`),
];

interface Plan {
  readonly name: UnitName;
  /** Where several units are of one name. */
  readonly unit?: string;
  readonly what: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly after: readonly string[];
  readonly more: readonly string[];
  /** Credential names and the files that they are made from. */
  readonly credentials: Readonly<Record<string, string>>;
}

const url = (port: number): string => `http://127.0.0.1:${port}`;

function plans({ kind, data, ports, unsealCredential, helpers, webhook: listener }: Installation): readonly Plan[] {
  const isReal = kind === 'real';
  const exchange = ['--exchange', isReal ? 'binance' : url(ports.exchange)];
  const reach = isReal ? theWorld : thisMachineOnly;
  const hide = (...names: readonly string[]): string =>
    `InaccessiblePaths=${names.map((name) => `-${join(data, name)}`).join(' ')}`;
  const vault: Plan = {
    name: 'vault',
    what: 'the vault: warden, signer, gate, pages, egress',
    main: 'apps/vault/src/warden/main.ts',
    args: ['--port', String(ports.gate), '--portal-port', String(ports.portal), ...exchange, ...(isReal ? [] : ['--simulated'])],
    after: isReal ? ['network-online.target'] : [unitFile('exchange')],
    more: [
      'KillMode=mixed',
      'RestrictNamespaces=user net', // the signer gets an empty network of its own
      ...listens(ports.gate, ports.portal),
      ...reach,
      `ReadWritePaths=${data}`,
      hide('engine', 'server', 'exchange', 'webhook', 'signals', 'strategies', 'backtests'),
      ...(unsealCredential === null ? [] : [`LoadCredentialEncrypted=holdfast-unseal:${unsealCredential}`]),
    ],
    credentials: {},
  };
  const engine: Plan = {
    name: 'engine',
    what: 'the engine, which runs the bots',
    main: 'apps/engine/src/main.ts',
    args: ['--vault', url(ports.gate), ...exchange, '--account', isReal ? 'main' : 'paper'],
    after: [unitFile('vault'), unitFile('strategies')],
    more: [
      `SupplementaryGroups=${userOf('strategies')}`, // writes the files of strategies and asks at the pipes
      'RestrictNamespaces=yes',
      'SocketBindDeny=any',
      ...reach,
      `ReadWritePaths=${['engine', 'strategies', 'signals'].map((folder) => join(data, folder)).join(' ')}`,
      hide('vault', 'peers', 'owner', 'server', 'exchange', 'webhook', 'backtests'),
    ],
    credentials: {
      'engine.key': join(data, 'peers/engine.key'),
      ...(isReal ? {} : { 'control.token': join(data, 'exchange/control.token') }),
    },
  };
  const server: Plan = {
    name: 'server',
    what: 'the API and the dashboard',
    main: 'apps/server/src/main.ts',
    args: ['--port', String(ports.dashboard), '--vault', url(ports.gate), ...exchange],
    after: [unitFile('engine'), unitFile('backtests')],
    more: [
      // Reads the engine's database and asks at its socket; asks for backtests and reads them; reads the outcomes of signals.
      `SupplementaryGroups=${[userOf('engine'), userOf('backtests'), ...(listener === undefined ? [] : [userOf('webhook')])].join(' ')}`,
      'RestrictNamespaces=yes',
      ...listens(ports.dashboard),
      ...thisMachineOnly,
      `ReadWritePaths=${join(data, 'server')}`,
      hide('vault', 'peers', 'owner', 'exchange', 'signals', 'strategies'),
    ],
    credentials: { 'server.key': join(data, 'peers/server.key'), 'cli.token': join(data, 'cli.token') },
  };
  const simulated: Plan = {
    name: 'exchange',
    what: 'the simulated exchange',
    main: 'apps/exchange/src/main.ts',
    args: ['--port', String(ports.exchange), '--lockstep', '--speed', '1'],
    after: ['network.target'],
    more: [
      'RestrictNamespaces=yes',
      ...listens(ports.exchange),
      ...thisMachineOnly,
      `ReadWritePaths=${join(data, 'exchange')}`,
      hide('vault', 'peers', 'owner', 'engine', 'server', 'webhook', 'signals', 'strategies', 'backtests'),
    ],
    credentials: {},
  };
  const others = [...(isReal ? [] : [simulated]), vault, strategies(data), engine, ...backtests(data, helpers), server];
  return listener === undefined ? others : [...others, webhook(data, listener)];
}

const hidden = (data: string, ...names: readonly string[]): string =>
  `InaccessiblePaths=${names.map((name) => `-${join(data, name)}`).join(' ')}`;

const withoutNetwork = ['PrivateNetwork=yes', 'RestrictNamespaces=yes', 'SocketBindDeny=any', ...thisMachineOnly];

/** Runs what others wrote: no network at all, and each strategy in a process that is confined further. */
const strategies = (data: string): Plan => ({
  name: 'strategies',
  what: "strategies of one's own",
  main: 'apps/engine/src/strategy-host.ts',
  args: [],
  after: [],
  more: [
    ...withoutNetwork,
    'KillMode=control-group',
    `ReadWritePaths=${join(data, 'strategies')}`,
    hidden(
      data,
      'vault',
      'peers',
      'owner',
      'engine',
      'server',
      'exchange',
      'webhook',
      'signals',
      'backtests',
      'market',
      'cli.token',
    ),
  ],
  credentials: {},
});

/** Know no key, no token and no book; results are read by the server. Those that help with sweeps are confined as the first is. */
function backtests(data: string, helpers: number): readonly Plan[] {
  const first: Plan = {
    name: 'backtests',
    what: 'backtests for the server',
    main: 'apps/server/src/backtests/main.ts',
    args: [],
    after: [],
    more: [
      ...withoutNetwork,
      'Nice=10', // a sweep takes all cores, and bots trade beside it
      `ReadWritePaths=${join(data, 'backtests')}`,
      hidden(data, 'vault', 'peers', 'owner', 'engine', 'server', 'exchange', 'webhook', 'signals', 'strategies', 'cli.token'),
    ],
    credentials: {},
  };
  const further = Array.from(
    { length: helpers },
    (_, at): Plan => ({ ...first, unit: helperName(at + 1), what: 'one more core for sweeps', args: helperArgs(at + 1) }),
  );
  return [first, ...further];
}

/** What the world may speak to: it asks at the engine's door for signals and sees nothing else of the engine's. */
function webhook(data: string, { port, host, behindProxy }: NonNullable<Installation['webhook']>): Plan {
  const isLocal = host === '127.0.0.1' || host === '::1' || host === 'localhost';
  return {
    name: 'webhook',
    what: 'the listener for signals',
    main: 'apps/webhook/src/main.ts',
    args: ['--port', String(port), '--host', host, ...(behindProxy ? ['--behind-proxy'] : [])],
    after: [unitFile('engine')],
    more: [
      'RestrictNamespaces=yes',
      ...listens(port),
      ...(isLocal ? thisMachineOnly : theWorld),
      `ReadWritePaths=${join(data, 'webhook')}`,
      hidden(data, 'vault', 'peers', 'owner', 'engine', 'server', 'exchange', 'strategies', 'backtests', 'market', 'cli.token'),
    ],
    credentials: {},
  };
}

/** The warden confines what it starts; itself it may start processes, so a list of its own would bind nothing. */
function flagsOf({ name, credentials }: Plan, { code, data }: Installation): readonly string[] {
  if (name === 'vault')
    return [
      '--disable-sigusr1',
      '--no-addons',
      '--disable-proto=delete',
      '--report-exclude-env',
      '--disable-warning=ExperimentalWarning',
    ];
  const folder = credentialsOf(name);
  const named = Object.keys(credentials).map((each) => join(folder, each));
  return flagsFrom(name, grantsOf(name, { code, data, named }));
}

function unitOf(plan: Plan, installation: Installation): Unit {
  const { name, unit = name, what, main, args, after, more, credentials } = plan;
  const { code, runtime, data } = installation;
  const hasCredentials = Object.keys(credentials).length > 0 || more.some((line) => line.startsWith('LoadCredentialEncrypted'));
  // The manager's variables stay outside: none but the folder of the credentials is wanted.
  const command = ['/usr/bin/env', '-i', ...(hasCredentials ? [`CREDENTIALS_DIRECTORY=${credentialsOf(name)}`] : [])];
  const exec = [...command, runtime, ...flagsOf(plan, installation), join(code, main), '--data', data, ...args];
  const text = `# Made by "holdfast service install"; the next one overwrites it.
[Unit]
Description=Holdfast: ${what}
${after.length === 0 ? '' : `Wants=${after.join(' ')}\nAfter=${after.join(' ')}\n`}StartLimitIntervalSec=0

[Service]
Type=exec
User=${userOf(name)}
Group=${userOf(name)}
WorkingDirectory=/
ExecStart=${exec.join(' \\\n  ')}
StandardInput=null
Restart=on-failure
RestartSec=2
TimeoutStopSec=20
${Object.entries(credentials)
  .map(([id, path]) => `LoadCredential=${id}:${path}\n`)
  .join('')}${[...everywhere, umaskOf(name), ...more].join('\n')}

[Install]
WantedBy=multi-user.target
`;
  return { name, file: unitFile(unit), user: userOf(name), text };
}

/** All units of an installation, in the order in which they start. */
export const unitsOf = (installation: Installation): readonly Unit[] =>
  plans(installation).map((plan) => unitOf(plan, installation));
