/**
 * A strategy of one's own as a plain function, called at candle closes: the quick way to try an idea over columns. Its orders go
 * through the matcher of every backtest; money is whole numbers of 10^-8, as in the kernels. `plainKind` makes a bot of the same
 * function, which gives the same fills in a whole run (held by a test): that is what is reported, and what paper and live play.
 *   N1  It is called with the row of the candle that closed and may look at no later one; its order meets the next candle's open.
 *   N2  What it answers replaces what rests of it; the funds of what rests are free when that is gone, not before.
 *   N3  An order that funds or the exchange's filters do not allow is counted as refused, and nothing else happens.
 */

import type { SubBook } from '@holdfast/bots';
import { baseOf, type ClientOrderId, quoteOf, type Side, unit } from '@holdfast/domain';
import type { FillLog } from '../kernels/fill-log.ts';
import { type Reach, reachOf } from '../kernels/reach.ts';
import { Scan } from '../kernels/scan.ts';
import { feeOf, type Rate, rateOf } from '../kernels/sure.ts';
import { usualMaxNotional } from '../run/assumptions.ts';
import type { Columns } from '../run/columns.ts';
import { EquityCurve, type Fall } from '../run/equity.ts';
import { Matcher } from '../run/matcher.ts';
import { stepsPerCandle, volumeAt } from '../run/path.ts';
import { nextOutside, type PriceIndex, priceIndexOf } from '../run/price-index.ts';
import type { Assumptions } from '../run/result.ts';
import { matchRules } from '../run/run.ts';

const cent = 10n ** 10n;
const toCents = 1e8;
type Filled = Extract<Matcher['events'][number], { kind: 'filled' }>;
/** There is one order at a time. */
const only = 'plain' as ClientOrderId;

/** What the strategy has, in 10^-8 of quote and base, and what rests of it. */
export interface PlainAccount {
  readonly quote: number;
  readonly base: number;
  /** Lots of its order that rests, not filled yet; 0 without one. */
  readonly resting: number;
}

/** An order at a limit in ticks: takes what there is at once and expires, or rests until it is filled or replaced. */
export interface PlainOrder {
  readonly side: Side;
  /** 0 takes away what rests and places nothing. */
  readonly lots: number;
  readonly limit: number;
  readonly rests: boolean;
}

/** What to do after the close of candle `row`; null: nothing. */
export type PlainStrategy = (row: number, columns: Columns, account: PlainAccount) => PlainOrder | null;

export interface PlainRequest {
  readonly strategy: PlainStrategy;
  readonly columns: Columns;
  readonly assumptions: Assumptions;
  readonly funds: SubBook;
  /** First row and the row behind the last; all when left out. */
  readonly first?: number;
  readonly end?: number;
  /** Rows at whose close it wants to be called, rising, as `rowsWhere` gives them; every row when left out. */
  readonly at?: Int32Array;
  readonly log?: FillLog;
}

export interface PlainResult {
  readonly fills: number;
  readonly refused: number;
  /** In 10^-8. */
  readonly quote: number;
  readonly base: number;
  /** In 10^-8 of quote. */
  readonly fees: number;
  /** In quote. */
  readonly endEquity: number;
  readonly drawdown: Fall;
  readonly daily: { readonly times: Float64Array; readonly values: Float64Array };
}

/** Null where steps of price and quantity, fees or assumptions are none that plain numbers can hold exactly: run the bot of it instead. */
export function runPlain(request: PlainRequest): PlainResult | null {
  const { rules } = request.columns;
  const { path, latencyMs, makerFee, takerFee, maxPosition, feeTiers, perpetual } = request.assumptions;
  const [maker, taker] = [rateOf(makerFee), rateOf(takerFee)];
  if (path !== 'published' || latencyMs !== 0 || maker === null || taker === null) return null;
  if (maxPosition !== undefined || feeTiers !== undefined || perpetual !== undefined) return null;
  if (request.columns.trades !== undefined) return null;
  if (rules.lot % cent !== 0n || (rules.tick * rules.lot) % (unit * cent) !== 0n) return null;
  const run = new PlainRun(request, maker, taker);
  run.drive();
  return run.isExact ? run.result() : null;
}

