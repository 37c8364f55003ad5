/**
 * Reading, writing and signing the mandate of an account. What may be signed is the text whose words and worst loss are shown:
 * a changed field takes the words away until the vault has said them anew.
 */
import {
  type AccountId,
  amount,
  asset,
  canonicalText,
  epochMs,
  formatAmount,
  type MandateWords,
  ownerId,
  pair,
  portalPaths,
  proposeMandate,
  roundTo,
  unit,
  type VaultAccount,
} from '@holdfast/domain';
import { ask } from './api.ts';
import { fromBase64url, hex, sha256, utf8 } from './bytes.ts';
import { amountInput, button, type Child, el, facts, field, form, input, refusalText, say, timeText } from './dom.ts';
import type { Json } from './json.ts';
import type { MandateJson } from './mandate-fields.ts';
import { mandateForm } from './mandate-form.ts';
import { pendingList, pendingOf } from './overview.ts';
import { me, perform, vault } from './session.ts';

type Account = Json<VaultAccount>;
type Words = Json<MandateWords>;

const quietMs = 400;

export function mandateScreen(chosen: string | undefined, again: () => void): HTMLElement {
  const { accounts } = me().view;
  const account = accounts.find((it) => it.account === chosen) ?? (accounts.length === 1 ? accounts[0] : undefined);
  if (account === undefined)
    return el(
      'div',
      {},
      el('h2', {}, 'Mandates'),
      accounts.length === 0 ? el('p', {}, 'There is no account yet. ', el('a', { href: '#connect' }, 'Connect one'), '.') : null,
      el(
        'ul',
        {},
        accounts.map((it) => el('li', {}, el('a', { href: `#mandate/${it.account}` }, it.account))),
      ),
    );
  const waiting = pendingOf(account.account);
  return el(
    'div',
    {},
    el('h2', {}, `Mandate of ${account.account}`),
    inForce(account),
    waiting.length > 0 ? el('section', { class: 'card' }, el('h3', {}, 'Waiting'), pendingList(waiting, again)) : null,
    account.uid === ''
      ? el('p', {}, 'Connect the account first: a mandate names the exchange account it counts for.')
      : editor(account, again),
  );
}

function inForce({ mandate, account }: Account): Child {
  const shown = me().view.mandates.find((it) => it.account === account);
  if (mandate === null || shown === undefined)
    return el('p', {}, 'There is none. Until you sign one the vault refuses every order.');
  const { scaleBps, probationUntil } = shown;
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'in-force' },
    el('h3', { id: 'in-force' }, `In force: number ${mandate.seq}`),
    wordsList(shown.words),
    lossFacts(shown.worstLoss, mandate.quote),
    probationUntil === null
      ? null
      : el('p', { class: 'warning' }, `New: until ${timeText(probationUntil)} a tenth of its limits counts.`),
    scaleBps === 10_000 ? null : el('p', { class: 'warning' }, `Its limits count at ${scaleBps / 100} % now.`),
  );
}

const wordsList = (words: readonly string[]): HTMLElement =>
  el(
    'ul',
    {},
    words.map((it) => el('li', {}, it)),
  );

/** A loss as people read it: rounded up to cents, except below one. */
export const shown = (loss: string): string => {
  const exact = amount(loss);
  return formatAmount(exact < unit ? exact : roundTo(exact, unit / 100n, 'up'));
};

const lossFacts = (loss: Words['worstLoss'], quote: string): HTMLElement =>
  facts([
    [
      'Theft can take in 24 h, at most',
      el('span', { class: 'loss', 'data-testid': 'theft' }, `${shown(loss.theft24h)} ${quote}`),
    ],
    ['How that comes about', loss.formula],
    [
      'Even with forged prices, at most',
      el('span', { class: 'loss', 'data-testid': 'forged' }, `${shown(loss.forged24h)} ${quote}`),
    ],
    ['How that comes about', loss.forgedFormula],
    ['A fall of the market can cost beside that', `${shown(loss.market24h)} ${quote}`],
  ]);

/** The exchange's time; the machine's before the exchange was heard. */
const now = (): number => me().view.time || Date.now();

function editor(account: Account, again: () => void): HTMLElement {
  const place = el('div', {});
  const show = (start: MandateJson): void => place.replaceChildren(...signing(start, again));
  const laid = laidBefore(account);
  const refuse = (error: unknown): void =>
    place.replaceChildren(el('p', { class: 'refusal', role: 'alert' }, refusalText(error)));
  if (laid instanceof Error) refuse(laid);
  else if (laid !== undefined) following(account, laid).then(show).catch(refuse);
  if (account.mandate === null) return el('div', {}, proposal(account, show), place);
  const begin = button('Change it', 'plain', async () => {
    if (account.mandate !== null) show(await following(account, account.mandate));
  });
  return el('div', {}, el('div', { class: 'actions' }, begin), proposal(account, show), place);
}

/**
 * What a program laid before the owner: `#mandate/ACCOUNT/` and a mandate in base64url. It only fills the form, of which the vault
 * says words and losses before anything can be signed; the account is always the one that the page shows.
 */
function laidBefore({ account, uid }: Account): MandateJson | Error | undefined {
  const [, , laid = ''] = location.hash.slice(1).split('/');
  if (laid === '') return undefined;
  try {
    const read = JSON.parse(new TextDecoder().decode(fromBase64url(laid))) as MandateJson;
    if (read.account === account && read.uid === uid && Array.isArray(read.pairs)) return { ...read, owner: ownerId(me().owner) };
  } catch {
    // Said below.
  }
  return new Error(`What the address proposes is no mandate of ${account}. Nothing was taken over.`);
}

