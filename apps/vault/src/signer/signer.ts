/**
 * The deciding process. Its order of work never changes: parse, authenticate, judge, hold, journal (durable), build and
 * sign, hand to egress. Whatever no rule allows is refused. It speaks only through its ports, so that the same code runs
 * in its own process and in a simulation with a clock of its own. This file wires the parts and routes requests and frames.
 */
import type { AccountId, Amount, EpochMs, Pair } from '@holdfast/domain';
import type { Credentials } from '@holdfast/exchanges/trading';
import { referenceAgeMsMax } from '@holdfast/policy';
import type {
  AnchorDoneFrame,
  AnchorsFrame,
  EgressToSigner,
  GateToSigner,
  ProcessFrame,
  SignerToEgress,
  SignerToGate,
  SignerToWarden,
  UnsealFacts,
  WrapDoneFrame,
} from '../frames/frames.ts';
import { applyRecord } from './apply.ts';
import { createAudit } from './audit/audit.ts';
import type { CheckpointFile } from './audit/audit-log.ts';
import { tidy } from './audit/hygiene.ts';
import type { SignerConfig, SignerContext } from './context.ts';
import { createOwnOrders } from './dialect/own-orders.ts';
import type { Denial } from './dialect/ports.ts';
import { openDialect } from './dialect/wire.ts';
import { createDoor } from './door.ts';
import { createEventFeed } from './event-feed.ts';
import { createJournal, type JournalPort, readJournal, toJson } from './journal.ts';
import { type AccountLink, type ClockPort, createLink } from './link.ts';
import { createDiskWatch, type DiskSpace } from './orders/disk.ts';
import { foreignActivity } from './orders/foreign.ts';
import { createIntents } from './orders/intents.ts';
import { createKill } from './orders/kill.ts';
import { carryOut, noteDenied } from './orders/rules.ts';
import { onReferenceTick } from './orders/ticks.ts';
import { createAuditTrail } from './owners/audit-trail.ts';
import { newRiskFault, scaleOf } from './owners/limits.ts';
import { destinationsOf } from './owners/notices.ts';
import { createOwners } from './owners/owners.ts';
import { clockFaultOf, createPrices } from './prices.ts';
import { type ReadContext, vaultStatus } from './reads.ts';
import { type JournalRecord, type RecordBody, readRecord, type SettledEvent } from './records.ts';
import { type Answer, answerFault } from './refused.ts';
import type { Secrets } from './secrets.ts';
import { createSettlement } from './settle.ts';
import { type AccountState, emptyState, type SignerState } from './state.ts';
import { createUpstream } from './upstream.ts';

export type { SignerConfig } from './context.ts';

export interface SignerPorts {
  readonly journal: JournalPort;
  /** For messages about the journal, e.g. its path. */
  readonly journalName: string;
  /** checkpoints.log; without it no anchor is asked for or written, as in tests of other things. */
  readonly checkpoints?: CheckpointFile;
  readonly clock: ClockPort;
  readonly gate: (frame: SignerToGate) => void;
  readonly egress: (frame: SignerToEgress) => void;
  readonly portal: (frame: SignerToGate) => void;
  readonly warden: (frame: SignerToWarden) => void;
  readonly secrets: Secrets;
  /** Space where the journal is; without it nobody looks. */
  readonly disk?: () => DiskSpace;
  readonly config: SignerConfig;
  readonly log: (message: string) => void;
  /** The journal cannot be written: the process must end at once. */
  readonly fatal: (error: Error) => void;
}

export interface Signer {
  /** Runs `after` once all that the start recorded is durable. */
  whenDurable(after: () => void): void;
  fromGate(frame: GateToSigner): void;
  fromEgress(frame: EgressToSigner): void;
  fromPortal(frame: GateToSigner): void;
  processes(processes: readonly ProcessFrame[], unseal: UnsealFacts): void;
  fromWarden(frame: AnchorsFrame | AnchorDoneFrame | WrapDoneFrame): void;
  readonly position: () => { readonly seq: number; readonly head: string };
}

type DoorRequest = Extract<GateToSigner, { kind: 'request' }>;
/**
 * Reads the journal, opens the streams of connected accounts and answers from then on.
 * @throws JournalDamage when the journal is not what was written
 */
