/**
 * The intent door: who asks, may they, and which part of the signer does it. The order of the checks is fixed: path, killed,
 * MAC, journal, binding of the sub-key; then the request's own.
 */
import type { KeyObject } from 'node:crypto';
import { doorPaths, type SubKeyId } from '@holdfast/domain';
import type { GateToSigner, PeerName, SignerToGate } from '../frames/frames.ts';
import { createAuthenticator } from './authenticate.ts';
import type { Caller, SignerContext } from './context.ts';
import type { EventFeed } from './event-feed.ts';
import { toJson } from './journal.ts';
import { createAllowance } from './orders/allowance.ts';
import { bindingFault } from './orders/binding.ts';
import { acceptFreeze, repeatedFreezes } from './orders/freeze.ts';
import { acceptGrant, acceptRevoke, grantsRecorded } from './orders/grants.ts';
import type { Intents } from './orders/intents.ts';
import type { Kill } from './orders/kill.ts';
import { noteDenied } from './orders/rules.ts';
import type { Owners } from './owners/owners.ts';
import { ParameterError, parseRead } from './parse.ts';
import { answerRead, type ReadContext } from './reads.ts';
import { type Answer, answerFault, Refused, refusal } from './refused.ts';

export interface DoorParts {
  readonly context: SignerContext;
  readonly intents: Pick<Intents, 'accept'>;
  readonly owners: Owners;
  readonly kill: Kill;
  readonly feed: Pick<EventFeed, 'subscribe' | 'hasRoom' | 'isOld'>;
  readonly readContext: () => ReadContext;
  readonly send: (frame: SignerToGate) => void;
}

type DoorRequest = Extract<GateToSigner, { kind: 'request' }>;
/** A request that only peers may send. */
type PeerAct = (by: PeerName, body: string, answer: Answer) => void;
/** A request that sub-keys may send too. */
type CallerAct = (caller: Caller, body: string, answer: Answer) => void;

/** What a person does at the command line, and no other program. */
const forCli =
  (act: (body: string, answer: Answer) => void): PeerAct =>
  (by, body, answer) => {
    if (by !== 'cli') throw new Refused('E_RIGHT', `this is for the command line, not for ${by}`);
    act(body, answer);
  };

/** What is answered while the journal cannot be written; of intents, only cancels are done. */
const whileUnwritten: ReadonlySet<string> = new Set([doorPaths.intent, doorPaths.read, doorPaths.freeze, doorPaths.kill]);
/** Each reads the whole journal, and nothing is decided meanwhile. */
const eventReplays = { most: 10, perMinute: 12 };
const narrowings = { most: 100, perMinute: 6 };
const eventsTarget = /^\/v1\/events\?from=(\d{1,15})$/;

