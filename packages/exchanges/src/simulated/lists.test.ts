import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount } from '@holdfast/domain';
import { type Floor, foo, openFloor, said } from './floor.ts';
import type { LegRequest, OcoRequest } from './port.ts';

const limit = (price: string): LegRequest => ({ type: 'LIMIT_MAKER', price: amount(price) });
const stopLoss = (stopPrice: string): LegRequest => ({ type: 'STOP_LOSS', stopPrice: amount(stopPrice) });
const stopLimit = (stopPrice: string, price: string): LegRequest => ({
  type: 'STOP_LOSS_LIMIT',
  timeInForce: 'GTC',
  stopPrice: amount(stopPrice),
  price: amount(price),
});
const takeProfit = (stopPrice: string): LegRequest => ({ type: 'TAKE_PROFIT', stopPrice: amount(stopPrice) });

const deepHouse = { levels: 3, levelLots: 10_000_000 };

function oco(floor: Floor, userId: number, side: 'BUY' | 'SELL', above: LegRequest, below: LegRequest, quantity = '2') {
  const request: OcoRequest = { userId, pair: foo, side, quantity: amount(quantity), above, below };
  return floor.exchange.placeOco(request, floor.now());
}

test('an OCO locks its quantity once, and the leg that fills ends the other', () => {
  const floor = openFloor({ house: deepHouse });
  const user = floor.user();
  floor.tick('10');
  floor.events();
  const placed = oco(floor, user, 'SELL', limit('12'), stopLoss('9'));
  assert.ok(placed.ok);
  assert.equal(floor.balance(user, 'FOO'), '998+2');
  assert.deepEqual(said(floor.events()), ['NEW/NEW', 'NEW/NEW', 'list/EXEC_STARTED', 'account']);
  const [stop, maker] = placed.orders.map((order) => order.orderId) as [number, number];
  floor.tick('12', '1');
  assert.equal(floor.latest(stop).status, 'EXPIRED');
  assert.equal(floor.latest(stop).expiryReason, 'OCO_TRIGGER');
  assert.equal(floor.latest(maker).status, 'PARTIALLY_FILLED');
  assert.equal(floor.balance(user, 'FOO'), '998+1');
  floor.tick('12', '1');
  assert.equal(floor.latest(maker).status, 'FILLED');
  assert.deepEqual(said(floor.events()), [
    'EXPIRED/EXPIRED',
    'TRADE/PARTIALLY_FILLED',
    'account',
    'TRADE/FILLED',
    'list/ALL_DONE',
    'account',
  ]);
});

test('an OCO whose stop fires sells at the market and ends the limit leg', () => {
  const floor = openFloor({ house: deepHouse });
  const user = floor.user();
  floor.tick('10');
  const placed = oco(floor, user, 'SELL', limit('12'), stopLoss('9'));
  assert.ok(placed.ok);
  floor.tick('8.9');
  assert.deepEqual(
    placed.orders.map((order) => floor.latest(order.orderId).status),
    ['FILLED', 'EXPIRED'],
  );
  assert.equal(floor.balance(user, 'FOO'), '998+0');
  assert.equal(floor.exchange.openLists(user).length, 0);
});

test('a buy OCO locks what its dearer leg may cost, and frees the difference', () => {
  const floor = openFloor({ house: deepHouse });
  const user = floor.user({ USDT: '100' });
  floor.tick('10');
  const placed = oco(floor, user, 'BUY', stopLimit('12', '13'), limit('9'));
  assert.ok(placed.ok);
  assert.equal(floor.balance(user, 'USDT'), '74+26');
  floor.tick('9', '1');
  assert.equal(floor.balance(user, 'USDT'), '82+9');
});

