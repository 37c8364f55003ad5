/**
 * Orders and cancels of the dialect: typed intents through the signer's one decision point, answered when the exchange has
 * said what became of them, as clients of the exchange expect.
 *
 *   T1  Nothing here approves anything: what is placed or cancelled was approved by the same judge as at the intent door.
 *   T2  An answer says what the journal holds; without word of the exchange in time it says "unknown", never "refused".
 */
import { randomBytes } from 'node:crypto';
import { clientOrderId, type MandatePair, type Pair, type PlaceOrder, takesAtOnce, type Verdict } from '@holdfast/domain';
import { symbolOf } from '@holdfast/exchanges/trading';
import type { AccountState, GrantState } from '../state.ts';
import { DialectError, exchangeRefusal, outcomeUnknown, parameterError, refusalError, unknownOrder } from './dialect-error.ts';
import type { MarketData } from './market-data.ts';
import { marketTerms } from './market-order.ts';
import { type OrderRequest, readOrder } from './order-request.ts';
import { isOpen, type OwnOrder, type OwnOrders } from './own-orders.ts';
import type { DialectPorts } from './ports.ts';
import type { Values } from './read-request.ts';
import { cancelledJson, type Json, placedJson } from './show.ts';
import { cancelledListJson } from './show-lists.ts';
import type { Waits } from './waits.ts';

/** How long an answer waits for the exchange; its own limit is the same (rest-api.md). */
const answerMs = 10_000;
/** How long a limit order that can be filled at once is watched for its fills. */
const fillMs = 300;

export interface Trading {
  place(grant: GrantState, values: Values): Promise<Json>;
  /** Says whether the order could be placed, as far as can be said without judging it. */
  tryPlace(grant: GrantState, values: Values): Json;
  cancel(grant: GrantState, values: Values): Promise<Json>;
  cancelAll(grant: GrantState, values: Values): Promise<readonly Json[]>;
  replace(grant: GrantState, values: Values): Promise<Json>;
  /** Waits as long as the exchange itself would have taken. @throws DialectError */
  settled(order: OwnOrder): Promise<OwnOrder>;
  /** Cancels one of its open orders, and with it the other leg of an OCO; answers as the exchange shows it. */
  withdraw(grant: GrantState, order: OwnOrder, cancelId: string): Promise<Json>;
  /** The order that `orderId` or `origClientOrderId` names, or undefined. */
  named(grant: GrantState, values: Values): OwnOrder | undefined;
}

export interface TradingPorts extends Pick<DialectPorts, 'place' | 'cancel' | 'accountOf' | 'referenceOf'> {
  readonly own: OwnOrders;
  readonly waits: Waits;
  readonly market: Pick<MarketData, 'steps'>;
}

/** The pair behind a symbol: of the grant, or at least of the mandate, so that the judge's own refusal is journaled. */
export function pairOf(symbol: string, grant: GrantState, account: AccountState): Pair {
  const pairs = [...grant.pairs, ...(account.mandate?.pairs.map((it) => it.pair) ?? [])];
  const found = pairs.find((it) => symbolOf(it) === symbol);
  if (found === undefined) throw refusalError('E_SYMBOL', `neither mandate nor grant names ${symbol}`);
  return found;
}

/** An id such as clients make for themselves. */
export const newId = (): string => `hf-${randomBytes(12).toString('hex')}`;

