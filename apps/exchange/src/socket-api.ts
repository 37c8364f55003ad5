/**
 * The WebSocket API on `/ws-api/v3`: the same endpoints as REST by method name, sessions (Ed25519), and user data
 * subscriptions. Answers and events of one connection go out in the order in which they happened.
 */
import type { IncomingMessage } from 'node:http';
import type { Pair } from '@holdfast/domain';
import type { MarketDefinition, UserEvent } from '@holdfast/exchanges/simulated';
import type { WebSocket } from 'ws';
import { ApiError, rejectedKey } from './api-error.ts';
import {
  type Credentials,
  knownKey,
  requireFresh,
  requireKeyFormat,
  requirePermission,
  requireSignature,
} from './authentication.ts';
import { dispatch } from './dispatch.ts';
import { accountEndpoints as account, type listenKeyEndpoints } from './endpoints/account.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { marketEndpoints as market } from './endpoints/market.ts';
import { orderEndpoints as orders } from './endpoints/orders.ts';
import { type TimeUnit, userEventJson } from './format.ts';
import { orderLimits, weightLimit } from './limits.ts';
import { addressOf, asApiError, timeUnitOf } from './rest.ts';
import { socketPayload } from './signature.ts';
import { keepAlive, type SyncListeners } from './sockets.ts';
import type { ApiKey } from './store.ts';
import type { Venue } from './venue.ts';

const connectWeight = 2;

type Methods = ReadonlyMap<string, Endpoint>;

function makeMethods(listenKeys: ReturnType<typeof listenKeyEndpoints>): Methods {
  return new Map<string, Endpoint>([
    ['ping', market.ping],
    ['time', market.time],
    ['exchangeInfo', market.exchangeInfo],
    ['executionRules', market.executionRules],
    ['referencePrice', market.referencePrice],
    ['referencePrice.calculation', market.referenceCalculation],
    ['depth', market.depth],
    ['trades.recent', market.trades],
    ['trades.historical', market.historicalTrades],
    ['trades.aggregate', market.aggTrades],
    ['blockTrades.historical', market.blockTrades],
    ['klines', market.klines],
    ['uiKlines', market.klines],
    ['avgPrice', market.avgPrice],
    ['ticker.24hr', market.ticker24hr],
    ['ticker.tradingDay', market.tradingDay],
    ['ticker', market.ticker],
    ['ticker.price', market.tickerPrice],
    ['ticker.book', market.bookTicker],
    ['order.place', orders.place],
    ['order.test', orders.test],
    ['order.status', orders.query],
    ['order.cancel', orders.cancel],
    ['order.cancelReplace', orders.cancelReplace],
    ['order.amend.keepPriority', orders.amend],
    ['order.amendments', orders.amendments],
    ['openOrders.status', orders.open],
    ['openOrders.cancelAll', orders.cancelAll],
    ['orderList.place', orders.oldOco],
    ['orderList.place.oco', orders.oco],
    ['orderList.place.oto', orders.oto],
    ['orderList.place.otoco', orders.otoco],
    ['orderList.place.opo', orders.disabled],
    ['orderList.place.opoco', orders.disabled],
    ['sor.order.place', orders.disabled],
    ['sor.order.test', orders.disabled],
    ['orderList.status', orders.queryList],
    ['orderList.cancel', orders.cancelList],
    ['openOrderLists.status', orders.openLists],
    ['allOrderLists', orders.allLists],
    ['allOrders', orders.all],
    ['myTrades', orders.trades],
    ['myPreventedMatches', orders.preventedMatches],
    ['myAllocations', account.allocations],
    ['myFilters', account.myFilters],
    ['account.status', account.account],
    ['account.commission', account.commission],
    ['account.rateLimits.orders', account.orderCounts],
    ['userDataStream.start', listenKeys.start],
    ['userDataStream.ping', listenKeys.keep],
    ['userDataStream.stop', listenKeys.stop],
  ]);
}

interface Session {
  readonly socket: WebSocket;
  readonly address: string;
  readonly time: TimeUnit;
  readonly showLimits: boolean;
  readonly sync: boolean;
  readonly connectedSince: number;
  key: ApiKey | undefined;
  authorizedSince: number;
  nextSubscription: number;
  /** subscriptionId to what it delivers. */
  readonly subscriptions: Map<number, { readonly userId: number; readonly ofSession: boolean }>;
}

export interface SocketApi {
  connect(socket: WebSocket, request: IncomingMessage): void;
}

