/**
 * What of an account's rolling limits is held or spent. Holds are made before an order is signed, replaced by what was
 * really spent at each fill and freed at the close. The book is owned by the signer, which changes it only while it
 * applies a journal record; reading the journal again gives the same book.
 *
 *   P1  What is held plus what was spent in the last 24 h never passes the mandate's turnover or burn, whatever the
 *       order of intents, fills, cancels and restarts (fees up to `feeBps`, fills within their limits).
 *   P2  A buy also holds the turnover and burn of selling again what it buys. That hold stays with the position and
 *       moves to the order that sells it, so an exit never asks for turnover.
 *   P3  An exit counts at what its position cost: market gains are nobody's allowance.
 *   P4  Base that is on sale is never on sale twice.
 *
 * Burn is measured against the reference price of the decision. Amounts are counts of 10^-18, base or quote as named.
 */
import {
  type AccountId,
  type Amount,
  baseOf,
  divide,
  multiply,
  type OrderFill,
  type Pair,
  type PlaceOrder,
  quoteOf,
  type SubKeyId,
  zero,
} from '@holdfast/domain';
import { addTo, type RollingWindow, rollingWindow, sumAt } from './window.ts';

/** Highest fee rate assumed when holding, in basis points (custody 3.6). */
export const feeBps = 10n;
export const dayMs = 24 * 60 * 60 * 1000;
export const minuteMs = 60 * 1000;

/** What an approved order takes hold of. */
export interface Hold {
  /** Quote: turnover of the entry, or of the sale of coins that were held before. */
  readonly turnover: bigint;
  readonly burn: bigint;
  /** Base of a sell that comes out of the sub-key's own position. */
  readonly exit: bigint;
  /** Turnover and burn of exits: of a buy, held anew for its own exit; of a sell, taken over from the position. */
  readonly exitTurnover: bigint;
  readonly exitBurn: bigint;
  /** Burn of a sell's exit beyond what its position held for it. */
  readonly extraBurn: bigint;
}

/** An open order: what is left of its hold. */
interface OpenOrder {
  readonly subKey: SubKeyId;
  readonly pair: Pair;
  readonly side: 'buy' | 'sell';
  readonly reference: bigint;
  left: bigint;
  exitLeft: bigint;
  turnover: bigint;
  burn: bigint;
  exitTurnover: bigint;
  exitBurn: bigint;
  extraBurn: bigint;
}

/** Base that a sub-key bought and has not sold, with what is held for selling it. */
export interface Position {
  base: bigint;
  /** Of `base`, what open sells have on offer. */
  onSale: bigint;
  exitTurnover: bigint;
  exitBurn: bigint;
}

interface KeyBook {
  readonly turnover: RollingWindow;
  turnoverHeld: bigint;
}

interface HeldSales {
  readonly sold: RollingWindow;
  onSale: bigint;
}

export interface AccountBook {
  readonly account: AccountId;
  readonly turnover: RollingWindow;
  readonly burn: RollingWindow;
  readonly placed: RollingWindow;
  turnoverHeld: bigint;
  burnHeld: bigint;
  readonly open: Map<string, OpenOrder>;
  readonly positions: Map<string, Position>;
  readonly keys: Map<SubKeyId, KeyBook>;
  /** Coins from before the vault, per pair. */
  readonly heldSales: Map<Pair, HeldSales>;
}

export const accountBook = (account: AccountId): AccountBook => ({
  account,
  turnover: rollingWindow(dayMs),
  burn: rollingWindow(dayMs),
  placed: rollingWindow(minuteMs),
  turnoverHeld: 0n,
  burnHeld: 0n,
  open: new Map(),
  positions: new Map(),
  keys: new Map(),
  heldSales: new Map(),
});

/** Turnover of the account held or spent in the 24 h before `now`, in quote. */
export const turnoverUsed = (book: AccountBook, now: number): Amount => (book.turnoverHeld + sumAt(book.turnover, now)) as Amount;
/** Burn of the account held or spent in the 24 h before `now`, in quote. */
export const burnUsed = (book: AccountBook, now: number): Amount => (book.burnHeld + sumAt(book.burn, now)) as Amount;

/** Turnover of one sub-key held or spent in the 24 h before `now`, in quote. */
export function keyTurnoverUsed(book: AccountBook, subKey: SubKeyId, now: number): Amount {
  const key = book.keys.get(subKey);
  return (key === undefined ? 0n : key.turnoverHeld + sumAt(key.turnover, now)) as Amount;
}

/** Base of coins from before the vault that is on sale or was sold in the 24 h before `now`. */
export function heldBaseUsed(book: AccountBook, pair: Pair, now: number): bigint {
  const sales = book.heldSales.get(pair);
  return sales === undefined ? 0n : sales.onSale + sumAt(sales.sold, now);
}

export const ordersLastMinute = (book: AccountBook, now: number): number => Number(sumAt(book.placed, now));

