/**
 * Who signed a request: HMAC-SHA256 (hex, any case), RSA PKCS#1 v1.5 with SHA-256 or Ed25519 (base64).
 * REST requests are signed over the bytes as they came: query, directly followed by body, both without `signature`.
 * WebSocket API requests are signed over their parameters sorted by name.
 */
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';

export type KeyType = 'hmac' | 'rsa' | 'ed25519';

/** The text that a REST request's signature covers. */
export const restPayload = (query: string, body: string): string => withoutSignature(query) + withoutSignature(body);

const withoutSignature = (form: string): string =>
  form
    .split('&')
    .filter((part) => !part.startsWith('signature='))
    .join('&');

/** The text that a WebSocket API request's signature covers. */
export const socketPayload = (params: ReadonlyMap<string, string>): string =>
  [...params]
    .filter(([name]) => name !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const publicKeys = new Map<string, KeyObject>();

function publicKeyOf(pem: string): KeyObject {
  const known = publicKeys.get(pem);
  if (known !== undefined) return known;
  const made = createPublicKey(pem);
  publicKeys.set(pem, made);
  return made;
}

/** `secret` is the HMAC secret or the public key as PEM. */
export function isSignedBy(type: KeyType, secret: string, payload: string, signature: string): boolean {
  if (type === 'hmac') {
    const expected = createHmac('sha256', secret).update(payload, 'utf8').digest();
    const given = /^[0-9a-fA-F]{64}$/.test(signature) ? Buffer.from(signature, 'hex') : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false;
  const algorithm = type === 'rsa' ? 'sha256' : null;
  return verify(algorithm, Buffer.from(payload, 'utf8'), publicKeyOf(secret), Buffer.from(signature, 'base64'));
}

/** The type of a PEM public key. @throws TypeError when it is no RSA (2048 bits or more) or Ed25519 key */
export function typeOfPublicKey(pem: string): 'rsa' | 'ed25519' {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'rsa';
  throw new TypeError(`A public key must be Ed25519 or RSA of 2048 bits or more, not ${key.asymmetricKeyType}`);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 64 letters and digits, like the exchange's keys, secrets and listen keys. */
export const randomName = (): string => Array.from(randomBytes(64), (byte) => letters[byte % letters.length]).join('');

/** A fresh secret: what the exchange keeps (`kept`) and what the user gets (`given`). */
export function makeSecret(type: KeyType): { readonly kept: string; readonly given: string } {
  if (type === 'hmac') {
    const secret = randomName();
    return { kept: secret, given: secret };
  }
  const encoding = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  } as const;
  const pair =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding }) : generateKeyPairSync('ed25519', encoding);
  return { kept: pair.publicKey, given: pair.privateKey };
}
