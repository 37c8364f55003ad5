/**
 * A stop that buys is judged by the band around the price of now (E_BAND), and its limit may lie beyond it. It is watched then, and
 * asked for again when the price has come nearer: by a quarter at once, after a wait at all. So a price that comes to the stop brings
 * few refusals, and one that stays away none.
 */
import { type EpochMs, type PairRules, type PlaceOrder, type Ticks, toTicks } from '@holdfast/domain';
import { askAgainAt } from '../dca/refusals.ts';
import { reaches, stepped, type Way } from './direction.ts';

/** Plain data of a bot's state. */
export interface TooFar {
  /** Ticks from the price of then to the limit. */
  readonly by: number;
  /** From then on any nearer price is near enough. */
  readonly until: EpochMs;
  readonly tries: number;
  readonly reason: string;
  /** False: it is asked for now. */
  readonly waits: boolean;
}

/** Whether the vault refuses this order for where the price is now. */
export const isTooFar = ({ order, side }: Pick<PlaceOrder, 'order' | 'side'>, code: string): boolean =>
  order === 'stop-limit' && side === 'buy' && code === 'E_BAND';

interface Refused {
  readonly limit: PlaceOrder['limit'];
  /** That an exit meets. */
  readonly price: Ticks;
  readonly at: EpochMs;
  readonly reason: string;
}

/** As it is after a refusal. @param before of the refusal before this one */
export function keptAway(before: TooFar | undefined, way: Way, { limit, price, at, reason }: Refused, rules: PairRules): TooFar {
  const tries = before?.tries ?? 0;
  const by = Math.max(way.sign * (price - toTicks(limit, rules, 'down')), 1);
  return { by, until: askAgainAt('later', at, tries, 0), tries: tries + 1, reason, waits: true };
}

/** The price from which on towards the stop it is asked for again, by its limit of now; null while it does not wait. */
export function nearEnough(tooFar: TooFar | undefined, way: Way, limit: Ticks, at: EpochMs): Ticks | null {
  if (tooFar?.waits !== true) return null;
  return stepped(way, limit, at < tooFar.until ? Math.floor((tooFar.by * 3) / 4) : tooFar.by - 1);
}

/** The same, or asked for where the price is near enough. */
export function followed(tooFar: TooFar | undefined, way: Way, limit: Ticks, price: Ticks, at: EpochMs): TooFar | undefined {
  const near = nearEnough(tooFar, way, limit, at);
  return tooFar !== undefined && near !== null && reaches(way, near, price) ? { ...tooFar, waits: false } : tooFar;
}

/** Why such a stop does not rest, in words. */
export const tooFarText = ({ reason, waits }: TooFar): string =>
  `${reason}; ${waits ? 'asked for again nearer to it' : 'asked for again now'}`;
