/** The accounts of the owner: their condition, what is spent of their limits, what waits, and the quick ways to stop them. */
import { portalPaths, type VaultAccount } from '@holdfast/domain';
import { ask } from './api.ts';
import { button, type Child, confirmed, el, facts, say, timeText } from './dom.ts';
import type { Json } from './json.ts';
import { me, perform, refresh, type View } from './session.ts';

type Account = Json<VaultAccount>;

export function overviewScreen(again: () => void): HTMLElement {
  const { view } = me();
  const free = pendingOf(null);
  return el(
    'div',
    {},
    el('h2', {}, 'Accounts'),
    view.accounts.length === 0
      ? el('p', {}, 'No account is connected yet. ', el('a', { href: '#connect' }, 'Connect the first one'), '.')
      : null,
    view.accounts.map((it) => accountCard(it, again)),
    free.length > 0 ? pendingCard('Waiting', free, again) : null,
    stopCard(again),
  );
}

function accountCard(it: Account, again: () => void): HTMLElement {
  const { account, condition, reason } = it;
  return el(
    'section',
    { class: 'card', 'aria-label': `Account ${account}`, 'data-account': account },
    el(
      'h3',
      {},
      `${account} `,
      el('span', { class: `state ${condition}` }, condition),
      ' ',
      el('span', { class: 'quiet' }, it.exchange),
    ),
    reason === '' ? null : el('p', {}, reason),
    keyLines(it),
    mandateLine(it),
    pendingOf(account).length > 0 ? pendingList(pendingOf(account), again) : null,
    accountActions(it, again),
  );
}

function keyLines({ key, connected }: Account): Child {
  if (key === null) return el('p', {}, 'No key is connected. ', el('a', { href: '#connect' }, 'Finish connecting it'), '.');
  const age = `born ${timeText(key.bornAt)}, checked ${timeText(key.checkedAt)}`;
  return [
    key.ipRestricted
      ? null
      : el(
          'p',
          { class: 'warning' },
          'Not protected: the key works from any address. Its limits are halved until the exchange allows this vault’s address only.',
        ),
    key.age === 'fresh'
      ? null
      : el(
          'p',
          { class: 'warning' },
          key.age === 'old'
            ? 'The key is more than 60 days old. At 90 days it takes no new risk: rotate it.'
            : 'The key is more than 90 days old and takes no new risk. Exits go on. Rotate it.',
        ),
    el('p', { class: 'quiet' }, `Key ${age}.${connected ? '' : ' The vault is reading the account; it trades when it has.'}`),
  ];
}

function mandateLine({ mandate, used, account }: Account): Child {
  const link = el('a', { href: `#mandate/${account}` }, mandate === null ? 'Write its mandate' : 'Read or change it');
  if (mandate === null) return el('p', {}, 'There is no mandate: nothing may be traded. ', link, '.');
  const { quote } = mandate;
  const loss = me().view.mandates.find((it) => it.account === account)?.worstLoss;
  return [
    facts([
      ['Mandate', [`number ${mandate.seq} until ${timeText(mandate.exp)}. `, link]],
      ['Most that theft can take in 24 h', loss === undefined ? '' : el('span', { class: 'loss' }, `${loss.theft24h} ${quote}`)],
      ['Traded in 24 h', `${used.turnover} of ${mandate.turnover24h} ${quote}`],
      ['Given away in 24 h', `${used.burn} of ${mandate.burn24h} ${quote}`],
      ['Open orders', `${used.openOrders} of ${mandate.openOrders}`],
    ]),
  ];
}

function accountActions({ account, condition, stateEpoch, key }: Account, again: () => void): HTMLElement {
  const freeze = async (): Promise<void> => {
    await ask(portalPaths.freeze, { account, reason: 'frozen by the owner on the vault’s page' });
    say(`${account} is frozen.`);
    await refresh();
    again();
  };
  const unfreeze = async (): Promise<void> => {
    await perform({ act: 'unfreeze', account, stateEpoch });
    say(`${account} is active again.`);
    again();
  };
  const revive = async (): Promise<void> => {
    await perform({ act: 'revive', account });
    say(`${account} may trade again.`);
    again();
  };
  const isStopped = condition === 'frozen' || condition === 'revoked';
  return el(
    'div',
    { class: 'actions' },
    isStopped ? null : button('Freeze', 'grave', freeze),
    condition === 'frozen' || condition === 'reduce-only' ? button('Unfreeze with passkey', 'plain', unfreeze) : null,
    condition === 'reduce-only' ? button('Revive with passkey', 'plain', revive) : null,
    key !== null ? el('a', { href: `#connect/${account}` }, 'Rotate its key') : null,
  );
}

type Pending = View['pending'];

/** What waits for an account, or for the owner himself (null). */
export const pendingOf = (account: string | null): Pending => me().view.pending.filter((it) => it.account === account);

export function pendingList(pending: Pending, again: () => void): HTMLElement {
  const veto = async (id: string): Promise<void> => {
    await perform({ act: 'veto', pending: id });
    say('Vetoed: it will never count.');
    again();
  };
  return el(
    'ul',
    {},
    pending.map(({ id, what, from, changes = [], worstLoss }) =>
      el(
        'li',
        { 'data-pending': id },
        `${what}: counts from ${timeText(from)} unless somebody vetoes it. `,
        changes.length > 0
          ? el(
              'ul',
              { 'aria-label': 'What would change' },
              changes.map((it) => el('li', {}, it)),
            )
          : null,
        worstLoss === undefined ? null : el('p', {}, `Theft could then take ${worstLoss.theft24h} in 24 h, at most.`),
        el(
          'div',
          { class: 'actions' },
          button('Veto with passkey', 'grave', () => veto(id)),
        ),
      ),
    ),
  );
}

const pendingCard = (title: string, pending: Pending, again: () => void): HTMLElement =>
  el('section', { class: 'card', 'aria-label': title }, el('h3', {}, title), pendingList(pending, again));

function stopCard(again: () => void): HTMLElement {
  const freezeAll = async (): Promise<void> => {
    await ask(portalPaths.freeze, { account: null, reason: 'all frozen by the owner on the vault’s page' });
    say('All your accounts are frozen.');
    await refresh();
    again();
  };
  const kill = async (): Promise<void> => {
    const content = [
      el(
        'p',
        {},
        'All your accounts are revoked, all sub-keys die, resting entries are cancelled, and the vault is sealed. This is not undone.',
      ),
      el('p', {}, 'Protective stops stay at the exchange. Then delete the keys at the exchange: only that ends a stolen one.'),
    ];
    if (!(await confirmed('Kill everything?', content, 'Kill', 'KILL'))) return;
    await ask(portalPaths.kill, { reason: 'killed by the owner on the vault’s page' });
    say('Killed. Now delete the keys at the exchange.');
    again();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'stop' },
    el('h3', { id: 'stop' }, 'Stop'),
    el('p', {}, 'Freezing refuses new orders at once and can be undone with your passkey. Killing cannot be undone.'),
    el('div', { class: 'actions' }, button('Freeze all', 'grave', freezeAll), button('Kill …', 'grave', kill)),
  );
}
