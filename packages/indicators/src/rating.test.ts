/** The rating, put together once more the slow way: whole columns, each vote as TradingView's page words it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from './indicator.ts';
import { cci, macd, rsi, stochastic, ultimate } from './momentum.ts';
import { technicalRating } from './rating.ts';
import { walk } from './testing/walk.ts';
import { adx } from './trend.ts';

type Column = readonly number[];

const mean = (values: Column): number => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Of the newest `count` values up to `at`. */
const last = (values: Column, at: number, count: number): Column => values.slice(at - count + 1, at + 1);
const smaAt = (values: Column, at: number, count: number): number => mean(last(values, at, count));
const wmaAt = (values: Column, at: number, count: number): number =>
  last(values, at, count).reduce((sum, value, index) => sum + value * (index + 1), 0) / ((count * (count + 1)) / 2);

function emaOf(values: Column, count: number): Column {
  const made = values.map(() => Number.NaN);
  for (let at = count - 1; at < values.length; at += 1)
    made[at] = at === count - 1 ? smaAt(values, at, count) : made[at - 1]! + (values[at]! - made[at - 1]!) * (2 / (count + 1));
  return made;
}

const vote = (buys: boolean, sells: boolean): number => (buys ? 1 : sells ? -1 : 0);

test('every vote of averages and oscillators, on every candle of a walk', () => {
  const candles = walk({ seed: 11, count: 2000, step: 0.03 });
  const [high, low, close, volume] = [candles.high, candles.low, candles.close, candles.volume].map((it) =>
    Array.from(it),
  ) as unknown as [Column, Column, Column, Column];
  const [rating, averages, oscillators] = columnsOf(technicalRating(), candles);
  const emas = new Map([10, 13, 20, 30, 50, 100, 200].map((count) => [count, emaOf(close, count)]));
  const halves = close.map((_, at) => (at < 8 ? Number.NaN : 2 * wmaAt(close, at, 4) - wmaAt(close, at, 9)));
  const middle = (at: number, count: number): number =>
    (Math.max(...last(high, at, count)) + Math.min(...last(low, at, count))) / 2;
  const medians = high.map((top, at) => (top + low[at]!) / 2);
  const awesome = close.map((_, at) => (at < 33 ? Number.NaN : smaAt(medians, at, 5) - smaAt(medians, at, 34)));
  const [relative] = columnsOf(rsi(14), candles).map((it) => Array.from(it)) as unknown as [Column];
  const raw = relative.map((value, at) => {
    const window = last(relative, at, 14);
    const [most, least] = [Math.max(...window), Math.min(...window)];
    return at < 27 ? Number.NaN : most === least ? 0 : (100 * (value - least)) / (most - least);
  });
  const k = raw.map((_, at) => (at < 29 ? Number.NaN : smaAt(raw, at, 3)));
  const d = k.map((_, at) => (at < 31 ? Number.NaN : smaAt(k, at, 3)));
  const [slowK, slowD] = columnsOf(stochastic(14, 3, 3), candles) as [Float64Array, Float64Array];
  const [channel] = columnsOf(cci(20), candles) as [Float64Array];
  const [strength, plus, minus] = columnsOf(adx(14), candles) as [Float64Array, Float64Array, Float64Array];
  const histogram = columnsOf(macd(12, 26, 9), candles)[2]!;
  const [swing] = columnsOf(ultimate(7, 14, 28), candles) as [Float64Array];

  const votesOfAverages = (at: number): Column => {
    const price = close[at]!;
    const sides = [10, 20, 30, 50, 100, 200].flatMap((count) => [smaAt(close, at, count), emas.get(count)![at]!]);
    const weights = last(volume, at, 20);
    const weighted = last(close, at, 20).reduce((sum, value, index) => sum + value * weights[index]!, 0) / (mean(weights) * 20);
    const [conversion, base, lead] = [middle(at, 9), middle(at, 26), middle(at, 52)];
    const first = (conversion + base) / 2;
    const before = close[at - 1]!;
    return [
      ...[...sides, wmaAt(halves, at, 3), weighted].map((value) => vote(value < price, value > price)),
      vote(
        first > lead && price > first && price < base && before < conversion && price > conversion,
        lead > first && price < lead && price > base && before > conversion && price < conversion,
      ),
    ];
  };
  const votesOfOscillators = (at: number): Column => {
    const [rises, falls] = [close[at]! > emas.get(50)![at]!, close[at]! < emas.get(50)![at]!];
    const williams = (i: number): number => {
      const [top, bottom] = [Math.max(...last(high, i, 14)), Math.min(...last(low, i, 14))];
      return (100 * (close[i]! - top)) / (top - bottom);
    };
    const momentum = (i: number): number => close[i]! - close[i - 10]!;
    const bull = (i: number): number => high[i]! - emas.get(13)![i]!;
    const bear = (i: number): number => low[i]! - emas.get(13)![i]!;
    const saucer = (sign: number): boolean => {
      const [now, before, earlier] = [awesome[at]! * sign, awesome[at - 1]! * sign, awesome[at - 2]! * sign];
      return (now > 0 && before <= 0) || (now > 0 && before > 0 && now > before && earlier > before);
    };
    const rose = (column: ArrayLike<number>): boolean => column[at]! > column[at - 1]!;
    const fell = (column: ArrayLike<number>): boolean => column[at]! < column[at - 1]!;
    const crosses = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => a[at]! > b[at]! && a[at - 1]! < b[at - 1]!;
    return [
      vote(relative[at]! < 30 && rose(relative), relative[at]! > 70 && fell(relative)),
      vote(
        slowK[at]! < 20 && slowD[at]! < 20 && crosses(slowK, slowD),
        slowK[at]! > 80 && slowD[at]! > 80 && crosses(slowD, slowK),
      ),
      vote(channel[at]! < -100 && rose(channel), channel[at]! > 100 && fell(channel)),
      vote(strength[at]! > 20 && crosses(plus, minus), strength[at]! > 20 && crosses(minus, plus)),
      vote(saucer(1), saucer(-1)),
      vote(momentum(at) > momentum(at - 1), momentum(at) < momentum(at - 1)),
      vote(histogram[at]! > 0, histogram[at]! < 0),
      vote(falls && k[at]! < 20 && d[at]! < 20 && crosses(k, d), rises && k[at]! > 80 && d[at]! > 80 && crosses(d, k)),
      vote(williams(at) < -80 && williams(at) > williams(at - 1), williams(at) > -20 && williams(at) < williams(at - 1)),
      vote(rises && bear(at) < 0 && bear(at) > bear(at - 1), falls && bull(at) > 0 && bull(at) < bull(at - 1)),
      vote(swing[at]! > 70, swing[at]! < 30),
    ];
  };
  const heard = Array.from({ length: 11 }, () => new Set<number>());
  for (let at = 200; at < close.length; at += 1) {
    const [a, o] = [votesOfAverages(at), votesOfOscillators(at)];
    assert.deepEqual([a.length, o.length], [15, 11]);
    for (const [index, each] of o.entries()) heard[index]!.add(each);
    assert.ok(Math.abs(averages![at]! - mean(a)) < 1e-12, `averages of candle ${at}: ${averages![at]} instead of ${mean(a)}`);
    assert.ok(Math.abs(oscillators![at]! - mean(o)) < 1e-12, `oscillators of candle ${at}: ${oscillators![at]}, not ${mean(o)}`);
    assert.ok(Math.abs(rating![at]! - (mean(a) + mean(o)) / 2) < 1e-12);
  }
  // An extreme of the ultimate oscillator or of RSI is rare on one walk; every other vote is there both ways.
  const both = heard.filter((votes) => votes.has(1) && votes.has(-1)).length;
  assert.ok(both >= 9 && heard.every((votes) => votes.size >= 2), JSON.stringify(heard.map((votes) => [...votes])));
});
