/** Which passkeys open the vault after a restart. */
import { button, type Child, confirmed, el, say, timeText } from './dom.ts';
import { evaluate, newSalt, sealOutput } from './prf.ts';
import { me, perform, refresh } from './session.ts';

export function unsealCard(again: () => void): HTMLElement {
  const { credentials, unseal } = me().view;
  const passkeys = credentials.filter(({ kind }) => kind === 'webauthn');
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'unseal' },
    el('h3', { id: 'unseal' }, 'Opening the vault after a restart'),
    el(
      'p',
      { class: 'quiet' },
      'The vault starts sealed. A passkey that can hand out a secret of its own (PRF) opens it with one tap on this page; the ',
      'passphrase at its machine always does.',
    ),
    unseal.fault === '' ? null : el('p', {}, `No passkey can be added: ${unseal.fault}.`),
    el(
      'ul',
      { 'aria-label': 'Passkeys and unsealing' },
      passkeys.map(({ id, label }) => row(id, label, again)),
    ),
  );
}

function row(id: string, label: string, again: () => void): HTMLElement {
  const { unseal } = me().view;
  const since = unseal.passkeys.find(({ credential }) => credential === id)?.madeAt;
  const place = el('li', {});
  const put = (...content: readonly Child[]): void => place.replaceChildren(el('div', {}, content));
  if (since !== undefined)
    put(
      `${label} opens the vault since ${timeText(since)}. `,
      button(`Let ${label} open it no more`, 'grave', () => remove(id, label, again)),
    );
  else if (unseal.fault !== '') put(label);
  else
    put(
      button(`Open the vault with ${label} after a restart`, 'plain', async () => {
        const given = await evaluate([{ id, salt: newSalt() }]);
        // A prompt of its own for each press: some browsers open no second one.
        const approve = button('Approve with a passkey that you have', 'first', () => add(given, label, again));
        put(`${label} can do it. It counts once you approve it. `, approve);
        approve.focus();
      }),
    );
  return place;
}

async function add(given: Awaited<ReturnType<typeof evaluate>>, label: string, again: () => void): Promise<void> {
  const { unseal } = await refresh(); // its key changes with each use
  await perform({ act: 'unseal-add', ...(await sealOutput(given, unseal.publicKey)) });
  given.secret.fill(0);
  say(`${label} opens the vault after a restart.`);
  again();
}

async function remove(id: string, label: string, again: () => void): Promise<void> {
  const told = [
    el('p', {}, 'After a restart the vault is then opened in another way: the passphrase at its machine, or another passkey.'),
  ];
  if (!(await confirmed(`Let ${label} open the vault no more?`, told, 'Remove'))) return;
  await perform({ act: 'unseal-remove', credential: id });
  say(`${label} opens the vault no more.`);
  again();
}
