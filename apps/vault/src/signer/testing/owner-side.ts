/** The owner's side of a scripted vault: enrolling by the console's code, signing acts, a real vault that is ready to trade. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  type AccountId,
  type Credential,
  type Destination,
  doorPaths,
  type Mandate,
  type OwnerAct,
  type OwnerId,
} from '@holdfast/domain';
import { idOfKey } from '../owners/credentials.ts';
import { scriptedVault, signedBy, testMandate } from './scripted-vault.ts';

export type Vault = ReturnType<typeof scriptedVault>;
export type Body = { readonly error?: { readonly code: string; readonly reason: string } } & Readonly<Record<string, never>>;
export interface Said {
  readonly status: number;
  readonly body: Body;
}

export const dayMs = 86_400_000;

export const codeOf = (answer: { readonly body: unknown }): string => (answer.body as Body).error?.code ?? 'ok';

export function credentialOf(key: KeyObject, label = 'key'): Credential {
  const publicKey = createPublicKey(key);
  return {
    id: idOfKey(publicKey),
    kind: 'ed25519',
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    label,
  };
}

/** The newest code that stands on the console. */
export function consoleCode(vault: Vault): string {
  const line = vault.logged.findLast((it) => it.startsWith('enrolment code'));
  if (line === undefined) throw new Error('no code was said');
  return /: (\S+) /.exec(line)![1]!;
}

export interface Owner {
  readonly owner: OwnerId;
  readonly key: KeyObject;
  act(act: OwnerAct): Promise<Said>;
}

export const ownerWith = (vault: Vault, name: string, key: KeyObject): Owner => ({
  owner: name as OwnerId,
  key,
  act: (act) => vault.askAsPeer(doorPaths.owner, signedBy(key, act), 'cli') as Promise<Said>,
});

/** A new owner with an Ed25519 credential. */
export async function enrol(vault: Vault, name: string): Promise<Owner> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await vault.askAsPeer(doorPaths.enrolCode, { owner: name }, 'cli');
  const body = { owner: name, code: consoleCode(vault), credential: credentialOf(privateKey, `key of ${name}`) };
  const answer = await vault.askAsPeer(doorPaths.enrol, body, 'cli');
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return ownerWith(vault, name, privateKey);
}

/** An account that is made and connected with a key id of its own; gives the fingerprint that mandates name. */
export async function connected(vault: Vault, owner: Owner, account: string, apiKey: string, exchange: 'simulated' | 'binance') {
  const name = account as AccountId;
  const made = await owner.act({ act: 'account-create', account: name, exchange, key: 'ed25519', at: vault.now() });
  const done = await owner.act({ act: 'account-connect', account: name, apiKey, at: vault.now() });
  return { made, done, uid: (done.body as { uid?: string }).uid ?? '' };
}

/** A mandate of an account of the owner, in the exchange's time. */
export const mandateOf = (owner: Owner, account: string, uid: string, change: Partial<Mandate> = {}): Mandate =>
  testMandate({ owner: owner.owner, account: account as AccountId, uid, ...change });

export const webhook = (id: string, url = `https://hooks.example/${id}`): Destination => ({ id, kind: 'webhook', url });

/** Two destinations, both confirmed by the codes that were sent to them. */
export async function confirmTwo(vault: Vault, owner: Owner, at = 'https://hooks.example'): Promise<void> {
  const destinations = ['one', 'two'].map((id) => webhook(id, `${at}/${id}`));
  await owner.act({ act: 'destinations', destinations, at: vault.now() });
  await vault.settle();
  for (const { id } of destinations) {
    const notice = vault.exchange.notices.findLast((it) => it.destination.id === id && it.title === 'Confirm this destination');
    const code = /: ([a-z2-7]{8})\b/.exec(notice?.text ?? '')?.[1] ?? '';
    const done = await owner.act({ act: 'destination-confirm', destination: id, code, at: vault.now() });
    if (done.status !== 200) throw new Error(JSON.stringify(done.body));
  }
}

/** A real vault with an owner, a connected account in its first mandate, and two confirmed destinations. */
export async function realVault(change: Partial<Mandate> = {}) {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const owner = await enrol(vault, 'anna');
  const { uid } = await connected(vault, owner, 'paper', 'KEY', 'binance');
  await confirmTwo(vault, owner);
  await vault.sync('100');
  const mandate = mandateOf(owner, 'paper', uid, change);
  const first = await owner.act({ act: 'mandate', mandate, at: vault.now() });
  if (first.status !== 200) throw new Error(JSON.stringify(first.body));
  await vault.sync('100');
  return { vault, owner, uid, mandate };
}
