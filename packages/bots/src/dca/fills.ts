/** What a fill moves, fees included: between base and quote of the sub-book, and between what a deal gives and takes. */
import { type Amount, baseOf, multiply, type OrderFill, quoteOf, type Side, zero } from '@holdfast/domain';
import { feeValue } from './arithmetic.ts';
import { wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState } from './state.ts';

export interface Moved {
  /** Base and quote that left or came; none is negative. A buy's cost rounds up and a sale's proceeds down, as in the ledger. */
  readonly base: Amount;
  readonly quote: Amount;
  /** The same by what the deal gives and takes. */
  readonly given: Amount;
  readonly taken: Amount;
  /** A fee in a third asset, as its worth in what the deal gives. */
  readonly third: Amount;
  /** Quote without fees. */
  readonly value: Amount;
}

export function movedBy(settings: DcaSettings, side: Side, fill: OrderFill): Moved {
  const { gives } = wayOf(settings);
  const isBuy = side === 'buy';
  const value = multiply(fill.price, fill.quantity, isBuy ? 'up' : 'down');
  const inBase = fill.feeAsset === baseOf(settings.pair) ? fill.fee : zero;
  const inQuote = fill.feeAsset === quoteOf(settings.pair) ? fill.fee : zero;
  const base = (isBuy ? fill.quantity - inBase : fill.quantity + inBase) as Amount;
  const quote = (isBuy ? value + inQuote : value - inQuote) as Amount;
  const isThird = fill.fee > 0n && inBase === 0n && inQuote === 0n;
  const third = isThird ? feeValue(gives === 'quote' ? value : fill.quantity, settings) : zero;
  return { base, quote, ...(gives === 'quote' ? { given: quote, taken: base } : { given: base, taken: quote }), third, value };
}

/** The sub-book after a fill (D1). */
export const afterFill = (state: DcaState, side: Side, { base, quote }: Moved): DcaState => ({
  ...state,
  quote: (side === 'buy' ? state.quote - quote : state.quote + quote) as Amount,
  base: (side === 'buy' ? state.base + base : state.base - base) as Amount,
});
