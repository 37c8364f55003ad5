/**
 * What a vault and its unsealer say to each other: one signed question, one signed answer whose share is sealed to a key
 * made for that question. Both know the other's Ed25519 key from the day they were introduced by hand, so plain HTTP
 * carries it. The introduction is two lines that a person copies: the unsealer's (`hfu1.…`) to the vault, and the vault's
 * (`hfv1.…`), in which the share is sealed to the unsealer.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fromBase64 } from '../crypto/base64.ts';
import { createRecipient, hpkeOpen, hpkeSeal, pointBytes, type Recipient } from '../crypto/hpke.ts';
import { count, FrameError, fields, text } from '../frames/decode.ts';

export const shareBytes = 32;
export const questionBytesMax = 4096;

/** Who an unsealer is. `identity`: SPKI DER of its Ed25519 key, `point`: its HPKE key; both base64. */
export interface UnsealerCard {
  readonly identity: string;
  readonly point: string;
}

/** Who a vault is to its unsealer. `clientKey`: SPKI DER of an Ed25519 key, `share`: sealed to the unsealer; both base64. */
export interface VaultCard {
  readonly vaultId: string;
  readonly clientKey: string;
  readonly share: string;
}

export interface Question {
  readonly vaultId: string;
  /** Unix ms of the vault's clock. */
  readonly time: number;
  /** 32 hex digits. */
  readonly nonce: string;
  /** Uncompressed P-256 point in base64 that the share is sealed to. */
  readonly point: string;
  /** base64 */
  readonly signature: string;
}

export interface Answer {
  readonly sealed: string;
  readonly signature: string;
}

/** A line or message that is not one of the protocol's: says which. */
export class UnsealerFormError extends Error {
  override readonly name = 'UnsealerFormError';
}

const utf8 = (value: string): Buffer => Buffer.from(value, 'utf8');

/** The first 16 bytes of SHA-256 of an identity, in groups that people can compare. */
export function fingerprintOf(identity: string): string {
  const hex = createHash('sha256').update(Buffer.from(identity, 'base64')).digest('hex').slice(0, 32);
  return hex.match(/.{4}/g)!.join(' ');
}

export const writeUnsealerLine = ({ identity, point }: UnsealerCard): string => line('hfu1', { identity, point });
export const writeVaultLine = ({ vaultId, clientKey, share }: VaultCard): string => line('hfv1', { vaultId, clientKey, share });

const line = (prefix: string, card: object): string => `${prefix}.${Buffer.from(JSON.stringify(card)).toString('base64url')}`;

/** @throws UnsealerFormError */
export function readUnsealerLine(given: string): UnsealerCard {
  const it = cardFields(given, 'hfu1', ['identity', 'point'], "the unsealer's line (hfu1.…)");
  const card = { identity: text(it.identity, 'identity', 256), point: text(it.point, 'point', 256) };
  ed25519Key(card.identity);
  if (fromBase64(card.point, pointBytes)?.length !== pointBytes) throw new UnsealerFormError("the unsealer's line has no point");
  return card;
}

/** @throws UnsealerFormError */
export function readVaultLine(given: string): VaultCard {
  const it = cardFields(given, 'hfv1', ['vaultId', 'clientKey', 'share'], "the vault's line (hfv1.…)");
  const card = {
    vaultId: text(it.vaultId, 'vaultId', 32),
    clientKey: text(it.clientKey, 'clientKey', 256),
    share: text(it.share, 'share', 512),
  };
  if (!/^[0-9a-f]{32}$/.test(card.vaultId)) throw new UnsealerFormError("the vault's line has no vault id");
  ed25519Key(card.clientKey);
  return card;
}

function cardFields(given: string, prefix: string, keys: readonly string[], what: string): Readonly<Record<string, unknown>> {
  const [head, body = '', ...rest] = given.trim().split('.');
  if (head !== prefix || rest.length > 0 || body.length > 2048) throw new UnsealerFormError(`that is not ${what}`);
  return closed(Buffer.from(body, 'base64url').toString('utf8'), keys, what);
}

function closed(json: string, keys: readonly string[], what: string): Readonly<Record<string, unknown>> {
  try {
    return fields(JSON.parse(json), keys, what);
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof FrameError)
      throw new UnsealerFormError(`${what} is damaged; copy it again, whole`, { cause });
    throw cause;
  }
}

