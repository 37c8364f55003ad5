/**
 * How far the machine's clock lies from those of the reference exchanges, whose quotes bear their times. What is late on its
 * way only looks like a clock that goes ahead, so the smallest difference of a minute counts; of the exchanges, the middle one.
 */
import type { ReferenceVenue } from './places.ts';

const minuteMs = 60_000;
const venuesMin = 2;

interface Heard {
  readonly at: number;
  readonly ahead: number;
}

export interface VenueClock {
  /** A quote that bears the time `at`, heard at `now`; both unix ms. */
  hear(venue: ReferenceVenue, at: number, now: number): void;
  /** The exchanges' time at `now`, unix ms; null while fewer than two have said it in the last minute. */
  timeAt(now: number): number | null;
}

export function createVenueClock(): VenueClock {
  /** Per exchange: differences that rise with time, so that the first is the smallest of the minute. */
  const heard = new Map<ReferenceVenue, Heard[]>();
  return {
    hear: (venue, at, now) => {
      const of = heard.get(venue) ?? [];
      heard.set(venue, of);
      const ahead = now - at;
      while (of.length > 0 && of.at(-1)!.ahead >= ahead) of.pop();
      of.push({ at: now, ahead });
      // A clock that was set shows at once as a jump of all that follows; what was heard before it is of another clock.
      while (of.length > 0 && Math.abs(now - of[0]!.at) > minuteMs) of.shift();
    },
    timeAt: (now) => {
      const smallest = [...heard.values()]
        .map((of) => of.find((it) => Math.abs(now - it.at) <= minuteMs)?.ahead)
        .filter((it) => it !== undefined)
        .sort((a, b) => a - b);
      if (smallest.length < venuesMin) return null;
      return now - smallest[Math.floor((smallest.length - 1) / 2)]!;
    },
  };
}