export function makeSocketApi(venue: Venue, listenKeys: ReturnType<typeof listenKeyEndpoints>, sync: SyncListeners): SocketApi {
  const methods = makeMethods(listenKeys);
  const sessions = new Set<Session>();
  const marketOf = (pair: Pair): MarketDefinition => venue.exchange.market(pair) as MarketDefinition;

  venue.onUserEvent((event: UserEvent) => {
    for (const session of sessions) {
      for (const [subscriptionId, subscription] of session.subscriptions) {
        if (subscription.userId !== event.userId || session.socket.readyState !== session.socket.OPEN) continue;
        session.socket.send(JSON.stringify({ subscriptionId, event: userEventJson(event, marketOf, session.time) }));
      }
    }
  });

  return {
    connect(socket, request): void {
      const url = new URL(request.url ?? '/', 'http://exchange');
      keepAlive(socket);
      let time: TimeUnit;
      try {
        venue.limits.charge(addressOf(request), connectWeight);
        time = timeUnitOf(url.searchParams.get('timeUnit') ?? undefined);
      } catch (error) {
        socket.close(1008, asApiError(error).message.slice(0, 120));
        return;
      }
      const session: Session = {
        socket,
        address: addressOf(request),
        time,
        showLimits: url.searchParams.get('returnRateLimits') !== 'false',
        sync: url.searchParams.get('sync') === '1',
        connectedSince: Date.now(),
        key: undefined,
        authorizedSince: 0,
        nextSubscription: 0,
        subscriptions: new Map(),
      };
      sessions.add(session);
      if (session.sync) {
        sync.add(socket, ({ n, at }) => {
          const [subscriptionId] = session.subscriptions.keys();
          if (subscriptionId !== undefined)
            socket.send(JSON.stringify({ subscriptionId, event: { e: 'holdfastSync', n, E: at } }));
        });
      }
      socket.on('message', (data) => socket.send(JSON.stringify(answerTo(venue, methods, session, String(data)))));
      socket.on('close', () => sessions.delete(session));
    },
  };
}

interface SocketRequest {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: ReadonlyMap<string, string>;
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Numbers keep the text in which they were sent: a signature covers it. @throws ApiError -1135 */
function readRequest(text: string): SocketRequest {
  const keepSource: Reviver = (_, value, context) => (typeof value === 'number' ? { number: context.source } : value);
  let plain: { id?: unknown; method?: unknown; params?: unknown };
  let sourced: { params?: Record<string, unknown> };
  try {
    plain = JSON.parse(text);
    sourced = JSON.parse(text, keepSource as (key: string, value: unknown) => unknown);
  } catch {
    throw new ApiError(-1135, 'Invalid JSON Request');
  }
  const { id = null, method } = plain ?? {};
  if (id !== null && typeof id !== 'number' && !(typeof id === 'string' && /^.{1,36}$/.test(id)))
    throw new ApiError(-1100, "Illegal characters found in parameter 'id'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.");
  if (typeof method !== 'string')
    throw new ApiError(-1102, "Mandatory parameter 'method' was not sent, was empty/null, or malformed.");
  const params = new Map<string, string>();
  for (const [name, value] of Object.entries(sourced.params ?? {})) {
    if (value !== null) params.set(name, textOf(value));
  }
  return { id: id as SocketRequest['id'], method, params };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'number' in value) return String(value.number);
  return JSON.stringify(value);
}

function answerTo(venue: Venue, methods: Methods, session: Session, text: string): object {
  let id: SocketRequest['id'] = null;
  let showLimits = session.showLimits;
  let counted: { readonly endpoint: Endpoint | undefined; readonly userId: number | undefined } = {
    endpoint: undefined,
    userId: undefined,
  };
  const limits = (): object => (showLimits ? { rateLimits: limitsJson(venue, session.address, counted) } : {});
  try {
    const request = readRequest(text);
    id = request.id;
    const params = new Map(request.params);
    const asked = params.get('returnRateLimits');
    if (asked !== undefined) showLimits = asked === 'true';
    params.delete('returnRateLimits');
    const special = specialMethods[request.method];
    if (special !== undefined) {
      const result = special(venue, session, params, request.params);
      return { id, status: 200, result, ...limits() };
    }
    const endpoint = methods.get(request.method);
    if (endpoint === undefined) throw new ApiError(-1020, 'This operation is not supported.');
    const answered = dispatch(venue, endpoint, {
      sent: params,
      credentials: credentialsOf(params, request.params),
      address: session.address,
      time: session.time,
      session: params.has('apiKey') ? undefined : session.key,
    });
    counted = { endpoint, userId: answered.userId };
    return { id, status: 200, result: answered.result, ...limits() };
  } catch (error) {
    const refused = asApiError(error);
    const { code, message: msg, data, status } = refused;
    return { id, status, error: { code, msg, ...(data === undefined ? {} : { data }) }, ...limits() };
  }
}

