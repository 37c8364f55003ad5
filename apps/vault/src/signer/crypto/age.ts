/**
 * Encryption to age recipients (age-encryption.org/v1) with X25519 stanzas: one random file key, wrapped once for each
 * recipient; a header under HMAC; the content in ChaCha20-Poly1305 chunks whose nonces count and mark the last one.
 */
import {
  createCipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

export class AgeError extends Error {
  override readonly name = 'AgeError';
  readonly code: 'age-recipient';
  constructor(code: AgeError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const keyBytes = 32;
const fileKeyBytes = 16;
const chunkBytes = 64 * 1024;
const recipientsMax = 20;

/** A binary age file that each of `recipients` (`age1…`) opens with its identity. @throws AgeError age-recipient */
export function ageEncrypt(recipients: readonly string[], plaintext: Uint8Array): Buffer {
  const points = recipients.map(pointOf);
  if (points.length === 0 || points.length > recipientsMax)
    throw new AgeError('age-recipient', `${points.length} age recipients; give 1 to ${recipientsMax}`);
  const fileKey = randomBytes(fileKeyBytes);
  const head = `age-encryption.org/v1\n${points.map((point) => stanza(fileKey, point)).join('')}---`;
  const mac = createHmac('sha256', derive(fileKey, '', 'header'))
    .update(head)
    .digest();
  const nonce = randomBytes(16);
  const content = stream(
    derive(fileKey, nonce, 'payload'),
    Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length),
  );
  fileKey.fill(0);
  return Buffer.concat([Buffer.from(`${head} ${unpadded(mac)}\n`), nonce, ...content]);
}

export function isAgeRecipient(text: string): boolean {
  try {
    pointOf(text);
    return true;
  } catch (error) {
    if (error instanceof AgeError) return false;
    throw error;
  }
}

const derive = (key: Uint8Array, salt: string | Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, keyBytes));

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function stanza(fileKey: Buffer, recipient: Buffer): string {
  const ephemeral = generateKeyPairSync('x25519');
  const share = rawOf(ephemeral.publicKey);
  const shared = agree(ephemeral.privateKey, recipient);
  const wrapKey = derive(shared, Buffer.concat([share, recipient]), 'age-encryption.org/v1/X25519');
  shared.fill(0);
  const wrapped = sealed(wrapKey, Buffer.alloc(12), fileKey);
  return `-> X25519 ${unpadded(share)}\n${unpadded(wrapped)}\n`;
}

/** @throws AgeError when the recipient is a point that agrees on nothing (of low order) */
function agree(privateKey: KeyObject, recipient: Buffer): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey: keyOf(recipient) });
  } catch {
    throw new AgeError('age-recipient', 'an age recipient is not a key that can be encrypted to');
  }
}

/** STREAM: at least one chunk; the last one is marked and is empty only when it is the first. */
function stream(key: Buffer, plaintext: Buffer): Buffer[] {
  const chunks = Math.max(1, Math.ceil(plaintext.length / chunkBytes));
  const content = Array.from({ length: chunks }, (_, n) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(n, 5, 6);
    nonce.writeUInt8(n === chunks - 1 ? 1 : 0, 11);
    return sealed(key, nonce, plaintext.subarray(n * chunkBytes, (n + 1) * chunkBytes));
  });
  key.fill(0);
  return content;
}

function sealed(key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

const spkiHead = Buffer.from('302a300506032b656e032100', 'hex');
const rawOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(spkiHead.length));
const keyOf = (raw: Buffer): KeyObject => createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki' });

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const prefix = 'age';
const checksumLetters = 6;

/** The X25519 key of an `age1…` recipient (Bech32 of BIP 173, lower case). @throws AgeError */
function pointOf(recipient: string): Buffer {
  const refuse = (): never => {
    throw new AgeError('age-recipient', `${JSON.stringify(recipient.slice(0, 80))} is not an age recipient (age1…)`);
  };
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) return refuse();
  const values = [...recipient.slice(prefix.length + 1)].map((letter) => alphabet.indexOf(letter));
  const expanded = [...[...prefix].map((c) => c.charCodeAt(0) >> 5), 0, ...[...prefix].map((c) => c.charCodeAt(0) & 31)];
  if (polymod([...expanded, ...values]) !== 1) return refuse();
  const bits = values.slice(0, -checksumLetters).reduce((all, value) => (all << 5n) | BigInt(value), 0n);
  const spare = 5n * BigInt(values.length - checksumLetters) - 8n * BigInt(keyBytes);
  if ((bits & ((1n << spare) - 1n)) !== 0n) return refuse();
  return Buffer.from((bits >> spare).toString(16).padStart(2 * keyBytes, '0'), 'hex');
}

/** The checksum of BIP 173. */
function polymod(values: readonly number[]): number {
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  return values.reduce((checksum, value) => {
    const top = checksum >> 25;
    const next = ((checksum & 0x1ffffff) << 5) ^ value;
    return generators.reduce((sum, generator, bit) => (((top >> bit) & 1) === 1 ? sum ^ generator : sum), next);
  }, 1);
}
