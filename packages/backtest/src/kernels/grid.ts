/**
 * A grid bot in plain numbers, for sweeps: the same fills and the same money as packages/bots/src/grid over the backtest's
 * matcher, held to that by a property test. It knows grids between two prices that neither move nor stop and earn quote, and
 * declines everything else. K1 and K2 of dca.ts hold here too.
 *   K3  Cells below `#turn` wait to buy at their lower line, the others to sell at their upper one.
 */

import { type GridSettings, gridLayout, grossLots, pieceLots, raised, type SubBook } from '@holdfast/bots';
import { type Amount, baseOf, lots as lotsOf, type PairRules, quoteOf, type Ticks, toLots, unit } from '@holdfast/domain';
import type { Columns } from '../run/columns.ts';
import { EquityCurve } from '../run/equity.ts';
import type { Assumptions } from '../run/result.ts';
import type { KernelResult } from './dca.ts';
import { decline, declined } from './decline.ts';
import { Depth } from './depth.ts';
import type { FillLog } from './fill-log.ts';
import { isKnownGrid } from './grid-known.ts';
import { Scan } from './scan.ts';
import { feeOf, type Rate, rateOf } from './sure.ts';

const cent = 10n ** 10n;
const toCents = 1e8;
/** Fills of one tick: with more of them the bot's orders wait for each other, which is not played here. */
const fillsMost = 8;
/** The same with what they cancel and what the answers take. */
const queueMost = 3 * fillsMost;

export interface GridRequest {
  readonly settings: GridSettings;
  readonly columns: Columns;
  readonly assumptions: Assumptions;
  readonly funds: SubBook;
  readonly from: number;
  readonly end: number;
  readonly until: number;
  readonly log?: FillLog;
}

/** The run of a request, or null when it is not one that the kernel knows. */
export function runGrid(request: GridRequest): KernelResult | null {
  if (!isKnownGrid(request.settings, request.assumptions)) return null;
  const maker = rateOf(request.assumptions.makerFee);
  const taker = rateOf(request.assumptions.takerFee);
  const { lot, tick } = request.columns.rules;
  if (maker === null || taker === null || lot % cent !== 0n || (tick * lot) % (unit * cent) !== 0n) return null;
  try {
    return new GridRun(request, maker, taker).run();
  } catch (error) {
    if (error === declined) return null;
    throw error;
  }
}

class GridRun {
  readonly #settings: GridSettings;
  readonly #rules: PairRules;
  readonly #scan: Scan;
  readonly #depth: Depth;
  readonly #curve: EquityCurve;
  /** Ticks that the price must go beyond a limit. */
  readonly #through: number;
  readonly #activeBuys: number;
  readonly #activeSells: number;
  readonly #feeInBase: boolean;
  readonly #spread: number;
  readonly #maker: Rate;
  readonly #taker: Rate;
  readonly #lot: number;
  readonly #value: number;
  /** Quote of 10^-8 base at one tick, in 10^-8. */
  readonly #perLot: number;
  readonly #minLots: number;
  readonly #maxLots: number;
  readonly #minNotional: number;
  readonly #reserveShare: number;
  readonly #first: number;
  readonly #end: number;
  readonly #until: number;
  readonly #log: FillLog | undefined;

  /** The place that is played next, and the price before it: the bot starts with the price of the first. */
  #next: number;
  #price: number;
  #quote: number;
  #base: number;
  #fees = 0;
  #fills = 0;
  #deals = 0;
  #wins = 0;
  #heldMs = 0;
  #heldSince = -1;

  // By cell: prices in ticks, wanted and gross lots, lots of its order (0: none), whether its round trip has begun, and with what.
  #cells = 0;
  #lower: Float64Array = new Float64Array(0);
  #upper: Float64Array = new Float64Array(0);
  #lots: Float64Array = new Float64Array(0);
  #gross: Float64Array = new Float64Array(0);
  #orders: Float64Array = new Float64Array(0);
  #begun: Uint8Array = new Uint8Array(0);
  #spent: Float64Array = new Float64Array(0);
  #gained: Float64Array = new Float64Array(0);
  /** Cells below it buy. */
  #turn = 0;
  /** Base that sell cells count on, and what orders reserve; in 10^-8. */
  #counted = 0;
  #reservedBase = 0;
  #reservedQuote = 0;

  // What the bot has not heard of yet, in order: fills of its orders, and the ends of cancelled ones (cell -1). Of each what
  // it gives and what it no longer reserves, in 10^-8.
  #heard = 0;
  #queued = 0;
  readonly #queueCells = new Int32Array(queueMost);
  readonly #queueQuote = new Float64Array(queueMost);
  readonly #queueBase = new Float64Array(queueMost);
  readonly #freedQuote = new Float64Array(queueMost);
  readonly #freedBase = new Float64Array(queueMost);

