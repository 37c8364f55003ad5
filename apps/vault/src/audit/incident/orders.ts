/** The orders and fills that the journal tells of, as an exchange can look them up: by its own ids. */
import { isLoose, type RawRecord, textOf, timeOf } from '../sentences.ts';

export interface OrderRow {
  readonly record: number;
  readonly time: number;
  readonly account: string;
  readonly subKey: string;
  readonly clientOrderId: string;
  /** The client order id that the exchange saw, '' when nothing was sent. */
  readonly idAtExchange: string;
  exchangeOrderId: string;
  readonly pair: string;
  readonly side: string;
  readonly order: string;
  readonly quantity: string;
  readonly limit: string;
  readonly trigger: string;
  /** Reference price at the decision, '' when there was none. */
  readonly reference: string;
  /** `approved` or the refusal's code. */
  readonly verdict: string;
  readonly reason: string;
  /** What became of it at the exchange. */
  outcome: string;
  filled: string;
}

export interface FillRow {
  readonly record: number;
  readonly time: number;
  readonly account: string;
  readonly exchangeOrderId: string;
  readonly tradeId: string;
  readonly clientOrderId: string;
  readonly pair: string;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  /** price × quantity */
  readonly value: string;
  readonly fee: string;
  readonly feeAsset: string;
  readonly reference: string;
  /** What was given away against the reference price, in quote, without the fee; negative is a gain; '' without a reference. */
  readonly givenAway: string;
}

export interface Trading {
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
}

/** All of it, in the order of the journal. `isWanted` chooses records; orders are followed from their decision on. */
export function tradingOf(records: readonly RawRecord[], isWanted: (record: RawRecord) => boolean): Trading {
  const orders: OrderRow[] = [];
  const fills: FillRow[] = [];
  const byKey = new Map<string, OrderRow>();
  for (const record of records) {
    if (record.kind === 'decided') {
      for (const row of orderRows(record)) {
        if (row.verdict === 'approved') byKey.set(`${row.subKey}/${row.clientOrderId}`, row);
        if (isWanted(record)) orders.push(row);
      }
    } else if (record.kind === 'settled' && textOf(record, 'event', 'kind') === 'order') {
      const row = byKey.get(`${textOf(record, 'event', 'subKey')}/${textOf(record, 'event', 'event', 'clientOrderId')}`);
      const event = isLoose(record.event) ? record.event.event : undefined;
      const fill = settle(record, event, row);
      if (fill !== null && isWanted(record)) fills.push(fill);
    }
  }
  return { orders, fills };
}

/** An OCO is two orders, each with its id at the exchange. */
function orderRows(record: RawRecord): readonly OrderRow[] {
  const { intent } = record;
  const kind = textOf(intent, 'kind');
  if (kind === 'place-order') return [orderRow(record, intent, textOf(record, 'upstreamId'))];
  if (kind !== 'place-oco' || !isLoose(intent)) return [];
  return [
    ['limitLeg', 'limit', 'limit'],
    ['stopLeg', 'stop', 'stop-limit'],
  ].map(([leg = '', id = '', order = '']) => {
    const own = isLoose(intent[leg]) ? intent[leg] : {};
    return orderRow(record, { ...intent, ...own, order }, textOf(record, 'legIds', id));
  });
}

function orderRow(record: RawRecord, intent: unknown, idAtExchange: string): OrderRow {
  const { verdict } = record;
  const isApproved = textOf(verdict, 'kind') === 'approved';
  return {
    record: record.seq,
    time: timeOf(record),
    account: textOf(record, 'account'),
    subKey: textOf(record, 'subKey'),
    clientOrderId: textOf(intent, 'clientOrderId'),
    idAtExchange,
    exchangeOrderId: '',
    pair: textOf(intent, 'pair'),
    side: textOf(intent, 'side'),
    order: textOf(intent, 'order'),
    quantity: textOf(intent, 'quantity'),
    limit: textOf(intent, 'limit'),
    trigger: textOf(intent, 'trigger'),
    reference: textOf(record, 'reference'),
    verdict: isApproved ? 'approved' : textOf(verdict, 'code'),
    reason: textOf(verdict, 'reason'),
    outcome: isApproved ? 'sent' : 'refused by the vault',
    filled: '0',
  };
}

