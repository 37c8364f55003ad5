/** A sub-key's intents: judged, held, journaled, then carried out. One decision point for every order and cancel. */
import { canonicalText, type Intent, type PlaceOrder, type RefusalCode, type Verdict } from '@holdfast/domain';
import { judge } from '@holdfast/policy';
import { isExit, stopOf } from '../conditions.ts';
import type { Caller, SignerContext } from '../context.ts';
import { parseIntent } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { type AccountState, type GrantState, type KnownOrder, orderKey } from '../state.ts';

export interface Intents {
  /** @throws Refused, ParameterError */
  accept(caller: Caller, body: string, answer: Answer): void;
  /** Judges an order that another door has read; the verdict comes when it is durable. */
  place(grant: GrantState, order: PlaceOrder, answer: (verdict: Verdict) => void): void;
  cancel(grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void): void;
}

type CancelOrder = Extract<Intent, { kind: 'cancel-order' }>;
type Stop = { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

export function createIntents(context: SignerContext): Intents {
  const { state, secrets, commit, links } = context;

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
      context.whenDurable(() => answer(same ? known.verdict : other));
      return;
    }
    const account = state.accounts.get(accountName)!;
    const stopped = stopOf(account, grant, order, isExit(account, grant, order)) ?? notReady(account);
    const price = context.referenceOf(order.pair);
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
      const placed = state.orders.get(orderKey(subKey, order.clientOrderId))!;
      // S8: what was stopped between the decision and here is not signed any more.
      const late = stopOf(account, state.grants.get(subKey)!, order, !placed.isEntry);
      if (late === null) context.linkOf(account).place(placed, judgement.order);
      else context.settle.rejected(placed, late.code, late.reason);
      answer(verdict);
    });
  };

  const notReady = (account: AccountState): Stop | null => {
    const refuse = (code: RefusalCode, reason: string): Stop => ({ kind: 'refused', code, reason });
    if (account.apiKey === null) return refuse('E_CONNECT', `account ${account.account} is not connected`);
    if (links.get(account.account)?.phase() !== 'live')
      return refuse('E_RECONCILE', `account ${account.account} is being compared with the exchange`);
    return null;
  };

  const decideCancel = (grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void): void => {
    const { subKey, account } = grant;
    const order = state.orders.get(orderKey(subKey, intent.clientOrderId));
    const verdict = judgeCancel(order, intent);
    const nothing = { reference: null, hold: null, upstreamId: null };
    commit({ kind: 'decided', account, subKey, intent, verdict, ...nothing }, () => {
      if (verdict.kind === 'approved' && order !== undefined) links.get(account)?.cancel(order);
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

/** Only one's own open orders, frozen or not; the pair must be the order's. */
function judgeCancel(order: KnownOrder | undefined, intent: CancelOrder): Verdict {
  if (order === undefined || order.intent.pair !== intent.pair)
    return { kind: 'refused', code: 'E_UNKNOWN_ORDER', reason: `order ${intent.clientOrderId} on ${intent.pair} is not known` };
  if (order.phase === 'closed')
    return { kind: 'refused', code: 'E_STATE', reason: `order ${intent.clientOrderId} is no longer open` };
  return { kind: 'approved' };
}
