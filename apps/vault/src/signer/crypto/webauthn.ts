/**
 * Verification of passkeys (Web Authentication level 3, sections 7.1 and 7.2) for one origin and one relying party.
 * Stricter than the standard where the standard leaves a choice: user verification always, nothing cross-origin, no other
 * spelling of the client data than the browser's own (a key twice, white space and escapes are refused), closed lengths.
 * Attestation statements are not asked for: what makes a first passkey count is the code from the vault's console.
 */
import { createHash, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { fromBase64Url } from '../../crypto/base64.ts';
import { CborError, readCbor } from './cbor.ts';
import { algorithmOf, type CoseAlgorithm, readCoseKey } from './cose.ts';

export { algorithmOf, type CoseAlgorithm } from './cose.ts';

/** `origin` is compared whole and once: no list, no sub-domains. */
export interface RelyingParty {
  readonly rpId: string;
  readonly origin: string;
}

/** All texts are unpadded base64url; `publicKey` is SPKI DER, as the browser's `getPublicKey()` gives it. */
export interface Registration {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly publicKey: string;
  readonly algorithm: number;
}

export interface Assertion {
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** A registered passkey; `signCount` is the newest counter seen of it, 0 when none was. */
export interface Passkey {
  readonly publicKey: KeyObject;
  readonly signCount: number;
}

export type WebAuthnFault =
  | 'form'
  | 'type'
  | 'origin'
  | 'cross-origin'
  | 'challenge'
  | 'rp-id'
  | 'flags'
  | 'user-verification'
  | 'algorithm'
  | 'key'
  | 'credential'
  | 'signature';

export interface WebAuthnRefused {
  readonly kind: 'refused';
  readonly fault: WebAuthnFault;
  readonly reason: string;
}

export interface RegistrationVerified {
  readonly kind: 'verified';
  readonly credentialId: string;
  readonly publicKey: KeyObject;
  /** SPKI PEM of `publicKey`. */
  readonly pem: string;
  readonly algorithm: CoseAlgorithm;
  readonly signCount: number;
  readonly backedUp: boolean;
}

export interface AssertionVerified {
  readonly kind: 'verified';
  readonly signCount: number;
  /** The counter did not rise: somebody may have a copy of a device-bound passkey. Counts nonetheless; tell the owner. */
  readonly regressed: boolean;
  readonly backedUp: boolean;
}

const challengeBytes = 32;
const credentialIdBytesMax = 1023;
const clientDataBytesMax = 4096;
const authenticatorDataBytesMax = 4096;
const publicKeyBytesMax = 2048;
const signatureBytesMax = 1024;
/** rpIdHash, flags, signCount. */
const headBytes = 37;
const aaguidBytes = 16;

const flag = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40, extended: 0x80 };
const reservedFlags = 0x22;

/** `challenge`: the 32 bytes that were asked for. */
export function verifyRegistration(
  party: RelyingParty,
  challenge: Uint8Array,
  registration: Registration,
): RegistrationVerified | WebAuthnRefused {
  return orRefused(() => {
    const clientData = bytesOf(registration.clientDataJSON, clientDataBytesMax, 'clientDataJSON');
    checkClientData(clientData, 'webauthn.create', party, challenge);
    const data = bytesOf(registration.authenticatorData, authenticatorDataBytesMax, 'authenticatorData');
    const head = readHead(data, party);
    if (!head.attested) refuse('flags', 'the authenticator data names no credential');
    const credential = readCredential(data);
    checkExtensions(data, credential.end, head.extended);
    if (credential.id.toString('base64url') !== registration.id) refuse('credential', 'the id is not the one that was made');
    if (credential.algorithm !== registration.algorithm) refuse('algorithm', 'the algorithm is not the one of the key');
    const given = bytesOf(registration.publicKey, publicKeyBytesMax, 'publicKey');
    if (!given.equals(credential.key.export({ type: 'spki', format: 'der' })))
      refuse('key', 'the public key is not the one that the authenticator made');
    const publicKey = createPublicKey({ key: given, format: 'der', type: 'spki' });
    return {
      kind: 'verified',
      credentialId: registration.id,
      publicKey,
      pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      algorithm: credential.algorithm,
      signCount: head.signCount,
      backedUp: head.backedUp,
    };
  });
}

/** The caller has looked `passkey` up by its credential id, among those of the owner that are not retired. */
export function verifyAssertion(
  party: RelyingParty,
  challenge: Uint8Array,
  passkey: Passkey,
  assertion: Assertion,
): AssertionVerified | WebAuthnRefused {
  return orRefused(() => {
    const clientData = bytesOf(assertion.clientDataJSON, clientDataBytesMax, 'clientDataJSON');
    checkClientData(clientData, 'webauthn.get', party, challenge);
    const data = bytesOf(assertion.authenticatorData, authenticatorDataBytesMax, 'authenticatorData');
    const head = readHead(data, party);
    if (head.attested) refuse('flags', 'an assertion brings no new credential');
    checkExtensions(data, headBytes, head.extended);
    const signature = bytesOf(assertion.signature, signatureBytesMax, 'signature');
    const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
    if (!isSignedBy(passkey.publicKey, signed, signature)) refuse('signature', 'the signature is not of this passkey');
    const counted = head.signCount !== 0 || passkey.signCount !== 0;
    const regressed = counted && head.signCount <= passkey.signCount;
    return { kind: 'verified', signCount: head.signCount, regressed, backedUp: head.backedUp };
  });
}

class Refusal extends Error {
  readonly fault: WebAuthnFault;
  constructor(fault: WebAuthnFault, reason: string) {
    super(reason);
    this.fault = fault;
  }
}

function refuse(fault: WebAuthnFault, reason: string): never {
  throw new Refusal(fault, reason);
}

function orRefused<Verified>(verified: () => Verified): Verified | WebAuthnRefused {
  try {
    return verified();
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', fault: error.fault, reason: error.message };
    if (error instanceof CborError) return { kind: 'refused', fault: 'form', reason: `the authenticator data ${error.message}` };
    throw error;
  }
}

const bytesOf = (text: string, bytesMax: number, what: string): Buffer =>
  fromBase64Url(text, bytesMax) ?? refuse('form', `${what} is not base64url of at most ${bytesMax} bytes`);

/** Section 5.8.1; `challenge` is compared in constant time. */
function checkClientData(bytes: Buffer, type: string, party: RelyingParty, challenge: Uint8Array): void {
  const data = clientDataFields(bytes);
  if (data.type !== type) refuse('type', `the passkey was used for ${clip(data.type)}, not ${type}`);
  if (data.origin !== party.origin) refuse('origin', `the page was ${clip(data.origin)}, not ${party.origin}`);
  if (Object.hasOwn(data, 'crossOrigin') && data.crossOrigin !== false)
    refuse('cross-origin', 'the passkey was used inside a page of somebody else');
  if (Object.hasOwn(data, 'topOrigin')) refuse('cross-origin', 'the passkey was used inside a page of somebody else');
  const given = typeof data.challenge === 'string' ? fromBase64Url(data.challenge, challengeBytes) : null;
  if (given?.length !== challengeBytes || challenge.length !== challengeBytes || !timingSafeEqual(given, challenge))
    refuse('challenge', 'the challenge is not the one that was given for this');
}

/** Read and written again it must be the same text: then every reader sees the same fields in it. */
function clientDataFields(bytes: Buffer): Readonly<Record<string, unknown>> {
  const malformed = (): never => refuse('form', 'clientDataJSON is not an object as a browser writes it');
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject || !Buffer.from(JSON.stringify(value)).equals(bytes)) return malformed();
    return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) return malformed();
    throw error;
  }
}

