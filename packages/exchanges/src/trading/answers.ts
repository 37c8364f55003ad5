/**
 * Reads what the exchange answers. Rejected and unknown are different facts: a time-out or a 5xx is not a refusal
 * (rest-api.md, errors.md), only the exchange's later word on the order is.
 */
import { type Amount, type Asset, asset, type EpochMs, type Side } from '@holdfast/domain';
import {
  amountOf,
  asList,
  asObject,
  executedOf,
  flagOf,
  idOf,
  type Json,
  MalformedReply,
  parse,
  positiveOf,
  textOf,
  timeOf,
} from './wire.ts';

export type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  /** It did not happen. `code` is the exchange's, as text. */
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  /** It may have happened. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Codes after which the exchange itself does not know: unknown, disconnected, unexpected answer, time-out. */
const unknownCodes: ReadonlySet<number> = new Set([-1000, -1001, -1006, -1007]);
/** Server busy: refused before anything was done, though it comes with 503. */
const busyCode = -1008;

/** What an HTTP answer says about the request. */
export function readOutcome(status: number, body: string): Outcome {
  let value: unknown;
  try {
    value = parse(body);
  } catch {
    // A 4xx without the dialect's body is the web firewall's or the rate limiter's: it never reached the engine.
    if (status >= 400 && status < 500) return { kind: 'rejected', code: String(status), reason: `HTTP ${status}` };
    return { kind: 'unknown', reason: `HTTP ${status} without JSON` };
  }
  if (status === 200) return { kind: 'done', value };
  const { code, msg } = typeof value === 'object' && value !== null ? (value as Json) : {};
  const known = Number.isSafeInteger(code) ? (code as number) : null;
  const reason = typeof msg === 'string' ? msg.slice(0, 200) : `HTTP ${status}`;
  if (known === busyCode) return { kind: 'rejected', code: String(known), reason };
  if (status >= 500 || status < 400 || (known !== null && unknownCodes.has(known)))
    return { kind: 'unknown', reason: `HTTP ${status}: ${reason}` };
  return { kind: 'rejected', code: known === null ? String(status) : String(known), reason };
}

/** Query or cancel of an order that the exchange does not have. */
export const orderDoesNotExist = '-2013';
export const cancelRejected = '-2011';

/** States after which nothing more happens to an order. */
const finalStates = ['FILLED', 'CANCELED', 'EXPIRED', 'EXPIRED_IN_MATCH', 'REJECTED'] as const;
export type FinalState = (typeof finalStates)[number];

export const finalStateOf = (status: string): FinalState | null => finalStates.find((it) => it === status) ?? null;

export interface OrderState {
  readonly symbol: string;
  readonly exchangeOrderId: string;
  readonly upstreamId: string;
  /** Final state, or null while the order can still trade. */
  readonly final: FinalState | null;
  readonly executed: Amount;
}

/** @throws MalformedReply */
export function readPlaced(value: unknown): { readonly exchangeOrderId: string; readonly at: EpochMs } {
  const it = asObject(value);
  return { exchangeOrderId: idOf(it, 'orderId'), at: timeOf(it, 'transactTime') };
}

/** Of an OCO: each leg by its id. @throws MalformedReply */
export const readPlacedOco = (
  value: unknown,
): readonly { readonly upstreamId: string; readonly exchangeOrderId: string; readonly at: EpochMs }[] =>
  asList(asObject(value).orderReports).map((report) => ({
    upstreamId: textOf(asObject(report), 'clientOrderId'),
    ...readPlaced(report),
  }));

/** Of the cancel of an OCO: what each leg is now. @throws MalformedReply */
export const readCancelledOco = (value: unknown): readonly OrderState[] =>
  asList(asObject(value).orderReports).map(readCancelled);

/** Of a query or an open order. @throws MalformedReply */
export const readOrder = (value: unknown): OrderState => orderState(asObject(value), 'clientOrderId');

/** Of a query. @throws MalformedReply */
export const readSide = (value: unknown): Side => (textOf(asObject(value), 'side') === 'BUY' ? 'buy' : 'sell');

/** Of a cancel: there `clientOrderId` is the cancel's and `origClientOrderId` the order's. @throws MalformedReply */
export const readCancelled = (value: unknown): OrderState => orderState(asObject(value), 'origClientOrderId');

function orderState(it: Json, idKey: string): OrderState {
  return {
    symbol: textOf(it, 'symbol'),
    exchangeOrderId: idOf(it, 'orderId'),
    upstreamId: textOf(it, idKey),
    final: finalStateOf(textOf(it, 'status')),
    executed: executedOf(it, 'executedQty'),
  };
}

/** @throws MalformedReply */
export const readOpenOrders = (value: unknown): readonly OrderState[] => asList(value).map(readOrder);

export interface TradeReport {
  readonly symbol: string;
  readonly tradeId: string;
  readonly exchangeOrderId: string;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly maker: boolean;
  readonly at: EpochMs;
}

/** Oldest first. @throws MalformedReply */
export const readMyTrades = (value: unknown): readonly TradeReport[] =>
  asList(value).map((item) => {
    const it = asObject(item);
    return {
      symbol: textOf(it, 'symbol'),
      tradeId: idOf(it, 'id'),
      exchangeOrderId: idOf(it, 'orderId'),
      price: positiveOf(it, 'price'),
      quantity: positiveOf(it, 'qty'),
      fee: amountOf(it, 'commission'),
      feeAsset: assetOf(it, 'commissionAsset'),
      maker: flagOf(it, 'isMaker'),
      at: timeOf(it, 'time'),
    };
  });

/**
 * Whether an asset's name is one of ours. The exchange lists some in other scripts: no pair of ours can hold them, so
 * that what an account has of them is passed over.
 */
export function isNamedAsset(name: unknown): boolean {
  try {
    return typeof name === 'string' && asset(name) === name;
  } catch {
    return false;
  }
}

/** Balances of an account, free and locked together, without assets of which there is nothing. @throws MalformedReply */
export function readAccount(value: unknown): ReadonlyMap<Asset, Amount> {
  const totals = new Map<Asset, Amount>();
  for (const item of asList(asObject(value).balances)) {
    const it = asObject(item);
    if (!isNamedAsset(textOf(it, 'asset'))) continue;
    const total = (amountOf(it, 'free') + amountOf(it, 'locked')) as Amount;
    if (total !== 0n) totals.set(assetOf(it, 'asset'), total);
  }
  return totals;
}

/** The exchange's number of the account (`uid` of `/api/v3/account`). @throws MalformedReply */
export const readAccountUid = (value: unknown): string => idOf(asObject(value), 'uid');

export function assetOf(from: Json, key: string): Asset {
  try {
    return asset(textOf(from, key));
  } catch {
    throw new MalformedReply(`${key} is not an asset`);
  }
}
