/** A deal that ended, as it is told: in base and quote, whatever the direction of the deal. */
import type { Amount, ClosedDeal, EpochMs } from '@holdfast/domain';
import { inBase, inQuote, wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { Deal } from './state.ts';

type Figures = Pick<ClosedDeal, 'bought' | 'sold' | 'spent' | 'cost' | 'proceeds' | 'profit'>;

/** `keepsProfit`: what the deal still holds is its profit. */
export function closedDeal(settings: DcaSettings, deal: Deal, at: EpochMs, keepsProfit: boolean): ClosedDeal {
  return {
    number: deal.number,
    pair: settings.pair,
    openedAt: deal.openedAt,
    closedAt: at,
    ending: deal.bought > 0n ? (deal.ending ?? 'too-small') : 'no-entry',
    ...(wayOf(settings).exit === 'sell' ? ofLong(deal) : ofShort(deal, keepsProfit)),
    fees: null,
    averagingOrdersFilled: [...deal.ladder, ...(deal.pyramid ?? [])].filter(({ filled }) => filled > 0n).length,
  };
}

const ofLong = ({ bought, sold, spent, soldCost: cost, proceeds }: Deal): Figures => ({
  bought,
  sold,
  spent,
  cost,
  proceeds,
  profit: (proceeds - cost) as Amount,
});

/** A short deal counts in base. In quote, coins that came back too few or too many are worth what was paid for those that did. */
function ofShort(deal: Deal, keepsProfit: boolean): Figures {
  const [kept, keptCost] = keepsProfit ? [deal.held.quantity, deal.held.cost] : [0n, 0n];
  const profit = (kept + atPaid(deal, deal.proceeds - deal.soldCost - keptCost)) as Amount;
  return {
    bought: deal.proceeds,
    sold: deal.spent,
    spent: deal.sold,
    cost: (deal.bought - profit) as Amount,
    proceeds: deal.bought,
    profit,
  };
}

/** Base, of either sign, at the average price that the deal has paid for coins; rounded down. */
function atPaid({ sold: paid, proceeds: received }: Deal, base: bigint): bigint {
  if (received <= 0n) return 0n;
  const value = base * paid;
  return value >= 0n ? value / received : -((-value + received - 1n) / received);
}

/** What exits of an open deal have earned so far, in quote. */
export const earnedSoFar = (settings: DcaSettings, deal: Deal): Amount =>
  (wayOf(settings).exit === 'sell' ? deal.proceeds - deal.soldCost : atPaid(deal, deal.proceeds - deal.soldCost)) as Amount;

/** Coins of a deal and their worth in quote: held and what they cost, or sold by a short deal and what they brought. */
export const inCoins = (settings: DcaSettings, held: Deal['held']) => {
  const way = wayOf(settings);
  return { quantity: inBase(way, held), cost: inQuote(way, held) };
};
