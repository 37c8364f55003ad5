/** What no library of ours has to be held against: by hand, on tables that can be read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, type Indicator } from './indicator.ts';
import { cci, mfi, stochastic, ultimate } from './momentum.ts';
import { qfl } from './qfl.ts';
import { technicalRating } from './rating.ts';
import { walk } from './testing/walk.ts';
import { average, averageCross, bollinger, heikinAshi, supertrend } from './trend.ts';

type Row = readonly [open: number, high: number, low: number, close: number];
const columns = (rows: readonly Row[]) => {
  const pick = (at: number): Float64Array => Float64Array.from(rows.map((row) => row[at]!));
  return { open: pick(0), high: pick(1), low: pick(2), close: pick(3), volume: new Float64Array(rows.length).fill(1) };
};

test('Heikin Ashi counts candles of one colour', () => {
  const [open, close, run] = columnsOf(
    heikinAshi(),
    columns([
      [10, 12, 9, 11],
      [11, 14, 11, 13],
      [13, 13, 8, 8],
      [8, 8, 8, 8],
    ]),
  );
  assert.deepEqual([...open!], [10.5, 10.5, 11.375, 10.9375]);
  assert.deepEqual([...close!], [10.5, 12.25, 10.5, 8]);
  assert.deepEqual([...run!], [0, 1, -1, -2]);
});

test('Supertrend of period 2, factor 1, by hand', () => {
  // True ranges from the second candle on: 2, 2, 2, 5, 2; their Wilder average from the third: 2, 2, 3.5, 2.75.
  const [line, trend] = columnsOf(
    supertrend(2, 1),
    columns([
      [10, 11, 9, 10],
      [10, 12, 10, 12],
      [12, 14, 12, 14],
      [14, 16, 14, 16],
      [16, 16, 11, 11],
      [11, 11, 9, 9],
    ]),
  );
  assert.ok(Number.isNaN(line![1]!));
  // 13 ± 2; then 15 ± 2, close 16 above the upper band 15 that held; then 13.5 ± 3.5, close 11 below the lower band 13.
  assert.deepEqual([...line!].slice(2), [15, 13, 17, 12.75]);
  assert.deepEqual([...trend!].slice(2), [-1, 1, -1, -1]);
});

test('a market that stands still leaves nothing behind that could cross', () => {
  const moved = walk({ seed: 21, count: 300, start: 0.00001234, step: 0.2 });
  const still = 300;
  const make = (column: Float64Array, value: number): Float64Array => {
    const whole = new Float64Array(column.length + still).fill(value);
    whole.set(column);
    return whole;
  };
  const price = moved.close.at(-1)!;
  const candles = {
    open: make(moved.open, price),
    high: make(moved.high, price),
    low: make(moved.low, price),
    close: make(moved.close, price),
    volume: make(moved.volume, 0),
  };
  const at = 300 + 250;
  const end = (indicator: Indicator, line = 0): readonly number[] => [...columnsOf(indicator, candles)[line]!.subarray(at)];
  const same = (value: number): readonly number[] => new Array(still - 250).fill(value);
  assert.deepEqual(end(average('sma', 200)), same(price));
  assert.deepEqual(end(averageCross('sma', 20, 50), 2), same(0));
  assert.deepEqual(end(bollinger(20, 2), 3), same(0.5));
  assert.deepEqual(end(mfi(14)), same(0));
  assert.deepEqual(end(ultimate(7, 14, 28)), same(0));
  assert.deepEqual(end(stochastic(14, 3, 3)), same(0));
  assert.deepEqual(end(cci(20)), same(0));
});

test('a base is a low that held and bounced; the distance says how far below it the close is', () => {
  const rule = { before: 2, after: 2, bounce: 5 };
  const [base, distance] = columnsOf(
    qfl(rule),
    columns([
      [100, 100, 99, 99],
      [99, 99, 95, 96],
      [96, 97, 90, 95],
      [95, 97, 95, 97],
      [97, 97, 94, 96],
      [96, 96, 88, 89],
      [89, 89, 81, 81],
    ]),
  );
  assert.deepEqual(
    [...base!].map((value) => (Number.isNaN(value) ? '-' : value)),
    ['-', '-', '-', '-', 90, 90, 90],
  );
  assert.ok(Math.abs(distance![5]! - 100 / 90) < 1e-12);
  assert.ok(Math.abs(distance![6]! - 10) < 1e-12);
  const weak = columnsOf(
    qfl({ ...rule, bounce: 9 }),
    columns([
      [100, 100, 99, 99],
      [99, 99, 95, 96],
      [96, 97, 90, 95],
      [95, 97, 95, 97],
      [97, 97, 94, 96],
    ]),
  );
  assert.ok(Number.isNaN(weak[0]![4]!), 'a bounce of 7.8 % is not one of 9 %');
});

test('the technical rating of a steady rise buys, of its mirror image sells', () => {
  const rise = Array.from({ length: 260 }, (_, at): Row => [100 + at, 101.5 + at, 99.5 + at, 101 + at]);
  const fall = rise.map(([open, high, low, close]): Row => [600 - open, 600 - low, 600 - high, 600 - close]);
  const up = columnsOf(technicalRating(), columns(rise));
  const down = columnsOf(technicalRating(), columns(fall));
  // 13 averages lie below the price; Hull's has no lag on a straight line, and the cloud is neutral above its base line.
  assert.ok(up[1]!.at(-1)! >= 12 / 15 && up[1]!.at(-1)! <= 14 / 15, String(up[1]!.at(-1)));
  assert.ok(down[1]!.at(-1)! <= -12 / 15 && down[1]!.at(-1)! >= -14 / 15);
  assert.ok(up[0]!.at(-1)! > 0.1 && down[0]!.at(-1)! < -0.1);
  for (const value of columnsOf(technicalRating(), walk({ seed: 5, count: 2000 }))[0]!)
    assert.ok(Number.isNaN(value) || (value >= -1 && value <= 1));
});
