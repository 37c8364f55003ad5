/** Tick and lot of a market that is made of recorded candles. */
import { type Amount, amount, type Pair } from '@holdfast/domain';

export interface Steps {
  readonly tick: Amount;
  readonly lot: Amount;
}

/** Tick and lot of pairs as on the exchange; recorded prices may be finer (the exchange coarsened ticks over the years). */
const known: Readonly<Record<string, readonly [tick: string, lot: string]>> = {
  'BTC/USDT': ['0.01', '0.00001'],
  'ETH/USDT': ['0.01', '0.0001'],
  'BNB/USDT': ['0.01', '0.001'],
  'SOL/USDT': ['0.01', '0.001'],
  'LTC/USDT': ['0.01', '0.001'],
  'XRP/USDT': ['0.0001', '0.1'],
  'ADA/USDT': ['0.0001', '0.1'],
  'AVAX/USDT': ['0.01', '0.01'],
  'LINK/USDT': ['0.01', '0.01'],
  'DOGE/USDT': ['0.00001', '1'],
  'TRX/USDT': ['0.0001', '0.1'],
  'XTZ/USDT': ['0.0001', '0.1'],
  'ETH/BTC': ['0.00001', '0.0001'],
};

/** Decimals that price × quantity has at most. */
const decimalsMost = 8;
/** Finest tick that makes sense: a price is not counted in more than this many of them. */
const ticksPerPriceMost = 20_000_000n;

/** Candles from which steps are inferred, from the first on. */
export const rowsForSteps = 5000;

const stepOf = (decimals: number): Amount => (10n ** BigInt(18 - decimals)) as Amount;

/** Decimals of which a price of this size has at most 8 digits or so. */
function sensibleDecimals(price: Amount): number {
  let decimals = decimalsMost;
  while (decimals > 0 && price / stepOf(decimals) > ticksPerPriceMost) decimals--;
  return decimals;
}

/** Decimals (at most `most`) that 19 of 20 numbers need: single odd ones are computing errors of whoever recorded. */
function usualOf(needed: readonly number[], most: number): number {
  const counts = new Uint32Array(most + 1);
  for (const decimals of needed) counts[Math.min(decimals, most)]! += 1;
  let before = Math.floor((needed.length * 19) / 20);
  return Math.max(
    0,
    counts.findIndex((count) => {
      before -= count;
      return before < 0;
    }),
  );
}

export interface Decimals {
  /** That each price and each volume needs. */
  readonly prices: readonly number[];
  readonly volumes: readonly number[];
  /** One of the prices. */
  readonly price: Amount;
}

/**
 * Steps that fit what was recorded: the decimals seen in prices (at most 8, and no more than the price's size asks for) and in
 * volumes, with lot no finer than tick × lot = 10^-8 allows.
 */
export function stepsSeen({ prices, volumes, price }: Decimals): Steps {
  const priceDecimals = usualOf(prices, sensibleDecimals(price));
  return { tick: stepOf(priceDecimals), lot: stepOf(usualOf(volumes, decimalsMost - priceDecimals)) };
}

/** The exchange's steps of a pair where they are known, but none coarser than what was recorded; else what was seen. */
export function stepsOf(pair: Pair, seen: Steps): Steps {
  const steps = known[pair];
  if (steps === undefined) return seen;
  const [tick, lot] = [amount(steps[0]), amount(steps[1])];
  return seen.tick >= tick ? { tick, lot } : { tick: seen.tick, lot: lot > seen.lot ? lot : seen.lot };
}