const credentialsOf = (params: ReadonlyMap<string, string>, signed: ReadonlyMap<string, string>): Credentials => ({
  apiKey: params.get('apiKey'),
  timestamp: params.get('timestamp'),
  recvWindow: params.get('recvWindow'),
  signature: params.get('signature'),
  payload: socketPayload(signed),
});

function limitsJson(
  venue: Venue,
  address: string,
  { endpoint, userId }: { readonly endpoint: Endpoint | undefined; readonly userId: number | undefined },
): object[] {
  const weight = { ...weightLimit, count: venue.limits.usedWeight(address) };
  if (endpoint === undefined || endpoint.orders === 0 || userId === undefined) return [weight];
  const used = venue.limits.usedOrders(userId);
  return [...orderLimits.map((limit, index) => ({ ...limit, count: used[index] ?? 0 })), weight];
}

// ------------------------------------------------------------------------------------------ sessions and subscriptions

type Special = (
  venue: Venue,
  session: Session,
  params: ReadonlyMap<string, string>,
  signed: ReadonlyMap<string, string>,
) => unknown;

function authenticated(venue: Venue, params: ReadonlyMap<string, string>, signed: ReadonlyMap<string, string>): ApiKey {
  const credentials = credentialsOf(params, signed);
  const apiKey = requireKeyFormat(credentials.apiKey);
  requireFresh(credentials, [venue.now(), Date.now()]);
  const key = knownKey(venue.keys, apiKey);
  requireSignature(credentials, key);
  requirePermission(key, 'user');
  return key;
}

const statusJson = (venue: Venue, session: Session): object => ({
  apiKey: session.key?.apiKey ?? null,
  authorizedSince: session.key === undefined ? null : session.time(session.authorizedSince),
  connectedSince: session.time(session.connectedSince),
  returnRateLimits: session.showLimits,
  serverTime: session.time(venue.now()),
  userDataStream: [...session.subscriptions.values()].some((each) => each.ofSession),
});

function subscribeUser(session: Session, userId: number, ofSession: boolean): object {
  const subscriptionId = session.nextSubscription;
  session.nextSubscription += 1;
  session.subscriptions.set(subscriptionId, { userId, ofSession });
  return { subscriptionId };
}

function endSubscription(venue: Venue, session: Session, subscriptionId: number): void {
  session.subscriptions.delete(subscriptionId);
  session.socket.send(JSON.stringify({ subscriptionId, event: { e: 'eventStreamTerminated', E: session.time(venue.now()) } }));
}

const charged =
  (weight: number, run: Special): Special =>
  (venue, session, params, signed) => {
    venue.limits.charge(session.address, weight);
    return run(venue, session, params, signed);
  };

const specialMethods: Readonly<Record<string, Special>> = {
  'session.logon': charged(2, (venue, session, params, signed) => {
    const key = authenticated(venue, params, signed);
    if (key.type !== 'ed25519')
      throw new ApiError(-4056, `${key.type === 'hmac' ? 'HMAC_SHA256' : 'RSA'} API key is not supported.`);
    session.key = key;
    session.authorizedSince = venue.now();
    return statusJson(venue, session);
  }),
  'session.status': charged(2, (venue, session) => statusJson(venue, session)),
  'session.logout': charged(2, (venue, session) => {
    session.key = undefined;
    for (const [id, each] of session.subscriptions) if (each.ofSession) endSubscription(venue, session, id);
    return statusJson(venue, session);
  }),
  'session.subscriptions': charged(2, (_, session) =>
    [...session.subscriptions.keys()].map((subscriptionId) => ({ subscriptionId })),
  ),
  'userDataStream.subscribe': charged(2, (_, session) => {
    if (session.key === undefined) throw rejectedKey();
    if ([...session.subscriptions.values()].some((each) => each.ofSession))
      throw new ApiError(-2035, 'User Data Stream subscription already active.');
    return subscribeUser(session, session.key.userId, true);
  }),
  'userDataStream.subscribe.signature': charged(2, (venue, session, params, signed) =>
    subscribeUser(session, authenticated(venue, params, signed).userId, false),
  ),
  'userDataStream.unsubscribe': charged(2, (venue, session, params) => {
    const wanted = params.get('subscriptionId');
    const ids = wanted === undefined ? [...session.subscriptions.keys()] : [Number(wanted)];
    if (ids.length === 0 || ids.some((id) => !session.subscriptions.has(id)))
      throw new ApiError(-2036, 'User Data Stream subscription not active.');
    for (const id of ids) endSubscription(venue, session, id);
    return {};
  }),
};
