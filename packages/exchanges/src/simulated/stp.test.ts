/** Cases A to F of faqs/stp_faq.md of binance-spot-api-docs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Floor, openFloor, said } from './floor.ts';
import type { Order } from './port.ts';

const open = (): Floor => openFloor({ tick: '0.1', lot: '0.1', filters: { minNotional: 0n as never } });

const makersOfB = (floor: Floor, user: number): Order[] =>
  (
    [
      ['1.2', '1.2'],
      ['1.3', '1.1'],
      ['8.1', '1'],
    ] as const
  ).map(([quantity, price]) => floor.placed(user, 'BUY', 'LIMIT', { quantity, price, stpMode: 'NONE' }).order);

test('A: with NONE a user trades with itself', () => {
  const floor = open();
  const user = floor.user();
  const maker = floor.placed(user, 'BUY', 'LIMIT', { quantity: '1', price: '1', stpMode: 'NONE' });
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '1', price: '1', stpMode: 'NONE' });
  assert.equal(taker.order.status, 'FILLED');
  assert.equal(floor.latest(maker.order.orderId).status, 'FILLED');
});

test('B: EXPIRE_MAKER ends all makers that would match, and the taker rests', () => {
  const floor = open();
  const user = floor.user();
  const makers = makersOfB(floor, user);
  floor.events();
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '3', price: '1', stpMode: 'EXPIRE_MAKER' });
  assert.deepEqual(
    makers.map((maker) => {
      const after = floor.latest(maker.orderId);
      return [after.status, after.prevented];
    }),
    [
      ['EXPIRED_IN_MATCH', 12],
      ['EXPIRED_IN_MATCH', 13],
      ['EXPIRED_IN_MATCH', 81],
    ],
  );
  assert.deepEqual([taker.order.status, taker.order.executed, taker.preventedMatches.length], ['NEW', 0, 3]);
  assert.equal(said(floor.events()).filter((line) => line === 'TRADE_PREVENTION/EXPIRED_IN_MATCH').length, 3);
  assert.equal(floor.balance(user, 'USDT'), '1000000+0');
});

test('C: EXPIRE_TAKER ends the taker and leaves the makers', () => {
  const floor = open();
  const user = floor.user();
  const makers = makersOfB(floor, user);
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '3', price: '1', stpMode: 'EXPIRE_TAKER' });
  assert.deepEqual([taker.order.status, taker.order.prevented], ['EXPIRED_IN_MATCH', 30]);
  for (const maker of makers) assert.equal(floor.latest(maker.orderId).status, 'NEW');
});

test('D: EXPIRE_BOTH ends both', () => {
  const floor = open();
  const user = floor.user();
  const maker = floor.placed(user, 'BUY', 'LIMIT', { quantity: '1', price: '1', stpMode: 'NONE' });
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '3', price: '1', stpMode: 'EXPIRE_BOTH' });
  const after = floor.latest(maker.order.orderId);
  assert.deepEqual([after.status, after.prevented], ['EXPIRED_IN_MATCH', 10]);
  assert.deepEqual([taker.order.status, taker.order.prevented], ['EXPIRED_IN_MATCH', 30]);
});

test('E: the mode of the taker decides', () => {
  const floor = open();
  const user = floor.user();
  const maker = floor.placed(user, 'BUY', 'LIMIT', { quantity: '1', price: '1', stpMode: 'EXPIRE_MAKER' });
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '1', price: '1', stpMode: 'EXPIRE_TAKER' });
  assert.equal(taker.order.status, 'EXPIRED_IN_MATCH');
  assert.equal(floor.latest(maker.order.orderId).status, 'NEW');
});

test('F: a market order whose makers expired finds no liquidity and expires', () => {
  const floor = open();
  const user = floor.user();
  const maker = floor.placed(user, 'BUY', 'LIMIT', { quantity: '1', price: '1', stpMode: 'EXPIRE_MAKER' });
  const taker = floor.placed(user, 'SELL', 'MARKET', { quantity: '1', stpMode: 'EXPIRE_MAKER' });
  assert.equal(taker.order.status, 'EXPIRED');
  assert.equal(floor.latest(maker.order.orderId).status, 'EXPIRED_IN_MATCH');
});

test('DECREMENT takes the smaller quantity from both, and only the used-up one ends', () => {
  const floor = open();
  const user = floor.user();
  const maker = floor.placed(user, 'BUY', 'LIMIT', { quantity: '5', price: '2' });
  const taker = floor.placed(user, 'SELL', 'LIMIT', { quantity: '3', price: '2', stpMode: 'DECREMENT' });
  assert.deepEqual([taker.order.status, taker.order.prevented], ['EXPIRED_IN_MATCH', 30]);
  const after = floor.latest(maker.order.orderId);
  assert.deepEqual([after.status, after.prevented], ['NEW', 30]);
  assert.equal(floor.balance(user, 'USDT'), '999996+4');
  assert.equal(floor.balance(user, 'FOO'), '1000+0');
});
