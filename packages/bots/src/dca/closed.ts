/** A deal that ended, as it is told: in base and quote, whatever the direction of the deal. */
import type { Amount, ClosedDeal, EpochMs } from '@holdfast/domain';
import { coinsOf, earnedOf, figuresOf } from '../orders/figures.ts';
import { wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { Deal } from './state.ts';

/** `keepsProfit`: what the deal still holds is its profit. */
export function closedDeal(settings: DcaSettings, deal: Deal, at: EpochMs, keepsProfit: boolean): ClosedDeal {
  return {
    number: deal.number,
    pair: settings.pair,
    openedAt: deal.openedAt,
    closedAt: at,
    ending: deal.bought > 0n ? (deal.ending ?? 'too-small') : 'no-entry',
    ...figuresOf(wayOf(settings), deal, keepsProfit ? deal.held : { quantity: 0n, cost: 0n }),
    fees: null,
    averagingOrdersFilled: [...deal.ladder, ...(deal.pyramid ?? [])].filter(({ filled }) => filled > 0n).length,
  };
}

/** What exits of an open deal have earned so far, in quote. */
export const earnedSoFar = (settings: DcaSettings, deal: Deal): Amount => earnedOf(wayOf(settings), deal);

/** Coins of a deal and their worth in quote. */
export const inCoins = (settings: DcaSettings, held: Deal['held']) => coinsOf(wayOf(settings), held);
