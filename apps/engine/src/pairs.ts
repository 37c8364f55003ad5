/** Pairs as they are named in commands. */
import { type Pair, pair, ValueError } from '@holdfast/domain';
import { CommandError } from './command-error.ts';

/** @throws CommandError `pair-malformed` */
export function readPair(name: string): Pair {
  try {
    return pair(name);
  } catch (error) {
    if (error instanceof ValueError) throw new CommandError('pair-malformed', `${name} is not a pair such as BTC/USDT`);
    throw error;
  }
}
