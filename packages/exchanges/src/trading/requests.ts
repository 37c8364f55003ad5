/** Builds every request the vault may send, from typed intents, in one fixed order of parameters. There are no others. */
import { type Approved, type CancelOrder, formatAmount, type Pair, type PlaceOco, type PlaceOrder } from '@holdfast/domain';
import { type Credentials, type Parameters, type SignedRequest, signature, signedRequest } from './signing.ts';
import { symbolOf } from './wire.ts';

const orderPath = '/api/v3/order';
const listPath = '/api/v3/orderList';

/** An approved order under the vault's own client order id. The answer is short: fills come by stream and by `buildMyTrades`. */
export function buildPlace(order: Approved<PlaceOrder>, upstreamId: string, credentials: Credentials): SignedRequest {
  const parameters: Parameters = [
    ['symbol', symbolOf(order.pair)],
    ['side', order.side === 'buy' ? 'BUY' : 'SELL'],
    ...typeParameters(order),
    ['quantity', formatAmount(order.quantity)],
    ['price', formatAmount(order.limit)],
    ...(order.trigger === undefined ? [] : ([['stopPrice', formatAmount(order.trigger)]] as const)),
    ['newClientOrderId', upstreamId],
    ['newOrderRespType', 'ACK'],
  ];
  return signedRequest('POST', orderPath, parameters, credentials);
}

/** LIMIT_MAKER is the dialect's post-only; it takes no timeInForce. */
function typeParameters(order: PlaceOrder): Parameters {
  switch (order.order) {
    case 'limit':
      return [
        ['type', 'LIMIT'],
        ['timeInForce', 'GTC'],
      ];
    case 'ioc':
      return [
        ['type', 'LIMIT'],
        ['timeInForce', 'IOC'],
      ];
    case 'fok':
      return [
        ['type', 'LIMIT'],
        ['timeInForce', 'FOK'],
      ];
    case 'stop-limit':
      return [
        ['type', 'STOP_LOSS_LIMIT'],
        ['timeInForce', 'GTC'],
      ];
    case 'post-only':
      return [['type', 'LIMIT_MAKER']];
  }
}

/** Ids at the exchange of an OCO and of its legs. */
export interface OcoIds {
  readonly list: string;
  readonly limit: string;
  readonly stop: string;
}

/** An approved OCO: a maker order and a stop-limit order, of which the exchange keeps one (rest-api.md, new OCO). */
export function buildPlaceOco(oco: Approved<PlaceOco>, ids: OcoIds, credentials: Credentials): SignedRequest {
  const { limitLeg, stopLeg } = oco;
  const sells = oco.side === 'sell';
  const limit = leg(sells ? 'above' : 'below', [
    ['Type', 'LIMIT_MAKER'],
    ['ClientOrderId', ids.limit],
    ['Price', formatAmount(limitLeg.limit)],
  ]);
  const stop = leg(sells ? 'below' : 'above', [
    ['Type', 'STOP_LOSS_LIMIT'],
    ['ClientOrderId', ids.stop],
    ['Price', formatAmount(stopLeg.limit)],
    ['StopPrice', formatAmount(stopLeg.trigger)],
    ['TimeInForce', 'GTC'],
  ]);
  const parameters: Parameters = [
    ['symbol', symbolOf(oco.pair)],
    ['listClientOrderId', ids.list],
    ['side', sells ? 'SELL' : 'BUY'],
    ['quantity', formatAmount(oco.quantity)],
    ...limit,
    ...stop,
    ['newOrderRespType', 'ACK'],
  ];
  return signedRequest('POST', `${listPath}/oco`, parameters, credentials);
}

const leg = (side: 'above' | 'below', parameters: Parameters): Parameters =>
  parameters.map(([name, value]) => [`${side}${name}`, value] as const);

/** Ends both legs: the exchange knows no other cancel of one. */
export const buildCancelOco = (pair: Pair, listId: string, credentials: Credentials): SignedRequest =>
  signedRequest(
    'DELETE',
    listPath,
    [
      ['symbol', symbolOf(pair)],
      ['listClientOrderId', listId],
    ],
    credentials,
  );

export const buildCancel = (order: Pick<CancelOrder, 'pair'>, upstreamId: string, credentials: Credentials): SignedRequest =>
  signedRequest('DELETE', orderPath, byClientId(order.pair, upstreamId), credentials);

export const buildQuery = (pair: Pair, upstreamId: string, credentials: Credentials): SignedRequest =>
  signedRequest('GET', orderPath, byClientId(pair, upstreamId), credentials);

/** An order by the exchange's own id. */
export const buildQueryById = (pair: Pair, exchangeOrderId: string, credentials: Credentials): SignedRequest =>
  signedRequest(
    'GET',
    orderPath,
    [
      ['symbol', symbolOf(pair)],
      ['orderId', exchangeOrderId],
    ],
    credentials,
  );

const byClientId = (pair: Pair, upstreamId: string): Parameters => [
  ['symbol', symbolOf(pair)],
  ['origClientOrderId', upstreamId],
];

/** Open orders of all pairs. */
export const buildOpenOrders = (credentials: Credentials): SignedRequest =>
  signedRequest('GET', '/api/v3/openOrders', [], credentials);

/** Most trades of one answer of `buildMyTrades`. */
export const myTradesMax = 1000;

/** Trades of a pair with ids from `fromId` on, oldest first; without it, the newest. */
export function buildMyTrades(pair: Pair, fromId: bigint | null, credentials: Credentials): SignedRequest {
  const from: Parameters = fromId === null ? [] : [['fromId', String(fromId)]];
  const parameters: Parameters = [['symbol', symbolOf(pair)], ...from, ['limit', String(myTradesMax)]];
  return signedRequest('GET', '/api/v3/myTrades', parameters, credentials);
}

export const buildAccount = (credentials: Credentials): SignedRequest =>
  signedRequest('GET', '/api/v3/account', [['omitZeroBalances', 'true']], credentials);

export const buildApiRestrictions = (credentials: Credentials): SignedRequest =>
  signedRequest('GET', '/sapi/v1/account/apiRestrictions', [], credentials);

/** Where the WebSocket API is dialled. */
export const userStreamPath = '/ws-api/v3';

/**
 * The message that subscribes a WebSocket API connection to the account's events. With an Ed25519 key a session logon signs the
 * same text (web-socket-api.md), so nobody but egress may see it; with an RSA or HMAC key there is no logon.
 */
export function buildUserStreamSubscribe(credentials: Credentials): string {
  const payload = `apiKey=${credentials.apiKey}&timestamp=${credentials.timestamp}`;
  return JSON.stringify({
    id: 'holdfast-user-stream',
    method: 'userDataStream.subscribe.signature',
    params: { apiKey: credentials.apiKey, timestamp: credentials.timestamp, signature: signature(payload, credentials.key) },
  });
}
