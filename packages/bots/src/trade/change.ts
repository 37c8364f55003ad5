/** Small changes of a trade's state; each gives a new state. */
import { type Amount, type ClosedDeal, type EpochMs, zero } from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import { wayOf } from '../orders/direction.ts';
import { figuresOf } from '../orders/figures.ts';
import { divideSteps } from './arithmetic.ts';
import { asBefore, type TradeSettings } from './settings.ts';
import type { Ending, ExitStep, Holdup, Part, TradeState } from './state.ts';

/** The settings that hold now: those of the newest edit, else the first. */
export function termsOf(settings: TradeSettings, { edited }: TradeState): TradeSettings {
  if (edited === null) return settings;
  // States of earlier versions know less.
  return 'entryHoldMs' in edited ? edited : { ...asBefore, ...(edited as TradeSettings) };
}

export const withEntry = (state: TradeState, change: Partial<TradeState['entry']>): TradeState => ({
  ...state,
  entry: { ...state.entry, ...change },
});

export const withStop = (state: TradeState, change: Partial<TradeState['stop']>): TradeState => ({
  ...state,
  stop: { ...state.stop, ...change },
});

export const withStep = (state: TradeState, index: number, change: Partial<ExitStep>): TradeState => ({
  ...state,
  steps: state.steps.map((step, at) => (at === index ? { ...step, ...change } : step)),
});

export function withHoldup(state: TradeState, part: Part, holdup: Holdup | null): TradeState {
  return state.holdups[part] === holdup ? state : { ...state, holdups: { ...state.holdups, [part]: holdup } };
}

export const withDivided = (settings: TradeSettings, state: TradeState): TradeState => ({
  ...state,
  steps: divideSteps(termsOf(settings, state), state),
});

export const isDone = (state: TradeState): boolean => state.closed !== null;

/** The trade is over; what it still holds stays in the sub-book. */
export function close(settings: TradeSettings, state: TradeState, ending: Ending, at: EpochMs): TradeState {
  const figures = figuresAt(settings, state, ending);
  const closed: ClosedDeal = {
    number: 1,
    pair: settings.pair,
    openedAt: state.startedAt ?? at,
    closedAt: at,
    ending,
    ...figures,
    // Coins that were sold before the trade were not sold by it.
    ...(settings.direction === 'short' && settings.entry === 'held' ? { sold: soldBeyond(settings, figures.sold) } : {}),
    fees: null,
    averagingOrdersFilled: 0,
  };
  // What counts as brought back leaves nothing behind.
  const left = isCounted(settings, state, ending) ? withDivided(settings, { ...state, held: nothingHeld }) : state;
  return { ...left, exit: state.exit ?? { ending, how: 'keep' }, closed };
}

const soldBeyond = ({ heldQuantity }: TradeSettings, sold: Amount): Amount =>
  (sold > heldQuantity ? sold - heldQuantity : zero) as Amount;

export const nothingHeld: Holding = { quantity: zero, cost: zero };

/** A short trade that has bought back counts all that moved, unless coins are still to come back by its owner's wish. */
const isCounted = ({ direction }: TradeSettings, { proceeds }: TradeState, ending: Ending): boolean =>
  direction === 'short' && proceeds > 0n && ending !== 'cancelled';

/** Profit so far; `ending` once it is over. A short trade earns the quote of the coins that came back, less what they cost. */
export function figuresAt(settings: TradeSettings, state: TradeState, ending: Ending | null) {
  const { bought, sold, held } = state;
  const isAll = ending !== null && isCounted(settings, state, ending);
  const kept = isAll ? { quantity: bought - sold, cost: held.cost } : { quantity: bought - held.quantity - sold, cost: 0n };
  return figuresOf(wayOf(settings), state, kept);
}
