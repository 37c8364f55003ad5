/** Every indicator by name, with its parameters: what a form, a check of settings and an evaluator need to know of it. */
import type { Indicator } from './indicator.ts';
import { cci, macd, mfi, rsi, stochastic, ultimate } from './momentum.ts';
import { type BaseKind, baseRules, qfl } from './qfl.ts';
import { technicalRating } from './rating.ts';
import { adx, atr, average, averageCross, bollinger, heikinAshi, parabolicSar, supertrend } from './trend.ts';

export interface Parameter {
  readonly name: string;
  readonly meaning: string;
  readonly usual: number;
  readonly least: number;
  readonly most: number;
  /** Whether only whole numbers count. */
  readonly isCount: boolean;
}

export interface IndicatorKind {
  readonly title: string;
  /** What it measures, in a sentence. */
  readonly meaning: string;
  /** Which convention its numbers follow. */
  readonly convention: string;
  readonly parameters: readonly Parameter[];
  readonly lines: readonly string[];
  /** The line that a condition means when it names none. */
  readonly mainLine: string;
  readonly make: (values: readonly number[]) => Indicator;
}

const count = (name: string, usual: number, meaning: string, least = 1, most = 500): Parameter => ({
  name,
  meaning,
  usual,
  least,
  most,
  isCount: true,
});
const number = (name: string, usual: number, meaning: string, least: number, most: number): Parameter => ({
  name,
  meaning,
  usual,
  least,
  most,
  isCount: false,
});
const period = (usual: number, least = 2): Parameter => count('period', usual, 'candles', least);

const talib = 'TA-Lib 0.6';

/** Value, change and volume of the candles themselves. */
function priceChange(candles: number): Indicator {
  const lines = new Float64Array(1).fill(Number.NaN);
  const closes: number[] = [];
  return {
    names: ['change'],
    lines,
    lookback: candles,
    update(_open, _high, _low, close): void {
      closes.push(close);
      if (closes.length <= candles) return;
      const before = closes.shift()!;
      lines[0] = (100 * (close - before)) / before;
    },
  };
}

function candleVolume(): Indicator {
  const lines = new Float64Array(2).fill(Number.NaN);
  return {
    names: ['quote', 'base'],
    lines,
    lookback: 0,
    update(_open, high, low, close, volume): void {
      lines[0] = ((high + low + close) / 3) * volume;
      lines[1] = volume;
    },
  };
}

const baseKinds = Object.keys(baseRules) as readonly BaseKind[];

