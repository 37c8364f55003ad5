/** Commission as the exchanges take it: a share of what it is taken from, rounded up at 8 decimals, never more than that. */
import { type Amount, divide, unit } from '@holdfast/domain';
import type { Assumptions, FeeTier } from './result.ts';

const decimals8 = 10n ** 10n;

/** @param share of 1, in 10^-18 */
export function feeOn(amount: Amount, share: Amount): Amount {
  const fee = divide(amount * share, unit * decimals8, 'up') * decimals8;
  return (fee > amount ? amount : fee) as Amount;
}

const tierMs = 30 * 86_400_000;

/** The shares that hold at a time: those of the highest tier that the turnover of the 30 days before reaches. */
export class FeeSchedule {
  readonly #usual: FeeTier;
  readonly #tiers: readonly FeeTier[];
  readonly #traded: { readonly at: number; readonly value: bigint }[] = [];
  #first = 0;
  #turnover = 0n;

  constructor({ makerFee, takerFee, feeTiers = [] }: Pick<Assumptions, 'makerFee' | 'takerFee' | 'feeTiers'>) {
    this.#usual = { from: 0n as Amount, makerFee, takerFee };
    this.#tiers = [...feeTiers].sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  /** The share of a fill of `value` quote at `at` (unix ms, never before the last); it counts for those after it. */
  shareOf(maker: boolean, value: bigint, at: number): Amount {
    const tier = this.#tiers.length === 0 ? this.#usual : this.#tierAt(at);
    if (this.#tiers.length > 0) this.#traded.push({ at, value });
    this.#turnover += value;
    return maker ? tier.makerFee : tier.takerFee;
  }

  #tierAt(at: number): FeeTier {
    for (
      let oldest = this.#traded[this.#first];
      oldest !== undefined && oldest.at < at - tierMs;
      oldest = this.#traded[this.#first]
    ) {
      this.#turnover -= oldest.value;
      this.#first++;
    }
    return this.#tiers.findLast(({ from }) => this.#turnover >= from) ?? this.#usual;
  }
}
