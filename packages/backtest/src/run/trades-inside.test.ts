/** Trades inside candles: where they make the candle they are its path, elsewhere the candle is, and what contradicts is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochMs } from '@holdfast/domain';
import { truncated } from '../report/lookahead.ts';
import { columnsOf } from './columns.ts';
import { placesOf } from './places.ts';
import { runBacktest } from './run.ts';
import { expected, played, requestOf, rules } from './testing/play.ts';
import { tableStart, walkSeries } from './testing/tables.ts';
import { tradesFrom, tradesMaking } from './testing/trades.ts';
import { playedByTrades, withTrades } from './trades-inside.ts';

/** 100 at 100.01 are 1 coin; 98 is 2 % below; 1 % above 100.01 is 101.02. */
const dca = {
  feePercent: '0',
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 1,
  stepPercent: '2',
  takeProfitPercent: '1',
  cooldownSeconds: 3600,
};
const candles = `
  100 100 100 100
  100 101.5 97.9 101
  101 101 101 101
`;

test('a candle is played as its trades, in their order and at their times', () => {
  const play = { kind: 'dca', settings: dca, candles, assumptions: {} };
  // Without trades the low comes first, since the candle rises.
  assert.deepEqual(played(play).lines.slice(1, 2), ['1:15 buy 1.021 at 98 maker']);
  const trades = `
    61 100 1
    70.5 101.5 2
    80 97.9 3
    119 101 4
  `;
  const { lines, result } = played({ ...play, trades });
  assert.deepEqual(
    lines,
    expected(`
      0:00 buy 1 at 100.01 taker
      1:11 sell 1 at 101.02 maker
      1:11 deal 1 take-profit 1.01
    `),
  );
  assert.deepEqual(
    result.warnings.filter((text) => /trades/.test(text)),
    [],
  );
});

test('an order fills up to its share of each trade', () => {
  const trades = `
    61 100 1
    80 97.9 0.7
    81 97.9 0.2
    90 101.5 5
    119 101 4
  `;
  const { lines } = played({ kind: 'dca', settings: dca, candles, trades, assumptions: { volumeShare: 0.5 } });
  assert.deepEqual(lines.slice(1, 4), [
    '1:20 buy 0.35 at 98 maker in part',
    '1:21 buy 0.1 at 98 maker in part',
    '1:30 sell 1.45 at 100.39 maker',
  ]);
});

test('what contradicts the candle is said with its trade, what is missing as such, and the candle is played by four points', () => {
  const table = `
    100 100 100 100
    100 101 99 100
    100 101 99 100
    100 101 99 100
    100 101 99 100
    100 100 100 100
  `;
  const trades = `
    10 100 1 1
    61 100 1 2
    62 101.5 1 3
    63 99 1 4
    64 100 1 5
    121 100 1 6
    122 101 1 7
    123 100 1 8
    181 100 1 9
    182 101 1 10
    183 99 1 12
    184 100 1 13
    241 100 1 14
    242 101 1 15
    243 99 1 16
    244 100 1 17
    301 100 1 18
  `;
  const { result } = played({ kind: 'dca', settings: dca, candles: table, trades });
  const at = (minute: number): string => new Date(tableStart + minute * 60_000).toISOString();
  assert.deepEqual(
    result.warnings.filter((text) => /trades/.test(text)),
    [
      `A candle of FOO/USDT contradicts the recorded trades, first at ${at(1)}: trade 3 at 101.5 lies above the high 101. Played by four points.`,
      `2 candles of FOO/USDT lack some of the recorded trades, first at ${at(2)}. Played by four points.`,
    ],
  );
  const series = requestOf({ kind: 'dca', settings: dca, candles: table, trades }).series.get(rules.pair)!;
  assert.deepEqual(Array.from(series.inner!.first), [0, -1, -1, -1, 12, 16]);
  assert.deepEqual(playedByTrades(series, series.inner!, tableStart + 60_000, tableStart + 360_000), {
    candles: 5,
    byTrades: 2,
    trades: 5,
    first: tableStart + 4 * 60_000,
    last: tableStart + 5 * 60_000,
  });
});

test('outside of the time of the trades nothing is said, and the candles are played', () => {
  const trades = tradesFrom(['100 100 1', '119 101 1', '150 101 1'], rules);
  const { first, places, apart } = withTrades(requestOf({ kind: 'dca', settings: dca, candles }).series.get(rules.pair)!, trades)
    .inner!;
  assert.deepEqual([Array.from(first), Array.from(places), apart], [[-1, -1, 2], [0, 4, 8, 9], []]);
});

test('places, times and rows find each other', () => {
  const series = walkSeries(rules, { rows: 40, seed: 3, gaps: 0.1 });
  const of = withTrades(series, tradesMaking(series, 5, 0.3));
  const columns = columnsOf(of, rules);
  const places = placesOf(columns);
  const end = places.firstOf(columns.rows);
  let before = 0;
  for (let place = 0; place < end; place++) {
    const [row, time] = [places.rowOf(place), places.timeOf(place)];
    assert.ok(places.firstOf(row) <= place && place < places.firstOf(row + 1), `place ${place}`);
    assert.equal(places.opens(place), places.firstOf(row) === place);
    assert.ok(time >= before);
    const first = places.placeAt(time);
    assert.ok(
      first <= place && places.timeOf(first) === time && (first === 0 || places.timeOf(first - 1) < time),
      `place ${place}`,
    );
    before = time;
  }
  assert.equal(places.placeAt(before + 1), end);
});

test('a run does not see trades behind its end', () => {
  const series = walkSeries(rules, { rows: 400, seed: 8, price: 10_000, move: 60 });
  const of = withTrades(series, tradesMaking(series, 9, 0.1));
  const request = { ...requestOf({ kind: 'dca', settings: dca, candles }), series: new Map([[rules.pair, of]]) };
  const cut = (tableStart + 250 * 60_000) as EpochMs;
  const whole = runBacktest(request).fills.filter(({ at }) => at < cut);
  assert.ok(whole.length > 5);
  assert.deepEqual(runBacktest({ ...request, series: new Map([[rules.pair, truncated(of, cut)]]) }).fills, whole);
});

test('trades of another pair are refused', () => {
  const series = walkSeries(rules, { rows: 4, seed: 1 });
  const trades = { ...tradesMaking(series, 1, 0), pair: 'BAR/USDT' };
  assert.throws(() => withTrades(series, trades), { code: 'settings-unfit' });
});
