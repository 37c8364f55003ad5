/**
 * Signed requests of the Binance dialect. Values are percent-encoded first and the encoded text is signed, because a
 * request signed over raw text is refused with -1022 (rest-api.md). All parameters travel in the query, the body is empty.
 * A signature covers neither method nor path nor host, so it never leaves the vault but in the request itself.
 */
import { createHmac, type KeyObject, sign } from 'node:crypto';

/** A complete request; `query` is encoded and has no `?`. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Key id and key of an account (Ed25519 or RSA private key, or HMAC secret), and the time to sign with (unix ms). */
export interface Credentials {
  readonly apiKey: string;
  readonly key: KeyObject;
  readonly timestamp: number;
}

export type Parameters = readonly (readonly [name: string, value: string])[];

/** How long after its timestamp the exchange may still act on a request, in ms. */
export const recvWindowMs = 3000;

export function signedRequest(
  method: SignedRequest['method'],
  path: string,
  parameters: Parameters,
  credentials: Credentials,
): SignedRequest {
  const timed: Parameters = [...parameters, ['recvWindow', String(recvWindowMs)], ['timestamp', String(credentials.timestamp)]];
  const payload = timed.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const query = `${payload}&signature=${encodeURIComponent(signature(payload, credentials.key))}`;
  return { method, path, query, headers: { 'X-MBX-APIKEY': credentials.apiKey }, body: '' };
}

/** Ed25519 or RSA (PKCS#1 v1.5, SHA-256) in base64, HMAC-SHA256 in hex: what the exchange takes for the kind of key (rest-api.md). */
export function signature(payload: string, key: KeyObject): string {
  const bytes = Buffer.from(payload, 'utf8');
  if (key.type === 'secret') return createHmac('sha256', key).update(bytes).digest('hex');
  return sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, bytes, key).toString('base64');
}
