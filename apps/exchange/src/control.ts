/** The control of a running simulated exchange, for the command line: over HTTP, with the token of its data directory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ControlTarget {
  /** e.g. http://127.0.0.1:8440 */
  readonly url: string;
  /** Content of DATA/exchange/control.token. */
  readonly token: string;
}

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
  readonly credit?: Readonly<Record<string, string>>;
  readonly permissions?: readonly ('reading' | 'trading')[];
}

export interface ListMarketRequest {
  readonly pair: string;
  readonly tick: string;
  readonly lot: string;
  readonly minNotional?: string;
  readonly price?: string;
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

async function call<T>(target: ControlTarget, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(path, target.url), {
      method,
      headers: { 'x-sim-token': target.token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ControlCallError('exchange-unreachable', `The exchange at ${target.url} does not answer: is it running?`, {
      cause,
    });
  }
  const answer = (await response.json()) as { error?: { code: string; reason: string } };
  if (answer.error !== undefined) throw new ControlCallError(answer.error.code, answer.error.reason);
  return answer as T;
}

export const createUser = (target: ControlTarget, credit: Readonly<Record<string, string>>): Promise<{ userId: number }> =>
  call(target, 'POST', '/sim/users', { credit });
export const createKey = (target: ControlTarget, request: CreateKeyRequest): Promise<CreatedKey> =>
  call(target, 'POST', '/sim/keys', request);
export const credit = (
  target: ControlTarget,
  who: { readonly apiKey: string } | { readonly userId: number },
  sums: Readonly<Record<string, string>>,
): Promise<{ userId: number; balances: Record<string, { free: string; locked: string }> }> =>
  call(target, 'POST', '/sim/credit', { ...who, credit: sums });
export const listMarket = (target: ControlTarget, request: ListMarketRequest): Promise<{ symbol: string; pair: string }> =>
  call(target, 'POST', '/sim/markets', request);
export const halt = (target: ControlTarget, pair: string, halted: boolean): Promise<{ pair: string; halted: boolean }> =>
  call(target, 'POST', '/sim/halt', { pair, halted });
export const exchangeClock = (
  target: ControlTarget,
): Promise<{ now: number; ended: boolean; lockstep: boolean; round: number }> => call(target, 'GET', '/sim/clock');
export const balances = (
  target: ControlTarget,
  userId: number,
): Promise<{ balances: Record<string, { free: string; locked: string }> }> =>
  call(target, 'GET', `/sim/balances?userId=${userId}`);
