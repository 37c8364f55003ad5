/** Credentials: what proves that it is you. */

import { fromPem, hex, sha256 } from './bytes.ts';
import { button, confirmed, el, field, form, input, say, select, table, timeText } from './dom.ts';
import { credentialOf, makePasskey } from './passkey.ts';
import { livePasskeys, me, perform } from './session.ts';
import { unsealCard } from './unseal-keys.ts';

export function credentialsScreen(again: () => void): HTMLElement {
  const { credentials } = me().view;
  return el(
    'div',
    {},
    el('h2', {}, 'What proves that it is you'),
    el(
      'p',
      {},
      'Have at least two, kept in different places. There is no way to recover a lost one: without any, you make new keys at the ',
      'exchange and connect them afresh.',
    ),
    credentials.length < 2 ? el('p', { class: 'warning' }, 'You have one credential only. Add a second one now.') : null,
    table(
      ['Name', 'Kind', 'Since', 'Id', ''],
      credentials.map(({ id, kind, label, addedAt }) => [
        label,
        kind,
        timeText(addedAt),
        el('code', {}, `${id.slice(0, 16)}…`),
        button(`Retire ${label}`, 'grave', () => retire(id, label, again)),
      ]),
    ),
    unsealCard(again),
    addPasskey(again),
    addKey(again),
  );
}

async function retire(id: string, label: string, again: () => void): Promise<void> {
  if (
    !(await confirmed(
      `Retire ${label}?`,
      [el('p', {}, 'It never proves you again, and what it signed and still waits is dropped.')],
      'Retire',
    ))
  )
    return;
  await perform({ act: 'credential-retire', credential: id });
  say(`${label} is retired.`);
  again();
}

function added(from: number | undefined, label: string, again: () => void): void {
  say(from === undefined ? `${label} proves you from now on.` : `${label} counts from ${timeText(from)} unless it is vetoed.`);
  again();
}

/** In two steps, since some browsers open one prompt for each press of a button. */
function addPasskey(again: () => void): HTMLElement {
  const label = input({ longest: 60, placeholder: 'Phone' });
  const card = el('section', { class: 'card', 'aria-labelledby': 'add-passkey' });
  const title = el('h3', { id: 'add-passkey' }, 'Add a passkey');
  const make = async (): Promise<void> => {
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const name = label.value;
    const made = await makePasskey(challenge, me().owner, name, livePasskeys());
    const approve = button('Approve with a passkey that you have', 'first', async () => {
      const { from } = await perform({ act: 'credential-add', credential: credentialOf(made, name) });
      added(from, name, again);
    });
    card.replaceChildren(title, el('p', {}, `${name} is made. It counts once a passkey that you have approves it.`), approve);
    approve.focus();
  };
  card.append(
    title,
    el('p', { class: 'quiet' }, 'Two prompts: for the new passkey, then for one that you have.'),
    form('Make the passkey', [field('Its name', label)], make),
  );
  return card;
}

/** An owner key file's public half, as `holdfast owner keygen` prints it. */
function addKey(again: () => void): HTMLElement {
  const label = input({ longest: 60, placeholder: 'Server key' });
  const kind = select([
    ['ed25519', 'owner key file (Ed25519)'],
    ['ssh', 'SSH key'],
  ]);
  const publicKey = el('textarea', { rows: 4, required: true, spellcheck: 'false', placeholder: '-----BEGIN PUBLIC KEY-----' });
  const add = async (): Promise<void> => {
    const pem = `${publicKey.value.trim()}\n`;
    const id = hex(await sha256(fromPem(pem)));
    const credential = { id, kind: kind.value as 'ed25519' | 'ssh', publicKey: pem, label: label.value };
    const { from } = await perform({ act: 'credential-add', credential });
    added(from, label.value, again);
  };
  return el(
    'section',
    { class: 'card' },
    el('h3', {}, 'Add a key of the command line'),
    el(
      'p',
      { class: 'quiet' },
      '"holdfast owner keygen FILE" makes one and prints its public half; "holdfast owner public" prints that of an SSH key.',
    ),
    form('Add this key', [field('Its name', label), field('Kind', kind), field('Public half (PEM)', publicKey)], add),
  );
}
