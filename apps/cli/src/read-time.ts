/** Times as options and files give them. */
import { dateMs } from '@holdfast/domain';
import { InvalidArgumentError } from 'commander';

/** A moment as unix ms. @throws InvalidArgumentError unless a date such as 2025-01-31 or 2025-01-31T08:00, of UTC where it names no zone, or milliseconds */
export function readTime(text: string): number {
  const time = /^\d{12,14}$/.test(text) ? Number(text) : dateMs(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError(`"${text}" is no date such as 2025-01-31 and no time in milliseconds`);
  return time;
}
