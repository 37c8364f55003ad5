/** The REST API over HTTP: routes, headers, bodies. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';
import { dispatch } from './dispatch.ts';
import { accountEndpoints as account, type listenKeyEndpoints, walletEndpoints as wallet } from './endpoints/account.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { marketEndpoints as market } from './endpoints/market.ts';
import { orderEndpoints as orders } from './endpoints/orders.ts';
import { microseconds, milliseconds, type TimeUnit } from './format.ts';
import { orderLimits, windowLetters } from './limits.ts';
import { readForm } from './parameters.ts';
import { restPayload } from './signature.ts';
import type { Venue } from './venue.ts';

const bodyBytesMost = 1_000_000;

export type Routes = ReadonlyMap<string, Endpoint>;

export function makeRoutes(listenKeys: ReturnType<typeof listenKeyEndpoints>): Routes {
  return new Map<string, Endpoint>([
    ['GET /api/v3/ping', market.ping],
    ['GET /api/v3/time', market.time],
    ['GET /api/v3/exchangeInfo', market.exchangeInfo],
    ['GET /api/v3/executionRules', market.executionRules],
    ['GET /api/v3/referencePrice', market.referencePrice],
    ['GET /api/v3/referencePrice/calculation', market.referenceCalculation],
    ['GET /api/v3/historicalBlockTrades', market.blockTrades],
    ['GET /api/v3/depth', market.depth],
    ['GET /api/v3/trades', market.trades],
    ['GET /api/v3/historicalTrades', market.historicalTrades],
    ['GET /api/v3/aggTrades', market.aggTrades],
    ['GET /api/v3/klines', market.klines],
    ['GET /api/v3/uiKlines', market.klines],
    ['GET /api/v3/avgPrice', market.avgPrice],
    ['GET /api/v3/ticker/24hr', market.ticker24hr],
    ['GET /api/v3/ticker', market.ticker],
    ['GET /api/v3/ticker/tradingDay', market.tradingDay],
    ['GET /api/v3/ticker/price', market.tickerPrice],
    ['GET /api/v3/ticker/bookTicker', market.bookTicker],
    ['GET /api/v1/ping', market.ping],
    ['GET /api/v1/time', market.time],
    ['POST /api/v3/order', orders.place],
    ['GET /api/v3/order', orders.query],
    ['DELETE /api/v3/order', orders.cancel],
    ['POST /api/v3/order/test', orders.test],
    ['POST /api/v3/order/cancelReplace', orders.cancelReplace],
    ['PUT /api/v3/order/amend/keepPriority', orders.amend],
    ['GET /api/v3/openOrders', orders.open],
    ['DELETE /api/v3/openOrders', orders.cancelAll],
    ['GET /api/v3/allOrders', orders.all],
    ['GET /api/v3/myTrades', orders.trades],
    ['GET /api/v3/myPreventedMatches', orders.preventedMatches],
    ['POST /api/v3/order/oco', orders.oldOco],
    ['POST /api/v3/orderList/oco', orders.oco],
    ['POST /api/v3/orderList/oto', orders.oto],
    ['POST /api/v3/orderList/otoco', orders.otoco],
    ['POST /api/v3/orderList/opo', orders.disabled],
    ['POST /api/v3/orderList/opoco', orders.disabled],
    ['POST /api/v3/sor/order', orders.disabled],
    ['POST /api/v3/sor/order/test', orders.disabled],
    ['GET /api/v3/orderList', orders.queryList],
    ['DELETE /api/v3/orderList', orders.cancelList],
    ['GET /api/v3/allOrderList', orders.allLists],
    ['GET /api/v3/openOrderList', orders.openLists],
    ['GET /api/v3/account', account.account],
    ['GET /api/v3/account/commission', account.commission],
    ['GET /api/v3/rateLimit/order', account.orderCounts],
    ['GET /api/v3/myAllocations', account.allocations],
    ['GET /api/v3/myFilters', account.myFilters],
    ['GET /api/v3/order/amendments', orders.amendments],
    ['POST /api/v3/userDataStream', listenKeys.start],
    ['PUT /api/v3/userDataStream', listenKeys.keep],
    ['DELETE /api/v3/userDataStream', listenKeys.stop],
    ['GET /sapi/v1/system/status', wallet.systemStatus],
    ['GET /sapi/v1/account/apiRestrictions', wallet.apiRestrictions],
    ['GET /sapi/v1/account/status', wallet.accountStatus],
    ['GET /sapi/v1/accountSnapshot', wallet.snapshots],
    ['GET /sapi/v1/account/apiTradingStatus', wallet.apiTradingStatus],
    ['GET /sapi/v1/account/info', wallet.accountInfo],
    ['GET /sapi/v1/capital/config/getall', wallet.allAssets],
    ['GET /sapi/v1/capital/deposit/hisrec', wallet.emptySigned],
    ['GET /sapi/v1/capital/withdraw/history', wallet.emptySigned],
    ['GET /sapi/v1/asset/tradeFee', wallet.tradeFees],
    ['GET /sapi/v1/asset/assetDetail', wallet.ping],
    ['POST /sapi/v3/asset/getUserAsset', wallet.userAssets],
    ['POST /sapi/v1/asset/get-funding-asset', wallet.emptySigned],
    ['GET /sapi/v1/asset/assetDividend', wallet.emptyRows],
    ['GET /sapi/v1/asset/dribblet', wallet.noDust],
    ['GET /sapi/v1/asset/transfer', wallet.emptyRows],
    ['GET /sapi/v1/bnbBurn', wallet.noBurn],
    ['GET /sapi/v1/margin/allPairs', wallet.empty],
    ['GET /sapi/v1/margin/isolated/allPairs', wallet.empty],
    ['GET /sapi/v1/margin/allAssets', wallet.empty],
    ['GET /sapi/v1/spot/delist-schedule', wallet.empty],
    ['GET /fapi/v1/exchangeInfo', wallet.noFutures],
    ['GET /fapi/v2/exchangeInfo', wallet.noFutures],
    ['GET /dapi/v1/exchangeInfo', wallet.noFutures],
    ['GET /eapi/v1/exchangeInfo', wallet.noOptions],
    ['GET /fapi/v1/time', wallet.time],
    ['GET /dapi/v1/time', wallet.time],
    ['GET /fapi/v1/ping', wallet.ping],
    ['GET /dapi/v1/ping', wallet.ping],
  ]);
}

/** @throws ApiError -1194 */
export function timeUnitOf(text: string | undefined): TimeUnit {
  const unit = text?.toUpperCase();
  if (unit === undefined || unit === '' || unit === 'MILLISECOND') return milliseconds;
  if (unit === 'MICROSECOND') return microseconds;
  throw new ApiError(-1194, 'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.');
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** @throws ApiError -1101 when a body is too long */
export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > bodyBytesMost) throw new ApiError(-1101, 'Too many parameters sent for this endpoint.', { status: 413 });
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

