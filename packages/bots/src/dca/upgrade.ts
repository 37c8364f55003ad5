/** States written by versions before this one, read as of today. */
import { type Amount, lots, type Ticks, unit } from '@holdfast/domain';
import type { DcaState, Deal, LiveOrder } from './state.ts';

/** Version 1: one target, no stop, no changes while a deal runs. */
interface DealV1 extends Pick<Deal, 'number' | 'openedAt' | 'phase' | 'ending' | 'entry' | 'sold' | 'ladder' | 'holdups'> {
  readonly target: Ticks | null;
}

type StateV1 = Omit<DcaState, 'v' | 'deal' | 'orders'> & {
  readonly v: 1;
  readonly deal: DealV1 | null;
  readonly orders: readonly LiveOrder[];
};

/** The same state where it is of today. */
export function current(state: DcaState): DcaState {
  return (state.v as number) === 2 ? state : fromV1(state as unknown as StateV1);
}

const fromV1 = (state: StateV1): DcaState =>
  ({
    ...state,
    v: 2,
    startAt: null,
    dealsInRow: 0,
    lossesInRow: 0,
    orders: state.orders.map((order) => ({
      ...order,
      isTaking: order.role === 'base' || order.role === 'close',
      trigger: null,
      repriceAt: null,
    })),
    deal: state.deal === null ? null : dealFromV1(state.deal, state.quote),
  }) as DcaState;

function dealFromV1({ target, ...deal }: DealV1, quote: Amount): Deal {
  return {
    ...(deal as unknown as Deal),
    selling: deal.ending === 'closed' ? { floor: null } : null,
    sizing: { funds: quote, scale: unit },
    edits: {},
    entryBase: deal.entry.quantity,
    lastBuy: null,
    steps: target === null ? [] : [{ price: target, quantity: lots(0), sold: deal.sold, hit: false }],
    trail: null,
    lift: 0,
    stopSince: null,
    stopRefused: null,
    adding: null,
    dropsAdded: false,
    holdups: { ...deal.holdups, stop: null },
  };
}
