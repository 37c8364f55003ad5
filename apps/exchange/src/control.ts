/** The control of a running simulated exchange, for the command line: over HTTP, with the token of its data directory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a simulated exchange is: its address, and its data directory (for the token). */
export interface ControlPlace {
  /** e.g. http://127.0.0.1:8440 */
  readonly url: string;
  readonly data: string;
}

export type Sums = Readonly<Record<string, string>>;
export type BalanceTexts = Readonly<Record<string, { readonly free: string; readonly locked: string }>>;
export type KeyPermission = 'reading' | 'trading';

export interface CreatedKey {
  readonly apiKey: string;
  /** HMAC secret or private key PEM; absent when a public key was given. */
  readonly secret?: string;
  readonly userId: number;
  readonly type: string;
}

export interface CreateKeyRequest {
  readonly userId?: number;
  readonly type: 'hmac' | 'rsa' | 'ed25519';
  readonly publicKey?: string;
  readonly credit?: Sums;
  readonly permissions?: readonly KeyPermission[];
  /** Further rights in the exchange's own names, e.g. `enableWithdrawals`. */
  readonly rights?: Readonly<Record<string, boolean>>;
  /** Addresses that the key may be used from. */
  readonly ips?: readonly string[];
  /** Unix ms; now when left out. */
  readonly createdAt?: number;
}

export interface ListMarketRequest {
  readonly pair: string;
  readonly tick: string;
  readonly lot: string;
  readonly minNotional?: string;
  readonly price?: string;
  /** Quote that was traded in the 24 h before. */
  readonly volume24h?: string;
  /** Whether the house quotes there; users alone when left out. */
  readonly house?: boolean;
}

/** What one reference exchange is to say that is not so; without any of the three it is honest again. */
export interface LieRequest {
  readonly venue: 'kraken' | 'coinbase' | 'okx';
  /** All pairs when left out. */
  readonly pair?: string;
  readonly shiftBps?: number;
  readonly price?: string;
  readonly stopped?: true;
}

/** The exchange said no, or did not answer (`exchange-unreachable`). */
export class ControlCallError extends Error {
  override readonly name = 'ControlCallError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @throws ControlCallError `no-token` when the exchange never ran on this directory */
export function controlToken(dataDir: string): string {
  const file = join(dataDir, 'exchange', 'control.token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ControlCallError('no-token', `${file} cannot be read: start the exchange on this data directory first`, { cause });
  }
}

async function call<T>(place: ControlPlace, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const headers = { 'x-sim-token': controlToken(place.data), 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(new URL(path, place.url), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ControlCallError('exchange-unreachable', `The exchange at ${place.url} does not answer: is it running?`, { cause });
  }
  const answer = (await response.json()) as { error?: { code: string; reason: string } };
  if (answer.error !== undefined) throw new ControlCallError(answer.error.code, answer.error.reason);
  return answer as T;
}

export const createUser = (place: ControlPlace, request: { readonly credit?: Sums }): Promise<{ userId: number }> =>
  call(place, 'POST', '/sim/users', request);
export const createKey = (place: ControlPlace, request: CreateKeyRequest): Promise<CreatedKey> =>
  call(place, 'POST', '/sim/keys', request);
/** Registers the public half of a key pair made elsewhere. */
export const registerKey = (
  place: ControlPlace,
  request: {
    readonly type?: 'rsa' | 'ed25519';
    readonly publicKey: string;
    readonly userId?: number;
    readonly credit?: Sums;
    readonly permissions?: readonly KeyPermission[];
    readonly rights?: Readonly<Record<string, boolean>>;
    readonly ips?: readonly string[];
  },
): Promise<CreatedKey> => call(place, 'POST', '/sim/keys', { type: 'ed25519', ...request });
/** Changes what a key may do, as a person does on the exchange's page; an empty list of addresses lifts the binding. */
export const changeKey = (
  place: ControlPlace,
  request: {
    readonly apiKey: string;
    readonly permissions?: readonly KeyPermission[];
    readonly rights?: Readonly<Record<string, boolean>>;
    readonly ips?: readonly string[];
  },
): Promise<{ apiKey: string }> => call(place, 'POST', '/sim/keys/change', request);
export const removeKey = (place: ControlPlace, request: { readonly apiKey: string }): Promise<{ apiKey: string }> =>
  call(place, 'POST', '/sim/keys/remove', request);
export const setReference = (place: ControlPlace, request: LieRequest): Promise<{ venue: string; lie: string }> =>
  call(place, 'POST', '/sim/reference', request);
export const creditUser = (
  place: ControlPlace,
  request: ({ readonly apiKey: string } | { readonly userId: number }) & { readonly credit: Sums },
): Promise<{ userId: number; balances: BalanceTexts }> => call(place, 'POST', '/sim/credit', request);
export const listMarket = (place: ControlPlace, request: ListMarketRequest): Promise<{ symbol: string; pair: string }> =>
  call(place, 'POST', '/sim/markets', request);
export const haltMarket = (
  place: ControlPlace,
  request: { readonly pair: string; readonly halted: boolean },
): Promise<{ pair: string; halted: boolean }> => call(place, 'POST', '/sim/halt', request);
/** Writes a consistent copy of the exchange's database to a new file: the running exchange lets nobody else open it. */
export const backupExchange = (place: ControlPlace, file: string): Promise<{ file: string }> =>
  call(place, 'POST', '/sim/backup', { file });
/** Lets the time of an exchange go that waits; `until`: it waits again once all ticks of that time (unix ms) are played. */
export const releaseTime = (place: ControlPlace, until?: number): Promise<{ held: boolean }> =>
  call(place, 'POST', '/sim/release', until === undefined ? {} : { until });
/** `held`: time stands still until it is let go. `open`: somebody has not dealt yet with what happened. */
export const exchangeClock = (
  place: ControlPlace,
): Promise<{ now: number; ended: boolean; lockstep: boolean; round: number; held: boolean; open: boolean }> =>
  call(place, 'GET', '/sim/clock');
export const balancesOf = (place: ControlPlace, userId: number): Promise<{ balances: BalanceTexts }> =>
  call(place, 'GET', `/sim/balances?userId=${userId}`);
