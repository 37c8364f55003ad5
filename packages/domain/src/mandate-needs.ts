import type { MandatePair } from './mandate.ts';
import type { Amount } from './money.ts';

/**
 * What a mandate must allow on one pair: money in quote, at most 8 decimals. `maxPositionQuote` is the cost of all that is held at
 * once, `maxSellHeldBase24h` what is sold without having been bought through the vault.
 */
export type PairNeeds = Pick<
  MandatePair,
  'pair' | 'sides' | 'orders' | 'maxOrderQuote' | 'maxOrderBase' | 'maxPositionQuote' | 'floor' | 'ceiling' | 'maxSellHeldBase24h'
>;

/** The smallest mandate that a bot can work under. */
export interface MandateNeeds {
  readonly pairs: readonly PairNeeds[];
  /** Estimate, in quote: what makes the market busy cannot be known; how it is made stands in the page of the kind. */
  readonly turnover24h: Amount;
  /** Orders that rest at once, and what those that buy are worth together, in quote. */
  readonly openOrders: number;
  readonly maxOpenQuote: Amount;
}
