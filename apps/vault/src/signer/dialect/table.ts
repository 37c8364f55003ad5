/**
 * The requests of the dialect door: method and path, byte for byte, with a closed list of parameters each. What is not
 * here does not exist. Paths and names are those of the exchange (rest-api.md); what clients ask besides, before they
 * trade, was read off ccxt and freqtrade (custody 4f).
 */

/** Of what form a parameter's value is; `forms.ts` has the checks. */
export type ParameterForm =
  | 'symbol'
  | 'symbols'
  | 'side'
  | 'order-type'
  | 'time-in-force'
  | 'decimal'
  | 'client-id'
  | 'id'
  | 'count'
  | 'millis'
  | 'flag'
  | 'interval'
  | 'answer-form'
  | 'replace-mode'
  | 'token'
  | 'word'
  | 'words'
  | 'zone'
  | 'window';

export interface ParameterRule {
  readonly form: ParameterForm;
  readonly isNeeded: boolean;
}

/** `public`: nobody need say who he is. `key`: the key id alone, for a stream to listen to. `signed`: the whole proof. */
export type Security = 'public' | 'key' | 'signed';

/** What a request asks for. */
export type DialectAct =
  | 'place'
  | 'try-place'
  | 'cancel'
  | 'cancel-all'
  | 'replace'
  | 'place-oco'
  | 'place-old-oco'
  | 'cancel-list'
  | 'order'
  | 'open-orders'
  | 'all-orders'
  | 'my-trades'
  | 'order-list'
  | 'open-lists'
  | 'all-lists'
  | 'account'
  | 'commission'
  | 'order-rates'
  | 'restrictions'
  | 'assets'
  | 'trade-fees'
  | 'status-normal'
  | 'system-status'
  | 'trading-status'
  | 'account-info'
  | 'no-burn'
  | 'user-assets'
  | 'no-snapshots'
  | 'empty-list'
  | 'no-futures'
  | 'stream-start'
  | 'stream-keep'
  | 'stream-stop'
  /** Market data: asked of the exchange without a signature. */
  | 'market';

export interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly act: DialectAct;
  readonly security: Security;
  readonly parameters: ReadonlyMap<string, ParameterRule>;
  /** Weight at the exchange of a public request (rest-api.md), the dearest of its forms. */
  readonly weight: number;
}

/** "symbol:symbol! limit:count" in place of a list of objects; `!` marks what must be there. */
function declare(text: string): ReadonlyMap<string, ParameterRule> {
  const words = text === '' ? [] : text.split(' ');
  return new Map(
    words.map((word) => {
      const [name = '', form = ''] = word.replace('!', '').split(':');
      return [name, { form: form as ParameterForm, isNeeded: word.endsWith('!') }];
    }),
  );
}

const proof = ' timestamp:millis! recvWindow:millis signature:token!';

const signed = (method: string, path: string, act: DialectAct, declared = ''): Endpoint => ({
  method,
  path,
  act,
  security: 'signed',
  parameters: declare(`${declared}${proof}`.trim()),
  weight: 0,
});

const open = (path: string, weight: number, declared = '', act: DialectAct = 'market'): Endpoint => ({
  method: 'GET',
  path,
  act,
  security: 'public',
  parameters: declare(declared),
  weight,
});

const stream = (method: string, act: DialectAct, declared = ''): Endpoint => ({
  method,
  path: '/api/v3/userDataStream',
  act,
  security: 'key',
  parameters: declare(declared),
  weight: 0,
});

const order =
  'symbol:symbol! side:side! type:order-type! timeInForce:time-in-force quantity:decimal quoteOrderQty:decimal price:decimal stopPrice:decimal newClientOrderId:client-id newOrderRespType:answer-form';
const leg = (where: 'above' | 'below'): string =>
  `${where}Type:order-type! ${where}ClientOrderId:client-id ${where}Price:decimal ${where}StopPrice:decimal ${where}TimeInForce:time-in-force`;
const list = 'symbol:symbol! listClientOrderId:client-id side:side! quantity:decimal!';
const which = 'orderId:id origClientOrderId:client-id';
const since = 'startTime:millis endTime:millis limit:count';
const candles = `symbol:symbol! interval:interval! ${since} timeZone:zone`;
const movements = `coin:symbol status:count offset:count txId:token ${since}`;
const tickers = 'symbol:symbol symbols:symbols type:word symbolStatus:word';

