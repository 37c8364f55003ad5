/** Oscillators. Formulae and seeding are TA-Lib's (ta_RSI.c, ta_MACD.c, ta_STOCH.c, ta_CCI.c, ta_MFI.c, ta_ULTOSC.c) unless said otherwise. */
import { Ema, Sma, Wilder } from './averages.ts';
import { Extreme, type Indicator, Ring } from './indicator.ts';

const one = (name: string) => ({ names: [name], lines: new Float64Array(1).fill(Number.NaN) });

/** Relative strength index, 0 to 100; 0 where nothing moved at all, as TA-Lib has it. */
export function rsi(period: number): Indicator {
  const { names, lines } = one('rsi');
  const gains = new Wilder(period);
  const losses = new Wilder(period);
  let before = Number.NaN;
  return {
    names,
    lines,
    lookback: period,
    update(_open, _high, _low, close): void {
      const change = close - before;
      before = close;
      if (Number.isNaN(change)) return;
      const gain = gains.next(change > 0 ? change : 0);
      const loss = losses.next(change < 0 ? -change : 0);
      const sum = gain + loss;
      lines[0] = sum === 0 ? 0 : (100 * gain) / sum;
    },
  };
}

/** Lines `macd`, `signal`, `histogram`. The fast average is seeded where the slow one is, so that both begin together. */
export function macd(fastPeriod: number, slowPeriod: number, signalPeriod: number): Indicator {
  const [short, long] = fastPeriod <= slowPeriod ? [fastPeriod, slowPeriod] : [slowPeriod, fastPeriod];
  const names = ['macd', 'signal', 'histogram'];
  const lines = new Float64Array(3).fill(Number.NaN);
  const fast = new Ema(short);
  const slow = new Ema(long);
  const signal = new Ema(signalPeriod);
  let seen = 0;
  return {
    names,
    lines,
    lookback: long + signalPeriod - 2,
    update(_open, _high, _low, close): void {
      seen += 1;
      const quick = seen > long - short ? fast.next(close) : Number.NaN;
      const line = quick - slow.next(close);
      const average = signal.next(line);
      if (Number.isNaN(average)) return;
      lines[0] = line;
      lines[1] = average;
      lines[2] = line - average;
    },
  };
}

/** Slow stochastic: lines `k` and `d`; 0 where high and low are the same. Averages are simple ones. */
export function stochastic(fastK: number, slowK: number, slowD: number): Indicator {
  const lines = new Float64Array(2).fill(Number.NaN);
  const highest = new Extreme(fastK, 'highest');
  const lowest = new Extreme(fastK, 'lowest');
  const k = new Sma(slowK);
  const d = new Sma(slowD);
  return {
    names: ['k', 'd'],
    lines,
    lookback: fastK + slowK + slowD - 3,
    update(_open, high, low, close): void {
      const top = highest.push(high);
      const bottom = lowest.push(low);
      if (!highest.isFull) return;
      const span = (top - bottom) / 100;
      const slow = k.next(span === 0 ? 0 : (close - bottom) / span);
      const average = d.next(slow);
      if (Number.isNaN(average)) return;
      lines[0] = slow;
      lines[1] = average;
    },
  };
}

/** Commodity channel index of the typical price; 0 where the price stands still, by sums of distances from it. */
export function cci(period: number): Indicator {
  const { names, lines } = one('cci');
  const typical = new Ring(period);
  return {
    names,
    lines,
    lookback: period - 1,
    update(_open, high, low, close): void {
      const price = (high + low + close) / 3;
      typical.push(price);
      if (!typical.isFull) return;
      let off = 0;
      for (let back = 0; back < period; back += 1) off += typical.newest(back) - price;
      const average = price + off / period;
      let spread = 0;
      for (let back = 0; back < period; back += 1) spread += Math.abs(typical.newest(back) - average);
      const distance = -off / period;
      lines[0] = distance === 0 || spread === 0 ? 0 : distance / (0.015 * (spread / period));
    },
  };
}

/**
 * Money flow index, 0 to 100. TA-Lib answers 0 when the flow of the period is below 1 unit of quote; in quotes such as BTC every
 * flow is, so here only no flow at all gives 0. Flows are summed anew for each candle, so that none is left over when none was.
 */
export function mfi(period: number): Indicator {
  const { names, lines } = one('mfi');
  const rising = new Ring(period);
  const falling = new Ring(period);
  let before = Number.NaN;
  return {
    names,
    lines,
    lookback: period,
    update(_open, high, low, close, volume): void {
      const price = (high + low + close) / 3;
      const change = price - before;
      before = price;
      if (Number.isNaN(change)) return;
      const flow = price * volume;
      const rose = change > 0 ? flow : 0;
      const fell = change < 0 ? flow : 0;
      rising.push(rose);
      falling.push(fell);
      if (!rising.isFull) return;
      const up = rising.sum();
      const sum = up + falling.sum();
      lines[0] = sum === 0 ? 0 : (100 * up) / sum;
    },
  };
}

/** Ultimate oscillator (L. Williams), 0 to 100, weights 4, 2, 1 from the shortest period to the longest. */
export function ultimate(first: number, second: number, third: number): Indicator {
  const { names, lines } = one('ultimate');
  const periods = [first, second, third].sort((a, b) => a - b);
  const parts = periods.map((period) => ({ pressure: new Ring(period), range: new Ring(period) }));
  let before = Number.NaN;
  return {
    names,
    lines,
    lookback: periods[2]!,
    update(_open, high, low, close): void {
      const trueLow = Math.min(low, before);
      const range = Math.max(high - low, Math.abs(before - high), Math.abs(before - low));
      before = close;
      if (Number.isNaN(range)) return;
      const pressure = close - trueLow;
      let output = 0;
      for (const [at, part] of parts.entries()) {
        part.pressure.push(pressure);
        part.range.push(range);
        const reach = part.range.sum();
        if (reach !== 0) output += ([4, 2, 1][at]! * part.pressure.sum()) / reach;
      }
      if (parts[2]!.pressure.isFull) lines[0] = 100 * (output / 7);
    },
  };
}
