import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  formatAmount,
  formatLots,
  formatTicks,
  type Lots,
  lots,
  type PairRules,
  pair,
  priceAmount,
  quantityAmount,
  readLots,
  readTicks,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import fc from 'fast-check';
import {
  averagingPrice,
  averagingSize,
  changeNeeded,
  deviation,
  ladder,
  lotsFor,
  putIn,
  splitByShares,
  stopLossPrice,
  takeOut,
  takeProfitPrice,
  takeProfitPriceOfBase,
} from './arithmetic.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from './settings.ts';
import type { Holding } from './state.ts';

const rulesOf = (tick: string, lot: string): PairRules => ({
  pair: pair('X/USDT'),
  tick: amount(tick),
  lot: amount(lot),
  minPrice: 1 as Ticks,
  maxPrice: Number.MAX_SAFE_INTEGER as Ticks,
  minQuantity: 1 as Lots,
  maxQuantity: Number.MAX_SAFE_INTEGER as Lots,
  minNotional: zero,
  maxOrders: 200,
  maxAlgoOrders: 5,
  maxOrderLists: 0,
});

const settingsOf = (text: Partial<DcaSettingsText>): DcaSettings =>
  readDcaSettings(pair('X/USDT'), {
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

/** A buy with its fee in quote. */
const bought = (price: Ticks, quantity: Lots, fee: bigint, rules: PairRules): Holding => ({
  quantity: quantityAmount(quantity, rules),
  cost: ((priceAmount(price, rules) * quantityAmount(quantity, rules) * (unit + fee)) / unit / unit) as Amount,
});

const shown = (holding: Holding, places: number): string => {
  const scale = 10n ** BigInt(places);
  const rounded = ((holding.cost * scale) / holding.quantity / 1n) * (unit / scale);
  const rest = (holding.cost * scale) % holding.quantity;
  return formatAmount(rest * 2n >= holding.quantity ? rounded + unit / scale : rounded);
};

test('live deal on DOGE: prices, quantities, average, take profit and profit to the last digit', () => {
  const rules = rulesOf('0.00001', '1');
  const settings = settingsOf({
    averagingOrderSize: '25',
    stepPercent: '0.21',
    takeProfitPercent: '2',
    feePercent: '0.1',
  });
  const entry = bought(readTicks('0.23773', rules), readLots('106', rules), settings.fee, rules);
  assert.equal(shown(entry, 8), '0.23796773');
  const levels = ladder(settings, entry, rules);
  assert.deepEqual(
    levels.map(({ price, quantity }) => [formatTicks(price, rules), formatLots(quantity, rules)]),
    [
      ['0.23746', '106'],
      ['0.23696', '106'],
      ['0.23646', '106'],
      ['0.23596', '106'],
      ['0.23546', '107'],
    ],
  );
  const held = levels.slice(0, 2).reduce((sum, { price, quantity }) => {
    const part = bought(price, quantity, settings.fee, rules);
    return putIn(sum, part.quantity, part.cost);
  }, entry);
  assert.equal(formatAmount(held.quantity), '318');
  assert.equal(formatAmount(held.cost), '75.5633879');
  assert.equal(shown(held, 10), '0.2376207167');
  const target = takeProfitPrice(held, settings, rules);
  assert.equal(formatTicks(target, rules), '0.24262');
  const sold = (priceAmount(target, rules) * 318n * (unit - settings.fee)) / unit;
  assert.equal(formatAmount(sold), '77.07600684');
  assert.equal(formatAmount(sold - held.cost), '1.51261894');
});

test('sample of the documentation: step multiplier 4, size multiplier 1.7', () => {
  const rules = rulesOf('0.01', '0.0001');
  const settings = settingsOf({ averagingOrderSize: '15', averagingOrders: 3, stepMultiplier: '4', sizeMultiplier: '1.7' });
  const entry = bought(readTicks('3095.4', rules), readLots('0.0049', rules), settings.fee, rules);
  assert.equal(shown(entry, 4), '3098.4954');
  assert.deepEqual(
    ladder(settings, entry, rules).map(({ price, quantity }) => [formatTicks(price, rules), formatLots(quantity, rules)]),
    [
      ['3067.51', '0.0049'],
      ['2943.57', '0.0087'],
      ['2447.81', '0.0178'],
    ],
  );
});

test('sample of the documentation: take profit of 2, 3 and 4 % over the average', () => {
  const rules = rulesOf('0.01', '0.0001');
  const entry: Holding = { quantity: amount('1'), cost: amount('3098.4954') };
  const prices = ['2', '3', '4'].map((takeProfitPercent) =>
    formatTicks(takeProfitPrice(entry, settingsOf({ takeProfitPercent }), rules), rules),
  );
  assert.deepEqual(prices, ['3163.63', '3194.65', '3225.67']);
});

test('sample of the documentation: shares of the position and the stop loss', () => {
  const rules = rulesOf('0.01', '0.0001');
  const parts = splitByShares(BigInt(readLots('0.0324', rules)), [amount('0.4'), amount('0.5'), amount('0.1')]);
  assert.deepEqual(
    parts.map((part) => formatLots(lots(Number(part)), rules)),
    ['0.0129', '0.0162', '0.0033'],
  );
  const entry: Holding = { quantity: amount('1'), cost: amount('3098.4954') };
  assert.equal(formatAmount(stopLossPrice(entry, amount('0.04'))), '2974.555584');
  assert.equal(formatAmount(stopLossPrice({ quantity: amount('1'), cost: amount('100') }, amount('0.3'))), '70');
});

test('worked example: take profit that counts the base order only', () => {
  const settings = settingsOf({ takeProfitPercent: '1.5', feePercent: '0' });
  const spent = [
    ['100', '100'],
    ['50', '98'],
    ['100', '95'],
    ['200', '90.5'],
  ] as const;
  const quantity = spent.reduce((sum, [size, price]) => sum + (amount(size) * unit) / amount(price), 0n) as Amount;
  const held: Holding = { quantity, cost: amount('450') };
  const fine = { tick: amount('0.0000000001') };
  const price = priceAmount(takeProfitPriceOfBase(held, amount('100'), settings, fine), fine);
  const place = amount('0.0001');
  assert.equal(formatAmount(((price + place / 2n) / place) * place), '94.5989');
});

test('worked example without fees: deviations, sizes, prices, quantities, averages and take profits', () => {
  const rules = rulesOf('0.00001', '0.00001');
  const settings = settingsOf({
    stepPercent: '2',
    stepMultiplier: '1.5',
    sizeMultiplier: '2',
    takeProfitPercent: '1.5',
    feePercent: '0',
  });
  const expected = [
    ['2', '98', '50', '0.5102', '150', '99.32432', '100.81419', '2.87'],
    ['5', '95', '100', '1.05263', '250', '97.5482', '99.01142', '4.22'],
    ['9.5', '90.5', '200', '2.20994', '450', '94.28466', '95.69893', '5.74'],
    ['16.25', '83.75', '400', '4.77612', '850', '89.01549', '90.35072', '7.88'],
    ['26.375', '73.625', '800', '10.86587', '1650', '80.82382', '82.03618', '11.42'],
  ];
  const fine = rulesOf('0.00001', '0.000000000000000001');
  let held: Holding = { quantity: amount('1'), cost: amount('100') };
  assert.equal(formatTicks(takeProfitPrice(held, settings, rules), rules), '101.5');
  expected.forEach(([percent, price, size, quantity, spent, average, takeProfit, change], i) => {
    const n = i + 1;
    const { numerator, denominator } = deviation(settings, n);
    assert.equal(formatAmount((numerator * 100n * unit) / denominator), percent);
    const at = averagingPrice(settings, { quantity: amount('1'), cost: amount('100') }, rules, n) as Ticks;
    assert.equal(formatTicks(at, rules), price);
    assert.equal(formatAmount(averagingSize(settings, n)), size);
    // The table shows quantities to five places, rounded to the nearest; orders round up to the lot.
    const exact = (averagingSize(settings, n) * unit) / priceAmount(at, rules);
    const lot = rules.lot;
    assert.equal(formatAmount(((exact + lot / 2n) / lot) * lot), quantity);
    assert.equal(BigInt(lotsFor(averagingSize(settings, n), at, rules)), exact / lot + (exact % lot === 0n ? 0n : 1n));
    held = putIn(held, exact as Amount, averagingSize(settings, n));
    assert.equal(formatAmount(held.cost), spent);
    assert.equal(shown(held, 5), average);
    const target = priceAmount(takeProfitPrice(held, settings, { ...fine, tick: amount('0.000000001') }), {
      tick: amount('0.000000001'),
    });
    assert.equal(formatAmount(((target + lot / 2n) / lot) * lot), takeProfit);
    assert.equal(formatAmount(changeNeeded(target, priceAmount(at, rules)) * 100n), change);
  });
});

test('with the fee in base the take profit still nets its percentage over what was spent', () => {
  const rules = rulesOf('0.01', '0.00001');
  const settings = settingsOf({ feeAsset: 'base', takeProfitPercent: '1' });
  const gross = amount('0.01');
  const held: Holding = { quantity: ((gross * (unit - settings.fee)) / unit) as Amount, cost: amount('1000') };
  const target = priceAmount(takeProfitPrice(held, settings, rules), rules);
  const net = (target * held.quantity * (unit - settings.fee)) / unit / unit;
  assert.ok(net >= amount('1010'));
  assert.ok(net < amount('1010.0002'));
});

test('taking parts out of a holding never creates or loses cost', () => {
  const part = fc.bigInt({ min: 1n, max: 10n ** 24n });
  fc.assert(
    fc.property(part, part, fc.array(part, { maxLength: 8 }), (quantity, cost, parts) => {
      let rest: Holding = { quantity: quantity as Amount, cost: cost as Amount };
      let out = 0n;
      for (const wanted of parts) {
        const taken = (wanted > rest.quantity ? rest.quantity : wanted) as Amount;
        if (taken === 0n) break;
        const step = takeOut(rest, taken);
        out += step.cost;
        rest = step.rest;
        assert.ok(rest.cost >= 0n && rest.quantity >= 0n);
      }
      assert.equal(out + rest.cost, cost);
      if (rest.quantity === 0n) assert.equal(rest.cost, 0n);
    }),
  );
});
