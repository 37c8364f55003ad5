import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import type { EngineCommand } from '@holdfast/contracts';
import { serveCommands } from './command-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-socket-'));
after(() => rmSync(folder, { recursive: true }));

/** Says lines and hears lines. */
function caller(path: string): { say(text: string): void; hear(): Promise<unknown>; socket: Socket } {
  const socket = connect(path);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    socket,
    say: (text) => void socket.write(`${text}\n`),
    hear: async () => JSON.parse((await lines.next()).value as string),
  };
}

test('commands are answered by id, malformed ones are refused, subscribers hear what changed', async () => {
  const path = join(folder, 'engine.sock');
  writeFileSync(path, ''); // left behind by a process that was killed
  const heard: EngineCommand[] = [];
  let clock = 0;
  const run = async (command: EngineCommand) => {
    heard.push(command);
    return { ok: true, result: command.command } as const;
  };
  const server = await serveCommands(path, run, () => clock);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const { say, hear, socket } = caller(path);
  say(JSON.stringify({ id: 'a', command: 'status' }));
  assert.deepEqual(await hear(), { id: 'a', ok: true, result: 'status' });
  const code = async (): Promise<string> => ((await hear()) as { error: { code: string } }).error.code;
  say('no json');
  assert.equal(await code(), 'command-malformed');
  say(JSON.stringify({ id: 'b', command: 'status', extra: 1 }));
  assert.equal(await code(), 'command-malformed');
  say(JSON.stringify({ id: 'c', command: 'withdraw' }));
  assert.equal(await code(), 'command-malformed');
  assert.equal(heard.length, 1);

  say(JSON.stringify({ subscribe: true }));
  say(JSON.stringify({ id: 'd', command: 'status' }));
  await hear();
  const tick = { pair: 'BTC/USDT', last: '1', bid: '1', ask: '1.1', at: 1 };
  clock = 1_000;
  server.notify({ changed: [], tick });
  server.notify({ changed: [], tick: { ...tick, last: '2' } }); // too soon after the one before
  server.notify({ changed: ['deals'] });
  assert.deepEqual(await hear(), { changed: [], tick });
  assert.deepEqual(await hear(), { changed: ['deals'] });
  socket.destroy();
  await server.close();
});
