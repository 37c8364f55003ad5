import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount } from '@holdfast/domain';
import { foo, openFloor, said } from './floor.ts';
import { feeUser } from './port.ts';

test('a limit order rests, locks its notional and is filled by price, then by time', () => {
  const floor = openFloor();
  const [anna, bert, carl] = [floor.user(), floor.user(), floor.user()];
  const first = floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '10' });
  const second = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '1', price: '10' });
  const better = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '1', price: '11' });
  assert.equal(floor.balance(anna, 'USDT'), '999990+10');
  const sale = floor.placed(carl, 'SELL', 'LIMIT', { quantity: '2.5', price: '10' });
  assert.deepEqual(
    sale.trades.map((trade) => [trade.price, trade.quantity]),
    [
      [1100, 1000],
      [1000, 1000],
      [1000, 500],
    ],
  );
  assert.equal(sale.order.status, 'FILLED');
  assert.equal(floor.latest(better.order.orderId).status, 'FILLED');
  assert.equal(floor.latest(first.order.orderId).status, 'FILLED');
  assert.equal(floor.latest(second.order.orderId).status, 'PARTIALLY_FILLED');
  assert.equal(floor.balance(bert, 'USDT'), '999979+5');
  assert.equal(floor.balance(anna, 'FOO'), '1000.999+0');
});

test('commissions of a market sale are those of the new-order sample of the exchange', () => {
  const floor = openFloor();
  const [maker, taker] = [floor.user(), floor.user()];
  for (const [quantity, price] of [
    ['1', '4000'],
    ['5', '3999'],
    ['2', '3998'],
    ['1', '3997'],
    ['1', '3995'],
  ] as const)
    floor.placed(maker, 'BUY', 'LIMIT', { quantity, price });
  const sale = floor.placed(taker, 'SELL', 'MARKET', { quantity: '10' });
  assert.deepEqual(
    sale.trades.map((trade) => formatAmount(trade.commission)),
    ['4', '19.995', '7.996', '3.997', '3.995'],
  );
  assert.equal(formatAmount(sale.order.executedQuote), '39983');
  assert.equal(floor.balance(feeUser, 'USDT'), '39.983+0');
});

test('a limit buy that takes at a better price gets the difference back', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user({ USDT: '100' })];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '5', price: '8' });
  const buy = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '10', price: '10' });
  assert.equal(buy.order.status, 'PARTIALLY_FILLED');
  assert.equal(floor.balance(bert, 'USDT'), '10+50');
});

test('a market order says new, then its trades off the book, then the rest as expired', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '2', price: '10' });
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '2', price: '10' });
  floor.events();
  const buy = floor.placed(bert, 'BUY', 'MARKET', { quantity: '6' });
  const events = floor.events().filter((event) => event.userId === bert);
  assert.deepEqual(said(events), ['NEW/NEW', 'TRADE/PARTIALLY_FILLED', 'TRADE/PARTIALLY_FILLED', 'EXPIRED/EXPIRED', 'account']);
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'execution' ? [event.order.working] : [])),
    [true, false, false, false],
  );
  assert.equal(buy.order.status, 'EXPIRED');
  assert.equal(buy.order.expiryReason, 'INSUFFICIENT_LIQUIDITY');
  assert.equal(buy.order.executed, 4000);
});

test('a market order that is not covered as a whole is refused', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user({ USDT: '29.99', FOO: '1' })];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '10' });
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '20' });
  assert.deepEqual(floor.refused(bert, 'BUY', 'MARKET', { quantity: '2' }), {
    ok: false,
    code: -2010,
    msg: 'Account has insufficient balance for requested action.',
  });
  assert.equal(floor.refused(bert, 'SELL', 'MARKET', { quantity: '2' }).code, -2010);
  assert.equal(floor.placed(bert, 'BUY', 'MARKET', { quantity: '1' }).order.status, 'FILLED');
});

