/** Signals of a backtest from a file: a line each, time and name, and where there are several pairs the one that it is for. */
import { readFileSync } from 'node:fs';
import type { AskedSignal } from '@holdfast/backtest';
import { InvalidArgumentError } from 'commander';
import { readTime } from '../read-time.ts';

const most = 100_000;
/** Of seconds, milliseconds, microseconds and nanoseconds. */
const units: readonly (readonly [below: number, toMs: number])[] = [
  [1e11, 1000],
  [1e14, 1],
  [1e17, 1e-3],
  [1e20, 1e-6],
];

function timeOf(text: string): number {
  if (!/^\d{9,19}$/.test(text)) return readTime(text);
  const number = Number(text);
  return Math.floor(number * (units.find(([below]) => number < below)?.[1] ?? 1));
}

/** @throws InvalidArgumentError naming file and row */
export function readSignals(file: string): readonly AskedSignal[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidArgumentError(`${file} cannot be read: ${(cause as Error).message}`);
  }
  const found: AskedSignal[] = [];
  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const [time = '', name = '', pair = '', ...more] = line.split(/[,;]/).map((cell) => cell.trim());
    if (line.trim() === '' || (at === 0 && /^(at|time)/i.test(time))) continue;
    const refuse = (what: string): InvalidArgumentError =>
      new InvalidArgumentError(`${file}, row ${at + 1}: ${what}: ${line.slice(0, 80)}`);
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(name) || !/^([A-Z0-9.]{1,20}\/[A-Z0-9.]{1,20})?$/.test(pair) || more.length > 0)
      throw refuse('it is not TIME,NAME or TIME,NAME,PAIR with a name of letters, digits, _ and -, and a pair such as BTC/USDT');
    let moment: number;
    try {
      moment = timeOf(time);
    } catch (cause) {
      throw refuse((cause as Error).message);
    }
    if (moment < (found.at(-1)?.at ?? 0)) throw refuse('it comes before the one above it; sort the file by time');
    if (found.push({ at: moment, name, ...(pair === '' ? {} : { pair }) }) > most)
      throw refuse(`there are more than ${most} signals`);
  }
  if (found.length === 0) throw new InvalidArgumentError(`${file} has no signals; rows are TIME,NAME or TIME,NAME,PAIR`);
  return found;
}
