/**
 * The lines of a grid with their orders: what is filled when a price is reached, and what the bot orders when it hears of it.
 *   K3  Cells below `#turn` wait to buy at their lower line, the others to sell at their upper one.
 *   K4  The bot hears of one thing after the other; what an order reserves stays reserved until the bot has heard of its end.
 */
import { type GridSettings, gridLayout, grossLots, raised, unansweredMost } from '@holdfast/bots';
import { lots as lotsOf, type PairRules, type Ticks } from '@holdfast/domain';
import { decline } from './decline.ts';
import type { Depth } from './depth.ts';
import type { Purse } from './purse.ts';
import type { KernelRun } from './run.ts';

export class GridBook {
  /** The lines that are reached next; 0 and Infinity where nothing rests. */
  buyAt = 0;
  sellAt = Number.POSITIVE_INFINITY;
  deals = 0;
  wins = 0;
  readonly #settings: GridSettings;
  readonly #rules: PairRules;
  readonly #purse: Purse;
  readonly #depth: Depth;
  readonly #activeBuys: number;
  readonly #activeSells: number;
  readonly #spread: number;
  readonly #lot: number;
  readonly #value: number;
  readonly #minLots: number;
  readonly #maxLots: number;
  readonly #minNotional: number;
  readonly #reserveShare: number;
  /** Of now: the place, the one that is played next, and the price. */
  #place: number;
  #next: number;
  #price: number;

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

  /** By cell: quote and base that the newest fill of its order gave, in 10^-8; the bot hears of it later. */
  #money: Float64Array = new Float64Array(0);
  #coins: Float64Array = new Float64Array(0);
  /** Orders of this tick: with too many of them some wait for the answers to others, which is not played here. */
  #placed = 0;
  /** Cells whose order took, of which the bot has not heard yet, and for each what that order reserved. */
  #taken = 0;
  readonly #takes = new Int32Array(unansweredMost);
  readonly #costs = new Float64Array(unansweredMost);
  /** What cancelled orders reserve until the bot hears of it, and how much of that it hears of before each that took. */
  #freedQuote = 0;
  #freedBase = 0;
  readonly #quoteBefore = new Float64Array(unansweredMost);
  readonly #baseBefore = new Float64Array(unansweredMost);

  /** @param price of the first place, before which the bot starts */
  constructor(settings: GridSettings, { columns, assumptions, from }: KernelRun, purse: Purse, depth: Depth, price: number) {
    const { rules } = columns;
    this.#settings = settings;
    this.#rules = rules;
    this.#purse = purse;
    this.#depth = depth;
    this.#activeBuys = settings.activeBuyLines;
    this.#activeSells = settings.activeSellLines;
    this.#spread = assumptions.spreadTicks;
    this.#lot = purse.lot;
    this.#value = purse.value;
    this.#minLots = Math.max(1, rules.minQuantity);
    this.#maxLots = rules.maxQuantity;
    this.#minNotional = Number(rules.minNotional) / 1e10;
    this.#reserveShare = settings.feeAsset === 'quote' ? Number(settings.fee) / 1e18 : 0;
    this.#place = from;
    this.#next = from;
    this.#price = price;
  }

