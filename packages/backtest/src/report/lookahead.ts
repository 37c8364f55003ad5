/**
 * Whether a run knows its future: it is run again on candles that end at several moments, and all that it did before each
 * moment must be what it did when the future was there. Truncating is the test of accuracy rule 3.
 */
import type { EpochMs, Pair } from '@holdfast/domain';
import { rowAt, type Series, type TradesInside, timeOf } from '../data/series.ts';
import type { RunFill, RunRequest, RunResult } from '../run/result.ts';

export interface LookaheadCut {
  /** Where the candles ended. */
  readonly at: number;
  /** Fills before it. */
  readonly fills: number;
  /** The first fill that is not the same; null when all are. */
  readonly differs: { readonly number: number; readonly whole: string | null; readonly cut: string | null } | null;
}

export interface Lookahead {
  readonly holds: boolean;
  readonly cuts: readonly LookaheadCut[];
}

/** The same series without the candles that open at `time` or later. */
export function truncated(series: Series, time: number): Series {
  const rows = rowAt(series, time);
  const { open, high, low, close, volume, segments } = series;
  const cut = <Column extends { subarray(from: number, to: number): Column }>(column: Column): Column => column.subarray(0, rows);
  return {
    ...series,
    rows,
    segments: segments.filter((segment) => segment.row < rows),
    open: cut(open as Int32Array),
    high: cut(high as Int32Array),
    low: cut(low as Int32Array),
    close: cut(close as Int32Array),
    volume: cut(volume as Uint32Array),
    ...(series.inner === undefined ? {} : { inner: innerCut(series.inner, rows) }),
  };
}

/** The trades behind stay where they are: no place leads to them. */
const innerCut = (inner: TradesInside, rows: number): TradesInside => ({
  ...inner,
  first: inner.first.subarray(0, rows),
  places: inner.places.subarray(0, rows + 1),
});

const fillText = (fill: RunFill | undefined): string | null =>
  fill === undefined
    ? null
    : [fill.clientOrderId, fill.pair, fill.side, fill.price, fill.quantity, fill.fee, fill.feeAsset, fill.maker, fill.at].join(
        ' ',
      );

/** The simulated house takes the mean volume of a series from its first day; it is known before the run. */
const knownRows = 1440;

/** `count` moments at even distances inside the run, each at the opening of a candle. */
export function cutsOf({ series, from, to }: Pick<RunRequest, 'series' | 'from' | 'to'>, count: number): readonly number[] {
  const [first] = series.values();
  if (first === undefined) return [];
  const begin = Math.max(rowAt(first, from) + 1, Math.min(knownRows, first.rows - 1));
  const end = rowAt(first, to);
  const rows = Array.from({ length: count }, (_, at) => begin + Math.floor(((at + 1) * (end - begin)) / (count + 1)));
  return [...new Set(rows)].filter((row) => row > 0 && row < first.rows).map((row) => timeOf(first, row));
}

export function checkLookahead(request: RunRequest, run: (request: RunRequest) => RunResult, count: number): Lookahead {
  const whole = run(request).fills;
  const cuts = cutsOf(request, count).map((at): LookaheadCut => {
    const series = new Map([...request.series].map(([pair, each]): [Pair, Series] => [pair, truncated(each, at)]));
    const before = whole.filter((fill) => fill.at < at);
    const again = run({ ...request, series, to: at as EpochMs }).fills.filter((fill) => fill.at < at);
    const most = Math.max(before.length, again.length);
    for (let number = 0; number < most; number += 1) {
      const [one, other] = [fillText(before[number]), fillText(again[number])];
      if (one !== other) return { at, fills: before.length, differs: { number, whole: one, cut: other } };
    }
    return { at, fills: before.length, differs: null };
  });
  return { holds: cuts.every(({ differs }) => differs === null), cuts };
}
