/** What a DCA bot says about itself. */
import {
  type Amount,
  baseOf,
  type OpenDeal,
  type PairReport,
  priceAmount,
  quantityAmount,
  quoteOf,
  ratio,
} from '@holdfast/domain';
import { termsOf } from './change.ts';
import { earnedSoFar, inCoins } from './closed.ts';
import { roundingTo, wayOf } from './direction.ts';
import { ladderLevels, pyramidLevels } from './levels.ts';
import { shownStop } from './protection.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';
import { targetsOf } from './targets.ts';
import { current } from './upgrade.ts';
import { waitingFor } from './words.ts';

export function report(settings: DcaSettings, stored: DcaState): PairReport {
  const state = current(stored);
  const { pair } = settings;
  return {
    state: state.deal !== null ? 'deal-open' : state.running ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deal: state.deal === null ? null : openDeal(settings, state, state.deal),
    dealsClosed: state.dealsClosed,
    realised: realised(settings, state),
    holdings: [
      { asset: quoteOf(pair), amount: state.quote },
      { asset: baseOf(pair), amount: state.base },
    ],
    dust: inCoins(settings, state.dust),
    kept: inCoins(settings, state.kept),
  };
}

/** In quote. */
function realised(settings: DcaSettings, { realised, earned, deal }: DcaState): Amount {
  if (earned === undefined) return realised;
  return deal === null ? earned : ((earned + earnedSoFar(settings, deal)) as Amount);
}

function openDeal(settings: DcaSettings, state: DcaState, deal: Deal): OpenDeal {
  const targets = shownTargets(settings, state, deal);
  const { quantity, cost } = inCoins(settings, deal.held);
  const rounding = roundingTo(wayOf(settings), 'profit');
  return {
    number: deal.number,
    pair: settings.pair,
    openedAt: deal.openedAt,
    phase: deal.phase,
    ...(settings.direction === 'short' ? { direction: 'short' } : {}),
    held: quantity,
    cost,
    averagePrice: quantity === 0n ? null : ratio(cost, quantity, rounding),
    realised: earnedSoFar(settings, deal),
    takeProfit: targets[0] ?? null,
    ...(deal.steps.length > 1 ? { targets } : {}),
    ...(settings.stopLoss > 0n || deal.edits.stopLoss !== undefined ? { stopLoss: stopLossOf(settings, state, deal) } : {}),
    ...(deal.trail === null ? {} : { trailedFrom: priceAmount(deal.trail, state.rules) }),
    ...(deal.edits.note ? { note: deal.edits.note } : {}),
    ladder: [...ladderLevels(state, deal), ...pyramidLevels(state, deal)],
  };
}

type Shown = NonNullable<OpenDeal['takeProfit']>;

const restingTargets = (state: DcaState): readonly Shown[] =>
  state.orders
    .filter(({ role }) => role === 'take-profit')
    .map((order) => ({ price: order.limit, quantity: (order.quantity - order.filled) as Amount, clientOrderId: order.id }));

/** Targets that rest, as they rest, and those that are planned or watched; none where conditions close the deal. */
function shownTargets(settings: DcaSettings, state: DcaState, deal: Deal): readonly Shown[] {
  const resting = restingTargets(state);
  if (settings.closeCondition !== null) return resting;
  const planned = targetsOf(termsOf(settings, deal), state, deal).map(({ price, quantity, level }): Shown => {
    const order = state.orders.find(({ role, level: of }) => role === 'take-profit' && Math.max(of, 1) === level);
    if (order !== undefined)
      return { price: order.limit, quantity: (order.quantity - order.filled) as Amount, clientOrderId: order.id };
    return { price: priceAmount(price, state.rules), quantity: quantityAmount(quantity, state.rules), clientOrderId: null };
  });
  return planned.length > 0 ? planned : resting;
}

function stopLossOf(settings: DcaSettings, state: DcaState, deal: Deal): NonNullable<OpenDeal['stopLoss']> | null {
  const shown = shownStop(termsOf(settings, deal), state, deal);
  if (shown === null) return null;
  const { price, order, notResting } = shown;
  return { price: priceAmount(price, state.rules), clientOrderId: order?.id ?? null, notResting };
}
