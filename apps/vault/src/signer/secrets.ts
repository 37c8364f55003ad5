/**
 * Everything that is derived from the unseal key, as `KeyObject`s whose source buffers are overwritten. Secrets are never
 * texts in here; the two that must be shown (a sub-key's secret, once, and the public half of an account key) are named so.
 *
 *   record key   HKDF-SHA256(unseal key, vault id, "holdfast/rec/v1" 0 type 0 record id), AES-256-GCM, 96 bit nonce
 *   sub-key      HKDF-SHA256(unseal key, vault id, "holdfast/subkey/v1" 0 sub-key id 0 epoch)
 *   upstream id  HMAC-SHA256 with its own derived key
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
} from 'node:crypto';
import { type PeerName, peerNames, peerSecret } from '../frames/peer-secret.ts';

/** Sealed records of the signer's folder, by account. */
export interface KeyFiles {
  read(account: string): Buffer | null;
  /** Durable when it returns. */
  write(account: string, bytes: Buffer): void;
}

/** A sealed record does not open: it was changed, or the unseal key is not the one that sealed it. */
export class SealDamage extends Error {
  override readonly name = 'SealDamage';
  readonly code = 'seal-damaged';
}

export interface Secrets {
  readonly peerKeys: ReadonlyMap<PeerName, KeyObject>;
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
  /** Makes an account key, seals it on disk and tells its public half as SPKI PEM. */
  createAccountKey(account: string): string;
  /** @throws SealDamage when the record is missing, was changed, or was not sealed by this vault's key */
  accountKey(account: string): KeyObject;
}

const nonceBytes = 12;
const tagBytes = 16;

/** Derives all keys and overwrites `unsealKey`'s copies but not `unsealKey` itself, which stays with the caller's port. */
export function createSecrets(unsealKey: KeyObject, vaultId: string, files: KeyFiles): Secrets {
  const derive = (info: string): Buffer => Buffer.from(hkdfSync('sha256', unsealKey, vaultId, info, 32));
  const derived = (info: string): KeyObject => consumed(derive(info));
  const upstreamKey = derived('holdfast/upstream-id/v1');
  const accountKeys = new Map<string, KeyObject>();
  const subKeyInfo = (id: string, epoch: number): string => `holdfast/subkey/v1\0${id}\0${epoch}`;
  const dialectInfo = (id: string, epoch: number): string => `holdfast/dialect/v1\0${id}\0${epoch}`;
  const dialectId = (id: string, epoch: number): string =>
    `${id}${derive(`holdfast/dialect-id/v1\0${id}\0${epoch}`).toString('hex', 0, 16)}`;
  return {
    peerKeys: peerKeysOf(unsealKey, vaultId),
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
      return `hf${base32(mac.subarray(0, 20))}`;
    },
    createAccountKey: (account) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
      files.write(account, seal(derived(recordInfo(account)), recordInfo(account), secret));
      secret.fill(0);
      accountKeys.set(account, privateKey);
      return publicKey.export({ type: 'spki', format: 'pem' }).toString();
    },
    accountKey: (account) => {
      const known = accountKeys.get(account);
      if (known !== undefined) return known;
      const sealed = files.read(account);
      if (sealed === null)
        throw new SealDamage(`the key record of account ${account} is missing; restore this vault from a backup`);
      const secret = opened(account, () => unseal(derived(recordInfo(account)), recordInfo(account), sealed));
      const key = createPrivateKey({ key: secret, type: 'pkcs8', format: 'der' });
      secret.fill(0);
      accountKeys.set(account, key);
      return key;
    },
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

const recordInfo = (account: string): string => `holdfast/rec/v1\0account-key\0${account}`;

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
  const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
  decipher.final();
  return plain;
}

/** @throws SealDamage in place of what the cipher says, which names nothing */
function opened(account: string, open: () => Buffer): Buffer {
  try {
    return open();
  } catch (cause) {
    const text = `the key of account ${account} does not open: the unseal key is not the one that sealed it, or its record was changed; put the right one back`;
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
