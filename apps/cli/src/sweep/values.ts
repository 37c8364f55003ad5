/** Values of the options of sweeps. */
import type { Span } from '@holdfast/backtest';
import { InvalidArgumentError } from 'commander';
import { readTime } from '../read-time.ts';

export const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}, got "${text}"`);
  };

export function readShare(text: string): number {
  const value = Number(text.endsWith('%') ? text.slice(0, -1) : text) / (text.endsWith('%') ? 100 : 1);
  if (/^[\d.]+%?$/.test(text) && value >= 0 && value <= 0.9) return value;
  throw new InvalidArgumentError(`a share from 0 to 90 % such as 30% or 0.3, got "${text}"`);
}

export const oneOf =
  <const Value extends string>(...values: readonly Value[]) =>
  (text: string): Value => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`must be ${values.join(' or ')}, got "${text}"`);
    return found;
  };

const secondsOf = { s: 1, m: 60, h: 3600 } as const;

/** "90s", "10m", "2h" as seconds. */
export function readSeconds(text: string): number {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)([smh])$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * secondsOf[match[2] as keyof typeof secondsOf];
  if (value > 0) return value;
  throw new InvalidArgumentError(`a time such as 90s, 10m or 2h, got "${text}"`);
}

/** "2025-05-20..2025-06-20": first day, and the day after the last. */
export function readPeriods(text: string, before: readonly Span[]): readonly Span[] {
  const ends = text.split('..');
  if (ends.length !== 2) throw new InvalidArgumentError(`must be FROM..TO such as 2025-05-20..2025-06-20, got "${text}"`);
  const [from, to] = ends.map((end) => readTime(end)) as [number, number];
  if (!(from < to)) throw new InvalidArgumentError(`"${text}" ends before it begins`);
  return [...before, { from, to }];
}
