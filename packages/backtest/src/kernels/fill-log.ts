/** Fills of a kernel's run, in columns: an object for each would cost more than the fill. */
import type { Columns } from '../run/columns.ts';
import { timeAt } from '../run/path.ts';

/** A fill in plain numbers; the fee in 10^-8 of base for a buy with fees in what is received, else of quote. */
export interface KernelFill {
  /** Unix ms. */
  readonly at: number;
  readonly side: 'buy' | 'sell';
  /** Ticks. */
  readonly price: number;
  readonly lots: number;
  readonly fee: number;
  readonly maker: boolean;
}

/** Side and kind of a fill in two bits. */
const [buyBit, makerBit] = [1, 2];
const roomAtFirst = 1024;

export class FillLog {
  count = 0;
  #places = new Int32Array(roomAtFirst);
  #kinds = new Uint8Array(roomAtFirst);
  #prices = new Float64Array(roomAtFirst);
  #lots = new Float64Array(roomAtFirst);
  #fees = new Float64Array(roomAtFirst);

  add(place: number, isBuy: boolean, price: number, lots: number, fee: number, maker: boolean): void {
    if (this.count === this.#places.length) this.#grow();
    const at = this.count++;
    this.#places[at] = place;
    this.#kinds[at] = (isBuy ? buyBit : 0) | (maker ? makerBit : 0);
    this.#prices[at] = price;
    this.#lots[at] = lots;
    this.#fees[at] = fee;
  }

  /** Forgets everything, for another run. */
  clear(): void {
    this.count = 0;
  }

  /** In the order in which they happened. */
  *over(columns: Columns): Generator<KernelFill> {
    for (let at = 0; at < this.count; at++)
      yield {
        at: timeAt(columns, this.#places[at]!),
        side: (this.#kinds[at]! & buyBit) === 0 ? 'sell' : 'buy',
        price: this.#prices[at]!,
        lots: this.#lots[at]!,
        fee: this.#fees[at]!,
        maker: (this.#kinds[at]! & makerBit) !== 0,
      };
  }

  #grow(): void {
    const room = this.count * 2;
    const larger = <Column extends Int32Array | Uint8Array | Float64Array>(made: Column, old: Column): Column => {
      made.set(old);
      return made;
    };
    this.#places = larger(new Int32Array(room), this.#places);
    this.#kinds = larger(new Uint8Array(room), this.#kinds);
    this.#prices = larger(new Float64Array(room), this.#prices);
    this.#lots = larger(new Float64Array(room), this.#lots);
    this.#fees = larger(new Float64Array(room), this.#fees);
  }
}
