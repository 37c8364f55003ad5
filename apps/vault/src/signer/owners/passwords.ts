/** Passwords of destinations: sealed in a record of their own, never in the journal, never shown. */
import type { Destination, OwnerAct, OwnerId } from '@holdfast/domain';
import type { Secrets } from '../secrets.ts';
import type { SignerState } from '../state.ts';
import { ownerOf } from './apply.ts';

type Passwords = ReadonlyMap<string, string>;
const none: Passwords = new Map();

/** The destination without its password. */
export const withoutPassword = (it: Destination): Destination => (it.kind === 'smtp' ? { ...it, password: '' } : it);

export const withPassword = (it: Destination, passwords: Passwords): Destination =>
  it.kind === 'smtp' ? { ...it, password: passwords.get(it.id) ?? '' } : it;

/** As it is shown. */
export const shownDestination = (it: Destination, hasPassword: boolean): Destination =>
  it.kind === 'smtp' ? { ...it, password: hasPassword ? unchangedPassword : '' } : it;

/** @throws SealDamage */
export function openPasswords(secrets: Secrets, ref: string | null): Passwords {
  if (ref === null) return none;
  const plain = secrets.openRecord(ref);
  const entries = JSON.parse(plain.toString('utf8')) as [string, string][];
  plain.fill(0);
  return new Map(entries);
}

/** What a list says in place of a password that stays as it is. */
export const unchangedPassword = 'set';

/** Seals the passwords of a list; null when there is none. The name holds the act, so that an interrupted change loses nothing. */
export function sealPasswords(
  secrets: Secrets,
  state: SignerState,
  owner: OwnerId,
  { destinations }: Extract<OwnerAct, { act: 'destinations' }>,
  actId: string,
): string | null {
  const before = openPasswords(secrets, ownerOf(state, owner).secretsRef);
  const entries = destinations.flatMap((it) => {
    if (it.kind !== 'smtp') return [];
    const password = it.password === unchangedPassword ? (before.get(it.id) ?? '') : it.password;
    return password === '' ? [] : [[it.id, password]];
  });
  if (entries.length === 0) return null;
  const ref = `destinations.${owner}.${actId.slice(0, 16)}`;
  secrets.sealRecord(ref, Buffer.from(JSON.stringify(entries), 'utf8'));
  return ref;
}
