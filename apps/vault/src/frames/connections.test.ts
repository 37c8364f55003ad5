import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepRoom } from './connections.ts';

let server: Server;
let waiting: ServerResponse[];
let clients: Socket[];

beforeEach(async () => {
  [waiting, clients] = [[], []];
  server = createServer((request, response) => {
    response.once('close', room.asked(request.socket));
    if (request.url === '/wait') waiting.push(response);
    else response.end();
  });
  const room = keepRoom(server, 3);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  for (const client of clients) client.destroy();
  server.close();
});

/** A connection, with a request on it when a path is given, and whether it still stands. */
async function open(path?: string): Promise<{ readonly ask: (path: string) => Promise<void>; readonly stands: () => boolean }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  clients.push(socket);
  const ask = async (of: string): Promise<void> => {
    socket.write(`GET ${of} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await sleep(30);
  };
  await new Promise((done) => socket.once('connect', done));
  await sleep(30);
  if (path !== undefined) await ask(path);
  return { ask, stands: () => !socket.destroyed };
}

test('a new connection takes the place of the one that is silent longest', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  await first.ask('/');
  const fourth = await open();
  assert.deepEqual(
    [first, second, third, fourth].map(({ stands }) => stands()),
    [true, false, true, true],
  );
});

test('a connection that waits for an answer stays, until it has it', async () => {
  const asking = [await open('/wait'), await open('/wait')];
  await asking[0]!.ask('/wait');
  const silent = await open();
  const next = await open();
  assert.deepEqual(
    [...asking, silent, next].map(({ stands }) => stands()),
    [true, true, false, true],
  );
  await next.ask('/wait');
  assert.equal((await open()).stands(), false, 'where all wait there is no room');
  waiting[0]!.end();
  await sleep(30);
  assert.equal((await open()).stands(), false, 'it waits for another answer yet');
  waiting[2]!.end();
  await sleep(30);
  assert.equal((await open()).stands(), true);
});
