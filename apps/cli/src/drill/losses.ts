/**
 * What trades cost, measured outside the vault: value given minus value received at the true price at the time of the
 * fill, plus fees at that price. What the market does afterwards does not count, so a loss is what went to somebody else.
 */
import { type Amount, multiply, unit } from '@holdfast/domain';

const dayMs = 86_400_000;

/** One fill of somebody's. Prices in quote per base; the quote is the money that losses are counted in. */
export interface FillOfUser {
  readonly userId: number;
  readonly at: number;
  readonly side: 'BUY' | 'SELL';
  readonly price: Amount;
  readonly quantity: Amount;
  /** The fee in quote, at true prices. */
  readonly fee: Amount;
  /** True price at the time of the fill. */
  readonly truth: Amount;
}

export interface Losses {
  add(fill: FillOfUser): void;
  /** Of one user in all; negative: gained. */
  of(userId: number): Amount;
  total(userIds: Iterable<number>): Amount;
  /** The most that one user lost within any `ms` in a row, from `since` on. */
  worst(userId: number, ms?: number, since?: number): Amount;
  fills(userIds: Iterable<number>): number;
}

/** Value given minus value received, plus the fee. */
export function lossOf({ side, price, quantity, fee, truth }: FillOfUser): bigint {
  const apart = side === 'BUY' ? price - truth : truth - price;
  const given = apart < 0n ? -multiply(quantity, -apart, 'down') : multiply(quantity, apart, 'up');
  return given + fee;
}

export function lossBook(): Losses {
  const byUser = new Map<number, { readonly at: number; readonly loss: bigint }[]>();
  const of = (userId: number): bigint => (byUser.get(userId) ?? []).reduce((sum, it) => sum + it.loss, 0n);
  return {
    add: (fill) => {
      const own = byUser.get(fill.userId) ?? [];
      byUser.set(fill.userId, own);
      own.push({ at: fill.at, loss: lossOf(fill) });
    },
    of: (userId) => of(userId) as Amount,
    total: (userIds) => [...userIds].reduce((sum, userId) => sum + of(userId), 0n) as Amount,
    worst: (userId, ms = dayMs, since = 0) =>
      worstWithin(
        (byUser.get(userId) ?? []).filter(({ at }) => at >= since),
        ms,
      ) as Amount,
    fills: (userIds) => [...userIds].reduce((sum, userId) => sum + (byUser.get(userId)?.length ?? 0), 0),
  };
}

/** The largest sum of entries that follow each other within less than `ms`; 0 when all gained. */
function worstWithin(entries: readonly { readonly at: number; readonly loss: bigint }[], ms: number): bigint {
  let worst = 0n;
  for (let first = 0; first < entries.length; first += 1) {
    let sum = 0n;
    for (let next = first; next < entries.length; next += 1) {
      const entry = entries[next]!;
      if (entry.at - entries[first]!.at >= ms) break;
      sum += entry.loss;
      if (sum > worst) worst = sum;
    }
  }
  return worst;
}

/** Dollars for people and programs: two decimals, exact to the cent. */
export const dollars = (amount: bigint): number => Number(amount / (unit / 100n)) / 100;
