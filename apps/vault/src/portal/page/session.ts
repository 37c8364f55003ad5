/** What this page knows of its vault: its state, who signed in, and everything of that owner. Gone when the page is closed. */
import {
  canonicalText,
  type OwnerAct,
  type OwnerView,
  ownerSigningText,
  type PortalSession,
  type PortalState,
  portalPaths,
} from '@holdfast/domain';
import { ask, useSession } from './api.ts';
import { fromBase64url, sha256, utf8 } from './bytes.ts';
import type { Json } from './json.ts';
import { provePasskey } from './passkey.ts';

export type View = Json<OwnerView>;

interface SignedIn {
  readonly owner: string;
  /** Id of the passkey that signed in. */
  readonly credential: string;
  readonly view: View;
}

let known: PortalState | undefined;
let signedIn: SignedIn | undefined;

/** @throws Error before the vault's state was read */
export function vault(): PortalState {
  if (known === undefined) throw new Error('the vault has not said yet what it is');
  return known;
}

export const whoIsIn = (): SignedIn | undefined => signedIn;

/** @throws Error when nobody is signed in */
export function me(): SignedIn {
  if (signedIn === undefined) throw new Error('sign in first');
  return signedIn;
}

export async function readState(): Promise<PortalState> {
  known = await ask<PortalState>(portalPaths.state);
  return known;
}

/** Reads everything of the owner anew. */
export async function refresh(): Promise<View> {
  const view = await ask<View>(portalPaths.view);
  signedIn = { ...me(), view };
  return view;
}

/** Signs in with a passkey; `chosen` are the ids that may answer, none lets the person choose. */
export async function signIn(chosen: readonly string[]): Promise<void> {
  const { challenge } = await ask<{ challenge: string }>(portalPaths.challenge);
  const { kind: _, ...assertion } = await provePasskey(fromBase64url(challenge), chosen);
  const { session, owner } = await ask<PortalSession>(portalPaths.login, assertion);
  useSession(session);
  const view = await ask<View>(portalPaths.view);
  signedIn = { owner, credential: assertion.credential, view };
  rememberPasskey(assertion.credential);
}

export function signOut(): void {
  useSession('');
  signedIn = undefined;
}

/** What may come back from an act; which of it, the act decides. */
export interface ActAnswer {
  readonly publicKey?: string | null;
  /** Id of a change that waits, and from when it counts. */
  readonly pending?: string;
  readonly from?: number;
}

type Unsigned<Act> = Act extends { readonly at: number } ? Json<Omit<Act, 'at'>> : never;
export type Wish = Unsigned<OwnerAct>;

/** Has a passkey prove an act and hands it in. `only`: the one passkey that may. @throws VaultRefused, DOMException */
export async function perform(wish: Wish, only?: string): Promise<ActAnswer> {
  const text = canonicalText({ ...wish, at: Date.now() });
  const challenge = await sha256(utf8(ownerSigningText(vault().vaultId, text)));
  const proof = await provePasskey(challenge, only === undefined ? livePasskeys() : [only]);
  const answer = await ask<ActAnswer>(portalPaths.act, { act: text, proof });
  await refresh();
  return answer;
}

/** Ids of the owner's passkeys that count. */
export const livePasskeys = (): readonly string[] =>
  me()
    .view.credentials.filter(({ kind }) => kind === 'webauthn')
    .map(({ id }) => id);

const shelf = 'holdfast-passkeys';

/** Ids (public) of passkeys used here before: security keys that do not list theirs need to be asked by id. */
export function rememberedPasskeys(): readonly string[] {
  return (localStorage.getItem(shelf) ?? '').split(' ').filter((id) => /^[A-Za-z0-9_-]+$/.test(id));
}

export function rememberPasskey(id: string): void {
  localStorage.setItem(shelf, [id, ...rememberedPasskeys().filter((other) => other !== id)].slice(0, 8).join(' '));
}
