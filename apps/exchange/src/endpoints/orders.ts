/** Orders and order lists: placing, asking, cancelling. */
import type {
  Canceled,
  CancelRequest,
  LegRequest,
  ListPlaced,
  MarketDefinition,
  OcoRequest,
  Order,
  OrderRequest,
  OrderSide,
  OrderType,
  Placed,
  Refused,
  Result,
  StpMode,
  TimeInForce,
  UserTrade,
} from '@holdfast/exchanges/simulated';
import { ApiError, badCombination, mandatory, noSuchOrder, oneOf } from '../api-error.ts';
import {
  ackJson,
  amendedJson,
  amendmentJson,
  canceledJson,
  canceledListJson,
  fullJson,
  type Json,
  listJson,
  money,
  orderJson,
  preventedJson,
  resultJson,
  tradeJson,
} from '../format.ts';
import type { Parameters } from '../parameters.ts';
import { accepted, type Call, type Endpoint, endpoint, limitOf, marketOf, refusalError } from './endpoint.ts';
import { timesOf } from './market.ts';

type ResponseType = 'ACK' | 'RESULT' | 'FULL';
const stpModes = new Set(['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT']);

function stpModeOf(params: Parameters): StpMode | undefined {
  const mode = params.textOr('selfTradePreventionMode');
  if (mode === undefined) return undefined;
  if (mode === 'TRANSFER') throw new ApiError(-1013, 'This symbol does not allow the specified self-trade prevention mode.');
  if (!stpModes.has(mode)) throw new ApiError(-1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.");
  return mode as StpMode;
}

function strategyTypeOf(params: Parameters, name: string): number | undefined {
  const value = params.integer(name);
  if (value !== undefined && value < 1_000_000) throw new ApiError(-1134, '`strategyType` was less than 1000000.');
  return value;
}

/** Parameters of a new order, as the core takes them. */
function orderRequest(call: Call, market: MarketDefinition): OrderRequest {
  const { params, userId } = call;
  return {
    userId,
    pair: market.pair,
    side: params.text('side') as OrderSide,
    type: params.text('type') as OrderType,
    clientOrderId: params.textOr('newClientOrderId'),
    timeInForce: params.textOr('timeInForce') as TimeInForce | undefined,
    quantity: params.decimal('quantity'),
    quoteOrderQty: params.decimal('quoteOrderQty'),
    price: params.decimal('price'),
    stopPrice: params.decimal('stopPrice'),
    trailingDelta: params.integer('trailingDelta'),
    icebergQty: params.decimal('icebergQty'),
    stpMode: stpModeOf(params),
    strategyId: params.integer('strategyId'),
    strategyType: strategyTypeOf(params, 'strategyType'),
  };
}

function responseType(params: Parameters, type: string): ResponseType {
  const asked = params.textOr('newOrderRespType');
  if (asked === undefined) return type === 'LIMIT' || type === 'MARKET' ? 'FULL' : 'ACK';
  if (asked !== 'ACK' && asked !== 'RESULT' && asked !== 'FULL')
    throw new ApiError(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
  return asked;
}

function placedJson(call: Call, market: MarketDefinition, placed: Placed, kind: ResponseType): Json {
  if (kind === 'ACK') return ackJson(market, placed.order, call.time);
  if (kind === 'RESULT') return resultJson(market, placed.order, call.time);
  return fullJson(market, placed.order, placed.trades, placed.preventedMatches, call.time);
}

function placeOrder(call: Call): Json {
  const market = marketOf(call);
  const kind = responseType(call.params, call.params.text('type'));
  const request = orderRequest(call, market);
  return placedJson(call, market, accepted(call.venue.command((at) => call.venue.exchange.place(request, at))), kind);
}

function testOrder(call: Call): Json {
  const market = marketOf(call);
  responseType(call.params, call.params.text('type'));
  const request = orderRequest(call, market);
  accepted(call.venue.exchange.test(request, call.venue.now()));
  if (call.params.flag('computeCommissionRates') !== true) return {};
  const { commission } = call.venue.exchange.user(call.userId) ?? { commission: undefined };
  if (commission === undefined) return {};
  const sides = (rates: { readonly maker: bigint; readonly taker: bigint }): Json => ({
    maker: money(rates.maker),
    taker: money(rates.taker),
  });
  return {
    standardCommissionForOrder: sides(commission.standard),
    specialCommissionForOrder: sides(commission.special),
    taxCommissionForOrder: sides(commission.tax),
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  };
}

/** One of two ids must be sent. @throws ApiError -1102 */
function requireOne(params: Parameters, first: string, second: string): void {
  if (!params.has(first) && !params.has(second)) throw oneOf(first, second);
}

function cancelRequest(
  call: Call,
  market: MarketDefinition,
  idName = 'orderId',
  clientName = 'origClientOrderId',
): CancelRequest {
  const { params, userId } = call;
  requireOne(params, clientName, idName);
  const restrictions = params.textOr('cancelRestrictions');
  if (restrictions !== undefined && restrictions !== 'ONLY_NEW' && restrictions !== 'ONLY_PARTIALLY_FILLED')
    throw new ApiError(-1145, '`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.');
  return {
    userId,
    pair: market.pair,
    orderId: params.integer(idName),
    origClientOrderId: params.textOr(clientName),
    newClientOrderId: params.textOr(idName === 'orderId' ? 'newClientOrderId' : 'cancelNewClientOrderId'),
    cancelRestrictions: restrictions as CancelRequest['cancelRestrictions'],
  };
}

function cancelOrder(call: Call): Json {
  const market = marketOf(call);
  const request = cancelRequest(call, market);
  return canceledJson(market, accepted(call.venue.command((at) => call.venue.exchange.cancel(request, at))), call.time);
}

function cancelAll(call: Call): Json[] {
  const market = marketOf(call);
  const { canceled } = accepted(call.venue.command((at) => call.venue.exchange.cancelAll(call.userId, market.pair, at)));
  return canceled.map((each) => canceledJson(market, each, call.time));
}

// ------------------------------------------------------------------------------------------------------ cancel-replace

const refusedJson = (refused: Refused): Json => ({ code: refused.code, msg: refused.msg });

/** @throws ApiError -2021 (409) when one half failed, -2022 (400) when both did */
function cancelReplace(call: Call): Json {
  const market = marketOf(call);
  const { params, venue, time } = call;
  const mode = params.text('cancelReplaceMode');
  if (mode !== 'STOP_ON_FAILURE' && mode !== 'ALLOW_FAILURE') throw mandatory('cancelReplaceMode');
  const exceeded = params.textOr('orderRateLimitExceededMode') ?? 'DO_NOTHING';
  if (exceeded !== 'DO_NOTHING' && exceeded !== 'CANCEL_ONLY') throw mandatory('orderRateLimitExceededMode');
  const kind = responseType(params, params.text('type'));
  const request = orderRequest(call, market);
  const cancel = cancelRequest(call, market, 'cancelOrderId', 'cancelOrigClientOrderId');
  accepted(venue.exchange.check(request)); // filters refuse the whole before anything is cancelled
  const [canceled, placed] = venue.command((at) => {
    const first = venue.exchange.cancel(cancel, at);
    if (!first.ok && mode === 'STOP_ON_FAILURE') return [first, undefined];
    return [first, venue.exchange.place(request, at)];
  }) as readonly [Result<Canceled>, Result<Placed> | undefined];
  const answer = {
    cancelResult: canceled.ok ? 'SUCCESS' : 'FAILURE',
    newOrderResult: placed === undefined ? 'NOT_ATTEMPTED' : placed.ok ? 'SUCCESS' : 'FAILURE',
    cancelResponse: canceled.ok ? canceledJson(market, canceled, time) : refusedJson(canceled),
    newOrderResponse: placed === undefined ? null : placed.ok ? placedJson(call, market, placed, kind) : refusedJson(placed),
  };
  if (canceled.ok && placed?.ok === true) return answer;
  if (canceled.ok || placed?.ok === true)
    throw new ApiError(-2021, 'Order cancel-replace partially failed.', { status: 409, data: answer });
  throw new ApiError(-2022, 'Order cancel-replace failed.', { data: answer });
}

function amendOrder(call: Call): Json {
  const market = marketOf(call);
  const { params, venue, time, userId } = call;
  requireOne(params, 'origClientOrderId', 'orderId');
  const newQty = params.decimal('newQty');
  if (newQty === undefined) throw mandatory('newQty');
  const request = {
    userId,
    pair: market.pair,
    orderId: params.integer('orderId'),
    origClientOrderId: params.textOr('origClientOrderId'),
    newClientOrderId: params.textOr('newClientOrderId'),
    newQty,
  };
  const { order, list } = accepted(venue.command((at) => venue.exchange.amend(request, at)));
  return {
    transactTime: time(order.updateTime),
    executionId: order.amendments?.at(-1)?.executionId,
    amendedOrder: amendedJson(market, order, time),
    ...(list === undefined ? {} : { listStatus: listJson(market, list, time) }),
  };
}

function amendments(call: Call): Json[] {
  const market = marketOf(call);
  const { params, venue, userId, time } = call;
  const order = venue.store.order(userId, market.pair, params.integer('orderId'));
  if (order === undefined) throw noSuchOrder();
  const from = params.integer('fromExecutionId') ?? 0;
  return (order.amendments ?? [])
    .filter((each) => each.executionId >= from)
    .slice(0, limitOf(params, 500, 1000))
    .map((each) => amendmentJson(market, order, each, time));
}

// ------------------------------------------------------------------------------------------------------------- asking

function preventedIdOf(call: Call, order: Order): number | undefined {
  if (order.prevented === 0) return undefined;
  return call.venue.store.preventedMatches(call.userId, order.pair, { orderId: order.orderId, limit: 1 })[0]?.preventedMatchId;
}

const shownOrder = (call: Call, market: MarketDefinition, order: Order): Json =>
  orderJson(market, order, call.time, preventedIdOf(call, order));

function queryOrder(call: Call): Json {
  const market = marketOf(call);
  requireOne(call.params, 'origClientOrderId', 'orderId');
  const { params, userId, venue } = call;
  const order = venue.store.order(userId, market.pair, params.integer('orderId'), params.textOr('origClientOrderId'));
  if (order === undefined) throw noSuchOrder();
  return shownOrder(call, market, order);
}

function openOrders(call: Call): Json[] {
  const { venue, userId, params } = call;
  const pair = params.has('symbol') ? marketOf(call).pair : undefined;
  return venue.exchange.openOrders(userId, pair).map((order) => {
    const market = venue.exchange.market(order.pair);
    if (market === undefined) throw new ApiError(-1000, 'An unknown error occurred while processing the request.');
    return shownOrder(call, market, order);
  });
}

const dayMs = 86_400_000;

function requireDay(times: { readonly startTime: number | undefined; readonly endTime: number | undefined }): void {
  const { startTime, endTime } = times;
  if (startTime === undefined || endTime === undefined) return;
  if (endTime - startTime > dayMs) throw new ApiError(-1127, 'More than 24 hours between startTime and endTime.');
}

function allOrders(call: Call): Json[] {
  const market = marketOf(call);
  const { params, userId, venue } = call;
  const times = timesOf(params);
  requireDay(times);
  const query = { userId, pair: market.pair, fromId: params.integer('orderId'), ...times, limit: limitOf(params, 500, 1000) };
  return venue.store.orders(query).map((order) => shownOrder(call, market, order));
}

function myTrades(call: Call): Json[] {
  const market = marketOf(call);
  const { params, userId, venue } = call;
  const times = timesOf(params);
  requireDay(times);
  const fromId = params.integer('fromId');
  if (fromId !== undefined && (times.startTime !== undefined || times.endTime !== undefined)) throw badCombination();
  const orderId = params.integer('orderId');
  const query = { userId, pair: market.pair, fromId, orderId, ...times, limit: limitOf(params, 500, 1000) };
  return venue.store.trades(query).map((trade) => tradeJson(market, trade, call.time));
}

function myPreventedMatches(call: Call): Json[] {
  const market = marketOf(call);
  const { params, userId, venue } = call;
  const matchId = params.integer('preventedMatchId');
  const orderId = params.integer('orderId');
  if (matchId === undefined && orderId === undefined) throw badCombination();
  const found = venue.store.preventedMatches(userId, market.pair, {
    ...(matchId === undefined ? {} : { matchId }),
    ...(orderId === undefined ? {} : { orderId }),
    fromId: params.integer('fromPreventedMatchId') ?? 0,
    limit: limitOf(params, 500, 1000),
  });
  return found.map((match) => preventedJson(market, match, call.time));
}

// -------------------------------------------------------------------------------------------------------- order lists

type PlacedList = ListPlaced & { readonly trades: readonly UserTrade[] };

function placedListJson(call: Call, market: MarketDefinition, placed: PlacedList): Json {
  const kind = call.params.textOr('newOrderRespType') ?? 'RESULT';
  const report = (order: Order): Json => {
    if (kind === 'ACK') return ackJson(market, order, call.time);
    return kind === 'FULL' ? fullJson(market, order, placed.trades, [], call.time) : resultJson(market, order, call.time);
  };
  return { ...listJson(market, placed.list, call.time), orderReports: placed.orders.map(report) };
}

function legRequest(params: Parameters, prefix: string, stpMode: StpMode | undefined): LegRequest {
  return {
    type: params.text(`${prefix}Type`) as OrderType,
    clientOrderId: params.textOr(`${prefix}ClientOrderId`),
    timeInForce: params.textOr(`${prefix}TimeInForce`) as TimeInForce | undefined,
    price: params.decimal(`${prefix}Price`),
    stopPrice: params.decimal(`${prefix}StopPrice`),
    trailingDelta: params.integer(`${prefix}TrailingDelta`),
    icebergQty: params.decimal(`${prefix}IcebergQty`),
    stpMode,
    strategyId: params.integer(`${prefix}StrategyId`),
    strategyType: strategyTypeOf(params, `${prefix}StrategyType`),
  };
}

function ocoRequest(call: Call, market: MarketDefinition): OcoRequest {
  const { params, userId } = call;
  const quantity = params.decimal('quantity');
  if (quantity === undefined) throw mandatory('quantity');
  const stpMode = stpModeOf(params);
  return {
    userId,
    pair: market.pair,
    side: params.text('side') as OrderSide,
    quantity,
    listClientOrderId: params.textOr('listClientOrderId'),
    above: legRequest(params, 'above', stpMode),
    below: legRequest(params, 'below', stpMode),
  };
}

/** The older POST order/oco: a maker order and a stop, above or below as the side says. */
function oldOcoRequest(call: Call, market: MarketDefinition): OcoRequest {
  const { params, userId } = call;
  const quantity = params.decimal('quantity');
  if (quantity === undefined) throw mandatory('quantity');
  const stpMode = stpModeOf(params);
  const stopLimitPrice = params.decimal('stopLimitPrice');
  const limit: LegRequest = {
    type: 'LIMIT_MAKER',
    clientOrderId: params.textOr('limitClientOrderId'),
    price: params.decimal('price'),
    icebergQty: params.decimal('limitIcebergQty'),
    stpMode,
    strategyId: params.integer('limitStrategyId'),
    strategyType: strategyTypeOf(params, 'limitStrategyType'),
  };
  const stop: LegRequest = {
    type: stopLimitPrice === undefined ? 'STOP_LOSS' : 'STOP_LOSS_LIMIT',
    clientOrderId: params.textOr('stopClientOrderId'),
    price: stopLimitPrice,
    timeInForce: params.textOr('stopLimitTimeInForce') as TimeInForce | undefined,
    stopPrice: params.decimal('stopPrice'),
    trailingDelta: params.integer('trailingDelta'),
    icebergQty: params.decimal('stopIcebergQty'),
    stpMode,
    strategyId: params.integer('stopStrategyId'),
    strategyType: strategyTypeOf(params, 'stopStrategyType'),
  };
  const side = params.text('side') as OrderSide;
  const listClientOrderId = params.textOr('listClientOrderId');
  const legs = side === 'SELL' ? { above: limit, below: stop } : { above: stop, below: limit };
  return { userId, pair: market.pair, side, quantity, listClientOrderId, ...legs };
}

const placeOco =
  (read: (call: Call, market: MarketDefinition) => OcoRequest) =>
  (call: Call): Json => {
    const market = marketOf(call);
    const request = read(call, market);
    return placedListJson(call, market, accepted(call.venue.command((at) => call.venue.exchange.placeOco(request, at))));
  };

function pendingLegs(params: Parameters, kind: 'one' | 'oco') {
  const stpMode = stpModeOf(params);
  if (kind === 'one') return { kind, leg: legRequest(params, 'pending', stpMode) } as const;
  return {
    kind,
    above: legRequest(params, 'pendingAbove', stpMode),
    below: legRequest(params, 'pendingBelow', stpMode),
  } as const;
}

const placeOto =
  (kind: 'one' | 'oco') =>
  (call: Call): Json => {
    const market = marketOf(call);
    const { params, userId, venue } = call;
    const quantity = params.decimal('workingQuantity');
    const pendingQuantity = params.decimal('pendingQuantity');
    if (quantity === undefined) throw mandatory('workingQuantity');
    if (pendingQuantity === undefined) throw mandatory('pendingQuantity');
    const working = {
      ...legRequest(params, 'working', stpModeOf(params)),
      side: params.text('workingSide') as OrderSide,
      quantity,
    };
    const request = {
      userId,
      pair: market.pair,
      listClientOrderId: params.textOr('listClientOrderId'),
      working,
      pendingSide: params.text('pendingSide') as OrderSide,
      pendingQuantity,
      pending: pendingLegs(params, kind),
    };
    return placedListJson(call, market, accepted(venue.command((at) => venue.exchange.placeOto(request, at))));
  };

function cancelList(call: Call): Json {
  const market = marketOf(call);
  const { params, venue, userId } = call;
  requireOne(params, 'listClientOrderId', 'orderListId');
  const request = {
    userId,
    pair: market.pair,
    orderListId: params.integer('orderListId'),
    listClientOrderId: params.textOr('listClientOrderId'),
    newClientOrderId: params.textOr('newClientOrderId'),
  };
  const placed = accepted(venue.command((at) => venue.exchange.cancelList(request, at)));
  return canceledListJson(market, placed, request.newClientOrderId ?? placed.list.listClientOrderId, call.time);
}

function listMarket(call: Call, pair: Order['pair']): MarketDefinition {
  const market = call.venue.exchange.market(pair);
  if (market === undefined) throw refusalError({ ok: false, code: -1000, msg: 'An unknown error occurred.' });
  return market;
}

function queryList(call: Call): Json {
  const { params, venue, userId } = call;
  requireOne(params, 'origClientOrderId', 'orderListId');
  const list = venue.store.list(userId, params.integer('orderListId'), params.textOr('origClientOrderId'));
  if (list === undefined) throw new ApiError(-2013, 'Order list does not exist.');
  return listJson(listMarket(call, list.pair), list, call.time);
}

function allLists(call: Call): Json[] {
  const { params, venue, userId } = call;
  const times = timesOf(params);
  requireDay(times);
  const fromId = params.integer('fromId');
  if (fromId !== undefined && (times.startTime !== undefined || times.endTime !== undefined)) throw badCombination();
  const found = venue.store.lists(userId, { fromId, ...times, limit: limitOf(params, 500, 1000) });
  return found.map((list) => listJson(listMarket(call, list.pair), list, call.time));
}

const openLists = (call: Call): Json[] =>
  call.venue.exchange.openLists(call.userId).map((list) => listJson(listMarket(call, list.pair), list, call.time));

// ----------------------------------------------------------------------------------------------------------- the table

const orderDeclared =
  'symbol:symbol! side:side! type:type! timeInForce:tif quantity:decimal quoteOrderQty:decimal price:decimal newClientOrderId:id ' +
  'strategyId:integer strategyType:integer stopPrice:decimal trailingDelta:integer icebergQty:decimal newOrderRespType:text ' +
  'selfTradePreventionMode:text';
const leg = (prefix: string): string =>
  `${prefix}Type:type! ${prefix}ClientOrderId:id ${prefix}IcebergQty:decimal ${prefix}Price:decimal ${prefix}StopPrice:decimal ` +
  `${prefix}TrailingDelta:integer ${prefix}TimeInForce:tif ${prefix}StrategyId:integer ${prefix}StrategyType:integer`;
const listDeclared = 'symbol:symbol! listClientOrderId:id newOrderRespType:text selfTradePreventionMode:text';
const otoDeclared = `${listDeclared} ${leg('working')} workingSide:side! workingQuantity:decimal! pendingSide:side! pendingQuantity:decimal!`;
const pageDeclared = 'startTime:integer endTime:integer limit:integer';
const idsDeclared = 'symbol:symbol! orderId:integer origClientOrderId:text';

const placing = (orders: number) => ({ orders, freeOnSuccess: true });

/** Orders of kinds that no market here offers (`opoAllowed`, `sors` of exchangeInfo). @throws ApiError -1121, -2010 */
function disabled(call: Call): never {
  marketOf(call);
  throw new ApiError(-2010, 'This action is disabled on this account.');
}

export const orderEndpoints = {
  disabled: endpoint('trade', 1, 'symbol:symbol!', disabled, { lenient: true }),
  place: endpoint('trade', 1, orderDeclared, placeOrder, placing(1)),
  test: endpoint(
    'trade',
    (params) => (params.flag('computeCommissionRates') === true ? 20 : 1),
    `${orderDeclared} computeCommissionRates:boolean`,
    testOrder,
  ),
  query: endpoint('user', 4, idsDeclared, queryOrder),
  cancel: endpoint('trade', 1, `${idsDeclared} newClientOrderId:id cancelRestrictions:text`, cancelOrder, {
    freeOnSuccess: true,
  }),
  cancelReplace: endpoint(
    'trade',
    1,
    `${orderDeclared} cancelReplaceMode:text! cancelNewClientOrderId:id cancelOrigClientOrderId:text cancelOrderId:integer cancelRestrictions:text orderRateLimitExceededMode:text`,
    cancelReplace,
    placing(1),
  ),
  amend: endpoint('trade', 4, `${idsDeclared} newClientOrderId:id newQty:decimal!`, amendOrder),
  amendments: endpoint('user', 4, 'symbol:symbol! orderId:integer! fromExecutionId:integer limit:integer', amendments),
  open: endpoint('user', (params) => (params.has('symbol') ? 6 : 80), 'symbol:symbol', openOrders),
  cancelAll: endpoint('trade', 1, 'symbol:symbol!', cancelAll, { freeOnSuccess: true }),
  all: endpoint('user', 20, `symbol:symbol! orderId:integer ${pageDeclared}`, allOrders),
  trades: endpoint(
    'user',
    (params) => (params.has('orderId') ? 5 : 20),
    `symbol:symbol! orderId:integer fromId:integer ${pageDeclared}`,
    myTrades,
  ),
  preventedMatches: endpoint(
    'user',
    (params) => (params.has('preventedMatchId') ? 2 : 20),
    'symbol:symbol! preventedMatchId:integer orderId:integer fromPreventedMatchId:integer limit:integer',
    myPreventedMatches,
  ),
  oldOco: endpoint(
    'trade',
    1,
    `${listDeclared} side:side! quantity:decimal! price:decimal! limitClientOrderId:id limitStrategyId:integer limitStrategyType:integer limitIcebergQty:decimal trailingDelta:integer stopClientOrderId:id stopPrice:decimal stopStrategyId:integer stopStrategyType:integer stopLimitPrice:decimal stopIcebergQty:decimal stopLimitTimeInForce:tif`,
    placeOco(oldOcoRequest),
    placing(2),
  ),
  oco: endpoint(
    'trade',
    1,
    `${listDeclared} side:side! quantity:decimal! ${leg('above')} ${leg('below')}`,
    placeOco(ocoRequest),
    placing(2),
  ),
  oto: endpoint('trade', 1, `${otoDeclared} ${leg('pending')}`, placeOto('one'), placing(2)),
  otoco: endpoint(
    'trade',
    1,
    `${otoDeclared} ${leg('pendingAbove')} ${leg('pendingBelow').replace('Type:type!', 'Type:type')}`,
    placeOto('oco'),
    placing(3),
  ),
  cancelList: endpoint('trade', 1, 'symbol:symbol! orderListId:integer listClientOrderId:text newClientOrderId:id', cancelList, {
    freeOnSuccess: true,
  }),
  queryList: endpoint('user', 4, 'orderListId:integer origClientOrderId:text', queryList),
  allLists: endpoint('user', 20, `fromId:integer ${pageDeclared}`, allLists),
  openLists: endpoint('user', 6, '', openLists),
} satisfies Record<string, Endpoint>;
