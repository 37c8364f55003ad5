import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount } from '@holdfast/domain';
import { commissionOn, type usualCommission } from './commission.ts';
import { openFloor, type Say } from './floor.ts';
import type { CommissionRates, MarketFilters, OrderSide, OrderType } from './port.ts';

const zero = amount('0');

const rows: readonly [
  state: string,
  filters: Partial<MarketFilters>,
  side: OrderSide,
  type: OrderType,
  say: Say,
  code: number,
  msg: string,
][] = [
  ['a price off the tick', {}, 'BUY', 'LIMIT', { quantity: '1', price: '10.001' }, -1013, 'Filter failure: PRICE_FILTER'],
  [
    'a price under the smallest',
    { minPrice: 1000 as never },
    'BUY',
    'LIMIT',
    { quantity: '1', price: '9.99' },
    -1013,
    'Filter failure: PRICE_FILTER',
  ],
  [
    'a stop price off the tick',
    {},
    'SELL',
    'STOP_LOSS',
    { quantity: '1', stopPrice: '9.999' },
    -1013,
    'Filter failure: PRICE_FILTER',
  ],
  ['a quantity off the lot', {}, 'BUY', 'LIMIT', { quantity: '1.0001', price: '10' }, -1013, 'Filter failure: LOT_SIZE'],
  [
    'a quantity over the largest',
    { maxQuantity: 1000 as never },
    'BUY',
    'LIMIT',
    { quantity: '1.001', price: '10' },
    -1013,
    'Filter failure: LOT_SIZE',
  ],
  [
    'a market quantity over the largest',
    { maxMarketQuantity: 1000 as never },
    'BUY',
    'MARKET',
    { quantity: '1.001' },
    -1013,
    'Filter failure: MARKET_LOT_SIZE',
  ],
  [
    'a buy five times above the average',
    {},
    'BUY',
    'LIMIT',
    { quantity: '1', price: '50.01' },
    -1013,
    'Filter failure: PERCENT_PRICE_BY_SIDE',
  ],
  [
    'a sale far under the average',
    {},
    'SELL',
    'LIMIT',
    { quantity: '1', price: '1.99' },
    -1013,
    'Filter failure: PERCENT_PRICE_BY_SIDE',
  ],
  ['a notional under the smallest', {}, 'BUY', 'LIMIT', { quantity: '0.099', price: '10' }, -1013, 'Filter failure: NOTIONAL'],
  ['a market notional under the smallest', {}, 'BUY', 'MARKET', { quantity: '0.099' }, -1013, 'Filter failure: NOTIONAL'],
  ['a quote sum under the smallest', {}, 'BUY', 'MARKET', { quoteOrderQty: '0.99' }, -1013, 'Filter failure: NOTIONAL'],
  [
    'a trailing delta over the largest',
    {},
    'SELL',
    'STOP_LOSS',
    { quantity: '1', trailingDelta: 2001 },
    -1013,
    'Filter failure: TRAILING_DELTA',
  ],
  [
    'an iceberg of too many parts',
    {},
    'SELL',
    'LIMIT',
    { quantity: '11', price: '10', icebergQty: '1' },
    -1013,
    'Filter failure: ICEBERG_PARTS',
  ],
  [
    'a buy past the largest position',
    { maxPosition: amount('1000.5') },
    'BUY',
    'LIMIT',
    { quantity: '1', price: '10' },
    -1013,
    'Filter failure: MAX_POSITION',
  ],
  [
    'a second open order where one is allowed',
    { maxOrders: 1 },
    'BUY',
    'LIMIT',
    { quantity: '1', price: '10' },
    -1013,
    'Filter failure: MAX_NUM_ORDERS',
  ],
  [
    'no stop allowed',
    { maxAlgoOrders: 0 },
    'SELL',
    'STOP_LOSS',
    { quantity: '1', stopPrice: '9' },
    -1013,
    'Filter failure: MAX_NUM_ALGO_ORDERS',
  ],
  [
    'a limit order without time in force',
    {},
    'BUY',
    'LIMIT_MAKER',
    { quantity: '1', price: '10', timeInForce: 'GTC' },
    -1106,
    "Parameter 'timeInForce' sent when not required.",
  ],
  [
    'a price on a market order',
    {},
    'BUY',
    'MARKET',
    { quantity: '1', price: '10' },
    -1106,
    "Parameter 'price' sent when not required.",
  ],
  [
    'a limit order without a price',
    {},
    'BUY',
    'LIMIT',
    { quantity: '1' },
    -1102,
    "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
  ],
  [
    'a stop without a trigger',
    {},
    'SELL',
    'STOP_LOSS',
    { quantity: '1' },
    -1102,
    "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
  ],
  [
    'more than the balance',
    {},
    'SELL',
    'LIMIT',
    { quantity: '1001', price: '10' },
    -2010,
    'Account has insufficient balance for requested action.',
  ],
];

for (const [state, filters, side, type, say, code, msg] of rows)
  test(`refuses ${state}: ${code} ${msg}`, () => {
    const floor = openFloor({ filters, price: '10' });
    const user = floor.user();
    floor.placed(user, 'SELL', 'LIMIT', { quantity: '0.1', price: '10' });
    const before = floor.exchange.balances(user);
    assert.deepEqual(floor.refused(user, side, type, say), { ok: false, code, msg });
    assert.deepEqual(floor.exchange.balances(user), before);
  });

test('refuses a self-trade prevention mode that the market does not allow', () => {
  const floor = openFloor();
  const exchange = floor.exchange;
  assert.ok(
    exchange.listMarket({ pair: 'BAR/USDT' as never, tick: amount('1'), lot: amount('1'), allowedStpModes: [] }, floor.now()).ok,
  );
  const user = floor.user();
  const order = { userId: user, pair: 'BAR/USDT' as never, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' } as const;
  const result = exchange.place({ ...order, quantity: amount('5'), price: amount('5'), stpMode: 'DECREMENT' }, floor.now());
  assert.deepEqual(result, {
    ok: false,
    code: -1013,
    msg: 'This symbol does not allow the specified self-trade prevention mode.',
  });
});

test('a market whose tick times lot has more than 8 decimals is refused', () => {
  const floor = openFloor();
  const refused = floor.exchange.listMarket(
    { pair: 'BAR/BTC' as never, tick: amount('0.000001'), lot: amount('0.001') },
    floor.now(),
  );
  assert.ok(!refused.ok && refused.code === -1130);
});

test('commissions are those of the commission FAQ, rounded up at 8 decimals', () => {
  const none: CommissionRates = { maker: zero, taker: zero, buyer: zero, seller: zero };
  const received = (amount('0.49975') * 35000n) as never satisfies bigint;
  const standard = { ...none, taker: amount('0.0000002'), seller: amount('0.0000004') };
  const fee = (rates: Partial<typeof usualCommission>) =>
    commissionOn(received, { standard: none, special: none, tax: none, ...rates }, 'SELL', false);
  assert.equal(fee({ standard }), amount('0.01049475'));
  assert.equal(fee({ tax: { ...none, taker: amount('0.0000023') } }), amount('0.04022988'));
  assert.equal(fee({ special: { ...none, taker: amount('0.06') } }), amount('1049.475'));
});