/** Notes what the exchange said of an order; a fill is a row of its own. */
function settle(record: RawRecord, event: unknown, order: OrderRow | undefined): FillRow | null {
  const kind = textOf(event, 'kind');
  if (order !== undefined) {
    if (kind === 'order-accepted') {
      order.exchangeOrderId = textOf(event, 'exchangeOrderId');
      order.outcome = 'open';
    } else if (kind === 'order-filled') {
      order.filled = textOf(event, 'filled');
      order.outcome = textOf(event, 'complete') === 'true' ? 'filled' : 'partly filled';
    } else if (kind === 'order-rejected') order.outcome = `refused by the exchange: ${textOf(event, 'reason')}`;
    else if (kind === 'order-cancelled') order.outcome = `ended (${textOf(event, 'cause')})`;
    else if (kind === 'order-unknown') order.outcome = 'being found out';
  }
  if (kind !== 'order-filled') return null;
  const price = textOf(event, 'price');
  const quantity = textOf(event, 'quantity');
  const side = textOf(event, 'side');
  const reference = order?.reference ?? '';
  return {
    record: record.seq,
    time: timeOf(record),
    account: textOf(record, 'event', 'account'),
    exchangeOrderId: order?.exchangeOrderId ?? '',
    tradeId: textOf(event, 'tradeId'),
    clientOrderId: textOf(event, 'clientOrderId'),
    pair: textOf(event, 'pair'),
    side,
    price,
    quantity,
    value: plain(units(price) * units(quantity)),
    fee: textOf(event, 'fee'),
    feeAsset: textOf(event, 'feeAsset'),
    reference,
    givenAway: reference === '' ? '' : plain((side === 'buy' ? 1n : -1n) * (units(price) - units(reference)) * units(quantity)),
  };
}

const decimals = 18;

/** A plain decimal in 10^-18; what is none counts 0. */
function units(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) return 0n;
  const [, sign, whole = '0', fraction = ''] = match;
  return BigInt(`${sign}${whole}${fraction.padEnd(decimals, '0')}`);
}

/** A product of two amounts of `units` as a plain decimal, exact. */
function plain(product: bigint): string {
  const digits = (product < 0n ? -product : product).toString().padStart(2 * decimals + 1, '0');
  const fraction = digits.slice(-2 * decimals).replace(/0+$/, '');
  const text = `${digits.slice(0, -2 * decimals)}${fraction === '' ? '' : `.${fraction}`}`;
  return product < 0n ? `-${text}` : text;
}

/** Sum of plain decimals of up to 36 places. */
export function sumOf(texts: readonly string[]): string {
  const wide = (text: string): bigint => {
    const match = /^(-?)(\d+)(?:\.(\d{1,36}))?$/.exec(text);
    return match === null ? 0n : BigInt(`${match[1]}${match[2]}${(match[3] ?? '').padEnd(2 * decimals, '0')}`);
  };
  return plain(texts.reduce((sum, text) => sum + wide(text), 0n));
}

const cell = (value: unknown): string => {
  const text = String(value);
  // A cell that begins so is a formula to a spreadsheet.
  const safe = /^[=+\-@\t]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Rows as CSV (RFC 4180), times as ISO 8601 in UTC. */
export function csvOf<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): string {
  const value = (row: Row, column: keyof Row): unknown =>
    column === 'time' ? new Date(row[column] as number).toISOString() : row[column];
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(value(row, column))).join(','))]
    .join('\r\n')
    .concat('\r\n');
}
