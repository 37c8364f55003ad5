/**
 * What the trading exchange itself shows of the wanted pairs: the middle of its book and its volumes of 24 h and of five
 * minutes, from its public stream. Never a source of the reference price; the signer holds it against that. Source: Binance
 * "WebSocket Streams", bookTicker, ticker and kline.
 */
import type { VenueFrame } from '../frames/frames.ts';
import { readDecimal, writeDecimal } from './median.ts';
import { createRecentVolume, type RecentVolume } from './recent-volume.ts';
import { isObject, type Json, parseExact } from './venues.ts';

/** A middle or volume that is older counts no more, in ms. */
const ageMsMax = 5000;
const volumeAgeMsMax = 60_000;
const retryMsFirst = 100;
const retryMsMost = 2000;

const streamKinds = ['bookTicker', 'ticker', 'kline_1m'] as const;
const noVolume = /^0(\.0{1,18})?$/;

const symbolOf = (pair: string): string => pair.replace('/', '');

export interface OwnMarket {
  /** The complete set of pairs that are wanted. */
  want(pairs: readonly string[]): void;
  /** What is known and fresh at `time`, in order of name. */
  shown(time: number): readonly VenueFrame[];
}

export interface OwnMarketListener {
  readonly opened: () => void;
  readonly closed: () => void;
  /** Time of a message that bears none. */
  readonly now: () => number;
  /** Takes messages that are none of the market's, e.g. a round of lockstep. */
  readonly other: (message: Json) => void;
}

interface Shown {
  mid: bigint | null;
  midAt: number;
  volume24h: bigint | null;
  volumeAt: number;
  readonly recent: RecentVolume;
}

/** What one message says: null values are said, but make no sense as a volume or a middle. */
type Word =
  | { readonly kind: 'day'; readonly volume: bigint | null }
  | { readonly kind: 'minute'; readonly openTime: number; readonly volume: bigint }
  | { readonly kind: 'middle'; readonly mid: bigint | null };

/** What a message of the market's streams says, undefined when it is nothing of use, whatever else it holds. */
export function readWord(message: Json): Word | undefined {
  if (message.e === '24hrTicker') return { kind: 'day', volume: readVolume(message.q) ?? null };
  if (message.e === 'kline') return isObject(message.k) ? readMinute(message.k) : undefined;
  if (message.e !== undefined) return undefined;
  const [bid, ask] = [readDecimal(message.b), readDecimal(message.a)];
  return { kind: 'middle', mid: bid === undefined || ask === undefined || ask < bid ? null : (bid + ask) / 2n };
}

function readMinute({ t, x, q }: Json): Word | undefined {
  const [openTime, volume] = [Number(t), readVolume(q)];
  return x === true && volume !== undefined && Number.isSafeInteger(openTime) ? { kind: 'minute', openTime, volume } : undefined;
}

export function openOwnMarket(url: string, listener: OwnMarketListener): OwnMarket {
  const pairOf = new Map<string, string>();
  const shown = new Map<string, Shown>();
  let socket: WebSocket | undefined;
  let isOpen = false;
  let retryMs = retryMsFirst;
  let lastId = 0;

  const subscribe = (pairs: readonly string[]): void => {
    if (!isOpen || pairs.length === 0) return;
    const params = pairs.flatMap((pair) => streamKinds.map((kind) => `${symbolOf(pair).toLowerCase()}@${kind}`));
    lastId += 1;
    socket?.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: lastId }));
  };

  const hear = (message: Json): void => {
    const pair = typeof message.s === 'string' ? pairOf.get(message.s) : undefined;
    if (pair === undefined) {
      listener.other(message);
      return;
    }
    const known = shown.get(pair) ?? { mid: null, midAt: 0, volume24h: null, volumeAt: 0, recent: createRecentVolume() };
    shown.set(pair, known);
    const word = readWord(message);
    switch (word?.kind) {
      case 'day':
        known.volume24h = word.volume;
        known.volumeAt = listener.now();
        return;
      case 'minute':
        known.recent.closed(word.openTime, word.volume);
        return;
      case 'middle':
        known.mid = word.mid;
        known.midAt = listener.now();
        return;
      case undefined:
        return;
    }
  };

  const receive = (data: unknown): void => {
    let message: unknown;
    try {
      message = parseExact(String(data));
    } catch {
      socket?.close();
      return;
    }
    if (typeof message === 'object' && message !== null) hear(message as Json);
  };

  const dial = (): void => {
    const mine = new WebSocket(url);
    socket = mine;
    mine.addEventListener('open', () => {
      isOpen = true;
      retryMs = retryMsFirst;
      listener.opened();
      subscribe([...pairOf.values()]);
    });
    mine.addEventListener('message', ({ data }) => receive(data));
    mine.addEventListener('error', () => {});
    mine.addEventListener('close', () => {
      if (isOpen) listener.closed();
      isOpen = false;
      shown.clear();
      setTimeout(dial, retryMs);
      retryMs = Math.min(retryMs * 2, retryMsMost);
    });
  };

  dial();
  return {
    want: (pairs) => {
      const added = pairs.filter((pair) => !pairOf.has(symbolOf(pair)));
      pairOf.clear();
      for (const pair of pairs) pairOf.set(symbolOf(pair), pair);
      subscribe(added);
    },
    shown: (time) =>
      [...shown]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([pair, { mid, midAt, volume24h, volumeAt, recent }]) => ({
          pair,
          mid: mid === null || time - midAt > ageMsMax ? null : writeDecimal(mid),
          volume24h: volume24h === null || time - volumeAt > volumeAgeMsMax ? null : writeDecimal(volume24h),
          volume5m: textOf(recent.at(time)),
        })),
  };
}

/** A volume; zero is one. */
const readVolume = (text: unknown): bigint | undefined =>
  typeof text === 'string' && noVolume.test(text) ? 0n : readDecimal(text);
const textOf = (volume: bigint | null): string | null => (volume === null ? null : writeDecimal(volume));
