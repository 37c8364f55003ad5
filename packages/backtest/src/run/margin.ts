/**
 * The margin account of one bot on linear perpetuals, settled in quote: what its fills moved, funding, and the price at which all of
 * it is taken.
 *   P1  The bot's book counts its room. Position and money are what fills changed of it: equity = collateral + quote that moved
 *       − funding + position × price, over all pairs. Every rounding is against the bot.
 *   P2  The price of the tick stands for the mark price. At each tick the account is looked at after the fills of that tick and
 *       before anything that the bot itself would do; a stop that rests and is reached first trades first.
 *   P3  Once equity is not above the maintenance margin, everything is closed at the price of the tick and the clearance fee is
 *       taken; less than nothing is never owed. Nothing is traded after it.
 */
import {
  type Amount,
  type Asset,
  baseOf,
  type EpochMs,
  type Pair,
  type PlaceOrder,
  priceAmount,
  quoteOf,
  type Ticks,
  unit,
} from '@holdfast/domain';
import type { Account } from './account.ts';
import type { FundingDue } from './funding-schedule.ts';
import type { Market } from './market.ts';
import { type MaintenanceTier, type Means, maintenanceOf, type Perpetual } from './perpetual.ts';

/** Where all was taken. */
export interface Liquidation {
  readonly at: EpochMs;
  /** The pair whose price did it, and that price in quote. */
  readonly pair: Pair;
  readonly price: Amount;
  /** Value of all positions then, and what they were worth to the account before the fee; quote. */
  readonly value: Amount;
  readonly equity: Amount;
  /** Clearance fee that could still be taken, and what is left. */
  readonly fee: Amount;
  readonly left: Amount;
}

/** Funding over a run, in quote. */
export interface FundingSum {
  readonly paid: Amount;
  readonly received: Amount;
  /** Payments while something was held, and how many of them were at the assumed rate. */
  readonly times: number;
  readonly assumed: number;
}

/** What is seen of a market. */
export type MarginMarket = Pick<Market, 'columns' | 'matcher'>;

export interface MarginParts extends Means {
  readonly account: Account;
  readonly markets: readonly MarginMarket[];
  readonly perpetual: Perpetual;
  /** In the order of time. */
  readonly funding: readonly FundingDue[];
  /** Tiers of pairs that have others than those of `perpetual`. */
  readonly tiers?: ReadonlyMap<Pair, readonly MaintenanceTier[]>;
}

const floor = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
};
const up = (numerator: bigint, denominator: bigint): bigint => -floor(-numerator, denominator);
const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** Prices in ticks at or beyond which the account must be looked at. */
interface Bounds {
  readonly below: number;
  readonly above: number;
}
const anywhere: Bounds = { below: 0, above: Number.POSITIVE_INFINITY };
const nowhere: Bounds = { below: Number.POSITIVE_INFINITY, above: 0 };

export class Margin {
  readonly #parts: MarginParts;
  readonly #quote: Asset;
  #paid = 0n;
  #received = 0n;
  #times = 0;
  #assumed = 0;
  #due = 0;
  #liquidation: Liquidation | null = null;

  constructor(parts: MarginParts) {
    this.#parts = parts;
    this.#quote = quoteOf(parts.markets[0]!.columns.pair);
  }

  get collateral(): Amount {
    return this.#parts.collateral;
  }

  get liquidation(): Liquidation | null {
    return this.#liquidation;
  }

