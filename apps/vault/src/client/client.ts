/**
 * A program's side of the vault's door. A refusal is a value; only a failed connection throws (`vault-unreachable`), and
 * then the outcome is not known. The same intent may be asked again and gets the same verdict.
 */
import { createHash, createPublicKey, createSecretKey, type KeyObject, sign } from 'node:crypto';
import {
  type AccountId,
  type Amount,
  type Asset,
  type Credential,
  canonicalText,
  type DoorRead,
  type DoorRefusal,
  doorPaths,
  type GrantRequest,
  type Intent,
  type Mandate,
  type OwnerAct,
  type OwnerId,
  type OwnerProof,
  type OwnerView,
  ownerActText,
  ownerSigningText,
  ownerViewText,
  type RefusalCode,
  type SubKeyId,
  subtract,
  type VaultStatus,
  type Verdict,
  type VerdictRecord,
} from '@holdfast/domain';
import { parseDoor } from './decode.ts';
import { VaultUnreachable } from './error.ts';
import { type EventListener, followEvents } from './events.ts';
import { type Answer, type Caller, type Door, openDoor, post } from './request.ts';

/** The door said no; the code is one of custody's. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly reason: string;
  /** The smallest wider mandate that would allow what was asked for, to be laid before the owner. */
  readonly proposed?: Mandate;
}
export type Done = { readonly kind: 'done' } | Refused;
/** The same sub-key in the form of an exchange key, for programs that speak the exchange's own API. */
export interface DialectKey {
  readonly apiKey: string;
  readonly secret: string;
}
export type Granted =
  | { readonly kind: 'granted'; readonly subKey: SubKeyId; readonly secret: string; readonly dialect: DialectKey }
  | Refused;
/** `publicKey` is the PEM of a vault-born key, when the act made one; `answer` is all that the door said. */
export type OwnerActDone =
  | { readonly kind: 'done'; readonly publicKey: string | null; readonly answer: Readonly<Record<string, unknown>> }
  | Refused;

/** `from`: unix ms from which the mandate would count. Amounts of `worstLoss` are in the mandate's quote. */
export interface MandateTold {
  readonly words: readonly string[];
  readonly worstLoss: Readonly<Record<string, unknown>>;
  readonly change: 'first' | 'narrower' | 'equal' | 'wider';
  readonly changes: readonly string[];
  readonly from: number;
}

/** What to seal to: see `ticketText` in the signer for what the vault's identity signed. */
export interface SealTicket {
  readonly ticket: string;
  /** Uncompressed P-256 point, base64. */
  readonly publicKey: string;
  readonly expires: number;
  readonly signature: string;
}

export interface Killed {
  readonly kind: 'killed';
  /** `key` is enough of the key's id to find it at the exchange; '' when the account had none. */
  readonly accounts: readonly { readonly account: AccountId; readonly exchange: string; readonly key: string }[];
}

/** What the books of the vault hold; `locked` is what open orders of ours bind at their limits. */
export interface AccountBalance {
  readonly asset: Asset;
  readonly free: Amount;
  readonly locked: Amount;
}

/** As the door says it. */
interface Total {
  readonly asset: Asset;
  readonly total: Amount;
  readonly locked: Amount;
}

/** One bot's way in: intents only. */
export interface SubKeyClient {
  /** The verdict, after it is durable. @throws VaultUnreachable */
  submit(intent: Intent): Promise<Verdict>;
}

