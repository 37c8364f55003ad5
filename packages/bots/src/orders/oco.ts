/** What a bot asks for when a target and a stop are to rest together. */
import {
  type Lots,
  type Pair,
  type PairRules,
  type PlaceOco,
  priceAmount,
  quantityAmount,
  type Side,
  type Ticks,
} from '@holdfast/domain';
import { type OrderName, ocoName, orderName } from '../order-name.ts';

export interface OcoTerms {
  readonly name: Omit<OrderName, 'role'>;
  readonly pair: Pair;
  readonly side: Side;
  readonly quantity: Lots;
  /** Of the target. */
  readonly limit: Ticks;
  readonly stop: { readonly trigger: Ticks; readonly limit: Ticks };
}

/** Both legs and the OCO are named after one order of the deal. */
export const ocoIntent = ({ name, pair, side, quantity, limit, stop }: OcoTerms, rules: PairRules): PlaceOco => ({
  kind: 'place-oco',
  clientOrderId: ocoName(name),
  pair,
  side,
  quantity: quantityAmount(quantity, rules),
  limitLeg: { clientOrderId: orderName({ ...name, role: 'take-profit' }), limit: priceAmount(limit, rules) },
  stopLeg: {
    clientOrderId: orderName({ ...name, role: 'stop-loss' }),
    trigger: priceAmount(stop.trigger, rules),
    limit: priceAmount(stop.limit, rules),
  },
});
