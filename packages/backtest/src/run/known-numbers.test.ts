/** Numbers that a hosted bot service has published or shown live, through a backtest: what a bot is called the same must do the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { expected, played } from './testing/play.ts';

/** The fee is paid in quote, so quantities stay as they were bought. */
const feeInQuote = { makerFee: amount('0.001'), takerFee: amount('0.001'), feeIn: 'quote' } as const;
const feeSettings = { feePercent: '0.1', feeAsset: 'quote' };

test('a live deal on DOGE: five averaging orders, the average of three fills, a take profit of 2 % and its profit', () => {
  const { lines, result } = played({
    kind: 'dca',
    traded: testRules('DOGE/USDT', '0.00001', '1', '5'),
    settings: {
      ...feeSettings,
      baseOrderSize: '25',
      averagingOrderSize: '25',
      averagingOrders: 5,
      averagingOrdersActive: 5,
      stepPercent: '0.21',
      takeProfitPercent: '2',
      cooldownSeconds: 3600,
    },
    assumptions: feeInQuote,
    candles: `
      0.23772 0.23772 0.23772 0.23772
      0.23772 0.24262 0.23696 0.24
    `,
  });
  assert.deepEqual(
    lines,
    expected(`
      0:00 buy 106 at 0.23773 taker fee 0.02519938 USDT
      1:15 buy 106 at 0.23746 maker fee 0.02517076 USDT
      1:15 buy 106 at 0.23696 maker fee 0.02511776 USDT
      1:30 sell 318 at 0.24262 maker fee 0.07715316 USDT
      1:30 deal 1 take-profit 1.51261894
    `),
  );
  const [deal] = result.deals;
  assert.equal(formatAmount(deal!.spent), '75.5633879');
  assert.equal(formatAmount(deal!.sold), '318');
});

test('the sample of its manual: averaging orders that grow, and three targets of one position', () => {
  const { lines, result } = played({
    kind: 'dca',
    traded: testRules('ETH/USDT', '0.01', '0.0001', '5'),
    settings: {
      ...feeSettings,
      baseOrderSize: '100',
      averagingOrderSize: '15',
      averagingOrders: 3,
      averagingOrdersActive: 3,
      stepPercent: '1',
      stepMultiplier: '4',
      sizeMultiplier: '1.7',
      takeProfitPercent: '2',
      takeProfitSteps: '2:40, 3:50, 4:10',
      cooldownSeconds: 3600,
    },
    assumptions: feeInQuote,
    candles: `
      3095.39 3095.39 3095.39 3095.39
      3095.39 3230 3095 3200
    `,
  });
  assert.deepEqual(
    lines.slice(0, 4),
    expected(`
    0:00 buy 0.0324 at 3095.4 taker fee 0.10029096 USDT
    1:30 sell 0.0129 at 3163.63 maker fee 0.04081083 USDT
    1:30 sell 0.0162 at 3194.65 maker fee 0.05175333 USDT
    1:30 sell 0.0033 at 3225.67 maker fee 0.01064472 USDT
  `),
  );
  assert.equal(result.deals[0]?.ending, 'take-profit');
});

test('the same down: three averaging orders at their prices and sizes', () => {
  const { lines } = played({
    kind: 'dca',
    traded: testRules('ETH/USDT', '0.01', '0.0001', '5'),
    settings: {
      ...feeSettings,
      baseOrderSize: '100',
      averagingOrderSize: '15',
      averagingOrders: 3,
      averagingOrdersActive: 3,
      stepPercent: '1',
      stepMultiplier: '4',
      sizeMultiplier: '1.7',
      takeProfitPercent: '2',
    },
    assumptions: feeInQuote,
    candles: `
      3095.39 3095.39 3095.39 3095.39
      3095.39 3095.39 2447.81 2450
    `,
  });
  assert.deepEqual(
    lines.slice(1).map((line) => line.replace(/ fee .*/, '')),
    expected(`
      1:30 buy 0.0049 at 3067.51 maker
      1:30 buy 0.0087 at 2943.57 maker
      1:30 buy 0.0178 at 2447.81 maker
    `),
  );
});

test('a ladder without fees: each price, and the take profit of all of it', () => {
  const { lines } = played({
    kind: 'dca',
    traded: testRules('FOO/USDT', '0.00001', '0.00000001', '5'),
    settings: {
      feePercent: '0',
      baseOrderSize: '100',
      averagingOrderSize: '50',
      averagingOrders: 5,
      averagingOrdersActive: 5,
      stepPercent: '2',
      stepMultiplier: '1.5',
      sizeMultiplier: '2',
      takeProfitPercent: '1.5',
      cooldownSeconds: 3600,
    },
    candles: `
      99.99999 99.99999 99.99999 99.99999
      99.99999 99.99999 73.625 80
      80 82.03618 80 82
    `,
  });
  assert.deepEqual(
    lines.map((line) => line.replace(/ (buy|sell) ([\d.]+) /, (_all, side) => ` ${side} `)).slice(0, 7),
    expected(`
      0:00 buy at 100 taker
      1:30 buy at 98 maker
      1:30 buy at 95 maker
      1:30 buy at 90.5 maker
      1:30 buy at 83.75 maker
      1:30 buy at 73.625 maker
      2:30 sell at 82.03618 maker
    `),
  );
});

test('81 lines from 0.016352 to 0.022503: a line sells at 1.0039992 of what it bought at', () => {
  const { result } = played({
    kind: 'grid',
    traded: testRules('FOO/BTC', '0.00000001', '0.001', '0.0001'),
    settings: { feePercent: '0', lowerPrice: '0.016352', upperPrice: '0.022503', lines: 81, amountPerLine: '0.01' },
    candles: `
      0.019 0.019 0.019 0.019
      0.019 0.019 0.017 0.0171
      0.0171 0.0205 0.0171 0.0205
    `,
  });
  const sales = result.fills.filter(({ side, maker }) => side === 'sell' && maker).map(({ price }) => Number(price) / 1e18);
  const distinct = [...new Set(sales)].sort((a, b) => a - b);
  assert.ok(distinct.length > 5, `${distinct.length} lines sold`);
  for (const [at, price] of distinct.slice(1).entries())
    assert.ok(Math.abs(price / distinct[at]! - 1.0039992) < 2e-6, `${price} over ${distinct[at]}`);
});
