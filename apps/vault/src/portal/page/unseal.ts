/** While the vault is sealed: what it waits for, and opening it with a passkey that can evaluate a secret of its own (PRF). */
import { ask } from './api.ts';
import { base64url, fromBase64url } from './bytes.ts';
import { button, el } from './dom.ts';

/** As the warden answers them in the signer's place. */
const paths = { options: '/v1/portal/unseal-options', unseal: '/v1/portal/unseal' } as const;

interface Option {
  /** WebAuthn id and what it evaluates, base64url. */
  readonly id: string;
  readonly salt: string;
}

export async function sealedScreen(reason: string, opened: () => Promise<void>): Promise<HTMLElement> {
  const { credentials } = await ask<{ credentials: readonly Option[] }>(paths.options);
  const unseal = async (): Promise<void> => {
    await ask(paths.unseal, await secretOf(credentials));
    await opened();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'sealed' },
    el('h2', { id: 'sealed' }, 'The vault is sealed'),
    el('p', {}, reason),
    el('p', {}, 'While it is sealed it signs nothing. On its own machine "holdfast vault unseal" opens it with the passphrase.'),
    credentials.length === 0 ? null : el('div', { class: 'actions' }, button('Unseal with a passkey', 'first', unseal)),
  );
}

/** Has one of the passkeys evaluate its salt. @throws DOMException, Error */
async function secretOf(options: readonly Option[]): Promise<{ readonly credential: string; readonly secret: string }> {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId: location.hostname,
      allowCredentials: options.map(({ id }) => ({ type: 'public-key', id: fromBase64url(id) })),
      userVerification: 'required',
      extensions: {
        prf: { evalByCredential: Object.fromEntries(options.map(({ id, salt }) => [id, { first: fromBase64url(salt) }])) },
      },
    },
  });
  if (!(given instanceof PublicKeyCredential)) throw new Error('the browser gave no passkey');
  const secret = given.getClientExtensionResults().prf?.results?.first;
  if (secret === undefined)
    throw new Error('this passkey or browser cannot unseal; use the passphrase on the machine of the vault');
  return { credential: given.id, secret: base64url(new Uint8Array(secret as ArrayBuffer)) };
}
