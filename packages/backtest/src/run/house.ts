/** Who the bot's orders meet: quotes as the simulated exchange makes them for a tape, and its share of the volume. */
import type { HouseRules } from '@holdfast/exchanges/simulated/rules';
import type { Columns } from './columns.ts';
import type { Assumptions } from './result.ts';

/** A share of 1 in 1/10,000. */
export const shareOf = (share: number | null): number | null => (share === null ? null : Math.round(share * 10_000));

/** The house as the simulated exchange makes it for a tape. */
export function houseOf(columns: Columns, of: Assumptions): HouseRules {
  return {
    fill: of.fill === 'through' ? 'through' : 'touch',
    spreadTicks: of.spreadTicks,
    levels: 20,
    levelLots: of.levelLots?.[columns.pair] ?? meanLots(columns),
    volumeShareBps: shareOf(of.volumeShare) ?? 10_000,
    seed: of.seed ?? 1,
  };
}

const rowsForMean = 1440;

/** An eighth of the mean volume of the series' first candles, at least 1 lot. */
export function meanLots({ volume, rows }: Columns): number {
  let sum = 0;
  const count = Math.min(rows, rowsForMean);
  for (let row = 0; row < count; row++) sum += volume[row]!;
  return Math.max(1, Math.floor(sum / Math.max(1, count) / 8));
}
