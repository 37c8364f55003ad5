/** An order as the matcher takes it, and the exchange's filters before it. */
import {
  type Amount,
  notional,
  type PairRules,
  type PlaceOrder,
  priceAmount,
  quantityAmount,
  toLots,
  toTicks,
} from '@holdfast/domain';
import type { Ask } from './match.ts';

/** The filter that an order fails, in the exchange's words; undefined when it passes them all. */
export function misfit(rules: PairRules, intent: PlaceOrder): string | undefined {
  const prices = [intent.limit, ...(intent.trigger === undefined ? [] : [intent.trigger])];
  const isPrice = (price: Amount): boolean =>
    price % rules.tick === 0n && price >= priceAmount(rules.minPrice, rules) && price <= priceAmount(rules.maxPrice, rules);
  if (!prices.every(isPrice)) return 'Filter failure: PRICE_FILTER';
  const { quantity } = intent;
  const [least, most] = [quantityAmount(rules.minQuantity, rules), quantityAmount(rules.maxQuantity, rules)];
  if (quantity % rules.lot !== 0n || quantity < least || quantity > most) return 'Filter failure: LOT_SIZE';
  const value = notional(toTicks(intent.limit, rules, 'down'), toLots(quantity, rules, 'down'), rules, 'down');
  return value < rules.minNotional ? 'Filter failure: NOTIONAL' : undefined;
}

export const askOf = ({ clientOrderId, side, order, limit, trigger, quantity }: PlaceOrder, rules: PairRules): Ask => ({
  id: clientOrderId,
  side,
  kind: order,
  price: toTicks(limit, rules, 'down'),
  trigger: trigger === undefined ? 0 : toTicks(trigger, rules, 'down'),
  lots: toLots(quantity, rules, 'down'),
});