const nothing: Position = Object.freeze({ base: 0n, onSale: 0n, exitTurnover: 0n, exitBurn: 0n });
const positionKey = (subKey: SubKeyId, pair: Pair): string => `${subKey} ${pair}`;

/** The position of a sub-key in a pair; do not change it. */
export const positionOf = (book: AccountBook, subKey: SubKeyId, pair: Pair): Position =>
  book.positions.get(positionKey(subKey, pair)) ?? nothing;

/** Base of the position that no open sell offers yet. */
export const freeBase = (position: Position): bigint => position.base - position.onSale;

/** Fee assumed on a notional, in quote. */
export const assumedFee = (quote: bigint): bigint => divide(quote * feeBps, 10_000n, 'up');

/** Takes hold of what an approved order may spend. `key` is unique among the account's orders. */
export function holdOrder(
  book: AccountBook,
  key: string,
  subKey: SubKeyId,
  order: PlaceOrder,
  hold: Hold,
  reference: bigint,
  now: number,
): void {
  const { pair, side, quantity } = order;
  const { exit, ...amounts } = hold;
  book.open.set(key, { subKey, pair, side, reference, left: quantity, exitLeft: exit, ...amounts });
  addTo(book.placed, now, 1n);
  if (side === 'buy') {
    changeHeld(book, subKey, hold.turnover + hold.exitTurnover, hold.burn + hold.exitBurn);
    return;
  }
  // The exit's share only changes hands from position to order, so the sums stay as they are.
  const position = ownPosition(book, subKey, pair);
  position.onSale += exit;
  position.exitTurnover -= hold.exitTurnover;
  position.exitBurn -= hold.exitBurn;
  ownHeldSales(book, pair).onSale += quantity - exit;
  changeHeld(book, subKey, hold.turnover, hold.burn + hold.extraBurn);
}

type Fill = Pick<OrderFill, 'price' | 'quantity' | 'fee' | 'feeAsset'>;

/** Replaces the hold of what was filled by what it really took. A fill that no hold covers counts in full. */
export function fillOrder(
  book: AccountBook,
  key: string,
  subKey: SubKeyId,
  of: Pick<PlaceOrder, 'pair' | 'side'>,
  fill: Fill,
  now: number,
): void {
  const order = book.open.get(key);
  if (order === undefined || fill.quantity > order.left) {
    fillUnheld(book, subKey, of, fill, now);
    return;
  }
  if (order.side === 'buy') fillBuy(book, order, fill, now);
  else fillSell(book, order, fill, now);
  order.left -= fill.quantity;
  if (order.left === 0n) closeOrder(book, key);
}

function fillUnheld(
  book: AccountBook,
  subKey: SubKeyId,
  order: Pick<PlaceOrder, 'pair' | 'side'>,
  fill: Fill,
  now: number,
): void {
  const cost = multiply(fill.quantity, fill.price, 'up');
  spend(book, subKey, cost, feeInQuote(order.pair, fill), now);
  const position = ownPosition(book, subKey, order.pair);
  if (order.side === 'buy') {
    position.base += fill.quantity - feeInBase(order.pair, fill);
    position.exitTurnover += cost;
    changeHeld(book, subKey, cost, 0n);
    return;
  }
  const sold = fill.quantity < freeBase(position) ? fill.quantity : freeBase(position);
  const share = exitShare(position, sold);
  position.base -= sold;
  position.exitTurnover -= share.turnover;
  position.exitBurn -= share.burn;
  changeHeld(book, subKey, -share.turnover, -share.burn);
  addTo(ownHeldSales(book, order.pair).sold, now, fill.quantity - sold);
}

/** Frees what the order had not spent; the share of an exit goes back to its position. */
export function closeOrder(book: AccountBook, key: string): void {
  const order = book.open.get(key);
  if (order === undefined) return;
  book.open.delete(key);
  if (order.side === 'buy') {
    changeHeld(book, order.subKey, -(order.turnover + order.exitTurnover), -(order.burn + order.exitBurn));
    return;
  }
  const position = ownPosition(book, order.subKey, order.pair);
  position.onSale -= order.exitLeft;
  position.exitTurnover += order.exitTurnover;
  position.exitBurn += order.exitBurn;
  ownHeldSales(book, order.pair).onSale -= order.left - order.exitLeft;
  changeHeld(book, order.subKey, -order.turnover, -(order.burn + order.extraBurn));
}

/** What a position holds for selling `base` of it; all of it for the last of it. */
export function exitShare(position: Position, base: bigint): { readonly turnover: bigint; readonly burn: bigint } {
  const free = freeBase(position);
  if (base >= free) return { turnover: position.exitTurnover, burn: position.exitBurn };
  return { turnover: (position.exitTurnover * base) / free, burn: (position.exitBurn * base) / free };
}