export function createTrading(ports: TradingPorts): Trading {
  const { own, waits, accountOf } = ports;

  const termsOf = async (grant: GrantState, request: OrderRequest, pair: Pair) => {
    if (request.kind === 'priced') {
      const { order, quantity, limit, trigger } = request;
      return trigger === null ? { order, quantity, limit } : { order, quantity, limit, trigger };
    }
    const rulesNow = (): MandatePair => {
      const rules = accountOf(grant).mandate?.pairs.find((it) => it.pair === pair);
      if (rules === undefined) throw refusalError('E_SYMBOL', `the mandate does not name ${pair}`);
      return rules;
    };
    rulesNow();
    const steps = await ports.market.steps(pair);
    // Read after the wait: the order is judged by the price and the mandate of that moment.
    const [rules, reference] = [rulesNow(), ports.referenceOf(pair)];
    if (reference === undefined) throw refusalError('E_ORACLE', `no reference price of ${pair}`);
    return { order: 'ioc' as const, ...marketTerms(request, rules, reference.price, steps) };
  };

  const send = async (grant: GrantState, request: OrderRequest): Promise<OwnOrder> => {
    const { symbol, side } = request;
    const pair = pairOf(symbol, grant, accountOf(grant));
    const terms = await termsOf(grant, request, pair);
    const id = clientOrderId(request.clientOrderId ?? newId());
    const intent: PlaceOrder = { kind: 'place-order', clientOrderId: id, pair, side, ...terms };
    const verdict = await new Promise<Verdict>((resolve) => ports.place(grant, intent, resolve));
    if (verdict.kind === 'refused') throw refusalError(verdict.code, verdict.reason, side);
    const order = own.find(grant.subKey, id);
    if (order === undefined) throw outcomeUnknown();
    if (request.kind === 'market') order.asMarket = true;
    return order;
  };

  const settled: Trading['settled'] = async (order) => {
    const isKnown = await waits.until(order, () => order.phase !== 'sent', answerMs);
    if (!isKnown) throw outcomeUnknown();
    if (order.rejection !== null) throw exchangeRefusal(order.rejection.code, order.rejection.reason);
    if (takesAtOnce(order.intent.order)) await waits.until(order, () => !isOpen(order), answerMs);
    else if (crosses(order.intent)) await waits.until(order, () => !isOpen(order), fillMs);
    return order;
  };

  const crosses = ({ pair, side, limit, order }: PlaceOrder): boolean => {
    const reference = ports.referenceOf(pair)?.price;
    if (reference === undefined || order !== 'limit') return false;
    return side === 'buy' ? limit >= reference : limit <= reference;
  };

  const place = async (grant: GrantState, values: Values): Promise<Json> => {
    const request = readOrder(values);
    const order = await settled(await send(grant, request));
    const trades = own.trades(grant.subKey).filter((it) => it.order === order);
    return placedJson(order, trades, request.answer);
  };

  const named: Trading['named'] = (grant, values) => {
    const [id, client] = [values.get('orderId'), values.get('origClientOrderId')];
    if (id === undefined && client === undefined) throw parameterError(-1102, 'orderId or origClientOrderId is missing');
    const pair = pairOf(values.get('symbol') ?? '', grant, accountOf(grant));
    const order = id === undefined ? own.find(grant.subKey, client ?? '') : own.findById(grant.subKey, pair, id);
    if (order === undefined || order.intent.pair !== pair) return undefined;
    return client === undefined || order.intent.clientOrderId === client ? order : undefined;
  };

  const withdraw: Trading['withdraw'] = async (grant, order, cancelId) => {
    if (!isOpen(order)) throw unknownOrder();
    const { clientOrderId: id, pair, side } = order.intent;
    const before = order.cancelsRefused;
    for (const it of order.list?.legs ?? [order]) it.cancelId = cancelId;
    const intent = { kind: 'cancel-order' as const, clientOrderId: id, pair };
    const verdict = await new Promise<Verdict>((resolve) => ports.cancel(grant, intent, resolve));
    if (verdict.kind === 'refused') {
      if (verdict.code === 'E_UNKNOWN_ORDER' || verdict.code === 'E_STATE') throw unknownOrder();
      throw refusalError(verdict.code, verdict.reason, side);
    }
    const isOver = await waits.until(order, () => !isOpen(order) || order.cancelsRefused > before, answerMs);
    if (!isOver) throw outcomeUnknown();
    if (order.phase !== 'cancelled') throw unknownOrder();
    const { list } = order;
    if (list === null) return cancelledJson(order, cancelId);
    for (const leg of list.legs) await waits.until(leg, () => !isOpen(leg), answerMs);
    return cancelledListJson(list, cancelId);
  };

  const cancel: Trading['cancel'] = async (grant, values) => {
    const order = named(grant, values);
    if (order === undefined) throw unknownOrder();
    return withdraw(grant, order, values.get('newClientOrderId') ?? newId());
  };

  return {
    place,
    named,
    settled,
    withdraw,
    cancel,
    tryPlace: (grant, values) => {
      pairOf(readOrder(values).symbol, grant, accountOf(grant));
      return {};
    },
    cancelAll: async (grant, values) => {
      const pair = pairOf(values.get('symbol') ?? '', grant, accountOf(grant));
      const open = [...own.orders(grant.subKey)].filter((it) => it.intent.pair === pair && isOpen(it));
      const once = open.filter((it) => it.list === null || open.find(({ list }) => list === it.list) === it);
      const done = await Promise.allSettled(once.map((order) => withdraw(grant, order, newId())));
      const shown = done.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
      if (shown.length > 0) return shown;
      const failed = done.find((it) => it.status === 'rejected');
      throw failed?.reason ?? unknownOrder();
    },
    replace: async (grant, values) => {
      readOrder(values); // what is ill-formed is refused before anything is cancelled, as at the exchange
      const old = cancelValues(values);
      const cancelled = await attempt(() => cancel(grant, old));
      const stops = values.get('cancelReplaceMode') === 'STOP_ON_FAILURE';
      if (!cancelled.isDone && stops) throw replaceError(cancelled, null);
      const placed = await attempt(() => place(grant, values));
      if (!cancelled.isDone || !placed.isDone) throw replaceError(cancelled, placed);
      return {
        cancelResult: 'SUCCESS',
        newOrderResult: 'SUCCESS',
        cancelResponse: cancelled.answer,
        newOrderResponse: placed.answer,
      };
    },
  };
}

/** The cancelling half of a replacement, in the words of a cancel. */
function cancelValues(values: Values): Values {
  const names = { symbol: 'symbol', cancelOrderId: 'orderId', cancelOrigClientOrderId: 'origClientOrderId' };
  const renamed = { ...names, cancelNewClientOrderId: 'newClientOrderId' };
  const of = new Map<string, string>();
  for (const [from, to] of Object.entries(renamed)) {
    const value = values.get(from);
    if (value !== undefined) of.set(to, value);
  }
  return of;
}

type Attempt = { readonly isDone: true; readonly answer: Json } | { readonly isDone: false; readonly answer: unknown };

async function attempt(act: () => Promise<Json>): Promise<Attempt> {
  try {
    return { isDone: true, answer: await act() };
  } catch (error) {
    if (error instanceof DialectError) return { isDone: false, answer: error.body() };
    throw error;
  }
}

/** One half or both failed (rest-api.md: 409 with -2021, 400 with -2022). `placed` null: not attempted. */
function replaceError(cancelled: Attempt, placed: Attempt | null): DialectError {
  const result = (it: Attempt): string => (it.isDone ? 'SUCCESS' : 'FAILURE');
  const data = {
    cancelResult: result(cancelled),
    newOrderResult: placed === null ? 'NOT_ATTEMPTED' : result(placed),
    cancelResponse: cancelled.answer,
    newOrderResponse: placed?.answer ?? null,
  };
  const half = cancelled.isDone || placed?.isDone === true;
  return half
    ? new DialectError(409, -2021, 'Order cancel-replace partially failed.', null, data)
    : new DialectError(400, -2022, 'Order cancel-replace failed.', null, data);
}
