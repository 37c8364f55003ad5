/**
 * Everything that is derived from the unseal key, as `KeyObject`s whose source buffers are overwritten. Secrets are never
 * texts in here; the two that must be shown (a sub-key's secret, once, and the public half of an account key) are named so.
 *
 *   record key   HKDF-SHA256(unseal key, vault id, "holdfast/rec/v1" 0 type 0 record id), AES-256-GCM, 96 bit nonce
 *   sub-key      HKDF-SHA256(unseal key, vault id, "holdfast/subkey/v1" 0 sub-key id 0 epoch)
 *   upstream id  HMAC-SHA256 with its own derived key
 *   fingerprint  HMAC-SHA256 with its own derived key: of key ids and exchange uids, so that neither stands in the journal's index
 *   confirmation HMAC-SHA256 with its own derived key: the code that a notice to a new destination says
 *
 * The plain text of an account key's record is PKCS#8 DER (first byte 0x30), or 0x01 and the bytes of an HMAC secret.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { decryptInPieces } from '../crypto/in-pieces.ts';
import { type VaultIdentity, vaultIdentity } from '../frames/identity.ts';
import { type PeerName, peerNames, peerSecret } from '../frames/peer-secret.ts';

/** Sealed records of the signer's folder, by account. */
export interface KeyFiles {
  read(account: string): Buffer | null;
  /** Durable when it returns. */
  write(account: string, bytes: Buffer): void;
  /** Gone when it returns; also when it was not there. */
  erase(account: string): void;
}

/** A sealed record does not open: it was changed, or the unseal key is not the one that sealed it. */
export class SealDamage extends Error {
  override readonly name = 'SealDamage';
  readonly code = 'seal-damaged';
}

export interface Secrets {
  readonly peerKeys: ReadonlyMap<PeerName, KeyObject>;
  identity(): VaultIdentity;
  subKey(id: string, epoch: number): KeyObject;
  /** The secret of a sub-key in hex, for the one who asked for the grant. */
  showSubKey(id: string, epoch: number): string;
  /** The id of a sub-key at the dialect door: its own and a tag that only this vault makes; 64 hex digits. */
  dialectId(id: string, epoch: number): string;
  /** What requests of the dialect door are signed with: the text of `showDialect`'s secret. */
  dialectKey(id: string, epoch: number): KeyObject;
  /** The sub-key in the form of an exchange key, for the one who asked for the grant. */
  showDialect(id: string, epoch: number): { readonly apiKey: string; readonly secret: string };
  /** 34 characters that the exchange takes as client order id; equal input gives an equal id. */
  upstreamId(subKey: string, clientOrderId: string, intentText: string): string;
  /** Whether this vault made the id, also when it does not remember the order. */
  isUpstreamId(id: string): boolean;
  /** Makes an account key, seals it on disk under `ref` and tells its public half as SPKI PEM. RSA has 2048 bits. */
  createAccountKey(ref: string, kind?: 'ed25519' | 'rsa'): string;
  /** Seals a secret from outside under `ref` and overwrites it: text of an HMAC secret, or PKCS#8 PEM. @throws Error when it is no such key */
  importAccountKey(ref: string, kind: 'hmac' | 'ed25519' | 'rsa', secret: Buffer): void;
  /** @throws SealDamage when the record is missing, was changed, or was not sealed by this vault's key */
  accountKey(ref: string): KeyObject;
  /** Nothing of the key stays, in memory or on disk. */
  eraseAccountKey(ref: string): void;
  /** 32 hex digits; equal texts of one purpose give equal ones, and nobody without the unseal key can make them. */
  fingerprint(purpose: 'api-key' | 'uid', text: string): string;
  /** Eight characters to be read and typed by people. */
  confirmation(text: string): string;
  /** Seals other bytes of the vault (such as the passwords of destinations) under a name and overwrites them. */
  sealRecord(name: string, plain: Buffer): void;
  /** @throws SealDamage */
  openRecord(name: string): Buffer;
  eraseRecord(name: string): void;
}

