/**
 * What the guards remember: plain data, made from closed minutes, prices and closed deals alone, so that a replay of the same
 * events gives the same state. Whoever drives it writes it down in the transaction of the event that changed it.
 *   H1  A minute that was seen before changes nothing.
 *   H2  One fall trips the breaker once: after it the peak is counted from the price of the trip on.
 *   H3  A day's stop lasts until the day is over, whatever is earned meanwhile.
 */
import { type Amount, type Asset, type EpochMs, type Pair, unit } from '@holdfast/domain';
import type { GuardSettings } from './settings.ts';

/** The peaks of a market that may still be the highest of the window, oldest first; prices fall along the list. */
interface Market {
  /** Close of the newest minute seen, unix ms. */
  readonly seen: number;
  /** Peaks count from here: the newest trip. */
  readonly since: number;
  readonly highs: readonly { readonly at: number; readonly price: Amount }[];
}

/** No deal starts until `until`, because a market fell. */
export interface Pause {
  readonly pair: Pair;
  readonly at: EpochMs;
  readonly until: EpochMs;
  readonly from: Amount;
  readonly to: Amount;
}

export interface GuardState {
  readonly v: 1;
  readonly markets: Readonly<Record<string, Market>>;
  /** At most one per pair. */
  readonly pauses: readonly Pause[];
  readonly day: {
    /** Days since 1970, UTC. */
    readonly number: number;
    /** Result of the deals that closed, by the asset that they are counted in. */
    readonly results: Readonly<Record<string, Amount>>;
    readonly stopped: boolean;
  };
}

export type GuardTrip =
  | { readonly kind: 'crash'; readonly pause: Pause }
  | { readonly kind: 'daily-loss'; readonly at: EpochMs; readonly loss: Amount; readonly quote: Asset };

export interface Guarding {
  readonly state: GuardState;
  readonly trip: GuardTrip | null;
}

export const dayMs = 86_400_000;
const dayOf = (at: number): number => Math.floor(at / dayMs);

export const guardsAtFirst: GuardState = { v: 1, markets: {}, pauses: [], day: { number: 0, results: {}, stopped: false } };

/** A minute of a market closed at `at`. */
export function minuteClosed(
  settings: GuardSettings,
  state: GuardState,
  pair: Pair,
  minute: { readonly at: number; readonly high: Amount; readonly close: Amount },
): Guarding {
  const { crash } = settings;
  const market = state.markets[pair] ?? nothingSeen;
  if (crash === null || minute.at <= market.seen) return { state, trip: null };
  // The high of a minute that a trip fell into may be the peak that tripped.
  const high = minute.at - minuteMs < market.since ? minute.close : minute.high;
  const next = { ...market, seen: minute.at, highs: withHigh(market.highs, minute.at, high, minute.at - crash.withinMs) };
  const markets = { ...state.markets, [pair]: next };
  return priceSaid(settings, { ...state, markets }, pair, minute.close, minute.at as EpochMs);
}

const nothingSeen: Market = { seen: 0, since: 0, highs: [] };
const minuteMs = 60_000;

/** Only what is higher than all that came after it can ever be the peak. */
const withHigh = (highs: Market['highs'], at: number, price: Amount, since: number): Market['highs'] => [
  ...highs.filter((high) => high.at > since && high.price > price),
  { at, price },
];

/** A market's price is `price` now; it counts as a peak of the minute that goes on. */
export function priceSaid(settings: GuardSettings, state: GuardState, pair: Pair, price: Amount, at: EpochMs): Guarding {
  const { crash } = settings;
  const floor = crashFloor(settings, state, pair, at);
  if (crash === null) return { state, trip: null };
  const market = state.markets[pair] ?? nothingSeen;
  if (floor === null || price > floor.price) {
    const last = market.highs.at(-1);
    const minuteEnd = (Math.floor((at - 1) / minuteMs) + 1) * minuteMs;
    if (last !== undefined && last.at >= minuteEnd && last.price >= price) return { state, trip: null };
    const highs = withHigh(market.highs, minuteEnd, price, at - crash.withinMs);
    return { state: { ...state, markets: { ...state.markets, [pair]: { ...market, highs } } }, trip: null };
  }
  const pause: Pause = { pair, at, until: (at + crash.pauseMs) as EpochMs, from: floor.peak, to: price };
  const others = state.pauses.filter((each) => each.pair !== pair && each.until > at);
  const markets = { ...state.markets, [pair]: { ...market, since: at, highs: [{ at, price }] } };
  return { state: { ...state, markets, pauses: [...others, pause] }, trip: { kind: 'crash', pause } };
}

/** The price at or below which the breaker of a market trips, and the peak that it is counted from; null without either. */
export function crashFloor(
  { crash }: GuardSettings,
  state: GuardState,
  pair: Pair,
  at: number,
): { readonly price: Amount; readonly peak: Amount } | null {
  if (crash === null) return null;
  const peak = state.markets[pair]?.highs.find((high) => high.at > at - crash.withinMs);
  if (peak === undefined) return null;
  return { price: ((peak.price * (unit - crash.fall)) / unit) as Amount, peak: peak.price };
}

/** The pause that a start on `pair` falls under at `at`. */
export function pauseOf({ crash }: GuardSettings, state: GuardState, pair: Pair, at: number): Pause | undefined {
  if (crash === null) return undefined;
  return state.pauses.find((each) => each.until > at && (crash.scope === 'account' || each.pair === pair));
}

/** A deal closed with `profit` in `quote`, which may be a loss. `price` values an asset in the account's quote. */
export function dealClosed(
  settings: GuardSettings,
  state: GuardState,
  closed: { readonly quote: Asset; readonly profit: Amount; readonly at: EpochMs },
  account: { readonly quote: Asset; price(asset: Asset): Amount | undefined },
): Guarding {
  const before = today(state, closed.at);
  const results = { ...before.results, [closed.quote]: ((before.results[closed.quote] ?? 0n) + closed.profit) as Amount };
  const day = { ...before, results };
  const result = resultOf(results, account.price);
  const { dailyLoss } = settings;
  if (dailyLoss === null || day.stopped || result === undefined || -result < dailyLoss.most)
    return { state: { ...state, day }, trip: null };
  const trip: GuardTrip = { kind: 'daily-loss', at: closed.at, loss: -result as Amount, quote: account.quote };
  return { state: { ...state, day: { ...day, stopped: true } }, trip };
}

/** The day that `at` lies in, as far as it is known. A time that goes back belongs to the newest day. */
export const today = ({ day }: GuardState, at: number): GuardState['day'] =>
  dayOf(at) > day.number ? { number: dayOf(at), results: {}, stopped: false } : day;

/** Results of a day in the account's quote, losses rounded up; undefined while a loss cannot be valued. */
export function resultOf(
  results: Readonly<Record<string, Amount>>,
  price: (asset: Asset) => Amount | undefined,
): Amount | undefined {
  let sum = 0n;
  for (const [asset, result] of Object.entries(results)) {
    const value = price(asset as Asset);
    if (value !== undefined) sum += floorDivide(result * value, unit);
    else if (result < 0n) return undefined;
  }
  return sum as Amount;
}

const floorDivide = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

/** Ends pauses and the day's stop, as the owner asked. Losses of the day are counted anew from now. */
export const resumed = (state: GuardState): GuardState => ({
  ...state,
  pauses: [],
  day: { ...state.day, results: {}, stopped: false },
});
