/**
 * The engine's process: wires the core to the vault's door, the exchange's public data, the database and the command
 * socket. Prints one line when it serves; ends on SIGTERM and when its parent is gone.
 */
import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { AccountId, BotId } from '@holdfast/domain';
import { binanceMarketData, exchangeHelp, marketDataPlaces } from '@holdfast/exchanges/market-data';
import { type EngineStore, openEngineStore, StorageError, storageExitCode } from '@holdfast/storage';
import pino from 'pino';
import { CommandError } from './command-error.ts';
import { type CommandSocket, serveCommands, serveSignals } from './command-socket.ts';
import { createEngine, type Engine } from './engine.ts';
import { exchangeClock } from './exchange-clock.ts';
import { endWithParent } from './parent.ts';
import { ownSocketFolder } from './socket-folder.ts';
import { strategyFolder } from './strategies.ts';
import { vaultDoor } from './vault-adapter.ts';

const exit = { failed: 70, usage: 64, unwritable: 73 } as const;
/** Longest path that a Unix socket may have on every supported system, with room to spare (104 bytes on macOS). */
const socketPathBytesMax = 100;
const peerKeyRetryMs = 250;
const botIdLetters = 'abcdefghijkmnpqrstuvwxyz23456789';

function fail(code: number, message: string): never {
  process.stderr.write(`engine: ${message.replaceAll('\n', ' ')}\n`);
  process.exit(code);
}

function readOptions() {
  try {
    const option = { type: 'string' } as const;
    const { values } = parseArgs({ options: { data: option, vault: option, exchange: option, account: option } });
    const { data, vault, exchange, account } = values;
    if (data === undefined || vault === undefined || exchange === undefined || account === undefined) {
      return fail(exit.usage, 'give --data DIR --vault URL --exchange URL --account NAME');
    }
    return { data, vault, exchange, account };
  } catch (error) {
    return fail(exit.usage, `${(error as Error).message}; give --data DIR --vault URL --exchange URL --account NAME`);
  }
}

/** The socket of commands, and that of signals: in a folder of its own, as who may reach the one may not reach the other. */
function makeFolders(data: string): { readonly database: string; readonly socket: string; readonly signals: string } {
  try {
    const folder = join(data, 'engine');
    for (const each of [folder, join(data, 'signals')]) mkdirSync(each, { recursive: true, mode: 0o700 });
    const database = join(folder, 'engine.db');
    const socket = join(folder, 'engine.sock');
    if (Buffer.byteLength(socket) <= socketPathBytesMax) return { database, socket, signals: join(data, 'signals', 'door.sock') };
    const id = createHash('sha256').update(resolve(data)).digest('hex').slice(0, 16);
    const elsewhere = join(tmpdir(), `holdfast-${id}`);
    ownSocketFolder(elsewhere);
    return { database, socket: join(elsewhere, 'engine.sock'), signals: join(elsewhere, 'door.sock') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail(exit.unwritable, `cannot write ${data}/engine (${code}: ${message}); make it writable`);
  }
}

/** A file that another program made for us: the service manager's copy where it hands us one, else the file itself. */
const handed = (path: string): string => {
  const folder = process.env.CREDENTIALS_DIRECTORY;
  return folder === undefined ? path : join(folder, basename(path));
};

/** The warden makes the key when it makes the vault, perhaps after we have started. */
async function readPeerKey(data: string): Promise<string> {
  const file = handed(join(data, 'peers', 'engine.key'));
  for (;;) {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') fail(exit.failed, `cannot read ${file} (${code}); make it readable by this user`);
      await new Promise((done) => setTimeout(done, peerKeyRetryMs));
    }
  }
}

/** 31 letters and digits that are not taken for one another, ten of them: no two bots of an account ever share an id. */
const newBotId = (): BotId => Array.from({ length: 10 }, () => botIdLetters[randomInt(botIdLetters.length)]).join('') as BotId;

async function main(): Promise<void> {
  const options = readOptions();
  const log = pino({ base: { process: 'engine' } }, pino.destination({ fd: 2, sync: true }));
  let engine: Engine | undefined;
  let store: EngineStore | undefined;
  let socket: CommandSocket | undefined;
  let closeSignals: (() => Promise<void>) | undefined;
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    await closeSignals?.();
    await socket?.close();
    await engine?.stop();
    await store?.close();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  endWithParent(end);

  const { database, socket: socketPath, signals } = makeFolders(options.data);
  store = openEngineStore(database);
  const secret = await readPeerKey(options.data);
  const places = marketDataPlaces(options.exchange, { hasAccount: true });
  if (places === undefined) return fail(exit.usage, `--exchange ${options.exchange}: ${exchangeHelp}`);
  // Only a simulated exchange is on this machine, and only it has a clock that waits for us.
  const simulated = options.exchange.startsWith('http://');
  engine = await createEngine({
    account: options.account as AccountId,
    store,
    vault: vaultDoor(options.vault, secret),
    market: binanceMarketData({ ...places, simulated, onUnread: (reason) => log.warn(reason) }),
    ring: simulated ? exchangeClock(options.exchange, handed(join(options.data, 'exchange', 'control.token'))) : null,
    timers: {
      now: () => performance.timeOrigin + performance.now(),
      after: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      turn: () => new Promise((heard) => setImmediate(heard)),
    },
    strategies: strategyFolder(join(options.data, 'strategies')),
    newBotId,
    notify: (notice) => socket?.notify(notice),
    log: (level, text) => log[level === 'warning' ? 'warn' : level](text),
    fatal: (error) => fail(exit.failed, error.stack ?? error.message),
  });
  const core = engine;
  socket = await serveCommands(
    socketPath,
    async (command) => {
      const answer = await core.command(command);
      if (command.command !== 'status' || !answer.ok) return answer;
      return { ok: true, result: { ...core.status(), pid: process.pid, rssBytes: process.memoryUsage.rss() } };
    },
    () => performance.now(),
  );
  closeSignals = await serveSignals(signals, (command) => core.command(command));
  process.stdout.write(`${JSON.stringify({ ready: true, socket: socketPath })}\n`);
}

main().catch((error: unknown) => {
  if (error instanceof StorageError) fail(storageExitCode[error.code], error.message);
  if (error instanceof CommandError) fail(exit.usage, error.message);
  fail(exit.failed, (error as Error).stack ?? String(error));
});
