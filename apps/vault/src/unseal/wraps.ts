/**
 * How the unseal key lies on disk: never as it is, only wrapped, once for each way to open the vault. A wrap is a small JSON
 * file; its key comes from something that is not on this disk.
 *
 *   passphrase   argon2id of what a person types
 *   credential   32 bytes that the system hands over (a descriptor, systemd's credentials sealed by the TPM, a key file)
 *   passkey      the PRF output of a passkey, 32 bytes
 *   network      32 bytes of this disk together with 32 bytes of the unsealer on another host
 *
 *   U1  All fields of a wrap are authenticated with the vault's id: a changed, renamed or moved wrap does not open.
 *   U2  A wrap that does not open says only that.
 */
import { argon2, createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { fromBase64 } from '../crypto/base64.ts';
import { unsealKeyBytes } from '../frames/frames.ts';

interface WrapBase {
  readonly v: 1;
  /** What the owner calls it: `a-z0-9-`, up to 40. Also the name of its file. */
  readonly name: string;
  readonly madeAt: number;
  /** base64 of nonce ‖ ciphertext ‖ tag. */
  readonly sealed: string;
}
export interface PassphraseWrap extends WrapBase {
  readonly kind: 'passphrase';
  /** base64, 16 bytes. */
  readonly salt: string;
  readonly memoryKiB: number;
  readonly passes: number;
}
export interface CredentialWrap extends WrapBase {
  readonly kind: 'credential';
}
export interface PasskeyWrap extends WrapBase {
  readonly kind: 'passkey';
  /** WebAuthn id of the passkey, base64url. */
  readonly credential: string;
  /** What the passkey is asked to evaluate (`prf.eval.first`), base64url, 32 bytes. */
  readonly salt: string;
}
export interface NetworkWrap extends WrapBase {
  readonly kind: 'network';
  /** Origin of the unsealer, `http://host:port`: what goes over it is encrypted and signed by itself. */
  readonly url: string;
  /** SPKI DER in base64 of the unsealer's Ed25519 key. */
  readonly identity: string;
  /** PKCS#8 DER in base64 of the Ed25519 key with which this vault asks. */
  readonly clientKey: string;
  /** base64, 32 bytes: opens nothing without the unsealer's. */
  readonly share: string;
}
export type Wrap = PassphraseWrap | CredentialWrap | PasskeyWrap | NetworkWrap;
export type WrapKind = Wrap['kind'];

type Unsealed<Kind extends Wrap> = Kind extends Wrap ? Omit<Kind, 'v' | 'sealed'> : never;
/** A wrap before the key is in it. */
export type WrapDraft = Unsealed<Wrap>;

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
/** RFC 9106 section 4, second recommendation: 64 MiB, 3 passes. About 0.2 s. */
export const argon2Cost = { memoryKiB: 64 * 1024, passes: 3 } as const;
/** What is opened costs no more than this, whatever a file says. */
const argon2CostMax = { memoryKiB: 1024 * 1024, passes: 16 } as const;
export const secretBytes = 32;
export const passphraseBytesMin = 12;
export const passphraseBytesMax = 1024;

export const isWrapName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);

export const passphraseDraft = (name: string, madeAt: number): WrapDraft => ({
  kind: 'passphrase',
  name,
  madeAt,
  salt: randomBytes(saltBytes).toString('base64'),
  ...argon2Cost,
});

/** What is wrong with the secret of a new wrap, as the end of a sentence; undefined when it will do. */
export function secretFault(kind: WrapKind, secret: Uint8Array): string | undefined {
  if (kind !== 'passphrase')
    return secret.length === secretBytes ? undefined : `has ${secret.length} bytes instead of ${secretBytes}`;
  if (secret.length < passphraseBytesMin) return `is shorter than ${passphraseBytesMin} characters`;
  return secret.length > passphraseBytesMax ? `is longer than ${passphraseBytesMax} bytes` : undefined;
}

/** Puts the unseal key into a draft. The caller overwrites `secret` and `unsealKey`. */
export async function wrapKey(draft: WrapDraft, vaultId: string, secret: Buffer, unsealKey: Buffer): Promise<Wrap> {
  const key = await keyOf(draft, vaultId, secret);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated(draft, vaultId));
  key.fill(0);
  const sealed = Buffer.concat([nonce, cipher.update(unsealKey), cipher.final(), cipher.getAuthTag()]);
  return { v: 1, ...draft, sealed: sealed.toString('base64') };
}

