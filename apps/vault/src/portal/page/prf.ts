/** Passkeys that evaluate a secret of their own (WebAuthn PRF): 32 bytes that unseal the vault, sealed before they leave the page. */
import { unsealAadText, unsealInfoText } from '@holdfast/domain';
import { type Bytes, base64, base64url, fromBase64, fromBase64url, utf8 } from './bytes.ts';
import { hpkeSeal } from './hpke.ts';
import { vault } from './session.ts';

export interface Evaluation {
  /** WebAuthn id, base64url. */
  readonly id: string;
  /** What it evaluates: 32 bytes, base64url. */
  readonly salt: string;
}

interface Output extends Evaluation {
  readonly secret: Bytes;
}

export const newSalt = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Has one of the passkeys evaluate its salt. @throws DOMException, Error */
export async function evaluate(choices: readonly Evaluation[]): Promise<Output> {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId: location.hostname,
      allowCredentials: choices.map(({ id }) => ({ type: 'public-key', id: fromBase64url(id) })),
      userVerification: 'required',
      extensions: {
        prf: { evalByCredential: Object.fromEntries(choices.map(({ id, salt }) => [id, { first: fromBase64url(salt) }])) },
      },
    },
  });
  if (!(given instanceof PublicKeyCredential)) throw new Error('the browser gave no passkey');
  const chosen = choices.find(({ id }) => id === given.id);
  const secret = given.getClientExtensionResults().prf?.results?.first;
  if (chosen === undefined || secret === undefined)
    throw new Error(
      'This passkey or this browser cannot unseal (no PRF). Use another one, or the passphrase at the machine of the vault.',
    );
  return { ...chosen, secret: new Uint8Array(secret as ArrayBuffer) };
}

/** Seals what a passkey gave to the warden. The caller overwrites the secret. */
export async function sealOutput(
  { id, salt, secret }: Output,
  publicKey: string,
): Promise<{ readonly credential: string; readonly salt: string; readonly sealed: string }> {
  const [info, aad] = [utf8(unsealInfoText(vault().vaultId)), utf8(unsealAadText(id, salt))];
  const sealed = await hpkeSeal(fromBase64(publicKey), info, aad, secret);
  return { credential: id, salt, sealed: base64(sealed) };
}
