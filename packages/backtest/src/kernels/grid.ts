/**
 * A grid bot in plain numbers, for sweeps: the same fills and the same money as packages/bots/src/grid over the backtest's
 * matcher, held to that by a property test. It knows grids between two prices that neither move nor stop and earn quote, and
 * declines everything else. K1 of purse.ts and K2 of dca.ts hold here too.
 */
import { type GridSettings, gridLayout, grossLots, pieceLots, raised } from '@holdfast/bots';
import { type Amount, type Ticks, toLots } from '@holdfast/domain';
import { stepsPerCandle } from '../run/path.ts';
import { cent } from '../run/units.ts';
import { decline } from './decline.ts';
import { Depth } from './depth.ts';
import { GridBook } from './grid-book.ts';
import { isKnownGrid } from './grid-known.ts';
import { Purse } from './purse.ts';
import { isGridInReach } from './reach.ts';
import { type KernelResult, type KernelRun, unlessDeclined } from './run.ts';
import { Scan } from './scan.ts';

/** The run of a request, or null when it is not one that the kernel knows. */
export function runGrid(settings: GridSettings, run: KernelRun): KernelResult | null {
  const { columns, assumptions, from } = run;
  if (!isKnownGrid(settings, assumptions) || !isGridInReach(settings, from / stepsPerCandle, columns, assumptions)) return null;
  return unlessDeclined(() => new GridRun(settings, run).run());
}

class GridRun {
  readonly #settings: GridSettings;
  readonly #run: KernelRun;
  readonly #scan: Scan;
  readonly #depth: Depth;
  readonly #purse: Purse;
  readonly #book: GridBook;
  /** Ticks that the price must go beyond a limit. */
  readonly #through: number;
  #heldMs = 0;
  #heldSince = -1;

  constructor(settings: GridSettings, run: KernelRun) {
    const { columns, assumptions, from, end } = run;
    this.#settings = settings;
    this.#run = run;
    this.#scan = new Scan(columns, end);
    this.#depth = new Depth(columns, assumptions, from);
    this.#purse = new Purse(run);
    this.#through = assumptions.fill === 'touch' ? 0 : 1;
    this.#book = new GridBook(settings, run, this.#purse, this.#depth, this.#scan.price(from));
  }

  run(): KernelResult {
    const { from, end, until } = this.#run;
    this.#hold(from);
    this.#balance();
    this.#book.lay();
    this.#hold(from);
    this.#walk(from, end);
    if (this.#heldSince >= 0) this.#heldMs += until - this.#heldSince;
    const { deals, wins } = this.#book;
    return { ...this.#purse.sums(), deals, wins, heldMs: this.#heldMs };
  }

  /** From one place at which a line is reached to the next. */
  #walk(from: number, end: number): void {
    const scan = this.#scan;
    const book = this.#book;
    const through = this.#through;
    for (let next = from; ; ) {
      const place = scan.next(next, book.buyAt - through, book.sellAt + through);
      if (place >= end) return;
      next = place + 1;
      const price = scan.found;
      const lots = price <= book.buyAt ? book.bought(place, price, price + through) : book.sold(place, price, price - through);
      if (this.#depth.isShort(place, lots)) decline();
      this.#hold(place);
    }
  }

  /** Tells the curve what is held now. */
  #hold(place: number): void {
    this.#purse.hold(place);
    const holds = this.#purse.base >= this.#purse.lot;
    if (holds === this.#heldSince >= 0) return;
    const now = this.#scan.time(place);
    if (!holds) this.#heldMs += now - this.#heldSince;
    this.#heldSince = holds ? now : -1;
  }

  /** Buys what the sell lines need, piece by piece; a grid that has too much base is not played here. */
  #balance(): void {
    if (!this.#settings.balance) return;
    const { rules } = this.#run.columns;
    const { from } = this.#run;
    const purse = this.#purse;
    const price = this.#scan.price(from);
    const ask = (price + this.#run.assumptions.spreadTicks) as Ticks;
    const { base, quote } = gridLayout(this.#settings, rules, price as Ticks);
    const cap = Math.max(raised(ask, this.#settings.slippage), ask);
    for (;;) {
      const lacking = base - BigInt(purse.base) * cent;
      if (lacking <= 0n) break;
      const gross = grossLots(this.#settings, toLots(lacking as Amount, rules, 'up'));
      const lots = Math.min(gross, pieceLots(this.#settings, rules, ask));
      if (!this.#book.isTradable(cap, lots)) break;
      if (this.#book.cost(cap, lots) > purse.quote - 1) decline();
      this.#depth.take(from, ask, lots);
      purse.buy(from, ask, lots, purse.taker, false);
      purse.take(purse.money, purse.coins);
      this.#hold(from);
    }
    if (quote > BigInt(purse.quote) * cent && base < BigInt(purse.base) * cent) decline();
  }
}
