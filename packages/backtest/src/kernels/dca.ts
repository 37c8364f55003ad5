/**
 * A long DCA bot in plain numbers, for sweeps: the same fills and the same money as packages/bots/src/dca over the backtest's
 * matcher, held to that by a property test. It knows what most sweeps vary (sizes, steps, ladder, active orders, take profit,
 * cooldown) and declines everything else, which then runs through `step`. K1 of purse.ts holds here too.
 *   K2  Declining is always right: the caller runs the bot itself instead.
 */
import type { DcaSettings } from '@holdfast/bots';
import { type PairRules, quoteOf, zero } from '@holdfast/domain';
import { placeAt } from '../run/path.ts';
import { isKnownDca } from './dca-known.ts';
import { DcaPrices } from './dca-prices.ts';
import { decline } from './decline.ts';
import { Depth } from './depth.ts';
import { Purse } from './purse.ts';
import { isDcaInReach } from './reach.ts';
import { type KernelResult, type KernelRun, unlessDeclined } from './run.ts';
import { Scan } from './scan.ts';
import type { Rate } from './sure.ts';

/** Least rest between two deals, ms, as the bot has it. */
const restMs = 1000;

/** The run of a request, or null when it is not one that the kernel knows. */
export function runDca(settings: DcaSettings, run: KernelRun): KernelResult | null {
  const { columns, assumptions, funds } = run;
  const quote = funds[quoteOf(columns.pair)] ?? zero;
  if (!isKnownDca(settings, assumptions) || !isDcaInReach(settings, quote, columns, assumptions)) return null;
  return unlessDeclined(() => new DcaRun(settings, run).run());
}

class DcaRun {
  readonly #settings: DcaSettings;
  readonly #run: KernelRun;
  readonly #rules: PairRules;
  readonly #scan: Scan;
  readonly #depth: Depth;
  readonly #purse: Purse;
  readonly #count: DcaPrices;
  readonly #touches: boolean;
  readonly #spread: number;
  /** Base of a lot, and quote of a lot at one tick, in 10^-8. */
  readonly #lot: number;
  readonly #value: number;
  readonly #minNotional: number;
  readonly #end: number;

  readonly #levels: number;
  readonly #cap: number;
  readonly #pauseMs: number;
  #deals = 0;
  #heldMs = 0;

  /** What the deal holds, with what was carried into it, and its cost: in 10^-8, the latter in floating point. */
  #held = 0;
  #cost = 0;
  /** The base order alone, and all that this deal has spent. */
  #entryHeld = 0;
  #entryCost = 0;
  #spent = 0;
  readonly #prices: Float64Array;
  readonly #lots: Float64Array;
  #ladder = 0;
  #filled = 0;
  #resting = 0;

  constructor(settings: DcaSettings, run: KernelRun) {
    const { columns, assumptions, from, end } = run;
    this.#settings = settings;
    this.#run = run;
    this.#rules = columns.rules;
    this.#scan = new Scan(columns, end);
    this.#depth = new Depth(columns, assumptions, from);
    this.#purse = new Purse(run);
    this.#touches = assumptions.fill === 'touch';
    this.#spread = assumptions.spreadTicks;
    this.#lot = this.#purse.lot;
    this.#value = this.#purse.value;
    this.#minNotional = Number(this.#rules.minNotional) / 1e10;
    this.#end = end;
    this.#count = new DcaPrices(settings, this.#rules, this.#lot, this.#value);
    this.#levels = settings.averagingOrders;
    this.#prices = new Float64Array(this.#levels);
    this.#lots = new Float64Array(this.#levels);
    this.#cap = Number(10n ** 18n + settings.slippage) / 1e18;
    this.#pauseMs = Math.max(settings.cooldownMs, restMs);
  }

