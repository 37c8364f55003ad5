/** WebSocket connections as the exchange keeps them: a server ping every 20 s, a pong within a minute, an end after 24 h. */
import type { WebSocket } from 'ws';

const pingEveryMs = 20_000;
const pongWithinMs = 60_000;
const lifetimeMs = 24 * 3_600_000;

export function keepAlive(socket: WebSocket): void {
  let lastPong = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - lastPong > pongWithinMs + pingEveryMs) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping(String(Date.now()));
  }, pingEveryMs);
  const end = setTimeout(() => socket.close(1000), lifetimeMs);
  timer.unref();
  end.unref();
  socket.on('pong', () => {
    lastPong = Date.now();
  });
  socket.on('close', () => {
    clearInterval(timer);
    clearTimeout(end);
  });
  // What goes wrong on a connection ends it, and its own close event follows.
  socket.on('error', () => socket.terminate());
}

/** Whether more than `most` messages came within the last second. */
export function makeMessageMeter(most: number, now: () => number): () => boolean {
  let times: number[] = [];
  return () => {
    const at = now();
    times = [...times.filter((time) => at - time < 1000), at];
    return times.length > most;
  };
}

/** Connections that take part in lockstep: each is told of every round. */
export interface SyncListeners {
  add(socket: WebSocket, send: (round: { readonly n: number; readonly at: number }) => void): void;
  tell(round: { readonly n: number; readonly at: number }): void;
  /** Bytes that the slowest listener has not taken yet. */
  backlog(): number;
  /** A connection that takes part asked for more than before: it wants a round behind the answer. */
  ask(): void;
  /** Calls `joined` whenever a connection is added or asks. */
  onJoin(joined: () => void): void;
}

export function makeSyncListeners(): SyncListeners {
  const listeners = new Map<WebSocket, (round: { readonly n: number; readonly at: number }) => void>();
  let joined = (): void => {};
  return {
    ask: () => joined(),
    onJoin(call): void {
      joined = call;
    },
    add(socket, send): void {
      listeners.set(socket, send);
      joined();
      socket.on('close', () => listeners.delete(socket));
    },
    tell(round): void {
      for (const [socket, send] of listeners) if (socket.readyState === socket.OPEN) send(round);
    },
    backlog: () => Math.max(0, ...[...listeners.keys()].map((socket) => socket.bufferedAmount)),
  };
}
