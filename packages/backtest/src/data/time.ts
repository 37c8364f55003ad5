/** Times as files write them. */
import { dateMs } from '@holdfast/domain';
import { toMs } from './decimal.ts';

const whole = /^\d+(\.0+)?$/;
const partOfSecond = /^(\d{1,10})\.(\d+)$/;
/** Unix ms of a number (any unit, by its size) or a date; NaN when it is neither. */
export function readTime(text: string): number {
  if (whole.test(text)) return toMs(Number(text));
  const [, seconds, part = ''] = partOfSecond.exec(text) ?? [];
  if (seconds !== undefined) return Number(seconds) * 1000 + Number(part.padEnd(3, '0').slice(0, 3));
  return dateMs(text);
}