/** @throws UnsealerFormError */
export function ed25519Key(spki: string): KeyObject {
  try {
    const key = createPublicKey({ key: fromBase64(spki, 128) ?? Buffer.alloc(0), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // named below
  }
  throw new UnsealerFormError('the line holds no Ed25519 key; copy it again, whole');
}

/** The share for the unsealer, so that nobody who sees the vault's line has it. */
export const sealShare = (to: UnsealerCard, vaultId: string, clientKey: string, share: Buffer): string =>
  hpkeSeal(Buffer.from(to.point, 'base64'), utf8(`holdfast/unsealer/enrol/v1\0${vaultId}`), utf8(clientKey), share).toString(
    'base64',
  );

/** @throws HpkeError when the line was made for another unsealer */
export const openShare = (recipient: Recipient, { vaultId, clientKey, share }: VaultCard): Buffer =>
  hpkeOpen(recipient, utf8(`holdfast/unsealer/enrol/v1\0${vaultId}`), utf8(clientKey), Buffer.from(share, 'base64'));

const questionText = ({ vaultId, time, nonce, point }: Omit<Question, 'signature'>, identity: string): Buffer =>
  utf8(`holdfast/unsealer/ask/v1\0${vaultId}\0${time}\0${nonce}\0${point}\0${identity}`);

const answerText = ({ vaultId, nonce }: Question, sealed: string): Buffer =>
  utf8(`holdfast/unsealer/answer/v1\0${vaultId}\0${nonce}\0${sealed}`);

const shareInfo = ({ vaultId, nonce }: Question): Buffer => utf8(`holdfast/unsealer/share/v1\0${vaultId}\0${nonce}`);
const none = Buffer.alloc(0);

/** A question and the key that opens its answer. */
export function ask(unsealer: string, vaultId: string, clientKey: KeyObject, time: number, nonce: string) {
  const recipient = createRecipient();
  const draft = { vaultId, time, nonce, point: recipient.publicKey.toString('base64') };
  const signature = sign(null, questionText(draft, unsealer), clientKey).toString('base64');
  return { question: { ...draft, signature } satisfies Question, recipient };
}

/** @throws UnsealerFormError */
export function readQuestion(json: string): Question {
  const it = closed(json, ['vaultId', 'time', 'nonce', 'point', 'signature'], 'the question');
  try {
    const question = {
      vaultId: text(it.vaultId, 'vaultId', 32),
      time: count(it.time, 'time'),
      nonce: text(it.nonce, 'nonce', 32),
      point: text(it.point, 'point', 128),
      signature: text(it.signature, 'signature', 128),
    };
    if (/^[0-9a-f]{32}$/.test(question.vaultId) && /^[0-9a-f]{32}$/.test(question.nonce)) return question;
  } catch (cause) {
    if (!(cause instanceof FrameError)) throw cause;
  }
  throw new UnsealerFormError('a field of the question is missing or wrong');
}

export function isAskedBy(clientKey: string, question: Question, identity: string): boolean {
  const signature = fromBase64(question.signature, 64);
  return signature !== null && verify(null, questionText(question, identity), ed25519Key(clientKey), signature);
}

/** @throws HpkeError hpke-public-key */
export function answerTo(question: Question, share: Buffer, identityKey: KeyObject): Answer {
  const sealed = hpkeSeal(Buffer.from(question.point, 'base64'), shareInfo(question), none, share).toString('base64');
  return { sealed, signature: sign(null, answerText(question, sealed), identityKey).toString('base64') };
}

/** The share of an answer, or null when it is not from the unsealer of this identity. @throws UnsealerFormError, HpkeError */
export function shareIn(json: string, question: Question, recipient: Recipient, identity: string): Buffer | null {
  const it = closed(json, ['sealed', 'signature'], "the unsealer's answer");
  const [sealed, signature] = [String(it.sealed), fromBase64(String(it.signature), 64)];
  if (signature === null || !verify(null, answerText(question, sealed), ed25519Key(identity), signature)) return null;
  return hpkeOpen(recipient, shareInfo(question), none, Buffer.from(sealed, 'base64'));
}
