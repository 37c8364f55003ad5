/**
 * The exchange owns time: it begins where the tape begins and moves with it, at a speed. Between ticks of a free run
 * it follows the operating system's clock times the speed, never past the next tick; in lockstep, and as fast as it
 * goes, it is the time of the last tick.
 */
import { type EpochMs, epochMs } from '@holdfast/domain';

export type Speed = number | 'max';

export interface Clock {
  now(): EpochMs;
  /** Ms of the operating system's clock until exchange time `at`; 0 when it is due. */
  waitFor(at: number): number;
  /** The tick of this time has been applied. */
  reached(at: number): void;
  /** The next tick's time, which `now` must not pass. */
  setNext(at: number | undefined): void;
}

/** So far behind (a machine that slept, an engine that was away), the time lost is not made up for. */
const lagMsMost = 2000;

export function makeClock(start: number, speed: Speed, lockstep: boolean, wall: () => number): Clock {
  let last = start;
  let next: number | undefined;
  let base = { wall: wall(), at: start };

  const paced = (): number => (speed === 'max' ? last : base.at + (wall() - base.wall) * speed);
  return {
    now(): EpochMs {
      if (lockstep || speed === 'max' || next === undefined) return epochMs(last);
      return epochMs(Math.floor(Math.max(last, Math.min(paced(), next))));
    },
    waitFor(at): number {
      if (speed === 'max') return 0;
      const waitMs = (at - paced()) / speed;
      if (waitMs < -lagMsMost) base = { wall: wall(), at };
      return Math.max(0, waitMs);
    },
    reached(at): void {
      last = Math.max(last, at);
    },
    setNext(at): void {
      next = at;
    },
  };
}
