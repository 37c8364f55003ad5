/** Order lists as the exchange's JSON writes them (rest-api.md, user-data-stream.md). */
import { symbolOf } from '@holdfast/exchanges/trading';
import type { AnswerForm } from './order-request.ts';
import { isExecuting, type OwnList, type OwnTrade } from './own-orders.ts';
import { cancelledJson, type Json, orderIdOf, placedJson } from './show.ts';

const updatedAt = ({ legs }: OwnList): number => Math.max(...legs.map((it) => it.updatedAt));

export const listJson = (list: OwnList): Json => ({
  orderListId: list.id,
  contingencyType: 'OCO',
  listStatusType: isExecuting(list) ? 'EXEC_STARTED' : 'ALL_DONE',
  listOrderStatus: isExecuting(list) ? 'EXECUTING' : 'ALL_DONE',
  listClientOrderId: list.clientOrderId,
  transactionTime: list.askedAt,
  symbol: symbolOf(list.pair),
  orders: list.legs.map((leg) => ({
    symbol: symbolOf(list.pair),
    orderId: orderIdOf(leg),
    clientOrderId: leg.intent.clientOrderId,
  })),
});

export const placedListJson = (list: OwnList, trades: readonly OwnTrade[], form: AnswerForm): Json => ({
  ...listJson(list),
  orderReports: list.legs.map((leg) =>
    placedJson(
      leg,
      trades.filter((it) => it.order === leg),
      form,
    ),
  ),
});

export const cancelledListJson = (list: OwnList, cancelId: string): Json => ({
  ...listJson(list),
  transactionTime: updatedAt(list),
  orderReports: list.legs.map((leg) => cancelledJson(leg, cancelId)),
});

/** The `listStatus` event after an event of a leg: once when both rest, once when both are over; else null. */
export function listEventOf(list: OwnList | null, at: number): Json | null {
  if (list === null || list.legs.some((it) => it.phase === 'sent')) return null;
  const now = isExecuting(list) ? 'started' : 'done';
  if (list.said === now || list.said === 'done') return null;
  list.said = now;
  const { listStatusType, listOrderStatus, orders } = listJson(list);
  return {
    e: 'listStatus',
    E: at,
    s: symbolOf(list.pair),
    g: list.id,
    c: 'OCO',
    l: listStatusType,
    L: listOrderStatus,
    r: 'NONE',
    C: list.clientOrderId,
    T: at,
    O: (orders as readonly Json[]).map(({ symbol, orderId, clientOrderId }) => ({ s: symbol, i: orderId, c: clientOrderId })),
  };
}
