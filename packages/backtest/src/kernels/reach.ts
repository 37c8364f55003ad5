/**
 * Whether the exchange could refuse an order of a run for its distance from the average price of five minutes, or for its value:
 * such runs are left to the bot. Generous: what is near enough however the price moves is known, the rest is declined.
 */
import { averagingSize, type DcaSettings, deviation, type GridSettings } from '@holdfast/bots';
import { type Amount, unit } from '@holdfast/domain';
import type { Prices } from '../data/series.ts';
import { usualBand, usualMaxNotional } from '../run/assumptions.ts';
import type { Columns } from '../run/columns.ts';
import { fanOut, priceIndexOf } from '../run/price-index.ts';
import type { Assumptions } from '../run/result.ts';

const averageMs = 5 * 60_000;
/** For spread, slippage and roundings. */
const room = 1.02;

const known = new WeakMap<Prices, number>();

/** The highest price over the lowest among candles that may have a part in one average, at most; made once per columns. */
function swing(columns: Columns): number {
  const found = known.get(columns.high);
  if (found !== undefined) return found;
  const others = Math.ceil(averageMs / columns.intervalMs);
  // So many candles in a row lie in two neighbouring blocks of that length or more.
  const { levels } = priceIndexOf(columns);
  const { low, high } = levels.find((_, level) => fanOut ** level >= others) ?? levels.at(-1)!;
  let most = 1;
  for (let block = 0; block < low.length; block++) {
    const before = Math.max(0, block - 1);
    most = Math.max(most, Math.max(high[before]!, high[block]!) / Math.min(low[before]!, low[block]!));
  }
  known.set(columns.high, most);
  return most;
}

export interface Reach {
  /** Lowest and highest price of an order, over the price of when it is placed. */
  readonly down: number;
  readonly up: number;
}

/** How far an order may lie from the price of when it is placed and surely pass. */
export function reachOf(columns: Columns, { priceBand }: Assumptions): Reach {
  if (priceBand === null) return { down: 0, up: Number.POSITIVE_INFINITY };
  const { down, up } = priceBand ?? usualBand;
  const most = swing(columns) * room;
  return { down: (Number(down) / Number(unit)) * most, up: Number(up) / Number(unit) / most };
}

function isNear({ down, up }: Reach, columns: Columns, assumptions: Assumptions): boolean {
  if (assumptions.maxPosition !== undefined) return false;
  const most = reachOf(columns, assumptions);
  return down >= most.down && up <= most.up;
}

/** @param quote value of the largest order, at most */
const isSmall = (quote: number, { maxNotional = usualMaxNotional }: Assumptions): boolean =>
  quote * room <= Number(maxNotional) / Number(unit);

export function isDcaInReach(settings: DcaSettings, funds: Amount, columns: Columns, assumptions: Assumptions): boolean {
  const deepest = settings.averagingOrders === 0 ? null : deviation(settings, settings.averagingOrders);
  const down = deepest === null ? 1 : 1 - Number((deepest.numerator * 10n ** 9n) / deepest.denominator) / 1e9;
  const gain = 1 + Number(settings.takeProfits[0]?.profit ?? settings.takeProfit) / Number(unit);
  // What is sold hangs from the price of entry, also when the last averaging order filled just now.
  if (!isNear({ down, up: gain / down }, columns, assumptions)) return false;
  const spent = Number(funds) / Number(unit);
  return isSmall(spent * gain, assumptions) || isSmall(largest(settings) * gain, assumptions);
}

/** All that a deal may put in, in quote. */
function largest(settings: DcaSettings): number {
  let sum = Number(settings.baseOrderSize);
  for (let n = 1; n <= settings.averagingOrders; n++) sum += Number(averagingSize(settings, n));
  return sum / Number(unit);
}

export function isGridInReach(
  { lower, upper, lines, amount, amountIn }: GridSettings,
  row: number,
  columns: Columns,
  assumptions: Assumptions,
): boolean {
  if (upper === null) return false;
  const start = (columns.open[row]! * Number(columns.rules.tick)) / Number(unit);
  const [low, high] = [Number(lower) / Number(unit), Number(upper) / Number(unit)];
  // The first order may buy what all lines sell.
  const most = lines * (Number(amount) / Number(unit)) * (amountIn === 'quote' ? high / low : high);
  if (!isSmall(most, assumptions)) return false;
  // Orders are placed at the start, and where a line was reached.
  return isNear({ down: low / Math.max(start, high), up: high / Math.min(start, low) }, columns, assumptions);
}
