/** Small changes of a trade's state; each gives a new state. */
import type { Amount, EpochMs } from '@holdfast/domain';
import { divideSteps } from './arithmetic.ts';
import type { TradeSettings } from './settings.ts';
import type { Ending, ExitStep, Holdup, Part, TradeState } from './state.ts';

/** The settings that hold now: those of the newest edit, else the first. */
export const termsOf = (settings: TradeSettings, state: TradeState): TradeSettings => state.edited ?? settings;

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
  return {
    ...state,
    exit: state.exit ?? { ending, how: 'keep' },
    closed: {
      number: 1,
      pair: settings.pair,
      openedAt: state.startedAt ?? at,
      closedAt: at,
      ending,
      bought: state.bought,
      sold: state.sold,
      spent: state.spent,
      cost: state.soldCost,
      proceeds: state.proceeds,
      profit: (state.proceeds - state.soldCost) as Amount,
      fees: null,
      averagingOrdersFilled: 0,
    },
  };
}
