/** Passkeys of this origin: making one, and having one say yes to a challenge. */
import { type Credential, enrolText, type OwnerProof } from '@holdfast/domain';
import { type Bytes, base64url, fromBase64url, pem, sha256, utf8 } from './bytes.ts';

/** Their numbers in the IANA registry: ES256, EdDSA, RS256. */
const algorithms = [-7, -8, -257] as const;
const promptMs = 120_000;

export interface Registration {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  /** SPKI DER in base64url. */
  readonly publicKey: string;
  readonly algorithm: number;
}

/** What binds the first passkey to the code on the vault's console. */
export const enrolChallenge = (vaultId: string, owner: string, code: string): Promise<Bytes> =>
  sha256(utf8(enrolText(vaultId, owner, code)));

/** Asks the browser for a new passkey. @throws DOMException, Error */
export async function makePasskey(
  challenge: Bytes,
  owner: string,
  label: string,
  known: readonly string[],
): Promise<Registration> {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge,
      rp: { id: location.hostname, name: 'Holdfast vault' },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: owner, displayName: `${owner} (${label})` },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      excludeCredentials: known.map((id) => ({ type: 'public-key', id: fromBase64url(id) })),
      attestation: 'none',
      // Asked for now, so that it can unseal the vault later.
      extensions: { prf: {} },
      timeout: promptMs,
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new Error('the browser made no passkey');
  const response = made.response as AuthenticatorAttestationResponse;
  const publicKey = response.getPublicKey();
  if (publicKey === null) throw new Error('this passkey signs in a way that no browser can read; use another one');
  return {
    id: made.id,
    clientDataJSON: base64url(response.clientDataJSON),
    authenticatorData: base64url(response.getAuthenticatorData()),
    publicKey: base64url(publicKey),
    algorithm: response.getPublicKeyAlgorithm(),
  };
}

export const credentialOf = ({ id, publicKey }: Registration, label: string): Credential => ({
  id,
  kind: 'webauthn',
  publicKey: pem(fromBase64url(publicKey)),
  label,
});

export type PasskeyProof = Extract<OwnerProof, { kind: 'webauthn' }>;

/** Has a passkey sign `challenge`. `known`: ids to choose from; none lets the person choose. @throws DOMException, Error */
export async function provePasskey(challenge: Bytes, known: readonly string[] = []): Promise<PasskeyProof> {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge,
      rpId: location.hostname,
      allowCredentials: known.map((id) => ({ type: 'public-key', id: fromBase64url(id) })),
      userVerification: 'required',
      timeout: promptMs,
    },
  });
  if (!(given instanceof PublicKeyCredential)) throw new Error('the browser gave no passkey');
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    kind: 'webauthn',
    credential: given.id,
    authenticatorData: base64url(response.authenticatorData),
    clientDataJSON: base64url(response.clientDataJSON),
    signature: base64url(response.signature),
  };
}
