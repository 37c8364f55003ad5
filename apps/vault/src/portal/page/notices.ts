/** Where notices and anchors go: a list that is signed as a whole, each place confirmed by the code that arrived there. */
import type { Destination } from '@holdfast/domain';
import { button, countInput, el, field, form, input, say, select, table } from './dom.ts';
import { me, perform } from './session.ts';

type Kind = Destination['kind'];

export function noticesScreen(again: () => void): HTMLElement {
  const { destinations } = me().view;
  const remove = async (id: string): Promise<void> => {
    await sign(
      listed().filter((it) => it.id !== id),
      again,
    );
  };
  return el(
    'div',
    {},
    el('h2', {}, 'Notices'),
    el(
      'p',
      {},
      'The vault itself tells you here of everything that waits, freezes or looks wrong. Without two confirmed places nothing is ',
      'widened on a real account. Nothing is ever read from these places, and no exchange key goes there.',
    ),
    table(
      ['Name', 'Kind', 'Where', 'State', ''],
      destinations.map((it) => [
        it.id,
        it.kind,
        el('code', {}, whereOf(it)),
        it.confirmed ? 'confirmed' : 'waits for its code',
        button(`Remove ${it.id}`, 'grave', () => remove(it.id)),
      ]),
    ),
    destinations.some(({ confirmed }) => !confirmed) ? confirmCard(again) : null,
    addCard(again),
  );
}

async function sign(list: readonly Destination[], again: () => void): Promise<void> {
  await perform({ act: 'destinations', destinations: list });
  say('The list is signed. A code goes to each new place.');
  again();
}

/** The list as it is signed: a password that is shown as "set" stays as it is. */
const listed = (): readonly Destination[] => me().view.destinations.map(({ confirmed: _, ...destination }) => destination);

const whereOf = (it: Destination): string => {
  switch (it.kind) {
    case 'webhook':
    case 'ntfy':
      return it.url;
    case 'smtp':
      return `${it.to} by ${it.host}:${it.port}`;
    case 'file':
      return it.path;
  }
};

function confirmCard(again: () => void): HTMLElement {
  const waiting = me()
    .view.destinations.filter(({ confirmed }) => !confirmed)
    .map(({ id }) => id);
  const which = select(waiting.map((id) => [id, id]));
  const code = input({ longest: 20 });
  const confirm = async (): Promise<void> => {
    await perform({ act: 'destination-confirm', destination: which.value, code: code.value.trim() });
    say(`${which.value} is confirmed.`);
    again();
  };
  return el(
    'section',
    { class: 'card' },
    el('h3', {}, 'Confirm a place'),
    form('Confirm with passkey', [field('Place', which), field('Code that arrived there', code)], confirm),
  );
}

const kinds: readonly (readonly [Kind, string])[] = [
  ['ntfy', 'ntfy (a message on your phone)'],
  ['smtp', 'e-mail'],
  ['webhook', 'webhook'],
  ['file', 'file on another disk (anchors)'],
];

function addCard(again: () => void): HTMLElement {
  const kind = select(kinds, 'ntfy');
  const id = input({ pattern: '[A-Za-z0-9_\\-]{1,40}', longest: 40, placeholder: 'phone' });
  const place = el('div', {});
  let read = fieldsOf('ntfy', place);
  kind.addEventListener('change', () => {
    read = fieldsOf(kind.value as Kind, place);
  });
  const add = async (): Promise<void> => {
    await sign([...listed(), read(id.value)], again);
  };
  return el(
    'section',
    { class: 'card' },
    el('h3', {}, 'Add a place'),
    form('Sign the new list with passkey', [field('Name', id), field('Kind', kind), place], add),
  );
}

/** Shows the fields of a kind; gives what reads them. */
function fieldsOf(kind: Kind, place: HTMLElement): (id: string) => Destination {
  switch (kind) {
    case 'webhook':
    case 'ntfy': {
      const url = input({ type: 'url', longest: 500 });
      place.replaceChildren(field('Address', url, 'https, without a name or password in it'));
      return (id) => ({ id, kind, url: url.value });
    }
    case 'file': {
      const path = input({ longest: 500, pattern: '/.*\\.anchors' });
      place.replaceChildren(field('Path', path, 'Absolute, on another disk than the vault, ending in .anchors'));
      return (id) => ({ id, kind, path: path.value });
    }
    case 'smtp':
      return mailFields(place);
  }
}

function mailFields(place: HTMLElement): (id: string) => Destination {
  const host = input({ longest: 253 });
  const port = countInput(465, 65_535);
  const tls = select([
    ['implicit', 'TLS from the start (465)'],
    ['starttls', 'STARTTLS (587)'],
    ['none', 'none (a simulated vault only)'],
  ]);
  const [from, to, user] = [input({ longest: 254 }), input({ longest: 254 }), input({ longest: 254, optional: true })];
  const password = input({ type: 'password', longest: 254, optional: true });
  place.replaceChildren(
    ...[field('Mail server', host), field('Port', port), field('Encryption', tls), field('From', from), field('To', to)],
    ...[field('User', user), field('Password', password)],
  );
  return (id) => ({
    id,
    kind: 'smtp',
    host: host.value,
    port: Number(port.value),
    tls: tls.value as 'implicit' | 'starttls' | 'none',
    from: from.value,
    to: to.value,
    user: user.value,
    password: password.value,
  });
}