class PlainRun {
  /** Whether every product stayed below 2^53. */
  isExact = true;
  readonly #strategy: PlainStrategy;
  readonly #columns: Columns;
  readonly #matcher: Matcher;
  readonly #scan: Scan;
  readonly #index: PriceIndex;
  readonly #curve: EquityCurve;
  readonly #feeInBase: boolean;
  readonly #maker: Rate;
  readonly #taker: Rate;
  readonly #lot: number;
  readonly #value: number;
  readonly #minNotional: number;
  readonly #maxNotional: number;
  readonly #reach: Reach;
  readonly #first: number;
  readonly #end: number;
  readonly #at: Int32Array | undefined;
  readonly #log: FillLog | undefined;
  readonly #account = { quote: 0, base: 0, resting: 0 };
  /** Of what rests. */
  #restingSide: Side = 'buy';
  #restingLimit = 0;
  /** How many of the closes at which it wants to be called are over. */
  #calls = 0;
  #fills = 0;
  #refused = 0;
  #fees = 0;

  constructor(
    { strategy, columns, assumptions, funds, first = 0, end = columns.rows, at, log }: PlainRequest,
    maker: Rate,
    taker: Rate,
  ) {
    const { rules } = columns;
    this.#strategy = strategy;
    this.#columns = columns;
    this.#matcher = new Matcher(matchRules(columns, assumptions), columns.open[first]!);
    this.#scan = new Scan(columns, end * stepsPerCandle);
    this.#index = priceIndexOf(columns);
    this.#curve = new EquityCurve(columns, first, true);
    this.#feeInBase = assumptions.feeIn === 'received';
    this.#maker = maker;
    this.#taker = taker;
    this.#lot = Number(rules.lot / cent);
    this.#value = Number((rules.tick * rules.lot) / unit / cent);
    this.#minNotional = Number(rules.minNotional) / 1e10;
    this.#maxNotional = Number(assumptions.maxNotional ?? usualMaxNotional) / 1e10;
    this.#reach = reachOf(columns, assumptions);
    this.#first = first;
    this.#end = end;
    this.#at = at;
    this.#log = log;
    // What is below 10^-8 can buy nothing.
    this.#account.quote = Number((funds[quoteOf(rules.pair)] ?? 0n) / cent);
    this.#account.base = Number((funds[baseOf(rules.pair)] ?? 0n) / cent);
  }