const nonceBytes = 12;
const tagBytes = 16;
const hmacMark = 0x01;
const rsaBits = 2048;
const fingerprintDigits = 32;

/** Derives all keys and overwrites `unsealKey`'s copies but not `unsealKey` itself, which stays with the caller's port. */
export function createSecrets(unsealKey: KeyObject, vaultId: string, files: KeyFiles): Secrets {
  const derive = (info: string): Buffer => Buffer.from(hkdfSync('sha256', unsealKey, vaultId, info, 32));
  const derived = (info: string): KeyObject => consumed(derive(info));
  const upstreamKey = derived('holdfast/upstream-id/v1');
  const markKey = derived('holdfast/upstream-mark/v1');
  /** Eight characters that only this vault can put behind an id. */
  const markOf = (body: string): string => base32(createHmac('sha256', markKey).update(body).digest().subarray(0, 5));
  const markedId = (mac: Buffer): string => `${base32(mac)}${markOf(base32(mac))}`;
  const identity = vaultIdentity(unsealKey, vaultId);
  const printKey = derived('holdfast/fingerprint/v1');
  const confirmKey = derived('holdfast/confirmation/v1');
  const accountKeys = new Map<string, KeyObject>();
  /** Takes the plain text of a record over: it is sealed, becomes a key object and is overwritten. */
  const keep = (ref: string, plain: Buffer): void => {
    files.write(ref, seal(derived(recordInfo(ref)), recordInfo(ref), plain));
    accountKeys.set(ref, keyOf(plain));
  };
  const subKeyInfo = (id: string, epoch: number): string => `holdfast/subkey/v1\0${id}\0${epoch}`;
  const dialectInfo = (id: string, epoch: number): string => `holdfast/dialect/v1\0${id}\0${epoch}`;
  const dialectId = (id: string, epoch: number): string =>
    `${id}${derive(`holdfast/dialect-id/v1\0${id}\0${epoch}`).toString('hex', 0, 16)}`;
  return {
    peerKeys: peerKeysOf(unsealKey, vaultId),
    identity: () => identity,
    subKey: (id, epoch) => derived(subKeyInfo(id, epoch)),
    showSubKey: (id, epoch) => {
      const bytes = derive(subKeyInfo(id, epoch));
      const shown = bytes.toString('hex');
      bytes.fill(0);
      return shown;
    },
    dialectId,
    dialectKey: (id, epoch) => consumed(hexText(derive(dialectInfo(id, epoch)))),
    showDialect: (id, epoch) => {
      const text = hexText(derive(dialectInfo(id, epoch)));
      const secret = text.toString('latin1');
      text.fill(0);
      return { apiKey: dialectId(id, epoch), secret };
    },
    upstreamId: (subKey, clientOrderId, intentText) => {
      const mac = createHmac('sha256', upstreamKey).update(`${subKey}\0${clientOrderId}\0${intentText}`).digest();
      return `hf${markedId(mac.subarray(0, 15))}`;
    },
    isUpstreamId: (id) => {
      const body = id.slice(2, -8);
      return /^hf[a-z2-7]{32}$/.test(id) && timingSafeEqual(Buffer.from(markOf(body)), Buffer.from(id.slice(-8)));
    },
    createAccountKey: (ref, kind = 'ed25519') => {
      const { privateKey, publicKey } =
        kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: rsaBits });
      keep(ref, privateKey.export({ type: 'pkcs8', format: 'der' }));
      return publicKey.export({ type: 'spki', format: 'pem' }).toString();
    },
    importAccountKey: (ref, kind, secret) => {
      try {
        if (kind === 'hmac') keep(ref, Buffer.concat([Buffer.from([hmacMark]), secret]));
        else keep(ref, pkcs8Of(secret, kind));
      } finally {
        secret.fill(0);
      }
    },
    accountKey: (ref) => {
      const known = accountKeys.get(ref);
      if (known !== undefined) return known;
      const sealed = files.read(ref);
      if (sealed === null) throw new SealDamage(`the key record of account ${ref} is missing; restore this vault from a backup`);
      const plain = opened(ref, () => unseal(derived(recordInfo(ref)), recordInfo(ref), sealed));
      const key = keyOf(plain);
      accountKeys.set(ref, key);
      return key;
    },
    eraseAccountKey: (ref) => {
      accountKeys.delete(ref);
      files.erase(ref);
    },
    fingerprint: (purpose, text) =>
      createHmac('sha256', printKey).update(`${purpose}\0${text}`).digest('hex').slice(0, fingerprintDigits),
    confirmation: (text) => base32(createHmac('sha256', confirmKey).update(text).digest().subarray(0, 5)),
    sealRecord: (name, plain) => {
      files.write(name, seal(derived(otherInfo(name)), otherInfo(name), plain));
      plain.fill(0);
    },
    openRecord: (name) => {
      const sealed = files.read(name);
      if (sealed === null) throw new SealDamage(`the sealed record ${name} is missing; restore this vault from a backup`);
      return opened(name, () => unseal(derived(otherInfo(name)), otherInfo(name), sealed));
    },
    eraseRecord: (name) => files.erase(name),
  };
}

