/** Trend, bands and stops. TA-Lib's formulae (ta_BBANDS.c, ta_ADX.c, ta_SAR.c, ta_ATR.c) unless said otherwise. */
import { type Average, Ema, Sma, Wilder } from './averages.ts';
import { type Indicator, Ring } from './indicator.ts';

const one = (name: string) => ({ names: [name], lines: new Float64Array(1).fill(Number.NaN) });

export type AverageKind = 'sma' | 'ema';
export const averageOf = (kind: AverageKind, period: number): Average => (kind === 'sma' ? new Sma(period) : new Ema(period));

/** A moving average of the close. */
export function average(kind: AverageKind, period: number): Indicator {
  const { names, lines } = one(kind);
  const of = averageOf(kind, period);
  return {
    names,
    lines,
    lookback: period - 1,
    update(_open, _high, _low, close): void {
      lines[0] = of.next(close);
    },
  };
}

/** Lines `fast`, `slow` and their `difference`: above 0 the fast one is higher. */
export function averageCross(kind: AverageKind, fastPeriod: number, slowPeriod: number): Indicator {
  const lines = new Float64Array(3).fill(Number.NaN);
  const fast = averageOf(kind, fastPeriod);
  const slow = averageOf(kind, slowPeriod);
  return {
    names: ['fast', 'slow', 'difference'],
    lines,
    lookback: Math.max(fastPeriod, slowPeriod) - 1,
    update(_open, _high, _low, close): void {
      lines[0] = fast.next(close);
      lines[1] = slow.next(close);
      lines[2] = lines[0]! - lines[1]!;
    },
  };
}

/**
 * Bollinger bands of the close: lines `upper`, `middle`, `lower` and `percentB` (0 at the lower band, 1 at the upper; 0.5 when
 * the bands are one). Deviation is that of the population. It is summed anew for each candle, which keeps digits that
 * TA-Lib's difference of running squares loses.
 */
export function bollinger(period: number, deviations: number): Indicator {
  const lines = new Float64Array(4).fill(Number.NaN);
  const closes = new Ring(period);
  const middle = new Sma(period);
  return {
    names: ['upper', 'middle', 'lower', 'percentB'],
    lines,
    lookback: period - 1,
    update(_open, _high, _low, close): void {
      closes.push(close);
      const mean = middle.next(close);
      if (Number.isNaN(mean)) return;
      let squares = 0;
      for (let back = 0; back < period; back += 1) squares += (closes.newest(back) - mean) ** 2;
      const width = deviations * Math.sqrt(squares / period);
      lines[0] = mean + width;
      lines[1] = mean;
      lines[2] = mean - width;
      lines[3] = width === 0 ? 0.5 : (close - (mean - width)) / (2 * width);
    },
  };
}

const trueRange = (high: number, low: number, before: number): number =>
  Math.max(high - low, Math.abs(high - before), Math.abs(low - before));

/** Average true range; the first candle has no true range. */
export function atr(period: number): Indicator {
  const { names, lines } = one('atr');
  const smooth = new Wilder(period);
  let before = Number.NaN;
  return {
    names,
    lines,
    lookback: period,
    update(_open, high, low, close): void {
      const range = trueRange(high, low, before);
      before = close;
      if (!Number.isNaN(range)) lines[0] = smooth.next(range);
    },
  };
}

/** Lines `adx`, `plus` (+DI) and `minus` (−DI), 0 to 100. */
export function adx(period: number): Indicator {
  const lines = new Float64Array(3).fill(Number.NaN);
  let [beforeHigh, beforeLow, beforeClose] = [Number.NaN, Number.NaN, Number.NaN];
  let seen = 0;
  let plus = 0;
  let minus = 0;
  let range = 0;
  let value = 0;
  return {
    names: ['adx', 'plus', 'minus'],
    lines,
    lookback: 2 * period - 1,
    update(_open, high, low, close): void {
      const up = high - beforeHigh;
      const down = beforeLow - low;
      const reach = trueRange(high, low, beforeClose);
      [beforeHigh, beforeLow, beforeClose] = [high, low, close];
      if (Number.isNaN(reach)) return;
      seen += 1;
      const rise = up > 0 && up > down ? up : 0;
      const fall = down > 0 && down > up ? down : 0;
      if (seen < period) {
        plus += rise;
        minus += fall;
        range += reach;
        return;
      }
      plus += rise - plus / period;
      minus += fall - minus / period;
      range += reach - range / period;
      lines[1] = range === 0 ? 0 : (100 * plus) / range;
      lines[2] = range === 0 ? 0 : (100 * minus) / range;
      const sum = lines[1]! + lines[2]!;
      const index = range === 0 || sum === 0 ? Number.NaN : (100 * Math.abs(lines[2]! - lines[1]!)) / sum;
      const at = seen - period + 1;
      // Where nothing moved TA-Lib adds nothing to the first sum and keeps the average afterwards.
      if (at <= period) value += Number.isNaN(index) ? 0 : index;
      else if (!Number.isNaN(index)) value = (value * (period - 1) + index) / period;
      if (at === period) value /= period;
      if (at >= period) lines[0] = value;
    },
  };
}

