/** Connections to the reference exchanges, dialled again whenever they end. */
import type { ReferenceVenue } from './places.ts';
import { roundOf } from './rounds.ts';
import { dialects, type Json, parseExact, type Quote } from './venues.ts';

export interface FeedListener {
  readonly opened: (venue: ReferenceVenue) => void;
  readonly closed: (venue: ReferenceVenue) => void;
  readonly quote: (venue: ReferenceVenue, quote: Quote) => void;
  /** Something was said, at whatever time. */
  readonly said?: (venue: ReferenceVenue) => void;
  readonly round: (venue: ReferenceVenue, n: number, time: number) => void;
}

export interface Feed {
  /** The complete set of pairs that are wanted. */
  want(pairs: readonly string[]): void;
}

const retryMsFirst = 100;
const retryMsMost = 2000;

export function openFeed(venue: ReferenceVenue, url: string, listener: FeedListener): Feed {
  const dialect = dialects[venue];
  let wanted: readonly string[] = [];
  let socket: WebSocket | undefined;
  let retryMs = retryMsFirst;
  let isOpen = false;
  const { keepAlive } = dialect;
  if (keepAlive !== undefined) setInterval(() => isOpen && socket?.send(keepAlive.text), keepAlive.everyMs).unref();

  const subscribe = (pairs: readonly string[]): void => {
    if (isOpen && pairs.length > 0) socket?.send(JSON.stringify(dialect.subscribe(pairs)));
  };

  const receive = (data: unknown): void => {
    if (typeof data !== 'string') return;
    listener.said?.(venue);
    if (data === dialect.keepAlive?.answer) return;
    let message: unknown;
    try {
      message = parseExact(data);
    } catch {
      socket?.close();
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    const round = roundOf(message as Json);
    if (round !== undefined) listener.round(venue, round.n, round.time);
    else for (const quote of dialect.quotes(message as Json)) listener.quote(venue, quote);
  };

  const dial = (): void => {
    const mine = new WebSocket(url);
    socket = mine;
    mine.addEventListener('open', () => {
      isOpen = true;
      retryMs = retryMsFirst;
      listener.opened(venue);
      subscribe(wanted);
    });
    mine.addEventListener('message', ({ data }) => receive(data));
    mine.addEventListener('error', () => {});
    mine.addEventListener('close', () => {
      if (isOpen) listener.closed(venue);
      isOpen = false;
      setTimeout(dial, retryMs);
      retryMs = Math.min(retryMs * 2, retryMsMost);
    });
  };

  dial();
  return {
    want: (pairs) => {
      const added = pairs.filter((pair) => !wanted.includes(pair));
      wanted = pairs;
      subscribe(added);
    },
  };
}
