/**
 * Who calls, and whether now: API key, time window, signature, permission. The order in which the exchange looks is
 * key format, parameters, time, key, signature, permission.
 */
import { ApiError, badKeyFormat, illegalCharacters, invalidSignature, mandatory, rejectedKey, tooGreat } from './api-error.ts';
import type { Security } from './endpoints/endpoint.ts';
import { isSignedBy } from './signature.ts';
import type { ApiKey } from './store.ts';

export interface Credentials {
  readonly apiKey: string | undefined;
  readonly timestamp: string | undefined;
  readonly recvWindow: string | undefined;
  readonly signature: string | undefined;
  /** The text that the signature must cover. */
  readonly payload: string;
}

const keyFormat = /^[A-Za-z0-9]{64}$/;
const recvWindowMost = 60_000;
const aheadMost = 1000;

/** @throws ApiError -2014 */
export function requireKeyFormat(apiKey: string | undefined): string {
  if (apiKey === undefined || !keyFormat.test(apiKey)) throw badKeyFormat();
  return apiKey;
}

/** @throws ApiError -2015 */
export function knownKey(keys: ReadonlyMap<string, ApiKey>, apiKey: string): ApiKey {
  const key = keys.get(apiKey);
  if (key === undefined) throw rejectedKey();
  return key;
}

/** @throws ApiError -1102, -1100, -1021 unless the request is fresh by one of the clocks (ms) */
export function requireFresh(credentials: Credentials, clocks: readonly number[]): void {
  const timestamp = timestampMs(credentials.timestamp);
  const window = recvWindowMs(credentials.recvWindow);
  const isFresh = (now: number): boolean => timestamp < now + aheadMost && now - timestamp <= window;
  if (clocks.some(isFresh)) return;
  const nearest = clocks.reduce((best, now) => (Math.abs(now - timestamp) < Math.abs(best - timestamp) ? now : best));
  if (timestamp >= nearest + aheadMost)
    throw new ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  throw new ApiError(-1021, 'Timestamp for this request is outside of the recvWindow.');
}

function timestampMs(text: string | undefined): number {
  if (text === undefined || text === '') throw mandatory('timestamp');
  if (!/^[0-9]{1,20}$/.test(text)) throw illegalCharacters('timestamp', 'integer');
  const value = Number(text);
  return value >= 1e14 ? value / 1000 : value;
}

function recvWindowMs(text: string | undefined): number {
  if (text === undefined) return 5000;
  if (!/^[0-9]{1,20}(\.[0-9]{1,3})?$/.test(text)) throw mandatory('recvWindow');
  const value = Number(text);
  if (value > recvWindowMost) throw tooGreat('recvWindow', String(recvWindowMost));
  return value;
}

/** @throws ApiError -1102, -1022 */
export function requireSignature(credentials: Credentials, key: ApiKey): void {
  const { signature, payload } = credentials;
  if (signature === undefined || signature === '') throw mandatory('signature');
  if (!isSignedBy(key.type, key.secret, payload, signature)) throw invalidSignature();
}

/** @throws ApiError -2015 */
export function requireAddress(key: ApiKey, address: string): void {
  if (key.ips !== undefined && !key.ips.includes(address)) throw rejectedKey();
}

/** @throws ApiError -2015 */
export function requirePermission(key: ApiKey, security: Security): void {
  if (security === 'trade' && !key.permissions.includes('trading')) throw rejectedKey();
  if (security !== 'none' && !key.permissions.includes('reading')) throw rejectedKey();
}
