/**
 * The process in which backtests run: `--data DATA`; with `--helper N` one that only does jobs of sweeps for it. It reads candles and writes results, and knows no key, no token and no book;
 * a run that takes long keeps nobody waiting but the next run. Says one line of JSON when it listens, and stops on SIGTERM or
 * when its parent is gone (stdin ends).
 */
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithParent } from '../parent.ts';
import { hostSocketPath } from './protocol.ts';

/** A request is a few kilobytes of settings. */
const lineBytesMax = 256 * 1024;

const repositoryRoot = resolve(import.meta.dirname, '../../../..');
const { values } = parseArgs({ options: { data: { type: 'string' }, helper: { type: 'string', default: '0' } } });
if (values.data === undefined) {
  process.stderr.write('backtests: --data is missing; name the data directory\n');
  process.exit(64);
}
const data = resolve(values.data);
const helper = Number(values.helper);
const name = helper === 0 ? 'backtests' : `backtests-${helper}`;
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };

let last: Promise<void> = Promise.resolve();

/** Loads what runs backtests when the first is asked for: most instances never do. */
async function take(line: string, socket: Socket): Promise<void> {
  const { answer } = await import('./host.ts');
  if (!socket.destroyed) await answer(line, socket, { data, code: { version, commit: null }, now: Date.now });
}

async function help(line: string, rest: string, socket: Socket): Promise<void> {
  socket.removeAllListeners('data').pause();
  const { helpWith } = await import('./help.ts');
  try {
    helpWith(line, rest, socket, data);
    socket.resume();
  } catch {
    socket.destroy(); // whoever asked does it
  }
}

const server = createServer((socket) => {
  let held = '';
  socket.on('error', () => {}); // whoever asked is gone
  socket.setEncoding('utf8').on('data', (text: string) => {
    if (held.includes('\n')) return;
    held += text;
    if (held.length > lineBytesMax) socket.destroy();
    const end = held.indexOf('\n');
    if (end < 0) return;
    const line = held.slice(0, end);
    if (helper > 0) return void help(line, held.slice(end + 1), socket);
    // A sweep goes on for long and lets others in between; its own order is the server's matter.
    if (line.startsWith('{"do":"sweep"')) void take(line, socket);
    else last = last.then(() => take(line, socket));
  });
});

const path = hostSocketPath(data, helper);
mkdirSync(join(data, 'backtests'), { recursive: true, mode: 0o700 });
rmSync(path, { force: true });
server.listen(path, () => {
  chmodSync(path, 0o660); // its folder says who may reach it: nobody else, or as a service the server, by its group
  process.stdout.write(`${JSON.stringify({ ready: true, name, pid: process.pid })}\n`);
});
server.on('error', (error) => {
  process.stderr.write(`backtests: ${error.message}\n`);
  process.exit(1);
});

const stop = (): never => process.exit(0);
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
endWithParent(stop);
