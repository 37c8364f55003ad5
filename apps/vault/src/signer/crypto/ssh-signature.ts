/**
 * Verification of `ssh-keygen -Y sign` (PROTOCOL.sshsig of OpenSSH): an armoured blob that names the key, a namespace and a
 * hash. What is signed is "SSHSIG" ‖ namespace ‖ reserved ‖ hash name ‖ hash of the message, each as an SSH string, so a
 * signature for one purpose is none for another.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { fromBase64 } from '../../crypto/base64.ts';

/** What owners sign under: `ssh-keygen -Y sign -n holdfast-owner@v1`. */
export const ownerNamespace = 'holdfast-owner@v1';

export type SshFault = 'form' | 'namespace' | 'algorithm' | 'key' | 'signature';
export type SshVerdict =
  | { readonly kind: 'verified' }
  | { readonly kind: 'refused'; readonly fault: SshFault; readonly reason: string };

const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
const magic = Buffer.from('SSHSIG');
const blobBytesMax = 8192;
const rsaBitsMin = 2048;

/** `publicKey`: the owner's stored credential, which the signature must name. */
export function verifySshSignature(armoured: string, namespace: string, message: Uint8Array, publicKey: KeyObject): SshVerdict {
  const signed = readSignature(armoured);
  if (signed === null) return refused('form', 'not an armoured signature of ssh-keygen -Y sign');
  if (signed.namespace !== namespace)
    return refused('namespace', `signed for ${JSON.stringify(signed.namespace.slice(0, 80))}, not ${namespace}`);
  if (signed.hash !== 'sha256' && signed.hash !== 'sha512') return refused('algorithm', 'the hash is neither sha256 nor sha512');
  const key = keyOf(signed.key);
  if (key === null) return refused('key', 'not an Ed25519, ECDSA (P-256, P-384) or RSA (2048 bits and more) key');
  if (!key.equals(publicKey)) return refused('key', 'signed with another key than the credential');
  const digest = createHash(signed.hash).update(message).digest();
  const text = Buffer.concat([magic, ...[signed.namespace, '', signed.hash, digest].map(sshString)]);
  const how = algorithms[signed.algorithm];
  if (how === undefined || how.keyType !== key.asymmetricKeyType || (how.curve !== undefined && how.curve !== curveOf(key)))
    return refused('algorithm', `the algorithm ${JSON.stringify(signed.algorithm.slice(0, 40))} does not go with the key`);
  const signature = how.curve === undefined ? signed.signature : derOf(signed.signature);
  const isValid = signature !== null && verify(how.hash, text, key, signature);
  return isValid ? { kind: 'verified' } : refused('signature', 'the signature is not of this key and text');
}

/** The key of one line of an `id_*.pub` file, or null. */
export function readSshPublicKey(line: string): KeyObject | null {
  const [type, text = ''] = line.trim().split(/ +/, 2);
  const blob = fromBase64(text, blobBytesMax);
  if (blob === null || strings(blob, null)?.[0]?.toString('latin1') !== type) return null;
  return keyOf(blob);
}

const refused = (fault: SshFault, reason: string): SshVerdict => ({ kind: 'refused', fault, reason });

interface Algorithm {
  readonly keyType: string;
  readonly hash: string | null;
  /** OpenSSL's name of the curve, of ECDSA only. */
  readonly curve?: string;
}

/** Signature algorithms by their SSH names; ssh-rsa itself (SHA-1) is not among them. */
const algorithms: Readonly<Record<string, Algorithm>> = Object.assign(Object.create(null), {
  'ssh-ed25519': { keyType: 'ed25519', hash: null },
  'rsa-sha2-256': { keyType: 'rsa', hash: 'sha256' },
  'rsa-sha2-512': { keyType: 'rsa', hash: 'sha512' },
  'ecdsa-sha2-nistp256': { keyType: 'ec', hash: 'sha256', curve: 'prime256v1' },
  'ecdsa-sha2-nistp384': { keyType: 'ec', hash: 'sha384', curve: 'secp384r1' },
} satisfies Record<string, Algorithm>);

