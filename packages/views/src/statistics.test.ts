import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, asset, epochMs, formatAmount, pair } from '@holdfast/domain';
import fc from 'fast-check';
import { type CountedDeal, maxDrawdown, spansHeld, statistics, valueOverTime } from './index.ts';

const btc = pair('BTC/USDT');
const hour = 3_600_000;
const day = 24 * hour;
const at = (hours: number) => epochMs(1_750_000_000_000 - (1_750_000_000_000 % day) + hours * hour);

const deal = (from: number, to: number | null, profit: string, over: Partial<CountedDeal> = {}): CountedDeal => ({
  pair: btc,
  openedAt: at(from),
  filledAt: null,
  closedAt: to === null ? null : at(to),
  profit: to === null ? null : amount(profit),
  fees: amount('0.1'),
  traded: true,
  ...over,
});

test('sums by day and pair, and counts the time in which something was open once', () => {
  const eth = pair('ETH/USDT');
  const shown = statistics(
    [
      deal(0, 2, '3'),
      deal(1, 4, '1', { pair: eth }),
      deal(23, 25, '0') /* closes on the next day */,
      deal(30, null, '0'),
      deal(5, 6, '9', { traded: false }),
    ],
    at(0),
    at(40),
  );
  assert.deepEqual(
    shown.byDay.map(({ deals, profit, fees, won }) => [deals, formatAmount(profit), formatAmount(fees), won]),
    [
      [2, '4', '0.2', 2],
      [1, '0', '0.1', 0],
    ],
  );
  assert.deepEqual(
    shown.byPair.map(({ pair: of, deals, profit }) => [of, deals, formatAmount(profit)]),
    [
      ['BTC/USDT', 2, '3'],
      ['ETH/USDT', 1, '1'],
    ],
  );
  // 0 to 4, 23 to 25 and 30 to 40: 16 of 40 hours.
  assert.equal(shown.timeInMarketBps, 4_000);
  assert.deepEqual(
    [shown.best, shown.worst].map((each) => formatAmount(each ?? 0n)),
    ['3', '0'],
  );
  assert.equal(shown.meanDurationMs, (7 * hour) / 3);
});

test('without deals nothing is claimed', () => {
  const shown = statistics([], at(0), at(0));
  assert.deepEqual([shown.deals, shown.best, shown.meanDurationMs, shown.timeInMarketBps], [0, null, null, null]);
});

test('the days add up to the whole, whatever the deals', () => {
  const some = fc.record({
    from: fc.integer({ min: 0, max: 400 }),
    long: fc.integer({ min: 0, max: 90 }),
    profit: fc.integer({ min: 0, max: 99 }),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 30 }), (list) => {
      const shown = statistics(
        list.map(({ from, long, profit }) => deal(from, from + long, String(profit))),
        at(0),
        at(490),
      );
      assert.equal(
        shown.byDay.reduce((sum, { profit }) => sum + profit, 0n),
        shown.profit,
      );
      assert.equal(
        shown.byPair.reduce((sum, { deals }) => sum + deals, 0),
        shown.deals,
      );
      assert.ok(shown.timeInMarketBps !== null && shown.timeInMarketBps <= 10_000);
    }),
  );
});

test('a position that falls before it is sold shows its drawdown', () => {
  const fill = (hours: number, side: 'buy' | 'sell', price: string) => ({
    pair: btc,
    deal: 1,
    side,
    tradeId: `${hours}`,
    price: amount(price),
    quantity: amount('1'),
    fee: amount('0'),
    feeAsset: asset('USDT'),
    at: at(hours),
  });
  const heard = (hours: number, price: string) => ({ at: at(hours), pair: btc, price: amount(price) });
  const curve = valueOverTime(
    [{ asset: asset('USDT'), amount: amount('200') }],
    asset('USDT'),
    [fill(1, 'buy', '100'), fill(5, 'sell', '110')],
    [heard(0, '100'), heard(2, '60'), heard(3, '90'), heard(6, '10')],
    at(0),
  );
  assert.deepEqual(
    curve.map(({ value }) => formatAmount(value)),
    ['200', '200', '200', '160', '190', '210', '210'],
  );
  assert.equal(formatAmount(maxDrawdown(curve).fraction), '0.2');
});

test('prices of one time are heard together, and quote is worth itself from the beginning', () => {
  const [eth, usdt] = [pair('ETH/USDT'), asset('USDT')];
  const given = ['USDT', 'BTC', 'ETH'].map((name) => ({ asset: asset(name), amount: amount('1') }));
  const heard = (hours: number, of: typeof btc, price: string) => ({ at: at(hours), pair: of, price: amount(price) });
  const prices = [heard(1, btc, '100'), heard(1, eth, '100'), heard(2, btc, '150'), heard(2, eth, '50')];
  const values = (of: typeof given) => valueOverTime(of, usdt, [], prices, at(0)).map((it) => [it.at, formatAmount(it.value)]);
  assert.deepEqual(values(given), [
    [at(1), '201'],
    [at(2), '201'],
  ]);
  assert.deepEqual(values(given.slice(0, 1))[0], [at(0), '1']);
});

test('a deal is at stake from its first fill on, and coins that are held are too', () => {
  const waited = deal(0, 10, '1', { filledAt: at(6) });
  assert.equal(statistics([waited], at(0), at(10)).timeInMarketBps, 4_000);
  const held = [
    { from: at(2), until: at(7) },
    { from: at(9), until: null },
  ];
  assert.equal(statistics([waited], at(0), at(20), held).timeInMarketBps, 9_000);
});

test('coins are held while a lot of any pair is there', () => {
  const eth = pair('ETH/USDT');
  const fill = (hours: number, of: typeof btc, side: 'buy' | 'sell', quantity: string, fee = '0') => ({
    pair: of,
    deal: 1,
    side,
    tradeId: `${hours}`,
    price: amount('1'),
    quantity: amount(quantity),
    fee: amount(fee),
    feeAsset: asset(of.split('/')[0] as string),
    at: at(hours),
  });
  const lots = new Map([
    [btc, amount('0.1')],
    [eth, amount('0.1')],
  ]);
  const fills = [
    fill(1, btc, 'buy', '1', '0.01'),
    fill(2, eth, 'buy', '1'),
    fill(3, btc, 'sell', '0.9'),
    fill(4, eth, 'sell', '1'),
    fill(6, btc, 'buy', '0.05'),
  ];
  assert.deepEqual(spansHeld([], lots, fills, at(0)), [
    { from: at(1), until: at(4) },
    { from: at(6), until: null },
  ]);
  assert.deepEqual(spansHeld([{ asset: asset('ETH'), amount: amount('1') }], lots, fills.slice(0, 1), at(0)), [
    { from: at(0), until: null },
  ]);
});