  run(): KernelResult {
    const { from, columns } = this.#run;
    this.#purse.hold(from);
    // The bot starts with the prices before the first tick.
    let next = this.#play(from, this.#scan.price(from), this.#scan.time(from));
    while (next < this.#end) {
      const wake = this.#scan.time(next) + this.#pauseMs;
      const place = placeAt(columns, wake);
      if (place >= this.#end) break;
      const at = this.#scan.time(place);
      // As a candle begins the bot is called with the price before, and its order meets the candle's first.
      const known = this.#scan.price(place % 4 === 0 ? place - 1 : place);
      next = this.#play(place + 1, this.#scan.price(place), at, known);
    }
    // A target lies above what it sells has cost, fees included.
    return { ...this.#purse.sums(), deals: this.#deals, wins: this.#deals, heldMs: this.#heldMs };
  }

  /** Opens a deal and plays it; gives the place of its take profit, the end when the candles end before. */
  #play(from: number, price: number, at: number, known = price): number {
    const { averagingOrdersActive } = this.#settings;
    let next = from;
    let last = price;
    this.#open(next, last, known);
    for (;;) {
      this.#rest(next, last, averagingOrdersActive);
      const target = this.#target();
      const lots = Math.floor(this.#held / this.#lot);
      this.#mustTrade(target, lots);
      // What was carried from cheaper times may bring the target down to the bid: the sale would take.
      if (target > this.#rules.maxPrice || target <= last) decline();
      const buyAt = this.#resting > this.#filled ? this.#prices[this.#filled]! : 0;
      const [below, above] = this.#touches ? [buyAt, target] : [buyAt - 1, target + 1];
      const place = this.#scan.next(next, below, above);
      if (place >= this.#end) {
        this.#heldMs += this.#run.until - at;
        return this.#end;
      }
      last = this.#scan.found;
      next = place + 1;
      if (last >= above) {
        if (this.#depth.isShort(place, lots)) decline();
        this.#sell(place, target, lots);
        this.#heldMs += this.#scan.time(place) - at;
        return place;
      }
      let filled = 0;
      while (this.#filled < this.#resting && this.#isBelow(last, this.#prices[this.#filled]!)) {
        filled += this.#lots[this.#filled]!;
        this.#buy(next, this.#prices[this.#filled]!, this.#lots[this.#filled]!, this.#purse.maker, true);
        this.#filled++;
      }
      if (this.#depth.isShort(place, filled)) decline();
    }
  }

  readonly #isBelow = (price: number, limit: number): boolean => (this.#touches ? price <= limit : price < limit);

  /** Buys the base order at the ask and hangs the ladder below it. `next` is played next, `known` the price that the bot counts with. */
  #open(next: number, price: number, known: number): void {
    const asked = known + this.#spread;
    const ask = price + this.#spread;
    const lots = this.#count.baseLots(asked);
    this.#mustTrade(asked, lots);
    const cap = Math.min(Math.floor(asked * this.#cap) + 1, this.#rules.maxPrice);
    if (this.#reserve(cap, lots) > this.#purse.quote) decline();
    const heldBefore = this.#held;
    for (let left = lots; left > 0; ) {
      const taken = this.#depth.takeSome(next, ask, left);
      if (this.#depth.price >= cap - 1) decline();
      this.#buy(next, this.#depth.price, taken, this.#purse.taker, false);
      left -= taken;
    }
    this.#entryHeld = this.#held - heldBefore;
    this.#entryCost = this.#spent;
    this.#hang();
  }

  #hang(): void {
    this.#ladder = 0;
    this.#filled = 0;
    this.#resting = 0;
    let reserved = 0;
    for (let n = 0; n < this.#levels; n++) {
      const price = this.#count.level(n, this.#entryHeld, this.#entryCost);
      if (price < this.#rules.minPrice) break;
      const quantity = this.#count.levelLots(n, price);
      this.#mustTrade(price, quantity);
      reserved += this.#reserve(price, quantity);
      this.#prices[n] = price;
      this.#lots[n] = quantity;
      this.#ladder++;
    }
    // The bot reserves for those that rest only; with room for all it never has to make one smaller.
    if (reserved > this.#purse.quote) decline();
  }

  /** Keeps the next levels resting; one at or above the ask takes at once. */
  #rest(next: number, price: number, active: number): void {
    const ask = price + this.#spread;
    while (this.#resting < this.#ladder && this.#resting - this.#filled < active) {
      const n = this.#resting++;
      if (this.#prices[n]! < ask) continue;
      // The nearest first: everything before it is filled, or it would rest above the ask.
      if (n !== this.#filled) decline();
      // The target of before may be sent first, and would take.
      if (this.#target() <= price) decline();
      this.#depth.take(next, ask, this.#lots[n]!);
      this.#buy(next, ask, this.#lots[n]!, this.#purse.taker, false);
      this.#filled++;
    }
  }

  #target(): number {
    return this.#count.target(this.#held, this.#cost, this.#spent);
  }

  #buy(next: number, price: number, lots: number, rate: Rate, maker: boolean): void {
    const purse = this.#purse;
    const place = Math.max(this.#run.from, next - 1);
    purse.buy(place, price, lots, rate, maker);
    purse.take(purse.money, purse.coins);
    purse.hold(place);
    this.#held += purse.coins;
    this.#cost -= purse.money;
    this.#spent -= purse.money;
  }

  #sell(place: number, price: number, lots: number): void {
    const purse = this.#purse;
    purse.sell(place, price, lots);
    purse.take(purse.money, purse.coins);
    purse.hold(place);
    this.#count.closed(this.#held, -purse.coins, this.#spent);
    this.#spent = 0;
    const rest = this.#held + purse.coins;
    this.#cost = rest === 0 ? 0 : this.#cost * (rest / this.#held);
    this.#held = rest;
    this.#deals++;
  }

  #mustTrade(price: number, lots: number): void {
    const { minQuantity, maxQuantity } = this.#rules;
    if (!(lots >= minQuantity && lots > 0 && lots <= maxQuantity && price * lots * this.#value >= this.#minNotional)) decline();
  }

  /** Quote that a buy may take, rounded well up. */
  #reserve(price: number, lots: number): number {
    const value = price * lots * this.#value;
    return this.#purse.feeInBase ? value : Math.ceil(value * (1 + Number(this.#settings.fee) / 1e18)) + 1;
  }
}
