/**
 * The deciding process. Its order of work never changes: parse, authenticate, judge, hold, journal (durable), build and
 * sign, hand to egress. Whatever no rule allows is refused. It speaks only through its ports, so that the same code runs
 * in its own process and in a simulation with a clock of its own.
 */
import { type KeyObject, randomBytes, verify } from 'node:crypto';
import {
  type AccountId,
  amount,
  canonicalText,
  doorPaths,
  type EpochMs,
  type Intent,
  type OwnerAct,
  ownerSigningText,
  type Pair,
  type PlaceOrder,
  type RefusalCode,
  roundTo,
  type SubKeyId,
  type Verdict,
} from '@holdfast/domain';
import { buildApiRestrictions, type Credentials, restrictionsFault } from '@holdfast/exchanges/trading';
import { judge, judgeGrant, type ReferencePrice } from '@holdfast/policy';
import type {
  EgressToSigner,
  GateToSigner,
  PeerName,
  ProcessFrame,
  ReferenceFrame,
  SignerToEgress,
  SignerToGate,
} from '../frames/frames.ts';
import { createAuthenticator } from './authenticate.ts';
import { createEventFeed } from './event-feed.ts';
import { createJournal, type JournalPort, readJournal, toJson } from './journal.ts';
import { type AccountLink, type ClockPort, createLink } from './link.ts';
import {
  ParameterError,
  parseFreeze,
  parseGrant,
  parseIntent,
  parseOwnerAct,
  parseRead,
  parseRevoke,
  parseSignedAct,
} from './parse.ts';
import { answerRead, type Reference } from './reads.ts';
import { type RecordBody, readRecord } from './records.ts';
import type { Secrets } from './secrets.ts';
import { createSettlement } from './settle.ts';
import {
  type AccountState,
  applyRecord,
  emptyState,
  type GrantState,
  grantOf,
  hashText,
  type KnownOrder,
  orderKey,
  type SignerState,
} from './state.ts';
import { createUpstream } from './upstream.ts';

export interface SignerPorts {
  readonly journal: JournalPort;
  /** For messages about the journal, e.g. its path. */
  readonly journalName: string;
  readonly clock: ClockPort;
  readonly gate: (frame: SignerToGate) => void;
  readonly egress: (frame: SignerToEgress) => void;
  readonly secrets: Secrets;
  readonly config: SignerConfig;
  readonly log: (message: string) => void;
  /** The journal cannot be written: the process must end at once. */
  readonly fatal: (error: Error) => void;
}

export interface SignerConfig {
  readonly vaultId: string;
  readonly simulated: boolean;
  readonly ownerKey: KeyObject;
}

export interface Signer {
  fromGate(frame: GateToSigner): void;
  fromEgress(frame: EgressToSigner): void;
  processes(processes: readonly ProcessFrame[]): void;
  readonly position: () => { readonly seq: number; readonly head: string };
}

type Caller = { readonly kind: 'peer'; readonly name: PeerName } | { readonly kind: 'sub-key'; readonly subKey: SubKeyId };
type DoorRequest = Extract<GateToSigner, { kind: 'request' }>;

/** A door request that is answered with a refusal. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

const subKeyEpoch = 1;
/** How far the time of an owner act may lie from ours, in ms. */
const ownerFreshMs = 60_000;
const referenceStep = amount('0.00000001');
const eventsTarget = /^\/v1\/events\?from=(\d{1,15})$/;

const statusOf: Partial<Record<RefusalCode, number>> = {
  E_PATH: 404,
  E_PARAM: 400,
  E_SIG: 401,
  E_TIME: 401,
  E_REPLAY: 401,
  E_REVOKED: 401,
  E_RIGHT: 403,
  E_FROZEN: 403,
  E_STATE: 409,
  E_DUPLICATE: 409,
  E_MANDATE_SIG: 401,
  E_RECONCILE: 503,
  E_SEALED: 503,
  E_CONNECT: 502,
};

/**
 * Reads the journal, opens the streams of connected accounts and answers from then on.
 * @throws JournalDamage when the journal is not what was written
 */