/** The public half of the owner's key. @throws Error unless it is an Ed25519 key */
export function ownerPublicKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the owner key is not an Ed25519 key');
  return key;
}

/** A `KeyObject` of the bytes, which are overwritten. */
export function consumed(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

const recordInfo = (ref: string): string => `holdfast/rec/v1\0account-key\0${ref}`;
const otherInfo = (name: string): string => `holdfast/rec/v1\0other\0${name}`;

/** The key of a record's plain text, which is overwritten. */
function keyOf(plain: Buffer): KeyObject {
  try {
    return plain[0] === hmacMark
      ? createSecretKey(plain.subarray(1))
      : createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' });
  } finally {
    plain.fill(0);
  }
}

/** @throws Error when the text is not a private key of the kind */
function pkcs8Of(pem: Buffer, kind: 'ed25519' | 'rsa'): Buffer {
  const key = createPrivateKey({ key: pem, format: 'pem' });
  if (key.asymmetricKeyType !== kind) throw new Error(`the secret is not a private key of the kind ${kind}`);
  if (kind === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < rsaBits)
    throw new Error(`an RSA key of fewer than ${rsaBits} bits is too short`);
  return key.export({ type: 'pkcs8', format: 'der' });
}

function peerKeysOf(unsealKey: KeyObject, vaultId: string): ReadonlyMap<PeerName, KeyObject> {
  const raw = unsealKey.export();
  const keys = new Map(peerNames.map((peer) => [peer, consumed(peerSecret(raw, vaultId, peer))]));
  raw.fill(0);
  return keys;
}

/** nonce ‖ ciphertext ‖ tag; `info` is authenticated too, so a record does not open under another name. */
function seal(key: KeyObject, info: string, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(info));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: KeyObject, info: string, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes)).setAAD(Buffer.from(info));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decryptInPieces(decipher, sealed.subarray(nonceBytes, sealed.length - tagBytes));
  try {
    decipher.final();
  } catch (cause) {
    plain.fill(0); // not authentic: nobody may see it
    throw cause;
  }
  return plain;
}

/** @throws SealDamage in place of what the cipher says, which names nothing */
function opened(name: string, open: () => Buffer): Buffer {
  try {
    return open();
  } catch (cause) {
    const text = `the sealed record of ${name} does not open: the unseal key is not the one that sealed it, or its record was changed; put the right one back`;
    throw new SealDamage(text, { cause });
  }
}

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

/** The hex text of the bytes, which are overwritten; a buffer, so that it can be overwritten too. */
function hexText(bytes: Buffer): Buffer {
  const text = Buffer.alloc(2 * bytes.length);
  for (const [at, byte] of bytes.entries()) {
    text[2 * at] = hexDigits[byte >> 4]!;
    text[2 * at + 1] = hexDigits[byte & 15]!;
  }
  bytes.fill(0);
  return text;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
  }
  return text;
}
