/**
 * The warden: opens the vault's folder, binds its ports, holds the unseal key in memory and keeps signer, gate, portal and
 * egress alive, so that each comes back without a human. It decides nothing and sees no request.
 */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dropKillRequest, readKillRequest } from './kill-request.ts';
import { type Lock, takeLock } from './lock.ts';
import { exitCode, StartError } from './start-error.ts';
import { launchTrio, type PortalPorts, type Trio, type TrioEnd } from './trio.ts';
import { openSimulatedVault, type Vault, vaultFolder } from './vault-folder.ts';

const steadyMs = 10_000;
const restartMsFirst = 50;
const restartMsMost = 5000;
/** Exit codes of the signer after which starting it again cannot help. */
const hopeless: readonly number[] = [exitCode.usage, exitCode.corruptData];

interface Options {
  readonly data: string;
  readonly port: number;
  /** Of the owner's pages; beside the gate's when left out. */
  readonly portalPort: number;
  readonly exchange: string;
}

/** @throws StartError usage */
function readOptions(): Options {
  const fail = (why: string): never => {
    throw new StartError(
      'usage',
      `${why}; usage: warden --data DIR --port N [--portal-port N] --exchange http://127.0.0.1:N --simulated`,
    );
  };
  const parse = () => {
    try {
      const text = { type: 'string' } as const;
      return parseArgs({
        options: { data: text, port: text, 'portal-port': text, exchange: text, simulated: { type: 'boolean' } },
      }).values;
    } catch (cause) {
      return fail((cause as Error).message);
    }
  };
  const {
    data,
    port = '8432',
    exchange = 'http://127.0.0.1:8440',
    simulated,
    'portal-port': portalPort = beside(port),
  } = parse();
  if (data === undefined) return fail('--data is missing');
  if (simulated !== true) return fail('this version makes simulated vaults only: give --simulated');
  for (const each of [port, portalPort])
    if (!/^\d{1,5}$/.test(each) || Number(each) > 65_535) return fail(`--port ${each} is not a port`);
  if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(exchange)) {
    return fail(`--exchange ${exchange} is not on this machine, and a simulated vault dials nothing else`);
  }
  return { data, port: Number(port), portalPort: Number(portalPort), exchange };
}

/** The portal's port is the one before the gate's; 0 lets the system choose both. */
const beside = (port: string): string => (port === '0' ? '0' : String(Number(port) - 1));

/** Listens on the loopback; what comes in before the gate has the port is turned away. @throws StartError port-taken */
function bind(port: number, option = '--port', host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new StartError(
          'portTaken',
          `port ${port} cannot be used (${cause.code}); stop what uses it or give another with ${option}`,
          { cause },
        ),
      );
    });
    server.listen({ host, port, backlog: 511 }, () => resolve(server));
  });
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/**
 * Listens on every address that a browser may take for `localhost`, the one name without a certificate on which passkeys
 * work. A machine without IPv6 has the first only. @throws StartError port-taken
 */
async function bindPortal(port: number): Promise<PortalPorts> {
  const first = await bind(port, '--portal-port');
  const listeners = [first];
  try {
    listeners.push(await bind(portOf(first), '--portal-port', '::1'));
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      first.close();
      throw error;
    }
  }
  return { origin: `http://localhost:${portOf(first)}`, listeners };
}

class Warden {
  readonly #options: Options;
  readonly #vault: Vault;
  readonly #lock: Lock;
  /** DATA/vault */
  readonly #folder: string;
  #port: number;
  #portalPort: number;
  #trio: Trio | undefined;
  #launchedAt = 0;
  #restarts = 0;
  #saidReady = false;
  #isStopping = false;

  constructor(options: Options, vault: Vault, folder: string, lock: Lock) {
    this.#options = options;
    this.#vault = vault;
    this.#folder = folder;
    this.#lock = lock;
    this.#port = options.port;
    this.#portalPort = options.portalPort;
  }

  /** @throws StartError port-taken */
  async bind(): Promise<void> {
    const listener = await bind(this.#port);
    const portal = await bindPortal(this.#portalPort).catch((error: unknown) => {
      listener.close();
      throw error;
    });
    if (this.#isStopping) this.#exit(0);
    this.#port = portOf(listener);
    this.#portalPort = portOf(portal.listeners[0]!);
    this.#launch(listener, portal);
  }

  #launch(listener: Server, portal: PortalPorts): void {
    this.#launchedAt = Date.now();
    this.#trio = launchTrio({
      vault: this.#vault,
      exchange: this.#options.exchange,
      listener,
      portal,
      kill: readKillRequest(this.#folder),
      onReady: () => dropKillRequest(this.#folder),
      onServing: () => this.#serving(),
      onKilled: (reason) => this.#killed(reason),
      onEnd: (end) => this.#ended(end),
    });
    this.#lock.children(this.#trio.pids);
  }

  #serving(): void {
    const ready = { ready: true, port: this.#port, portalPort: this.#portalPort };
    if (!this.#saidReady) process.stdout.write(`${JSON.stringify(ready)}\n`);
    this.#saidReady = true;
  }

  /** Sealed by ending: the next start asks for the unseal key again. */
  #killed(reason: string): void {
    this.#vault.unsealKey.fill(0);
    process.stderr.write(`${JSON.stringify({ process: 'warden', message: `killed: ${reason}; sealed` })}\n`);
    this.stop();
  }

  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#trio === undefined) this.#exit(0);
    else this.#trio.stop();
  }

  #exit(code: number): never {
    this.#vault.unsealKey.fill(0);
    this.#lock.release();
    process.exit(code);
  }

  #ended({ first, signerCode, lastWords }: TrioEnd): void {
    this.#trio = undefined;
    if (this.#isStopping) this.#exit(0);
    if (signerCode !== null && (hopeless.includes(signerCode) || (signerCode !== 0 && !this.#saidReady))) {
      process.stderr.write(`warden: ${lastWords}\n`);
      this.#exit(signerCode);
    }
    this.#restarts = Date.now() - this.#launchedAt > steadyMs ? 0 : this.#restarts + 1;
    process.stderr.write(
      `${JSON.stringify({ process: 'warden', message: `${first} ended; signer, gate, portal and egress start again` })}\n`,
    );
    this.#relaunch(Math.min(restartMsFirst * 2 ** this.#restarts, restartMsMost));
  }

  #relaunch(afterMs: number): void {
    setTimeout(() => {
      if (this.#isStopping) this.#exit(0);
      this.bind().catch((error: Error) => {
        process.stderr.write(`${JSON.stringify({ process: 'warden', message: error.message })}\n`);
        this.#relaunch(restartMsMost);
      });
    }, afterMs);
  }
}

async function main(): Promise<void> {
  process.umask(0o077);
  const options = readOptions();
  const folder = vaultFolder(options.data);
  const lock = await takeLock(join(folder, 'lock'));
  try {
    const vault = openSimulatedVault(options.data, folder);
    const warden = new Warden(options, vault, folder, lock);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => warden.stop());
    const orphaned = (): void => warden.stop();
    process.stdin.on('end', orphaned).on('error', orphaned).resume();
    await warden.bind();
  } catch (error) {
    lock.release();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`warden: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof StartError ? error.exitCode : exitCode.internal);
});
