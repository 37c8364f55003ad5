/** Deals and fills of a run as CSV (RFC 4180): a header, one row each, times as unix ms and as UTC text, money as plain decimals. */
import { type ClosedDeal, formatAmount } from '@holdfast/domain';
import type { RunFill } from '../run/result.ts';

type Column<Row> = readonly [name: string, text: (row: Row) => string];

const utc = (ms: number): string => new Date(ms).toISOString();

const dealColumns: readonly Column<ClosedDeal>[] = [
  ['number', ({ number }) => String(number)],
  ['pair', ({ pair }) => pair],
  ['opened_ms', ({ openedAt }) => String(openedAt)],
  ['opened', ({ openedAt }) => utc(openedAt)],
  ['closed_ms', ({ closedAt }) => String(closedAt)],
  ['closed', ({ closedAt }) => utc(closedAt)],
  ['ending', ({ ending }) => ending],
  ['bought', ({ bought }) => formatAmount(bought)],
  ['sold', ({ sold }) => formatAmount(sold)],
  ['spent', ({ spent }) => formatAmount(spent)],
  ['cost', ({ cost }) => formatAmount(cost)],
  ['proceeds', ({ proceeds }) => formatAmount(proceeds)],
  ['profit', ({ profit }) => formatAmount(profit)],
  ['fees', ({ fees }) => (fees === null ? '' : formatAmount(fees))],
  ['averaging_orders_filled', (deal) => String(deal.averagingOrdersFilled)],
];

const fillColumns: readonly Column<RunFill>[] = [
  ['at_ms', ({ at }) => String(at)],
  ['at', ({ at }) => utc(at)],
  ['client_order_id', ({ clientOrderId }) => clientOrderId],
  ['pair', ({ pair }) => pair],
  ['side', ({ side }) => side],
  ['price', ({ price }) => formatAmount(price)],
  ['quantity', ({ quantity }) => formatAmount(quantity)],
  ['fee', ({ fee }) => formatAmount(fee)],
  ['fee_asset', ({ feeAsset }) => feeAsset],
  ['maker', ({ maker }) => (maker ? '1' : '0')],
  ['complete', ({ complete }) => (complete ? '1' : '0')],
];

function csv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(([name]) => name).join(',')];
  for (const row of rows) lines.push(columns.map(([, text]) => text(row)).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

export const dealsCsv = (deals: readonly ClosedDeal[]): string => csv(dealColumns, deals);
export const fillsCsv = (fills: readonly RunFill[]): string => csv(fillColumns, fills);