  get funding(): FundingSum {
    return { paid: this.#paid as Amount, received: this.#received as Amount, times: this.#times, assumed: this.#assumed };
  }

  /** Base; below zero: short. */
  position(pair: Pair): bigint {
    if (this.#liquidation !== null) return 0n;
    const base = baseOf(pair);
    return this.#parts.account.total(base) - (this.#parts.room[base] ?? 0n);
  }

  /** Quote beside the positions: below zero where they cost more than there is collateral. */
  get money(): bigint {
    if (this.#liquidation !== null) return this.#liquidation.left;
    const { account, collateral, room } = this.#parts;
    return collateral + account.total(this.#quote) - (room[this.#quote] ?? 0n) - this.#paid + this.#received;
  }

  /** Value of everything in quote; at the newest prices where no other is given. */
  equity(priceOf: (market: MarginMarket) => number = anchorOf): bigint {
    let value = this.money;
    for (const market of this.#parts.markets)
      value += floor(this.position(market.columns.pair) * amountOf(market, priceOf(market)), unit);
    return value;
  }

  #maintenance(priceOf: (market: MarginMarket) => number): bigint {
    let margin = 0n;
    for (const market of this.#parts.markets) {
      const { pair } = market.columns;
      const value = size(this.position(pair)) * amountOf(market, priceOf(market));
      margin += maintenanceOf(up(value, unit), this.#parts.tiers?.get(pair) ?? this.#parts.perpetual.maintenance);
    }
    return margin;
  }

  get #holds(): boolean {
    return this.#parts.markets.some(({ columns }) => this.position(columns.pair) !== 0n);
  }

  /** Whether the account is taken at these prices. */
  isTaken(priceOf: (market: MarginMarket) => number = anchorOf): boolean {
    if (this.#liquidation !== null) return false;
    return this.#holds ? this.equity(priceOf) <= this.#maintenance(priceOf) : this.money < 0n;
  }

  /** Whether the way to `price` meets the price at which all is taken before the trigger of a stop that would close something. */
  isTakenBefore(market: MarginMarket, price: number): boolean {
    const position = this.position(market.columns.pair);
    const { anchor, saleTrigger, purchaseTrigger } = market.matcher;
    const isLong = position > 0n;
    const trigger = isLong ? Math.min(saleTrigger, anchor) : Math.max(purchaseTrigger, anchor);
    const isReached = isLong ? saleTrigger > 0 && price <= saleTrigger : price >= purchaseTrigger;
    if (position === 0n || !isReached) return false;
    return this.isTaken((each) => (each === market ? trigger : anchorOf(each)));
  }

  /** Closes everything at the newest prices, of `market` at `price`. */
  take(market: MarginMarket, price: number, at: EpochMs): void {
    const priceOf = (each: MarginMarket): number => (each === market ? price : anchorOf(each));
    const equity = this.equity(priceOf);
    let value = 0n;
    for (const each of this.#parts.markets)
      value += up(size(this.position(each.columns.pair)) * amountOf(each, priceOf(each)), unit);
    const wanted = up(value * this.#parts.perpetual.liquidationFee, unit);
    const fee = equity <= 0n ? 0n : wanted < equity ? wanted : equity;
    const left = equity <= 0n ? 0n : equity - fee;
    this.#liquidation = {
      at,
      pair: market.columns.pair,
      price: amountOf(market, price) as Amount,
      value: value as Amount,
      equity: equity as Amount,
      fee: fee as Amount,
      left: left as Amount,
    };
  }

  /**
   * Between these prices, in ticks, the account is not taken, whatever the other markets do within theirs: each may lose its part of
   * what lies above the maintenance margin. A tick less, for roundings.
   */
  bounds(market: MarginMarket): Bounds {
    const { markets, perpetual, tiers } = this.#parts;
    const { pair, rules } = market.columns;
    const position = this.position(pair);
    if (position === 0n) return this.#liquidation === null && !this.#holds && this.money < 0n ? nowhere : anywhere;
    const slack = this.equity() - this.#maintenance(anchorOf);
    if (slack <= 0n) return nowhere;
    const parts = BigInt(markets.filter(({ columns }) => this.position(columns.pair) !== 0n).length);
    const most = (tiers?.get(pair) ?? perpetual.maintenance).at(-1)!.share;
    const perTick = parts * size(position) * rules.tick * (unit + most);
    const ticks = Math.max(0, Number((slack * unit * unit) / perTick) - 1);
    const { anchor } = market.matcher;
    return position > 0n ? { ...anywhere, below: Math.max(0, anchor - ticks) } : { ...anywhere, above: anchor + ticks };
  }

  /** When funding is due next, unix ms; Infinity when it is not. */
  get fundingAt(): number {
    if (this.#liquidation !== null) return Number.POSITIVE_INFINITY;
    return this.#parts.funding[this.#due]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Pays or takes in what is due next, on what is held at the newest prices. */
  fund(): void {
    const { at } = this.#parts.funding[this.#due]!;
    for (let due = this.#parts.funding[this.#due]; due !== undefined && due.at === at; due = this.#parts.funding[++this.#due]) {
      const market = this.#parts.markets.find(({ columns }) => columns.pair === due.pair)!;
      const position = this.position(due.pair);
      if (position === 0n) continue;
      const payment = up(position * amountOf(market, anchorOf(market)) * due.rate, unit * unit);
      if (payment > 0n) this.#paid += payment;
      else this.#received -= payment;
      this.#times += 1;
      if (due.isAssumed) this.#assumed += 1;
    }
  }

  /**
   * Why an order is not taken: what may become of it and all that is open wants more margin than there is. Buys and sells of a pair
   * are counted apart and the larger counts, so that what closes needs none. As at Binance (code -2019 of its futures API).
   */
  refusal(market: MarginMarket, { side, quantity, limit }: Pick<PlaceOrder, 'side' | 'quantity' | 'limit'>) {
    const added = up(quantity * limit, unit);
    const before = this.#opened(market, 0n, 0n);
    const after = side === 'buy' ? this.#opened(market, added, 0n) : this.#opened(market, 0n, added);
    if (after <= before) return undefined;
    const others = this.#parts.markets.filter((each) => each !== market).map((each) => this.#opened(each, 0n, 0n));
    const wanted = others.reduce((sum, each) => sum + each, after);
    const isThere = wanted <= this.equity() * BigInt(this.#parts.perpetual.leverage);
    return isThere ? undefined : { code: -2019, msg: 'Margin is insufficient.' };
  }

  /** Value of the largest position that what is open may lead to. */
  #opened(market: MarginMarket, bought: bigint, sold: bigint): bigint {
    const value = floor(this.position(market.columns.pair) * amountOf(market, anchorOf(market)), unit);
    const { buys, sells } = market.matcher.openValues;
    const { tick, lot } = market.columns.rules;
    const money = (ticksLots: number): bigint => up(BigInt(ticksLots) * tick * lot, unit);
    const long = value + money(buys) + bought;
    const short = money(sells) + sold - value;
    return long > short ? long : short;
  }
}

const anchorOf = ({ matcher }: MarginMarket): number => matcher.anchor;
const amountOf = ({ columns }: MarginMarket, ticks: number): bigint => priceAmount(ticks as Ticks, columns.rules);