/** Parabolic stop and reverse: line `sar`, and `trend` 1 while it lies below the price, -1 above. */
export function parabolicSar(acceleration: number, maximum: number): Indicator {
  const lines = new Float64Array(2).fill(Number.NaN);
  const step = Math.min(acceleration, maximum);
  let seen = 0;
  let [beforeHigh, beforeLow] = [Number.NaN, Number.NaN];
  let isLong = true;
  let extreme = 0;
  let sar = 0;
  let factor = step;
  const begin = (high: number, low: number): void => {
    const up = high - beforeHigh;
    const down = beforeLow - low;
    isLong = !(down > 0 && up < down);
    extreme = isLong ? high : low;
    sar = isLong ? beforeLow : beforeHigh;
    [beforeHigh, beforeLow] = [high, low];
  };
  const turn = (high: number, low: number): void => {
    isLong = !isLong;
    sar = isLong ? Math.min(extreme, beforeLow, low) : Math.max(extreme, beforeHigh, high);
    lines[0] = sar;
    lines[1] = isLong ? 1 : -1;
    factor = step;
    extreme = isLong ? high : low;
  };
  const go = (high: number, low: number): void => {
    lines[0] = sar;
    lines[1] = isLong ? 1 : -1;
    if (isLong ? high <= extreme : low >= extreme) return;
    extreme = isLong ? high : low;
    factor = Math.min(factor + step, maximum);
  };
  return {
    names: ['sar', 'trend'],
    lines,
    lookback: 1,
    update(_open, high, low): void {
      seen += 1;
      if (seen === 1) {
        [beforeHigh, beforeLow] = [high, low];
        return;
      }
      if (seen === 2) begin(high, low);
      if (isLong ? low <= sar : high >= sar) turn(high, low);
      else go(high, low);
      sar += factor * (extreme - sar);
      sar = isLong ? Math.min(sar, beforeLow, low) : Math.max(sar, beforeHigh, high);
      [beforeHigh, beforeLow] = [high, low];
    },
  };
}

/**
 * Supertrend: lines `line` and `trend` (1 rising, -1 falling). Middle of the candle ± factor × average true range (Wilder,
 * seeded as `atr`); the bands only move with the trend. TradingView's `ta.supertrend`, but for the seed of the range.
 */
export function supertrend(period: number, factor: number): Indicator {
  const lines = new Float64Array(2).fill(Number.NaN);
  const range = atr(period);
  let [upper, lower, before] = [Number.NaN, Number.NaN, Number.NaN];
  let trend = -1;
  return {
    names: ['line', 'trend'],
    lines,
    lookback: period,
    update(open, high, low, close, volume): void {
      range.update(open, high, low, close, volume);
      const width = factor * range.lines[0]!;
      const closedBefore = before;
      before = close;
      if (Number.isNaN(width)) return;
      const middle = (high + low) / 2;
      const isFirst = Number.isNaN(upper);
      const wasUpper = upper;
      const wasLower = lower;
      upper = isFirst || middle + width < wasUpper || closedBefore > wasUpper ? middle + width : wasUpper;
      lower = isFirst || middle - width > wasLower || closedBefore < wasLower ? middle - width : wasLower;
      if (!isFirst) trend = trend === -1 ? (close > upper ? 1 : -1) : close < lower ? -1 : 1;
      lines[0] = trend === 1 ? lower : upper;
      lines[1] = trend;
    },
  };
}

/** Heikin Ashi: lines `open`, `close` of the averaged candle and `run`: how many of one colour in a row, negative when falling. */
export function heikinAshi(): Indicator {
  const lines = new Float64Array(3).fill(Number.NaN);
  let run = 0;
  return {
    names: ['open', 'close', 'run'],
    lines,
    lookback: 0,
    update(open, high, low, close): void {
      const began = Number.isNaN(lines[0]!) ? (open + close) / 2 : (lines[0]! + lines[1]!) / 2;
      const ended = (open + high + low + close) / 4;
      const sign = Math.sign(ended - began);
      run = sign === 0 ? 0 : Math.sign(run) === sign ? run + sign : sign;
      lines[0] = began;
      lines[1] = ended;
      lines[2] = run;
    },
  };
}
