/**
 * What every page has to say as long as it lasts: what does not protect this vault, what of it stands still, and what waits
 * for its owner. Each says why and what to do; most of it only the owner can do, on the vault's own page.
 */
import type { VaultWarning } from '@holdfast/contracts';
import type { VaultAccount, VaultStatus } from '@holdfast/domain';

/** Exchanges of which a recorded run against a real account is checked in. */
const provenExchanges: ReadonlySet<string> = new Set();

const dayMs = 86_400_000;
const dateText = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').slice(0, 16)} UTC`;

type Protection = VaultStatus['protections'][number];

const onMachine = (code: 'one-user' | 'owner-key-unencrypted' | 'key-file', title: string, command: string | null) => ({
  code,
  title,
  command,
});

/** Measures whose lack is said on every page, by their name. The others stand in the list of protections. */
const grave: Readonly<Record<string, ReturnType<typeof onMachine>>> = {
  'unseal-key': onMachine('key-file', 'Unsealed by a key file', 'npx holdfast vault wrap add passphrase'),
  users: onMachine('one-user', 'One user', null),
  'owner-key': onMachine('owner-key-unencrypted', 'Not protected: the owner key is unencrypted', null),
};

function ofMachine({ name, inForce, text }: Protection, simulated: boolean): VaultWarning[] {
  const about = inForce ? undefined : grave[name];
  // A simulated vault keeps its key beside its data by design: its kind says so.
  if (about === undefined || (simulated && about.code === 'key-file')) return [];
  const level = simulated ? 'note' : about.code === 'one-user' ? 'warning' : 'alarm';
  return [{ ...about, account: null, level, text: sentence(withoutTitle(about.title, text)), onOwnersPage: false }];
}

/** "one user: protects …" under the title "One user" is "Protects …". */
function withoutTitle(title: string, text: string): string {
  const rest = text.toLowerCase().startsWith(`${title.toLowerCase()}: `) ? text.slice(title.length + 2) : text;
  return capital(rest);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const about = (
  account: string,
  code: VaultWarning['code'],
  level: VaultWarning['level'],
  title: string,
  text: string,
  command: string | null = null,
): VaultWarning => ({ code, account, level, title, text, command, onOwnersPage: true });

const stopWords = { active: 'is stopped', 'reduce-only': 'may only reduce', frozen: 'is frozen', revoked: 'is revoked' } as const;

function stopsOf({ account, condition, stopped, grants }: VaultAccount): VaultWarning[] {
  const botOf = (name: string): string => grants.find(({ subKey }) => subKey === name)?.bot ?? name.slice(0, 8);
  return stopped.map(({ what, name, reason, by }) => {
    const titles = {
      account: `Account ${account} ${stopWords[condition]}`,
      pair: `${name} is frozen on account ${account}`,
      'sub-key': `Bot ${botOf(name)} is frozen`,
    };
    const why = sentence(reason === '' ? 'no reason was given' : reason);
    const text = `${capital(why)}${by === '' ? '' : ` Stopped by ${by}.`} Only the owner can lift it.`;
    return about(account, 'account-stopped', 'alarm', titles[what], text, `npx holdfast unfreeze --account ${account}`);
  });
}

function keyOf({ account, key }: VaultAccount, now: number): VaultWarning[] {
  if (key === null) return [];
  const found: VaultWarning[] = [];
  if (!key.ipRestricted)
    found.push(
      about(
        account,
        'account-not-protected',
        'warning',
        `Account ${account} is not protected`,
        'Its exchange key works from any address, so all limits are halved. At the exchange, restrict the key to the address of this machine.',
      ),
    );
  const days = Math.floor((now - key.bornAt) / dayMs);
  if (key.age === 'too-old')
    found.push(
      about(
        account,
        'key-too-old',
        'alarm',
        `The key of account ${account} is too old`,
        `It is ${days} days old, the most is 90: no new risk is taken, exits and cancels go on. Rotate it.`,
      ),
    );
  if (key.age === 'old')
    found.push(
      about(
        account,
        'key-old',
        'warning',
        `The key of account ${account} is old`,
        `It is ${days} days old; from 90 on no new risk is taken. Rotate it.`,
      ),
    );
  return found;
}

const pendingOf = ({ account, pending }: VaultAccount): VaultWarning[] =>
  pending.map(({ what, from }) =>
    about(
      account,
      'change-pending',
      'warning',
      'A change waits',
      `${capital(sentence(what))} It counts from ${dateText(from)}. If it is not yours, veto it.`,
    ),
  );

function provenOf({ account, exchange }: VaultAccount, simulated: boolean): VaultWarning[] {
  if (simulated || provenExchanges.has(exchange)) return [];
  const text = `No recorded run against ${exchange} is checked in. Begin with an account that holds what you can do without.`;
  return [
    {
      ...about(account, 'not-proven', 'warning', 'Not yet proven against the real exchange', text, 'npx holdfast account check'),
      onOwnersPage: false,
    },
  ];
}

const grade = { alarm: 0, warning: 1, note: 2 } as const;

/** The gravest first. `now`: the machine's clock, unix ms. */
export const warningsOf = ({ accounts, protections, simulated }: VaultStatus, now: number): VaultWarning[] =>
  [
    ...accounts.flatMap(stopsOf),
    ...accounts.flatMap((it) => keyOf(it, now)),
    ...accounts.flatMap(pendingOf),
    ...accounts.flatMap((it) => provenOf(it, simulated)),
    ...protections.flatMap((it) => ofMachine(it, simulated)),
  ].sort((a, b) => grade[a.level] - grade[b.level]);

export const sealedWarning: VaultWarning = {
  code: 'sealed',
  account: null,
  level: 'alarm',
  title: 'The vault is sealed',
  text: 'It signs nothing until it is unsealed; stops and take profits that rest at the exchange stay there.',
  command: 'npx holdfast vault unseal',
  onOwnersPage: true,
};
