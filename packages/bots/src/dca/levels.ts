/** The ladder of a deal as people see it. */
import { type LadderLevel, priceAmount, quantityAmount } from '@holdfast/domain';
import type { DcaState, Deal } from './state.ts';

export function ladderLevels(state: DcaState, deal: Deal): readonly LadderLevel[] {
  return deal.ladder.map((level, i) => {
    const order = state.orders.find(({ role, level: index }) => role === 'averaging' && index === i + 1);
    const quantity = quantityAmount(level.quantity, state.rules);
    const done = level.filled >= quantity ? 'filled' : level.refused ? 'refused' : 'waiting';
    return {
      index: i + 1,
      price: priceAmount(level.price, state.rules),
      quantity,
      filled: level.filled,
      state: order === undefined ? done : 'resting',
      clientOrderId: order?.id ?? null,
    };
  });
}
