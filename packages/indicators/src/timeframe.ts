/** Time frames, and larger candles made of minutes. Frames begin at whole multiples since 1970-01-01 UTC; weeks begin on Monday. */

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;

/** The usual time frames, in minutes. */
export const timeframes = {
  '1m': 1,
  '3m': 3,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '2h': 120,
  '4h': 240,
  '6h': 360,
  '8h': 480,
  '12h': 720,
  '1d': 1440,
  '3d': 4320,
  '1w': 10_080,
} as const;
export type Timeframe = keyof typeof timeframes;
export const timeframeNames = Object.keys(timeframes) as readonly Timeframe[];

export const timeframeMs = (timeframe: Timeframe): number => timeframes[timeframe] * minuteMs;

/** 1970-01-01 was a Thursday: the first Monday is four days later. */
const weekShift = 4 * dayMs;

/** When the frame that holds `time` (unix ms) opened. */
export function openOf(time: number, timeframe: Timeframe): number {
  const length = timeframeMs(timeframe);
  const shift = timeframe === '1w' ? weekShift : 0;
  return Math.floor((time - shift) / length) * length + shift;
}

/** The time frames of which a candle ends at `time` (unix ms), shortest first. */
export const framesEndingAt = (time: number): readonly Timeframe[] => timeframeNames.filter((it) => openOf(time, it) === time);

/** One candle with its open time in unix ms. */
export interface Bar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/**
 * Makes candles of a time frame out of minutes. A frame closes with its last minute, or, where minutes are missing, with the
 * first minute of a later frame: missing minutes are never made up.
 */
export class Aggregator {
  readonly timeframe: Timeframe;
  readonly #length: number;
  #bar: Bar | undefined;

  constructor(timeframe: Timeframe) {
    this.timeframe = timeframe;
    this.#length = timeframeMs(timeframe);
  }

  /** Takes a closed minute; calls `closed` for every frame that it closes (at most two). */
  push(minute: Readonly<Bar>, closed: (bar: Readonly<Bar>) => void): void {
    const open = openOf(minute.time, this.timeframe);
    if (this.#bar !== undefined && this.#bar.time !== open) {
      closed(this.#bar);
      this.#bar = undefined;
    }
    const bar = this.#bar;
    if (bar === undefined) this.#bar = { ...minute, time: open };
    else {
      bar.high = Math.max(bar.high, minute.high);
      bar.low = Math.min(bar.low, minute.low);
      bar.close = minute.close;
      bar.volume += minute.volume;
    }
    if (minute.time + minuteMs === open + this.#length) {
      closed(this.#bar!);
      this.#bar = undefined;
    }
  }
}
