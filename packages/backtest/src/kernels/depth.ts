/** How much there is to fill at a place. Resting orders that would be filled in parts are not played by the kernels. */
import { bestHouseQuote, type HouseRules } from '@holdfast/exchanges/simulated/rules';
import type { Columns } from '../run/columns.ts';
import { houseOf, shareOf } from '../run/house.ts';
import { volumeAt } from '../run/path.ts';
import type { Assumptions } from '../run/result.ts';
import { decline } from './decline.ts';

export class Depth {
  readonly #columns: Columns;
  readonly #first: number;
  readonly #spread: number;
  readonly #share: number | null;
  readonly #house: HouseRules | null;
  readonly #consumed = new Map<number, number>();
  #next = -1;
  /** Of the quote that was taken from last, in ticks. */
  price = 0;

  constructor(columns: Columns, assumptions: Assumptions, first: number) {
    this.#columns = columns;
    this.#first = first;
    this.#spread = assumptions.spreadTicks;
    this.#share = shareOf(assumptions.volumeShare);
    this.#house = assumptions.depth === 'best' ? null : houseOf(columns, assumptions);
  }

  /** Whether resting orders of so many lots are more than a tick may fill. */
  isShort(place: number, lots: number): boolean {
    return this.#share !== null && lots * 10_000 > volumeAt(this.#columns, place) * this.#share;
  }

  /** Takes from the ask before place `next` is played. Declines when the best quote holds less. */
  take(next: number, ask: number, lots: number): void {
    if (this.takeSome(next, ask, lots) < lots || this.price !== ask) decline();
  }

  /**
   * Takes from the best quote before place `next` is played, `ask` being where the house's begin; gives the lots that it had, at
   * most those asked for, and says its price in `price`. Declines where there is none.
   */
  takeSome(next: number, ask: number, lots: number): number {
    this.price = ask;
    if (this.#house === null) return lots;
    if (this.#next !== next) this.#consumed.clear();
    this.#next = next;
    const state = { anchor: ask - this.#spread, tickCount: next - this.#first, consumed: this.#consumed };
    const quote = bestHouseQuote('SELL', this.#house, state, 0);
    if (quote === undefined) return decline();
    const taken = Math.min(lots, quote.quantity);
    this.price = quote.price;
    this.#consumed.set(quote.price, (this.#consumed.get(quote.price) ?? 0) + taken);
    return taken;
  }
}
