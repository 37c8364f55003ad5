/**
 * The reference price: per pair the median of the middles of at least three independent exchanges. A quote stands until its
 * feed says another, so what must be at most 5 s old (by the exchange's clock) is the feed's newest word; a single quote
 * counts for at most a minute, and only with a spread of at most 50 basis points. What does not satisfy this has no price.
 */
import type { ReferenceFrame } from '../frames/frames.ts';
import { median, writeDecimal } from './median.ts';
import type { ReferenceVenue } from './places.ts';
import type { Quote } from './venues.ts';

const sourcesMin = 3;
const feedMsMax = 5000;
const quoteMsMax = 60_000;
const spreadBpsMax = 50n;

export interface Reference {
  hear(venue: ReferenceVenue, quote: Quote): void;
  /** The feed is alive at `time`: what it said before still stands. */
  alive(venue: ReferenceVenue, time: number): void;
  /** The venue's connection is gone: its quotes count no more. */
  forget(venue: ReferenceVenue): void;
  /** Every pair that has a price at `time` (unix ms of the exchange), in order of name. */
  prices(pairs: Iterable<string>, time: number): readonly ReferenceFrame[];
  /** Newest time that any quote bears; 0 before the first. */
  newest(): number;
}

export function createReference(): Reference {
  const quotes = new Map<string, Map<ReferenceVenue, Quote>>();
  const heardAt = new Map<ReferenceVenue, number>();
  let newest = 0;
  const alive = (venue: ReferenceVenue, time: number): void => {
    heardAt.set(venue, Math.max(time, heardAt.get(venue) ?? 0));
    newest = Math.max(newest, time);
  };
  const isFresh = (venue: ReferenceVenue, { at }: Quote, time: number): boolean =>
    time - (heardAt.get(venue) ?? 0) <= feedMsMax && at !== null && time - at <= quoteMsMax;
  const isSane = ({ bid, ask }: Quote): boolean => ask >= bid && (ask - bid) * 10_000n <= bid * spreadBpsMax;

  const priceOf = (pair: string, time: number): ReferenceFrame | undefined => {
    const fresh = [...(quotes.get(pair) ?? [])].filter(([venue, quote]) => isFresh(venue, quote, time));
    if (fresh.length < sourcesMin) return undefined;
    const price = median(fresh.map(([, { bid, ask }]) => (bid + ask) / 2n));
    return { pair, price: writeDecimal(price), sources: fresh.length };
  };

  return {
    hear: (venue, quote) => {
      const of = quotes.get(quote.pair) ?? new Map<ReferenceVenue, Quote>();
      quotes.set(quote.pair, of);
      if (isSane(quote)) of.set(venue, quote);
      else of.delete(venue);
      alive(venue, quote.at ?? 0);
    },
    alive,
    forget: (venue) => {
      heardAt.delete(venue);
      for (const of of quotes.values()) of.delete(venue);
    },
    prices: (pairs, time) =>
      [...pairs]
        .sort()
        .map((pair) => priceOf(pair, time))
        .filter((price) => price !== undefined),
    newest: () => newest,
  };
}
