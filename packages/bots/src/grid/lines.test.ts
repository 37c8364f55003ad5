import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type Candle, epochMs, formatAmount, priceAmount, type Quote, ticks } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { grid } from './grid.ts';
import { linePrice, nearestLine } from './lines.ts';
import { ratioOfLines, ratioUnit, rootDown } from './ratio.ts';
import { linesText } from './report.ts';
import { type GridSettings, type GridSettingsText, readGridSettings } from './settings.ts';
import { suggestGrid } from './suggest.ts';

const rules = testRules('BTC/USDT', '0.01', '0.0001', '5');

const settingsOf = (text: Partial<GridSettingsText>): GridSettings =>
  readGridSettings(rules.pair, {
    mode: 'normal',
    lowerPrice: '90',
    upperPrice: '110',
    lines: 5,
    spacing: 'geometric',
    amountPerLine: '50',
    amountIn: 'quote',
    profitIn: 'quote',
    activeBuyLines: 2,
    activeSellLines: 2,
    balance: true,
    balanceOrderLines: 1,
    trailingUp: false,
    trailingDown: false,
    stopUpperAction: 'stop',
    stopLowerAction: 'stop',
    feeAsset: 'base',
    feePercent: '0.1',
    slippagePercent: '0.3',
    retrySeconds: 3,
    ...text,
  });

test('a line that was asked for is counted anew for other settings and other rules', () => {
  const settings = settingsOf({});
  const coarse = testRules('BTC/USDT', '1', '0.0001', '5');
  const prices = [linePrice(settings, rules, 1), linePrice(settings, rules, 1), linePrice(settings, coarse, 1)];
  assert.deepEqual(prices, [ticks(9463), ticks(9463), ticks(95)]);
  assert.equal(linePrice(settingsOf({ lowerPrice: '80' }), rules, 1), ticks(8663));
});

test('81 lines from 0.016352 to 0.022503 have the ratio 1.0039992', () => {
  const ratio = ratioOfLines(amount('0.016352'), amount('0.022503'), 81);
  assert.equal(ratio.toString().slice(0, 8), '10039992');
  assert.equal(ratio / 10n ** 17n, 10_039_992n);
});

test('lines by distance and by ratio, to the nearest tick', () => {
  assert.deepEqual(linesText(settingsOf({ spacing: 'arithmetic' }), rules), ['90', '95', '100', '105', '110']);
  assert.deepEqual(linesText(settingsOf({}), rules), ['90', '94.63', '99.5', '104.62', '110']);
  assert.deepEqual(linesText(settingsOf({ spacing: 'arithmetic', lines: 4 }), rules), ['90', '96.67', '103.33', '110']);
  const endless = settingsOf({ mode: 'infinity', upperPrice: undefined, lines: undefined, stepPercent: '2' });
  assert.deepEqual(
    [0, 1, 2, 50].map((index) => formatAmount(priceAmount(linePrice(endless, rules, index)!, rules))),
    ['90', '91.8', '93.64', '242.24'],
  );
  const beyond = settingsOf({ spacing: 'arithmetic' });
  assert.deepEqual(
    [linePrice(beyond, rules, 5), linePrice(beyond, rules, -1), linePrice(beyond, rules, -18)],
    [11_500, 8_500, null],
  );
});

test('the nearest line, the lower one of two', () => {
  const settings = settingsOf({ spacing: 'arithmetic' });
  const table = [
    [50_00, 0],
    [90_00, 0],
    [92_50, 0],
    [92_51, 1],
    [101_00, 2],
    [200_00, 4],
  ] as const;
  for (const [price, line] of table) assert.equal(nearestLine(settings, rules, ticks(price)), line, `${price}`);
  const endless = settingsOf({ mode: 'infinity', upperPrice: undefined, lines: undefined, stepPercent: '2' });
  assert.equal(nearestLine(endless, rules, ticks(242_24)), 50);
});

test('a root is the largest whole number whose power fits, whatever the guess', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 60n }),
      fc.bigInt({ min: 1n, max: 12n }),
      fc.bigInt({ min: 1n, max: 10n ** 30n }),
      (value, n, near) => {
        const root = rootDown(value, n, near);
        assert.ok(root ** n <= value && (root + 1n) ** n > value);
      },
    ),
  );
});

test('lines rise, begin and end at the prices of the settings, and keep their ratio', () => {
  const fine = testRules('BTC/USDT', '0.000001', '0.0001');
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400_000 }),
      fc.integer({ min: 1, max: 400_000 }),
      fc.integer({ min: 2, max: 200 }),
      (low, more, lines) => {
        const settings = settingsOf({ lowerPrice: String(low), upperPrice: String(low + more), lines });
        const prices = Array.from({ length: lines }, (_, index) => linePrice(settings, fine, index)!);
        assert.equal(prices[0], low * 10 ** 6);
        assert.equal(prices.at(-1), (low + more) * 10 ** 6);
        const ratio = Number((ratioOfLines(settings.lower, settings.upper!, lines) * 10n ** 9n) / ratioUnit) / 1e9;
        for (const [index, price] of prices.entries()) {
          if (index === 0) continue;
          assert.ok(price >= prices[index - 1]!);
          const before = prices[index - 1] as number;
          assert.ok(Math.abs(price - before * ratio) <= 1 + ratio + before * 2e-9, `${before} ${price} ${ratio}`);
        }
      },
    ),
  );
});

