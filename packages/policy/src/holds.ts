/** How orders change the book: hold, fill, close. The invariants are in `book.ts`. */
import {
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
import {
  type AccountBook,
  assumedFee,
  changeHeld,
  exitShare,
  feeBps,
  freeBase,
  type OpenOrder,
  ownKey,
  ownPair,
  ownPosition,
} from './book.ts';
import { type FillTime, givenAway, rememberFill } from './recount.ts';
import { leaveToTwin } from './twins.ts';
import { addTo } from './window.ts';

/** What an approved order takes hold of. All bigint, so that it is journaled as a flat table of amounts. */
export interface Hold {
  /** Quote: turnover of the entry, or of the sale of coins that were held before. It counts as open until filled or closed. */
  readonly turnover: bigint;
  readonly burn: bigint;
  /** Base of a sell that comes out of the sub-key's own position. */
  readonly exit: bigint;
  /** Turnover and burn of exits: of a buy, held anew for its own exit; of a sell, taken over from the position. */
  readonly exitTurnover: bigint;
  readonly exitBurn: bigint;
  /** Burn of a sell's exit beyond what its position held for it. */
  readonly extraBurn: bigint;
  /** Stop budget of a conditional exit: its gap and fee. */
  readonly stop: bigint;
}

export const noHold: Hold = Object.freeze({
  turnover: 0n,
  burn: 0n,
  exit: 0n,
  exitTurnover: 0n,
  exitBurn: 0n,
  extraBurn: 0n,
  stop: 0n,
});

/** What a fill did, in quote; the rules look at it. */
export interface FillEffect {
  /** Counted as turnover. */
  readonly turnover: bigint;
  /** Counted as burn, the fee included. */
  readonly burn: bigint;
  /** Counted against the stop budget. */
  readonly stop: bigint;
  /** Given away against the reference price of the decision, without the fee; 0 for conditional exits. */
  readonly given: bigint;
  /** What an exit brought more than its position had cost, before fees; negative for a loss. */
  readonly gain: bigint;
}

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
  const { pair, side, quantity, limit, trigger = null } = order;
  const { exit, ...amounts } = { ...noHold, ...hold };
  book.open.set(key, {
    subKey,
    pair,
    side,
    order: order.order,
    limit,
    trigger,
    reference,
    left: quantity,
    exitLeft: exit,
    ...amounts,
    twin: null,
    carries: true,
  });
  addTo(book.placed, now, 1n);
  addTo(book.placedDay, now, 1n);
  changeOpen(book, pair, amounts.turnover);
  if (side === 'buy') {
    ownPair(book, pair).cost += amounts.exitTurnover;
    changeHeld(book, pair, subKey, amounts.turnover + amounts.exitTurnover, amounts.burn + amounts.exitBurn);
    return;
  }
  // The exit's share only changes hands from position to order, so the sums stay as they are.
  const position = ownPosition(book, subKey, pair);
  position.onSale += exit;
  position.exitTurnover -= amounts.exitTurnover;
  position.exitBurn -= amounts.exitBurn;
  ownPair(book, pair).heldOnSale += quantity - exit;
  book.stopsHeld += amounts.stop;
  changeHeld(book, pair, subKey, amounts.turnover, amounts.burn + amounts.extraBurn);
}

/** Frees what the order had not spent; the share of an exit goes back to its position. */
export function closeOrder(book: AccountBook, key: string): void {
  const order = book.open.get(key);
  if (order === undefined || leaveToTwin(book, key, order)) return;
  book.open.delete(key);
  const { subKey, pair } = order;
  changeOpen(book, pair, -order.turnover);
  if (order.side === 'buy') {
    ownPair(book, pair).cost -= order.exitTurnover;
    changeHeld(book, pair, subKey, -(order.turnover + order.exitTurnover), -(order.burn + order.exitBurn));
    return;
  }
  const position = ownPosition(book, subKey, pair);
  position.onSale -= order.exitLeft;
  position.exitTurnover += order.exitTurnover;
  position.exitBurn += order.exitBurn;
  ownPair(book, pair).heldOnSale -= order.left - order.exitLeft;
  book.stopsHeld -= order.stop;
  changeHeld(book, pair, subKey, -order.turnover, -(order.burn + order.extraBurn));
}

type Fill = Pick<OrderFill, 'price' | 'quantity' | 'fee' | 'feeAsset'> & FillTime;

/**
 * Replaces the hold of what was filled by what it really took. Burn is measured against `reference`, the reference price
 * heard last before the fill, or where there is none against the decision's; it is counted again when the next one is
 * heard (`recountFills`). A fill that no hold covers counts in full.
 */
