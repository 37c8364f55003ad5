/**
 * The accounts' private streams over the exchange's WebSocket API. The egress sends the subscription that the signer signed,
 * once, and hands on every event in the order in which it came. It never dials again by itself.
 */
import type { EgressToSigner } from '../frames/frames.ts';
import type { Places } from './places.ts';
import { type Rounds, roundOf } from './rounds.ts';

/** Least time between two reports of a lost stream of one account, so that a failing exchange does not keep the signer busy. */
const lostMsMin = 250;
const openMsMax = 10_000;
const envelope = /^\{"subscriptionId":\d+,"event":(\{.*\})\}$/s;

type RawJson = { readonly rawJSON: (text: string) => unknown };
/** A number as the text it was written as, which is how it is written again. */
const keepNumber: (key: string, value: unknown, context: { readonly source?: string }) => unknown = (_, value, { source }) =>
  typeof value === 'number' ? (JSON as unknown as RawJson).rawJSON(source ?? String(value)) : value;

/** The event inside a message, with every number as it was sent. */
export function eventText(message: string): string {
  const cut = envelope.exec(message)?.[1];
  if (cut !== undefined) return cut;
  const { event } = JSON.parse(message, keepNumber as (key: string, value: unknown) => unknown) as { event: unknown };
  return JSON.stringify(event);
}

type Report = Extract<EgressToSigner, { kind: 'event' | 'stream-open' | 'stream-lost' }>;

export interface PrivateStreams {
  open(account: string, path: string, message: string): void;
  close(account: string): void;
}

export function createPrivateStreams(places: Places, rounds: Rounds, report: (report: Report) => void): PrivateStreams {
  const current = new Map<string, WebSocket>();
  const lostAt = new Map<string, number>();

  const lost = (account: string, socket: WebSocket, reason: string): void => {
    if (current.get(account) !== socket) return;
    current.delete(account);
    socket.close();
    rounds.close(account);
    const wait = Math.max(0, (lostAt.get(account) ?? 0) + lostMsMin - Date.now());
    lostAt.set(account, Date.now() + wait);
    setTimeout(() => report({ kind: 'stream-lost', account, reason }), wait);
  };

  const receive = (account: string, socket: WebSocket, text: string): void => {
    const message = JSON.parse(text) as { status?: unknown; event?: unknown };
    if (typeof message !== 'object' || message === null) return;
    if (typeof message.event !== 'object' || message.event === null) {
      if (message.status === 200) {
        rounds.open(account);
        report({ kind: 'stream-open', account });
      } else if (message.status !== undefined) lost(account, socket, `the exchange refused it with status ${message.status}`);
      return;
    }
    const round = roundOf(message.event as Record<string, unknown>);
    if (round !== undefined) rounds.say(account, round.n, round.time);
    else report({ kind: 'event', account, event: eventText(text) });
  };

  const close = (account: string): void => {
    const socket = current.get(account);
    current.delete(account);
    rounds.close(account);
    socket?.close();
  };

  return {
    close,
    open: (account, path, message) => {
      close(account);
      const socket = new WebSocket(places.socket(path));
      current.set(account, socket);
      const timer = setTimeout(() => lost(account, socket, 'no connection in time'), openMsMax);
      socket.addEventListener('open', () => {
        clearTimeout(timer);
        socket.send(message);
      });
      socket.addEventListener('message', ({ data }) => {
        if (current.get(account) !== socket) return;
        try {
          receive(account, socket, String(data));
        } catch (error) {
          lost(account, socket, `a message that cannot be read: ${(error as Error).message.slice(0, 200)}`);
        }
      });
      socket.addEventListener('error', () => {});
      socket.addEventListener('close', ({ code }) => {
        clearTimeout(timer);
        lost(account, socket, `the connection ended with code ${code}`);
      });
    },
  };
}