/** The unseal key, or null when the secret is not the one of this wrap. The caller overwrites both. */
export async function unwrapKey(wrap: Wrap, vaultId: string, secret: Buffer): Promise<Buffer | null> {
  const { v: _, sealed, ...draft } = wrap;
  const key = await keyOf(draft as WrapDraft, vaultId, secret);
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  key.fill(0);
  decipher.setAAD(authenticated(draft as WrapDraft, vaultId)).setAuthTag(bytes.subarray(bytes.length - tagBytes));
  const plain = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    return null;
  }
}

/** U1: every field in a fixed order. */
const authenticated = (draft: WrapDraft, vaultId: string): Buffer =>
  Buffer.from(`holdfast/wrap/v1\0${vaultId}\0${JSON.stringify(Object.entries(draft).sort(([a], [b]) => (a < b ? -1 : 1)))}`);

async function keyOf(draft: WrapDraft, vaultId: string, secret: Buffer): Promise<Buffer> {
  const hkdf = (material: Buffer, info: string): Buffer =>
    Buffer.from(hkdfSync('sha256', material, vaultId, `holdfast/wrap/v1\0${info}`, unsealKeyBytes));
  switch (draft.kind) {
    case 'passphrase':
      return passphraseKey(draft, secret);
    case 'network': {
      const both = Buffer.concat([Buffer.from(draft.share, 'base64'), secret]);
      const key = hkdf(both, draft.kind);
      both.fill(0);
      return key;
    }
    default:
      return hkdf(secret, draft.kind);
  }
}

const passphraseKey = ({ salt, memoryKiB, passes }: Unsealed<PassphraseWrap>, passphrase: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const cost = { parallelism: 1, tagLength: unsealKeyBytes, memory: memoryKiB, passes };
    argon2('argon2id', { message: passphrase, nonce: Buffer.from(salt, 'base64'), ...cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

/** A wrap from its file, or null when it is none. */
export const readWrap = (text: string): Wrap | null => readClosed(text, { ...baseForm, ...sealedForm }) as Wrap | null;

/** A draft as JSON, or null when it is none. */
export const readDraft = (text: string): WrapDraft | null => readClosed(text, baseForm) as WrapDraft | null;

function readClosed(text: string, base: Readonly<Record<string, Check>>): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { kind } = value as { kind?: unknown };
  const form = forms[kind as WrapKind];
  if (typeof kind !== 'string' || !Object.hasOwn(forms, kind) || form === undefined) return null;
  const checks: Readonly<Record<string, Check>> = { ...base, ...form };
  const keys = Object.keys(value);
  const isWhole = keys.length === Object.keys(checks).length && keys.every((key) => Object.hasOwn(checks, key));
  return isWhole && keys.every((key) => checks[key]!((value as Record<string, unknown>)[key])) ? value : null;
}

type Check = (value: unknown) => boolean;
const isBase64 =
  (bytes?: number): Check =>
  (value) => {
    const read = typeof value === 'string' ? fromBase64(value, 4096) : null;
    return read !== null && (bytes === undefined || read.length === bytes);
  };
const isCount =
  (most: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most;
const isText: Check = (value) => typeof value === 'string' && value.length <= 2048;

const baseForm: Readonly<Record<string, Check>> = {
  kind: isText,
  name: (value) => typeof value === 'string' && isWrapName(value),
  madeAt: isCount(Number.MAX_SAFE_INTEGER),
};
const sealedForm: Readonly<Record<string, Check>> = {
  v: (value) => value === 1,
  sealed: isBase64(nonceBytes + unsealKeyBytes + tagBytes),
};
const forms: Readonly<Record<WrapKind, Readonly<Record<string, Check>>>> = {
  passphrase: {
    salt: isBase64(saltBytes),
    memoryKiB: isCount(argon2CostMax.memoryKiB),
    passes: isCount(argon2CostMax.passes),
  },
  credential: {},
  passkey: { credential: isText, salt: (value) => typeof value === 'string' && /^[\w-]{43}$/.test(value) },
  network: { url: isText, identity: isBase64(), clientKey: isBase64(), share: isBase64(secretBytes) },
};