export function fillOrder(
  book: AccountBook,
  key: string,
  subKey: SubKeyId,
  of: Pick<PlaceOrder, 'pair' | 'side'>,
  fill: Fill,
  now: number,
  reference?: bigint,
): FillEffect {
  const order = book.open.get(key);
  const twin = order?.twin == null ? undefined : book.open.get(order.twin);
  // The leg that trades ends the other; what the exchange would fill of that all the same counts in full.
  if (order?.twin != null && twin !== undefined) leaveToTwin(book, order.twin, twin);
  if (order === undefined || fill.quantity > order.left) {
    const effect = fillUnheld(book, subKey, of, fill, now, reference);
    rememberFill(book, of, fill, { quantity: fill.quantity, entry: effect.turnover, gain: effect.gain, reference }, now);
    return effect;
  }
  const against = reference ?? order.reference;
  const { turnover: open } = order;
  const conditional = order.trigger === null ? 0n : smaller(fill.quantity, order.exitLeft);
  const effect = order.side === 'buy' ? fillBuy(book, order, fill, now, against) : fillSell(book, order, fill, now, against);
  const entry = open - order.turnover;
  const counted = { quantity: fill.quantity - conditional, entry, gain: effect.gain, reference: against };
  rememberFill(book, of, fill, counted, now);
  order.left -= fill.quantity;
  if (order.left === 0n) closeOrder(book, key);
  return effect;
}

function fillUnheld(
  book: AccountBook,
  subKey: SubKeyId,
  order: Pick<PlaceOrder, 'pair' | 'side'>,
  fill: Fill,
  now: number,
  reference: bigint | undefined,
): FillEffect {
  const { pair, side } = order;
  const cost = multiply(fill.quantity, fill.price, 'up');
  const given = reference === undefined ? 0n : givenAway(side, fill, reference);
  const burn = feeInQuote(pair, fill) + given;
  spend(book, pair, subKey, cost, burn, now);
  const position = ownPosition(book, subKey, pair);
  if (side === 'buy') {
    position.base += fill.quantity - feeInBase(pair, fill);
    position.exitTurnover += cost;
    ownPair(book, pair).cost += cost;
    changeHeld(book, pair, subKey, cost, 0n);
    return { turnover: cost, burn, stop: 0n, given, gain: 0n };
  }
  const sold = fill.quantity < freeBase(position) ? fill.quantity : freeBase(position);
  const share = exitShare(position, sold);
  position.base -= sold;
  position.exitTurnover -= share.turnover;
  position.exitBurn -= share.burn;
  ownPair(book, pair).cost -= share.turnover;
  changeHeld(book, pair, subKey, -share.turnover, -share.burn);
  addTo(ownPair(book, pair).heldSold, now, fill.quantity - sold);
  return { turnover: cost, burn, stop: 0n, given, gain: multiply(sold, fill.price, 'down') - share.turnover };
}

function fillBuy(book: AccountBook, order: OpenOrder, fill: Fill, now: number, reference: bigint): FillEffect {
  const { pair, subKey } = order;
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
  const position = ownPosition(book, subKey, pair);
  position.base += fill.quantity - feeInBase(pair, fill);
  position.exitTurnover += cost;
  position.exitBurn += exitBurn;
  ownPair(book, pair).cost += cost - exitTurnover;
  changeOpen(book, pair, -turnover);
  changeHeld(book, pair, subKey, cost - turnover - exitTurnover, -burn);
  const burned = givenAway('buy', fill, reference) + feeInQuote(pair, fill);
  spend(book, pair, subKey, cost, burned, now);
  return { turnover: cost, burn: burned, stop: 0n, given: givenAway('buy', fill, order.reference), gain: 0n };
}

function fillSell(book: AccountBook, order: OpenOrder, fill: Fill, now: number, reference: bigint): FillEffect {
  const exit = smaller(fill.quantity, order.exitLeft);
  const held = fill.quantity - exit;
  const fee = feeInQuote(order.pair, fill);
  const fromPosition = exit === 0n ? noEffect : fillExit(book, order, fill, exit, fee, now, reference);
  const fromHeld = held === 0n ? noEffect : fillHeld(book, order, fill, held, exit, fee, now, reference);
  return {
    turnover: fromPosition.turnover + fromHeld.turnover,
    burn: fromPosition.burn + fromHeld.burn,
    stop: fromPosition.stop,
    given: fromPosition.given + fromHeld.given,
    gain: fromPosition.gain,
  };
}

