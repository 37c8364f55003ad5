/**
 * Two orders of which one at most trades. Each leg is judged as the order that it is, the limit leg of an exit against the
 * reference price and its stop leg against its trigger (J2); held is once what either may take.
 *
 *   O1  Base, turnover and burn of an exit are held once: both legs sell the same coins.
 *   O2  An exit holds its stop budget as long as the stop leg is there; it is free when the limit leg trades.
 *   O3  Both legs count as open orders and against the rate, as the exchange counts them.
 */
import { type Approved, formatAmount, legsOf, type Mandate, type PlaceOco, type SubKeyId } from '@holdfast/domain';
import { type AccountBook, changeHeld } from './book.ts';
import { type Circumstances, type GrantTerms, type Judgement, type ReferencePrice, type Refusal, refuse } from './case.ts';
import { type Hold, holdOrder, noHold } from './holds.ts';
import { judge } from './judge.ts';
import { addTo } from './window.ts';

/** Judges both legs. Pure: `holdOco` with the answer's hold makes them count. */
export function judgeOco(
  book: AccountBook,
  mandate: Mandate | null,
  grant: GrantTerms,
  oco: PlaceOco,
  reference: ReferencePrice | undefined,
  now: number,
  circumstances: Circumstances = {},
): Judgement<PlaceOco> {
  const shape = shapeFault(oco);
  if (shape !== null) return shape;
  const { limit, stop } = legsOf(oco);
  const together = { ...circumstances, orders: 2 };
  const first = judge(book, mandate, grant, limit, reference, now, together);
  if (first.kind === 'refused') return first;
  const second = judge(book, mandate, grant, stop, reference, now, together);
  if (second.kind === 'refused') return second;
  // Of a buy the stop leg is the dearer one in every part; of an exit both hold the same share of the position.
  const hold = { ...second.hold, extraBurn: first.hold.extraBurn };
  return { kind: 'approved', order: oco as Approved<PlaceOco>, hold };
}

function shapeFault({ side, pair, limitLeg, stopLeg }: PlaceOco): Refusal | null {
  const [target, trigger, limit] = [limitLeg.limit, stopLeg.trigger, stopLeg.limit];
  const sells = side === 'sell';
  const isApart = sells ? trigger < target && limit < target : trigger > target && limit > target;
  if (isApart) return null;
  const where = sells ? 'below' : 'above';
  return refuse(
    'E_PARAM',
    `the stop of an OCO to ${side} ${pair} lies ${where} its limit: trigger ${formatAmount(trigger)}, stop limit ${formatAmount(limit)}, limit ${formatAmount(target)}`,
  );
}

export interface LegKeys {
  readonly limit: string;
  readonly stop: string;
}

/** Takes hold of what either leg may spend. Keys are unique among the account's orders. */
export function holdOco(
  book: AccountBook,
  keys: LegKeys,
  subKey: SubKeyId,
  oco: PlaceOco,
  hold: Hold,
  reference: bigint,
  now: number,
): void {
  const { limit, stop } = legsOf(oco);
  holdOrder(book, keys.stop, subKey, stop, { ...hold, extraBurn: 0n }, reference, now);
  const carrier = book.open.get(keys.stop)!;
  carrier.twin = keys.limit;
  const { exit: exitLeft, ...nothing } = noHold;
  const { pair, side, order, quantity: left } = limit;
  const terms = { subKey, pair, side, order, limit: limit.limit, trigger: null, reference, left, exitLeft };
  book.open.set(keys.limit, { ...terms, ...nothing, extraBurn: hold.extraBurn, twin: keys.stop, carries: false });
  addTo(book.placed, now, 1n);
  addTo(book.placedDay, now, 1n);
  changeHeld(book, pair, subKey, 0n, hold.extraBurn);
}
