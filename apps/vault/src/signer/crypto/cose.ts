/** Public keys of authenticators (RFC 9053, RFC 8230): the three algorithms that are taken, each with one kind of key. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Cbor } from './cbor.ts';

/** ES256 on P-256, EdDSA on Ed25519, RS256. */
export const coseAlgorithms = [-7, -8, -257] as const;
export type CoseAlgorithm = (typeof coseAlgorithms)[number];

const rsaBitsMin = 2048;
const rsaBitsMax = 8192;

/** The one algorithm that a key signs with: a key was made for it and is used for no other. Null: none that is taken. */
export function algorithmOf(key: KeyObject): CoseAlgorithm | null {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ec':
      return namedCurve === 'prime256v1' ? -7 : null;
    case 'ed25519':
      return -8;
    case 'rsa':
      return modulusLength >= rsaBitsMin && modulusLength <= rsaBitsMax ? -257 : null;
    default:
      return null;
  }
}

/** What a COSE key says, or null when it is not exactly a public key of one of the three. */
export function readCoseKey(value: Cbor): { readonly algorithm: CoseAlgorithm; readonly key: KeyObject } | null {
  if (!(value instanceof Map)) return null;
  const map: ReadonlyMap<number | string, Cbor> = value;
  const algorithm = coseAlgorithms.find((known) => known === map.get(3));
  const jwk = algorithm === undefined ? null : jwkOf(map, algorithm);
  if (algorithm === undefined || jwk === null) return null;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return algorithmOf(key) === algorithm ? { algorithm, key } : null;
  } catch {
    return null; // a point that is not on the curve
  }
}

type Jwk = Record<string, string>;

function jwkOf(map: ReadonlyMap<number | string, Cbor>, algorithm: CoseAlgorithm): Jwk | null {
  const has = (labels: readonly number[], kty: number, crv?: number): boolean =>
    map.size === labels.length &&
    labels.every((label) => map.has(label)) &&
    map.get(1) === kty &&
    (crv === undefined || map.get(-1) === crv);
  const bytes = (label: number, length?: number): string | null => {
    const part = map.get(label);
    return Buffer.isBuffer(part) && (length === undefined || part.length === length) ? part.toString('base64url') : null;
  };
  switch (algorithm) {
    case -7: {
      const [x, y] = [bytes(-2, 32), bytes(-3, 32)];
      return has([1, 3, -1, -2, -3], 2, 1) && x !== null && y !== null ? { kty: 'EC', crv: 'P-256', x, y } : null;
    }
    case -8: {
      const x = bytes(-2, 32);
      return has([1, 3, -1, -2], 1, 6) && x !== null ? { kty: 'OKP', crv: 'Ed25519', x } : null;
    }
    case -257: {
      const [n, e] = [bytes(-1), bytes(-2)];
      return has([1, 3, -1, -2], 3) && n !== null && e !== null ? { kty: 'RSA', n, e } : null;
    }
  }
}