const endpoints: readonly Endpoint[] = [
  signed('POST', '/api/v3/order', 'place', order),
  signed('POST', '/api/v3/order/test', 'try-place', `${order} computeCommissionRates:flag`),
  signed('DELETE', '/api/v3/order', 'cancel', `symbol:symbol! ${which} newClientOrderId:client-id`),
  signed('DELETE', '/api/v3/openOrders', 'cancel-all', 'symbol:symbol!'),
  signed(
    'POST',
    '/api/v3/order/cancelReplace',
    'replace',
    `${order} cancelReplaceMode:replace-mode! cancelOrderId:id cancelOrigClientOrderId:client-id cancelNewClientOrderId:client-id`,
  ),
  signed('POST', '/api/v3/orderList/oco', 'place-oco', `${list} ${leg('above')} ${leg('below')} newOrderRespType:answer-form`),
  signed(
    'POST',
    '/api/v3/order/oco',
    'place-old-oco',
    `${list} limitClientOrderId:client-id price:decimal! stopClientOrderId:client-id stopPrice:decimal! stopLimitPrice:decimal stopLimitTimeInForce:time-in-force newOrderRespType:answer-form`,
  ),
  signed(
    'DELETE',
    '/api/v3/orderList',
    'cancel-list',
    'symbol:symbol! orderListId:id listClientOrderId:client-id newClientOrderId:client-id',
  ),
  signed('GET', '/api/v3/order', 'order', `symbol:symbol! ${which}`),
  signed('GET', '/api/v3/openOrders', 'open-orders', 'symbol:symbol'),
  signed('GET', '/api/v3/allOrders', 'all-orders', `symbol:symbol! orderId:id ${since}`),
  signed('GET', '/api/v3/myTrades', 'my-trades', `symbol:symbol! orderId:id fromId:id ${since}`),
  signed('GET', '/api/v3/orderList', 'order-list', 'orderListId:id origClientOrderId:client-id'),
  signed('GET', '/api/v3/openOrderList', 'open-lists'),
  signed('GET', '/api/v3/allOrderList', 'all-lists', `fromId:id ${since}`),
  signed('GET', '/api/v3/order/amendments', 'empty-list', 'symbol:symbol! orderId:id! fromExecutionId:id limit:count'),
  signed(
    'GET',
    '/api/v3/myPreventedMatches',
    'empty-list',
    'symbol:symbol! preventedMatchId:id orderId:id fromPreventedMatchId:id limit:count',
  ),
  signed('GET', '/api/v3/myAllocations', 'empty-list', `symbol:symbol! fromAllocationId:id orderId:id ${since}`),
  signed('GET', '/api/v3/account', 'account', 'omitZeroBalances:flag'),
  signed('GET', '/api/v3/account/commission', 'commission', 'symbol:symbol!'),
  signed('GET', '/api/v3/rateLimit/order', 'order-rates'),

  signed('GET', '/sapi/v1/account/apiRestrictions', 'restrictions'),
  signed('GET', '/sapi/v1/capital/config/getall', 'assets'),
  signed('POST', '/sapi/v3/asset/getUserAsset', 'user-assets', 'asset:symbol needBtcValuation:flag'),
  signed('POST', '/sapi/v1/asset/get-funding-asset', 'empty-list', 'asset:symbol needBtcValuation:flag'),
  signed('GET', '/sapi/v1/accountSnapshot', 'no-snapshots', `type:word! ${since}`),
  signed('GET', '/sapi/v1/capital/deposit/hisrec', 'empty-list', `${movements} includeSource:flag`),
  signed('GET', '/sapi/v1/capital/withdraw/history', 'empty-list', `${movements} withdrawOrderId:client-id`),
  signed('GET', '/sapi/v1/asset/tradeFee', 'trade-fees', 'symbol:symbol'),
  signed('GET', '/sapi/v1/account/status', 'status-normal'),
  signed('GET', '/sapi/v1/account/apiTradingStatus', 'trading-status'),
  signed('GET', '/sapi/v1/account/info', 'account-info'),
  signed('GET', '/sapi/v1/bnbBurn', 'no-burn'),
  signed('GET', '/sapi/v1/margin/allPairs', 'empty-list'),
  signed('GET', '/sapi/v1/margin/isolated/allPairs', 'empty-list'),
  signed('GET', '/sapi/v1/margin/allAssets', 'empty-list'),
  signed('GET', '/sapi/v1/spot/delist-schedule', 'empty-list'),
  open('/sapi/v1/system/status', 0, '', 'system-status'),
  open('/fapi/v1/exchangeInfo', 0, '', 'no-futures'),
  open('/dapi/v1/exchangeInfo', 0, '', 'no-futures'),
  open('/eapi/v1/exchangeInfo', 0, '', 'no-futures'),

  stream('POST', 'stream-start'),
  stream('PUT', 'stream-keep', 'listenKey:token!'),
  stream('DELETE', 'stream-stop', 'listenKey:token!'),

  open('/api/v3/ping', 1),
  open('/api/v3/time', 1),
  open('/api/v3/exchangeInfo', 20, 'symbol:symbol symbols:symbols permissions:words showPermissionSets:flag symbolStatus:word'),
  open('/api/v3/executionRules', 40, 'symbol:symbol symbols:symbols symbolStatus:word'),
  open('/api/v3/referencePrice', 2, 'symbol:symbol!'),
  open('/api/v3/referencePrice/calculation', 2, 'symbol:symbol! symbolStatus:word'),
  open('/api/v3/historicalBlockTrades', 25, 'symbol:symbol! limit:count fromId:id'),
  open('/api/v3/depth', 250, 'symbol:symbol! limit:count symbolStatus:word'),
  open('/api/v3/trades', 25, 'symbol:symbol! limit:count'),
  open('/api/v3/historicalTrades', 25, 'symbol:symbol! limit:count fromId:id'),
  open('/api/v3/aggTrades', 4, `symbol:symbol! fromId:id ${since}`),
  open('/api/v3/klines', 2, candles),
  open('/api/v3/uiKlines', 2, candles),
  open('/api/v3/avgPrice', 2, 'symbol:symbol!'),
  open('/api/v3/ticker/24hr', 80, tickers),
  open('/api/v3/ticker/tradingDay', 200, `${tickers} timeZone:zone`),
  open('/api/v3/ticker/price', 4, tickers),
  open('/api/v3/ticker/bookTicker', 4, tickers),
  open('/api/v3/ticker', 200, `${tickers} windowSize:window`),
];

const table: ReadonlyMap<string, Endpoint> = new Map(endpoints.map((it) => [`${it.method} ${it.path}`, it]));

export const allEndpoints = endpoints;

/** The endpoint of a method and raw path, compared byte for byte; nothing is decoded or normalised before. */
export const endpointOf = (method: string, path: string): Endpoint | undefined => table.get(`${method} ${path}`);
