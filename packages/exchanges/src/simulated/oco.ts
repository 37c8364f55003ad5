/** The shape of an OCO: which legs may stand above and below the market (errors -1158, -1165 to -1199). */
import { type CheckedOrder, refusal } from './checks.ts';
import { isConditional } from './orders.ts';
import type { LegRequest, OrderSide, Refused } from './port.ts';

/** Price at which a leg of an OCO does something; 0 when it only trails. */
export const levelOf = (leg: CheckedOrder): number => (isConditional(leg.request.type) ? leg.stopPrice : leg.price);

/** Which types may stand above and below the market. */
export function ocoShape(side: OrderSide, above: LegRequest, below: LegRequest): Refused | undefined {
  const isLeg = (leg: LegRequest): boolean => leg.type === 'LIMIT_MAKER' || isConditional(leg.type);
  if (!isLeg(above) || !isLeg(below)) return refusal(-1158, 'Order type not supported in OCO.');
  if (above.type === 'LIMIT_MAKER' && below.type === 'LIMIT_MAKER')
    return refusal(-1168, 'At least one OCO order must be contingent.');
  if (side === 'BUY' && above.type === 'LIMIT_MAKER') return refusal(-1165, 'A limit order in a buy OCO must be below.');
  if (side === 'SELL' && below.type === 'LIMIT_MAKER') return refusal(-1166, 'A limit order in a sell OCO must be above.');
  const isStopLoss = (leg: LegRequest): boolean => leg.type.startsWith('STOP_LOSS');
  const isTakeProfit = (leg: LegRequest): boolean => leg.type.startsWith('TAKE_PROFIT');
  if (side === 'BUY' && isStopLoss(below)) return refusal(-1196, 'A stop loss order in a buy OCO must be above.');
  if (side === 'SELL' && isStopLoss(above)) return refusal(-1197, 'A stop loss order in a sell OCO must be below.');
  if (side === 'BUY' && isTakeProfit(above)) return refusal(-1198, 'A take profit order in a buy OCO must be below.');
  if (side === 'SELL' && isTakeProfit(below)) return refusal(-1199, 'A take profit order in a sell OCO must be above.');
  return undefined;
}