const noEffect: FillEffect = Object.freeze({ turnover: 0n, burn: 0n, stop: 0n, given: 0n, gain: 0n });

function fillExit(
  book: AccountBook,
  order: OpenOrder,
  fill: Fill,
  exit: bigint,
  fee: bigint,
  now: number,
  reference: bigint,
): FillEffect {
  const { pair, subKey } = order;
  const part = portion(exit, order.exitLeft);
  const turnover = part(order.exitTurnover);
  const burn = part(order.exitBurn);
  const extra = part(order.extraBurn);
  const stop = part(order.stop);
  order.exitTurnover -= turnover;
  order.exitBurn -= burn;
  order.extraBurn -= extra;
  order.stop -= stop;
  order.exitLeft -= exit;
  const position = ownPosition(book, subKey, pair);
  position.base -= exit;
  position.onSale -= exit;
  ownPair(book, pair).cost -= turnover;
  book.stopsHeld -= stop;
  changeHeld(book, pair, subKey, -turnover, -(burn + extra));
  const feePart = divide(fee * exit, fill.quantity, 'up');
  const gain = multiply(exit, fill.price, 'down') - turnover;
  const sold = { price: fill.price, quantity: exit };
  if (order.trigger !== null) {
    // Given away against the trigger: that far the market had come by itself.
    const spent = givenAway('sell', sold, order.trigger) + feePart;
    spend(book, pair, subKey, turnover, 0n, now);
    addTo(book.stops, now, spent);
    return { turnover, burn: 0n, stop: spent, given: 0n, gain };
  }
  // P3: the fee on a gain is paid out of the gain.
  const burned = givenAway('sell', sold, reference) + smaller(feePart, divide(turnover * feeBps, 10_000n, 'down'));
  spend(book, pair, subKey, turnover, burned, now);
  return { turnover, burn: burned, stop: 0n, given: givenAway('sell', sold, order.reference), gain };
}

function fillHeld(
  book: AccountBook,
  order: OpenOrder,
  fill: Fill,
  held: bigint,
  exit: bigint,
  fee: bigint,
  now: number,
  reference: bigint,
): FillEffect {
  const { pair, subKey } = order;
  const part = portion(held, order.left - exit - order.exitLeft);
  const turnover = part(order.turnover);
  const burn = part(order.burn);
  order.turnover -= turnover;
  order.burn -= burn;
  changeOpen(book, pair, -turnover);
  changeHeld(book, pair, subKey, -turnover, -burn);
  const sold = { price: fill.price, quantity: held };
  const valued = fill.price > order.reference ? fill.price : order.reference;
  // A fill above the limit is a gain: it counts no more than was held for it.
  const spent = smaller(multiply(held, valued, 'up'), turnover);
  const burned = givenAway('sell', sold, reference) + smaller(divide(fee * held, fill.quantity, 'up'), assumedFee(turnover));
  spend(book, pair, subKey, spent, burned, now);
  const own = ownPair(book, pair);
  own.heldOnSale -= held;
  addTo(own.heldSold, now, held);
  return { turnover: spent, burn: burned, stop: 0n, given: givenAway('sell', sold, order.reference), gain: 0n };
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The part of a hold that belongs to `some` of `all`, rounded up: what is left never covers less than its own part rounded down. */
const portion =
  (some: bigint, all: bigint) =>
  (held: bigint): bigint =>
    some >= all ? held : smaller(held, divide(held * some, all, 'up'));

function spend(book: AccountBook, pair: Pair, subKey: SubKeyId, turnover: bigint, burn: bigint, now: number): void {
  const own = ownPair(book, pair);
  addTo(book.turnover, now, turnover);
  addTo(own.turnover, now, turnover);
  addTo(ownKey(book, subKey).turnover, now, turnover);
  addTo(book.burn, now, burn);
  addTo(book.burn7d, now, burn);
  addTo(own.burn, now, burn);
}

function changeOpen(book: AccountBook, pair: Pair, quote: bigint): void {
  book.openQuote += quote;
  ownPair(book, pair).openQuote += quote;
}

const feeInBase = (pair: Pair, fill: Fill): bigint => (fill.feeAsset === baseOf(pair) ? fill.fee : zero);

/** A fee in a third asset is taken for the assumed rate: the signer knows no price for it. */
function feeInQuote(pair: Pair, fill: Fill): bigint {
  if (fill.feeAsset === quoteOf(pair)) return fill.fee;
  if (fill.feeAsset === baseOf(pair)) return multiply(fill.fee, fill.price, 'up');
  return assumedFee(multiply(fill.quantity, fill.price, 'up'));
}
