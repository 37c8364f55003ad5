/**
 * What a strategy of one's own is told and what it answers: plain JSON, prices in whole ticks, coins in whole lots, quote as decimal
 * strings. The answer is not trusted: it is read here, and whatever is not what it should be is a fault in one sentence.
 */
import type { EpochMs, Pair, Ticks, Wake } from '@holdfast/domain';
import type { OwnValue } from './description.ts';

/** What `step` is called with. Everything that it may know is in here, in its settings and in its state. */
export interface StrategyEvent {
  /** `order`: an order of its own was filled or has ended. */
  readonly kind: 'started' | 'woken' | 'order' | 'market';
  /** Unix ms, on the exchange's clock. */
  readonly at: number;
  /** The wake that fired, as the strategy named it. */
  readonly wake?: StrategyWake;
  readonly pair: string;
  /** In quote and base, decimal strings. */
  readonly tick: string;
  readonly lot: string;
  readonly minNotional: string;
  readonly minQuantity: number;
  /** In ticks. */
  readonly last: number;
  readonly bid: number;
  readonly ask: number;
  /** Lots held, those on offer included; and what they cost for each lot, in ticks, rounded up (0 when nothing is held). */
  readonly held: number;
  readonly cost: number;
  /** Quote that a buy may take now: of `funds` what is neither held in coins nor reserved by buys. Profit is kept, not put in again. */
  readonly free: string;
  readonly orders: readonly StrategyOrder[];
}

export interface StrategyOrder {
  readonly name: string;
  readonly side: 'buy' | 'sell';
  readonly limit: number;
  readonly quantity: number;
  readonly filled: number;
}

/** An order that shall exist; the complete set each time: what is not named is cancelled. */
export interface WantedOrder {
  readonly name: string;
  readonly side: 'buy' | 'sell';
  /** `ioc` takes what it can now; without a limit it trades at the market. */
  readonly order: 'limit' | 'post-only' | 'ioc';
  /** In ticks; left out for the market. */
  readonly limit: number | null;
  /** A buy: quote to spend at most. */
  readonly quote: string | null;
  /** Lots; `all` of a sale: all that is held. */
  readonly quantity: number | 'all' | null;
}

export type StrategyWake =
  | {
      readonly kind: 'price';
      readonly of: 'last' | 'bid' | 'ask';
      readonly when: 'at-or-below' | 'at-or-above';
      readonly price: number;
    }
  | { readonly kind: 'retrace'; readonly extreme: 'high' | 'low'; readonly from: number; readonly by: number }
  | { readonly kind: 'time'; readonly at: number }
  /** The close of a minute. */
  | { readonly kind: 'minute' };

export interface StrategyStep {
  readonly state: unknown;
  readonly orders: readonly WantedOrder[];
  readonly wakes: readonly StrategyWake[];
}

/** Asks the strategy. Anything but an answer is a failure: a throw, a crash, no answer in time. */
export type AskStrategy = (call: {
  readonly settings: Readonly<Record<string, OwnValue>>;
  /** Null at first. */
  readonly state: unknown;
  readonly event: StrategyEvent;
}) => { readonly kind: 'answer'; readonly step: unknown } | { readonly kind: 'failed'; readonly reason: string };

const listMost = 50;
/** Characters of the strategy's state as JSON. */
export const stateMost = 65_536;
/** Lists and objects within each other: what is read and written as a tree must not outgrow the stack of whoever does. */
export const stateDepthMost = 100;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1)));

/** The answer, or what is wrong with it. */
export function readStep(raw: unknown): StrategyStep | string {
  if (!isObject(raw)) return 'step returned no object with state, orders and wakes';
  const { state = null, orders = [], wakes = [] } = raw;
  if (!isShallow(state, stateDepthMost)) return `the state is nested deeper than ${stateDepthMost} levels`;
  if ((JSON.stringify(state) ?? '').length > stateMost) return `the state is longer than ${stateMost} characters`;
  if (!Array.isArray(orders) || orders.length > listMost) return `orders must be a list of at most ${listMost}`;
  if (!Array.isArray(wakes) || wakes.length > listMost) return `wakes must be a list of at most ${listMost}`;
  const wanted = orders.map(readOrder);
  const named = wakes.map(readWake);
  const fault = [...wanted, ...named].find((each) => typeof each === 'string');
  if (fault !== undefined) return fault as string;
  const names = (wanted as WantedOrder[]).map(({ name }) => name);
  if (new Set(names).size < names.length) return 'two orders have one name';
  return { state, orders: wanted as WantedOrder[], wakes: named as StrategyWake[] };
}

function readOrder(raw: unknown): WantedOrder | string {
  if (!isObject(raw)) return 'an order must be an object';
  const { name, side, order = 'limit', limit = null, quote = null, quantity = null } = raw;
  if (typeof name !== 'string' || !/^[a-z0-9-]{1,20}$/.test(name)) return 'name of an order: 1 to 20 of a-z, 0-9 and "-"';
  if (side !== 'buy' && side !== 'sell') return `order ${name}: side must be buy or sell`;
  if (order !== 'limit' && order !== 'post-only' && order !== 'ioc')
    return `order ${name}: order must be limit, post-only or ioc`;
  if (limit !== null && !isCount(limit)) return `order ${name}: limit must be a whole number of ticks above 0`;
  if (limit === null && order !== 'ioc') return `order ${name}: an order that rests needs a limit`;
  if (quote !== null && (typeof quote !== 'string' || !/^\d{1,12}(\.\d{1,18})?$/.test(quote)))
    return `order ${name}: quote must be a plain decimal in quotes such as "50"`;
  if (quantity !== null && quantity !== 'all' && !isCount(quantity))
    return `order ${name}: quantity must be a whole number of lots above 0`;
  if (side === 'sell' && (quantity === null || quote !== null))
    return `order ${name}: a sale names its quantity, in lots or "all"`;
  if (side === 'buy' && (quantity === 'all' || (quantity === null) === (quote === null)))
    return `order ${name}: a buy names its quote or its quantity`;
  return { name, side, order, limit, quote, quantity };
}

function readWake(raw: unknown): StrategyWake | string {
  if (!isObject(raw)) return 'a wake must be an object';
  const { kind, of, when, price, extreme, from, by, at } = raw;
  if (kind === 'minute') return { kind };
  if (kind === 'time')
    return Number.isSafeInteger(at) && (at as number) > 0 ? { kind, at: at as number } : 'a time wake needs at, in unix ms';
  if (kind === 'price') {
    const isRight =
      (of === 'last' || of === 'bid' || of === 'ask') && (when === 'at-or-below' || when === 'at-or-above') && isCount(price);
    return isRight ? { kind, of, when, price } : 'a price wake needs of, when and a price in ticks';
  }
  if (kind === 'retrace') {
    const isRight = (extreme === 'high' || extreme === 'low') && isCount(from) && isCount(by);
    return isRight ? { kind, extreme, from, by } : 'a retrace wake needs extreme, from and by in ticks';
  }
  return `there is no wake "${String(kind).slice(0, 30)}"; there are price, retrace, time and minute`;
}

/** A wake of a strategy as the runtime knows it. */
export function wakeOf(wake: StrategyWake, pair: Pair): Wake {
  switch (wake.kind) {
    case 'price':
      return { ...wake, pair, price: wake.price as Ticks };
    case 'retrace':
      return { ...wake, pair, from: wake.from as Ticks, by: wake.by as Ticks };
    case 'time':
      return { kind: 'time', at: wake.at as EpochMs };
    case 'minute':
      return { kind: 'candle-close', pair, interval: '1m' };
  }
}
