/** A sub-key's intents: judged, held, journaled, then carried out. One decision point for every order and cancel. */
import {
  type AccountId,
  type Approved,
  type CancelOrder,
  canonicalText,
  idsOf,
  legsOf,
  ordersOf,
  type PlaceOco,
  type PlaceOrder,
  type PlacingIntent,
  type RefusalCode,
  type SubKeyId,
  type Verdict,
} from '@holdfast/domain';
import {
  isExit,
  type Judgement,
  judge,
  judgeOco,
  pairScaleBps,
  positionOf,
  type ReferencePrice,
  unheldBurn,
} from '@holdfast/policy';
import { type Stop, stopOf } from '../conditions.ts';
import type { Caller, SignerContext } from '../context.ts';
import { parseIntent } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { type AccountState, type GrantState, type KnownOrder, orderKey, twinOf } from '../state.ts';
import { createAllowance } from './allowance.ts';
import { crowdFault, entryFault } from './entries.ts';
import { carryOut } from './rules.ts';

export interface Intents {
  /** @throws Refused, ParameterError */
  accept(caller: Caller, body: string, answer: Answer): void;
  /** Judges an order that another door has read; the verdict comes when it is durable. */
  place(grant: GrantState, order: PlacingIntent, answer: (verdict: Verdict) => void): void;
  cancel(grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void): void;
}

/** After this time from its decision an order is signed no more: its price is too old. In ms. */
const signWithinMs = 5000;
/** Of an account. Far more than an honest day has; beyond it a refusal is answered as ever, neither recorded nor remembered. */
const refusalsRecorded = { most: 5_000, perMinute: 20 };