export const indicatorKinds = {
  rsi: {
    title: 'RSI',
    meaning: 'relative strength index, 0 to 100',
    convention: talib,
    parameters: [period(14)],
    lines: ['rsi'],
    mainLine: 'rsi',
    make: ([a]) => rsi(a!),
  },
  'bollinger-percent-b': {
    title: 'Bollinger %B',
    meaning: 'where the close lies between the bands: 0 at the lower, 1 at the upper',
    convention: `${talib}, deviation of the population`,
    parameters: [period(20), number('deviations', 2, 'width of the bands in standard deviations', 0.1, 10)],
    lines: ['percentB', 'upper', 'middle', 'lower'],
    mainLine: 'percentB',
    make: ([a, b]) => bollinger(a!, b!),
  },
  'sma-cross': {
    title: 'SMA cross',
    meaning: 'fast minus slow simple moving average; crossing 0 is the cross',
    convention: talib,
    parameters: [count('fast', 20, 'candles of the fast average'), count('slow', 50, 'candles of the slow average')],
    lines: ['difference', 'fast', 'slow'],
    mainLine: 'difference',
    make: ([a, b]) => averageCross('sma', a!, b!),
  },
  'ema-cross': {
    title: 'EMA cross',
    meaning: 'fast minus slow exponential moving average; crossing 0 is the cross',
    convention: `${talib}: seeded with the simple average`,
    parameters: [count('fast', 20, 'candles of the fast average'), count('slow', 50, 'candles of the slow average')],
    lines: ['difference', 'fast', 'slow'],
    mainLine: 'difference',
    make: ([a, b]) => averageCross('ema', a!, b!),
  },
  sma: {
    title: 'SMA',
    meaning: 'simple moving average of the close, in quote',
    convention: talib,
    parameters: [period(20, 1)],
    lines: ['sma'],
    mainLine: 'sma',
    make: ([a]) => average('sma', a!),
  },
  ema: {
    title: 'EMA',
    meaning: 'exponential moving average of the close, in quote',
    convention: `${talib}: seeded with the simple average`,
    parameters: [period(20, 1)],
    lines: ['ema'],
    mainLine: 'ema',
    make: ([a]) => average('ema', a!),
  },
  macd: {
    title: 'MACD',
    meaning: 'difference of two averages, its own average, and the distance of both',
    convention: `${talib}: both averages begin with the slow one`,
    parameters: [
      count('fast', 12, 'candles of the fast average', 2),
      count('slow', 26, 'candles of the slow average', 2),
      count('signal', 9, 'values in the average of the line'),
    ],
    lines: ['histogram', 'macd', 'signal'],
    mainLine: 'histogram',
    make: ([a, b, c]) => macd(a!, b!, c!),
  },
  stochastic: {
    title: 'Stochastic',
    meaning: 'where the close lies in the range of the candles, smoothed, 0 to 100',
    convention: `${talib}, simple averages`,
    parameters: [count('k', 14, 'candles of the range'), count('smooth', 3, 'values in %K'), count('d', 3, 'values of %K in %D')],
    lines: ['k', 'd'],
    mainLine: 'k',
    make: ([a, b, c]) => stochastic(a!, b!, c!),
  },
  cci: {
    title: 'CCI',
    meaning: 'distance of the typical price from its average in mean deviations',
    convention: talib,
    parameters: [period(20)],
    lines: ['cci'],
    mainLine: 'cci',
    make: ([a]) => cci(a!),
  },
  mfi: {
    title: 'MFI',
    meaning: 'money flow index, 0 to 100',
    convention: `${talib}, but flows below one unit of quote count too`,
    parameters: [period(14)],
    lines: ['mfi'],
    mainLine: 'mfi',
    make: ([a]) => mfi(a!),
  },
  adx: {
    title: 'ADX',
    meaning: 'strength of the trend, 0 to 100, with +DI and −DI',
    convention: talib,
    parameters: [period(14)],
    lines: ['adx', 'plus', 'minus'],
    mainLine: 'adx',
    make: ([a]) => adx(a!),
  },
  ultimate: {
    title: 'Ultimate oscillator',
    meaning: 'buying pressure over three periods, 0 to 100',
    convention: talib,
    parameters: [count('first', 7, 'candles'), count('second', 14, 'candles'), count('third', 28, 'candles')],
    lines: ['ultimate'],
    mainLine: 'ultimate',
    make: ([a, b, c]) => ultimate(a!, b!, c!),
  },
  'parabolic-sar': {
    title: 'Parabolic SAR',
    meaning: 'stop that follows the trend; trend is 1 while it lies below the price and -1 above',
    convention: talib,
    parameters: [
      number('acceleration', 0.02, 'first step and growth of the factor', 0.001, 1),
      number('maximum', 0.2, 'largest factor', 0.001, 1),
    ],
    lines: ['trend', 'sar'],
    mainLine: 'trend',
    make: ([a, b]) => parabolicSar(a!, b!),
  },
  'heikin-ashi': {
    title: 'Heikin Ashi',
    meaning: 'averaged candles of one colour in a row: positive rising, negative falling',
    convention: 'first open is the middle of open and close',
    parameters: [],
    lines: ['run', 'open', 'close'],
    mainLine: 'run',
    make: () => heikinAshi(),
  },
  supertrend: {
    title: 'Supertrend',
    meaning: 'band of the true range that follows the trend; trend is 1 rising, -1 falling',
    convention: 'TradingView, true range seeded as in TA-Lib',
    parameters: [period(10), number('factor', 3, 'width of the band in true ranges', 0.1, 50)],
    lines: ['trend', 'line'],
    mainLine: 'trend',
    make: ([a, b]) => supertrend(a!, b!),
  },
  atr: {
    title: 'ATR',
    meaning: 'average true range, in quote',
    convention: talib,
    parameters: [period(14, 1)],
    lines: ['atr'],
    mainLine: 'atr',
    make: ([a]) => atr(a!),
  },
  qfl: {
    title: 'QFL',
    meaning: 'how far the close is below the newest base, in percent',
    convention: 'our own rule, see its page; kinds: 1 original, 2 day trade, 3 conservative, 4 position',
    parameters: [count('kind', 1, '1 original, 2 day trade, 3 conservative, 4 position', 1, baseKinds.length)],
    lines: ['distance', 'base'],
    mainLine: 'distance',
    make: ([a]) => qfl(baseRules[baseKinds[a! - 1]!]),
  },
  'technical-rating': {
    title: 'Technical rating',
    meaning: 'mean of 15 averages and 11 oscillators, -1 strong sell to 1 strong buy',
    convention: 'TradingView, oscillators as TA-Lib',
    parameters: [],
    lines: ['rating', 'averages', 'oscillators'],
    mainLine: 'rating',
    make: () => technicalRating(),
  },
  volume: {
    title: 'Volume',
    meaning: 'volume of the candle, in quote (at its typical price) or base',
    convention: 'as the exchange says it',
    parameters: [],
    lines: ['quote', 'base'],
    mainLine: 'quote',
    make: () => candleVolume(),
  },
  'price-change': {
    title: 'Price change',
    meaning: 'change of the close over a number of candles, in percent',
    convention: 'close against close',
    parameters: [count('candles', 1, 'candles back', 1, 1000)],
    lines: ['change'],
    mainLine: 'change',
    make: ([a]) => priceChange(a!),
  },
  price: {
    title: 'Price',
    meaning: 'close of the candle, in quote',
    convention: 'as the exchange says it',
    parameters: [],
    lines: ['close'],
    mainLine: 'close',
    make: () => {
      const lines = new Float64Array(1).fill(Number.NaN);
      return {
        names: ['close'],
        lines,
        lookback: 0,
        update(_open, _high, _low, close): void {
          lines[0] = close;
        },
      };
    },
  },
} as const satisfies Readonly<Record<string, IndicatorKind>>;

export type IndicatorName = keyof typeof indicatorKinds;
export const indicatorNames = Object.keys(indicatorKinds) as readonly IndicatorName[];
export const kindOf = (name: IndicatorName): IndicatorKind => indicatorKinds[name];