export function createSigner(ports: SignerPorts): Signer {
  const { clock, config, secrets } = ports;
  const state: SignerState = emptyState();
  const bytes = ports.journal.load();
  const reading = readJournal(bytes, ports.journalName, (raw) => applyRecord(state, readRecord(raw)));
  if (reading.length < bytes.length) {
    ports.log(`cut off a torn last line of ${bytes.length - reading.length} bytes`);
    ports.journal.truncate(reading.length);
  }
  const journal = createJournal(ports.journal, reading, ports.fatal);
  const feed = createEventFeed(ports.gate, ports.journal, state.eventSeq);
  const upstream = createUpstream((frame) => {
    // A new order is called for only after its own record is durable.
    if (frame.kind === 'request' && frame.purpose === 'place') ports.egress(frame);
    else journal.whenDurable(() => ports.egress(frame));
  });
  const links = new Map<AccountId, AccountLink>();
  const subKeys = new Map<SubKeyId, KeyObject>();
  const peers = new Map([...secrets.peerKeys].map(([name, secret]) => [name as string, { name, secret }]));
  const reference = new Map<Pair, Reference>();
  let lockstep = false;
  let heldSync: { readonly n: number; readonly time: number } | null = null;
  let processes: readonly ProcessFrame[] = [];

  const commit = (body: RecordBody, after?: () => void): void => {
    const { time, os } = journal.append(body, state.time, clock.now(), after);
    applyRecord(state, { ...body, time, os });
  };
  const settle = createSettlement(
    state,
    (event, foreign) => commit({ kind: 'settled', event, foreign }, () => feed.publish(event)),
    (order) => {
      if (order.cancelWanted) links.get(order.account)?.cancel(order);
    },
  );

  const credentials = (account: AccountState, apiKey = account.apiKey ?? ''): Credentials => ({
    apiKey,
    key: secrets.accountKey(account.account),
    // The exchange compares with its own clock or the machine's; how fresh a signature is, is a matter between machines.
    timestamp: clock.now(),
  });

  const linkOf = (account: AccountState): AccountLink => {
    const known = links.get(account.account);
    if (known !== undefined) return known;
    const link = createLink(account, {
      state,
      clock,
      upstream,
      settle,
      commit,
      credentials,
      sendToEgress: ports.egress,
      isSimulated: config.simulated,
      onSettled: passSync,
      log: ports.log,
    });
    links.set(account.account, link);
    return link;
  };

  const wantPairs = (): void => {
    const pairs = new Set<string>();
    for (const account of state.accounts.values()) for (const it of account.mandate?.pairs ?? []) pairs.add(it.pair);
    ports.egress({ kind: 'pairs', pairs: [...pairs] });
  };

  /** The exchange's clock may go on only when everything it said is settled, so a round waits while an account is read. */
  function passSync(): void {
    if (heldSync === null) return;
    for (const link of links.values()) if (link.phase() === 'opening' || link.phase() === 'reading') return;
    const { n, time } = heldSync;
    heldSync = null;
    journal.whenDurable(() => feed.sync(n, time as EpochMs));
  }

  const learn = (time: number, prices: readonly ReferenceFrame[]): void => {
    if (time > state.time) state.time = time;
    reference.clear();
    for (const it of prices) {
      const price = roundTo(amount(it.price), referenceStep, 'down');
      reference.set(it.pair as Pair, { price, sources: it.sources, at: time, heardAt: clock.now() });
    }
  };

  const referenceOf = (pair: Pair): ReferencePrice | undefined => {
    const known = reference.get(pair);
    if (known === undefined) return undefined;
    const byExchange = state.time - known.at;
    // In lockstep the exchange's clock stands still with us; else the machine's clock shows that nothing came any more.
    const ageMs = lockstep ? byExchange : Math.max(byExchange, clock.now() - known.heardAt);
    return { price: known.price, sources: known.sources, ageMs };
  };

  const decidePlace = (grant: GrantState, order: PlaceOrder, answer: (verdict: Verdict) => void): void => {
    const { subKey, account: accountName } = grant;
    const known = state.decisions.get(orderKey(subKey, order.clientOrderId));
    const intentText = canonicalText(order);
    if (known !== undefined) {
      const same = known.intentText === intentText;
      const other: Verdict = {
        kind: 'refused',
        code: 'E_DUPLICATE',
        reason: `order ${order.clientOrderId} was asked for before with other terms`,
      };
      journal.whenDurable(() => answer(same ? known.verdict : other));
      return;
    }
    const account = state.accounts.get(accountName)!;
    const stopped = stopOf(account);
    const price = referenceOf(order.pair);
    const judgement = stopped ?? judge(account.book, account.mandate, grant, order, price, state.time);
    if (judgement.kind === 'refused') {
      const verdict: Verdict = { kind: 'refused', code: judgement.code, reason: judgement.reason };
      const nothing = { reference: price?.price ?? null, hold: null, upstreamId: null };
      commit({ kind: 'decided', account: accountName, subKey, intent: order, verdict, ...nothing }, () => answer(verdict));
      return;
    }
    const verdict: Verdict = { kind: 'approved' };
    const upstreamId = secrets.upstreamId(subKey, order.clientOrderId, intentText);
    const details = { reference: price?.price ?? null, hold: judgement.hold, upstreamId };
    commit({ kind: 'decided', account: accountName, subKey, intent: order, verdict, ...details }, () => {
      linkOf(account).place(state.orders.get(orderKey(subKey, order.clientOrderId))!, judgement.order);
      answer(verdict);
    });
  };

  const stopOf = (account: AccountState): { kind: 'refused'; code: RefusalCode; reason: string } | null => {
    const refuse = (code: RefusalCode, reason: string) => ({ kind: 'refused' as const, code, reason });
    if (state.frozen !== null) return refuse('E_FROZEN', `all accounts are frozen: ${state.frozen}`);
    if (account.frozen) return refuse('E_FROZEN', `account ${account.account} is frozen`);
    if (account.apiKey === null) return refuse('E_CONNECT', `account ${account.account} is not connected`);
    if (links.get(account.account)?.phase() !== 'live')
      return refuse('E_RECONCILE', `account ${account.account} is being compared with the exchange`);
    return null;
  };

  const decideCancel = (
    grant: GrantState,
    intent: Extract<Intent, { kind: 'cancel-order' }>,
    answer: (verdict: Verdict) => void,
  ): void => {
    const order = state.orders.get(orderKey(grant.subKey, intent.clientOrderId));
    const verdict = judgeCancel(order, intent);
    const record = {
      account: grant.account,
      subKey: grant.subKey,
      intent,
      verdict,
      reference: null,
      hold: null,
      upstreamId: null,
    };
    commit({ kind: 'decided', ...record }, () => {
      if (verdict.kind === 'approved' && order !== undefined) links.get(grant.account)?.cancel(order);
      answer(verdict);
    });
  };

  const acceptIntent = (caller: Caller, request: DoorRequest, answer: (status: number, body: unknown) => void): void => {
    if (caller.kind !== 'sub-key') throw new Refused('E_RIGHT', 'intents need a sub-key');
    const intent = parseIntent(request.body);
    const grant = state.grants.get(caller.subKey)!;
    const give = (verdict: Verdict): void => answer(200, { verdict });
    if (intent.kind === 'place-order') decidePlace(grant, intent, give);
    else decideCancel(grant, intent, give);
  };

  const acceptGrant = (by: PeerName, body: string, answer: (status: number, body: unknown) => void): void => {
    const terms = parseGrant(body);
    const account = state.accounts.get(terms.account);
    if (account === undefined) throw new Refused('E_STATE', `account ${terms.account} is not known`);
    const judgement = judgeGrant(account.mandate, terms, state.time);
    if (judgement.kind === 'outside') throw new Refused(judgement.code, judgement.reason);
    // A bot has one sub-key: asking again, e.g. after a lost answer, gives the same one with the terms asked for last.
    const known = grantOf(state, terms.account, terms.bot);
    const subKey = known?.subKey ?? (randomBytes(16).toString('hex') as SubKeyId);
    commit({ kind: 'granted', subKey, ...terms, by }, () =>
      answer(200, { subKey, secret: secrets.showSubKey(subKey, subKeyEpoch) }),
    );
  };

  const acceptRevoke = (by: PeerName, body: string, answer: (status: number, body: unknown) => void): void => {
    const subKey = parseRevoke(body);
    if (state.grants.get(subKey) === undefined) throw new Refused('E_STATE', `sub-key ${subKey} is not known`);
    commit({ kind: 'revoked', subKey, by }, () => answer(200, { revoked: subKey }));
  };

  const acceptFreeze = (by: PeerName, body: string, answer: (status: number, body: unknown) => void): void => {
    const { reason, account } = parseFreeze(body);
    if (account !== null && state.accounts.get(account) === undefined)
      throw new Refused('E_STATE', `account ${account} is not known`);
    commit({ kind: 'frozen', account, reason, by }, () => {
      for (const it of state.accounts.values())
        for (const order of it.unclosed.values()) if (order.cancelWanted) links.get(it.account)?.cancel(order);
      answer(200, { frozen: account ?? 'all' });
    });
  };

  const acceptOwner = (body: string, answer: (status: number, body: unknown) => void): void => {
    const { act: text, signature } = parseSignedAct(body);
    const signed = Buffer.from(ownerSigningText(config.vaultId, text), 'utf8');
    if (!verify(null, signed, config.ownerKey, Buffer.from(signature, 'base64')))
      throw new Refused('E_MANDATE_SIG', 'the signature is not of this vault’s owner over this act');
    const act = readAct(text);
    if (Math.abs(clock.now() - act.at) > ownerFreshMs)
      throw new Refused('E_TIME', `the act is of ${act.at}, it is ${clock.now()}; limit ${ownerFreshMs} ms`);
    if (state.actsSeen.has(hashText(text))) throw new Refused('E_REPLAY', 'this act was accepted before');
    performAct(act, (publicKey, after) => commit({ kind: 'owner-act', text, signature, publicKey }, after), answer);
  };

  const performAct = (
    act: OwnerAct,
    accept: (publicKey: string | null, after: () => void) => void,
    answer: (status: number, body: unknown) => void,
  ): void => {
    switch (act.act) {
      case 'account-create': {
        if (!config.simulated) throw new Refused('E_STATE', 'a real vault has no accounts on the simulated exchange');
        if (state.accounts.has(act.account)) throw new Refused('E_STATE', `account ${act.account} is there already`);
        const publicKey = secrets.createAccountKey(act.account);
        accept(publicKey, () => answer(200, { account: act.account, publicKey }));
        return;
      }
      case 'account-connect':
        connect(act, accept, answer);
        return;
      case 'mandate': {
        const account = needAccount(act.mandate.account);
        const fault = mandateFault(act, account, state.time);
        if (fault !== null) throw fault;
        accept(null, () => answer(200, { account: account.account, mandate: account.mandateHash }));
        wantPairs();
        if (account.apiKey !== null) linkOf(account).reread();
        return;
      }
      case 'unfreeze': {
        if (act.account !== null) needAccount(act.account);
        accept(null, () => answer(200, { unfrozen: act.account ?? 'all' }));
        return;
      }
    }
  };

  const needAccount = (name: AccountId): AccountState => {
    const account = state.accounts.get(name);
    if (account === undefined) throw new Refused('E_STATE', `account ${name} is not known`);
    return account;
  };

  const connect = (
    act: Extract<OwnerAct, { act: 'account-connect' }>,
    accept: (publicKey: string | null, after: () => void) => void,
    answer: (status: number, body: unknown) => void,
  ): void => {
    const account = needAccount(act.account);
    if (account.apiKey !== null && account.apiKey !== act.apiKey)
      throw new Refused('E_STATE', `account ${act.account} is connected with another key`);
    const request = buildApiRestrictions(credentials(account, act.apiKey));
    upstream
      .call(act.account, 'permissions', request)
      .then((outcome) => {
        if (outcome.kind !== 'done')
          throw new Refused('E_CONNECT', `the exchange did not tell what the key may do: ${outcome.reason}`);
        const fault = restrictionsFault(outcome.value);
        if (fault !== null) throw new Refused('E_PERM', fault);
        accept(null, () => answer(200, { account: act.account, connected: true }));
        linkOf(account).open();
      })
      .catch((error: unknown) => answerFault(error, answer));
  };

  const answerFault = (error: unknown, answer: (status: number, body: unknown) => void): void => {
    if (error instanceof Refused) answer(statusOf[error.code] ?? 422, refusal(error.code, error.message));
    else if (error instanceof ParameterError) answer(400, refusal('E_PARAM', error.message));
    else {
      ports.log(`answering a request: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      answer(500, refusal('E_STATE', 'the vault could not decide; nothing was done'));
    }
  };

  const findKey = (id: string): { readonly caller: Caller; readonly secret: KeyObject } | undefined => {
    const peer = peers.get(id);
    if (peer !== undefined) return { caller: { kind: 'peer', name: peer.name }, secret: peer.secret };
    const grant = state.grants.get(id as SubKeyId);
    if (grant === undefined) return undefined;
    const secret = subKeys.get(grant.subKey) ?? secrets.subKey(grant.subKey, subKeyEpoch);
    subKeys.set(grant.subKey, secret);
    return { caller: { kind: 'sub-key', subKey: grant.subKey }, secret };
  };
  const authenticate = createAuthenticator<Caller>(clock.now(), findKey);

  const route = (request: DoorRequest, answer: (status: number, body: unknown) => void): void => {
    const events = request.method === 'GET' ? eventsTarget.exec(request.path) : null;
    const known = events !== null || (request.method === 'POST' && postPaths.has(request.path));
    if (!known) throw new Refused('E_PATH', `${request.method.slice(0, 10)} ${request.path.slice(0, 60)} is not of the door`);
    const authentication = authenticate(request, clock.now());
    if (authentication.kind === 'refused') throw new Refused(authentication.code, authentication.reason);
    const { caller } = authentication;
    if (request.path === doorPaths.intent) acceptIntent(caller, request, answer);
    else if (caller.kind !== 'peer') throw new Refused('E_RIGHT', 'a sub-key may only send intents');
    else if (events !== null) acceptSubscription(caller.name, request.id, Number(events[1]));
    else peerActs[request.path]?.(caller.name, request.body, answer);
  };

  const acceptSubscription = (by: PeerName, id: number, from: number): void => {
    if (by !== 'engine') throw new Refused('E_RIGHT', 'events are the engine’s');
    feed.subscribe(id, from);
  };

  const acceptRead = (_by: PeerName, request: string, answer: (status: number, body: unknown) => void): void => {
    const context = { state, config, reference, links, referenceOf, processes, position: journal.position };
    const body = answerRead(parseRead(request), context);
    answer(body === null ? 409 : 200, body ?? refusal('E_STATE', 'the account is not known'));
  };

  const peerActs: Readonly<Record<string, typeof acceptRead>> = {
    [doorPaths.read]: acceptRead,
    [doorPaths.freeze]: acceptFreeze,
    [doorPaths.grant]: acceptGrant,
    [doorPaths.revoke]: acceptRevoke,
    [doorPaths.owner]: (_by, body, answer) => acceptOwner(body, answer),
  };

  commit({ kind: 'opened', epoch: state.epoch + 1, vaultId: config.vaultId });
  wantPairs();
  for (const account of state.accounts.values()) if (account.apiKey !== null) linkOf(account).open();

  return {
    position: journal.position,
    processes: (now) => {
      processes = now;
    },
    fromGate: (frame) => {
      if (frame.kind === 'gone') {
        feed.unsubscribe(frame.id);
        return;
      }
      const answer = (status: number, body: unknown): void =>
        ports.gate({ kind: 'answer', id: frame.id, status, body: toJson(body) });
      try {
        route(frame, answer);
      } catch (error) {
        answerFault(error, answer);
      }
    },
    fromEgress: (frame) => {
      switch (frame.kind) {
        case 'answer':
        case 'failed':
          upstream.answer(frame);
          return;
        case 'stream-open':
          links.get(frame.account as AccountId)?.streamOpened();
          return;
        case 'stream-lost':
          links.get(frame.account as AccountId)?.streamLost(frame.reason);
          return;
        case 'event':
          links.get(frame.account as AccountId)?.streamEvent(frame.event);
          return;
        case 'sync':
          lockstep = true;
          learn(frame.time, frame.reference);
          heldSync = { n: frame.n, time: frame.time };
          queueMicrotask(passSync); // after what an answer before it has set going
          return;
        case 'reference':
          lockstep = false;
          learn(frame.time, frame.reference);
          return;
      }
    },
  };
}

const postPaths: ReadonlySet<string> = new Set([
  doorPaths.intent,
  doorPaths.read,
  doorPaths.freeze,
  doorPaths.grant,
  doorPaths.revoke,
  doorPaths.owner,
]);

const refusal = (code: RefusalCode, reason: string) => ({ error: { code, reason } });

function readAct(text: string): OwnerAct {
  try {
    return parseOwnerAct(text);
  } catch (error) {
    if (error instanceof ParameterError) throw new Refused('E_MANDATE_FORM', error.message);
    throw error;
  }
}

/** Only one's own open orders, frozen or not; the pair must be the order's. */
function judgeCancel(order: KnownOrder | undefined, intent: Extract<Intent, { kind: 'cancel-order' }>): Verdict {
  if (order === undefined || order.intent.pair !== intent.pair)
    return { kind: 'refused', code: 'E_UNKNOWN_ORDER', reason: `order ${intent.clientOrderId} on ${intent.pair} is not known` };
  if (order.phase === 'closed')
    return { kind: 'refused', code: 'E_STATE', reason: `order ${intent.clientOrderId} is no longer open` };
  return { kind: 'approved' };
}

function mandateFault(act: Extract<OwnerAct, { act: 'mandate' }>, account: AccountState, now: number): Refused | null {
  const { mandate } = act;
  const seq = (account.mandate?.seq ?? 0) + 1;
  if (mandate.seq !== seq) return new Refused('E_MANDATE_SEQ', `the mandate has number ${mandate.seq}, the next is ${seq}`);
  if (mandate.prev !== account.mandateHash) return new Refused('E_MANDATE_SEQ', 'prev is not the hash of the mandate in force');
  if (mandate.exp <= now) return new Refused('E_MANDATE_EXP', `the mandate ended at ${mandate.exp}, it is ${now}`);
  return null;
}
