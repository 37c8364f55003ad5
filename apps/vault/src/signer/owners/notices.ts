/**
 * What owners are told, in sentences, and where. A notice goes to every confirmed destination of its owner and for a day to
 * those that were taken off the list, so that whoever changes the list cannot do it unheard.
 */
import type { AccountId, Destination, OwnerId } from '@holdfast/domain';
import type { ClockPort } from '../link.ts';
import type { Secrets } from '../secrets.ts';
import type { SignerState } from '../state.ts';
import { ownerOf } from './apply.ts';
import { openPasswords, withPassword } from './passwords.ts';
import type { PendingChange } from './state.ts';

export type NoticePriority = 'low' | 'default' | 'high' | 'urgent';

/** One notice to one destination, whole with its password. */
export interface Notice {
  /** The same id is delivered once, also after a restart. */
  readonly id: string;
  readonly owner: OwnerId;
  readonly destination: Destination;
  readonly title: string;
  readonly text: string;
  readonly priority: NoticePriority;
}

export type NoticeKind =
  | 'pending'
  | 'credential'
  | 'destinations'
  | 'duplicate-key'
  | 'key-age'
  | 'permissions'
  | 'condition'
  | 'rule'
  | 'disk'
  | 'foreign';

export interface Told {
  readonly kind: NoticeKind;
  /** Tells this occasion from others of its kind, so that it is said once: letters, digits and ._:/- */
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly priority?: NoticePriority;
}

export interface Notices {
  notify(owner: OwnerId, told: Told): void;
  /** Says the codes of destinations that are not confirmed yet. */
  sayCodes(owner: OwnerId): void;
  /** What the owner reads in the notice to a destination. */
  codeOf(owner: OwnerId, destination: string): string;
}

export interface NoticesPorts {
  readonly state: SignerState;
  readonly secrets: Secrets;
  readonly clock: ClockPort;
  readonly vaultId: string;
  readonly send: (notice: Notice) => void;
}

export function createNotices({ state, secrets, clock, vaultId, send }: NoticesPorts): Notices {
  const codeOf = (owner: OwnerId, destination: string): string =>
    secrets.confirmation(`${vaultId}\0${owner}\0${destination}\0${ownerOf(state, owner).destinationsAct}`);
  return {
    codeOf,
    notify: (owner, { kind, key, title, text, priority = 'high' }) => {
      for (const destination of heard(state, secrets, owner, clock.now())) {
        if (destination.kind === 'file') continue; // for anchors: nobody reads it in time
        send({ id: `${kind}/${key}/${destination.id}`, owner, destination, title, text: signed(text, owner), priority });
      }
    },
    sayCodes: (owner) => {
      const known = ownerOf(state, owner);
      const passwords = openPasswords(secrets, known.secretsRef);
      for (const { destination, confirmed } of known.destinations) {
        if (confirmed || destination.kind === 'file') continue;
        const code = codeOf(owner, destination.id);
        const text = `The vault will tell you here what happens to your accounts. To confirm this destination (${destination.id}), give this code to the vault's page or to "holdfast owner destination confirm": ${code}`;
        const whole = withPassword(destination, passwords);
        const id = `confirm/${known.destinationsAct}/${destination.id}`;
        send({
          id,
          owner,
          destination: whole,
          title: 'Confirm this destination',
          text: signed(text, owner),
          priority: 'default',
        });
      }
    },
  };
}

const signed = (text: string, owner: OwnerId): string => `${text}\n\nHoldfast vault, to owner ${owner}.`;

/** Confirmed destinations with their passwords, and those removed less than a day ago. */
function heard(state: SignerState, secrets: Secrets, owner: OwnerId, now: number): readonly Destination[] {
  const known = ownerOf(state, owner);
  const passwords = openPasswords(secrets, known.secretsRef);
  const present = known.destinations.filter((it) => it.confirmed).map((it) => withPassword(it.destination, passwords));
  const former = known.former
    .filter((it) => it.until > now)
    .map((it) => withPassword(it.destination, openPasswords(secrets, it.secretsRef)));
  return [...present, ...former];
}

/** Confirmed destinations of all owners, whole. */
export const destinationsOf = (
  state: SignerState,
  secrets: Secrets,
): readonly { readonly owner: OwnerId; readonly destination: Destination }[] =>
  [...state.owners.owners.values()].flatMap(({ owner, destinations, secretsRef }) => {
    const passwords = openPasswords(secrets, secretsRef);
    return (
      destinations
        // A file needs no code: it is on this machine, and nobody but the owner names it.
        .filter((it) => it.confirmed || it.destination.kind === 'file')
        .map((it) => ({ owner, destination: withPassword(it.destination, passwords) }))
    );
  });

/** Different places that people read and that proved to arrive. */
export const channelsOf = (state: SignerState, owner: OwnerId): number =>
  new Set(
    ownerOf(state, owner)
      .destinations.filter((it) => it.confirmed && it.destination.kind !== 'file')
      .map(({ destination }) => placeOf(destination)),
  ).size;

const placeOf = (it: Destination): string => (it.kind === 'smtp' ? it.to.toLowerCase() : it.kind === 'file' ? it.path : it.url);

