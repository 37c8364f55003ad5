/**
 * What the exchange refuses before an order reaches the book, in its own codes and texts (errors.md, filters.md of
 * binance-spot-api-docs): parameters of the type, then filters in the order of exchangeInfo.
 */
import { type Amount, unit } from '@holdfast/domain';
import { hasPrice, isConditional, triggersAbove } from './orders.ts';
import type { MarketDefinition, MarketFilters, OrderRequest, Refused, StpMode, TimeInForce } from './port.ts';

export const refusal = (code: number, msg: string): Refused => ({ ok: false, code, msg });
const missing = (name: string): Refused =>
  refusal(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
const unwanted = (name: string): Refused => refusal(-1106, `Parameter '${name}' sent when not required.`);
const filterFailure = (name: string): Refused => refusal(-1013, `Filter failure: ${name}`);

/** A request whose numbers lie on ticks and lots. */
export interface CheckedOrder {
  readonly request: OrderRequest;
  readonly timeInForce: TimeInForce;
  /** 0 when asked by quote. */
  readonly quantity: number;
  readonly quoteOrderQty: Amount;
  readonly price: number;
  readonly stopPrice: number;
  readonly trailingDelta: number;
  readonly icebergQuantity: number;
  readonly stpMode: StpMode;
}

/** What the account has open on the market, counted for the filters. */
export interface OpenCounts {
  readonly orders: number;
  readonly algoOrders: number;
  /** Free and locked base, plus what open BUY orders may still bring. */
  readonly position: Amount;
}

/** Parameters that the type demands or does not know. */
function checkParameters(request: OrderRequest): Refused | undefined {
  const { type } = request;
  if (type === 'MARKET') return checkMarketParameters(request);
  if (request.quoteOrderQty !== undefined) return unwanted('quoteOrderQty');
  if (request.quantity === undefined) return missing('quantity');
  if (hasPrice(type)) {
    if (request.price === undefined) return missing('price');
  } else if (request.price !== undefined) return unwanted('price');
  const wantsTime = hasPrice(type) && type !== 'LIMIT_MAKER';
  if (wantsTime && request.timeInForce === undefined) return missing('timeInForce');
  if (!wantsTime && request.timeInForce !== undefined) return unwanted('timeInForce');
  return checkStopParameters(request);
}

function checkMarketParameters(request: OrderRequest): Refused | undefined {
  if (request.price !== undefined) return unwanted('price');
  if (request.timeInForce !== undefined) return unwanted('timeInForce');
  if (request.icebergQty !== undefined) return unwanted('icebergQty');
  if (request.stopPrice !== undefined) return unwanted('stopPrice');
  if (request.trailingDelta !== undefined) return unwanted('trailingDelta');
  if (request.quantity !== undefined && request.quoteOrderQty !== undefined) return unwanted('quoteOrderQty');
  if (request.quantity === undefined && request.quoteOrderQty === undefined)
    return refusal(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!");
  return undefined;
}

function checkStopParameters(request: OrderRequest): Refused | undefined {
  if (isConditional(request.type)) {
    if (request.stopPrice === undefined && request.trailingDelta === undefined)
      return refusal(-1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!");
  } else {
    if (request.stopPrice !== undefined) return unwanted('stopPrice');
    if (request.trailingDelta !== undefined) return unwanted('trailingDelta');
  }
  if (request.icebergQty === undefined) return undefined;
  if (!hasPrice(request.type)) return unwanted('icebergQty');
  if ((request.timeInForce ?? 'GTC') !== 'GTC') return refusal(-1013, 'Iceberg orders must be GTC.');
  return undefined;
}

function checkPositive(request: OrderRequest): Refused | undefined {
  if (request.quantity !== undefined && request.quantity <= 0n) return refusal(-1013, 'Invalid quantity.');
  if (request.quoteOrderQty !== undefined && request.quoteOrderQty <= 0n) return refusal(-1013, 'Invalid quote order quantity.');
  if (request.price !== undefined && request.price <= 0n) return refusal(-1013, 'Invalid price.');
  if (request.stopPrice !== undefined && request.stopPrice <= 0n) return refusal(-1013, 'Invalid stopPrice.');
  if (request.icebergQty !== undefined && request.icebergQty < 0n) return refusal(-1013, 'Invalid icebergQty.');
  return undefined;
}

/** A count of steps, or undefined when off the step or outside [min, max]. */
function onStep(value: Amount, step: Amount, min: number, max: number): number | undefined {
  if (value % step !== 0n) return undefined;
  const count = value / step;
  return count < BigInt(min) || count > BigInt(max) ? undefined : Number(count);
}

interface Steps {
  readonly quantity: number;
  readonly price: number;
  readonly stopPrice: number;
  readonly icebergQuantity: number;
}

function readSteps(market: MarketDefinition, request: OrderRequest): Steps | Refused {
  const { tick, lot, filters } = market;
  const price = request.price === undefined ? 0 : onStep(request.price, tick, filters.minPrice, filters.maxPrice);
  const stopPrice = request.stopPrice === undefined ? 0 : onStep(request.stopPrice, tick, filters.minPrice, filters.maxPrice);
  if (price === undefined || stopPrice === undefined) return filterFailure('PRICE_FILTER');
  const quantity = request.quantity === undefined ? 0 : onStep(request.quantity, lot, filters.minQuantity, filters.maxQuantity);
  if (quantity === undefined) return filterFailure('LOT_SIZE');
  const iceberg = request.icebergQty ?? 0n;
  const icebergQuantity = iceberg === 0n ? 0 : onStep(iceberg as Amount, lot, filters.minQuantity, filters.maxQuantity);
  if (icebergQuantity === undefined) return filterFailure('LOT_SIZE');
  if (icebergQuantity > quantity) return refusal(-2010, 'IcebergQty exceeds QTY.');
  return { quantity, price, stopPrice, icebergQuantity: icebergQuantity === quantity ? 0 : icebergQuantity };
}

/** PERCENT_PRICE_BY_SIDE: the price within the multipliers of its side around the average. */
function isNearAverage(market: MarketDefinition, request: OrderRequest, average: Amount): boolean {
  if (request.price === undefined || average === 0n) return true;
  const { bidUp, bidDown, askUp, askDown } = market.filters;
  const [up, down] = request.side === 'BUY' ? [bidUp, bidDown] : [askUp, askDown];
  return request.price * unit <= average * up && request.price * unit >= average * down;
}

/** NOTIONAL. Orders that become MARKET count with their stop price, MARKET orders with the average. */
function isNotionalFine(market: MarketDefinition, request: OrderRequest, average: Amount): boolean {
  const { filters } = market;
  const asMarket = !hasPrice(request.type);
  const price = request.price ?? request.stopPrice ?? average;
  if (price === 0n && request.quoteOrderQty === undefined) return true;
  const notional = request.quoteOrderQty ?? (price * (request.quantity ?? 0n)) / unit;
  if ((!asMarket || filters.applyMinToMarket) && notional < filters.minNotional) return false;
  return (asMarket && !filters.applyMaxToMarket) || notional <= filters.maxNotional;
}

function isTrailingFine(filters: MarketFilters, request: OrderRequest): boolean {
  const delta = request.trailingDelta;
  if (delta === undefined) return true;
  const above = triggersAbove(request.type, request.side);
  const min = above ? filters.minTrailingAbove : filters.minTrailingBelow;
  const max = above ? filters.maxTrailingAbove : filters.maxTrailingBelow;
  return Number.isSafeInteger(delta) && delta >= min && delta <= max;
}

function isMarketLotFine(filters: MarketFilters, request: OrderRequest, quantity: number): boolean {
  if (request.type !== 'MARKET' || request.quantity === undefined) return true;
  return quantity >= filters.minMarketQuantity && (filters.maxMarketQuantity === 0 || quantity <= filters.maxMarketQuantity);
}

function checkCounts(market: MarketDefinition, checked: Steps, request: OrderRequest, counts: OpenCounts): Refused | undefined {
  const { filters } = market;
  const { icebergQuantity, quantity } = checked;
  if (icebergQuantity > 0 && Math.ceil(quantity / icebergQuantity) > filters.icebergParts) return filterFailure('ICEBERG_PARTS');
  const position = counts.position + (request.quantity ?? 0n);
  if (filters.maxPosition !== undefined && request.side === 'BUY' && position > filters.maxPosition)
    return filterFailure('MAX_POSITION');
  // A MARKET order never stays open.
  if (request.type !== 'MARKET' && counts.orders >= filters.maxOrders) return filterFailure('MAX_NUM_ORDERS');
  if (isConditional(request.type) && counts.algoOrders >= filters.maxAlgoOrders) return filterFailure('MAX_NUM_ALGO_ORDERS');
  return undefined;
}

/** Parameters, steps and filters; what the book or the balance says comes later. `average` is of averageMinutes, 0 unknown. */
export function checkOrder(
  market: MarketDefinition,
  request: OrderRequest,
  average: Amount,
  counts: OpenCounts,
): CheckedOrder | Refused {
  if (!market.orderTypes.includes(request.type)) return refusal(-1116, 'Invalid orderType.');
  const parameters = checkParameters(request) ?? checkPositive(request);
  if (parameters !== undefined) return parameters;
  const stpMode = request.stpMode ?? market.defaultStpMode;
  if (stpMode !== market.defaultStpMode && !market.allowedStpModes.includes(stpMode))
    return refusal(-1013, 'This symbol does not allow the specified self-trade prevention mode.');
  const steps = readSteps(market, request);
  if ('ok' in steps) return steps;
  if (!isNearAverage(market, request, average)) return filterFailure('PERCENT_PRICE_BY_SIDE');
  if (!isMarketLotFine(market.filters, request, steps.quantity)) return filterFailure('MARKET_LOT_SIZE');
  if (!isNotionalFine(market, request, average)) return filterFailure('NOTIONAL');
  if (!isTrailingFine(market.filters, request)) return filterFailure('TRAILING_DELTA');
  const counted = checkCounts(market, steps, request, counts);
  if (counted !== undefined) return counted;
  return {
    request,
    timeInForce: request.timeInForce ?? 'GTC',
    ...steps,
    quoteOrderQty: (request.quoteOrderQty ?? 0n) as Amount,
    trailingDelta: request.trailingDelta ?? 0,
    stpMode,
  };
}

export const isRefused = (value: object): value is Refused => 'ok' in value && value.ok === false;