  constructor(request: GridRequest, maker: Rate, taker: Rate) {
    const { settings, columns, assumptions, funds, from, end, until, log } = request;
    const { rules } = columns;
    this.#settings = settings;
    this.#rules = rules;
    this.#scan = new Scan(columns, end);
    this.#depth = new Depth(columns, assumptions, from);
    this.#curve = new EquityCurve(columns, from >>> 2, true);
    this.#through = assumptions.fill === 'touch' ? 0 : 1;
    this.#activeBuys = settings.activeBuyLines;
    this.#activeSells = settings.activeSellLines;
    this.#feeInBase = assumptions.feeIn === 'received';
    this.#spread = assumptions.spreadTicks;
    this.#maker = maker;
    this.#taker = taker;
    this.#lot = Number(rules.lot / cent);
    this.#value = Number((rules.tick * rules.lot) / unit / cent);
    this.#perLot = this.#value / this.#lot;
    this.#minLots = Math.max(1, rules.minQuantity);
    this.#maxLots = rules.maxQuantity;
    this.#minNotional = Number(rules.minNotional) / 1e10;
    this.#reserveShare = settings.feeAsset === 'quote' ? Number(settings.fee) / 1e18 : 0;
    this.#first = from;
    this.#next = from;
    this.#price = this.#scan.price(from);
    this.#end = end;
    this.#until = until;
    this.#log = log;
    const [base, quote] = [funds[baseOf(settings.pair)] ?? 0n, funds[quoteOf(settings.pair)] ?? 0n];
    // What is below 10^-8 can buy nothing.
    this.#base = Number(base / cent);
    this.#quote = Number(quote / cent);
  }