/** A time as people of every country read it. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const vetoText =
  'If this was not you: veto it on the vault’s page or with "holdfast owner veto", or freeze the account; both work at once.';

/** The sentences. */
export const sayings = {
  pending: (change: PendingChange, changes: readonly string[]): Told => ({
    kind: 'pending',
    key: change.id,
    title: `Waiting: ${change.what}`,
    text: `A change that widens what may be done waits. It counts from ${timeText(change.from)}: ${change.what}.\n${changes.map((it) => `- ${it}`).join('\n')}\n${vetoText}`,
    priority: 'urgent',
  }),
  activated: (change: PendingChange): Told => ({
    kind: 'pending',
    key: `${change.id}:active`,
    title: `In force: ${change.what}`,
    text: `What waited is in force now: ${change.what}.`,
  }),
  dropped: (change: PendingChange, why: string): Told => ({
    kind: 'pending',
    key: `${change.id}:dropped`,
    title: `Dropped: ${change.what}`,
    text: `What waited will not come into force: ${change.what} (${why}).`,
  }),
  credentialAdded: (label: string, id: string): Told => ({
    kind: 'credential',
    key: id.slice(0, 64),
    title: 'A new credential proves you',
    text: `The credential "${label}" may now sign for you. If it is not yours, freeze your accounts and retire it at once.`,
    priority: 'urgent',
  }),
  unsealAdded: (label: string, act: string): Told => ({
    kind: 'credential',
    key: `unseal/${act.slice(0, 40)}`,
    title: 'A passkey may unseal the vault',
    text: `The passkey "${label}" opens the vault after a restart from now on. If you did not add it, remove it on the vault's page and find out who holds a credential of yours.`,
  }),
  credentialRetired: (label: string, id: string): Told => ({
    kind: 'credential',
    key: `${id.slice(0, 60)}:end`,
    title: 'A credential was retired',
    text: `The credential "${label}" proves you no longer.`,
  }),
  counterFell: (label: string, id: string, at: number): Told => ({
    kind: 'credential',
    key: `${id.slice(0, 40)}:counter:${at}`,
    title: 'A passkey may have been copied',
    text: `The counter of the passkey "${label}" did not rise. If its device was out of your hands, retire the passkey.`,
    priority: 'urgent',
  }),
  destinationsChanged: (count: number, act: string): Told => ({
    kind: 'destinations',
    key: act,
    title: 'The destinations of notices were changed',
    text: `Notices now go to a list of ${count} destination(s). This place hears for another 24 hours what happens, even if it is no longer on the list.`,
  }),
  duplicateKey: (account: AccountId, at: number): Told => ({
    kind: 'duplicate-key',
    key: `${account}:${at}`,
    title: 'Somebody tried to connect your exchange account',
    text: `Another owner of this vault tried to connect the exchange account or key of your account ${account}. It was refused. Somebody else knows the key: make a new one at the exchange, put it in place here, and delete the old one there.`,
    priority: 'urgent',
  }),
  keyAge: (account: AccountId, days: number, isTooOld: boolean): Told => ({
    kind: 'key-age',
    key: `${account}:${isTooOld ? 'stop' : 'warn'}:${days}`,
    title: isTooOld ? `The key of ${account} is too old: no new risk` : `The key of ${account} grows old`,
    text: `The exchange key of account ${account} is ${days} days old. At 90 days no new risk is taken with it (exits and cancels go on). Rotate it: make the next key here, add it at the exchange, then connect it.`,
  }),
  permissions: (account: AccountId, what: string, at: number): Told => ({
    kind: 'permissions',
    key: `${account}:${at}`,
    title: `The key of ${account} was changed at the exchange; the account is frozen`,
    text: `The exchange says of the key of account ${account}: ${what}. Somebody changed it there. Look at the exchange who did, delete the key if it was not you, and make a new one.`,
    priority: 'urgent',
  }),
  condition: (account: AccountId | null, condition: string, reason: string, stateEpoch: number): Told => ({
    kind: 'condition',
    key: `${account ?? 'all'}:${stateEpoch}`,
    title: `${account === null ? 'All accounts are' : `Account ${account} is`} ${condition}`,
    text: `${account === null ? 'All accounts are' : `Account ${account} is`} ${condition}: ${reason}. Only you can undo it, with your passkey or owner key.`,
    priority: 'urgent',
  }),
  rule: (account: AccountId, rule: string, reason: string, at: number): Told => ({
    kind: 'rule',
    key: `${account}:${rule}:${at}`,
    title: `Rule ${rule} at account ${account}`,
    text: `Rule ${rule} spoke at account ${account}: ${reason}.`,
  }),
  disk: (fault: string, at: number): Told => ({
    kind: 'disk',
    key: `${fault === '' ? 'space' : 'full'}:${at}`,
    title: fault === '' ? 'The vault has disk space again' : 'The disk of the vault is almost full',
    text: fault === '' ? 'New orders are taken again.' : `On the vault’s machine ${fault}.`,
    priority: fault === '' ? 'default' : 'urgent',
  }),
  foreign: (account: AccountId, what: string, at: number): Told => ({
    kind: 'foreign',
    key: `${account}:${at}`,
    title: `The exchange account of ${account} is used by somebody else`,
    text: `At the exchange account of ${account}: ${what}. If that was not you, the key or the login is in other hands: delete the key at the exchange.`,
    priority: 'urgent',
  }),
} as const;