test('a market order by quote spends as close to its sum as lots allow', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user({ USDT: '100', FOO: '10' })];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '7' });
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '100', price: '9' });
  const buy = floor.placed(bert, 'BUY', 'MARKET', { quoteOrderQty: '50' });
  assert.equal(buy.order.executed, 1000 + 4777);
  assert.equal(formatAmount(buy.order.executedQuote), '49.993');
  assert.equal(buy.order.status, 'FILLED');
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '10', price: '3' });
  const sale = floor.placed(bert, 'SELL', 'MARKET', { quoteOrderQty: '10' });
  assert.equal(formatAmount(sale.order.executedQuote), '9.999');
});

test('a market order by quote is refused on an empty book and expires on a thin one', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  assert.equal(
    floor.refused(bert, 'BUY', 'MARKET', { quoteOrderQty: '50' }).msg,
    'Order book liquidity is less than symbol minimum quantity.',
  );
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '10' });
  const buy = floor.placed(bert, 'BUY', 'MARKET', { quoteOrderQty: '50' });
  assert.equal(buy.order.status, 'EXPIRED');
  assert.equal(formatAmount(buy.order.executedQuote), '10');
});

test('IOC takes what is there and expires, FOK takes all or nothing', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '2', price: '10' });
  const fok = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '3', price: '10', timeInForce: 'FOK' });
  assert.deepEqual([fok.order.status, fok.order.executed, fok.order.expiryReason], ['EXPIRED', 0, 'UNFILLED_FOK_ORDER_EXPIRED']);
  const ioc = floor.placed(bert, 'BUY', 'LIMIT', { quantity: '3', price: '10', timeInForce: 'IOC' });
  assert.deepEqual(
    [ioc.order.status, ioc.order.executed, ioc.order.expiryReason],
    ['EXPIRED', 2000, 'UNFILLED_IOC_QUANTITY_EXPIRED'],
  );
  assert.equal(floor.balance(bert, 'USDT'), '999980+0');
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '3', price: '10' });
  assert.equal(floor.placed(bert, 'BUY', 'LIMIT', { quantity: '3', price: '10', timeInForce: 'FOK' }).order.status, 'FILLED');
});

test('LIMIT_MAKER that would take is refused, and rests otherwise', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '2', price: '10' });
  assert.equal(
    floor.refused(bert, 'BUY', 'LIMIT_MAKER', { quantity: '1', price: '10' }).msg,
    'Order would immediately match and take.',
  );
  assert.equal(floor.placed(bert, 'BUY', 'LIMIT_MAKER', { quantity: '1', price: '9.99' }).order.status, 'NEW');
});

test('a stop that would fire at once is refused; on its side of the market it waits and fires', () => {
  const floor = openFloor({ price: '10' });
  const [anna, bert, carl] = [floor.user(), floor.user(), floor.user()];
  for (const [side, type, stopPrice] of [
    ['BUY', 'STOP_LOSS', '10'],
    ['SELL', 'STOP_LOSS', '10'],
    ['BUY', 'TAKE_PROFIT', '10.01'],
    ['SELL', 'TAKE_PROFIT', '9.99'],
  ] as const)
    assert.equal(floor.refused(bert, side, type, { quantity: '1', stopPrice }).msg, 'Order would trigger immediately.');
  const stop = floor.placed(bert, 'SELL', 'STOP_LOSS', { quantity: '1', stopPrice: '9' });
  const limited = floor.placed(bert, 'SELL', 'STOP_LOSS_LIMIT', { quantity: '1', stopPrice: '9', price: '8.5' });
  assert.equal(stop.order.working, false);
  assert.equal(floor.balance(bert, 'FOO'), '998+2');
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1.5', price: '9' });
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '8' });
  floor.events();
  floor.placed(carl, 'SELL', 'LIMIT', { quantity: '0.5', price: '9' });
  assert.equal(floor.latest(stop.order.orderId).status, 'FILLED');
  const rest = floor.latest(limited.order.orderId);
  assert.deepEqual([rest.status, rest.working, rest.executed], ['NEW', true, 0]);
  assert.deepEqual(said(floor.events(), bert), ['NEW/NEW', 'TRADE/FILLED', 'NEW/NEW', 'account']);
  assert.equal(floor.balance(bert, 'FOO'), '998+1');
});

