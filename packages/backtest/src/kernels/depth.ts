/** How much the kernels may fill at a place before the bot's orders would be filled in parts, which they do not play. */
import { bestHouseQuote, type HouseRules } from '@holdfast/exchanges/simulated';
import type { Columns } from '../run/columns.ts';
import { houseOf, shareOf } from '../run/house.ts';
import { volumeAt } from '../run/path.ts';
import type { Assumptions } from '../run/result.ts';
import { decline } from './decline.ts';

/** Assumptions that every kernel knows. */
export const isPlain = ({ path, latencyMs, slippageTicks, spreadTicks }: Assumptions): boolean =>
  path === 'published' && latencyMs === 0 && slippageTicks === 0 && spreadTicks >= 1;

export class Depth {
  readonly #columns: Columns;
  readonly #first: number;
  readonly #spread: number;
  readonly #share: number | null;
  readonly #house: HouseRules | null;
  readonly #consumed = new Map<number, number>();
  #next = -1;

  constructor(columns: Columns, assumptions: Assumptions, first: number) {
    this.#columns = columns;
    this.#first = first;
    this.#spread = assumptions.spreadTicks;
    this.#share = shareOf(assumptions.volumeShare);
    this.#house = assumptions.depth === 'best' ? null : houseOf(columns, assumptions);
  }

  /** Lots of resting orders that a tick may fill. */
  atTick(place: number): number {
    return this.#share === null ? Number.POSITIVE_INFINITY : Math.floor((volumeAt(this.#columns, place) * this.#share) / 10_000);
  }

  /** Takes from the ask before place `next` is played. Declines when the best quote holds less. */
  take(next: number, ask: number, lots: number): void {
    if (this.#house === null) return;
    if (this.#next !== next) this.#consumed.clear();
    this.#next = next;
    const state = { anchor: ask - this.#spread, tickCount: next - this.#first, consumed: this.#consumed };
    const quote = bestHouseQuote('SELL', this.#house, state, 0);
    if (quote === undefined || quote.price !== ask || quote.quantity < lots) decline();
    this.#consumed.set(ask, (this.#consumed.get(ask) ?? 0) + lots);
  }
}
