import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EngineNotice } from '@holdfast/contracts';
import { ApiFailure } from '../failure.ts';
import { engineSocket, engineSocketPath } from './socket-client.ts';

interface Engine {
  readonly path: string;
  readonly sockets: Set<Socket>;
  start(): Promise<void>;
  stop(): void;
}

/** A socket that hands each line to `onLine`. */
function engine(t: TestContext, onLine: (line: string, socket: Socket) => void): Engine {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-socket-'));
  const path = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let server: Server;
  const stop = (): void => {
    server?.close();
    for (const socket of sockets) socket.destroy();
    rmSync(path, { force: true });
  };
  t.after(() => {
    stop();
    rmSync(folder, { recursive: true });
  });
  return {
    path,
    sockets,
    stop,
    start: () =>
      new Promise((done) => {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.setEncoding('utf8').on('data', (text: string) => {
            for (const line of text.split('\n').filter((part) => part !== '')) onLine(line, socket);
          });
          socket.on('error', () => {});
        });
        server.listen(path, done);
      }),
  };
}

const say = (socket: Socket, value: unknown): boolean => socket.write(`${JSON.stringify(value)}\n`);
const unreachable = (error: unknown): boolean => error instanceof ApiFailure && error.code === 'engine-unreachable';

test('a command gets its answer, whole lines or not', async (t) => {
  const fake = engine(t, (line, socket) => {
    const text = JSON.stringify({ id: (JSON.parse(line) as { id: string }).id, ok: true, result: { id: 'b1' } });
    socket.write(text.slice(0, 7));
    setTimeout(() => socket.write(`${text.slice(7)}\n`), 5);
  });
  await fake.start();
  const answer = await engineSocket(() => fake.path).command('api:1', { command: 'bot-list' });
  assert.deepEqual(answer, { id: 'api:1', ok: true, result: { id: 'b1' } });
});

test('an engine that is away, goes away or talks nonsense is unreachable', async (t) => {
  const fake = engine(t, (line, socket) => {
    if (line.includes('status')) socket.destroy();
    else socket.write('nonsense\n');
  });
  const port = engineSocket(() => fake.path);
  await assert.rejects(port.command('1', { command: 'bot-list' }), unreachable);
  await fake.start();
  await assert.rejects(port.command('2', { command: 'status' }), unreachable);
  await assert.rejects(port.command('3', { command: 'bot-list' }), unreachable);
});

test('a subscription survives a restart of the engine and says when it was away', { timeout: 60_000 }, async (t) => {
  const heard: (boolean | EngineNotice)[] = [];
  const { promise: second, resolve } = Promise.withResolvers<void>();
  const fake = engine(t, (line, socket) => {
    assert.equal(line, '{"subscribe":true}');
    say(socket, { changed: ['deals'] });
    say(socket, { changed: ['something-unknown'] });
  });
  await fake.start();
  const end = engineSocket(() => fake.path).subscribe({
    notice: (notice) => {
      heard.push(notice);
      if (heard.filter((one) => typeof one === 'object').length === 2) resolve();
      else {
        fake.stop();
        void fake.start();
      }
    },
    reachable: (reachable) => heard.push(reachable),
  });
  await second;
  end();
  assert.deepEqual(heard, [true, { changed: ['deals'] }, false, true, { changed: ['deals'] }]);
});

test('a data directory with a long name has its socket in the temporary folder', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(engineSocketPath(folder), join(folder, 'engine', 'engine.sock'));
  const long = mkdtempSync(join(folder, 'x'.repeat(120)));
  assert.match(engineSocketPath(long), /holdfast-[0-9a-f]{16}[/\\]engine\.sock$/);
});
