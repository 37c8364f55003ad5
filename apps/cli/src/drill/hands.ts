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
  /** Per victim: when the first hostile order or cancel came, and when the thief first noticed that nothing passes any more. Unix ms. */
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
      if (!tally.firstAt.has(victim)) tally.firstAt.set(victim, clock.now());
      const outcome = await hands.cancel(victim, pair, id);
      if (outcome.kind === 'refused') refuse(tally, outcome.code, outcome.reason);
      return outcome;
    },
  };
}
