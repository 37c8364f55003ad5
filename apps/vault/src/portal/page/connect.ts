/** Connecting an exchange account: with a key that was born in the vault, or with a secret that is sealed to it. */
import type { AccountId, ExchangeName, VaultAccount } from '@holdfast/domain';
import { button, type Child, el, field, form, input, say, select } from './dom.ts';
import type { Json } from './json.ts';
import { livePasskeys, me, perform, vault } from './session.ts';
import { sealSecret } from './ticket.ts';

type Account = Json<VaultAccount>;

/** `chosen`: an account to go on with (connect a key that was made, or rotate it), or undefined for a new one. */
export function connectScreen(chosen: string | undefined, again: () => void): HTMLElement {
  const account = me().view.accounts.find((it) => it.account === chosen);
  if (account !== undefined) return el('div', {}, el('h2', {}, `Key of ${account.account}`), existing(account, again));
  const unfinished = me().view.accounts.filter(({ key }) => key === null);
  return el(
    'div',
    {},
    el('h2', {}, 'Connect an account'),
    unfinished.map((it) => el('div', {}, el('h3', {}, `Finish ${it.account}`), keyIdCard(it, again))),
    bornCard(again),
    importCard(undefined, again),
  );
}

const exchanges = (): readonly (readonly [ExchangeName, string])[] =>
  vault().simulated ? [['simulated', 'simulated exchange']] : [['binance', 'Binance']];

const accountInput = (): HTMLInputElement => input({ pattern: '[A-Za-z0-9_\\-]{1,32}', longest: 32, placeholder: 'main' });

const go = (account: string): void => {
  location.hash = `#connect/${account}`;
};

function bornCard(again: () => void): HTMLElement {
  const [account, exchange] = [accountInput(), select(exchanges())];
  const key = select([
    ['ed25519', 'Ed25519 (recommended)'],
    ['rsa', 'RSA, 2048 bits'],
  ]);
  const create = async (): Promise<void> => {
    await perform({
      act: 'account-create',
      account: account.value as AccountId,
      exchange: exchange.value as ExchangeName,
      key: key.value as 'ed25519' | 'rsa',
    });
    say('The key is made. Give its public half to the exchange.');
    go(account.value);
    again();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'born' },
    el('h3', { id: 'born' }, 'With a key born in the vault'),
    el(
      'p',
      {},
      'The vault makes the key and keeps its private half. Nobody types a secret, so nobody can phish, copy or log one.',
    ),
    form(
      'Make the key',
      [field('Name of the account', account, 'Letters, digits, _ or -'), field('Exchange', exchange), field('Kind of key', key)],
      create,
    ),
  );
}

function importCard(account: Account | undefined, again: () => void): HTMLElement {
  const name = accountInput();
  const exchange = select(exchanges());
  const apiKey = input({ longest: 128, pattern: '[A-Za-z0-9]{1,128}' });
  const secret = input({ type: 'password', longest: 4096 });
  const keyType = select([
    ['hmac', 'HMAC secret'],
    ['ed25519', 'Ed25519 private key (PEM)'],
    ['rsa', 'RSA private key (PEM)'],
  ]);
  const bringIn = async (): Promise<void> => {
    const [owner = ''] = [me().credential, ...livePasskeys()];
    const at = (account?.exchange ?? exchange.value) as ExchangeName;
    const sealed = await sealSecret({
      exchange: at,
      apiKey: apiKey.value,
      secret: keyType.value === 'hmac' ? secret.value.trim() : unfolded(secret.value),
      passphrase: '',
      keyType: keyType.value as 'hmac' | 'ed25519' | 'rsa',
      owner,
    });
    secret.value = '';
    const target = account?.account ?? (name.value as AccountId);
    await perform({ act: 'account-import', account: target, exchange: at, ...sealed }, owner);
    say(`${target} is connected.`);
    location.hash = `#mandate/${target}`;
    again();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'import' },
    el('h3', { id: 'import' }, 'With a secret from the exchange'),
    el(
      'p',
      {},
      'Only where the exchange gives you a secret. It is sealed in this page to a one-time key of the vault; no program on the way, ',
      'this portal included, can open it. Then delete it wherever you copied it from.',
    ),
    el('p', { class: 'quiet' }, 'Fingerprint of the vault that it is sealed to: ', el('code', {}, vault().fingerprint)),
    form(
      'Seal and connect',
      [
        account === undefined
          ? [field('Name of the account', name, 'Letters, digits, _ or -'), field('Exchange', exchange)]
          : null,
        field('API key', apiKey),
        field('Kind of secret', keyType),
        field('Secret', secret),
      ],
      bringIn,
    ),
  );
}

