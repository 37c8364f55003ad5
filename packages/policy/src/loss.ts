/**
 * The most that a mandate can lose in 24 h, computed before it happens (custody 3.6).
 *
 *   theft24h    B + S + O × g: what whoever holds every sub-key can give away to himself, with honest reference prices.
 *   forged24h   with reference prices forged at will, the true price in the middle of the corridor: T spent on what loses
 *               most, either coins from before the vault sold at the floor as far as the base caps reach, or buying at the
 *               ceiling (with the own exits at the floor: T counts both ways, so the same); and fees, which B and S bound.
 *   market24h   Σ P × s: not stolen, but lost when the market falls by s.
 *   exitJump24h Σ P × g: what resting exits bring less than a moment later when the market jumps up through them. The account
 *               is then worth no less than before the jump, so it is no part of `theft24h`; but a thief may choose the moment.
 *
 * Gains of positions over their cost are in none of them: they are market results (docs/decisions/0008).
 */
import { type Amount, divide, formatAmount, type Mandate, type MandatePair, roundTo, unit } from '@holdfast/domain';

export interface WorstLoss {
  /** All in the mandate's quote asset. */
  readonly theft24h: Amount;
  readonly forged24h: Amount;
  readonly forgedBuys24h: Amount;
  readonly forgedSells24h: Amount;
  /** T: nothing can give away more than it trades, with no corridor at all. */
  readonly forgedWithoutCorridor24h: Amount;
  readonly market24h: Amount;
  readonly exitJump24h: Amount;
  /** How `theft24h` comes about, in numbers. */
  readonly formula: string;
  readonly forgedFormula: string;
}

export function worstLoss(mandate: Mandate): WorstLoss {
  const { turnover24h, burn24h, stopBudget24h, maxOpenQuote, gapBps, quote } = mandate;
  const gap = divide(maxOpenQuote * BigInt(gapBps), 10_000n, 'up');
  const theft = burn24h + stopBudget24h + gap;
  const buying = mandate.pairs.flatMap(lossOfBuying);
  const selling = mandate.pairs.flatMap(lossOfSelling);
  const buys = spendAll(buying, turnover24h);
  const sells = spendAll(selling, turnover24h);
  const prices = spendAll([...buying, ...selling], turnover24h);
  const fees = burn24h + stopBudget24h;
  const forged = prices + fees;
  const market = mandate.pairs.reduce((sum, it) => sum + divide(it.maxPositionQuote * BigInt(it.stressBps), 10_000n, 'up'), 0n);
  const positions = mandate.pairs.reduce((sum, it) => sum + it.maxPositionQuote, 0n);
  return {
    theft24h: theft as Amount,
    forged24h: forged as Amount,
    forgedBuys24h: buys as Amount,
    forgedSells24h: sells as Amount,
    forgedWithoutCorridor24h: turnover24h,
    market24h: market as Amount,
    exitJump24h: divide(positions * BigInt(gapBps), 10_000n, 'up') as Amount,
    formula:
      `B + S + O × g = ${formatAmount(burn24h)} + ${formatAmount(stopBudget24h)} + ${formatAmount(maxOpenQuote)} × ${percent(gapBps)} % ` +
      `= ${lossText(theft)} ${quote}`,
    forgedFormula:
      `T of ${formatAmount(turnover24h)} at the edges of the corridors, buying × (ceiling − floor) / (2 × ceiling) and ` +
      `selling base caps × (middle − floor): ${lossText(prices)}; B + S for fees: ${lossText(fees)}; together ${lossText(forged)} ${quote}`,
  };
}

const cent = 10n ** 16n;
const smallestStep = 10n ** 10n;

/** A loss as people read it: rounded up to cents, or to six digits where it is so small that cents say little. */
export function lossText(value: bigint): string {
  let step = cent;
  while (step > smallestStep && value < step * 100_000n) step /= 10n;
  return formatAmount(roundTo(value, step, 'up'));
}

/** One way to lose: `lost` of each `counted` of turnover, for at most `cap` of it. */
interface Way {
  readonly lost: bigint;
  readonly counted: bigint;
  readonly cap: bigint | null;
}

/** Bought at the ceiling, worth the middle of the corridor. */
const lossOfBuying = ({ sides, floor, ceiling }: MandatePair): readonly Way[] =>
  sides.includes('buy') && ceiling > floor ? [{ lost: ceiling - floor, counted: 2n * ceiling, cap: null }] : [];

/** Sold at the floor, where turnover counts least, worth the middle of the corridor. */
const lossOfSelling = ({ sides, floor, ceiling, maxSellHeldBase24h }: MandatePair): readonly Way[] =>
  sides.includes('sell') && ceiling > floor && floor > 0n
    ? [{ lost: ceiling - floor, counted: 2n * floor, cap: divide(maxSellHeldBase24h * floor, unit, 'up') }]
    : [];

/** Most that a turnover can lose: what loses most of each first. */
function spendAll(ways: readonly Way[], turnover: bigint): bigint {
  let left = turnover;
  let loss = 0n;
  for (const { lost, counted, cap } of [...ways].sort((a, b) => Number(b.lost * a.counted > a.lost * b.counted) * 2 - 1)) {
    const some = cap !== null && cap < left ? cap : left;
    loss += divide(some * lost, counted, 'up');
    left -= some;
  }
  return loss;
}

/** Basis points as a percentage: 50 → "0.5". */
export const percent = (bps: number): string => String(bps / 100);