  run(): KernelResult {
    this.#hold();
    this.#balance();
    this.#lay();
    for (;;) {
      const buyAt = this.#turn > 0 && this.#orders[this.#turn - 1]! > 0 ? this.#lower[this.#turn - 1]! : 0;
      const sellAt =
        this.#turn < this.#cells && this.#orders[this.#turn]! > 0 ? this.#upper[this.#turn]! : Number.POSITIVE_INFINITY;
      const place = this.#scan.next(this.#next, buyAt - this.#through, sellAt + this.#through);
      if (place >= this.#end) break;
      this.#tick(place);
    }
    this.#curve.flush(((this.#end - 1) >>> 2) + 1);
    if (this.#heldSince >= 0) this.#heldMs += this.#until - this.#heldSince;
    return {
      fills: this.#fills,
      deals: this.#deals,
      wins: this.#wins,
      quote: this.#quote,
      base: this.#base,
      fees: this.#fees,
      heldMs: this.#heldMs,
      endEquity: this.#curve.value(this.#scan.price(this.#end - 1)),
      drawdown: this.#curve.drawdown,
      daily: this.#curve.daily,
    };
  }

  /** The newest one that was played, at the start the first. */
  get #place(): number {
    return Math.max(this.#first, this.#next - 1);
  }

  /** Tells the curve what is held now. */
  #hold(): void {
    this.#curve.hold(this.#place >>> 2, this.#quote / toCents, this.#base / toCents);
    const holds = this.#base >= this.#lot;
    if (holds === this.#heldSince >= 0) return;
    const now = this.#scan.time(this.#place);
    if (!holds) this.#heldMs += now - this.#heldSince;
    this.#heldSince = holds ? now : -1;
  }

  /** Buys what the sell lines need, piece by piece; a grid that has too much base is not played here. */
  #balance(): void {
    if (!this.#settings.balance) return;
    const price = this.#price;
    const ask = (price + this.#spread) as Ticks;
    const { base, quote } = gridLayout(this.#settings, this.#rules, price as Ticks);
    const cap = Math.max(raised(ask, this.#settings.slippage), ask);
    for (;;) {
      const lacking = base - BigInt(this.#base) * cent;
      if (lacking <= 0n) break;
      const gross = grossLots(this.#settings, toLots(lacking as Amount, this.#rules, 'up'));
      const lots = Math.min(gross, pieceLots(this.#settings, this.#rules, ask));
      if (!this.#isTradable(cap, lots)) break;
      if (this.#cost(cap, lots) > this.#quote - 1) decline();
      this.#depth.take(this.#first, ask, lots);
      const fee = this.#bought(ask, lots, this.#taker, false);
      this.#quote -= this.#paid(ask, lots, fee);
      this.#base += this.#received(lots, fee);
      this.#hold();
    }
    if (quote > BigInt(this.#quote) * cent && base < BigInt(this.#base) * cent) decline();
  }

  #lay(): void {
    const { cells } = gridLayout(this.#settings, this.#rules, this.#price as Ticks);
    const { activeBuyLines, activeSellLines } = this.#settings;
    if (Math.min(cells.length, activeBuyLines + activeSellLines) + 2 > this.#rules.maxOrders) decline();
    this.#cells = cells.length;
    this.#lower = Float64Array.from(cells, ({ lower }) => lower);
    this.#upper = Float64Array.from(cells, ({ upper }) => upper);
    this.#lots = Float64Array.from(cells, ({ quantity }) => quantity);
    this.#gross = Float64Array.from(cells, ({ quantity }) => grossLots(this.#settings, lotsOf(quantity)));
    this.#orders = new Float64Array(this.#cells);
    this.#begun = new Uint8Array(this.#cells);
    this.#spent = new Float64Array(this.#cells);
    this.#gained = new Float64Array(this.#cells);
    this.#turn = cells.findIndex(({ leg }) => leg === 'sell');
    if (this.#turn < 0) this.#turn = this.#cells;
    for (let cell = this.#turn; cell < this.#cells; cell++) this.#counted += this.#lots[cell]! * this.#lot;
    const lastBuy = Math.max(0, this.#turn - activeBuyLines);
    for (let cell = this.#turn - 1; cell >= lastBuy; cell--) this.#placeBuy(cell);
    const lastSell = Math.min(this.#cells, this.#turn + activeSellLines);
    for (let cell = this.#turn; cell < lastSell; cell++) this.#placeSell(cell);
    this.#hear();
  }

  /** Fills what the price reached, then tells the bot, in the order of the exchange. */
  #tick(place: number): void {
    const price = this.#scan.price(place);
    const through = this.#through;
    this.#next = place + 1;
    this.#price = price;
    let lots = 0;
    for (let cell = this.#turn - 1; cell >= 0 && this.#orders[cell]! > 0 && price + through <= this.#lower[cell]!; cell--) {
      const wanted = this.#orders[cell]!;
      const line = this.#lower[cell]!;
      lots += wanted;
      this.#fillBuy(cell, line, this.#maker, true, this.#cost(line, wanted));
    }
    for (let cell = this.#turn; cell < this.#cells && this.#orders[cell]! > 0 && price - through >= this.#upper[cell]!; cell++) {
      lots += this.#orders[cell]!;
      this.#fillSell(cell);
    }
    if (this.#queued > fillsMost) decline();
    if (this.#depth.isShort(place, lots)) decline();
    this.#hear();
  }

  /** The bot hears of fills one at a time, and orders after each. */
  #hear(): void {
    for (; this.#heard < this.#queued; this.#heard++) {
      const head = this.#heard;
      this.#reservedQuote -= this.#freedQuote[head]!;
      this.#reservedBase -= this.#freedBase[head]!;
      const cell = this.#queueCells[head]!;
      if (cell < 0) continue;
      const money = this.#queueQuote[head]!;
      const coins = this.#queueBase[head]!;
      this.#quote += money;
      this.#base += coins;
      this.#orders[cell] = 0;
      this.#count(cell, money, coins);
      if (coins > 0) this.#afterBuy(cell);
      else this.#afterSell(cell);
    }
    this.#heard = 0;
    this.#queued = 0;
    this.#hold();
  }

  #afterBuy(cell: number): void {
    this.#turn = cell;
    this.#counted += this.#lots[cell]! * this.#lot;
    const tooFar = cell + this.#activeSells;
    if (tooFar < this.#cells) this.#cancel(tooFar);
    const far = cell - this.#activeBuys;
    if (far >= 0) this.#placeBuy(far);
    this.#placeSell(cell);
  }

  #afterSell(cell: number): void {
    this.#turn = cell + 1;
    this.#counted -= this.#lots[cell]! * this.#lot;
    const tooFar = cell - this.#activeBuys;
    if (tooFar >= 0) this.#cancel(tooFar);
    this.#placeBuy(cell);
    const far = cell + this.#activeSells;
    if (far < this.#cells) this.#placeSell(far);
  }

  /** A leg of a cell's round trip. */
  #count(cell: number, money: number, coins: number): void {
    if (this.#begun[cell] === 0) {
      this.#begun[cell] = 1;
      this.#spent[cell] = money;
      this.#gained[cell] = coins;
      return;
    }
    this.#begun[cell] = 0;
    this.#deals++;
    const first = this.#spent[cell]!;
    const had = this.#gained[cell]!;
    const profit = coins > 0 ? first + money * (-had / coins) : money + first * (-coins / had);
    if (profit > 0) this.#wins++;
  }

  #placeBuy(cell: number): void {
    if (this.#orders[cell]! > 0) return;
    const made = (this.#gross[cell]! - this.#lots[cell]!) * this.#lot;
    const lots = this.#base - this.#counted >= made ? this.#lots[cell]! : this.#gross[cell]!;
    const ask = this.#price + this.#spread;
    const line = this.#lower[cell]!;
    const limit = line >= ask ? Math.min(line, Math.max(raised(ask as Ticks, this.#settings.slippage), ask)) : line;
    const cost = this.#cost(limit, lots);
    if (cost > this.#quote - this.#reservedQuote - 1 || !this.#isTradable(limit, lots)) decline();
    this.#orders[cell] = lots;
    this.#reservedQuote += cost;
    if (line < ask) return;
    this.#depth.take(this.#next, ask, lots);
    this.#fillBuy(cell, ask, this.#taker, false, cost);
  }

  #placeSell(cell: number): void {
    if (this.#orders[cell]! > 0) return;
    const has = this.#base - this.#reservedBase;
    const wanted = this.#lots[cell]!;
    const lots = wanted * this.#lot <= has ? wanted : Math.floor(has / this.#lot);
    const line = this.#upper[cell]!;
    if (line <= this.#price || !this.#isTradable(line, lots)) decline();
    this.#orders[cell] = lots;
    this.#reservedBase += lots * this.#lot;
  }

  /** Its reservation stays until the bot has heard that it is gone. */
  #cancel(cell: number): void {
    const lots = this.#orders[cell]!;
    if (lots === 0) return;
    this.#orders[cell] = 0;
    if (cell < this.#turn) this.#say(-1, 0, 0, this.#cost(this.#lower[cell]!, lots), 0);
    else this.#say(-1, 0, 0, 0, lots * this.#lot);
  }

  #say(cell: number, quote: number, base: number, freedQuote: number, freedBase: number): void {
    const at = this.#queued++;
    if (at >= queueMost) decline();
    this.#queueCells[at] = cell;
    this.#queueQuote[at] = quote;
    this.#queueBase[at] = base;
    this.#freedQuote[at] = freedQuote;
    this.#freedBase[at] = freedBase;
  }

  #fillBuy(cell: number, price: number, rate: Rate, maker: boolean, reserved: number): void {
    const lots = this.#orders[cell]!;
    const fee = this.#bought(price, lots, rate, maker);
    this.#say(cell, -this.#paid(price, lots, fee), this.#received(lots, fee), reserved, 0);
  }

  #fillSell(cell: number): void {
    const lots = this.#orders[cell]!;
    const price = this.#upper[cell]!;
    const value = price * lots * this.#value;
    const fee = feeOf(value, this.#maker);
    if (!(value <= Number.MAX_SAFE_INTEGER)) decline();
    this.#fees += fee;
    this.#fills++;
    const base = lots * this.#lot;
    this.#say(cell, value - fee, -base, 0, base);
    this.#log?.add(this.#place, false, price, lots, fee, true);
  }

  /** Counts a buy and gives its fee, in 10^-8 of what it is taken from. */
  #bought(price: number, lots: number, rate: Rate, maker: boolean): number {
    const fee = feeOf(this.#feeInBase ? lots * this.#lot : price * lots * this.#value, rate);
    if (!(this.#paid(price, lots, fee) <= Number.MAX_SAFE_INTEGER)) decline();
    this.#fees += this.#feeInBase ? fee * price * this.#perLot : fee;
    this.#fills++;
    this.#log?.add(this.#place, true, price, lots, fee, maker);
    return fee;
  }

  #paid(price: number, lots: number, fee: number): number {
    const value = price * lots * this.#value;
    return this.#feeInBase ? value : value + fee;
  }

  #received(lots: number, fee: number): number {
    return this.#feeInBase ? lots * this.#lot - fee : lots * this.#lot;
  }

  /** What a buy reserves; with fees in quote a little more than the bot does. */
  #cost(price: number, lots: number): number {
    const value = price * lots * this.#value;
    return this.#reserveShare === 0 ? value : Math.ceil(value * (1 + this.#reserveShare)) + 1;
  }

  #isTradable(price: number, lots: number): boolean {
    return lots >= this.#minLots && lots <= this.#maxLots && price * lots * this.#value >= this.#minNotional;
  }
}
