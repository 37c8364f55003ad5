/** Reference prices as egress says them, with their ages. */
import { type Amount, amount, type Pair } from '@holdfast/domain';
import type { ReferencePrice } from '@holdfast/policy';
import type { ReferenceFrame, VenueFrame } from '../frames/frames.ts';
import type { ClockPort } from './link.ts';
import type { Reference } from './reads.ts';

/** What the trading exchange says of a pair by itself. Amounts are in quote; null or absent: not known. */
export interface VenueFacts {
  readonly price?: Amount;
  readonly volume24h: Amount | null;
  readonly volume5m: Amount | null;
}

const unknownVenue: VenueFacts = { volume24h: null, volume5m: null };

export interface Prices {
  /** The complete set at `time` of the exchange's clock. In lockstep that clock stands still with us. */
  learn(time: number, prices: readonly ReferenceFrame[], own: readonly VenueFrame[], isLockstep: boolean): void;
  /** `now` is the newest time of the exchange's clock. */
  of(pair: Pair, now: number): ReferencePrice | undefined;
  venueOf(pair: Pair): VenueFacts;
  readonly all: ReadonlyMap<Pair, Reference>;
}

export function createPrices(clock: ClockPort): Prices {
  const known = new Map<Pair, Reference>();
  const venues = new Map<Pair, VenueFacts>();
  let lockstep = false;
  return {
    all: known,
    learn: (time, prices, own, isLockstep) => {
      lockstep = isLockstep;
      known.clear();
      venues.clear();
      for (const it of prices) {
        const price = amount(it.price); // every digit: of a coin worth 10^-7 a rounding to eight places would be a share of its price
        known.set(it.pair as Pair, { price, sources: it.sources, at: time, heardAt: clock.now() });
      }
      for (const it of own) {
        const read = (given: string | null): Amount | null => (given === null ? null : amount(given));
        const price = read(it.mid);
        const volumes = { volume24h: read(it.volume24h), volume5m: read(it.volume5m) };
        venues.set(it.pair as Pair, price === null ? volumes : { price, ...volumes });
      }
    },
    venueOf: (pair) => venues.get(pair) ?? unknownVenue,
    of: (pair, now) => {
      const it = known.get(pair);
      if (it === undefined) return undefined;
      const byExchange = now - it.at;
      // The machine's clock shows that nothing came any more.
      const ageMs = lockstep ? byExchange : Math.max(byExchange, clock.now() - it.heardAt);
      return { price: it.price, sources: it.sources, ageMs };
    },
  };
}

/** How far the clocks of this machine, of egress and of the exchanges may lie apart before no new risk is taken, in ms (custody 3.7). */
const skewMsMax = 1000;

/** Why a real vault does not know what time it is; '' when the clocks agree. */
export function clockFaultOf(now: number, { time, serverTime }: { readonly time: number; readonly serverTime?: number }): string {
  if (serverTime === undefined) return 'too few exchanges say what time it is';
  const apart = Math.max(Math.abs(now - serverTime), Math.abs(time - serverTime));
  return apart <= skewMsMax ? '' : `the clock lies ${apart} ms from the exchanges', limit ${skewMsMax} ms; set it by NTP`;
}
