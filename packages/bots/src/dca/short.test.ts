/** The formulae of short deals: the recorded numbers of long ones with the signs turned round, counted by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  formatAmount,
  formatLots,
  formatTicks,
  type Lots,
  type PairRules,
  pair,
  priceAmount,
  quantityAmount,
  readLots,
  readTicks,
  type Ticks,
  unit,
} from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import {
  averagingPrice,
  averagingSize,
  exitLots,
  ladder,
  putIn,
  stopLossPrice,
  takeProfitPrice,
  takeProfitPriceOfBase,
} from './arithmetic.ts';
import { better, long, reaches, short } from './direction.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from './settings.ts';
import type { Holding } from './state.ts';

const rulesOf = (tick: string, lot: string): PairRules => testRules('X/USDT', tick, lot);

const settingsOf = (text: Partial<DcaSettingsText>): DcaSettings =>
  readDcaSettings(pair('X/USDT'), {
    direction: 'short',
    start: 'at-once',
    baseOrderSize: '100',
    averagingOrderSize: '50',
    averagingOrders: 5,
    averagingOrdersActive: 1,
    stepPercent: '1',
    stepMultiplier: '1',
    sizeMultiplier: '1',
    takeProfitPercent: '1',
    cooldownSeconds: 0,
    feeAsset: 'quote',
    feePercent: '0.1',
    slippagePercent: '0',
    entryAttempts: 5,
    retrySeconds: 3,
    ...text,
  });

/** Quote that a sale brings, its fee in quote taken off, at the coins that it costs. */
const sold = (price: Ticks, quantity: Lots, fee: bigint, rules: PairRules): Holding => ({
  quantity: ((priceAmount(price, rules) * quantityAmount(quantity, rules) * (unit - fee)) / unit / unit) as Amount,
  cost: quantityAmount(quantity, rules),
});

const average = ({ quantity, cost }: Holding, places: number): string => {
  const step = 10n ** BigInt(18 - places);
  return formatAmount(((((quantity * unit) / cost + step / 2n) / step) * step) as Amount);
};

test('the live deal on DOGE turned round: prices, quantities, average, take profit and profit to the last digit', () => {
  const rules = rulesOf('0.00001', '1');
  const settings = settingsOf({ averagingOrderSize: '25', stepPercent: '0.21', takeProfitPercent: '2' });
  // 0.23773 × (1 - 0.001)
  const entry = sold(readTicks('0.23773', rules), readLots('106', rules), settings.fee, rules);
  assert.equal(average(entry, 8), '0.23749227');
  const levels = ladder(settings, entry, rules);
  assert.deepEqual(
    levels.map(({ price, quantity }) => [formatTicks(price, rules), formatLots(quantity, rules)]),
    [
      ['0.238', '106'],
      ['0.23849', '105'],
      ['0.23899', '105'],
      ['0.23949', '105'],
      ['0.23999', '105'],
    ],
  );
  const held = levels.slice(0, 2).reduce((sum, { price, quantity }) => {
    const part = sold(price, quantity, settings.fee, rules);
    return putIn(sum, part.quantity, part.cost);
  }, entry);
  // 25.17418062 + 25.202772 + 25.01640855
  assert.deepEqual([held.cost, held.quantity].map(formatAmount), ['317', '75.39336117']);
  assert.equal(average(held, 10), '0.2378339469');
  const target = takeProfitPrice(held, settings, rules);
  assert.equal(formatTicks(target, rules), '0.23284', 'average × 0.98 / 1.001 = 0.23284442, down');
  const inBase = { ...settings, feeAsset: 'base' } as const;
  assert.equal(formatTicks(takeProfitPrice(held, inBase, rules), rules), '0.23284', 'average × 0.98 × 0.999 = 0.23284419, down');
  const paid = (count: bigint): Amount => ((priceAmount(target, rules) * count * (unit + settings.fee)) / unit) as Amount;
  // Profit in quote: the same coins are bought back.
  assert.equal(formatAmount(held.quantity - paid(317n)), '1.50927089');
  // Profit in base: all of the quote buys coins.
  const all = exitLots(short, held.quantity, target, rules, settings);
  assert.equal(formatLots(all, rules), '323', '6 more than were sold');
  assert.equal(formatAmount(held.quantity - paid(BigInt(all))), '0.11083385');
  assert.equal(formatLots(exitLots(short, held.quantity, target, rules, inBase), rules), '323');
});