/** A field of one line takes the line breaks out of a PEM; here they come back. */
function unfolded(text: string): string {
  const [, label = '', body = ''] = /-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END/.exec(text) ?? [];
  const lines = body.replaceAll(/\s/g, '').match(/.{1,64}/g);
  if (lines === null) throw new Error('This is not a private key in PEM: it begins with -----BEGIN PRIVATE KEY-----.');
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function existing(account: Account, again: () => void): Child {
  if (account.key === null) return [keyIdCard(account, again), importCard(account, again)];
  return [rotateCard(account, again), keyIdCard(account, again), importCard(account, again), removeCard(account, again)];
}

function rotateCard({ account, key }: Account, again: () => void): HTMLElement {
  const kind = select([
    ['ed25519', 'Ed25519 (recommended)'],
    ['rsa', 'RSA, 2048 bits'],
  ]);
  const rotate = async (): Promise<void> => {
    await perform({ act: 'account-rotate', account, key: kind.value as 'ed25519' | 'rsa' });
    say('The next key is made. The one in use goes on until the new one is connected.');
    again();
  };
  const days = key === null ? 0 : Math.floor((Date.now() - key.bornAt) / 86_400_000);
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'rotate' },
    el('h3', { id: 'rotate' }, 'Rotate the key'),
    el('p', {}, `The key in use is ${days} days old. From 60 days on the vault warns, from 90 days on it takes no new risk.`),
    el('p', { class: 'quiet' }, 'Counters and limits stay: a new key of the same exchange account refills nothing.'),
    form('Make the next key', [field('Kind of key', kind)], rotate),
  );
}

function keyIdCard(account: Account, again: () => void): HTMLElement {
  const apiKey = input({ longest: 128, pattern: '[A-Za-z0-9]{1,128}' });
  const connect = async (): Promise<void> => {
    await perform({ act: 'account-connect', account: account.account, apiKey: apiKey.value.trim() });
    say(`${account.account} is connected.`);
    location.hash = `#mandate/${account.account}`;
    again();
  };
  if (account.publicKey === null || account.publicKey === '')
    return el('section', { class: 'card' }, el('p', {}, 'No key of this account was born in the vault.'));
  return el(
    'section',
    { class: 'card', 'aria-label': 'Public half' },
    publicHalf(account.publicKey),
    whatToTick(account.exchange),
    form(
      'Connect',
      [field('API key that the exchange shows for it', apiKey, 'The key id. The exchange shows no secret for such a key.')],
      connect,
    ),
  );
}

function publicHalf(publicKey: string): HTMLElement {
  const text = el('textarea', { readonly: true, rows: publicKey.split('\n').length, 'data-testid': 'public-key' }, publicKey);
  const copy = async (): Promise<void> => {
    text.select();
    await navigator.clipboard.writeText(publicKey);
    say('Copied.');
  };
  return el(
    'div',
    {},
    field('Public half: paste this at the exchange', text, 'It is no secret.'),
    el('div', { class: 'actions' }, button('Copy', 'plain', copy)),
  );
}

function whatToTick(exchange: string): HTMLElement {
  const isBinance = exchange === 'binance';
  return el(
    'div',
    {},
    isBinance ? el('p', {}, 'At Binance: Profile, API Management, Create API, "Self-generated". Paste the public half.') : null,
    el('p', {}, el('strong', {}, 'Tick: '), 'reading and spot trading.'),
    el(
      'p',
      {},
      el('strong', {}, 'Do not tick: '),
      'withdrawals, internal or universal transfer, margin loan, futures, options. The vault refuses a key that may do any of them.',
    ),
    el(
      'p',
      {},
      el('strong', {}, 'Restrict the key '),
      'to the internet address of this machine, and to the pairs that you mean to trade if the exchange offers it. Without the address the ',
      'account counts as not protected and its limits are halved.',
    ),
  );
}

function removeCard({ account }: Account, again: () => void): HTMLElement {
  const remove = async (): Promise<void> => {
    await perform({ act: 'account-remove', account });
    say(`${account} is removed and its key erased. Delete the key at the exchange as well.`);
    location.hash = '#overview';
    again();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'remove' },
    el('h3', { id: 'remove' }, 'Remove the account'),
    el('p', {}, 'Erases the key here. Only when nothing is open.'),
    el('div', { class: 'actions' }, button('Remove with passkey', 'grave', remove)),
  );
}
