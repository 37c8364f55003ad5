import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type BotId, type ClientOrderId, clientOrderId, type Pair, type Side } from '@holdfast/domain';
import { type AccountState, guard, type LiveOrder } from '@holdfast/runtime';
import { LiveOrders } from './live-orders.ts';

const pair = 'BTC/USDT' as Pair;
const order = (id: string, side: Side, limit: bigint, bot = 'other'): LiveOrder => ({
  clientOrderId: clientOrderId(id),
  bot: bot as BotId,
  pair,
  side,
  limit: limit as Amount,
});
const ids = (orders: readonly LiveOrder[]): readonly ClientOrderId[] => orders.map(({ clientOrderId: id }) => id);

test('orders lie as the market reaches them, whatever comes and goes', () => {
  const live = new LiveOrders();
  const there: LiveOrder[] = [];
  let seed = 5;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let n = 0; n < 400; n++) {
    if (there.length > 0 && random(3) === 0) {
      const [gone] = there.splice(random(there.length), 1);
      live.drop(pair, gone!.side, gone!.clientOrderId);
    } else {
      const plain = order(`o${n}`, random(2) === 0 ? 'buy' : 'sell', BigInt(random(20) + 1));
      const made = random(4) === 0 ? { ...plain, trigger: 1n as Amount } : plain;
      there.push(made);
      live.add(made);
    }
    // A stable sort keeps the oldest of a limit first.
    for (const side of ['buy', 'sell'] as const) {
      const sign = side === 'buy' ? -1 : 1;
      const all = there.filter((each) => each.side === side);
      const sorted = all.filter(({ trigger }) => trigger === undefined).sort((a, b) => sign * Number(a.limit - b.limit));
      assert.deepEqual(ids(live.of(pair, side)), ids(sorted));
      assert.deepEqual(ids([...live.stops(pair, side)]), ids(all.filter(({ trigger }) => trigger !== undefined)));
    }
  }
});

test('an order is held back for the nearest of another bot, behind its own and whatever lies farther', () => {
  const live = new LiveOrders();
  for (const each of [order('far', 'sell', 120n), order('own', 'sell', 100n, 'mine'), order('near', 'sell', 110n)])
    live.add(each);
  const account: AccountState = {
    available: () => amount('1000'),
    orders: (of, side) => live.of(of, side),
    stops: (of, side) => live.stops(of, side),
    prices: () => undefined,
  };
  const buy = (limit: bigint) =>
    guard('mine' as BotId, account, [
      {
        kind: 'place-order',
        clientOrderId: clientOrderId('b'),
        pair,
        side: 'buy',
        order: 'limit',
        quantity: amount('1'),
        limit: limit as Amount,
      },
    ]).heldBack.map(({ reason }) => reason);
  assert.deepEqual(buy(105n), []);
  assert.deepEqual(buy(130n), ['It would trade with order near of bot other on the same account.']);
});
