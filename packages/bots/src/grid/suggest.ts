/**
 * A range and a number of lines from recent candles (docs/bots/grid.md). The range is where the price was, half a mean candle wider
 * on each side; a step is what a candle moves on average, but at least four fees, so that half of it is left after two.
 */
import { type Amount, type Candle, divide, formatAmount, unit } from '@holdfast/domain';
import type { GridSettingsText } from './settings.ts';

const linesLeast = 2;
const linesMost = 200;

export interface GridSuggestion {
  readonly settings: Pick<
    GridSettingsText,
    'mode' | 'spacing' | 'lowerPrice' | 'upperPrice' | 'lines' | 'amountIn' | 'amountPerLine'
  >;
  /** Mean of (high - low) / close over the candles, and the step taken: counts of 10^-18 of one. */
  readonly meanMove: bigint;
  readonly step: bigint;
}

/** `fee` of one order as a count of 10^-18, `funds` in quote; `leastOrder` is the exchange's smallest order in quote. Null without a candle that traded. */
export function suggestGrid(
  candles: readonly Candle[],
  fee: bigint,
  funds: Amount,
  leastOrder: Amount = 0n as Amount,
): GridSuggestion | null {
  const traded = candles.filter(({ low, close }) => low > 0n && close > 0n);
  const [first] = traded;
  if (first === undefined) return null;
  const highest = traded.reduce((top, { high }) => (high > top ? high : top), first.high);
  const lowest = traded.reduce((bottom, { low }) => (low < bottom ? low : bottom), first.low);
  const moves = traded.reduce((sum, { high, low, close }) => sum + ((high - low) * unit) / close, 0n);
  const meanMove = moves / BigInt(traded.length);
  const step = meanMove > 4n * fee ? meanMove : 4n * fee;
  const lower = shortened(lowest - multiplied(lowest, meanMove / 2n), 'down');
  const wide = highest + multiplied(highest, meanMove / 2n);
  // A price that hardly moved still needs room for one step.
  const least = lower + divide(lower * step, unit, 'up');
  const upper = shortened(wide > least ? wide : least, 'up');
  const affordable = leastOrder > 0n ? funds / (leastOrder + leastOrder / 5n) : BigInt(linesMost);
  const lines = Math.max(linesLeast, Math.min(stepsBetween(lower, upper, step) + 1, Number(affordable) + 1, linesMost));
  // A tenth stays for the rounding of lots, the fee of balancing and a price that has moved on.
  const amount = shortened((funds * 9n) / (10n * BigInt(lines - 1)), 'down');
  return {
    settings: {
      mode: 'normal',
      spacing: 'geometric',
      lowerPrice: formatAmount(lower),
      upperPrice: formatAmount(upper),
      lines,
      amountIn: 'quote',
      amountPerLine: formatAmount(amount),
    },
    meanMove,
    step,
  };
}

const multiplied = (value: bigint, share: bigint): bigint => (value * share) / unit;

/** How many whole steps of a ratio fit between two prices. */
function stepsBetween(lower: bigint, upper: bigint, step: bigint): number {
  let count = 0;
  for (let price = lower; count < linesMost; count++) {
    price += divide(price * step, unit, 'up');
    if (price > upper) break;
  }
  return count;
}

/** Five digits that are not zero, at most 8 decimals: nobody reads the others. */
function shortened(value: bigint, rounding: 'up' | 'down'): bigint {
  const size = 10n ** BigInt(Math.max(10, value.toString().length - 5));
  return divide(value > 0n ? value : 0n, size, rounding) * size;
}
