/**
 * A long DCA bot in plain numbers, for sweeps: the same fills and the same money as packages/bots/src/dca over the backtest's
 * matcher, held to that by a property test. It knows what most sweeps vary (sizes, steps, ladder, active orders, take profit,
 * cooldown) and declines everything else, which then runs through `step`.
 *   K1  Money is whole numbers of 10^-8, prices ticks, quantities lots. A rounding that floating point cannot decide is counted
 *       again with bigints; a number that could leave 2^53 makes it decline.
 *   K2  Declining is always right: the caller runs the bot itself instead.
 */
import {
  averagingPrice,
  averagingSize,
  type DcaSettings,
  deviation,
  type Holding,
  lotsFor,
  takeOut,
  takeProfitPrice,
} from '@holdfast/bots';
import { type Amount, type PairRules, type Ticks, unit } from '@holdfast/domain';
import type { Columns } from '../run/columns.ts';
import { EquityCurve, type Fall } from '../run/equity.ts';
import { placeAt } from '../run/path.ts';
import type { Assumptions } from '../run/result.ts';
import { isKnownDca } from './dca-known.ts';
import { decline, declined } from './decline.ts';
import { Depth } from './depth.ts';
import type { FillLog } from './fill-log.ts';
import { Scan } from './scan.ts';
import { ceilSure, feeOf, floorSure, type Rate, rateOf } from './sure.ts';

/** Counts of 10^-18 in one of 10^-8. */
const cent = 10n ** 10n;
const toCents = 1e8;
/** Least rest between two deals, ms, as the bot has it. */
const restMs = 1000;

export interface KernelResult {
  readonly fills: number;
  readonly deals: number;
  readonly wins: number;
  /** Quote in 10^-8. */
  readonly quote: number;
  /** Base in 10^-8. */
  readonly base: number;
  /** Counted in quote. */
  readonly fees: number;
  readonly heldMs: number;
  readonly endEquity: number;
  readonly drawdown: Fall;
  readonly daily: { readonly times: Float64Array; readonly values: Float64Array };
}

export interface KernelRequest {
  readonly settings: DcaSettings;
  readonly columns: Columns;
  readonly assumptions: Assumptions;
  /** Quote that the bot is given. */
  readonly funds: Amount;
  /** First place, and the place behind the last. */
  readonly from: number;
  readonly end: number;
  /** Close of the last candle, unix ms. */
  readonly until: number;
  /** Gets every fill. */
  readonly log?: FillLog;
}

/** The run of a request, or null when it is not one that the kernel knows. */
export function runDca(request: KernelRequest): KernelResult | null {
  if (!isKnownDca(request.settings, request.assumptions)) return null;
  const maker = rateOf(request.assumptions.makerFee);
  const taker = rateOf(request.assumptions.takerFee);
  const { lot, tick } = request.columns.rules;
  const value = (tick * lot) / unit;
  if (maker === null || taker === null || lot % cent !== 0n || (tick * lot) % (unit * cent) !== 0n) return null;
  try {
    return new DcaRun(request, maker, taker, Number(lot / cent), Number(value / cent)).run();
  } catch (error) {
    if (error === declined) return null;
    throw error;
  }
}

class DcaRun {
  readonly #settings: DcaSettings;
  readonly #columns: Columns;
  readonly #rules: PairRules;
  readonly #scan: Scan;
  readonly #depth: Depth;
  readonly #curve: EquityCurve;
  readonly #touches: boolean;
  readonly #feeInBase: boolean;
  readonly #spread: number;
  readonly #maker: Rate;
  readonly #taker: Rate;
  /** Base of a lot, and quote of a lot at one tick, in 10^-8. */
  readonly #lot: number;
  readonly #value: number;
  readonly #minNotional: number;
  readonly #end: number;
  readonly #until: number;
  readonly #first: number;
  readonly #log: FillLog | undefined;

  // Of the settings, once: sizes in 10^-8 of quote, 1 - D_n, target over cost, in floating point.
  readonly #levels: number;
  readonly #sizes: Float64Array;
  readonly #shares: Float64Array;
  readonly #target: number;
  readonly #baseSize: number;
  readonly #cap: number;
  readonly #pauseMs: number;

