import type { Amount, Asset, EpochMs, Pair, Side } from '@holdfast/domain';

/** One fill of a deal, as recorded. Price in quote per base. */
export interface FillRecord {
  readonly pair: Pair;
  readonly deal: number;
  readonly side: Side;
  readonly tradeId: string;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly at: EpochMs;
}