  lay(): void {
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
    this.#money = new Float64Array(this.#cells);
    this.#coins = new Float64Array(this.#cells);
    this.#turn = cells.findIndex(({ leg }) => leg === 'sell');
    if (this.#turn < 0) this.#turn = this.#cells;
    for (let cell = this.#turn; cell < this.#cells; cell++) this.#counted += this.#lots[cell]! * this.#lot;
    // The first orders wait for each other as well, but nothing happens meanwhile.
    this.#placed = Number.NEGATIVE_INFINITY;
    const lastBuy = Math.max(0, this.#turn - activeBuyLines);
    for (let cell = this.#turn - 1; cell >= lastBuy; cell--) this.#placeBuy(cell);
    const lastSell = Math.min(this.#cells, this.#turn + activeSellLines);
    for (let cell = this.#turn; cell < lastSell; cell++) this.#placeSell(cell);
    this.#settle();
  }

  /** Fills the buys whose line is at `reach` or above, then tells the bot; gives the lots of the fills. */
  bought(place: number, price: number, reach: number): number {
    this.#place = place;
    this.#next = place + 1;
    this.#placed = 0;
    this.#price = price;
    const first = this.#turn - 1;
    let last = first;
    let lots = this.#fillBuy(first);
    while (last > 0 && reach <= this.#lower[last - 1]! && this.#orders[last - 1]! > 0) lots += this.#fillBuy(--last);
    for (let cell = first; cell >= last; cell--) {
      this.#reservedQuote -= this.cost(this.#lower[cell]!, this.#orders[cell]!);
      this.#hearBuy(cell);
    }
    this.#settle();
    return lots;
  }

  /** The same of sells whose line is at `reach` or below. */
  sold(place: number, price: number, reach: number): number {
    this.#place = place;
    this.#next = place + 1;
    this.#placed = 0;
    this.#price = price;
    const first = this.#turn;
    let last = first;
    let lots = this.#fillSell(first);
    while (last + 1 < this.#cells && reach >= this.#upper[last + 1]! && this.#orders[last + 1]! > 0)
      lots += this.#fillSell(++last);
    for (let cell = first; cell <= last; cell++) this.#hearSell(cell);
    this.#settle();
    return lots;
  }

  #fillBuy(cell: number): number {
    const purse = this.#purse;
    const lots = this.#orders[cell]!;
    purse.buy(this.#place, this.#lower[cell]!, lots, purse.maker, true);
    this.#money[cell] = purse.money;
    this.#coins[cell] = purse.coins;
    return lots;
  }

  #fillSell(cell: number): number {
    const purse = this.#purse;
    const lots = this.#orders[cell]!;
    purse.sell(this.#place, this.#upper[cell]!, lots);
    this.#money[cell] = purse.money;
    this.#coins[cell] = purse.coins;
    return lots;
  }

  #hearBuy(cell: number): void {
    this.#take(cell);
    this.#turn = cell;
    this.#counted += this.#lots[cell]! * this.#lot;
    const tooFar = cell + this.#activeSells;
    if (tooFar < this.#cells && this.#orders[tooFar]! > 0) {
      this.#freedBase += this.#orders[tooFar]! * this.#lot;
      this.#orders[tooFar] = 0;
    }
    const far = cell - this.#activeBuys;
    if (far >= 0) this.#placeBuy(far);
    this.#placeSell(cell);
  }

  #hearSell(cell: number): void {
    this.#reservedBase -= this.#orders[cell]! * this.#lot;
    this.#take(cell);
    this.#turn = cell + 1;
    this.#counted -= this.#lots[cell]! * this.#lot;
    const tooFar = cell - this.#activeBuys;
    if (tooFar >= 0 && this.#orders[tooFar]! > 0) {
      this.#freedQuote += this.cost(this.#lower[tooFar]!, this.#orders[tooFar]!);
      this.#orders[tooFar] = 0;
    }
    this.#placeBuy(cell);
    const far = cell + this.#activeSells;
    if (far < this.#cells) this.#placeSell(far);
  }

  /** Counts what a fill gave, and the leg of its cell's round trip. */
  #take(cell: number): void {
    const money = this.#money[cell]!;
    const coins = this.#coins[cell]!;
    this.#purse.take(money, coins);
    this.#orders[cell] = 0;
    if (this.#begun[cell] === 0) {
      this.#begun[cell] = 1;
      this.#spent[cell] = money;
      this.#gained[cell] = coins;
      return;
    }
    this.#begun[cell] = 0;
    this.deals++;
    const first = this.#spent[cell]!;
    const had = this.#gained[cell]!;
    const profit = coins > 0 ? first + money * (-had / coins) : money + first * (-coins / had);
    if (profit > 0) this.wins++;
  }

  /** Tells the bot of what its answers did: orders that took, and the ends of cancelled ones. */
  #settle(): void {
    for (let at = 0; at < this.#taken; at++) {
      this.#reservedQuote -= this.#quoteBefore[at]! + this.#costs[at]!;
      this.#reservedBase -= this.#baseBefore[at]!;
      this.#hearBuy(this.#takes[at]!);
    }
    this.#taken = 0;
    this.#reservedQuote -= this.#freedQuote;
    this.#reservedBase -= this.#freedBase;
    this.#freedQuote = 0;
    this.#freedBase = 0;
    const turn = this.#turn;
    this.buyAt = turn > 0 && this.#orders[turn - 1]! > 0 ? this.#lower[turn - 1]! : 0;
    this.sellAt = turn < this.#cells && this.#orders[turn]! > 0 ? this.#upper[turn]! : Number.POSITIVE_INFINITY;
  }

  #placeBuy(cell: number): void {
    if (this.#orders[cell]! > 0) return;
    const wanted = this.#lots[cell]!;
    const gross = this.#gross[cell]!;
    const lots = this.#purse.base - this.#counted >= (gross - wanted) * this.#lot ? wanted : gross;
    const ask = this.#price + this.#spread;
    const line = this.#lower[cell]!;
    const limit = line >= ask ? Math.min(line, Math.max(raised(ask as Ticks, this.#settings.slippage), ask)) : line;
    const cost = this.cost(limit, lots);
    if (cost > this.#purse.quote - this.#reservedQuote - 1 || !this.isTradable(limit, lots)) decline();
    if (++this.#placed > unansweredMost) decline();
    this.#orders[cell] = lots;
    this.#reservedQuote += cost;
    if (line >= ask) this.#takeAsk(cell, ask, cost);
  }

  #takeAsk(cell: number, ask: number, cost: number): void {
    const purse = this.#purse;
    const lots = this.#orders[cell]!;
    const at = this.#taken++;
    if (at >= unansweredMost) decline();
    this.#depth.take(this.#next, ask, lots);
    purse.buy(this.#place, ask, lots, purse.taker, false);
    this.#money[cell] = purse.money;
    this.#coins[cell] = purse.coins;
    this.#takes[at] = cell;
    this.#costs[at] = cost;
    this.#quoteBefore[at] = this.#freedQuote;
    this.#baseBefore[at] = this.#freedBase;
    this.#freedQuote = 0;
    this.#freedBase = 0;
  }

  #placeSell(cell: number): void {
    if (this.#orders[cell]! > 0) return;
    const has = this.#purse.base - this.#reservedBase;
    const wanted = this.#lots[cell]!;
    const lots = wanted * this.#lot <= has ? wanted : Math.floor(has / this.#lot);
    const line = this.#upper[cell]!;
    if (line <= this.#price || !this.isTradable(line, lots)) decline();
    if (++this.#placed > unansweredMost) decline();
    this.#orders[cell] = lots;
    this.#reservedBase += lots * this.#lot;
  }

  /** What a buy reserves; with fees in quote a little more than the bot does. */
  cost(price: number, lots: number): number {
    const value = price * lots * this.#value;
    return this.#reserveShare === 0 ? value : Math.ceil(value * (1 + this.#reserveShare)) + 1;
  }

  isTradable(price: number, lots: number): boolean {
    return lots >= this.#minLots && lots <= this.#maxLots && price * lots * this.#value >= this.#minNotional;
  }
}
