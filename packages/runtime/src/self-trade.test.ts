/** The edges of what meets and of what is ended before it; whole worlds of neighbours are in tests/guards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Amount, BotId, ClientOrderId, Pair, PlaceOrder, Side } from '@holdfast/domain';
import { endedBefore, type LiveBook, type LiveOrder } from './self-trade.ts';

const pair = 'BTC/USDT' as Pair;
const at = (ticks: number): Amount => BigInt(ticks) as Amount;
const book: LiveBook = {
  orders: () => [],
  stops: () => [],
  prices: () => ({ last: at(100), bid: at(100), ask: at(102), tick: at(1) }),
};
const order = (side: Side, limit: number): PlaceOrder => ({
  kind: 'place-order',
  clientOrderId: 'one' as ClientOrderId,
  pair,
  side,
  order: 'ioc',
  quantity: at(5),
  limit: at(limit),
});
const other = (side: Side, limit: number): LiveOrder => ({
  clientOrderId: 'two' as ClientOrderId,
  bot: 'b' as BotId,
  pair,
  side,
  limit: at(limit),
});

test('what takes at once ends a tick before another order as long as the best price can be had there', () => {
  const limits = [98, 99, 100].map((limit) => endedBefore(book, order('sell', 90), other('buy', limit))?.limit);
  assert.deepEqual(limits, [99n, 100n, undefined]);
  const buys = [104, 103, 102].map((limit) => endedBefore(book, order('buy', 110), other('sell', limit))?.limit);
  assert.deepEqual(buys, [103n, 102n, undefined]);
});

test('what rests is not ended before another order, nor is anything where no price is known', () => {
  assert.equal(endedBefore(book, { ...order('sell', 90), order: 'limit' }, other('buy', 95)), undefined);
  assert.equal(endedBefore({ ...book, prices: () => undefined }, order('sell', 90), other('buy', 95)), undefined);
});
