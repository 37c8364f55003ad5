/**
 * The reference price: per pair the median of the middles of at least three independent exchanges, each quote at most 5 s
 * old by the exchange's clock and with a spread of at most 50 basis points. What does not satisfy this has no price.
 */
import type { ReferenceFrame } from '../frames/frames.ts';
import { median, writeDecimal } from './median.ts';
import type { ReferenceVenue } from './places.ts';
import type { Quote } from './venues.ts';

const sourcesMin = 3;
const ageMsMax = 5000;
const spreadBpsMax = 50n;

export interface Reference {
  hear(venue: ReferenceVenue, quote: Quote): void;
  /** The venue's connection is gone: its quotes count no more. */
  forget(venue: ReferenceVenue): void;
  /** Every pair that has a price at `time` (unix ms of the exchange), in order of name. */
  prices(pairs: Iterable<string>, time: number): readonly ReferenceFrame[];
  /** Newest time that any quote bears; 0 before the first. */
  newest(): number;
}

export function createReference(): Reference {
  const quotes = new Map<string, Map<ReferenceVenue, Quote>>();
  let newest = 0;
  const isSane = ({ bid, ask }: Quote): boolean => ask >= bid && (ask - bid) * 10_000n <= bid * spreadBpsMax;

  const priceOf = (pair: string, time: number): ReferenceFrame | undefined => {
    const fresh = [...(quotes.get(pair)?.values() ?? [])].filter(({ at }) => at !== null && time - at <= ageMsMax);
    if (fresh.length < sourcesMin) return undefined;
    const price = median(fresh.map(({ bid, ask }) => (bid + ask) / 2n));
    return { pair, price: writeDecimal(price), sources: fresh.length };
  };

  return {
    hear: (venue, quote) => {
      const of = quotes.get(quote.pair) ?? new Map<ReferenceVenue, Quote>();
      quotes.set(quote.pair, of);
      if (isSane(quote)) of.set(venue, quote);
      else of.delete(venue);
      newest = Math.max(newest, quote.at ?? 0);
    },
    forget: (venue) => {
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