  #quote: number;
  #base = 0;
  #fees = 0;
  #fills = 0;
  #deals = 0;
  #heldMs = 0;

  /** What the deal holds, with what was carried into it, and its cost: in 10^-8, the latter in floating point. */
  #held = 0;
  #cost = 0;
  /** The base order alone. */
  #entryHeld = 0;
  #entryCost = 0;
  readonly #prices: Float64Array;
  readonly #lots: Float64Array;
  #ladder = 0;
  #filled = 0;
  #resting = 0;

  /** Held and spent by closed deals, for counting the carried cost exactly when it matters: held, sold, spent for each. */
  readonly #closed: number[] = [];
  #spent = 0;
  #exactUpTo = 0;
  #exactDust: Holding = { quantity: 0n as Amount, cost: 0n as Amount };

  constructor(request: KernelRequest, maker: Rate, taker: Rate, lot: number, value: number) {
    const { settings, columns, assumptions, funds, from, end, until, log } = request;
    this.#settings = settings;
    this.#columns = columns;
    this.#rules = columns.rules;
    this.#scan = new Scan(columns, end);
    this.#depth = new Depth(columns, assumptions, from);
    this.#curve = new EquityCurve(columns, from >>> 2, true);
    this.#touches = assumptions.fill === 'touch';
    this.#feeInBase = assumptions.feeIn === 'received';
    this.#spread = assumptions.spreadTicks;
    this.#maker = maker;
    this.#taker = taker;
    this.#lot = lot;
    this.#value = value;
    this.#minNotional = Number(this.#rules.minNotional) / 1e10;
    this.#first = from;
    this.#end = end;
    this.#until = until;
    this.#log = log;
    // What is below 10^-8 can buy nothing.
    this.#quote = Number(funds / cent);
    this.#levels = settings.averagingOrders;
    this.#sizes = new Float64Array(this.#levels);
    this.#shares = new Float64Array(this.#levels);
    for (let n = 0; n < this.#levels; n++) {
      this.#sizes[n] = Number(averagingSize(settings, n + 1)) / 1e10;
      const { numerator, denominator } = deviation(settings, n + 1);
      this.#shares[n] = ratioOf(denominator - numerator, denominator);
    }
    this.#prices = new Float64Array(this.#levels);
    this.#lots = new Float64Array(this.#levels);
    const share = 1e18;
    this.#target = (Number(unit + settings.takeProfit) / share / (Number(unit - settings.fee) / share) / value) * lot;
    this.#baseSize = Number(settings.baseOrderSize) / 1e10;
    this.#cap = Number(unit + settings.slippage) / share;
    this.#pauseMs = Math.max(settings.cooldownMs, restMs);
  }

