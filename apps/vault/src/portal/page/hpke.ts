/**
 * Sealing to a one-time public key (RFC 9180, base mode): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by the
 * browser's own WebCrypto. What is sealed travels as enc (65 bytes) ‖ ciphertext with tag.
 */
import { type Bytes, concat, utf8 } from './bytes.ts';

const curve = { name: 'ECDH', namedCurve: 'P-256' } as const;
const version = utf8('HPKE-v1');
const kem = concat(utf8('KEM'), new Uint8Array([0, 0x10]));
const suite = concat(utf8('HPKE'), new Uint8Array([0, 0x10, 0, 1, 0, 2]));
const none = new Uint8Array(0);

async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  // A key of no bytes and one of zeros are the same to HMAC; WebCrypto takes the second only.
  const raw = key.length === 0 ? new Uint8Array(32) : key;
  const imported = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
}

const extract = (of: Bytes, salt: Bytes, label: string, material: Bytes): Promise<Bytes> =>
  hmac(salt, concat(version, of, utf8(label), material));

/** `length` is at most 32: one block of HKDF-Expand. */
const expand = async (of: Bytes, key: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> =>
  (await hmac(key, concat(new Uint8Array([0, length]), version, of, utf8(label), info, new Uint8Array([1])))).slice(0, length);

/** Seals `plaintext` to `recipient`, an uncompressed point of P-256. `ephemeral` is for published vectors only. */
export async function hpkeSeal(
  recipient: Bytes,
  info: Bytes,
  aad: Bytes,
  plaintext: Bytes,
  ephemeral?: CryptoKeyPair,
): Promise<Bytes> {
  const own = ephemeral ?? (await crypto.subtle.generateKey(curve, false, ['deriveBits']));
  const enc: Bytes = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
  const theirs = await crypto.subtle.importKey('raw', recipient, curve, false, []);
  const dh: Bytes = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own.privateKey, 256));

  const eaePrk = await extract(kem, none, 'eae_prk', dh);
  const shared = await expand(kem, eaePrk, 'shared_secret', concat(enc, recipient), 32);
  const context = concat(
    new Uint8Array([0]),
    await extract(suite, none, 'psk_id_hash', none),
    await extract(suite, none, 'info_hash', info),
  );
  const secret = await extract(suite, shared, 'secret', none);
  const rawKey = await expand(suite, secret, 'key', context, 32);
  const nonce = await expand(suite, secret, 'base_nonce', context, 12);

  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['encrypt']);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, plaintext);
  for (const used of [dh, eaePrk, shared, secret, rawKey]) used.fill(0);
  return concat(enc, new Uint8Array(sealed));
}