const curveOf = (key: KeyObject): string | undefined => key.asymmetricKeyDetails?.namedCurve;

interface SshSignature {
  readonly key: Buffer;
  readonly namespace: string;
  readonly hash: string;
  readonly algorithm: string;
  readonly signature: Buffer;
}

function readSignature(armoured: string): SshSignature | null {
  if (armoured.length > 2 * blobBytesMax) return null;
  const lines = armoured.replaceAll('\r\n', '\n').trimEnd().split('\n');
  if (lines.shift() !== begin || lines.pop() !== end) return null;
  const blob = fromBase64(lines.join(''), blobBytesMax);
  if (blob === null || blob.length < 10 || !blob.subarray(0, 6).equals(magic) || blob.readUInt32BE(6) !== 1) return null;
  const parts = strings(blob.subarray(10), 5);
  if (parts === null) return null;
  const [key, namespace, reserved, hash, inner] = parts as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const innerParts = strings(inner, 2);
  if (reserved.length !== 0 || innerParts === null) return null;
  const [algorithm, signature] = innerParts as [Buffer, Buffer];
  return { key, namespace: latin1(namespace), hash: latin1(hash), algorithm: latin1(algorithm), signature };
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1');

function sshString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Exactly `count` SSH strings that fill `bytes`, or null. */
function strings(bytes: Buffer, count: number | null): Buffer[] | null {
  const found: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4) return null;
    const next = at + 4 + bytes.readUInt32BE(at);
    if (next > bytes.length) return null;
    found.push(bytes.subarray(at + 4, next));
    at = next;
  }
  return count === null || found.length === count ? found : null;
}

/** A public key blob (RFC 4253, 5656, 8709) as a key, or null. */
function keyOf(blob: Buffer): KeyObject | null {
  const [name, ...parts] = strings(blob, null) ?? [];
  const jwk = name === undefined ? null : jwkOf(latin1(name), parts);
  if (jwk === null) return null;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const isShort = key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < rsaBitsMin;
    return isShort ? null : key;
  } catch {
    return null;
  }
}

const curves: Readonly<Record<string, { crv: string; bytes: number }>> = Object.assign(Object.create(null), {
  nistp256: { crv: 'P-256', bytes: 32 },
  nistp384: { crv: 'P-384', bytes: 48 },
});

function jwkOf(name: string, parts: readonly Buffer[]): Record<string, string> | null {
  const [first, second] = parts;
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  if (name === 'ssh-ed25519')
    return parts.length === 1 && first?.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: text(first) } : null;
  if (parts.length !== 2 || first === undefined || second === undefined) return null;
  if (name === 'ssh-rsa') {
    const [e, n] = [unsigned(first), unsigned(second)];
    return e === null || n === null ? null : { kty: 'RSA', e: text(e), n: text(n) };
  }
  const curve = curves[latin1(first)];
  if (curve === undefined || name !== `ecdsa-sha2-${latin1(first)}`) return null;
  const { crv, bytes } = curve;
  if (second.length !== 1 + 2 * bytes || second[0] !== 4) return null;
  return { kty: 'EC', crv, x: text(second.subarray(1, 1 + bytes)), y: text(second.subarray(1 + bytes)) };
}

/** The magnitude of a positive SSH mpint in its shortest form, or null. */
function unsigned(mpint: Buffer): Buffer | null {
  const [first = 0x80, second = 0] = mpint;
  if ((first & 0x80) !== 0 || (first === 0 && (second & 0x80) === 0)) return null;
  return first === 0 ? mpint.subarray(1) : mpint;
}

/** The two mpints of an SSH ECDSA signature as a DER sequence, or null. */
function derOf(signature: Buffer): Buffer | null {
  const parts = strings(signature, 2);
  if (parts === null || parts.some((part) => unsigned(part) === null || part.length > 49)) return null;
  const integers = parts.map((part) => Buffer.concat([Buffer.of(2, part.length), part]));
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}