/** The number and link of the next mandate of an account. */
async function following({ mandate }: Account, next: MandateJson): Promise<MandateJson> {
  const prev = mandate === null ? '' : hex(await sha256(utf8(canonicalText(mandate))));
  return { ...next, seq: (mandate?.seq ?? 0) + 1, prev };
}

const wordsIn = (text: string): readonly string[] => text.split(/[\s,]+/).filter((it) => it !== '');

/** Reference prices of all pairs in `names`; '' when one of them has none. */
function knownPrices(names: string): string {
  const found = wordsIn(names).map((name) => me().view.reference.find((it) => it.pair === name)?.price);
  return found.includes(undefined) ? '' : found.join(' ');
}

function proposal(account: Account, show: (start: MandateJson) => void): HTMLElement {
  const value = amountInput('', 'value');
  const quote = input({ value: account.mandate?.quote ?? 'USDT', pattern: '[A-Z0-9]{1,20}' });
  const names = input({ placeholder: 'BTC/USDT ETH/USDT', value: account.mandate?.pairs.map((it) => it.pair).join(' ') ?? '' });
  const known = (): string => knownPrices(names.value);
  const prices = input({ placeholder: '64000 3000', value: known() });
  let filled = prices.value;
  names.addEventListener('change', () => {
    if (prices.value.trim() !== filled) return; // typed by hand
    filled = known();
    prices.value = filled;
  });
  const propose = async (): Promise<void> => {
    const [pairs, costs] = [names.value, prices.value].map(wordsIn);
    if (pairs?.length !== costs?.length) throw new Error('Give one price for each pair, in the same order.');
    const made = proposeMandate({
      account: account.account as AccountId,
      owner: ownerId(me().owner),
      uid: account.uid,
      seq: 1,
      prev: '',
      now: epochMs(now()),
      quote: asset(quote.value),
      value: amount(value.value),
      pairs: (pairs ?? []).map((name, at) => ({ pair: pair(name), price: amount(costs?.[at] ?? '') })),
    });
    show(await following(account, JSON.parse(canonicalText(made)) as MandateJson));
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'propose' },
    el('h3', { id: 'propose' }, 'Have one proposed'),
    el(
      'p',
      {},
      'A careful mandate: theft can take at most half a percent of the account in 24 h. You can change every field before you sign.',
    ),
    form(
      'Propose',
      [
        el(
          'div',
          { class: 'grid' },
          field('Worth of the account', value),
          field('Counted in', quote),
          field('Pairs', names, 'With spaces between them.'),
          field(
            'What one costs now',
            prices,
            'One price for each pair. What the vault’s reference says stands here, where it follows the pair; compare it with the exchange.',
          ),
        ),
      ],
      propose,
    ),
  );
}

/** The form, the words of what stands in it, and the button that signs exactly that. */
function signing(start: MandateJson, again: () => void): readonly HTMLElement[] {
  const told = el('div', { 'aria-live': 'polite', 'data-testid': 'words' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shownText = '';
  const sign = button('Sign with passkey', 'first', () => signShown(edited.read(), shownText, again));
  sign.hidden = true;
  const changed = (): void => {
    sign.hidden = true;
    shownText = '';
    told.replaceChildren(el('p', { class: 'quiet' }, 'Reading it …'));
    clearTimeout(timer);
    timer = setTimeout(() => void tell(), quietMs);
  };
  const tell = async (): Promise<void> => {
    try {
      const mandate = edited.read();
      const text = canonicalText(mandate);
      const words = await ask<Words>(portalPaths.words, `{"mandate":${text}}`);
      if (text !== canonicalText(edited.read())) return;
      told.replaceChildren(wordsCard(words, mandate));
      shownText = text;
      sign.hidden = false;
    } catch (error) {
      told.replaceChildren(el('p', { class: 'refusal', role: 'alert' }, refusalText(error)));
    }
  };
  const edited = mandateForm(start, now(), changed);
  changed();
  const card = el('section', { class: 'card' }, el('h3', {}, `Number ${start.seq}`), edited.element);
  return [card, el('section', { class: 'card' }, told, el('div', { class: 'actions' }, sign))];
}

async function signShown(mandate: MandateJson, shownText: string, again: () => void): Promise<void> {
  if (canonicalText(mandate) !== shownText) throw new Error('The form changed after its words were shown. Read them again.');
  const { from, pending } = await perform({ act: 'mandate', mandate });
  say(pending === undefined ? 'Signed: it counts now.' : `Signed: it counts from ${timeText(from ?? 0)} unless it is vetoed.`);
  again();
}

const changeText: Readonly<Record<Words['change'], string>> = {
  first: 'The first mandate of this account.',
  narrower: 'Narrower than the one in force: it counts at once.',
  equal: 'The same as the one in force.',
  wider: 'Wider than the one in force.',
};

function wordsCard({ words, worstLoss, change, changes, from }: Words, mandate: MandateJson): HTMLElement {
  const waits = from > Date.now() + 60_000;
  return el(
    'div',
    {},
    el('h3', {}, 'What you are about to sign'),
    wordsList(words),
    lossFacts(worstLoss, mandate.quote),
    el(
      'p',
      {},
      changeText[change],
      change === 'wider' && !vault().simulated ? ' You are told on all your places, and may veto it.' : '',
    ),
    changes.length > 0
      ? el(
          'ul',
          { 'aria-label': 'Changes' },
          changes.map((it) => el('li', {}, it)),
        )
      : null,
    waits ? el('p', { class: 'warning' }, `It would count from ${timeText(from)}.`) : null,
  );
}
