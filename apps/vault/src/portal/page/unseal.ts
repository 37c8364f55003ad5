/** While the vault is sealed: what it waits for, and opening it with a passkey that can evaluate a secret of its own (PRF). */
import { ask } from './api.ts';
import { button, el } from './dom.ts';
import { type Evaluation, evaluate, sealOutput } from './prf.ts';

/** As the warden answers them in the signer's place. */
const paths = { options: '/v1/portal/unseal-options', unseal: '/v1/portal/unseal' } as const;

interface Options {
  /** WebAuthn ids and what each evaluates, base64url. */
  readonly credentials: readonly Evaluation[];
  /** Of the warden, base64. */
  readonly publicKey: string;
}

export async function sealedScreen(reason: string, opened: () => Promise<void>): Promise<HTMLElement> {
  const { credentials } = await ask<Options>(paths.options);
  const unseal = async (): Promise<void> => {
    const given = await evaluate(credentials);
    // Its key changes with each use, so it is asked for when there is something to seal.
    const { publicKey } = await ask<Options>(paths.options);
    const { credential, sealed } = await sealOutput(given, publicKey);
    await ask(paths.unseal, { credential, sealed });
    given.secret.fill(0);
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