export function createSigner(ports: SignerPorts): Signer {
  const { clock, config, secrets } = ports;
  const state: SignerState = emptyState();
  const bytes = ports.journal.load();
  const own = createOwnOrders();
  const trail = createAuditTrail(state);
  const apply = (seq: number, record: JournalRecord): void => {
    trail.take(seq, record);
    applyRecord(state, record);
    own.apply(seq, record);
  };
  const audit = createAudit({
    clock,
    vaultId: config.vaultId,
    state: state.audit,
    identity: secrets.identity(),
    commit: (body, after) => commit(body, after),
    journal: ports.journal.load,
    file: ports.checkpoints ?? null,
    egress: ports.egress,
    warden: ports.warden,
    destinations: () => destinationsOf(state, secrets),
    log: ports.log,
  });
  const reading = readJournal(bytes, ports.journalName, (raw, line) => {
    state.findings.length = 0; // what was found was carried out, and that is journaled, but for the last record's
    audit.take(line, raw.kind as string);
    apply(raw.seq as number, readRecord(raw));
  });
  if (reading.length < bytes.length) {
    ports.log(`cut off a torn last line of ${bytes.length - reading.length} bytes`);
    ports.journal.truncate(reading.length);
  }
  const journal = createJournal(ports.journal, reading, ports.fatal, audit.take, {
    after: clock.after,
    onBroken: (why) => ports.log(why === '' ? 'the journal is written again' : `the journal cannot be written: ${why}`),
  });
  const feed = createEventFeed(ports.gate, ports.journal, state.eventSeq);
  const upstream = createUpstream(
    (frame) => {
      // A new order is called for only after its own record is durable.
      // Cancels and looking things up go on while the journal cannot be written.
      if (frame.kind === 'request' && (frame.purpose === 'place' || journal.broken() !== '')) ports.egress(frame);
      else journal.whenDurable(() => ports.egress(frame));
    },
    (account) => owners.keyDenied(account as AccountId),
  );
  const links = new Map<AccountId, AccountLink>();
  const prices = createPrices(clock);
  let heldSync: { readonly n: number; readonly time: number } | null = null;
  let processes: readonly ProcessFrame[] = [];

  const commit = (given: RecordBody, after?: () => void, isUrgent = true): void => {
    const body = tidy(given);
    const { seq, time, os } = journal.append(body, state.time, clock.now(), after, isUrgent);
    apply(seq, { ...body, time, os });
    if (state.findings.length > 0) carryOut(context, state.findings.splice(0));
  };
  /** What a fill is measured against, and a deposit is worth by. */
  const referenceAt = (event: SettledEvent): Amount | null => {
    const pair = pairOfEvent(event, state);
    const price = pair === null ? undefined : prices.of(pair, state.time);
    return price === undefined || price.ageMs > referenceAgeMsMax ? null : price.price;
  };
  const settle = createSettlement(
    state,
    (event, foreign) =>
      commit(
        { kind: 'settled', event, foreign, reference: referenceAt(event) },
        () => {
          feed.publish(event);
          dialect.said(event);
        },
        isAwaited(event, state),
      ),
    (order) => {
      if (order.cancelWanted) links.get(order.account)?.cancel(order);
    },
  );

  const signWith = (apiKey: string, keyRef: string): Credentials => {
    if (kill.sealed() !== '') throw new Error(`nothing is signed any more: ${kill.sealed()}`);
    // The exchange compares with its own clock or the machine's; how fresh a signature is, is a matter between machines.
    return { apiKey, key: secrets.accountKey(keyRef), timestamp: clock.now() };
  };
  const credentials = (account: AccountState): Credentials => {
    const key = state.owners.accounts.get(account.account)?.key;
    if (account.apiKey === null || key == null) throw new Error(`account ${account.account} is not connected`);
    return signWith(account.apiKey, key.ref);
  };

  const linkOf = (account: AccountState): AccountLink => {
    const known = links.get(account.account);
    if (known !== undefined) return known;
    const link = createLink(account, {
      state,
      clock: { now: clock.now, after: (ms, act) => clock.after(ms, () => kill.sealed() === '' && act()) },
      upstream,
      settle,
      commit,
      credentials,
      sendToEgress: ports.egress,
      isSimulated: config.simulated,
      onForeign: (of, what) => foreignActivity(context, of, what),
      isOurs: secrets.isUpstreamId,
      onSettled: () => {
        settleRollback();
        passSync();
      },
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

  /** An older journal that was put back counts anew: each account has been read since, and what it lacked is in its windows. */
  function settleRollback(): void {
    if (state.audit.rollback === '') return;
    for (const link of links.values()) if (link.phase() !== 'live' && link.phase() !== 'denied') return;
    audit.settleMismatch();
  }

  /** The exchange's clock may go on only when everything it said is settled, so a round waits while an account is read. */
  function passSync(): void {
    if (heldSync === null) return;
    for (const link of links.values()) if (link.phase() === 'opening' || link.phase() === 'reading') return;
    const { n, time } = heldSync;
    heldSync = null;
    journal.whenDurable(() => feed.sync(n, time as EpochMs));
  }

  const context: SignerContext = {
    config,
    state,
    clock,
    secrets,
    upstream,
    settle,
    commit,
    diskFault: () => diskFault(),
    journalFault: journal.broken,
    clockFault: () => clockFault,
    whenDurable: journal.whenDurable,
    links,
    linkOf,
    credentials,
    signWith,
    closeLink: (account) => {
      links.get(account)?.close();
      links.delete(account);
      ports.egress({ kind: 'close-stream', account });
    },
    limitsOf: (account) => {
      const fault = newRiskFault(state, account, clock.now());
      return {
        scaleBps: scaleOf(state, account, clock.now(), config.simulated),
        fault: fault === null ? null : { kind: 'refused', ...fault },
      };
    },
    onWarned: (finding) => owners.warned(finding),
    venueOf: prices.venueOf,
    referenceOf: (pair) => prices.of(pair, state.time),
    wantPairs,
    exchangeOf: (account) => state.owners.accounts.get(account)?.exchange ?? '',
    onRestricted: (account, to) => owners.restricted(account, to),
    logMismatch: audit.mismatch,
    log: ports.log,
  };
  const kill = createKill(context, (reason) => ports.warden({ kind: 'killed', reason }));
  const intents = createIntents(context);
  const owners = createOwners({
    signer: context,
    send: audit.send,
    status: () => vaultStatus(readContext()),
    trail,
    toWarden: ports.warden,
    kill: (by, body, answer) => kill.accept(by, body, answer),
  });
  const denied = ({ subKey, code, isTheft, what }: Denial): void => {
    ports.log(`sub-key ${subKey} asked for ${what}: ${code}`);
    noteDenied(context, { subKey, code, forbiddenCall: isTheft });
  };
  const dialect = openDialect(context, intents, own, ports.gate, denied);

  const readContext = (): ReadContext => {
    const { referenceOf } = context;
    const now = clock.now();
    return { state, config, now, reference: prices.all, links, referenceOf, processes, position: journal.position };
  };
  const fromDoor = createDoor({ context, intents, owners, kill, feed, readContext, send: ports.gate });

  const fromPortal = (request: DoorRequest): void => {
    const answer: Answer = (status, body) => ports.portal({ kind: 'answer', id: request.id, status, body: toJson(body) });
    try {
      owners.fromPortal(request, answer);
    } catch (error) {
      answerFault(error, answer, ports.log);
    }
  };

  let clockFault = '';
  const learn = (frame: Extract<EgressToSigner, { kind: 'sync' | 'reference' }>): void => {
    clockFault = config.simulated || frame.kind === 'sync' ? '' : clockFaultOf(clock.now(), frame);
    // While the clocks disagree the windows' time stands still: setting a clock ahead empties none.
    if (clockFault === '' && frame.time > state.time) state.time = frame.time;
    prices.learn(frame.time, frame.reference, frame.own ?? [], frame.kind === 'sync');
    settleRollback();
    onReferenceTick(context);
  };

  const lastFindings = state.findings.splice(0);
  commit({ kind: 'opened', epoch: state.epoch + 1, vaultId: config.vaultId });
  carryOut(context, lastFindings);
  if (config.kill !== '') commit({ kind: 'killed', reason: config.kill, by: 'start', subKeyEpoch: state.subKeyEpoch + 1 });
  audit.start();
  wantPairs();
  for (const account of state.accounts.values()) if (account.apiKey !== null) linkOf(account).open();
  owners.start();
  const diskFault = ports.disk === undefined ? () => '' : createDiskWatch(clock, ports.disk, owners.diskChanged);

  return {
    whenDurable: journal.whenDurable,
    position: journal.position,
    fromWarden: (frame) => {
      if (frame.kind === 'wrap-done') owners.unseal.done(frame);
      else audit.fromWarden(frame);
    },
    processes: (now, unseal) => {
      processes = now;
      owners.unseal.learn(unseal);
    },
    fromGate: (frame) => {
      switch (frame.kind) {
        case 'request':
          fromDoor(frame);
          return;
        case 'gone':
          feed.unsubscribe(frame.id);
          dialect.gone(frame.id);
          return;
        default:
          dialect.fromGate(frame);
      }
    },
    fromPortal: (frame) => {
      if (frame.kind === 'request' && kill.sealed() === '') fromPortal(frame);
    },
    fromEgress: (frame) => {
      if (kill.sealed() !== '') return;
      switch (frame.kind) {
        case 'notice-done':
          audit.fromEgress(frame);
          return;
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
          learn(frame);
          heldSync = { n: frame.n, time: frame.time };
          queueMicrotask(passSync); // after what an answer before it has set going
          return;
        case 'reference':
          learn(frame);
          return;
      }
    },
  };
}

/** Whether somebody waits for it: a bot for what was traded, a client of the dialect door for its answer. How an order of a bot stands may be said a moment later. */
function isAwaited(event: SettledEvent, state: SignerState): boolean {
  if (event.kind !== 'order' || event.event.kind === 'order-filled') return true;
  return state.grants.get(event.subKey)?.door !== 'intent';
}

/** The pair whose reference price an event is measured by; null when none is. */
function pairOfEvent(event: SettledEvent, state: SignerState): Pair | null {
  if (event.kind === 'order') return event.event.kind === 'order-filled' ? event.event.pair : null;
  if (event.kind !== 'balance') return null;
  const { mandate } = state.accounts.get(event.account) ?? {};
  return mandate?.pairs.find((it) => it.pair === `${event.asset}/${mandate.quote}`)?.pair ?? null;
}
