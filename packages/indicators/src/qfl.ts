/**
 * Bases after "Quickfingers Luc": a base is a low that held and from which the price bounced; the condition is a crack below it.
 * Nobody publishes what 3Commas' four kinds measure, so this is our rule: a low is a base when none of the `before` candles
 * before it was lower, none of the `after` candles after it was, and the highest close of these is at least `bounce` percent
 * above it. Lines `base` (the newest base) and `distance`: how far the close is below it, in percent (negative: above).
 */
import { type Indicator, Ring } from './indicator.ts';

export interface BaseRule {
  /** Time frame that the kind is meant for. */
  readonly timeframe: string;
  readonly before: number;
  readonly after: number;
  /** Percent. */
  readonly bounce: number;
}

export const baseRules = {
  original: { timeframe: '1h', before: 24, after: 6, bounce: 3 },
  'day-trade': { timeframe: '15m', before: 24, after: 8, bounce: 2 },
  conservative: { timeframe: '2h', before: 36, after: 12, bounce: 5 },
  position: { timeframe: '4h', before: 42, after: 12, bounce: 8 },
} as const satisfies Readonly<Record<string, BaseRule>>;

export type BaseKind = keyof typeof baseRules;

export function qfl({ before, after, bounce }: Omit<BaseRule, 'timeframe'>): Indicator {
  const lines = new Float64Array(2).fill(Number.NaN);
  const lows = new Ring(before + after + 1);
  const closes = new Ring(after);
  const isBase = (): boolean => {
    const candidate = lows.newest(after);
    for (let back = 0; back < lows.size; back += 1) if (lows.newest(back) < candidate) return false;
    let highest = 0;
    for (let back = 0; back < after; back += 1) highest = Math.max(highest, closes.newest(back));
    return highest >= candidate * (1 + bounce / 100);
  };
  return {
    names: ['base', 'distance'],
    lines,
    lookback: before + after,
    update(_open, _high, low, close): void {
      lows.push(low);
      closes.push(close);
      if (lows.isFull && isBase()) lines[0] = lows.newest(after);
      lines[1] = (100 * (lines[0]! - close)) / lines[0]!;
    },
  };
}
