/**
 * The resting orders of one side, and the waiting stops of one direction, in the order in which they come next.
 * The next one is at the end, so that taking it away costs nothing.
 */
import type { Mutable } from './orders.ts';
import type { Order } from './port.ts';

/** Sorted by `key` in the direction of the queue, then by rank (lower first). */
export class OrderQueue {
  readonly #orders: Mutable<Order>[] = [];
  readonly #direction: 1 | -1;
  readonly #keyOf: (order: Order) => number;

  /** @param first which key comes next: the highest (bids, stops below) or the lowest (asks, stops above). */
  constructor(first: 'highest' | 'lowest', keyOf: (order: Order) => number) {
    this.#direction = first === 'highest' ? 1 : -1;
    this.#keyOf = keyOf;
  }

  get length(): number {
    return this.#orders.length;
  }

  /** The order that is next. */
  first(): Mutable<Order> | undefined {
    return this.#orders[this.#orders.length - 1];
  }

  /** The key that is next; undefined when empty. */
  firstKey(): number | undefined {
    const order = this.#orders[this.#orders.length - 1];
    return order === undefined ? undefined : this.#keyOf(order);
  }

  add(order: Mutable<Order>): void {
    this.#orders.splice(this.#place(order), 0, order);
  }

  /** Whether it was there. */
  remove(order: Mutable<Order>): boolean {
    const at = this.#place(order);
    if (this.#orders[at] !== order) return false;
    this.#orders.splice(at, 1);
    return true;
  }

  /** Next one first. */
  *[Symbol.iterator](): Generator<Mutable<Order>> {
    for (let i = this.#orders.length - 1; i >= 0; i--) yield this.#orders[i] as Mutable<Order>;
  }

  /** First index whose order does not come after `order`. */
  #place(order: Order): number {
    let low = 0;
    let high = this.#orders.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isAfter(this.#orders[middle] as Order, order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isAfter(a: Order, b: Order): boolean {
    const difference = (this.#keyOf(a) - this.#keyOf(b)) * this.#direction;
    return difference === 0 ? a.rank > b.rank : difference < 0;
  }
}
