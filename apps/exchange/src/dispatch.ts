/** One request through an endpoint, whichever way it came: limits, parameters, caller, work, and what then counts. */
import { ApiError } from './api-error.ts';
import {
  type Credentials,
  knownKey,
  requireAddress,
  requireFresh,
  requireKeyFormat,
  requirePermission,
  requireSignature,
} from './authentication.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import type { TimeUnit } from './format.ts';
import { type Parameters, readParameters } from './parameters.ts';
import type { ApiKey } from './store.ts';
import type { Venue } from './venue.ts';

export interface IncomingRequest {
  readonly sent: ReadonlyMap<string, string>;
  readonly credentials: Credentials;
  readonly address: string;
  readonly time: TimeUnit;
  /** Key of a WebSocket API session that has logged on: stands for key and signature. */
  readonly session: ApiKey | undefined;
}

export interface Dispatched {
  readonly result: unknown;
  /** Of the caller; undefined on public endpoints. */
  readonly userId: number | undefined;
}

/** @throws ApiError for everything that the exchange refuses */
export function dispatch(venue: Venue, endpoint: Endpoint, request: IncomingRequest): Dispatched {
  const weight = weightOf(endpoint, request.sent);
  venue.limits.charge(request.address, weight);
  const [params, key] = admit(venue, endpoint, request);
  const userId = key?.userId ?? 0;
  if (endpoint.orders > 0) venue.limits.chargeOrders(userId, endpoint.orders);
  try {
    const result = endpoint.run({ venue, params, userId, key, time: request.time });
    if (endpoint.freeOnSuccess) venue.limits.refund(request.address, weight);
    return { result, userId: key?.userId };
  } catch (error) {
    if (error instanceof ApiError && endpoint.orders > 0 && error.code !== -2021)
      venue.limits.refundOrders(userId, endpoint.orders);
    throw error;
  }
}

/** A weight may hang on parameters that are not checked yet; then what is malformed costs the least. */
function weightOf(endpoint: Endpoint, sent: ReadonlyMap<string, string>): number {
  try {
    return endpoint.weight(readParameters(sent, [], 'lenient'));
  } catch {
    return 1;
  }
}

function admit(venue: Venue, endpoint: Endpoint, request: IncomingRequest): readonly [Parameters, ApiKey | undefined] {
  const { credentials, session, sent } = request;
  const { security } = endpoint;
  const isSigned = security === 'user' || security === 'trade';
  const apiKey = security === 'none' ? undefined : (session?.apiKey ?? requireKeyFormat(credentials.apiKey));
  const strict = endpoint.lenient ? 'lenient' : security === 'none' ? 'public' : 'signed';
  const params = readParameters(sent, endpoint.declared, strict);
  if (apiKey === undefined) return [params, undefined];
  if (isSigned) requireFresh(credentials, [venue.now(), Date.now()]);
  const key = session ?? knownKey(venue.keys, apiKey);
  if (isSigned && session === undefined) requireSignature(credentials, key);
  requireAddress(key, request.address);
  requirePermission(key, security);
  return [params, key];
}