test('the sample of the documentation turned round: step multiplier 4, size multiplier 1.7, targets and stop', () => {
  const rules = rulesOf('0.01', '0.0001');
  const text = { averagingOrderSize: '15', averagingOrders: 3, stepMultiplier: '4', sizeMultiplier: '1.7' };
  const entry = sold(readTicks('3095.4', rules), readLots('0.0049', rules), amount('0.001'), rules);
  assert.equal(average(entry, 4), '3092.3046');
  assert.deepEqual(
    ladder(settingsOf(text), entry, rules).map(({ price, quantity }) => [formatTicks(price, rules), formatLots(quantity, rules)]),
    [
      ['3123.23', '0.0049'],
      ['3246.92', '0.0079'],
      ['3741.69', '0.0116'],
    ],
  );
  // 3092.3046 × 0.98, 0.97 and 0.96, each × 0.999, down.
  const prices = ['2', '3', '4'].map((takeProfitPercent) =>
    formatTicks(takeProfitPrice(entry, settingsOf({ takeProfitPercent, feeAsset: 'base' }), rules), rules),
  );
  assert.deepEqual(prices, ['3027.42', '2996.53', '2965.64']);
  assert.equal(formatAmount(stopLossPrice(entry, amount('0.04'), short)), '3215.996784');
});

test('the worked example turned round, without fees: prices, sizes, averages and take profits', () => {
  const rules = rulesOf('0.00001', '0.00001');
  const settings = settingsOf({
    stepPercent: '2',
    stepMultiplier: '1.5',
    sizeMultiplier: '2',
    takeProfitPercent: '1.5',
    feePercent: '0',
  });
  const expected = [
    ['102', '50', '0.4902', '150', '100.65789', '99.14803'],
    ['105', '100', '0.95238', '250', '102.35092', '100.81565'],
    ['109.5', '200', '1.82648', '450', '105.4096', '103.82845'],
    ['116.25', '400', '3.44086', '850', '110.24756', '108.59385'],
    ['126.375', '800', '6.33037', '1650', '117.51896', '115.75618'],
  ];
  const fine = { ...rules, tick: amount('0.000000001') };
  const entry: Holding = { quantity: amount('100'), cost: amount('1') };
  assert.equal(formatTicks(takeProfitPrice(entry, settings, rules), rules), '98.5');
  const nearest = (value: bigint): string => formatAmount(((value + rules.lot / 2n) / rules.lot) * rules.lot);
  let held = entry;
  expected.forEach(([price, size, quantity, received, mean, takeProfit], i) => {
    const at = averagingPrice(settings, entry, rules, i + 1) as Ticks;
    assert.equal(formatTicks(at, rules), price);
    const value = averagingSize(settings, i + 1);
    assert.equal(formatAmount(value), size);
    const coins = (value * unit) / priceAmount(at, rules);
    assert.equal(nearest(coins), quantity);
    held = putIn(held, value, coins as Amount);
    assert.equal(formatAmount(held.quantity), received);
    assert.equal(average(held, 5), mean);
    assert.equal(nearest(priceAmount(takeProfitPrice(held, settings, fine), fine)), takeProfit);
    // 1.5 % of the base order's 100: (450 - 1.5) / 4.26906
    if (i === 2)
      assert.equal(nearest(priceAmount(takeProfitPriceOfBase(held, amount('100'), settings, fine), fine)), '105.05823');
  });
  assert.equal(formatAmount(stopLossPrice(entry, amount('0.3'), short)), '130');
});

test('a better price is a higher one for a long deal and a lower one for a short deal', () => {
  const [low, high] = [10 as Ticks, 11 as Ticks];
  assert.deepEqual([better(long, low, high), better(short, low, high)], [high, low]);
  assert.deepEqual([reaches(long, low, high), reaches(short, low, high), reaches(short, low, low)], [false, true, true]);
});
