/**
 * The webhook listener's process: `--data DATA --port 8433 [--host ADDRESS] [--behind-proxy]`. It has a port of its own and serves
 * nothing else. Says one line of JSON on stdout when it serves, and stops on SIGTERM or when its parent is gone (stdin ends).
 */
import { fstatSync, mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openWebhookStore, StorageError, storageExitCode } from '@holdfast/storage';
import pino from 'pino';
import { askEngine, Delivery, signalDoorPath } from './delivery.ts';
import { createListener } from './listener.ts';
import { Rate } from './rate.ts';

const exit = { failed: 1, usage: 64, portTaken: 69 } as const;
const usage = 'give --data DIR [--port N] [--host ADDRESS] [--behind-proxy] [--per-address N]';
const loopback = '127.0.0.1';

function fail(code: number, line: string): never {
  process.stderr.write(`webhook: ${line.replaceAll('\n', ' ')}\n`);
  process.exit(code);
}

function readOptions() {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { data: text, port: text, host: text, 'per-address': text, 'behind-proxy': { type: 'boolean' } },
    });
    const [port, perAddress] = [Number(values.port ?? '8433'), Number(values['per-address'] ?? '120')];
    if (values.data === undefined) return fail(exit.usage, usage);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return fail(exit.usage, `--port must be from 0 to 65535; ${usage}`);
    if (!Number.isInteger(perAddress) || perAddress < 1)
      return fail(exit.usage, `--per-address must be a whole number above 0; ${usage}`);
    return {
      data: resolve(values.data),
      port,
      perAddress,
      host: values.host ?? loopback,
      behindProxy: values['behind-proxy'] === true,
    };
  } catch (error) {
    return fail(exit.usage, `${(error as Error).message}; ${usage}`);
  }
}

/** A parent that gave us a pipe as stdin wants us gone when it is; a service manager gives none. */
function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const { data, port, host, perAddress, behindProxy } = readOptions();
  const log = pino({ base: { process: 'webhook' } }, pino.destination({ fd: 2, sync: true }));
  const folder = join(data, 'webhook');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = openWebhookStore(join(folder, 'webhook.db'));
  const now = (): number => Date.now();
  const delivery = new Delivery({
    store,
    now,
    ask: (command) => askEngine(signalDoorPath(data), command),
    log: (text) => log.warn(text),
  });
  const server = createListener({ store, rate: new Rate(), now }, { behindProxy, perAddress, onSignal: () => delivery.wake() });
  await new Promise<void>((done, refuse) => {
    server.once('error', refuse);
    server.listen(port, host, done);
  });
  delivery.wake();
  process.stdout.write(
    `${JSON.stringify({ ready: true, name: 'webhook', pid: process.pid, port: (server.address() as AddressInfo).port })}\n`,
  );

  const stop = (): void => {
    delivery.stop();
    server.close(() => process.exit(0));
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (isPipe(0)) process.stdin.on('end', stop).on('error', stop).resume();
}

main().catch((error: NodeJS.ErrnoException) => {
  if (error instanceof StorageError) fail(storageExitCode[error.code], error.message);
  if (error.syscall === 'listen') fail(exit.portTaken, `${error.message}; give another port with --webhook-port N`);
  fail(exit.failed, error.stack ?? error.message);
});
