/** The last public trades of one market, single and aggregated by taker order and price. */
import type { EpochMs } from '@holdfast/domain';
import type { Mutable } from './orders.ts';
import type { AggregateTrade, PublicTrade } from './port.ts';

const kept = 1000;

export class Prints {
  #trades: PublicTrade[] = [];
  #aggregates: Mutable<AggregateTrade>[] = [];
  /** Made since `takeFresh`. */
  #fresh: Mutable<AggregateTrade>[] = [];

  /** @param sameTaker the taker order that made the newest print also made this one */
  add(trade: PublicTrade, nextAggregateId: number, sameTaker: boolean): boolean {
    this.#trades.push(trade);
    if (this.#trades.length > 2 * kept) this.#trades = this.#trades.slice(-kept);
    const newest = this.#aggregates[this.#aggregates.length - 1];
    if (sameTaker && newest !== undefined && newest.price === trade.price) {
      newest.quantity += trade.quantity;
      newest.lastId = trade.id;
      return false;
    }
    const aggregate = {
      id: nextAggregateId,
      price: trade.price,
      quantity: trade.quantity,
      firstId: trade.id,
      lastId: trade.id,
      time: trade.time,
      buyerIsMaker: trade.buyerIsMaker,
    };
    this.#aggregates.push(aggregate);
    this.#fresh.push(aggregate);
    if (this.#aggregates.length > 2 * kept) this.#aggregates = this.#aggregates.slice(-kept);
    return true;
  }

  get length(): number {
    return this.#trades.length;
  }

  recent(limit: number, fromId: number | undefined): PublicTrade[] {
    const trades = this.#trades.slice(-kept);
    if (fromId === undefined) return trades.slice(-limit);
    return trades.filter((trade) => trade.id >= fromId).slice(0, limit);
  }

  aggregates(query: {
    readonly fromId?: number | undefined;
    readonly startTime?: number | undefined;
    readonly endTime?: number | undefined;
    readonly limit?: number | undefined;
  }): AggregateTrade[] {
    const limit = Math.max(1, Math.min(query.limit ?? 500, 1000));
    const fits = (trade: AggregateTrade): boolean =>
      trade.id >= (query.fromId ?? 0) &&
      trade.time >= (query.startTime ?? 0) &&
      trade.time <= (query.endTime ?? Number.POSITIVE_INFINITY);
    const found = this.#aggregates.slice(-kept).filter(fits);
    const fromOldest = query.fromId !== undefined || query.startTime !== undefined;
    return (fromOldest ? found.slice(0, limit) : found.slice(-limit)).map((trade) => ({ ...trade }));
  }

  /** Aggregates made since the last call; ask only when no taker is in the middle of its fills. */
  takeFresh(): readonly AggregateTrade[] {
    const fresh = this.#fresh;
    if (fresh.length > 0) this.#fresh = [];
    return fresh;
  }
}

export const publicTrade = (id: number, price: number, quantity: number, time: number, buyerIsMaker: boolean): PublicTrade => ({
  id,
  price,
  quantity,
  time: time as EpochMs,
  buyerIsMaker,
});
