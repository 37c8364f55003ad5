/** The ladder of a deal as people see it, and after it the orders on the side of profit. */
import { type LadderLevel, priceAmount, quantityAmount } from '@holdfast/domain';
import type { DcaState, Deal, Level } from './state.ts';

export const ladderLevels = (state: DcaState, deal: Deal): readonly LadderLevel[] =>
  deal.ladder.map((level, i) => shown(state, level, i + 1, i + 1));

export const pyramidLevels = (state: DcaState, { ladder, pyramid = [] }: Deal): readonly LadderLevel[] =>
  pyramid.map((level, i) => shown(state, level, -i - 1, ladder.length + i + 1));

function shown(state: DcaState, level: Level, of: number, index: number): LadderLevel {
  const order = state.orders.find((each) => each.role === 'averaging' && each.level === of);
  const quantity = quantityAmount(level.quantity, state.rules);
  const done = level.filled >= quantity ? 'filled' : level.refused ? 'refused' : 'waiting';
  return {
    index,
    price: priceAmount(level.price, state.rules),
    quantity,
    filled: level.filled,
    state: order === undefined ? done : 'resting',
    clientOrderId: order?.id ?? null,
  };
}