test('a take profit to buy locks its stop price, and when it fires pays from what is free', () => {
  const floor = openFloor({ price: '10' });
  const [anna, bert] = [floor.user(), floor.user({ USDT: '100' })];
  const buy = floor.placed(bert, 'BUY', 'TAKE_PROFIT', { quantity: '10', stopPrice: '9' });
  assert.equal(floor.balance(bert, 'USDT'), '10+90');
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '5', price: '9.5' });
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '50', price: '12' });
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '9' });
  floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price: '9', stpMode: 'NONE' });
  const after = floor.latest(buy.order.orderId);
  assert.equal(after.executed, 5000 + 4375);
  assert.equal(after.status, 'EXPIRED');
  assert.equal(floor.balance(bert, 'USDT'), '0+0');
});

test('a trailing stop follows the best price and fires when the market comes back by its delta', () => {
  const floor = openFloor({ house: { levels: 1, levelLots: 1_000_000 }, filters: { maxTrailingBelow: 2000 } });
  const bert = floor.user();
  floor.tick('40000');
  const trailing = floor.placed(bert, 'SELL', 'STOP_LOSS_LIMIT', { quantity: '0.1', price: '39000', trailingDelta: 700 });
  for (const price of ['42000', '39500', '45500', '42316']) {
    floor.tick(price);
    assert.equal(floor.latest(trailing.order.orderId).status, 'NEW', price);
  }
  floor.tick('42315');
  assert.equal(floor.latest(trailing.order.orderId).status, 'FILLED');
});

test('a trailing stop with a stop price tracks only once the stop price is met', () => {
  const floor = openFloor({ house: { levels: 1, levelLots: 1_000_000 } });
  const bert = floor.user();
  floor.tick('40000');
  const say = { quantity: '0.1', price: '45000', stopPrice: '44000', trailingDelta: 500 };
  const buy = floor.placed(bert, 'BUY', 'STOP_LOSS_LIMIT', say);
  for (const price of ['37000', '44000', '46000', '42000', '44099.99']) {
    floor.tick(price);
    assert.equal(floor.latest(buy.order.orderId).status, 'NEW', price);
  }
  floor.tick('44100');
  assert.equal(floor.latest(buy.order.orderId).status, 'FILLED');
});

test('an iceberg shows one slice, and a used-up slice goes behind the others of its price', () => {
  const floor = openFloor();
  const [anna, bert, carl] = [floor.user(), floor.user(), floor.user()];
  const ice = floor.placed(anna, 'SELL', 'LIMIT', { quantity: '5', price: '10', icebergQty: '1' });
  const plain = floor.placed(bert, 'SELL', 'LIMIT', { quantity: '2', price: '10' });
  assert.deepEqual(floor.exchange.depth(foo, 5).asks, [[1000, 3000]]);
  floor.placed(carl, 'BUY', 'LIMIT', { quantity: '2', price: '10' });
  assert.equal(floor.latest(ice.order.orderId).executed, 1000);
  assert.equal(floor.latest(plain.order.orderId).executed, 1000);
  floor.placed(carl, 'BUY', 'LIMIT', { quantity: '5', price: '10' });
  assert.equal(floor.latest(ice.order.orderId).status, 'FILLED');
  assert.equal(
    floor.refused(anna, 'SELL', 'LIMIT', { quantity: '5', price: '10', icebergQty: '1', timeInForce: 'IOC' }).code,
    -1013,
  );
});

test('a client order id is refused while an order with it is open, and free afterwards', () => {
  const floor = openFloor();
  const anna = floor.user();
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '10', id: 'mine' });
  assert.equal(floor.refused(anna, 'BUY', 'LIMIT', { quantity: '1', price: '10', id: 'mine' }).msg, 'Duplicate order sent.');
  assert.ok(floor.exchange.cancel({ userId: anna, pair: foo, origClientOrderId: 'mine' }, floor.now()).ok);
  assert.equal(floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '10', id: 'mine' }).order.clientOrderId, 'mine');
});

