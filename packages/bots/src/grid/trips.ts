/** Sums of fills, and what a finished round trip or a closed round comes to. */
import {
  type Amount,
  type ClosedDeal,
  divide,
  type EpochMs,
  multiply,
  type OrderFill,
  type Pair,
  priceAmount,
  type Side,
  zero,
} from '@holdfast/domain';
import { feeInQuote, type Posted } from '../orders/sub-book.ts';
import type { GridSettings } from './settings.ts';
import type { Cell, GridState, Moved, Trip } from './state.ts';

export const nothingMoved: Moved = { bought: zero, sold: zero, spent: zero, proceeds: zero, third: zero, fees: zero };

export const plus = (a: Moved, b: Moved): Moved => ({
  bought: (a.bought + b.bought) as Amount,
  sold: (a.sold + b.sold) as Amount,
  spent: (a.spent + b.spent) as Amount,
  proceeds: (a.proceeds + b.proceeds) as Amount,
  third: (a.third + b.third) as Amount,
  fees: (a.fees + b.fees) as Amount,
});

/** What one fill moved. A fee in a third asset counts as the settings' rate of the value, rounded up. */
export function movedBy(settings: GridSettings, pair: Pair, side: Side, fill: OrderFill, posted: Posted): Moved {
  const value = multiply(fill.price, fill.quantity, 'up');
  const third = posted.third > 0n ? multiply(value, settings.fee, 'up') : zero;
  const fees = feeInQuote(pair, fill, settings.fee);
  return side === 'buy'
    ? { ...nothingMoved, bought: posted.base as Amount, spent: -posted.quote as Amount, third, fees }
    : { ...nothingMoved, sold: -posted.base as Amount, proceeds: posted.quote as Amount, third, fees };
}

/** What was sold had cost: in proportion to what was bought; what is sold beyond that is counted at `otherwise`. Rounded up. */
function costOfSold({ bought, sold, spent }: Moved, otherwise: Amount): Amount {
  if (bought === 0n) return multiply(sold, otherwise, 'up');
  if (sold <= bought) return divide(spent * sold, bought, 'up') as Amount;
  return (spent + multiply((sold - bought) as Amount, otherwise, 'up')) as Amount;
}

interface Closing {
  readonly number: number;
  readonly openedAt: EpochMs;
  readonly ending: ClosedDeal['ending'];
  readonly moved: Moved;
  /** Price in quote of base that was sold without having been bought. */
  readonly otherwise: Amount;
}

function closedDeal(settings: GridSettings, { moved, otherwise, ...rest }: Closing, at: EpochMs): ClosedDeal {
  const cost = costOfSold(moved, otherwise);
  return {
    ...rest,
    pair: settings.pair,
    closedAt: at,
    bought: moved.bought,
    sold: moved.sold,
    spent: moved.spent,
    cost,
    proceeds: moved.proceeds,
    profit: (moved.proceeds - moved.third - cost) as Amount,
    fees: moved.fees,
    averagingOrdersFilled: 0,
  };
}

/** Several may close between two looks at the state. */
const closedKept = 8;

function withClosed(state: GridState, closed: ClosedDeal): GridState {
  return {
    ...state,
    realised: (state.realised + closed.profit) as Amount,
    closed: [...state.closed.slice(1 - closedKept), closed],
  };
}

/** A trip that has bought and sold is over: its gain is counted, its cell begins anew. */
export function closeTrip(settings: GridSettings, state: GridState, cell: Cell, trip: Trip, at: EpochMs): GridState {
  const { moved, number, openedAt } = trip;
  // What the fee in base makes a sale larger than its buy counts at the price of that buy.
  const otherwise = moved.bought > 0n ? (divide(moved.spent * 10n ** 18n, moved.bought, 'up') as Amount) : zero;
  const closed = closedDeal(settings, { number, openedAt, ending: 'round-trip', moved, otherwise }, at);
  const after = withClosed(state, closed);
  const profit = (cell.profit + closed.profit) as Amount;
  return {
    ...after,
    trips: state.trips + 1,
    gained: {
      base: state.gained.base + moved.bought - moved.sold,
      quote: state.gained.quote + moved.proceeds - moved.spent,
    },
    cells: after.cells.map((it) => (it.index === cell.index ? { ...it, trip: null, trips: cell.trips + 1, profit } : it)),
  };
}

/** The round is over: what moved outside of finished trips is written down, as a deal if something was sold. */
export function closeRound(settings: GridSettings, state: GridState, ending: ClosedDeal['ending'], at: EpochMs): GridState {
  const { loose, looseBefore, rules } = state;
  const otherwise = state.startPrice === null ? zero : priceAmount(state.startPrice, rules);
  const closing = { number: state.round, openedAt: state.roundStartedAt ?? at, ending, moved: loose, otherwise };
  const after = loose.sold > 0n ? withClosed(state, closedDeal(settings, closing, at)) : state;
  return {
    ...after,
    loose: nothingMoved,
    looseBefore: {
      base: looseBefore.base + loose.bought - loose.sold,
      quote: looseBefore.quote + loose.proceeds - loose.spent,
    },
  };
}
