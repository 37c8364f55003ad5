/** Orders that add to a deal which runs well: at the market, each as soon as the price has come so far to the side of profit. */
import { entryQuote, reaches, wayOf } from './direction.ts';
import { levelOrder } from './ladder.ts';
import { capOf, isHeldUp, place, type Turn } from './orders.ts';
import type { DcaState, Deal, Level } from './state.ts';

const isOnItsWay = (state: DcaState, level: number): boolean =>
  state.orders.some((order) => order.role === 'averaging' && order.level === level);

/** None rests: a limit order beyond the market would trade at once. None is placed while a target is trailed. */
export function planPyramid(turn: Turn): void {
  const { pyramid = [], trail } = turn.state.deal as Deal;
  const { quote } = turn;
  if (quote === undefined || turn.state.halted || trail !== null || isHeldUp(turn, 'averaging')) return;
  const way = wayOf(turn.settings);
  const price = entryQuote(way, quote);
  const limit = capOf(turn, way, price);
  for (const [i, level] of pyramid.entries()) {
    if (!reaches(way, price, level.price) || isOnItsWay(turn.state, -i - 1)) continue;
    const quantity = levelOrder(turn, level, limit);
    if (quantity !== null) place(turn, { role: 'averaging', side: way.entry, order: 'ioc', quantity, limit, level: -i - 1 });
  }
}

/** Orders of the pyramid that have filled nothing yet. */
export const awaited = ({ pyramid = [], trail }: Deal): readonly Level[] =>
  trail === null ? pyramid.filter(({ filled, refused }) => !refused && filled === 0n) : [];
