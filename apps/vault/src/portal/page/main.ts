/** The owner's page: one screen at a time, named by the part of the address after #. */
import { auditScreen } from './audit.ts';
import { connectScreen } from './connect.ts';
import { append, button, byId, el, refusalText } from './dom.ts';
import { enterScreen } from './enter.ts';
import { credentialsScreen } from './keys.ts';
import { mandateScreen } from './mandate.ts';
import { noticesScreen } from './notices.ts';
import { overviewScreen } from './overview.ts';
import { readState, refresh, signOut, type View, vault, whoIsIn } from './session.ts';
import { sealedScreen } from './unseal.ts';

type Screen = (detail: string | undefined, again: () => void) => HTMLElement | Promise<HTMLElement>;

const screens: Readonly<Record<string, readonly [title: string, show: Screen]>> = {
  overview: ['Accounts', (_detail, again) => overviewScreen(again)],
  connect: ['Connect', connectScreen],
  mandate: ['Mandates', mandateScreen],
  credentials: ['Credentials', (_detail, again) => credentialsScreen(again)],
  notices: ['Notices', (_detail, again) => noticesScreen(again)],
  audit: ['Audit', () => auditScreen()],
};

const watchMs = 5_000;
const openEveryMs = 500;
const openTries = 40;

/** The screen that the address names. */
function place(): readonly [name: string, detail: string | undefined] {
  const [name = '', detail] = location.hash.slice(1).split('/');
  return name in screens ? [name, detail] : ['overview', undefined];
}

function showTop(): void {
  const { simulated } = vault();
  const signedIn = whoIsIn();
  const leave = (): void => {
    signOut();
    void show();
  };
  byId('top').replaceChildren(
    el('h1', {}, 'Holdfast vault'),
    ...(simulated ? [el('span', { class: 'quiet' }, 'simulated: no real money')] : []),
    ...(signedIn === undefined ? [] : [el('span', { class: 'who' }, signedIn.owner, ' ', button('Sign out', 'plain', leave))]),
  );
  const [current] = place();
  byId('nav').replaceChildren();
  if (signedIn === undefined) return;
  append(
    byId('nav'),
    Object.entries(screens).map(([name, [title]]) =>
      el('a', { href: `#${name}`, 'aria-current': name === current ? 'page' : undefined }, title),
    ),
  );
}

/** What stays on every page: how the vault is unsealed, what does not protect it here, what the vault warns of. */
function warnings(): readonly HTMLElement[] {
  const { unsealedBy, protections, simulated } = vault();
  const texts = [
    ...(unsealedBy === 'key-file' && !simulated
      ? ['This vault is unsealed by a key file: whoever copies its disk has all secrets in it.']
      : []),
    ...(simulated ? [] : protections.filter(({ inForce }) => !inForce).map(({ text }) => text)),
    ...(whoIsIn()?.view.warnings ?? []),
  ];
  return texts.map((text) => el('p', { class: 'warning' }, text));
}

/** What the overview was last drawn from. */
let shownFor = '';

/** The view without what changes by itself with every look. */
const steady = (view: View | undefined): string => JSON.stringify({ ...view, time: 0, reference: [] });

async function show(): Promise<void> {
  const again = (): void => void show();
  showTop();
  const main = byId('main');
  const { sealed = '' } = vault();
  if (sealed !== '') {
    main.replaceChildren(...warnings(), await sealedScreen(sealed, reopen));
    return;
  }
  if (whoIsIn() === undefined) {
    main.replaceChildren(...warnings(), enterScreen(enter));
    return;
  }
  const [name, detail] = place();
  try {
    const [title, screen] = screens[name]!;
    const content = await screen(detail, again);
    document.title = `${title}: Holdfast vault`;
    main.replaceChildren(...warnings(), content);
    shownFor = steady(whoIsIn()?.view);
  } catch (error) {
    main.replaceChildren(el('p', { class: 'refusal', role: 'alert' }, refusalText(error)));
    leaveIfOver(error);
  }
}

/** A session that has ended leads back to signing in. */
function leaveIfOver(error: unknown): void {
  if ((error as { status?: unknown }).status !== 401) return;
  signOut();
  void show();
}

/** The vault starts anew once it is unsealed; until then its pages may not answer. */
async function reopen(): Promise<void> {
  for (let tries = 0; tries < openTries; tries += 1) {
    await new Promise((later) => setTimeout(later, openEveryMs));
    const { sealed = '' } = await readState().catch(() => ({ sealed: 'not yet' }));
    if (sealed === '') break;
  }
  await show();
}

async function enter(): Promise<void> {
  await show();
  byId('main').focus();
}

async function navigate(): Promise<void> {
  byId('said').replaceChildren();
  if (whoIsIn() !== undefined) await refresh().catch(leaveIfOver);
  await show();
  byId('main').focus();
}

/** The overview follows the vault, but never under the hands of whoever uses it. */
async function watch(): Promise<void> {
  if (whoIsIn() === undefined || place()[0] !== 'overview' || document.visibilityState !== 'visible') return;
  if (byId('main').contains(document.activeElement) && document.activeElement !== byId('main')) return;
  try {
    const view = await refresh();
    if (steady(view) !== shownFor && place()[0] === 'overview') await show();
  } catch (error) {
    leaveIfOver(error);
  }
}

addEventListener('hashchange', () => void navigate());
setInterval(() => void watch(), watchMs);
try {
  await readState();
  await show();
} catch (error) {
  byId('main').replaceChildren(el('p', { class: 'refusal', role: 'alert' }, refusalText(error)));
}
