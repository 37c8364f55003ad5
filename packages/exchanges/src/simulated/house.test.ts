import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foo, openFloor } from './floor.ts';
import { houseUser } from './port.ts';

test('a resting order is filled by the tape at its own price, also when the tape jumps past it', () => {
  const floor = openFloor({ house: {} });
  const user = floor.user();
  floor.tick('110');
  const order = floor.placed(user, 'BUY', 'LIMIT', { quantity: '1', price: '100' }).order;
  floor.tick('100.01');
  assert.equal(floor.latest(order.orderId).status, 'NEW');
  floor.tick('95');
  const filled = floor.latest(order.orderId);
  assert.equal(filled.status, 'FILLED');
  assert.equal(filled.executedQuote, 100n * 10n ** 18n);
  assert.equal(floor.exchange.last(foo), 9500);
});

test('touch fills at the price, through needs the tape to pass it', () => {
  for (const [fill, status] of [
    ['touch', 'FILLED'],
    ['through', 'NEW'],
  ] as const) {
    const floor = openFloor({ house: { fill } });
    const user = floor.user();
    floor.tick('110');
    const order = floor.placed(user, 'SELL', 'LIMIT', { quantity: '1', price: '120' }).order;
    assert.equal(floor.exchange.touches(foo, 12000), fill === 'touch');
    assert.equal(floor.exchange.touches(foo, 12001), true);
    floor.tick('120');
    assert.equal(floor.latest(order.orderId).status, status);
    floor.tick('120.01');
    assert.equal(floor.latest(order.orderId).status, 'FILLED');
  }
});

test('a tick fills no more than its share of volume, best price and first come first', () => {
  const floor = openFloor({ house: { volumeShareBps: 5000 } });
  const [anna, bert] = [floor.user(), floor.user()];
  floor.tick('110');
  const late = floor.placed(anna, 'BUY', 'LIMIT', { quantity: '2', price: '100' }).order;
  const best = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '2', price: '101' }).order;
  floor.tick('99', '6');
  assert.equal(floor.latest(best.orderId).executed, 2000);
  assert.equal(floor.latest(late.orderId).executed, 1000);
  assert.equal(floor.exchange.best(foo).bid, 10000);
  assert.ok(floor.exchange.best(foo).ask > 10000, 'the house never crosses the users');
});

test('takers use up the quotes of a tick, and the next tick brings new ones', () => {
  const floor = openFloor({ house: { levels: 2, levelLots: 1000 } });
  const user = floor.user();
  floor.tick('10');
  const offered = floor.exchange.depth(foo, 10).asks;
  const buy = floor.placed(user, 'BUY', 'MARKET', { quantity: '100' });
  assert.equal(buy.order.status, 'EXPIRED');
  assert.equal(
    buy.order.executed,
    offered.reduce((sum, level) => sum + level[1], 0),
  );
  assert.deepEqual(floor.exchange.depth(foo, 10).asks, []);
  floor.tick('10');
  assert.deepEqual(floor.exchange.depth(foo, 10).asks, offered);
});

test('at one price, an order from before the tick goes before the house, one from after it behind', () => {
  const floor = openFloor({ house: { levels: 1, levelLots: 1000 } });
  const [anna, bert] = [floor.user(), floor.user()];
  floor.tick('10');
  const ask = floor.exchange.best(foo).askQuantity / 1000;
  const mine = floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '10.01' }).order;
  floor.placed(bert, 'BUY', 'LIMIT', { quantity: ask.toFixed(3), price: '10.01' });
  assert.equal(floor.latest(mine.orderId).executed, 0);
  floor.tick('10');
  floor.placed(bert, 'BUY', 'LIMIT', { quantity: '1', price: '10.01' });
  assert.equal(floor.latest(mine.orderId).status, 'FILLED');
});

test('stops wait for the tape and then take from the quotes around its new price', () => {
  const floor = openFloor({ house: { levels: 5, levelLots: 1_000_000 } });
  const user = floor.user();
  floor.tick('10');
  const stop = floor.placed(user, 'SELL', 'STOP_LOSS', { quantity: '1', stopPrice: '9.5' }).order;
  assert.equal(floor.exchange.touches(foo, 951), false);
  assert.equal(floor.exchange.touches(foo, 950), true);
  floor.tick('9');
  const filled = floor.latest(stop.orderId);
  assert.equal(filled.status, 'FILLED');
  assert.equal(filled.executedQuote, 9n * 10n ** 18n);
});

test('what users gain the house has lost', () => {
  const floor = openFloor({ house: { levels: 5, levelLots: 1_000_000 } });
  const user = floor.user({ USDT: '100' });
  floor.tick('10');
  floor.placed(user, 'BUY', 'MARKET', { quantity: '2' });
  assert.equal(floor.balance(user, 'FOO'), '1.998+0');
  assert.equal(floor.balance(houseUser, 'FOO'), '-2+0');
  assert.equal(floor.balance(houseUser, 'USDT'), '-79.98+0');
});

test('a market without a tape has no house: an empty book until users quote', () => {
  const floor = openFloor({ price: '10' });
  assert.deepEqual(floor.exchange.depth(foo, 10), { lastUpdateId: 1, bids: [], asks: [] });
  const user = floor.user();
  assert.equal(floor.placed(user, 'BUY', 'MARKET', { quantity: '1' }).order.status, 'EXPIRED');
});
