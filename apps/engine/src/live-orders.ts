/** Orders that may trade, of all bots: by pair and side in the order in which the market reaches them. */
import type { ClientOrderId, Pair, Side } from '@holdfast/domain';
import type { LiveOrder } from '@holdfast/runtime';

export class LiveOrders {
  readonly #sides = new Map<string, LiveOrder[]>();
  readonly #stops = new Map<string, Map<ClientOrderId, LiveOrder>>();

  add(order: LiveOrder): void {
    const key = `${order.pair} ${order.side}`;
    if (order.trigger !== undefined) {
      const stops = this.#stops.get(key) ?? new Map<ClientOrderId, LiveOrder>();
      this.#stops.set(key, stops.set(order.clientOrderId, order));
      return;
    }
    const side = this.#sides.get(key);
    if (side === undefined) this.#sides.set(key, [order]);
    else side.splice(firstAfter(side, order), 0, order);
  }

  /** Forgets an order that was added. */
  drop(of: Pair, side: Side, id: ClientOrderId): void {
    const key = `${of} ${side}`;
    const stops = this.#stops.get(key);
    if (stops?.delete(id)) {
      if (stops.size === 0) this.#stops.delete(key);
      return;
    }
    const orders = this.#sides.get(key);
    const at = orders?.findIndex(({ clientOrderId }) => clientOrderId === id) ?? -1;
    if (orders === undefined || at < 0) return;
    orders.splice(at, 1);
    if (orders.length === 0) this.#sides.delete(key);
  }

  stops(pair: Pair, side: Side): Iterable<LiveOrder> {
    return this.#stops.get(`${pair} ${side}`)?.values() ?? none;
  }

  /** But for stops: buys from the highest limit down, sales from the lowest up; of one limit the oldest first. */
  of(pair: Pair, side: Side): readonly LiveOrder[] {
    return this.#sides.get(`${pair} ${side}`) ?? none;
  }
}

const none: readonly LiveOrder[] = Object.freeze([]);

/** Where an order stands among those of its side: behind all that trade before it or at its limit. */
function firstAfter(side: readonly LiveOrder[], { side: of, limit }: LiveOrder): number {
  let [low, high] = [0, side.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = (side[middle] as LiveOrder).limit;
    if (of === 'buy' ? there >= limit : there <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