function fillBuy(book: AccountBook, order: OpenOrder, fill: Fill, now: number): void {
  const part = portion(fill.quantity, order.left);
  const turnover = part(order.turnover);
  const burn = part(order.burn);
  const exitTurnover = part(order.exitTurnover);
  const exitBurn = part(order.exitBurn);
  order.turnover -= turnover;
  order.burn -= burn;
  order.exitTurnover -= exitTurnover;
  order.exitBurn -= exitBurn;
  const cost = multiply(fill.quantity, fill.price, 'up');
  const position = ownPosition(book, order.subKey, order.pair);
  position.base += fill.quantity - feeInBase(order.pair, fill);
  position.exitTurnover += cost;
  position.exitBurn += exitBurn;
  changeHeld(book, order.subKey, cost - turnover - exitTurnover, -burn);
  const adverse = fill.price > order.reference ? fill.price - order.reference : 0n;
  spend(book, order.subKey, cost, multiply(fill.quantity, adverse, 'up') + feeInQuote(order.pair, fill), now);
}

function fillSell(book: AccountBook, order: OpenOrder, fill: Fill, now: number): void {
  const exit = fill.quantity < order.exitLeft ? fill.quantity : order.exitLeft;
  const held = fill.quantity - exit;
  const fee = feeInQuote(order.pair, fill);
  const adverse = order.reference > fill.price ? order.reference - fill.price : 0n;
  if (exit > 0n) {
    const part = portion(exit, order.exitLeft);
    const turnover = part(order.exitTurnover);
    const burn = part(order.exitBurn);
    const extra = part(order.extraBurn);
    order.exitTurnover -= turnover;
    order.exitBurn -= burn;
    order.extraBurn -= extra;
    order.exitLeft -= exit;
    const position = ownPosition(book, order.subKey, order.pair);
    position.base -= exit;
    position.onSale -= exit;
    changeHeld(book, order.subKey, -turnover, -(burn + extra));
    // P3: the fee on a gain is paid out of the gain.
    const feePart = smaller(divide(fee * exit, fill.quantity, 'up'), divide(turnover * feeBps, 10_000n, 'down'));
    spend(book, order.subKey, turnover, multiply(exit, adverse, 'up') + feePart, now);
  }
  if (held > 0n) {
    const part = portion(held, order.left - exit - order.exitLeft);
    const turnover = part(order.turnover);
    const burn = part(order.burn);
    order.turnover -= turnover;
    order.burn -= burn;
    changeHeld(book, order.subKey, -turnover, -burn);
    const valued = fill.price > order.reference ? fill.price : order.reference;
    // A fill above the limit is a gain: it counts no more than was held for it.
    const spent = smaller(multiply(held, valued, 'up'), turnover);
    const feePart = smaller(divide(fee * held, fill.quantity, 'up'), burn);
    spend(book, order.subKey, spent, smaller(multiply(held, adverse, 'up') + feePart, burn), now);
    const sales = ownHeldSales(book, order.pair);
    sales.onSale -= held;
    addTo(sales.sold, now, held);
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The part of a hold that belongs to `some` of `all`, rounded up: what is left never covers less than its own part rounded down. */
const portion =
  (some: bigint, all: bigint) =>
  (held: bigint): bigint =>
    some >= all ? held : smaller(held, divide(held * some, all, 'up'));

function spend(book: AccountBook, subKey: SubKeyId, turnover: bigint, burn: bigint, now: number): void {
  addTo(book.turnover, now, turnover);
  addTo(book.burn, now, burn);
  addTo(ownKey(book, subKey).turnover, now, turnover);
}

function changeHeld(book: AccountBook, subKey: SubKeyId, turnover: bigint, burn: bigint): void {
  book.turnoverHeld += turnover;
  book.burnHeld += burn;
  ownKey(book, subKey).turnoverHeld += turnover;
}

const feeInBase = (pair: Pair, fill: Fill): bigint => (fill.feeAsset === baseOf(pair) ? fill.fee : zero);

/** A fee in a third asset is taken for the assumed rate: the signer knows no price for it. */
function feeInQuote(pair: Pair, fill: Fill): bigint {
  if (fill.feeAsset === quoteOf(pair)) return fill.fee;
  if (fill.feeAsset === baseOf(pair)) return multiply(fill.fee, fill.price, 'up');
  return assumedFee(multiply(fill.quantity, fill.price, 'up'));
}

function ownPosition(book: AccountBook, subKey: SubKeyId, pair: Pair): Position {
  return own(book.positions, positionKey(subKey, pair), () => ({ base: 0n, onSale: 0n, exitTurnover: 0n, exitBurn: 0n }));
}

const ownKey = (book: AccountBook, subKey: SubKeyId): KeyBook =>
  own(book.keys, subKey, () => ({ turnover: rollingWindow(dayMs), turnoverHeld: 0n }));

const ownHeldSales = (book: AccountBook, pair: Pair): HeldSales =>
  own(book.heldSales, pair, () => ({ sold: rollingWindow(dayMs), onSale: 0n }));

function own<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
