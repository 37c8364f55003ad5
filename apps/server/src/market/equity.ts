/** The equity curve, thinned for drawing without losing a peak or a trough. */
import type { EquityPoint } from '@holdfast/contracts';
import { type Amount, amount, epochMs, formatAmount } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import { maxDrawdown } from '@holdfast/views';

const shownPlaces = 10n ** 12n; // 6 of 18 places

/** At most `most` points (at least 4): the first, the last, and of each stretch between its lowest and its highest. */
export function thin(points: readonly EquityPoint[], most: number): EquityPoint[] {
  if (points.length <= most) return [...points];
  const inner = points.slice(1, -1);
  const stretches = Math.floor((most - 2) / 2);
  const kept = new Set<EquityPoint>([points[0] as EquityPoint]);
  for (let index = 0; index < stretches; index += 1) {
    const from = Math.floor((index * inner.length) / stretches);
    const until = Math.floor(((index + 1) * inner.length) / stretches);
    for (const point of extremes(inner.slice(from, until))) kept.add(point);
  }
  kept.add(points.at(-1) as EquityPoint);
  return [...kept];
}

function extremes(points: readonly EquityPoint[]): EquityPoint[] {
  const values = points.map(({ value }) => amount(value));
  const pick = (better: (a: Amount, b: Amount) => boolean): number =>
    values.reduce((best, value, index) => (better(value, values[best] as Amount) ? index : best), 0);
  const places = new Set([pick((a, b) => a < b), pick((a, b) => a > b)]);
  return [...places].sort((a, b) => a - b).flatMap((place) => points[place] ?? []);
}

/** The curve of the account in `quote`, oldest first. */
export async function readEquity(db: EngineQueries, quote: string, most: number) {
  const points = await db
    .selectFrom('equity')
    .select(['at', 'value', 'realised'])
    .where('quote', '=', quote)
    .orderBy('at')
    .execute();
  const { fraction } = maxDrawdown(points.map(({ at, value }) => ({ at: epochMs(at), value: amount(value) })));
  return {
    quote,
    points: thin(points, most),
    largestDrawdown: formatAmount((fraction / shownPlaces) * shownPlaces),
  };
}
