/**
 * The whole exchange without sockets and without a disk: requests in the REST dialect, checked as strictly as those that
 * come over the network, on a clock that its caller moves. For drills and simulations.
 */
import { type Amount, type EpochMs, epochMs, type Pair } from '@holdfast/domain';
import {
  createExchange,
  type Exchange,
  type MarketDefinition,
  type MarketEvent,
  type MarketRequest,
  type UserEvent,
} from '@holdfast/exchanges/simulated';
import { dispatch } from './dispatch.ts';
import { listenKeyEndpoints } from './endpoints/account.ts';
import { milliseconds, userEventJson } from './format.ts';
import { makeLimits } from './limits.ts';
import { type ListenKeys, makeListenKeys } from './listen-keys.ts';
import { readForm } from './parameters.ts';
import { loadQuietDay } from './quiet-day.ts';
import { asApiError, errorBody, makeRoutes } from './rest.ts';
import { randomName, restPayload } from './signature.ts';
import { type ApiKey, openStore } from './store.ts';
import { makeVenue, type Venue } from './venue.ts';

/** `volume24h`: quote that was traded in the 24 h before, where the market has a price to begin with. */
export type InProcessMarket = MarketRequest & { readonly volume24h?: Amount };

export interface InProcessOptions {
  readonly markets: readonly InProcessMarket[];
  /** Unix ms: the exchange's clock and the machine's. */
  readonly now: () => number;
  readonly seed?: number;
}

/** A request as the dialect has it: `query` already encoded, without `?`; header names in any case. */
export interface InProcessRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface InProcessExchange {
  readonly core: Exchange;
  /** The core with its disk and those who listen, for who plays a tape into it. */
  readonly venue: Venue;
  readonly listenKeys: ListenKeys;
  /** Runs one command of a person or an attacker on the core, and publishes what came of it. */
  command<T>(act: (core: Exchange, at: EpochMs) => T): T;
  /** `address` is where the request comes from: rate limits and bindings of keys look at it. */
  request(request: InProcessRequest, address: string): { readonly status: number; readonly body: string };
  tick(pair: Pair, price: number, volume: number): void;
  addKey(key: Omit<ApiKey, 'apiKey' | 'createdAt'> & Partial<Pick<ApiKey, 'createdAt'>>): ApiKey;
  changeKey(apiKey: string, change: Partial<Pick<ApiKey, 'permissions' | 'rights' | 'ips'>>): void;
  keys(): readonly ApiKey[];
  removeKey(apiKey: string): void;
  onUserEvent(listener: (event: UserEvent) => void): void;
  onMarketEvent(listener: (event: MarketEvent) => void): void;
  /** An event of a user as the private stream says it. */
  textOf(event: UserEvent): string;
  /** Counts what happened to users (not on the tape alone). */
  userChanges(): number;
  close(): void;
}

export function createInProcessExchange({ markets, now, seed }: InProcessOptions): InProcessExchange {
  const core = createExchange({ markets, ...(seed === undefined ? {} : { seed }) });
  const store = openStore(':memory:');
  const venue = makeVenue({
    exchange: core,
    store,
    limits: makeLimits({ wall: now, own: () => undefined }),
    now: () => epochMs(now()),
    position: () => ({}),
  });
  const listenKeys = makeListenKeys(now);
  const routes = makeRoutes(listenKeyEndpoints(listenKeys));
  for (const { pair, price, volume24h } of markets) {
    const market = core.market(pair);
    if (market !== undefined && price !== undefined && volume24h !== undefined)
      loadQuietDay(core, market, now(), price, volume24h);
  }
  const marketOf = (pair: Pair): MarketDefinition => core.market(pair) as MarketDefinition;

  const answer = ({ method, path, query, headers, body }: InProcessRequest, address: string): unknown => {
    const endpoint = routes.get(`${method} ${path}`);
    if (endpoint === undefined) throw new Error(`the exchange has no ${method} ${path}`);
    const names = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const sent = new Map([...readForm(body), ...readForm(query)]);
    const credentials = {
      apiKey: names.get('x-mbx-apikey'),
      timestamp: sent.get('timestamp'),
      recvWindow: sent.get('recvWindow'),
      signature: sent.get('signature'),
      payload: restPayload(query, body),
    };
    return dispatch(venue, endpoint, { sent, credentials, address, time: milliseconds, session: undefined }).result;
  };

  return {
    core,
    venue,
    listenKeys,
    command: (act) => venue.command((at) => act(core, at)),
    request: (request, address) => {
      try {
        return { status: 200, body: JSON.stringify(answer(request, address)) };
      } catch (error) {
        const refused = asApiError(error);
        return { status: refused.status, body: JSON.stringify(errorBody(refused)) };
      }
    },
    tick: (pair, price, volume) => venue.tick({ pair, at: epochMs(now()), price, volume }),
    addKey: (given) => {
      const key: ApiKey = { createdAt: now(), ...given, apiKey: randomName() };
      venue.addKey(key);
      return key;
    },
    changeKey: (apiKey, change) => {
      const key = venue.keys.get(apiKey);
      if (key !== undefined) venue.addKey({ ...key, ...change });
    },
    keys: () => [...venue.keys.values()],
    removeKey: venue.removeKey,
    onUserEvent: venue.onUserEvent,
    onMarketEvent: venue.onMarketEvent,
    textOf: (event) => JSON.stringify(userEventJson(event, marketOf, milliseconds)),
    userChanges: venue.userChanges,
    close: () => store.close(),
  };
}