export function createIntents(context: SignerContext): Intents {
  const { state, secrets, commit, links, clock } = context;
  const recorded = createAllowance(clock, {
    ...refusalsRecorded,
    onEmpty: (account) => {
      const reason = 'so much was refused that no more of it is recorded; somebody holds a sub-key who should not';
      carryOut(context, [{ rule: 'R2', action: 'warn', account: account as AccountId, subKey: null, pair: null, reason }]);
    },
  });

  const decidePlace = (grant: GrantState, order: PlacingIntent, answer: (verdict: Verdict) => void): void => {
    const unwritten = unwrittenFault();
    if (unwritten !== null) {
      answer(unwritten);
      return;
    }
    const { subKey, account: accountName } = grant;
    const known = idsOf(order)
      .map((id) => state.decisions.get(orderKey(subKey, id)))
      .find((it) => it !== undefined);
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
      if (!recorded.take(accountName)) {
        answer(verdict);
        return;
      }
      const nothing = { reference: price?.price ?? null, hold: null, upstreamId: null, legIds: null };
      commit({ kind: 'decided', account: accountName, subKey, intent: order, verdict, ...nothing }, () => answer(verdict));
      return;
    }
    const verdict: Verdict = { kind: 'approved' };
    const [upstreamId, ...legs] = idsOf(order).map((id) => secrets.upstreamId(subKey, id, intentText));
    const legIds = order.kind === 'place-oco' ? { limit: legs[0]!, stop: legs[1]! } : null;
    const details = { reference: price?.price ?? null, hold: judgement.hold, upstreamId: upstreamId!, legIds };
    commit({ kind: 'decided', account: accountName, subKey, intent: order, verdict, ...details }, () => {
      send(account, subKey, judgement.order);
      answer(verdict);
    });
  };

  const send = (account: AccountState, subKey: SubKeyId, order: Approved<PlaceOrder> | Approved<PlaceOco>): void => {
    const placed = ordersOf(order).map((it) => state.orders.get(orderKey(subKey, it.clientOrderId))!);
    const [first, second] = placed;
    const late = lateStop(account, first!);
    if (late !== null) for (const it of placed) context.settle.rejected(it, late.code, late.reason);
    else if (order.kind === 'place-order') context.linkOf(account).place(first!, order);
    else context.linkOf(account).placeOco({ limit: first!, stop: second! }, order);
  };

  const unwrittenFault = (): Stop | null => {
    const fault = context.journalFault();
    const reason = `the journal cannot be written (${fault}), so nothing but cancels is done; free space or repair the disk`;
    return fault === '' ? null : { kind: 'refused', code: 'E_AUDIT', reason };
  };

  const judgePlace = (
    account: AccountState,
    grant: GrantState,
    order: PlacingIntent,
    price: ReferencePrice | undefined,
  ): Judgement<PlaceOrder> | Judgement<PlaceOco> => {
    const exits = isExit(account.book, grant.subKey, order);
    const stopped = (exits ? null : entryFault(context, account)) ?? stopOf(account, grant, order, exits) ?? notReady(account);
    if (stopped !== null) return stopped;
    const { mandate } = account;
    const { price: venuePrice } = context.venueOf(order.pair);
    const circumstances = {
      scaleBps: context.limitsOf(account.account).scaleBps,
      pairScaleBps: mandate === null ? 10_000 : pairScaleBps(account.rules, mandate, order.pair, state.time),
      unheldBurn: unheldBurn(account.book, mandate, context.referenceOf),
      ...(venuePrice === undefined ? {} : { venuePrice }),
    };
    const judgement =
      order.kind === 'place-order'
        ? judge(account.book, mandate, grant, order, price, state.time, circumstances)
        : judgeOco(account.book, mandate, grant, order, price, state.time, circumstances);
    if (judgement.kind === 'refused' || exits) return judgement;
    const dearest = order.kind === 'place-order' ? order : legsOf(order).stop;
    return crowdFault(context, account, dearest) ?? stopOf(account, grant, order, exits) ?? judgement;
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
    const twin = order === undefined ? undefined : twinOf(state, order);
    const verdict = judgeCancel(state.accounts.get(account)!, grant, order, twin, intent);
    const changesNothing = verdict.kind === 'refused' || order?.cancelWanted === true;
    if (unwrittenFault() !== null || (changesNothing && !recorded.take(account))) {
      // A cancel only takes risk away: it goes out unrecorded rather than not at all.
      if (verdict.kind === 'approved' && order !== undefined) void links.get(account)?.cancel(order);
      answer(verdict);
      return;
    }
    const nothing = { reference: null, hold: null, upstreamId: null, legIds: null };
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
      if (intent.kind === 'cancel-order') decideCancel(grant, intent, give);
      else decidePlace(grant, intent, give);
    },
  };
}

const isProtective = ({ intent }: KnownOrder): boolean => intent.order === 'stop-limit' && intent.side === 'sell';

/**
 * Only one's own open orders, frozen or not; the pair must be the order's. Protective stops need a right of their own, and so
 * does the other leg of one, which takes it away with itself.
 */
function judgeCancel(
  account: AccountState,
  grant: GrantState,
  order: KnownOrder | undefined,
  twin: KnownOrder | undefined,
  intent: CancelOrder,
): Verdict {
  const refuse = (code: RefusalCode, reason: string): Verdict => ({ kind: 'refused', code, reason });
  if (order === undefined || order.intent.pair !== intent.pair)
    return refuse('E_UNKNOWN_ORDER', `order ${intent.clientOrderId} on ${intent.pair} is not known`);
  if (order.phase === 'closed') return refuse('E_STATE', `order ${intent.clientOrderId} is no longer open`);
  const protects = isProtective(order) || (twin !== undefined && twin.phase !== 'closed' && isProtective(twin));
  // A stop whose position is gone protects nothing.
  const hasPosition = positionOf(account.book, grant.subKey, intent.pair).base > 0n;
  if (protects && hasPosition && !grant.rights.includes('cancel-stops')) {
    const what = isProtective(order) ? 'is a protective stop' : 'stands and falls with a protective stop';
    return refuse('E_RIGHT', `order ${intent.clientOrderId} ${what}, and the grant may not cancel stops`);
  }
  return { kind: 'approved' };
}