  drive(): void {
    this.#hold(this.#first);
    // The candle before the first closes as the first begins, where there is one.
    for (let row = this.#first; row < this.#end; row++) {
      const call = this.#nextCall(row);
      const limit = Math.min(call, this.#end);
      if (limit > row) {
        row = this.#reached(row, limit);
        if (row >= this.#end) break;
      }
      if (row === call) this.#decide(row);
      else this.#play(row, 0);
    }
    this.#curve.flush(this.#end);
  }

  /** First row from `row` on before which the strategy wants to be called; Infinity when there is none. */
  #nextCall(row: number): number {
    const closed = Math.max(row, 1) - 1;
    const at = this.#at;
    if (at === undefined) return closed + 1;
    while (at[this.#calls]! < closed) this.#calls++;
    return (at[this.#calls] ?? Number.POSITIVE_INFINITY) + 1;
  }

  /** First row from `row` on, before `limit`, that reaches what rests. */
  #reached(row: number, limit: number): number {
    if (this.#account.resting === 0) return limit;
    const { below, above } = this.#matcher;
    return nextOutside(this.#index, row, limit, below, above);
  }

  /** Asks the strategy at the close before `row`, then plays the row. */
  #decide(row: number): void {
    const order = this.#strategy(row - 1, this.#columns, this.#account);
    const isAllowed = order !== null && this.#mayPlace(order);
    if (order === null) {
      if (this.#account.resting > 0 && this.#reached(row, row + 1) === row) this.#play(row, 0);
      return;
    }
    this.#tick(row * stepsPerCandle);
    if (this.#account.resting > 0) this.#cancel(row);
    if (isAllowed) this.#place(order, row);
    if (this.#account.resting > 0) this.#play(row, 1);
  }

  #mayPlace({ side, lots, limit }: PlainOrder): boolean {
    if (lots === 0) return false;
    const { minQuantity, maxQuantity, minPrice, maxPrice } = this.#columns.rules;
    const value = limit * lots * this.#value;
    const { quote, base, resting } = this.#account;
    const held = this.#restingSide === side ? resting * (side === 'buy' ? this.#restingLimit * this.#value : this.#lot) : 0;
    const { last } = this.#matcher;
    if (limit < last * this.#reach.down || limit > last * this.#reach.up) this.isExact = false;
    const fits =
      lots >= minQuantity &&
      lots <= maxQuantity &&
      limit >= minPrice &&
      limit <= maxPrice &&
      value >= this.#minNotional &&
      value <= this.#maxNotional;
    const isPaid = side === 'buy' ? value <= quote - held : lots * this.#lot <= base - held;
    if (value > Number.MAX_SAFE_INTEGER) this.isExact = false;
    if (fits && isPaid) return true;
    this.#refused++;
    return false;
  }

  #place({ side, lots, limit, rests }: PlainOrder, row: number): void {
    this.#restingSide = side;
    this.#restingLimit = limit;
    if (rests) this.#account.resting = lots;
    this.#matcher.place({ id: only, side, kind: rests ? 'limit' : 'ioc', price: limit, trigger: 0, lots });
    this.#settle(row * stepsPerCandle);
  }

  #cancel(row: number): void {
    this.#matcher.cancel(only);
    this.#settle(row * stepsPerCandle);
    this.#account.resting = 0;
  }

  /** The ticks of a row from a step on. */
  #play(row: number, from: number): void {
    for (let place = row * stepsPerCandle + from; place < (row + 1) * stepsPerCandle; place++) this.#tick(place);
  }

  #tick(place: number): void {
    const [count, opens] = [place - this.#first * stepsPerCandle + 1, place % stepsPerCandle === 0];
    this.#matcher.tick(this.#scan.price(place), volumeAt(this.#columns, place), count, opens);
    this.#settle(place);
  }

  #settle(place: number): void {
    const matcher = this.#matcher;
    matcher.prints.length = 0;
    if (matcher.events.length === 0) return;
    for (const event of matcher.events)
      if (event.kind === 'filled') this.#filled(event, place);
      else if (event.kind === 'rejected') {
        this.#account.resting = 0;
        this.#refused++;
      }
    matcher.events.length = 0;
  }

  #filled({ order, price, lots, maker }: Filled, place: number): void {
    const account = this.#account;
    const isBuy = order.side === 'buy';
    const value = price * lots * this.#value;
    const base = lots * this.#lot;
    const inBase = isBuy && this.#feeInBase;
    const fee = feeOf(inBase ? base : value, maker ? this.#maker : this.#taker);
    if (!(value <= Number.MAX_SAFE_INTEGER && fee >= 0)) this.isExact = false;
    if (account.resting > 0 && order.kind === 'limit') account.resting -= lots;
    account.quote += isBuy ? -value : value;
    account.base += isBuy ? base : -base;
    if (inBase) account.base -= fee;
    else account.quote -= fee;
    this.#fees += inBase ? (fee * price * this.#value) / this.#lot : fee;
    this.#fills++;
    this.#hold(place >>> 2);
    this.#log?.add(place, isBuy, price, lots, fee, maker);
  }

  #hold(row: number): void {
    this.#curve.hold(row, this.#account.quote / toCents, this.#account.base / toCents);
  }

  result(): PlainResult {
    return {
      fills: this.#fills,
      refused: this.#refused,
      quote: this.#account.quote,
      base: this.#account.base,
      fees: this.#fees,
      endEquity: this.#curve.value(this.#columns.close[this.#end - 1]!),
      drawdown: this.#curve.drawdown,
      daily: this.#curve.daily,
    };
  }
}
