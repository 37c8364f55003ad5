/** What an endpoint is, for REST and the WebSocket API alike: who may call it, what it costs, what it reads, what it answers. */
import type { MarketDefinition, Refused, Result, UserId } from '@holdfast/exchanges/simulated';
import { ApiError, invalidSymbol } from '../api-error.ts';
import type { TimeUnit } from '../format.ts';
import { type Declared, declare, type Parameters } from '../parameters.ts';
import type { ApiKey } from '../store.ts';
import type { Venue } from '../venue.ts';

/** `key`: the API key alone; `user` and `trade`: signed, with the key's permission to read or to trade. */
export type Security = 'none' | 'key' | 'user' | 'trade';

export interface Call {
  readonly venue: Venue;
  readonly params: Parameters;
  /** Of the key; 0 on public endpoints. */
  readonly userId: UserId;
  readonly key: ApiKey | undefined;
  readonly time: TimeUnit;
}

export interface Endpoint {
  readonly security: Security;
  readonly weight: (params: Parameters) => number;
  /** New orders that a call counts as. */
  readonly orders: number;
  /** Whether its weight is given back when it succeeds (order endpoints, since 2026-04-02). */
  readonly freeOnSuccess: boolean;
  readonly declared: readonly Declared[];
  /** Ignores surplus parameters: endpoints that only some clients call, and for nothing that matters here. */
  readonly lenient: boolean;
  readonly run: (call: Call) => unknown;
}

export interface EndpointOptions {
  readonly orders?: number;
  readonly freeOnSuccess?: boolean;
  readonly lenient?: boolean;
}

export function endpoint(
  security: Security,
  weight: number | ((params: Parameters) => number),
  declared: string,
  run: (call: Call) => unknown,
  options: EndpointOptions = {},
): Endpoint {
  return {
    security,
    weight: typeof weight === 'number' ? () => weight : weight,
    orders: options.orders ?? 0,
    freeOnSuccess: options.freeOnSuccess ?? false,
    declared: declare(declared),
    lenient: options.lenient ?? false,
    run,
  };
}

/** @throws ApiError -1121 */
export function marketOf(call: Call, name = 'symbol'): MarketDefinition {
  const market = call.venue.market(call.params.text(name));
  if (market === undefined) throw invalidSymbol();
  return market;
}

export const refusalError = (refused: Refused): ApiError => new ApiError(refused.code, refused.msg);

/** The value, or the core's refusal thrown as an answer. @throws ApiError */
export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw refusalError(result);
  return result;
}

/** A `limit` with its default and most; more is taken as the most. @throws ApiError -1130 below 1 */
export function limitOf(params: Parameters, usual: number, most: number): number {
  const limit = params.integer('limit') ?? usual;
  if (limit < 1) throw new ApiError(-1130, "Data sent for parameter 'limit' is not valid.");
  return Math.min(limit, most);
}
