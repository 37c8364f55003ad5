/** Speaks to the engine's command socket: one connection per command, one that stays for what changes. */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type EngineAnswer, engineAnswer, engineNotice } from '@holdfast/contracts';
import { ApiFailure } from '../failure.ts';
import type { EngineListener, EnginePort } from '../ports.ts';

const answerTimeoutMs = 12_000;
const reconnectMs = 500;
/** Longest path that a Unix socket may have on every supported system, with room to spare (104 bytes on macOS). */
const pathBytesMax = 100;

/** Where the engine of a data directory listens. */
export function engineSocketPath(data: string): string {
  const beside = join(data, 'engine', 'engine.sock');
  if (Buffer.byteLength(beside) <= pathBytesMax) return beside;
  const id = createHash('sha256').update(resolve(data)).digest('hex').slice(0, 16);
  return join(tmpdir(), `holdfast-${id}`, 'engine.sock');
}

const unreachable = (why: string, cause?: unknown): ApiFailure =>
  new ApiFailure(503, 'engine-unreachable', `the engine ${why}; it may be restarting, try again`, undefined, { cause });

/** Sends one line and hands out the whole lines that come back. */
function exchangeLines(socket: Socket, line: object, onLine: (text: string) => void): void {
  let held = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const whole of lines) onLine(whole);
  });
  socket.write(`${JSON.stringify(line)}\n`);
}

function ask(path: string, command: object): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (failure: ApiFailure): void => {
      socket.destroy();
      reject(failure);
    };
    socket.setTimeout(answerTimeoutMs, () => fail(unreachable(`did not answer within ${answerTimeoutMs / 1000} s`)));
    socket.once('error', (cause) => fail(unreachable('does not run', cause)));
    socket.once('close', () => reject(unreachable('went away before it answered')));
    exchangeLines(socket, command, (text) => {
      try {
        resolve(engineAnswer.parse(JSON.parse(text)));
        socket.destroy();
      } catch (cause) {
        fail(unreachable('answered what is not an answer', cause));
      }
    });
  });
}

function follow(path: string, listener: EngineListener): () => void {
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  function start(): void {
    const next = connect(path);
    socket = next;
    let connected = false;
    next.once('connect', () => {
      connected = true;
      listener.reachable(true);
      exchangeLines(next, { subscribe: true }, (text) => {
        const notice = readNotice(text);
        if (notice !== undefined) listener.notice(notice);
      });
    });
    next.on('error', () => {}); // 'close' follows and starts over
    next.once('close', () => {
      if (ended) return;
      if (connected) listener.reachable(false);
      timer = setTimeout(start, reconnectMs);
    });
  }
  start();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.destroy();
  };
}

/** A line of another kind, such as an answer, is passed over. */
function readNotice(text: string) {
  try {
    return engineNotice.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The engine behind the socket `path()`; asked for each time, since the engine may make its folder later. */
export const engineSocket = (path: () => string): EnginePort => ({
  command: (id, request) => ask(path(), { id, ...request }),
  subscribe: (listener) => follow(path(), listener),
});
