/**
 * `holdfast up`: starts the exchange, the vault, the engine and the server of one data directory, sets up the demonstration
 * once, and keeps all running until Ctrl-C. Nothing is touched before the lock is held and the ports are found free.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { buildDashboard } from '@holdfast/dashboard/build';
import { askWarden, pageHash } from '@holdfast/vault/admin';
import { lockDataDirectory, openDataDirectory, type Ports, replaceFile, repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { type FirstBot, setUpDemo } from './demo.ts';
import { type ProcessSpec, Supervisor } from './supervisor.ts';
import { helperArgs, helperName, sweepHelpers } from './sweep-helpers.ts';

export interface UpOptions {
  readonly data: string;
  readonly ports: Ports;
  readonly demo: boolean;
  /** Made in place of the demonstration's bot. */
  readonly first?: FirstBot;
  readonly json: boolean;
  readonly tape: TapeOptions;
  /** Left out: no listener for signals is started. */
  readonly webhook?: WebhookOptions;
}

export interface WebhookOptions {
  readonly port: number;
  readonly host: string;
  readonly behindProxy: boolean;
}

export interface TapeOptions {
  /** Recorded candles, each file of another pair. */
  readonly files?: readonly string[];
  readonly live?: string;
  readonly pair?: string;
  readonly from?: string;
  readonly to?: string;
  readonly speed: string;
  readonly seed?: string;
}

const account = 'paper';
/** The account that the engine trades on a real vault. */
const realAccount = 'main';
const url = (port: number): string => `http://127.0.0.1:${port}`;
const app = (path: string): string => resolve(repositoryRoot, 'apps', path);

export const tapeArguments = ({ files = [], live, pair, from, to, speed, seed }: TapeOptions): string[] => [
  ...files.flatMap((file) => ['--tape', file]),
  ...Object.entries({ live, pair, from, to, speed, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  ),
];

/** What kind of vault a data directory holds; a simulated one is made where there is none. */
function vaultKind(data: string): 'simulated' | 'real' {
  const file = join(data, 'vault', 'vault.json');
  const made = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { kind?: unknown }) : {};
  return made.kind === 'real' ? 'real' : 'simulated';
}

function webhookSpec(data: string, { port, host, behindProxy }: WebhookOptions): ProcessSpec {
  const args = ['--data', data, '--port', String(port), '--host', host, ...(behindProxy ? ['--behind-proxy'] : [])];
  return { name: 'webhook', confined: 'webhook', main: app('webhook/src/main.ts'), args };
}

function specs({
  data,
  ports,
  tape,
  demo,
}: UpOptions): Record<'exchange' | 'warden' | 'strategies' | 'engine' | 'backtests' | 'server', ProcessSpec> {
  const isReal = vaultKind(data) === 'real';
  const vault = ['--vault', url(ports.gate)];
  const exchange = ['--exchange', isReal ? 'binance' : url(ports.exchange)];
  const spec = (name: string, confined: ProcessSpec['confined'], main: string, args: readonly string[]): ProcessSpec => ({
    name,
    confined,
    main: app(main),
    args: ['--data', data, ...args],
  });
  return {
    exchange: {
      ...spec('exchange', 'exchange', 'exchange/src/main.ts', [
        '--port',
        String(ports.exchange),
        '--lockstep',
        ...(demo ? ['--hold'] : []),
        ...tapeArguments(tape),
      ]),
      named: tape.files ?? [],
    },
    warden: spec('warden', null, 'vault/src/warden/main.ts', [
      '--port',
      String(ports.gate),
      '--portal-port',
      String(ports.portal),
      ...(isReal ? [] : ['--simulated']),
      ...exchange,
    ]),
    strategies: spec('strategies', 'strategies', 'engine/src/strategy-host.ts', []),
    engine: spec('engine', 'engine', 'engine/src/main.ts', [...vault, ...exchange, '--account', isReal ? realAccount : account]),
    backtests: spec('backtests', 'backtests', 'server/src/backtests/main.ts', []),
    server: spec('server', 'server', 'server/src/main.ts', ['--port', String(ports.dashboard), ...vault, ...exchange]),
  };
}

