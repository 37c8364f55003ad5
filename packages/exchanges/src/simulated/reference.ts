/** Three further public exchanges that see the same market: its price, each with its own seeded noise of a few basis points. */
import type { Pair } from '@holdfast/domain';
import { hashText, mix, normalMilli } from './random.ts';

export type ReferenceExchange = 'kraken' | 'coinbase' | 'okx';
export const referenceExchanges: readonly ReferenceExchange[] = ['kraken', 'coinbase', 'okx'];

/** Prices in ticks of the market. */
export interface ReferenceQuote {
  readonly exchange: ReferenceExchange;
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
}

/** Noise: an offset that drifts slowly (about 1 bp) and a jitter (about 0.5 bp), in 1/1000 bp. */
function noise(seed: number, second: number): number {
  return normalMilli(mix(seed, 1), Math.floor(second / 30)) + Math.trunc(normalMilli(mix(seed, 2), second) / 2);
}

/** What each of the three says of a price at a time; the same arguments give the same quotes. */
export function referenceQuotes(seed: number, pair: Pair, at: number, price: number): readonly ReferenceQuote[] {
  return referenceExchanges.map((exchange) => {
    const own = mix(mix(seed, hashText(exchange)), hashText(pair));
    const last = Math.max(1, Math.round(price + (price * noise(own, Math.floor(at / 1000))) / 10_000_000));
    const half = Math.max(1, Math.round(price / 40_000));
    return { exchange, bid: Math.max(1, last - half), ask: last + half, last };
  });
}
