/** What an attacker trades with. A script plays the same way against both: sub-keys at the vault, or stolen exchange keys. */
import type { Amount, OrderKind, Pair, Side } from '@holdfast/domain';
import type { World } from './world.ts';

export interface HostileOrder {
  readonly pair: Pair;
  readonly side: Side;
  readonly kind: OrderKind;
  readonly quantity: Amount;
  readonly limit: Amount;
  readonly trigger?: Amount;
}

/** `code`: custody's, or `EXCHANGE_2010` where the exchange itself refused. */
export type Outcome =
  | { readonly kind: 'approved'; readonly id: string }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

export interface Hands {
  readonly by: 'vault' | 'exchange-keys';
  /** How far off the true price a hostile order is tried, in basis points: no further than the mandate lets through. */
  readonly edgeBps: number;
  /** `victim` counts from 0. */
  order(victim: number, order: HostileOrder): Promise<Outcome>;
  cancel(victim: number, pair: Pair, id: string): Promise<Outcome>;
}

/** What came of a play. */
export interface Tally {
  orders: number;
  approved: number;
  readonly refusals: Record<string, number>;
  /** First reason given per code, for people. */
  readonly reasons: Record<string, string>;
  /** Per victim: when the first hostile order came, and when it was first found that nothing passes any more. Unix ms. */
  readonly firstAt: Map<number, number>;
  readonly stoppedAt: Map<number, number>;
}

export const newTally = (): Tally => ({
  orders: 0,
  approved: 0,
  refusals: {},
  reasons: {},
  firstAt: new Map(),
  stoppedAt: new Map(),
});

/** Codes that say: this account or sub-key takes no new risk any more, whatever is asked. */
const stopped: ReadonlySet<string> = new Set(['E_FROZEN', 'E_REVOKED']);

export function refuse(tally: Tally, code: string, reason: string): void {
  tally.refusals[code] = (tally.refusals[code] ?? 0) + 1;
  tally.reasons[code] ??= reason;
}

/** The same hands, every order counted. */
export function counted(hands: Hands, { clock }: World, tally: Tally): Hands {
  return {
    ...hands,
    order: async (victim, order) => {
      const at = clock.now();
      tally.orders += 1;
      if (!tally.firstAt.has(victim)) tally.firstAt.set(victim, at);
      const outcome = await hands.order(victim, order);
      if (outcome.kind === 'approved') tally.approved += 1;
      else {
        refuse(tally, outcome.code, outcome.reason);
        if (stopped.has(outcome.code) && !tally.stoppedAt.has(victim)) tally.stoppedAt.set(victim, at);
      }
      return outcome;
    },
    cancel: async (victim, pair, id) => {
      const outcome = await hands.cancel(victim, pair, id);
      if (outcome.kind === 'refused') refuse(tally, outcome.code, outcome.reason);
      return outcome;
    },
  };
}

export interface TimeToFreeze {
  /** From the first hostile order to the end of trading, of the slowest that was stopped, in ms; null when nobody was. */
  readonly ms: number | null;
  readonly text: string;
}

/** Time until accounts or their sub-keys were stopped, with a text that says how many, or why none had to be. */
export function timeToFreeze({ firstAt, stoppedAt, refusals }: Tally, victims: number): TimeToFreeze {
  let ms: number | null = null;
  let count = 0;
  for (const [victim, from] of firstAt) {
    const to = stoppedAt.get(victim);
    if (to === undefined) continue;
    count += 1;
    ms = Math.max(ms ?? 0, to - from);
  }
  if (ms !== null) return { ms, text: `${count} of ${victims} victims were stopped; the time is that of the slowest of them` };
  const [most] = Object.entries(refusals).sort(([, one], [, other]) => other - one);
  return {
    ms,
    text: most === undefined ? 'nothing was stopped' : `nothing was stopped: limits refused, mostly ${most[0]} × ${most[1]}`,
  };
}