/** @throws CliError port-taken, naming the port and the option that moves it */
async function demandFree(port: number, what: string, host = '127.0.0.1'): Promise<void> {
  await new Promise<void>((done, fail) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened (${cause.code})`;
      fail(new CliError(exitCode.portTaken, `port ${port} of the ${what} ${why}; give other ports with --port N`, { cause }));
    });
    probe.listen(port, host, () => probe.close(() => done()));
  });
}

function makeToken(data: string): void {
  const file = join(data, 'cli.token');
  if (!existsSync(file)) replaceFile(file, `${randomBytes(32).toString('hex')}\n`);
}

/** Resolves when a signal asks us to stop. Further signals while stopping change nothing. */
const untilSignal = (): Promise<void> =>
  new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
  });

/** Runs until asked to stop. @throws CliError when a part cannot start */
export async function up(options: UpOptions): Promise<void> {
  const { ports } = options;
  const data = openDataDirectory(options.data);
  const unlock = lockDataDirectory(data, ports);
  const stopAsked = untilSignal();
  const supervisor = new Supervisor(data);
  try {
    await demandFree(ports.dashboard, 'dashboard');
    await demandFree(ports.portal, "vault's pages");
    await demandFree(ports.gate, "vault's gate");
    if (vaultKind(data) === 'simulated') await demandFree(ports.exchange, 'simulated exchange');
    if (options.webhook !== undefined) await demandFree(options.webhook.port, 'webhook listener', options.webhook.host);
    makeToken(data);
    const started = await Promise.race([startAll(supervisor, { ...options, data }), stopAsked.then(() => 'stopped' as const)]);
    if (started !== 'stopped') {
      announce(options);
      await stopAsked;
    }
    if (!options.json) print('\nstopping …');
  } finally {
    await supervisor.stop();
    unlock();
  }
}

async function startAll(supervisor: Supervisor, options: UpOptions): Promise<void> {
  const { exchange, warden, strategies, engine, backtests, server } = specs(options);
  const helpers = Array.from({ length: sweepHelpers() }, (_, at) => ({
    ...backtests,
    name: helperName(at + 1),
    args: [...backtests.args, ...helperArgs(at + 1)],
  }));
  const dashboard = buildDashboard();
  dashboard.catch(() => {}); // awaited below; a failed start of another part must not leave it unhandled
  const isReal = vaultKind(options.data) === 'real';
  if (!isReal) await supervisor.start(exchange);
  await supervisor.start(warden);
  if (isReal) await untilUnsealed(options);
  await supervisor.start(strategies);
  await supervisor.start(engine);
  await Promise.all([backtests, ...helpers].map((each) => supervisor.start(each)));
  await dashboard;
  await supervisor.start(server);
  if (options.webhook !== undefined) await supervisor.start(webhookSpec(options.data, options.webhook));
  if (options.demo && !isReal)
    await setUpDemo(options.data, {
      server: url(options.ports.dashboard),
      gate: url(options.ports.gate),
      exchange: url(options.ports.exchange),
      account,
      ...(options.first === undefined ? {} : { first: options.first }),
    });
}

const lookEveryMs = 500;

/** Until then nothing signs; whoever waits is told how to go on. @throws ControlError when the vault is gone */
async function untilUnsealed({ data, ports, json }: UpOptions): Promise<void> {
  const isOpen = async (): Promise<boolean> => ((await askWarden(data, { do: 'status' })) as { state: string }).state === 'open';
  if (await isOpen()) return;
  const portal = `https://localhost:${ports.portal}`;
  if (json) printJson({ sealed: true, portal, pages: pageHash(), data });
  else
    print(`\n  The vault is sealed.   Unseal it with "npx holdfast vault unseal --data ${data}", or on its own page ${portal}
  (made of ${pageHash()}).`);
  while (!(await isOpen())) await new Promise((done) => setTimeout(done, lookEveryMs));
}

function announce({ ports, json, data }: UpOptions): void {
  const dashboard = `http://localhost:${ports.dashboard}`;
  const isReal = vaultKind(data) === 'real';
  const portal = `${isReal ? 'https' : 'http'}://localhost:${ports.portal}`;
  if (json) {
    printJson({
      ready: true,
      dashboard,
      portal,
      pages: pageHash(),
      gate: url(ports.gate),
      exchange: isReal ? 'binance' : url(ports.exchange),
      data,
    });
    return;
  }
  if (isReal) {
    print(`
  Holdfast runs.   ${dashboard}

  This is a real vault: orders go to Binance with real money. Not yet proven against the real exchange.
  The vault's own page             ${portal}
  made of                          ${pageHash()}
  Data                             ${data}
  Ctrl-C stops it; resting orders stay at the exchange.`);
    return;
  }
  print(`
  Holdfast runs.   ${dashboard}

  This is a paper account on a simulated exchange, and a simulated vault: no real money moves.
  The vault's own page             ${portal}
  made of                          ${pageHash()}
  Exchange for any Binance client  ${url(ports.exchange)}
  Data                             ${data}
  Ctrl-C stops it; the next start goes on where it stopped.`);
}