/** All methods throw VaultUnreachable when no answer came; reads throw VaultReadRefused when the door says no. */
export interface VaultClient extends SubKeyClient {
  status(): Promise<VaultStatus>;
  balances(account: AccountId): Promise<readonly AccountBalance[]>;
  /** The orders of the account that rest or are on their way, in the door's own words. */
  openOrders(account: AccountId): Promise<readonly unknown[]>;
  /** Newest first. */
  verdicts(limit: number): Promise<readonly VerdictRecord[]>;
  freeze(reason: string, account?: AccountId): Promise<Done>;
  /** Revokes everything, cancels the entries and seals the vault; the accounts are those whose keys are to be deleted. */
  kill(reason: string): Promise<Killed | Refused>;
  grant(request: GrantRequest): Promise<Granted>;
  revoke(subKey: SubKeyId): Promise<Done>;
  /** Proves the act with the owner's private key (Ed25519) or by another means, and hands it in. */
  ownerAct(act: OwnerAct, by: KeyObject | OwnerSigner): Promise<OwnerActDone>;
  /** Everything of the owner who signs, for the command line. */
  ownerView(at: number, by: KeyObject | OwnerSigner): Promise<OwnerView | Refused>;
  /** A mandate in words, with what could be lost under it and how it differs from the one in force; changes nothing. */
  words(mandate: Mandate): Promise<MandateTold | Refused>;
  /** A narrower mandate, without the owner's proof. */
  narrow(mandate: Mandate): Promise<Done>;
  /** Drops what waits, by its id. */
  veto(pending: string): Promise<Done>;
  /** A one-time public key to seal an exchange key to. */
  ticket(): Promise<SealTicket | Refused>;
  /** Has a code said on the vault's console; null: for any new owner. */
  enrolCode(owner: OwnerId | null): Promise<Done>;
  /** The first credential of an owner. */
  enrol(owner: OwnerId, code: string, credential: Credential): Promise<Done>;
  events(next: () => number, listener: EventListener): () => void;
  /** The same door with a sub-key's id and secret (hex). */
  subKey(key: { readonly id: string; readonly secret: string }): SubKeyClient;
  close(): void;
}

/** A read that the door refused. */
export class VaultReadRefused extends Error {
  override readonly name = 'VaultReadRefused';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** What proves an act: called with the text to be signed (`ownerSigningText`). */
export type OwnerSigner = (text: string) => OwnerProof | Promise<OwnerProof>;

/** SHA-256 in hex of the public half's SPKI DER: the id of a credential that is not a passkey. */
export const credentialId = (key: KeyObject): string =>
  createHash('sha256')
    .update((key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** Proves with an Ed25519 private key. */
export const ed25519Signer =
  (key: KeyObject): OwnerSigner =>
  (text) => ({
    kind: 'ed25519',
    credential: credentialId(key),
    signature: sign(null, Buffer.from(text, 'utf8'), key).toString('base64'),
  });

/** The body of an owner act for one vault. */
export async function signOwnerAct(
  vaultId: string,
  act: OwnerAct,
  by: KeyObject | OwnerSigner,
): Promise<{ readonly act: string; readonly proof: OwnerProof }> {
  return signText(vaultId, ownerActText(act), by);
}

async function signText(vaultId: string, text: string, by: KeyObject | OwnerSigner) {
  const signer = typeof by === 'function' ? by : ed25519Signer(by);
  return { act: text, proof: await signer(ownerSigningText(vaultId, text)) };
}

function callerOf({ id, secret }: { readonly id: string; readonly secret: string }): Caller {
  const bytes = Buffer.from(secret, 'hex');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id, secret: key };
}

/** @throws VaultUnreachable when the answer is not the door's */
function read(door: Door, { status, body }: Answer): { readonly value: unknown } | Refused {
  let value: unknown;
  try {
    value = parseDoor(body);
  } catch (cause) {
    throw new VaultUnreachable(`${door.url.origin} answered ${status} with something that is not the vault's`, { cause });
  }
  if (status === 200) return { value };
  const { error, proposed } = (value ?? {}) as Partial<DoorRefusal> & { readonly proposed?: Mandate };
  if (error === undefined) throw new VaultUnreachable(`${door.url.origin} answered ${status} without a reason`);
  return { kind: 'refused', code: error.code, reason: error.reason, ...(proposed === undefined ? {} : { proposed }) };
}

class Client implements VaultClient {
  readonly #door: Door;
  readonly #caller: Caller;

  constructor(door: Door, caller: Caller) {
    this.#door = door;
    this.#caller = caller;
  }

  async #post(path: string, body: unknown, repeatable: boolean): Promise<{ readonly value: unknown } | Refused> {
    return read(this.#door, await post(this.#door, this.#caller, path, canonicalText(body), repeatable));
  }

  async #read<Value>(what: DoorRead): Promise<Value> {
    const answer = await this.#post(doorPaths.read, what, true);
    if ('kind' in answer) throw new VaultReadRefused(answer.code, answer.reason);
    return answer.value as Value;
  }

  async #do(path: string, body: unknown): Promise<Done> {
    const answer = await this.#post(path, body, false);
    return 'kind' in answer ? answer : { kind: 'done' };
  }

