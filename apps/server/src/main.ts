/**
 * The server process: `--data DATA --port 8430 --vault URL --exchange URL`. Says one line of JSON on stdout when it serves,
 * logs JSON lines on stderr, and stops on SIGTERM or when its parent is gone (stdin ends).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import pino from 'pino';
import { backtestHost } from './backtests/client.ts';
import { hostSocketPath } from './backtests/protocol.ts';
import { engineDatabase } from './engine/database.ts';
import { engineSocket, engineSocketPath } from './engine/socket-client.ts';
import { readOptions, UsageError } from './options.ts';
import { endWithParent } from './parent.ts';
import { buildServer } from './server.ts';
import { exchangeClock } from './status/clock.ts';
import { vaultDoor } from './vault/door.ts';

/** Exit codes after sysexits.h, the same in every process of ours. */
const exitCode = { failed: 1, usage: 64, portTaken: 69, cannotWrite: 73 } as const;

const repositoryRoot = resolve(import.meta.dirname, '../../..');

function readToken(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined; // made by `holdfast up`; without it only the page may change things
  }
}

/** A file that another program made for us: the service manager's copy where it hands us one, else the file itself. */
const handed = (path: string): string => {
  const folder = process.env.CREDENTIALS_DIRECTORY;
  return folder === undefined ? path : join(folder, basename(path));
};

const version = (): string =>
  (JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** Ends the process with one line for people. */
function stopWith(code: number, line: string): never {
  process.stderr.write(`server: ${line}\n`);
  process.exit(code);
}

async function serve(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const { data } = options;
  mkdirSync(join(data, 'server'), { recursive: true, mode: 0o700 });
  const database = engineDatabase(join(data, 'engine', 'engine.db'));
  const vault = vaultDoor(options.vault, handed(join(data, 'peers', 'server.key')));
  let port = options.port;
  const app = await buildServer({
    neighbours: {
      database: database.open,
      engine: engineSocket(() => engineSocketPath(data)),
      vault,
      readClock: exchangeClock(options.exchange),
      processesFile: join(data, 'processes.json'),
      dataDirectory: data,
      backtests: backtestHost(() => hostSocketPath(data)),
      signalsFile: join(data, 'webhook', 'webhook.db'),
    },
    port: () => port,
    token: () => readToken(handed(join(data, 'cli.token'))),
    dashboard: join(repositoryRoot, 'apps', 'dashboard', 'dist'),
    version: version(),
    logger: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  });
  await app.listen({ host: '127.0.0.1', port: options.port });
  port = (app.server.address() as AddressInfo).port;
  process.stdout.write(`${JSON.stringify({ ready: true, name: 'server', pid: process.pid, port })}\n`);

  let stopping = false;
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    await app.close();
    vault.close();
    await database.close();
    process.exit(0);
  }
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  endWithParent(stop);
}

serve().catch((error: NodeJS.ErrnoException) => {
  if (error instanceof UsageError) stopWith(exitCode.usage, error.message);
  if (error.code === 'EADDRINUSE')
    stopWith(exitCode.portTaken, `the dashboard's port is taken by another program; give another with --port N`);
  if (error.syscall === 'listen') stopWith(exitCode.portTaken, `${error.message}; give another port with --port N`);
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM')
    stopWith(exitCode.cannotWrite, `${error.message}; make the data directory writable or give another with --data DIR`);
  stopWith(exitCode.failed, error.message);
});
