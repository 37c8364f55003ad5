/** Before anybody is signed in: signing in with a passkey, and enrolling one with the code from the vault's console. */
import { portalPaths } from '@holdfast/domain';
import { ask } from './api.ts';
import { button, el, facts, field, form, input } from './dom.ts';
import { enrolChallenge, makePasskey } from './passkey.ts';
import { readState, rememberedPasskeys, rememberPasskey, signIn, vault } from './session.ts';

export function enterScreen(entered: () => Promise<void>): HTMLElement {
  const { enrolled } = vault();
  return el('div', {}, enrolled ? signInCard(entered) : null, enrolCard(entered, enrolled), vaultCard());
}

function signInCard(entered: () => Promise<void>): HTMLElement {
  const known = rememberedPasskeys();
  const enter = async (ids: readonly string[]): Promise<void> => {
    await signIn(ids);
    await entered();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'sign-in' },
    el('h2', { id: 'sign-in' }, 'Sign in'),
    el('p', {}, 'Signing in shows what is yours and lets you freeze it. Every act that allows more asks for your passkey again.'),
    el(
      'div',
      { class: 'actions' },
      button('Sign in with a passkey', 'first', () => enter(known)),
      known.length > 0 ? button('Use another passkey', 'plain', () => enter([])) : null,
    ),
  );
}

function enrolCard(entered: () => Promise<void>, others: boolean): HTMLElement {
  const owner = input({ value: 'owner', pattern: '[A-Za-z0-9_\\-]{1,40}', longest: 40 });
  const code = input({ longest: 40 });
  const label = input({ value: 'This device', longest: 60 });
  const enrol = async (): Promise<void> => {
    const typed = code.value.trim();
    const challenge = await enrolChallenge(vault().vaultId, owner.value, typed);
    const registration = await makePasskey(challenge, owner.value, label.value, []);
    await ask(portalPaths.enrol, { owner: owner.value, code: typed, label: label.value, registration });
    rememberPasskey(registration.id);
    await readState();
    await signIn([registration.id]);
    await entered();
  };
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'enrol' },
    el('h2', { id: 'enrol' }, others ? 'Enrol a passkey with a code' : 'Enrol your first passkey'),
    el(
      'p',
      {},
      'The vault’s console prints a code that works once. It proves that you are at the machine; no program of the app can read it.',
      ' "holdfast owner code" has it print one.',
    ),
    form(
      'Make a passkey',
      [
        field('Owner', owner, 'Letters, digits, _ or -. Each account belongs to exactly one owner.'),
        field('Code from the console', code),
        field('Name of this passkey', label, 'So that you recognise it later.'),
      ],
      enrol,
    ),
  );
}

function vaultCard(): HTMLElement {
  const { vaultId, fingerprint, simulated, protections, unsealedBy } = vault();
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'vault' },
    el('h2', { id: 'vault' }, 'This vault'),
    el(
      'p',
      { class: 'quiet' },
      'Compare the fingerprint with the one that the console printed. If they differ, this is not your vault.',
    ),
    facts([
      ['Kind', simulated ? 'simulated: no real money' : 'real'],
      ['Fingerprint', el('code', {}, fingerprint)],
      ['Vault id', el('code', {}, vaultId)],
      ['Unsealed by', unsealedBy],
      ...protections.map(({ name, inForce, text }) => [name, `${inForce ? 'in force' : 'NOT in force'}: ${text}`] as const),
    ]),
  );
}
