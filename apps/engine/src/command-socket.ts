/**
 * Serves the sockets of contracts/engine-socket: one JSON per line, in and out. One takes every command and tells subscribers what
 * changed; the other is the listener's, which the world speaks to, and takes signals alone.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type EngineCommand, type EngineNotice, engineCommand, engineSignal, engineSubscribe } from '@holdfast/contracts';
import type { EngineResult } from './engine.ts';

const lineBytesMax = 256 * 1024;
/** Least time between two ticks of one pair to one subscriber. */
const tickEveryMs = 100;

export interface CommandSocket {
  notify(notice: EngineNotice): void;
  close(): Promise<void>;
}

type Run = (command: EngineCommand) => Promise<EngineResult>;

interface Door {
  /** What it takes. */
  readonly takes: typeof engineCommand | typeof engineSignal;
  /** Who hears of changes; null where nobody may. */
  readonly subscribers: Set<Socket> | null;
  readonly run: Run;
}

async function answerLine(socket: Socket, line: string, { takes, subscribers, run }: Door): Promise<void> {
  const say = (answer: unknown): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  };
  const refuse = (id: string, code: string, reason: string): void => say({ id, ok: false, error: { code, reason } });
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    refuse('', 'command-malformed', 'A command is one line of JSON');
    return;
  }
  if (subscribers !== null && engineSubscribe.safeParse(parsed).success) {
    subscribers.add(socket);
    return;
  }
  const given = (parsed as { id?: unknown } | null)?.id;
  const id = typeof given === 'string' ? given : '';
  const command = takes.safeParse(parsed);
  if (!command.success) {
    const issue = command.error.issues[0];
    refuse(id, 'command-malformed', `${issue?.path.join('.') || 'command'}: ${issue?.message ?? 'unknown'}`);
    return;
  }
  say({ id, ...(await run(command.data)) });
}

/** Listens on `path`; a socket left behind by a process that was killed is replaced. Returns what ends it. */
async function serve(path: string, door: Door): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    let held = '';
    sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      door.subscribers?.delete(socket);
    });
    socket.on('data', (chunk: string) => {
      const lines = (held + chunk).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') void answerLine(socket, line, door);
      if (held.length > lineBytesMax) socket.destroy();
    });
  });
  rmSync(path, { force: true });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(path, done);
  });
  chmodSync(path, 0o660); // its folder says who may reach it: nobody else, or as a service one other program, by its group
  return () =>
    new Promise((done) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => done());
    });
}

/** The door of the listener. Returns what ends it. */
export const serveSignals = (path: string, run: Run): Promise<() => Promise<void>> =>
  serve(path, { takes: engineSignal, subscribers: null, run });

export async function serveCommands(path: string, run: Run, now: () => number): Promise<CommandSocket> {
  const subscribers = new Set<Socket>();
  const close = await serve(path, { takes: engineCommand, subscribers, run });
  const saidAt = new Map<string, number>();
  const isDue = (key: string): boolean => {
    const at = now();
    if (at - (saidAt.get(key) ?? 0) < tickEveryMs) return false;
    saidAt.set(key, at);
    return true;
  };
  return {
    notify(notice: EngineNotice): void {
      if (subscribers.size === 0) return;
      const { changed, tick, candle } = notice;
      const isNews =
        changed.length > 0 ||
        (tick !== undefined && isDue(`tick ${tick.pair}`)) ||
        (candle !== undefined && isDue(`candle ${candle.pair}`));
      if (!isNews) return;
      const line = `${JSON.stringify(notice)}\n`;
      // A reader that does not keep up misses notices rather than filling our memory: it reads the database anyway.
      for (const socket of subscribers) if (socket.writableLength < lineBytesMax) socket.write(line);
    },
    close,
  };
}
