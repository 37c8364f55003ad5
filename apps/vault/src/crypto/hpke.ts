/**
 * Hybrid public key encryption (RFC 9180), base mode, one message per key: DHKEM(P-256, HKDF-SHA256) 0x0010,
 * HKDF-SHA256 0x0001, AES-256-GCM 0x0002. What is sealed travels as enc (65 bytes) ‖ ciphertext ‖ tag (16 bytes).
 *
 *   shared  = ExtractAndExpand(ECDH(enc, recipient), enc ‖ recipient), suite id "KEM" 0010
 *   key     = LabeledExpand(secret, "key"), base_nonce = LabeledExpand(secret, "base_nonce"), suite id "HPKE" 0010 0001 0002
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { decryptInPieces } from './in-pieces.ts';

/** Length of an uncompressed point of P-256. */
export const pointBytes = 65;
const tagBytes = 16;
const nonceBytes = 12;
const sharedBytes = 32;

const kemSuite = Buffer.from('KEM\x00\x10', 'latin1');

/** The one that is used is AES-256-GCM; the RFC's own vectors for this curve (A.3) are of AES-128-GCM. */
interface Aead {
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm';
  readonly keyBytes: number;
  /** Suite id of the key schedule. */
  readonly suite: Buffer;
}
export const aes128: Aead = { cipher: 'aes-128-gcm', keyBytes: 16, suite: Buffer.from('HPKE\x00\x10\x00\x01\x00\x01', 'latin1') };
const aes256: Aead = { cipher: 'aes-256-gcm', keyBytes: 32, suite: Buffer.from('HPKE\x00\x10\x00\x01\x00\x02', 'latin1') };
const version = Buffer.from('HPKE-v1');
const empty = Buffer.alloc(0);

export class HpkeError extends Error {
  override readonly name = 'HpkeError';
  readonly code: 'hpke-not-opened' | 'hpke-public-key';
  constructor(code: HpkeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A key that opens what was sealed to it. `publicKey` is an uncompressed point. */
export interface Recipient {
  readonly privateKey: KeyObject;
  readonly publicKey: Buffer;
}

export function createRecipient(): Recipient {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { privateKey, publicKey: pointOf(publicKey) };
}

/** @throws HpkeError hpke-public-key */
export function hpkeSeal(publicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  return sealWith(createRecipient(), publicKey, info, aad, plaintext);
}

/** As `hpkeSeal`, with a given ephemeral key: for published vectors. An ephemeral key seals one message, ever. */
export function sealWith(
  ephemeral: Recipient,
  publicKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  aead = aes256,
): Buffer {
  const recipient = Buffer.from(publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: keyOf(recipient) });
  const { key, nonce } = schedule(aead, shared, ephemeral.publicKey, recipient, info);
  const cipher = createCipheriv(aead.cipher, key, nonce).setAAD(aad);
  const sealed = Buffer.concat([ephemeral.publicKey, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return sealed;
}

/** The plaintext, which the caller overwrites after use. @throws HpkeError hpke-not-opened, and says no more than that */
export function hpkeOpen(recipient: Recipient, info: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  try {
    if (bytes.length < pointBytes + tagBytes) throw new RangeError('too short');
    const enc = bytes.subarray(0, pointBytes);
    const shared = diffieHellman({ privateKey: recipient.privateKey, publicKey: keyOf(enc) });
    const { key, nonce } = schedule(aes256, shared, enc, recipient.publicKey, info);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(aad);
    key.fill(0);
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    const plain = decryptInPieces(decipher, bytes.subarray(pointBytes, bytes.length - tagBytes));
    finished(decipher, plain);
    return plain;
  } catch (cause) {
    throw new HpkeError('hpke-not-opened', 'the sealed text does not open: it was sealed to another key or was changed', {
      cause,
    });
  }
}

function finished(decipher: { final(): Buffer }, plain: Buffer): void {
  try {
    decipher.final();
  } catch (cause) {
    plain.fill(0); // not authentic: nobody may see it
    throw cause;
  }
}

/** Sections 4.1 and 5.1; `shared` is overwritten. */
function schedule(
  { suite, keyBytes }: Aead,
  shared: Buffer,
  enc: Buffer,
  recipient: Buffer,
  info: Uint8Array,
): { key: Buffer; nonce: Buffer } {
  const eaePrk = labeledExtract(kemSuite, empty, 'eae_prk', shared);
  shared.fill(0);
  const secret = labeledExpand(kemSuite, eaePrk, 'shared_secret', Buffer.concat([enc, recipient]), sharedBytes);
  const context = Buffer.concat([
    Buffer.of(0), // base mode
    labeledExtract(suite, empty, 'psk_id_hash', empty),
    labeledExtract(suite, empty, 'info_hash', info),
  ]);
  const prk = labeledExtract(suite, secret, 'secret', empty);
  const scheduled = {
    key: labeledExpand(suite, prk, 'key', context, keyBytes),
    nonce: labeledExpand(suite, prk, 'base_nonce', context, nonceBytes),
  };
  for (const used of [eaePrk, secret, prk]) used.fill(0);
  return scheduled;
}

function labeledExtract(suiteId: Buffer, salt: Buffer, label: string, material: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(version).update(suiteId).update(label).update(material).digest();
}

/** `bytes` is at most 32, one block of HKDF-Expand. */
function labeledExpand(suiteId: Buffer, prk: Buffer, label: string, info: Buffer, bytes: number): Buffer {
  const length = Buffer.from([bytes >> 8, bytes & 0xff]);
  const mac = createHmac('sha256', prk).update(length).update(version).update(suiteId).update(label).update(info);
  return mac.update(Buffer.of(1)).digest().subarray(0, bytes);
}

const spkiHead = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

const pointOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(spkiHead.length));

/** The key of an uncompressed point. @throws HpkeError hpke-public-key, also when it is not on the curve */
function keyOf(point: Buffer): KeyObject {
  try {
    if (point.length !== pointBytes || point[0] !== 4) throw new RangeError(`a point of ${point.length} bytes`);
    return createPublicKey({ key: Buffer.concat([spkiHead, point]), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new HpkeError('hpke-public-key', 'the public key is not an uncompressed point of P-256', { cause });
  }
}

/** The recipient with a given private scalar of 32 bytes: for published vectors and derived keys. */
export function recipientOf(scalar: Uint8Array): Recipient {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  const publicKey = ecdh.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: Buffer.from(scalar).toString('base64url'),
    x: publicKey.subarray(1, 33).toString('base64url'),
    y: publicKey.subarray(33).toString('base64url'),
  };
  return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), publicKey };
}