const quote: Quote = { pair: rules.pair, last: ticks(100_00), bid: ticks(99_99), ask: ticks(100_01) };

test('funds: all in quote, all in coins for a reverse grid, or both without balancing', () => {
  const needed = (text: Partial<GridSettingsText>, given: Record<string, string> = {}) =>
    grid
      .fundsNeeded(
        settingsOf({ spacing: 'arithmetic', ...text }),
        rules,
        quote,
        Object.fromEntries(Object.entries(given).map(([asset, text]) => [asset, amount(text)])),
      )
      .map((each) => `${formatAmount(each.amount)} ${each.asset}`)
      .join(', ');
  const table: readonly (readonly [Partial<GridSettingsText>, Record<string, string>, string])[] = [
    // Two lines below for 50 each and what their fee takes, two above to buy at 100.31 at most.
    [{}, {}, '0 BTC, 198.127432 USDT'],
    [{}, { BTC: '0.9761' }, '0 BTC, 100.1045 USDT'],
    [{}, { BTC: '2' }, '0 BTC, 0 USDT'],
    [{ balance: false }, {}, '0.9761 BTC, 100.1045 USDT'],
    [{ mode: 'reverse' }, {}, '1.9813 BTC, 0 USDT'],
    [{ expansionDownTo: '80' }, {}, '0 BTC, 298.231432 USDT'],
  ];
  assert.deepEqual(
    table.map(([text, given]) => needed(text, given)),
    table.map(([, , funds]) => funds),
  );
});

test('the mandate it needs is as small as its lines', () => {
  const needs = grid.mandateNeeds(settingsOf({ spacing: 'arithmetic' }), rules, quote, { USDT: amount('200') });
  const [pair] = needs.pairs;
  const shown = Object.entries({ ...pair, ...needs })
    .filter(([, value]) => typeof value === 'bigint' || typeof value === 'number')
    .map(([name, value]) => `${name} ${typeof value === 'bigint' ? formatAmount(value) : value}`);
  assert.deepEqual(shown, [
    'maxOrderQuote 50.161033',
    'maxOrderBase 0.55732724',
    'maxPositionQuote 200.251632',
    'floor 89.73',
    'ceiling 110.33',
    'maxSellHeldBase24h 0',
    'turnover24h 1797.705864',
    'openOrders 4',
    'maxOpenQuote 100.1155',
  ]);
});

test('every order that a grid can place fits the mandate that it asks for', () => {
  const reach = grid.mandateNeeds(
    settingsOf({ trailingUp: true, trailingUpTo: '150', stopLowerPrice: '80', stopLowerAction: 'stop-and-sell' }),
    rules,
    quote,
    {},
  ).pairs[0]!;
  assert.deepEqual([formatAmount(reach.floor), formatAmount(reach.ceiling)], ['79.76', '150.45']);
  const held = grid.mandateNeeds(settingsOf({ mode: 'reverse' }), rules, quote, { BTC: amount('2') }).pairs[0]!;
  assert.equal(formatAmount(held.maxSellHeldBase24h), '2');
});

const candle = (open: string, high: string, low: string, close: string): Candle => ({
  openTime: epochMs(0),
  open: amount(open),
  high: amount(high),
  low: amount(low),
  close: amount(close),
  volume: amount('1'),
});

test('a range and a number of lines from what the candles moved and the fee', () => {
  const candles = [candle('100', '102', '100', '100'), candle('100', '101', '97', '100'), candle('100', '104', '101', '100')];
  const suggested = suggestGrid(candles, amount('0.001'), amount('1000'), amount('5'))!;
  // Mean move 3 %; the range of 97 to 104 is 1.5 % wider on each side.
  assert.equal(formatAmount(suggested.meanMove as never), '0.03');
  assert.deepEqual(suggested.settings, {
    mode: 'normal',
    spacing: 'geometric',
    lowerPrice: '95.545',
    upperPrice: '105.56',
    lines: 4,
    amountIn: 'quote',
    amountPerLine: '300',
  });
  const calm = suggestGrid([candle('100', '100.1', '99.9', '100')], amount('0.001'), amount('1000'), amount('5'))!;
  assert.equal(formatAmount(calm.step as never), '0.004', 'at least four fees');
  assert.equal(suggestGrid([], amount('0.001'), amount('1000')), null);
});

test('what is suggested can be traded, and leaves at least two fees of a step', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ mid: fc.integer({ min: 5000, max: 20_000 }), half: fc.integer({ min: 0, max: 900 }) }), {
        minLength: 1,
        maxLength: 60,
      }),
      fc.integer({ min: 200, max: 100_000 }),
      (moves, funds) => {
        const candles = moves.map(({ mid, half }) => candle(`${mid}`, `${mid + half}`, `${mid - half}`, `${mid}`));
        const suggested = suggestGrid(candles, amount('0.001'), amount(String(funds)), amount('5'))!;
        const settings = settingsOf({ ...suggested.settings });
        const coarse = testRules('BTC/USDT', '0.01', '0.00001', '5');
        assert.deepEqual(grid.problems({ ...settings, activeBuyLines: 1, activeSellLines: 1 }, coarse), []);
        const last = ticks((moves.at(-1)?.mid ?? 1) * 100);
        const [, needed] = grid.fundsNeeded(settings, coarse, { pair: coarse.pair, last, bid: last, ask: last }, {});
        assert.ok(needed!.amount <= amount(String(funds)), `${formatAmount(needed!.amount)} of ${funds}`);
      },
    ),
  );
});
