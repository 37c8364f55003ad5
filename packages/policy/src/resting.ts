/**
 * What each new reference price asks for: recent fills are counted again, and resting entries that would not be approved
 * again are cancelled; exits and stops stay.
 */
import { type Amount, formatAmount, type Mandate, type MandatePair, type Pair, type RefusalCode } from '@holdfast/domain';
import { type AccountBook, assumedFee, burnUsed, type OpenOrder } from './book.ts';
import type { ReferencePrice } from './case.ts';
import { referenceFault } from './judge.ts';
import { bandEdges } from './limits.ts';
import { givenAway, isRecountDue } from './recount.ts';

/** The pairs whose recent fills are to be counted again (`recountFills`), with the reference price of each. Changes nothing. */
export function recountsDue(
  book: AccountBook,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
  now: number,
): readonly { readonly pair: Pair; readonly reference: Amount }[] {
  const due: { readonly pair: Pair; readonly reference: Amount }[] = [];
  for (const pair of new Set(book.recent.map((it) => it.pair))) {
    const rules = rulesOf(mandate, pair) ?? book.retired.get(pair)?.rules;
    const reference = soundPrice(rules, pair, references);
    if (reference !== null && isRecountDue(book, pair, reference, now)) due.push({ pair, reference });
  }
  return due;
}

const rulesOf = (mandate: Mandate | null, pair: Pair): MandatePair | undefined => mandate?.pairs.find((it) => it.pair === pair);

/** The reference price, if it counts; of a pair that no mandate ever named, one source does. */
function soundPrice(
  rules: MandatePair | undefined,
  pair: Pair,
  references: (pair: Pair) => ReferencePrice | undefined,
): Amount | null {
  const reference = references(pair);
  const fault = referenceFault(rules ?? { pair, minSources: 1 }, reference);
  return fault === null ? (reference?.price ?? null) : null;
}

export interface RestingFault {
  /** As given to `holdOrder`. */
  readonly key: string;
  readonly code: RefusalCode;
  readonly reason: string;
}

/**
 * Entries to cancel: outside the band of the newest reference price, no longer allowed by the mandate, or worse for the owner
 * at this price than they hold burn for, where the budget has no room for the rest. Without a reference price that counts,
 * band and burn decide nothing. `only`: looks at one pair.
 */
export function restingFaults(
  book: AccountBook,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
  now: number,
  only?: Pair,
): readonly RestingFault[] {
  const faults: RestingFault[] = [];
  let room = (mandate?.burn24h ?? 0n) - burnUsed(book, now);
  for (const [key, order] of book.open) {
    if (order.turnover === 0n || (only !== undefined && order.pair !== only)) continue;
    const fault = entryFault(order, mandate, references, now);
    if (fault !== null) faults.push({ key, ...fault });
    const more =
      fault === null
        ? unheld(
            order,
            soundPrice(
              mandate?.pairs.find((it) => it.pair === order.pair),
              order.pair,
              references,
            ),
          )
        : 0n;
    if (more <= dust) continue;
    if (more <= room) room -= more;
    else faults.push({ key, code: 'E_BURN', reason: burnReason(order, more) });
  }
  return faults;
}

/** What all open entries may give away at these reference prices beyond the burn that they hold; for `Circumstances.unheldBurn`. */
export function unheldBurn(
  book: AccountBook,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
): bigint {
  let sum = 0n;
  for (const order of book.open.values()) {
    if (order.turnover === 0n) continue;
    const more = unheld(order, soundPrice(rulesOf(mandate, order.pair), order.pair, references));
    if (more > dust) sum += more;
  }
  return sum;
}

function entryFault(
  order: OpenOrder,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
  now: number,
): Omit<RestingFault, 'key'> | null {
  const { pair, side, limit } = order;
  if (mandate === null || now > mandate.exp) return { code: 'E_MANDATE_EXP', reason: `no mandate for ${pair} is in force` };
  const rules = mandate.pairs.find((it) => it.pair === pair);
  if (rules === undefined) return { code: 'E_SYMBOL', reason: `${pair} is no longer in the mandate` };
  if (!rules.sides.includes(side)) return { code: 'E_TYPE', reason: `the mandate no longer allows to ${side} ${pair}` };
  if (limit < rules.floor || limit > rules.ceiling)
    return { code: 'E_CORRIDOR', reason: `${pair} at ${formatAmount(limit)} is outside the corridor` };
  const reference = references(pair);
  if (reference === undefined || referenceFault(rules, reference) !== null) return null;
  const { highest, lowest } = bandEdges(rules.bandBps, reference.price);
  if (side === 'buy' ? limit <= highest : limit >= lowest) return null;
  const edge = formatAmount(side === 'buy' ? highest : lowest);
  return { code: 'E_BAND', reason: `${side} ${pair} at ${formatAmount(limit)} is now beyond ${edge}, the edge of the band` };
}

/** What rounding may leave uncovered of an order that is partly filled, in 10^-18 of the quote. */
const dust = 10n ** 9n;

/** What an entry would give away at this reference price beyond the burn that it holds. */
function unheld(order: OpenOrder, reference: Amount | null): bigint {
  if (reference === null) return 0n;
  const quantity = order.left - order.exitLeft;
  const needs = givenAway(order.side, { price: order.limit, quantity }, reference) + assumedFee(order.turnover);
  return needs > order.burn ? needs - order.burn : 0n;
}

const burnReason = ({ side, pair, limit }: OpenOrder, more: bigint): string =>
  `${side} ${pair} at ${formatAmount(limit)} would now give away ${formatAmount(more)} more than it holds, and the burn budget has no room for it`;
