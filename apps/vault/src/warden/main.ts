/**
 * The warden: opens the vault's folder, binds its port, holds the unseal key in memory and keeps signer, gate and egress
 * alive, so that each comes back without a human. It decides nothing and sees no request.
 */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Lock, takeLock } from './lock.ts';
import { exitCode, StartError } from './start-error.ts';
import { launchTrio, type Trio, type TrioEnd } from './trio.ts';
import { openSimulatedVault, type Vault, vaultFolder } from './vault-folder.ts';

const steadyMs = 10_000;
const restartMsFirst = 50;
const restartMsMost = 5000;
/** Exit codes of the signer after which starting it again cannot help. */
const hopeless: readonly number[] = [exitCode.usage, exitCode.corruptData];

interface Options {
  readonly data: string;
  readonly port: number;
  readonly exchange: string;
}

/** @throws StartError usage */
function readOptions(): Options {
  const fail = (why: string): never => {
    throw new StartError('usage', `${why}; usage: warden --data DIR --port N --exchange http://127.0.0.1:N --simulated`);
  };
  const parse = () => {
    try {
      const text = { type: 'string' } as const;
      return parseArgs({ options: { data: text, port: text, exchange: text, simulated: { type: 'boolean' } } }).values;
    } catch (cause) {
      return fail((cause as Error).message);
    }
  };
  const { data, port = '8432', exchange = 'http://127.0.0.1:8440', simulated } = parse();
  if (data === undefined) return fail('--data is missing');
  if (simulated !== true) return fail('this version makes simulated vaults only: give --simulated');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return fail(`--port ${port} is not a port`);
  if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(exchange)) {
    return fail(`--exchange ${exchange} is not on this machine, and a simulated vault dials nothing else`);
  }
  return { data, port: Number(port), exchange };
}

/** Listens on the loopback; what comes in before the gate has the port is turned away. @throws StartError port-taken */
function bind(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new StartError(
          'portTaken',
          `port ${port} cannot be used (${cause.code}); stop what uses it or give another with --port`,
          { cause },
        ),
      );
    });
    server.listen({ host: '127.0.0.1', port, backlog: 511 }, () => resolve(server));
  });
}

class Warden {
  readonly #options: Options;
  readonly #vault: Vault;
  readonly #lock: Lock;
  #port: number;
  #trio: Trio | undefined;
  #launchedAt = 0;
  #restarts = 0;
  #saidReady = false;
  #isStopping = false;

  constructor(options: Options, vault: Vault, lock: Lock) {
    this.#options = options;
    this.#vault = vault;
    this.#lock = lock;
    this.#port = options.port;
  }

  launch(listener: Server): void {
    this.#port = (listener.address() as AddressInfo).port;
    this.#launchedAt = Date.now();
    this.#trio = launchTrio({
      vault: this.#vault,
      exchange: this.#options.exchange,
      listener,
      onServing: () => this.#serving(),
      onEnd: (end) => this.#ended(end),
    });
    this.#lock.children(this.#trio.pids);
  }

  #serving(): void {
    if (!this.#saidReady) process.stdout.write(`${JSON.stringify({ ready: true, port: this.#port })}\n`);
    this.#saidReady = true;
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
      `${JSON.stringify({ process: 'warden', message: `${first} ended; signer, gate and egress start again` })}\n`,
    );
    this.#relaunch(Math.min(restartMsFirst * 2 ** this.#restarts, restartMsMost));
  }

  #relaunch(afterMs: number): void {
    setTimeout(() => {
      if (this.#isStopping) this.#exit(0);
      bind(this.#port).then(
        (listener) => this.launch(listener),
        (error: Error) => {
          process.stderr.write(`${JSON.stringify({ process: 'warden', message: error.message })}\n`);
          this.#relaunch(restartMsMost);
        },
      );
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
    const listener = await bind(options.port);
    const warden = new Warden(options, vault, lock);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => warden.stop());
    const orphaned = (): void => warden.stop();
    process.stdin.on('end', orphaned).on('error', orphaned).resume();
    warden.launch(listener);
  } catch (error) {
    lock.release();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`warden: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof StartError ? error.exitCode : exitCode.internal);
});
