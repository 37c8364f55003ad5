/** Every indicator that TA-Lib has, against TA-Lib itself on the same candles. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import * as talib from 'talib-web';
import { type Columns, columnsOf, type Indicator } from './indicator.ts';
import { cci, macd, mfi, rsi, stochastic, ultimate } from './momentum.ts';
import { walk } from './testing/walk.ts';
import { adx, atr, average, bollinger, parabolicSar } from './trend.ts';

before(async () => {
  const home = dirname(createRequire(import.meta.url).resolve('talib-web'));
  // It fetches its code, and a file's address cannot be fetched.
  await talib.init(`data:application/wasm;base64,${readFileSync(join(home, 'talib.wasm')).toString('base64')}`);
});

const markets: readonly (readonly [string, Columns])[] = [
  ['a walk', walk({ seed: 1, count: 3000 })],
  ['a thin coin that often stands still', walk({ seed: 2, count: 3000, still: 0.5, step: 0.02 })],
  ['a price far below one', walk({ seed: 3, count: 1500, start: 0.00001234 })],
];

type Answer = Record<string, ArrayLike<number>>;
type Ask = (candles: Columns) => Answer;

/** TA-Lib's answer begins with its first number; so does ours after `lookback` candles, else nothing would agree. */
function compare(
  name: string,
  indicator: () => Indicator,
  ask: Ask,
  lines: Readonly<Record<string, string>>,
  tolerance = 1e-9,
): void {
  for (const [market, candles] of markets) {
    const made = indicator();
    const columns = columnsOf(made, candles);
    const theirs = ask(candles);
    for (const [ours, output] of Object.entries(lines)) {
      const column = columns[made.names.indexOf(ours)]!;
      const answer = theirs[output]!;
      const first = made.lookback;
      assert.equal(
        column.findIndex((value) => !Number.isNaN(value)),
        first,
        `${name} on ${market}: first number of ${ours}`,
      );
      for (let at = first; at < column.length; at += 1) {
        const expected = answer[at - first]!;
        const allowed = tolerance * Math.max(1e-6, Math.abs(expected), candles.close[at]! * 1e-3);
        assert.ok(
          Math.abs(column[at]! - expected) <= allowed,
          `${name} on ${market}, ${ours} of candle ${at}: ${column[at]} instead of ${expected}`,
        );
      }
    }
  }
}

const real = (candles: Columns) => ({ inReal: [...candles.close] });
const bars = ({ high, low, close }: Columns) => ({ high: [...high], low: [...low], close: [...close] });
const volumes = (candles: Columns) => ({ ...bars(candles), volume: [...candles.volume] });

test('SMA', () =>
  compare(
    'SMA 20',
    () => average('sma', 20),
    (c) => talib.SMA({ ...real(c), timePeriod: 20 }) as Answer,
    { sma: 'output' },
  ));
test('EMA', () =>
  compare(
    'EMA 50',
    () => average('ema', 50),
    (c) => talib.EMA({ ...real(c), timePeriod: 50 }) as Answer,
    { ema: 'output' },
  ));
test('RSI', () =>
  compare(
    'RSI 14',
    () => rsi(14),
    (c) => talib.RSI({ ...real(c), timePeriod: 14 }) as Answer,
    { rsi: 'output' },
  ));
test('RSI of 2', () =>
  compare(
    'RSI 2',
    () => rsi(2),
    (c) => talib.RSI({ ...real(c), timePeriod: 2 }) as Answer,
    { rsi: 'output' },
  ));
test('MACD', () =>
  compare(
    'MACD 12 26 9',
    () => macd(12, 26, 9),
    (c) => talib.MACD({ ...real(c), fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 }) as Answer,
    { macd: 'MACD', signal: 'MACDSignal', histogram: 'MACDHist' },
  ));
/** The package's own BBANDS, STDDEV and STOCH stop after a few numbers, so they are put together from its parts and plain arithmetic. */
const bands: Ask = (candles) => {
  const middle = (talib.SMA({ ...real(candles), timePeriod: 20 }) as Answer).output!;
  const spread = Array.from(middle, (mean, at) => {
    const closes = [...candles.close.subarray(at, at + 20)];
    return 2 * Math.sqrt(closes.reduce((sum, close) => sum + (close - mean) * (close - mean), 0) / 20);
  });
  const with_ = (sign: number) => Array.from(middle, (value, at) => value + sign * spread[at]!);
  return { upper: with_(1), middle, lower: with_(-1) };
};
const slow: Ask = ({ high, low, close }) => {
  const top = (talib.MAX({ inReal: [...high], timePeriod: 14 }) as Answer).output!;
  const bottom = (talib.MIN({ inReal: [...low], timePeriod: 14 }) as Answer).output!;
  const fast = Array.from({ length: close.length - 13 }, (_, at) => {
    const span = (top[at]! - bottom[at]!) / 100;
    return span === 0 ? 0 : (close[at + 13]! - bottom[at]!) / span;
  });
  const k = (talib.SMA({ inReal: fast, timePeriod: 3 }) as Answer).output!;
  const d = (talib.SMA({ inReal: Array.from(k).slice(0, fast.length - 2), timePeriod: 3 }) as Answer).output!;
  return { k: Array.from(k).slice(2), d };
};
test('Bollinger bands', () =>
  compare('BB 20 2', () => bollinger(20, 2), bands, { upper: 'upper', middle: 'middle', lower: 'lower' }));
test('stochastic', () => compare('STOCH 14 3 3', () => stochastic(14, 3, 3), slow, { k: 'k', d: 'd' }, 1e-6));
test('CCI', () =>
  compare(
    'CCI 20',
    () => cci(20),
    (c) => talib.CCI({ ...bars(c), timePeriod: 20 }) as Answer,
    { cci: 'output' },
    1e-6,
  ));
test('ADX', () =>
  compare(
    'ADX 14',
    () => adx(14),
    (c) => talib.ADX({ ...bars(c), timePeriod: 14 }) as Answer,
    { adx: 'output' },
    1e-7,
  ));
test('ATR', () =>
  compare(
    'ATR 14',
    () => atr(14),
    (c) => talib.ATR({ ...bars(c), timePeriod: 14 }) as Answer,
    { atr: 'output' },
  ));
test('ultimate oscillator', () =>
  compare(
    'ULTOSC 7 14 28',
    () => ultimate(7, 14, 28),
    (c) => talib.ULTOSC({ ...bars(c), timePeriod1: 7, timePeriod2: 14, timePeriod3: 28 }) as Answer,
    { ultimate: 'output' },
    1e-7,
  ));
test('parabolic SAR', () =>
  compare(
    'SAR 0.02 0.2',
    () => parabolicSar(0.02, 0.2),
    (c) => talib.SAR({ ...bars(c), acceleration: 0.02, maximum: 0.2 }) as Answer,
    { sar: 'output' },
  ));
test('MFI, where the flow is above one', () => {
  const [first] = markets;
  const columns = columnsOf(mfi(14), first![1]);
  const answer = (talib.MFI({ ...volumes(first![1]), timePeriod: 14 }) as Answer).output!;
  const from = 14;
  for (let at = from; at < columns[0]!.length; at += 1)
    assert.ok(Math.abs(columns[0]![at]! - answer[at - from]!) < 1e-6, String(at));
});