test('cancelling gives back what was locked and names both ids', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  const order = floor.placed(anna, 'BUY', 'LIMIT', { quantity: '2', price: '10', id: 'mine' }).order;
  const ask = { userId: anna, pair: foo, orderId: order.orderId };
  assert.deepEqual(floor.exchange.cancel({ ...ask, userId: bert }, floor.now()), {
    ok: false,
    code: -2011,
    msg: 'Unknown order sent.',
  });
  assert.ok(!floor.exchange.cancel({ ...ask, origClientOrderId: 'other' }, floor.now()).ok);
  const restricted = floor.exchange.cancel({ ...ask, cancelRestrictions: 'ONLY_PARTIALLY_FILLED' }, floor.now());
  assert.equal(!restricted.ok && restricted.msg, 'Order was not canceled due to cancel restrictions.');
  floor.events();
  const canceled = floor.exchange.cancel({ ...ask, newClientOrderId: 'bye' }, floor.now());
  assert.ok(canceled.ok && canceled.order.status === 'CANCELED' && canceled.cancelClientOrderId === 'bye');
  const event = floor.events()[0];
  assert.ok(event?.kind === 'execution' && event.clientOrderId === 'bye' && event.originalClientOrderId === 'mine');
  assert.equal(floor.balance(anna, 'USDT'), '1000000+0');
});

test('an amended order keeps its place and its id, and frees what it gave up', () => {
  const floor = openFloor();
  const [anna, bert, carl] = [floor.user(), floor.user(), floor.user()];
  const first = floor.placed(anna, 'BUY', 'LIMIT', { quantity: '5', price: '10', id: 'a' }).order;
  floor.placed(bert, 'BUY', 'LIMIT', { quantity: '5', price: '10' });
  const amend = (newQty: string) =>
    floor.exchange.amend({ userId: anna, pair: foo, orderId: first.orderId, newQty: amount(newQty) }, floor.now());
  assert.deepEqual(amend('6'), { ok: false, code: -2038, msg: 'Order amend (quantity increase) is not supported.' });
  assert.deepEqual(amend('5'), { ok: false, code: -2038, msg: 'The requested action would change no state; rejecting' });
  const amended = amend('2');
  assert.ok(amended.ok && amended.order.quantity === 2000 && amended.order.orderId === first.orderId);
  assert.equal(floor.balance(anna, 'USDT'), '999980+20');
  floor.placed(carl, 'SELL', 'LIMIT', { quantity: '3', price: '10' });
  assert.equal(floor.latest(first.orderId).status, 'FILLED');
});

test('a halted market takes no orders, and no ticks', () => {
  const floor = openFloor({ house: {} });
  const anna = floor.user();
  floor.tick('10');
  floor.exchange.halt(foo, true, floor.now());
  assert.deepEqual(floor.refused(anna, 'BUY', 'LIMIT', { quantity: '1', price: '9' }), {
    ok: false,
    code: -2010,
    msg: 'Market is closed.',
  });
  floor.tick('12');
  assert.equal(floor.exchange.last(foo), 1000);
  floor.exchange.halt(foo, false, floor.now());
  assert.ok(floor.order(anna, 'BUY', 'LIMIT', { quantity: '1', price: '9' }).ok);
});

test('cancelling all orders of a pair leaves none, and refuses when there is none', () => {
  const floor = openFloor({ price: '10' });
  const anna = floor.user();
  floor.placed(anna, 'BUY', 'LIMIT', { quantity: '1', price: '9' });
  floor.placed(anna, 'SELL', 'STOP_LOSS', { quantity: '1', stopPrice: '9' });
  const result = floor.exchange.cancelAll(anna, foo, floor.now());
  assert.ok(result.ok && result.canceled.length === 2);
  assert.equal(floor.exchange.openOrders(anna).length, 0);
  const again = floor.exchange.cancelAll(anna, foo, floor.now());
  assert.ok(!again.ok && again.code === -2011);
});