test('cancelling one leg cancels the list', () => {
  const floor = openFloor({ price: '10' });
  const user = floor.user();
  const placed = oco(floor, user, 'SELL', limit('12'), stopLimit('9', '8'));
  assert.ok(placed.ok);
  const canceled = floor.exchange.cancel({ userId: user, pair: foo, orderId: placed.orders[0]?.orderId }, floor.now());
  assert.ok(canceled.ok && canceled.list?.orders.length === 2 && canceled.list.list.listStatusType === 'ALL_DONE');
  assert.equal(floor.balance(user, 'FOO'), '1000+0');
});

const wrong: readonly [string, 'BUY' | 'SELL', LegRequest, LegRequest, number][] = [
  ['a limit leg above a buy OCO', 'BUY', limit('12'), takeProfit('9'), -1165],
  ['a limit leg below a sell OCO', 'SELL', takeProfit('12'), limit('9'), -1166],
  ['two limit legs', 'SELL', limit('12'), limit('9'), -1168],
  ['a stop loss below a buy OCO', 'BUY', stopLoss('12'), stopLoss('9'), -1196],
  ['a stop loss above a sell OCO', 'SELL', stopLoss('12'), stopLoss('9'), -1197],
  ['a take profit above a buy OCO', 'BUY', takeProfit('12'), limit('9'), -1198],
  ['a take profit below a sell OCO', 'SELL', limit('12'), takeProfit('9'), -1199],
  ['a market leg', 'SELL', { type: 'MARKET' }, stopLoss('9'), -1158],
  ['a limit leg under the market', 'SELL', limit('9.5'), stopLoss('9'), -2010],
  ['a stop over the market', 'SELL', limit('12'), stopLoss('10.5'), -2010],
];
for (const [what, side, above, below, code] of wrong)
  test(`an OCO with ${what} is refused with ${code}`, () => {
    const floor = openFloor({ price: '10' });
    const result = oco(floor, floor.user(), side, above, below);
    assert.ok(!result.ok);
    assert.equal(result.code, code);
  });

test('an OTO places its pending order when the working order is filled', () => {
  const floor = openFloor({ house: deepHouse });
  const user = floor.user({ USDT: '100' });
  floor.tick('10');
  const placed = floor.exchange.placeOto(
    {
      userId: user,
      pair: foo,
      working: { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: amount('1'), price: amount('9') },
      pendingSide: 'SELL',
      pendingQuantity: amount('0.999'),
      pending: { kind: 'oco', above: limit('12'), below: stopLoss('8') },
    },
    floor.now(),
  );
  assert.ok(placed.ok);
  const [working, above, below] = placed.orders.map((order) => order.orderId) as [number, number, number];
  assert.equal(floor.latest(above).status, 'PENDING_NEW');
  floor.tick('9');
  assert.equal(floor.latest(working).status, 'FILLED');
  assert.deepEqual([floor.latest(above).status, floor.latest(below).status], ['NEW', 'NEW']);
  assert.equal(floor.balance(user, 'FOO'), '0+0.999');
  floor.tick('12');
  assert.deepEqual([floor.latest(above).status, floor.latest(below).status], ['FILLED', 'EXPIRED']);
  assert.equal(floor.exchange.openLists(user).length, 0);
});

test('an OTO whose working order is cancelled cancels the pending order', () => {
  const floor = openFloor({ price: '10' });
  const user = floor.user();
  const placed = floor.exchange.placeOto(
    {
      userId: user,
      pair: foo,
      working: { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: amount('1'), price: amount('9') },
      pendingSide: 'SELL',
      pendingQuantity: amount('1'),
      pending: { kind: 'one', leg: { type: 'LIMIT', timeInForce: 'GTC', price: amount('12') } },
    },
    floor.now(),
  );
  assert.ok(placed.ok);
  assert.ok(floor.exchange.cancelList({ userId: user, pair: foo, orderListId: placed.list.orderListId }, floor.now()).ok);
  assert.equal(floor.exchange.openOrders(user).length, 0);
  assert.equal(floor.balance(user, 'USDT'), '1000000+0');
});