export function createDoor({
  context,
  intents,
  owners,
  kill,
  feed,
  readContext,
  send,
}: DoorParts): (request: DoorRequest) => void {
  const { state, clock, secrets, log } = context;
  const subKeys = new Map<SubKeyId, KeyObject>();
  const peers = new Map([...secrets.peerKeys].map(([name, secret]) => [name as string, { name, secret }]));
  const findKey = (id: string): { readonly caller: Caller; readonly secret: KeyObject } | undefined => {
    const peer = peers.get(id);
    if (peer !== undefined) return { caller: { kind: 'peer', name: peer.name }, secret: peer.secret };
    const grant = state.grants.get(id as SubKeyId);
    if (grant === undefined) return undefined;
    const secret = subKeys.get(grant.subKey) ?? secrets.subKey(grant.subKey, grant.epoch);
    subKeys.set(grant.subKey, secret);
    return { caller: { kind: 'sub-key', subKey: grant.subKey }, secret };
  };
  const authenticate = createAuthenticator<Caller>(clock.now(), findKey);

  const recorded = createAllowance(clock, grantsRecorded);
  const repeats = createAllowance(clock, repeatedFreezes);
  const replays = createAllowance(clock, eventReplays);
  const narrowed = createAllowance(clock, narrowings);

  const acceptRead: PeerAct = (_by, request, answer) => {
    const body = answerRead(parseRead(request), readContext());
    answer(body === null ? 409 : 200, body ?? refusal('E_STATE', 'the account is not known'));
  };

  const acceptNarrow: PeerAct = (by, body, answer) => {
    if (!narrowed.take(by)) throw new Refused('E_RATE', 'mandates are narrowed faster than anybody reads them; wait a minute');
    owners.narrow(by, body, answer);
  };

  /** What callers of any kind may POST, by path. */
  const callerActs: ReadonlyMap<string, CallerAct> = new Map<string, CallerAct>([
    [doorPaths.intent, intents.accept],
    [doorPaths.freeze, (caller, body, answer) => acceptFreeze(context, { caller, repeats }, body, answer)],
  ]);
  /** What peers may POST, by path. */
  const peerActs: ReadonlyMap<string, PeerAct> = new Map<string, PeerAct>([
    [doorPaths.read, acceptRead],
    [doorPaths.kill, (by, body, answer) => kill.accept(by, body, answer)],
    [doorPaths.grant, (by, body, answer) => acceptGrant(context, { by, recorded }, body, answer)],
    [doorPaths.revoke, (by, body, answer) => acceptRevoke(context, by, body, answer)],
    [doorPaths.owner, (_by, body, answer) => owners.act(body, answer)],
    [doorPaths.narrow, acceptNarrow],
    [doorPaths.veto, (by, body, answer) => owners.veto(by, body, answer)],
    [doorPaths.words, (_by, body, answer) => owners.words(body, answer)],
    [doorPaths.ticket, forCli((_body, answer) => owners.ticket(answer))],
    [doorPaths.ownerView, forCli((body, answer) => owners.view(body, answer))],
    [doorPaths.enrol, forCli((body, answer) => owners.enrol(body, answer))],
    [doorPaths.enrolCode, forCli((body, answer) => owners.enrolCode(body, answer))],
  ]);

  const acceptSubscription = (by: PeerName, id: number, from: number): void => {
    if (by !== 'engine') throw new Refused('E_RIGHT', 'events are the engine’s');
    if (!feed.hasRoom()) throw new Refused('E_RATE', 'too many read events already; end one of them');
    if (feed.isOld(from) && !replays.take(by)) throw new Refused('E_RATE', 'the journal was read too often for old events; wait');
    feed.subscribe(id, from);
  };

  const route = (request: DoorRequest, answer: Answer): void => {
    const { method, path, body } = request;
    const events = method === 'GET' ? eventsTarget.exec(path) : null;
    const act = method === 'POST' ? peerActs.get(path) : undefined;
    const callerAct = method === 'POST' ? callerActs.get(path) : undefined;
    if (events === null && act === undefined && callerAct === undefined)
      throw new Refused('E_PATH', `${method.slice(0, 10)} ${path.slice(0, 60)} is not of the door`);
    if (kill.sealed() !== '') throw new Refused('E_SEALED', `the vault was killed: ${kill.sealed()}`);
    const authentication = authenticate(request, clock.now());
    if (authentication.kind === 'refused') throw new Refused(authentication.code, authentication.reason);
    const { caller } = authentication;
    if (context.journalFault() !== '' && !whileUnwritten.has(path) && events === null)
      throw new Refused('E_AUDIT', `the journal cannot be written (${context.journalFault()}); free space or repair the disk`);
    const fault = caller.kind === 'peer' ? null : bindingFault(context, state.grants.get(caller.subKey)!, 'intent');
    if (fault !== null) throw new Refused(fault.code, fault.reason);
    if (callerAct !== undefined) callerAct(caller, body, answer);
    else if (caller.kind !== 'peer') throw new Refused('E_RIGHT', 'a sub-key may send intents and freeze itself, no more');
    else if (events !== null) acceptSubscription(caller.name, request.id, Number(events[1]));
    else act?.(caller.name, body, answer);
  };

  return (request) => {
    const answer: Answer = (status, body) => send({ kind: 'answer', id: request.id, status, body: toJson(body) });
    try {
      route(request, answer);
    } catch (error) {
      const code = error instanceof Refused ? error.code : error instanceof ParameterError ? 'E_PARAM' : null;
      const subKey = request.headers.key as SubKeyId;
      if (code !== null) noteDenied(context, { subKey, code, forbiddenCall: false });
      answerFault(error, answer, log);
    }
  };
}
