/** The equity curve, thinned for drawing without losing a peak or a trough. */
import type { EquityAnswer, EquityPoint } from '@holdfast/contracts';
import { type Amount, amount, epochMs, formatAmount } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import { type DrawdownSoFar, noDrawdown, withSample } from '@holdfast/views';

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

/** Points kept in memory; between this and twice as many. */
const keptMost = 20_000;
const rowsAtOnce = 20_000;

interface Curve {
  points: EquityPoint[];
  /** Of all points but the newest, which may be written again. */
  before: DrawdownSoFar;
}

export type EquityCurve = (quote: string, most: number) => Promise<EquityAnswer>;

/**
 * The curves by quote. Points are only ever added, so each is read once: the largest fall is carried on exactly, and what is
 * drawn is kept thinned. Questions wait for each other.
 */
export function equityCurve(database: () => EngineQueries): EquityCurve {
  const curves = new Map<string, Curve>();
  async function readOn(quote: string): Promise<Curve> {
    const curve = curves.get(quote) ?? { points: [], before: noDrawdown };
    curves.set(quote, curve);
    for (;;) {
      const rows = await database()
        .selectFrom('equity')
        .select(['at', 'value', 'realised'])
        .where('quote', '=', quote)
        .where('at', '>=', curve.points.at(-1)?.at ?? 0) // the newest may have been written again
        .orderBy('at')
        .limit(rowsAtOnce)
        .execute();
      for (const row of rows) addPoint(curve, row);
      if (rows.length < rowsAtOnce) return curve;
      await new Promise((done) => setImmediate(done));
    }
  }
  let turn: Promise<unknown> = Promise.resolve();
  return async (quote, most) => {
    const read = (): Promise<Curve> => readOn(quote);
    const next = turn.then(read, read);
    turn = next;
    const { points, before } = await next;
    const { fraction } = withPoint(before, points.at(-1)).worst;
    return { quote, points: thin(points, most), largestDrawdown: formatAmount((fraction / shownPlaces) * shownPlaces) };
  };
}

function addPoint(curve: Curve, point: EquityPoint): void {
  if (curve.points.at(-1)?.at === point.at) curve.points.pop();
  else curve.before = withPoint(curve.before, curve.points.at(-1));
  curve.points.push(point);
  if (curve.points.length > 2 * keptMost) curve.points = thin(curve.points, keptMost);
}

const withPoint = (so: DrawdownSoFar, point: EquityPoint | undefined): DrawdownSoFar =>
  point === undefined ? so : withSample(so, { at: epochMs(point.at), value: amount(point.value) });
