/** The end of a round: orders go first, then coins and money are brought to what the action says, with capped orders in pieces. */
import { type Amount, baseOf, divide, type Lots, lots, quoteOf, type Side, type Ticks, toLots, unit } from '@holdfast/domain';
import { lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { held } from '../orders/sub-book.ts';
import { pieceLots } from './balance.ts';
import { grossLots } from './lines.ts';
import { affordable, isTradable, sellable } from './sizes.ts';
import type { Ending, GridState } from './state.ts';
import { closeRound, nothingMoved, plus } from './trips.ts';
import { cancel, isPaused, place, type Turn } from './turn.ts';

/** Lines are forgotten at once; what their unfinished trips moved counts with what belongs to no cell. */
export function beginEnding(state: GridState, ending: Ending): GridState {
  const open = state.cells.reduce((sum, { trip }) => (trip === null ? sum : plus(sum, trip.moved)), nothingMoved);
  return { ...state, phase: 'ending', ending, cells: [], loose: plus(state.loose, open), pause: null };
}

export function planEnding(turn: Turn): void {
  const { state } = turn;
  const ending = state.ending as Ending;
  if (state.orders.length > 0) {
    for (const order of state.orders) cancel(turn, order);
    return;
  }
  const action = tradeOf(turn, ending);
  if (action === null) {
    turn.state = ended(turn);
    return;
  }
  if (isPaused(turn)) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const { bid, ask } = turn.quote;
  const limit = (
    action.side === 'buy'
      ? Math.max(raised(ask, turn.settings.slippage), ask)
      : Math.min(lowered(bid, turn.settings.slippage), bid)
  ) as Ticks;
  const most = lots(Math.min(action.quantity(action.side === 'buy' ? ask : bid), pieceLots(turn.settings, state.rules, limit)));
  const quantity = action.side === 'buy' ? affordable(turn.settings, state, most, limit) : sellable(turn.settings, state, most);
  if (isTradable(state.rules, quantity, limit)) place(turn, 'close', null, { side: action.side, order: 'ioc', quantity, limit });
  else turn.state = ended(turn);
}

interface Trade {
  readonly side: Side;
  readonly quantity: (price: Ticks) => Lots;
}

/** What the action still asks for; null when nothing. */
function tradeOf({ settings, state }: Turn, { action }: Ending): Trade | null {
  const { rules, book, allotted } = state;
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const sell = (amount: bigint): Trade | null =>
    toLots(amount as Amount, rules, 'down') === 0
      ? null
      : { side: 'sell', quantity: () => toLots(amount as Amount, rules, 'down') };
  switch (action) {
    case 'stop':
      return null;
    case 'stop-and-sell':
      return sell(held(book, base));
    case 'stop-and-buy': {
      const fee = settings.feeAsset === 'quote' ? settings.fee : 0n;
      const funds = divide(held(book, quote) * unit, unit + fee, 'down');
      return funds === 0n ? null : { side: 'buy', quantity: (price) => lotsWithin(funds, price, rules) };
    }
    case 'stop-and-close': {
      const more = held(book, base) - held(allotted, base);
      if (more >= 0n) return sell(more);
      const lacking = grossLots(settings, toLots(-more as Amount, rules, 'down'));
      return lacking === 0 ? null : { side: 'buy', quantity: () => lacking };
    }
  }
}

function ended({ settings, state, at }: Turn): GridState {
  return {
    ...closeRound(settings, state, state.ending?.action === 'stop' ? 'cancelled' : 'closed', at),
    phase: 'stopped',
    pause: null,
  };
}
