/** Candles of any length out of the engine's one-minute candles. */
import type { CandleView } from '@holdfast/contracts';
import { amount, formatAmount } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';

const minuteMs = 60_000;

/** Length of each interval, in minutes. */
export const intervals = { '1m': 1, '5m': 5, '15m': 15, '1h': 60, '4h': 240, '1d': 1440 } as const;
export type Interval = keyof typeof intervals;
export const intervalNames = Object.keys(intervals) as [Interval, ...Interval[]];

type MinuteRow = Row<'candles'>;

const highest = (a: string, b: string): string => (amount(b) > amount(a) ? b : a);
const lowest = (a: string, b: string): string => (amount(b) < amount(a) ? b : a);

/** Joins minutes, oldest first, into candles that begin at whole multiples of `minutes` since 1970. */
export function joinCandles(rows: readonly MinuteRow[], minutes: number): CandleView[] {
  const length = minutes * minuteMs;
  const groups = Map.groupBy(rows, ({ open_time }) => open_time - (open_time % length));
  return [...groups].map(([openTime, members]) => {
    const first = members[0] as MinuteRow;
    const last = members.at(-1) as MinuteRow;
    return {
      openTime,
      open: first.open,
      high: members.map(({ high }) => high).reduce(highest),
      low: members.map(({ low }) => low).reduce(lowest),
      close: last.close,
      volume: formatAmount(members.reduce((total, { volume }) => total + amount(volume), 0n)),
      closed: last.closed === 1 && last.open_time + minuteMs === openTime + length,
    };
  });
}

/** The newest `limit` candles, oldest first. */
export async function readCandles(db: EngineQueries, pair: string, interval: Interval, limit: number): Promise<CandleView[]> {
  const minutes = intervals[interval];
  const newest = await db
    .selectFrom('candles')
    .select('open_time')
    .where('pair', '=', pair)
    .orderBy('open_time', 'desc')
    .limit(1);
  const last = await newest.executeTakeFirst();
  if (last === undefined) return [];
  const length = minutes * minuteMs;
  const from = last.open_time - (last.open_time % length) - (limit - 1) * length;
  const rows = await db
    .selectFrom('candles')
    .selectAll()
    .where('pair', '=', pair)
    .where('open_time', '>=', from)
    .orderBy('open_time')
    .execute();
  return joinCandles(rows, minutes);
}
