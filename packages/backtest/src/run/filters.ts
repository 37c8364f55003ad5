/** What the exchange looks at before an order reaches its book: the simulated exchange's own rules, on orders as bots place them. */
import { type Amount, type Lots, type PairRules, type PlaceOrder, quantityAmount, toLots, toTicks } from '@holdfast/domain';
import {
  checkOrder,
  describeMarket,
  isRefused,
  type MarketDefinition,
  type OrderRequest,
} from '@holdfast/exchanges/simulated/rules';
import type { Market } from './market.ts';
import type { Ask } from './match.ts';
import type { Assumptions, PriceBand } from './result.ts';

/** No price is this far away. */
const boundless: PriceBand = { up: (10n ** 36n) as Amount, down: 0n as Amount };

/** The market as the simulated exchange has it, with the pair's rules and the filters that the run assumes. */
export function definitionOf(rules: PairRules, of: Assumptions): MarketDefinition {
  const { pair, tick, lot, minPrice, maxPrice, minQuantity, maxQuantity, minNotional, maxOrders, maxAlgoOrders } = rules;
  const band = of.priceBand === null ? boundless : of.priceBand;
  return describeMarket({
    pair,
    tick,
    lot,
    filters: {
      minPrice,
      maxPrice,
      minQuantity,
      maxQuantity,
      minNotional,
      maxOrders,
      maxAlgoOrders,
      maxPosition: of.maxPosition,
      ...(band === undefined ? {} : { bidUp: band.up, askUp: band.up, bidDown: band.down, askDown: band.down }),
      ...(of.maxNotional === undefined ? {} : { maxNotional: of.maxNotional }),
    },
  });
}

const types = {
  limit: { type: 'LIMIT', timeInForce: 'GTC' },
  ioc: { type: 'LIMIT', timeInForce: 'IOC' },
  fok: { type: 'LIMIT', timeInForce: 'FOK' },
  'post-only': { type: 'LIMIT_MAKER' },
  'stop-limit': { type: 'STOP_LOSS_LIMIT', timeInForce: 'GTC' },
} as const;

/** Nobody else trades in a run. */
const userId = 1 as OrderRequest['userId'];

/** Why the exchange does not take an order. @param ahead orders of the same request that count as open @param held base, free or not */
export function refusalOf(
  market: Market,
  { pair, side, order, quantity, limit, trigger }: PlaceOrder,
  ahead: number,
  held: bigint,
): { readonly code: number; readonly msg: string } | undefined {
  const { definition, matcher } = market;
  const request: OrderRequest = {
    userId,
    pair,
    side: side === 'buy' ? 'BUY' : 'SELL',
    ...types[order],
    quantity,
    price: limit,
    ...(trigger === undefined ? {} : { stopPrice: trigger }),
  };
  const buying = definition.filters.maxPosition === undefined ? 0n : quantityAmount(matcher.openBuyLots as Lots, definition);
  const checked = checkOrder(definition, request, market.averageFor(limit), {
    orders: matcher.openOrders + ahead,
    algoOrders: matcher.waitingStops,
    position: (held + buying) as Amount,
  });
  return isRefused(checked) ? checked : undefined;
}

export const askOf = ({ clientOrderId, side, order, limit, trigger, quantity }: PlaceOrder, rules: PairRules): Ask => ({
  id: clientOrderId,
  side,
  kind: order,
  price: toTicks(limit, rules, 'down'),
  trigger: trigger === undefined ? 0 : toTicks(trigger, rules, 'down'),
  lots: toLots(quantity, rules, 'down'),
});