interface Head {
  readonly attested: boolean;
  readonly extended: boolean;
  readonly backedUp: boolean;
  readonly signCount: number;
}

/** The first 37 bytes of the authenticator data (section 6.1). */
function readHead(data: Buffer, { rpId }: RelyingParty): Head {
  if (data.length < headBytes) refuse('form', `the authenticator data has ${data.length} bytes, fewer than ${headBytes}`);
  if (!timingSafeEqual(data.subarray(0, 32), createHash('sha256').update(rpId).digest()))
    refuse('rp-id', `the passkey is not one of ${rpId}`);
  const flags = data.readUInt8(32);
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(reservedFlags)) refuse('flags', 'the authenticator sets flags that have no meaning');
  if (!has(flag.userPresent)) refuse('flags', 'nobody touched the authenticator');
  if (!has(flag.userVerified))
    refuse('user-verification', 'the authenticator did not verify its user (fingerprint, face or PIN)');
  if (has(flag.backedUp) && !has(flag.backupEligible))
    refuse('flags', 'the passkey says both that it is backed up and that it cannot be');
  return {
    attested: has(flag.attested),
    extended: has(flag.extended),
    backedUp: has(flag.backedUp),
    signCount: data.readUInt32BE(33),
  };
}

/** The attested credential data (section 6.5.1). */
function readCredential(data: Buffer): { id: Buffer; algorithm: CoseAlgorithm; key: KeyObject; end: number } {
  const idStart = headBytes + aaguidBytes + 2;
  if (data.length < idStart) refuse('form', 'the authenticator data ends inside the credential');
  const length = data.readUInt16BE(idStart - 2);
  if (length === 0 || length > credentialIdBytesMax) refuse('credential', `a credential id of ${length} bytes`);
  if (data.length < idStart + length) refuse('form', 'the authenticator data ends inside the credential');
  const { value, end } = readCbor(data, idStart + length);
  const { algorithm, key } =
    readCoseKey(value) ?? refuse('algorithm', 'the key is not ES256 on P-256, EdDSA on Ed25519 or RS256 of at least 2048 bits');
  return { id: data.subarray(idStart, idStart + length), algorithm, key, end };
}

/** Extensions are not used here; when there are some, they are one map and the end of the data. */
function checkExtensions(data: Buffer, from: number, extended: boolean): void {
  if (!extended) {
    if (data.length !== from) refuse('form', `the authenticator data has ${data.length - from} bytes too many`);
    return;
  }
  const { value, end } = readCbor(data, from);
  if (!(value instanceof Map) || end !== data.length) refuse('form', 'the extensions are not one map');
}

function isSignedBy(key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const algorithm = algorithmOf(key);
  if (algorithm === null) refuse('algorithm', `a ${key.asymmetricKeyType} key is no passkey's`);
  return verify(algorithm === -8 ? null : 'sha256', data, key, signature);
}

const clip = (value: unknown): string => String(typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : typeof value);
