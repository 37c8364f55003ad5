/**
 * The most that a mandate can lose in 24 h, computed before it happens (custody 3.6).
 *
 *   theft24h    B + S + O × g: what whoever holds every sub-key can give away to himself, with honest reference prices.
 *   forged24h   with reference prices forged at will, the true price in the middle of the corridor: coins from before the
 *               vault sold at the floor as far as T and the base caps reach, for the rest of T buying at the ceiling (with
 *               the own exits at the floor: T counts both ways, so the same), and the fees of all that, which B bounds.
 *   market24h   Σ P × s: not stolen, but lost when the market falls by s. A jump through a resting exit is in it.
 *
 * Gains of positions over their cost are in none of them: they are market results (docs/decisions/0008).
 */
import { type Amount, divide, formatAmount, type Mandate, type MandatePair, unit } from '@holdfast/domain';

export interface WorstLoss {
  /** All in the mandate's quote asset. */
  readonly theft24h: Amount;
  readonly forged24h: Amount;
  readonly forgedBuys24h: Amount;
  readonly forgedSells24h: Amount;
  /** T: nothing can give away more than it trades, with no corridor at all. */
  readonly forgedWithoutCorridor24h: Amount;
  readonly market24h: Amount;
  /** How `theft24h` comes about, in numbers. */
  readonly formula: string;
  readonly forgedFormula: string;
}

export function worstLoss(mandate: Mandate): WorstLoss {
  const { turnover24h, burn24h, stopBudget24h, maxOpenQuote, gapBps, quote } = mandate;
  const gap = divide(maxOpenQuote * BigInt(gapBps), 10_000n, 'up');
  const theft = burn24h + stopBudget24h + gap;
  const buyable = mandate.pairs.filter((it) => it.sides.includes('buy'));
  const buysFor = (turnover: bigint): bigint => largest(buyable.map((it) => lossOfBuys(it, turnover)));
  const buys = buysFor(turnover24h);
  const { loss: sells, left } = forgedSells(mandate);
  const rest = buysFor(left);
  const forged = sells + rest + burn24h;
  const market = mandate.pairs.reduce((sum, it) => sum + divide(it.maxPositionQuote * BigInt(it.stressBps), 10_000n, 'up'), 0n);
  const text = (value: bigint): string => formatAmount(value);
  return {
    theft24h: theft as Amount,
    forged24h: forged as Amount,
    forgedBuys24h: buys as Amount,
    forgedSells24h: sells as Amount,
    forgedWithoutCorridor24h: turnover24h,
    market24h: market as Amount,
    formula:
      `B + S + O × g = ${text(burn24h)} + ${text(stopBudget24h)} + ${text(maxOpenQuote)} × ${percent(gapBps)} % ` +
      `= ${text(theft)} ${quote}`,
    forgedFormula:
      `base caps × (middle − floor) = ${text(sells)} by selling, ` +
      `what that leaves of T × (ceiling − floor) / (2 × ceiling) = ${text(rest)} by buying, B = ${text(burn24h)} for fees: ${text(forged)} ${quote}`,
  };
}

/** Bought at the ceiling, worth the middle of the corridor. */
const lossOfBuys = ({ floor, ceiling }: MandatePair, turnover: bigint): bigint =>
  ceiling <= floor ? 0n : divide(turnover * (ceiling - floor), 2n * ceiling, 'up');

/** T is shared by all pairs and each has a base cap of its own: the dearest losses per turnover come first. */
function forgedSells({ pairs, turnover24h }: Mandate): { readonly loss: bigint; readonly left: bigint } {
  const sellable = pairs.filter((it) => it.sides.includes('sell') && it.floor > 0n && it.ceiling > it.floor);
  const dearest = [...sellable].sort((a, b) => (a.ceiling * b.floor > b.ceiling * a.floor ? -1 : 1));
  let left: bigint = turnover24h;
  let loss = 0n;
  for (const { floor, ceiling, maxSellHeldBase24h } of dearest) {
    const countedAtFloor = divide(maxSellHeldBase24h * floor, unit, 'up');
    const counted = countedAtFloor < left ? countedAtFloor : left;
    loss += divide(counted * (ceiling - floor), 2n * floor, 'up');
    left -= counted;
  }
  return { loss, left };
}

const largest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b), 0n);

/** Basis points as a percentage: 50 → "0.5". */
export const percent = (bps: number): string => String(bps / 100);