export const addressOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? 'unknown';

export function makeRestHandler(venue: Venue, routes: Routes) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const address = addressOf(request);
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const headers: Record<string, string> = { 'content-type': 'application/json;charset=UTF-8' };
    try {
      const endpoint = routes.get(`${method} ${path}`);
      const body = await readBody(request);
      if (endpoint === undefined) return notFound(response, path);
      const query = mark < 0 ? '' : url.slice(mark + 1);
      const sent = new Map([...readForm(method === 'GET' ? '' : body), ...readForm(query)]);
      const { result, userId } = dispatch(venue, endpoint, {
        sent,
        credentials: {
          apiKey: header(request, 'x-mbx-apikey'),
          timestamp: sent.get('timestamp'),
          recvWindow: sent.get('recvWindow'),
          signature: sent.get('signature'),
          payload: restPayload(query, method === 'GET' ? '' : body),
        },
        address,
        time: timeUnitOf(header(request, 'x-mbx-time-unit')),
        session: undefined,
      });
      if (endpoint.orders > 0 && userId !== undefined) Object.assign(headers, orderCountHeaders(venue, userId));
      send(response, 200, { ...headers, ...weightHeaders(venue, address, path) }, result);
    } catch (error) {
      const refused = asApiError(error);
      if (refused.retryAfter !== undefined) headers['retry-after'] = String(refused.retryAfter);
      send(response, refused.status, { ...headers, ...weightHeaders(venue, address, path) }, errorBody(refused));
    }
  };
}

/** Our own mistakes are answered as the exchange answers its own, and told on stderr. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  process.stderr.write(
    `${JSON.stringify({ level: 'error', msg: 'request failed', error: String((error as Error)?.stack ?? error) })}\n`,
  );
  return new ApiError(-1000, 'An unknown error occurred while processing the request.', { status: 500 });
}

export const errorBody = (error: ApiError): object => ({
  code: error.code,
  msg: error.message,
  ...(error.data === undefined || error.code === -1003 || error.code === -1015 ? {} : { data: error.data }),
});

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, 'content-length': String(text.length) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function weightHeaders(venue: Venue, address: string, path: string): Record<string, string> {
  const used = String(venue.limits.usedWeight(address));
  if (path.startsWith('/sapi/')) return { 'x-sapi-used-ip-weight-1m': used };
  return { 'x-mbx-used-weight': used, 'x-mbx-used-weight-1m': used };
}

function orderCountHeaders(venue: Venue, userId: number): Record<string, string> {
  const used = venue.limits.usedOrders(userId);
  return Object.fromEntries(
    orderLimits.map((limit, index) => [`x-mbx-order-count-${windowLetters(limit).toLowerCase()}`, String(used[index] ?? 0)]),
  );
}

function notFound(response: ServerResponse, path: string): void {
  if (/^\/(sapi|fapi|dapi|eapi|papi)\//.test(path)) {
    const body = { timestamp: Date.now(), status: 404, error: 'Not Found', message: 'No message available', path };
    send(response, 404, { 'content-type': 'application/json;charset=UTF-8' }, body);
    return;
  }
  response.writeHead(404, { 'content-type': 'text/html' });
  response.end('<html><body><h2>404 Not found</h2></body></html>');
}