  run(): KernelResult {
    const start = this.#scan.time(this.#first);
    this.#curve.hold(this.#first >>> 2, this.#quote / toCents, 0);
    // The bot starts with the prices before the first tick.
    let next = this.#play(this.#first, this.#scan.price(this.#first), start);
    while (next < this.#end) {
      const wake = this.#scan.time(next) + this.#pauseMs;
      const place = placeAt(this.#columns, wake);
      if (place >= this.#end) break;
      const at = this.#scan.time(place);
      // As a candle begins the bot is called with the price before, and its order meets the candle's first.
      const known = this.#scan.price(place % 4 === 0 ? place - 1 : place);
      next = this.#play(place + 1, this.#scan.price(place), at, known);
    }
    this.#curve.flush(((this.#end - 1) >>> 2) + 1);
    return {
      fills: this.#fills,
      deals: this.#deals,
      // A target lies above what it sells has cost, fees included.
      wins: this.#deals,
      quote: this.#quote,
      base: this.#base,
      fees: this.#fees,
      heldMs: this.#heldMs,
      endEquity: this.#curve.value(this.#scan.price(this.#end - 1)),
      drawdown: this.#curve.drawdown,
      daily: this.#curve.daily,
    };
  }

  /** Buys the base order at the ask and hangs the ladder below it. `next` is played next, `known` the price that the bot counts with. */
  #open(next: number, price: number, known: number): void {
    const asked = known + this.#spread;
    const ask = price + this.#spread;
    const lots = this.#lotsFor(this.#baseSize, this.#settings.baseOrderSize, asked);
    this.#mustTrade(asked, lots);
    const cap = Math.min(Math.floor(asked * this.#cap) + 1, this.#rules.maxPrice);
    if (this.#reserve(cap, lots) > this.#quote) decline();
    const heldBefore = this.#held;
    for (let left = lots; left > 0; ) {
      const taken = this.#depth.takeSome(next, ask, left);
      if (this.#depth.price >= cap - 1) decline();
      this.#buy(next, this.#depth.price, taken, this.#taker, false);
      left -= taken;
    }
    this.#entryHeld = this.#held - heldBefore;
    this.#entryCost = this.#spent;
    this.#ladder = 0;
    this.#filled = 0;
    this.#resting = 0;
    let reserved = 0;
    for (let n = 0; n < this.#levels; n++) {
      const price = this.#levelPrice(n);
      if (price < this.#rules.minPrice) break;
      const quantity = this.#lotsFor(this.#sizes[n]!, null, price, n);
      this.#mustTrade(price, quantity);
      reserved += this.#reserve(price, quantity);
      this.#prices[n] = price;
      this.#lots[n] = quantity;
      this.#ladder++;
    }
    // The bot reserves for those that rest only; with room for all it never has to make one smaller.
    if (reserved > this.#quote) decline();
  }

  /** Opens a deal and plays it; gives the place of its take profit, the end when the candles end before. */
  #play(from: number, price: number, at: number, known = price): number {
    const { averagingOrdersActive } = this.#settings;
    let next = from;
    let now = at;
    let last = price;
    this.#open(next, last, known);
    for (;;) {
      this.#rest(next, last, averagingOrdersActive);
      const target = this.#targetPrice();
      const lots = Math.floor(this.#held / this.#lot);
      this.#mustTrade(target, lots);
      // What was carried from cheaper times may bring the target down to the bid: the sale would take.
      if (target > this.#rules.maxPrice || target <= last) decline();
      const buyAt = this.#resting > this.#filled ? this.#prices[this.#filled]! : 0;
      const [below, above] = this.#touches ? [buyAt, target] : [buyAt - 1, target + 1];
      const place = this.#scan.next(next, below, above);
      if (place >= this.#end) {
        this.#heldMs += this.#until - at;
        return this.#end;
      }
      now = this.#scan.time(place);
      last = this.#scan.price(place);
      next = place + 1;
      if (this.#isAbove(last, target)) {
        if (this.#depth.isShort(place, lots)) decline();
        this.#sell(next, target, lots);
        this.#heldMs += now - at;
        return place;
      }
      let filled = 0;
      while (this.#filled < this.#resting && this.#isBelow(last, this.#prices[this.#filled]!)) {
        filled += this.#lots[this.#filled]!;
        this.#buy(next, this.#prices[this.#filled]!, this.#lots[this.#filled]!, this.#maker, true);
        this.#filled++;
      }
      if (this.#depth.isShort(place, filled)) decline();
    }
  }

  readonly #isBelow = (price: number, limit: number): boolean => (this.#touches ? price <= limit : price < limit);
  readonly #isAbove = (price: number, limit: number): boolean => (this.#touches ? price >= limit : price > limit);

  /** Keeps the next levels resting; one at or above the ask takes at once. */
  #rest(next: number, price: number, active: number): void {
    const ask = price + this.#spread;
    while (this.#resting < this.#ladder && this.#resting - this.#filled < active) {
      const n = this.#resting++;
      if (this.#prices[n]! < ask) continue;
      // The nearest first: everything before it is filled, or it would rest above the ask.
      if (n !== this.#filled) decline();
      this.#take(next, ask, this.#lots[n]!);
      this.#filled++;
    }
  }

  #take(next: number, ask: number, lots: number): void {
    this.#depth.take(next, ask, lots);
    this.#buy(next, ask, lots, this.#taker, false);
  }

  #buy(next: number, price: number, lots: number, rate: Rate, maker: boolean): void {
    const value = price * lots * this.#value;
    const base = lots * this.#lot;
    const fee = feeOf(this.#feeInBase ? base : value, rate);
    const received = this.#feeInBase ? base - fee : base;
    const paid = this.#feeInBase ? value : value + fee;
    if (!(paid <= Number.MAX_SAFE_INTEGER)) decline();
    this.#quote -= paid;
    this.#base += received;
    this.#held += received;
    this.#cost += paid;
    this.#spent += paid;
    this.#fees += this.#feeInBase ? (fee * price * this.#value) / this.#lot : fee;
    this.#fills++;
    const place = Math.max(this.#first, next - 1);
    this.#curve.hold(place >>> 2, this.#quote / toCents, this.#base / toCents);
    this.#log?.add(place, true, price, lots, fee, maker);
  }

  #sell(next: number, price: number, lots: number): void {
    const value = price * lots * this.#value;
    const fee = feeOf(value, this.#maker);
    if (!(value <= Number.MAX_SAFE_INTEGER)) decline();
    const sold = lots * this.#lot;
    this.#closed.push(this.#held, sold, this.#spent);
    this.#spent = 0;
    const rest = this.#held - sold;
    this.#cost = rest === 0 ? 0 : this.#cost * (rest / this.#held);
    this.#held = rest;
    this.#quote += value - fee;
    this.#base -= sold;
    this.#fees += fee;
    this.#fills++;
    this.#deals++;
    const place = next - 1;
    this.#curve.hold(place >>> 2, this.#quote / toCents, this.#base / toCents);
    this.#log?.add(place, false, price, lots, fee, true);
  }

  #mustTrade(price: number, lots: number): void {
    const { minQuantity, maxQuantity } = this.#rules;
    if (!(lots >= minQuantity && lots > 0 && lots <= maxQuantity && price * lots * this.#value >= this.#minNotional)) decline();
  }

  /** Quote that a buy may take, rounded well up. */
  #reserve(price: number, lots: number): number {
    const value = price * lots * this.#value;
    return this.#feeInBase ? value : Math.ceil(value * (1 + Number(this.#settings.fee) / 1e18)) + 1;
  }

  #lotsFor(size: number, exact: Amount | null, price: number, level = 0): number {
    const found = ceilSure(size / (price * this.#value));
    if (!Number.isNaN(found)) return found;
    return lotsFor(exact ?? averagingSize(this.#settings, level + 1), price as Ticks, this.#rules);
  }

  #levelPrice(n: number): number {
    const count = (this.#entryCost * this.#shares[n]! * this.#lot) / (this.#entryHeld * this.#value);
    const found = floorSure(count);
    if (!Number.isNaN(found)) return found;
    const entry = { quantity: BigInt(this.#entryHeld) * cent, cost: BigInt(this.#entryCost) * cent } as Holding;
    return averagingPrice(this.#settings, entry, this.#rules, n + 1) ?? 0;
  }

  #targetPrice(): number {
    const found = ceilSure((this.#cost * this.#target) / this.#held);
    return Number.isNaN(found) ? takeProfitPrice(this.#exactHeld(), this.#settings, this.#rules) : found;
  }

  /** What is held with its cost to the last of its 18 digits: the deals so far once more, in bigints. */
  #exactHeld(): Holding {
    for (; this.#exactUpTo < this.#closed.length; this.#exactUpTo += 3) {
      const [held, sold, spent] = this.#closed.slice(this.#exactUpTo, this.#exactUpTo + 3) as [number, number, number];
      const whole: Holding = {
        quantity: (BigInt(held) * cent) as Amount,
        cost: (this.#exactDust.cost + BigInt(spent) * cent) as Amount,
      };
      this.#exactDust = takeOut(whole, (BigInt(sold) * cent) as Amount).rest;
    }
    return {
      quantity: (BigInt(this.#held) * cent) as Amount,
      cost: (this.#exactDust.cost + BigInt(this.#spent) * cent) as Amount,
    };
  }
}

/** A quotient of bigints as a double. */
function ratioOf(numerator: bigint, denominator: bigint): number {
  const digits = 10n ** 25n;
  return Number((numerator * digits) / denominator) / 1e25;
}
