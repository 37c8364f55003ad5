/** What a deal or a trade has earned, told in base and quote whatever its direction. */
import type { Amount, ClosedDeal } from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import { inBase, inQuote, type Way } from './direction.ts';

/** What moved, in the words of a long deal: of a short one what is bought, held and sold is quote, and what it cost and brought is base. */
export interface Flows {
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  readonly soldCost: Amount;
  readonly proceeds: Amount;
}

type Figures = Pick<ClosedDeal, 'bought' | 'sold' | 'spent' | 'cost' | 'proceeds' | 'profit'>;

/** `kept`: of a short one, quote that is its profit, and the base that it had cost. */
export const figuresOf = (way: Way, flows: Flows, kept: { readonly quantity: bigint; readonly cost: bigint }): Figures =>
  way.exit === 'sell' ? ofLong(flows) : ofShort(flows, (kept.quantity + atPaid(flows, baseLeft(flows) - kept.cost)) as Amount);

const ofLong = ({ bought, sold, spent, soldCost: cost, proceeds }: Flows): Figures => ({
  bought,
  sold,
  spent,
  cost,
  proceeds,
  profit: (proceeds - cost) as Amount,
});

const ofShort = ({ bought, sold, spent, proceeds }: Flows, profit: Amount): Figures => ({
  bought: proceeds,
  sold: spent,
  spent: sold,
  cost: (bought - profit) as Amount,
  proceeds: bought,
  profit,
});

const baseLeft = ({ proceeds, soldCost }: Flows): bigint => proceeds - soldCost;

/** What exits have earned so far, in quote. A short one counts coins that came back too few or too many at what was paid for those that did. */
export const earnedOf = (way: Way, flows: Flows): Amount =>
  (way.exit === 'sell' ? flows.proceeds - flows.soldCost : atPaid(flows, baseLeft(flows))) as Amount;

/** Base, of either sign, at the average price that was paid for coins; rounded down. */
function atPaid({ sold: paid, proceeds: received }: Flows, base: bigint): bigint {
  if (received <= 0n) return 0n;
  const value = base * paid;
  return value >= 0n ? value / received : -((-value + received - 1n) / received);
}

/** Coins and their worth in quote: held and what they cost, or sold by a short deal and what they brought. */
export const coinsOf = (way: Way, held: Holding) => ({ quantity: inBase(way, held), cost: inQuote(way, held) });
