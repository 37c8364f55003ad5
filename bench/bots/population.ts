/** Ten thousand bots as owners have them: every kind, on a hundred pairs, no two with the same settings. */

export const pairsMost = 100;
export const pairNames: readonly string[] = Array.from({ length: pairsMost }, (_, n) => `C${n}/USDT`);

/** Prices of the pairs at the start, in quote. */
export const priceOf = (n: number): number => 50 + n * 7;

/** What a bot is made from; `pair` is left out where the settings name the pairs. */
export interface Wish {
  readonly kind: string;
  readonly pair?: string;
  readonly settings: Record<string, unknown>;
}

/** How many of each hundred bots are of a kind. */
export const mix = { dca: 35, grid: 25, trade: 15, signal: 10, recurring: 10, rebalance: 5 } as const;

const kinds = Object.entries(mix).flatMap(([kind, share]) => Array.from({ length: share }, () => kind));
const text = (value: number): string => value.toFixed(2);

/** The `n`-th bot. Percentages are spread, so that at any time some are near their prices. */
export function wish(n: number): Wish {
  // 37 and 100 share no factor: each pair gets bots of every kind.
  const kind = kinds[(n * 37 + Math.floor(n / 100)) % 100] as string;
  const index = n % pairsMost;
  const pair = pairNames[index] as string;
  const spread = 1 + ((n * 7919) % 1000) / 1000;
  return kind === 'rebalance'
    ? { kind, settings: portfolio(index, spread) }
    : { kind, pair, settings: single(kind, index, spread) };
}

function single(kind: string, index: number, spread: number): Record<string, unknown> {
  const price = priceOf(index);
  switch (kind) {
    case 'dca':
      return {
        baseOrderSize: '50',
        averagingOrderSize: '50',
        averagingOrders: 5,
        averagingOrdersActive: 3,
        stepPercent: text(0.5 * spread),
        takeProfitPercent: text(0.6 * spread),
        ...(spread > 1.5 ? { trailingPercent: '0.2' } : {}),
      };
    case 'grid':
      return {
        lowerPrice: text(price * (1 - 0.03 * spread)),
        upperPrice: text(price * (1 + 0.03 * spread)),
        lines: 13,
        amountPerLine: '30',
        activeBuyLines: 4,
        activeSellLines: 4,
      };
    case 'trade':
      return {
        size: '100',
        takeProfits: `${text(0.8 * spread)}%:50, ${text(1.6 * spread)}%:50`,
        stopLossPercent: text(2 * spread),
        stopLossTrailing: true,
      };
    case 'signal':
      return {
        size: '100',
        maxEntryQuote: '200',
        maxInvestmentQuote: '200',
        takeProfitPercent: text(spread),
        stopLossPercent: '2',
      };
    default:
      return { size: '20', schedule: `*/${5 + Math.floor(spread * 10)} * * * *` };
  }
}

function portfolio(index: number, spread: number): Record<string, unknown> {
  const targets = [0, 11, 29].map((off, at) => `${pairNames[(index + off) % pairsMost]}:${30 - at * 5}`).join(', ');
  return { targets, cashPercent: '25', thresholdPercent: text(0.5 * spread), checkInterval: '1m', minTrade: '6' };
}
