/** What a trade says about itself. */
import {
  type Amount,
  baseOf,
  type LadderLevel,
  type OpenDeal,
  type PairReport,
  priceAmount,
  quoteOf,
  ratio,
  zero,
} from '@holdfast/domain';
import { roundingTo, wayOf } from '../orders/direction.ts';
import { coinsOf } from '../orders/figures.ts';
import { held } from '../orders/sub-book.ts';
import { stopPrice, targetPrice } from './arithmetic.ts';
import { figuresAt, termsOf } from './change.ts';
import { restingStop } from './observe.ts';
import type { TradeSettings } from './settings.ts';
import type { TradeState } from './state.ts';
import { stopHow, waitingFor } from './words.ts';

const nothing = { quantity: zero, cost: zero };

export function report(first: TradeSettings, state: TradeState): PairReport {
  const settings = termsOf(first, state);
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const isOver = state.closed !== null;
  const isKept = isOver && ['cancelled', 'bought'].includes(state.closed.ending);
  const coins = coinsOf(wayOf(settings), state.held);
  return {
    state: isOver ? 'stopped' : 'deal-open',
    waitingFor: waitingFor(settings, state),
    deal: isOver ? null : openDeal(settings, state),
    dealsClosed: isOver ? 1 : 0,
    realised: realisedOf(settings, state),
    holdings: [
      { asset: quote, amount: held(state.book, quote) },
      { asset: base, amount: held(state.book, base) },
    ],
    dust: isOver && !isKept ? coins : nothing,
    kept: isKept ? coins : nothing,
  };
}

const realisedOf = (settings: TradeSettings, state: TradeState): Amount =>
  state.closed?.profit ?? figuresAt(settings, state, null).profit;

function openDeal(settings: TradeSettings, state: TradeState): OpenDeal {
  const ladder = state.steps.flatMap((_, index) => stepLevel(settings, state, index));
  const next = ladder.find((level) => level.state !== 'filled');
  const way = wayOf(settings);
  const { quantity: coins, cost } = coinsOf(way, state.held);
  return {
    number: 1,
    pair: settings.pair,
    openedAt: state.startedAt ?? (0 as NonNullable<TradeState['startedAt']>),
    ...(way.sign === -1 ? { direction: 'short' } : {}),
    phase: state.exit !== null ? 'closing' : isEntering(state) ? 'entering' : 'holding',
    held: coins,
    cost,
    averagePrice: coins === 0n ? null : ratio(cost, coins, roundingTo(way, 'profit')),
    realised: realisedOf(settings, state),
    takeProfit:
      next === undefined
        ? null
        : { price: next.price, quantity: (next.quantity - next.filled) as Amount, clientOrderId: next.clientOrderId },
    targets: ladder
      .filter((level) => level.state === 'waiting' || level.state === 'resting')
      .map(({ price, quantity, filled, clientOrderId }) => ({ price, quantity: (quantity - filled) as Amount, clientOrderId })),
    stopLoss: stopOf(settings, state),
    ...(state.note ? { note: state.note } : {}),
    ladder,
  };
}

const isEntering = ({ held: has, entry }: TradeState): boolean => has.quantity === 0n || entry.phase === 'working';

function stopOf(settings: TradeSettings, state: TradeState): NonNullable<OpenDeal['stopLoss']> | null {
  const level = stopPrice(settings, state);
  if (level === null) return null;
  const resting = restingStop(state);
  return {
    price: priceAmount(level, state.rules),
    clientOrderId: resting?.id ?? null,
    notResting: resting === undefined ? stopHow(settings, state) : null,
  };
}

/** The steps out as levels, 1 the first take profit; `waiting` means watched, not resting. */
function stepLevel(settings: TradeSettings, state: TradeState, index: number): readonly LadderLevel[] {
  const step = state.steps[index] as TradeState['steps'][number];
  const price = targetPrice(step, state.basis, settings, state.rules);
  if (price === null) return [];
  const order = state.orders.find(({ role, step: of }) => role === 'take-profit' && of === index);
  return [
    {
      kind: 'target',
      index: index + 1,
      price: priceAmount(price, state.rules),
      quantity: (step.sold + step.left) as Amount,
      filled: step.sold,
      state: order !== undefined ? 'resting' : step.over ? 'filled' : 'waiting',
      clientOrderId: order?.id ?? null,
    },
  ];
}
