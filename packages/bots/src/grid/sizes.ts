/** How much a cell buys or sells, and what the sub-book leaves it. */
import {
  type Amount,
  baseOf,
  divide,
  type Lots,
  lots,
  notional,
  type PairRules,
  quantityAmount,
  quoteOf,
  type Ticks,
  toLots,
  unit,
} from '@holdfast/domain';
import { lotsFor, lotsWithin } from '../dca/arithmetic.ts';
import { free, held } from '../orders/sub-book.ts';
import { grossLots } from './lines.ts';
import type { GridSettings } from './settings.ts';
import type { Cell, GridState } from './state.ts';

/** Whether the exchange takes an order of that size. */
export const isTradable = (rules: PairRules, quantity: Lots, price: Ticks): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

/** Base that no sell line counts on. Negative when they count on more than is held. */
export function spareBase(state: GridState, pair: GridSettings['pair']): bigint {
  const counted = state.cells
    .filter(({ leg }) => leg === 'sell')
    .reduce((sum, cell) => sum + quantityAmount(cell.quantity, state.rules) - cell.done, 0n);
  return held(state.book, baseOf(pair)) - counted;
}

const feeQuote = (settings: GridSettings): bigint => (settings.feeAsset === 'quote' ? settings.fee : 0n);

/**
 * Base of the leg that a cell waits for. Profit in quote: as much is sold as is bought, and a buy makes good what the fee takes
 * from it once nothing spare covers that. Profit in base: the second leg returns what the first one paid or received.
 */
export function wantedLots(settings: GridSettings, state: GridState, cell: Cell): Lots {
  const { trip, quantity } = cell;
  const isSecond = trip !== null && trip.first !== cell.leg;
  if (isSecond && settings.profitIn === 'base') return returning(settings, state, cell, trip.moved);
  if (cell.leg === 'sell' || settings.profitIn === 'base') return quantity;
  const gross = grossLots(settings, quantity);
  const made = quantityAmount(lots(gross - quantity), state.rules);
  return spareBase(state, settings.pair) >= made ? quantity : gross;
}

function returning(settings: GridSettings, state: GridState, cell: Cell, moved: { spent: Amount; proceeds: Amount }): Lots {
  const { rules } = state;
  if (cell.leg === 'buy') {
    const value = divide(moved.proceeds * unit, unit + feeQuote(settings), 'down');
    return lots(Math.min(lotsWithin(value, cell.lower, rules), rules.maxQuantity));
  }
  // The fee of the sale is returned with it; where a third asset pays it nothing is taken from the proceeds.
  const kept = settings.feeAsset === 'third' ? unit : unit - settings.fee;
  const size = divide(moved.spent * unit, kept, 'up') as Amount;
  return lots(Math.min(lotsFor(size, cell.upper, rules), cell.quantity));
}

/** Lots that the sub-book can pay at `limit`, at most `wanted`. */
export function affordable(settings: GridSettings, state: GridState, wanted: Lots, limit: Ticks): Lots {
  const quote = free(state.book, state.orders, quoteOf(settings.pair), feeQuote(settings));
  // Two roundings up of a last digit each: of the value, and of its fee.
  const funds = divide((quote > 2n ? quote - 2n : 0n) * unit, unit + feeQuote(settings), 'down');
  return lots(Math.min(wanted, lotsWithin(funds, limit, state.rules)));
}

/** Lots that the sub-book has to sell, at most `wanted`. */
export function sellable(settings: GridSettings, state: GridState, wanted: Lots): Lots {
  const base = free(state.book, state.orders, baseOf(settings.pair));
  return lots(Math.min(wanted, toLots(base, state.rules, 'down'), state.rules.maxQuantity));
}
