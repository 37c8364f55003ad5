/** A software authenticator for tests: makes passkeys and assertions, and lets every field be wrong. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type PasskeyAlgorithm = -7 | -8 | -257;

export interface SoftPasskey {
  readonly id: Buffer;
  readonly algorithm: PasskeyAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function softPasskey(algorithm: PasskeyAlgorithm = -7): SoftPasskey {
  const pair =
    algorithm === -7
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : algorithm === -8
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { id: randomBytes(32), algorithm, ...pair };
}

const head = (major: number, size: number): Buffer =>
  size < 24
    ? Buffer.of((major << 5) | size)
    : size < 256
      ? Buffer.of((major << 5) | 24, size)
      : Buffer.of((major << 5) | 25, size >> 8, size & 255);
const int = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value));
const bytes = (value: Buffer): Buffer => Buffer.concat([head(2, value.length), value]);

/** A COSE key as authenticators write it. */
export function coseKey({ algorithm, publicKey }: Pick<SoftPasskey, 'algorithm' | 'publicKey'>): Buffer {
  const jwk = publicKey.export({ format: 'jwk' });
  const part = (text: unknown): Buffer => bytes(Buffer.from(String(text), 'base64url'));
  const entries: readonly (readonly [number, Buffer])[] =
    algorithm === -7
      ? [
          [1, int(2)],
          [3, int(-7)],
          [-1, int(1)],
          [-2, part(jwk.x)],
          [-3, part(jwk.y)],
        ]
      : algorithm === -8
        ? [
            [1, int(1)],
            [3, int(-8)],
            [-1, int(6)],
            [-2, part(jwk.x)],
          ]
        : [
            [1, int(3)],
            [3, int(-257)],
            [-1, part(jwk.n)],
            [-2, part(jwk.e)],
          ];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([label, value]) => [int(label), value])]);
}

export interface Ceremony {
  readonly rpId: string;
  readonly flags: number;
  readonly signCount: number;
  readonly clientData: Readonly<Record<string, unknown>>;
  /** Bytes after what the flags announce. */
  readonly extra: Buffer;
}

/** Without attested data: present, verified, backup eligible and backed up. */
export const usualFlags = 0x1d;

const authenticatorHead = ({ rpId, flags, signCount }: Ceremony): Buffer => {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(signCount);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flags), counter]);
};

export interface Place {
  readonly rpId: string;
  readonly origin: string;
}

const ceremony = (place: Place, type: string, challenge: Buffer, change: Partial<Ceremony>): Ceremony => ({
  rpId: place.rpId,
  flags: usualFlags,
  signCount: 0,
  extra: Buffer.alloc(0),
  ...change,
  clientData: {
    type,
    challenge: challenge.toString('base64url'),
    origin: place.origin,
    crossOrigin: false,
    ...change.clientData,
  },
});

export function register(passkey: SoftPasskey, place: Place, challenge: Buffer, change: Partial<Ceremony> = {}) {
  const it = ceremony(place, 'webauthn.create', challenge, { flags: usualFlags | 0x40, ...change });
  const length = Buffer.of(passkey.id.length >> 8, passkey.id.length & 255);
  const authenticatorData = Buffer.concat([
    authenticatorHead(it),
    Buffer.alloc(16),
    length,
    passkey.id,
    coseKey(passkey),
    it.extra,
  ]);
  return {
    id: passkey.id.toString('base64url'),
    clientDataJSON: Buffer.from(JSON.stringify(it.clientData)).toString('base64url'),
    authenticatorData: authenticatorData.toString('base64url'),
    publicKey: passkey.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    algorithm: passkey.algorithm as number,
  };
}

export function assert(passkey: SoftPasskey, place: Place, challenge: Buffer, change: Partial<Ceremony> = {}) {
  const it = ceremony(place, 'webauthn.get', challenge, change);
  return signed(passkey, Buffer.concat([authenticatorHead(it), it.extra]), Buffer.from(JSON.stringify(it.clientData)));
}

/** An assertion over exactly these bytes. */
export function signed({ algorithm, privateKey }: SoftPasskey, authenticatorData: Buffer, clientData: Buffer) {
  const text = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
  const signature = sign(algorithm === -8 ? null : 'sha256', text, privateKey);
  return {
    authenticatorData: authenticatorData.toString('base64url'),
    clientDataJSON: clientData.toString('base64url'),
    signature: signature.toString('base64url'),
  };
}