  async submit(intent: Intent): Promise<Verdict> {
    const answer = await this.#post(doorPaths.intent, intent, true);
    return 'kind' in answer ? answer : (answer.value as { verdict: Verdict }).verdict;
  }

  status(): Promise<VaultStatus> {
    return this.#read({ kind: 'status' });
  }

  async balances(account: AccountId): Promise<readonly AccountBalance[]> {
    const read = await this.#read<{ balances: readonly Total[] }>({ kind: 'balances', account });
    return read.balances.map(({ asset, total, locked }) => ({ asset, free: subtract(total, locked), locked }));
  }

  async openOrders(account: AccountId): Promise<readonly unknown[]> {
    return (await this.#read<{ orders: readonly unknown[] }>({ kind: 'open-orders', account })).orders;
  }

  async verdicts(limit: number): Promise<readonly VerdictRecord[]> {
    return (await this.#read<{ verdicts: readonly VerdictRecord[] }>({ kind: 'verdicts', limit })).verdicts;
  }

  freeze(reason: string, account?: AccountId): Promise<Done> {
    return this.#do(doorPaths.freeze, account === undefined ? { reason } : { reason, account });
  }

  async kill(reason: string): Promise<Killed | Refused> {
    const answer = await this.#post(doorPaths.kill, { reason }, false);
    return 'kind' in answer ? answer : { kind: 'killed', accounts: (answer.value as Killed).accounts };
  }

  async grant(request: GrantRequest): Promise<Granted> {
    const answer = await this.#post(doorPaths.grant, request, false);
    if ('kind' in answer) return answer;
    const { subKey, secret, dialect } = answer.value as { subKey: SubKeyId; secret: string; dialect: DialectKey };
    return { kind: 'granted', subKey, secret, dialect };
  }

  revoke(subKey: SubKeyId): Promise<Done> {
    return this.#do(doorPaths.revoke, { subKey });
  }

  async ownerAct(act: OwnerAct, by: KeyObject | OwnerSigner): Promise<OwnerActDone> {
    const { vaultId } = await this.status();
    const answer = await this.#post(doorPaths.owner, await signOwnerAct(vaultId, act, by), false);
    if ('kind' in answer) return answer;
    const said = (answer.value ?? {}) as Readonly<Record<string, unknown>>;
    return { kind: 'done', publicKey: (said.publicKey as string | undefined) ?? null, answer: said };
  }

  async ownerView(at: number, by: KeyObject | OwnerSigner): Promise<OwnerView | Refused> {
    const { vaultId } = await this.status();
    return this.#ask(doorPaths.ownerView, await signText(vaultId, ownerViewText(at), by));
  }

  async #ask<Value>(path: string, body: unknown): Promise<Value | Refused> {
    const answer = await this.#post(path, body, false);
    return 'kind' in answer ? answer : (answer.value as Value);
  }

  words(mandate: Mandate): Promise<MandateTold | Refused> {
    return this.#ask(doorPaths.words, { mandate });
  }

  narrow(mandate: Mandate): Promise<Done> {
    return this.#do(doorPaths.narrow, { mandate });
  }

  veto(pending: string): Promise<Done> {
    return this.#do(doorPaths.veto, { pending });
  }

  ticket(): Promise<SealTicket | Refused> {
    return this.#ask(doorPaths.ticket, {});
  }

  enrolCode(owner: OwnerId | null): Promise<Done> {
    return this.#do(doorPaths.enrolCode, { owner });
  }

  enrol(owner: OwnerId, code: string, credential: Credential): Promise<Done> {
    return this.#do(doorPaths.enrol, { owner, code, credential });
  }

  events(next: () => number, listener: EventListener): () => void {
    return followEvents(this.#door, this.#caller, next, listener);
  }

  subKey(key: { readonly id: string; readonly secret: string }): SubKeyClient {
    return new Client(this.#door, callerOf(key));
  }

  close(): void {
    this.#door.agent.destroy();
  }
}

/** Opens the door at `url` (e.g. `http://127.0.0.1:8432`) for a caller: a peer's name or a sub-key's id, with its secret in hex. */
export const connectVault = (options: {
  readonly url: string;
  readonly key: { readonly id: string; readonly secret: string };
}): VaultClient => new Client(openDoor(options.url), callerOf(options.key));
