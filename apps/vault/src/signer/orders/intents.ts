/** A sub-key's intents: judged, held, journaled, then carried out. One decision point for every order and cancel. */
import { canonicalText, type Intent, type PlaceOrder, type RefusalCode, type Verdict } from '@holdfast/domain';
import { isExit, type Judgement, judge, pairScaleBps, positionOf, type ReferencePrice, unheldBurn } from '@holdfast/policy';
import { type Stop, stopOf } from '../conditions.ts';
import type { Caller, SignerContext } from '../context.ts';
import { parseIntent } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { type AccountState, type GrantState, type KnownOrder, orderKey } from '../state.ts';
import { crowdFault, entryFault } from './entries.ts';

export interface Intents {
  /** @throws Refused, ParameterError */
  accept(caller: Caller, body: string, answer: Answer): void;
  /** Judges an order that another door has read; the verdict comes when it is durable. */
  place(grant: GrantState, order: PlaceOrder, answer: (verdict: Verdict) => void): void;
  cancel(grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void): void;
}

type CancelOrder = Extract<Intent, { kind: 'cancel-order' }>;

/** After this time from its decision an order is signed no more: its price is too old. In ms. */
const signWithinMs = 5000;

export function createIntents(context: SignerContext): Intents {
  const { state, secrets, commit, links, clock } = context;

  const decidePlace = (grant: GrantState, order: PlaceOrder, answer: (verdict: Verdict) => void): void => {
    const unwritten = unwrittenFault();
    if (unwritten !== null) {
      answer(unwritten);
      return;
    }
    const { subKey, account: accountName } = grant;
    const key = orderKey(subKey, order.clientOrderId);
    const known = state.decisions.get(key);
    const intentText = canonicalText(order);
    if (known !== undefined) {
      const same = canonicalText(known.intent) === intentText;
      const other: Verdict = {
        kind: 'refused',
        code: 'E_DUPLICATE',
        reason: `order ${order.clientOrderId} was asked for before with other terms`,
      };
      context.whenDurable(() => answer(same ? known.verdict : other));
      return;
    }
    const account = state.accounts.get(accountName)!;
    const price = context.referenceOf(order.pair);
    const judgement = judgePlace(account, grant, order, price);
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
      const placed = state.orders.get(key)!;
      const late = lateStop(account, placed);
      if (late === null) context.linkOf(account).place(placed, judgement.order);
      else context.settle.rejected(placed, late.code, late.reason);
      answer(verdict);
    });
  };

  const unwrittenFault = (): Stop | null => {
    const fault = context.journalFault();
    const reason = `the journal cannot be written (${fault}), so nothing but cancels is done; free space or repair the disk`;
    return fault === '' ? null : { kind: 'refused', code: 'E_AUDIT', reason };
  };

  const judgePlace = (
    account: AccountState,
    grant: GrantState,
    order: PlaceOrder,
    price: ReferencePrice | undefined,
  ): Judgement => {
    const exits = isExit(account.book, grant.subKey, order);
    const stopped = (exits ? null : entryFault(context, account)) ?? stopOf(account, grant, order, exits) ?? notReady(account);
    if (stopped !== null) return stopped;
    const { mandate } = account;
    const { price: venuePrice } = context.venueOf(order.pair);
    const judgement = judge(account.book, mandate, grant, order, price, state.time, {
      scaleBps: context.limitsOf(account.account).scaleBps,
      pairScaleBps: mandate === null ? 10_000 : pairScaleBps(account.rules, mandate, order.pair, state.time),
      unheldBurn: unheldBurn(account.book, mandate, context.referenceOf),
      ...(venuePrice === undefined ? {} : { venuePrice }),
    });
    if (judgement.kind === 'refused' || exits) return judgement;
    return crowdFault(context, account, order) ?? stopOf(account, grant, order, exits) ?? judgement;
  };

  /** S8: what was stopped between the decision and here is not signed any more, nor what waited for the disk too long. */
  const lateStop = (account: AccountState, placed: KnownOrder): Stop | null => {
    const stop = stopOf(account, state.grants.get(placed.subKey)!, placed.intent, !placed.isEntry);
    if (stop !== null) return stop;
    const waited = clock.now() - placed.decidedOs;
    if (Math.abs(waited) <= signWithinMs) return null;
    return { kind: 'refused', code: 'E_AUDIT', reason: `the record of the decision took ${waited} ms, limit ${signWithinMs} ms` };
  };

  const notReady = (account: AccountState): Stop | null => {
    const refuse = (code: RefusalCode, reason: string): Stop => ({ kind: 'refused', code, reason });
    if (state.time === 0) return refuse('E_ORACLE', 'the exchange has not said its time yet');
    if (account.apiKey === null) return refuse('E_CONNECT', `account ${account.account} is not connected`);
    const mismatch = context.logMismatch();
    if (mismatch !== '') return refuse('E_RECONCILE', mismatch);
    if (links.get(account.account)?.phase() !== 'live')
      return refuse('E_RECONCILE', `account ${account.account} is being compared with the exchange`);
    return null;
  };

  const decideCancel = (grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void): void => {
    const { subKey, account } = grant;
    const order = state.orders.get(orderKey(subKey, intent.clientOrderId));
    const verdict = judgeCancel(state.accounts.get(account)!, grant, order, intent);
    if (unwrittenFault() !== null) {
      // A cancel only takes risk away: it goes out unrecorded rather than not at all.
      if (verdict.kind === 'approved' && order !== undefined) void links.get(account)?.cancel(order);
      answer(verdict);
      return;
    }
    const nothing = { reference: null, hold: null, upstreamId: null };
    commit({ kind: 'decided', account, subKey, intent, verdict, ...nothing }, () => {
      if (verdict.kind === 'approved' && order !== undefined) void links.get(account)?.cancel(order);
      answer(verdict);
    });
  };

  return {
    place: decidePlace,
    cancel: decideCancel,
    accept: (caller, body, answer) => {
      if (caller.kind !== 'sub-key') throw new Refused('E_RIGHT', 'intents need a sub-key');
      const intent = parseIntent(body);
      const grant = state.grants.get(caller.subKey)!;
      const give = (verdict: Verdict): void => answer(200, { verdict });
      if (intent.kind === 'place-order') decidePlace(grant, intent, give);
      else decideCancel(grant, intent, give);
    },
  };
}

/** Only one's own open orders, frozen or not; the pair must be the order's. Protective stops need a right of their own. */
function judgeCancel(account: AccountState, grant: GrantState, order: KnownOrder | undefined, intent: CancelOrder): Verdict {
  const refuse = (code: RefusalCode, reason: string): Verdict => ({ kind: 'refused', code, reason });
  if (order === undefined || order.intent.pair !== intent.pair)
    return refuse('E_UNKNOWN_ORDER', `order ${intent.clientOrderId} on ${intent.pair} is not known`);
  if (order.phase === 'closed') return refuse('E_STATE', `order ${intent.clientOrderId} is no longer open`);
  const isProtective = order.intent.order === 'stop-limit' && order.intent.side === 'sell';
  // A stop whose position is gone protects nothing.
  const hasPosition = positionOf(account.book, grant.subKey, intent.pair).base > 0n;
  if (isProtective && hasPosition && !grant.rights.includes('cancel-stops'))
    return refuse('E_RIGHT', `order ${intent.clientOrderId} is a protective stop, and the grant may not cancel stops`);
  return { kind: 'approved' };
}
