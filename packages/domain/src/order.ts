/** Intents ("I want this order to exist / be gone"), verdicts, and what then became of an order. */
import type { Branded } from './brand.ts';
import { ValueError } from './errors.ts';
import type { Amount } from './money.ts';
import type { Asset, Pair } from './pair.ts';

/** Unix time in milliseconds. On paper accounts, the time of the tape. */
export type EpochMs = Branded<number, 'EpochMs'>;
export const epochMs = (value: number): EpochMs => value as EpochMs;

/** Made from bot, deal and sequence, so that a replay asks for the same order: 1 to 36 of [A-Za-z0-9._-]. */
export type ClientOrderId = Branded<string, 'ClientOrderId'>;
export type AccountId = Branded<string, 'AccountId'>;
export type BotId = Branded<string, 'BotId'>;
export type SubKeyId = Branded<string, 'SubKeyId'>;

/** @throws ValueError `client-order-id-malformed` */
export function clientOrderId(text: string): ClientOrderId {
  if (!/^[A-Za-z0-9._-]{1,36}$/.test(text)) throw new ValueError('client-order-id-malformed', text);
  return text as ClientOrderId;
}

export type Side = 'buy' | 'sell';

/**
 * `limit` rests until filled or cancelled, `post-only` is refused if it would take, `ioc` takes what it can at its
 * limit or better and the rest expires, `fok` takes all of it at once or nothing. A market order is an `ioc` at a capped price;
 * there is no other. `stop-limit` becomes a limit order when the market reaches its trigger: a sell at or below it, a buy at or
 * above it.
 */
export type OrderKind = 'limit' | 'post-only' | 'ioc' | 'fok' | 'stop-limit';
export const orderKindNames: readonly OrderKind[] = ['limit', 'post-only', 'ioc', 'fok', 'stop-limit'];

/** As mandates name them: a `fok` may be sent where an `ioc` may, since it trades as one or not at all. */
export type AllowedKind = Exclude<OrderKind, 'fok'>;
export const allowedKindNames: readonly AllowedKind[] = ['limit', 'post-only', 'ioc', 'stop-limit'];
export const allowedKindOf = (kind: OrderKind): AllowedKind => (kind === 'fok' ? 'ioc' : kind);

/** Kinds that never rest. */
export const takesAtOnce = (kind: OrderKind): boolean => kind === 'ioc' || kind === 'fok';

/** Bot to vault: "I want this order to exist." Sent again with the same id, it means the same order. */
export interface PlaceOrder {
  readonly kind: 'place-order';
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  readonly order: OrderKind;
  /** In base. */
  readonly quantity: Amount;
  /** In quote per base. */
  readonly limit: Amount;
  /** In quote per base; there exactly with `stop-limit`. */
  readonly trigger?: Amount;
}

/** Bot to vault: "I want this order of mine gone." */
export interface CancelOrder {
  readonly kind: 'cancel-order';
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
}

/**
 * Bot to vault: "I want these two orders, of which one at most trades" (one cancels the other). The exchange locks the quantity
 * once; when one leg trades or its trigger is reached it ends the other, and a cancel of either ends both. Each leg has events
 * of its own.
 */
export interface PlaceOco {
  readonly kind: 'place-oco';
  /** Of the two together; the legs have ids of their own, and all three are used up at once. */
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  /** Of each leg, in base. */
  readonly quantity: Amount;
  /** Rests as a maker order: above the market to sell, below it to buy. */
  readonly limitLeg: { readonly clientOrderId: ClientOrderId; readonly limit: Amount };
  /** Becomes a limit order at its trigger, which lies on the other side of the market. */
  readonly stopLeg: { readonly clientOrderId: ClientOrderId; readonly trigger: Amount; readonly limit: Amount };
}

export type PlacingIntent = PlaceOrder | PlaceOco;
export type Intent = PlacingIntent | CancelOrder;

/** The legs of an OCO as the orders that they are. */
export function legsOf({ pair, side, quantity, limitLeg, stopLeg }: PlaceOco): {
  readonly limit: PlaceOrder;
  readonly stop: PlaceOrder;
} {
  const both = { kind: 'place-order', pair, side, quantity } as const;
  return { limit: { ...both, order: 'limit', ...limitLeg }, stop: { ...both, order: 'stop-limit', ...stopLeg } };
}

/** The orders that an intent puts on the book. */
export function ordersOf(intent: PlacingIntent): readonly PlaceOrder[] {
  if (intent.kind === 'place-order') return [intent];
  const { limit, stop } = legsOf(intent);
  return [limit, stop];
}

/** All client order ids that an intent uses up. */
export const idsOf = (intent: PlacingIntent): readonly ClientOrderId[] =>
  intent.kind === 'place-order'
    ? [intent.clientOrderId]
    : [intent.clientOrderId, intent.limitLeg.clientOrderId, intent.stopLeg.clientOrderId];

/** Refusals of the vault, verbatim from the custody specification. */
export type RefusalCode =
  | 'E_PATH'
  | 'E_PARAM'
  | 'E_SIG'
  | 'E_TIME'
  | 'E_REPLAY'
  | 'E_REVOKED'
  | 'E_RIGHT'
  | 'E_SYMBOL'
  | 'E_TYPE'
  | 'E_BAND'
  | 'E_CORRIDOR'
  | 'E_SIZE'
  | 'E_POS'
  | 'E_TURNOVER'
  | 'E_BURN'
  | 'E_OPEN'
  | 'E_RATE'
  | 'E_ORACLE'
  | 'E_MANDATE_EXP'
  | 'E_MANDATE_SIG'
  | 'E_MANDATE_SEQ'
  | 'E_MANDATE_FORM'
  | 'E_FROZEN'
  | 'E_SEALED'
  | 'E_RECONCILE'
  | 'E_MANDATE_PENDING'
  | 'E_BIND'
  | 'E_AUDIT'
  | 'E_DUPKEY'
  | 'E_DUPLICATE'
  | 'E_UNKNOWN_ORDER'
  | 'E_CONNECT'
  | 'E_PERM'
  | 'E_STATE';

/** These do not use up a client order id: the same intent may be asked again later. */
export const temporaryRefusals: ReadonlySet<RefusalCode> = new Set([
  'E_ORACLE',
  'E_RATE',
  'E_SEALED',
  'E_RECONCILE',
  'E_AUDIT',
  'E_TIME',
  'E_REPLAY',
]);

export type Verdict =
  | { readonly kind: 'approved' }
  /** `reason` is one sentence that names the thing, the value and the limit. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

/** An intent that the policy has approved: only the judge of packages/policy gives this brand, and what builds requests demands it. */
export type Approved<T extends Intent> = Branded<T, 'Approved'>;

/** What became of an order, as the vault settled it. Facts, in the order in which the exchange stated them. */
export type OrderEvent =
  | (OrderEventBase & { readonly kind: 'order-accepted'; readonly exchangeOrderId: string })
  /** It did not happen: the exchange said no. */
  | (OrderEventBase & { readonly kind: 'order-rejected'; readonly code: string; readonly reason: string })
  /** It may have happened; the vault is finding out and will say. */
  | (OrderEventBase & { readonly kind: 'order-unknown' })
  | (OrderEventBase & OrderFill)
  /** No longer on the book with something unfilled: by cancel, or expired by the exchange's rules. */
  | (OrderEventBase & { readonly kind: 'order-cancelled'; readonly cause: 'cancel' | 'expired'; readonly filled: Amount })
  /** A cancel was refused, e.g. because the order was filled first. The order's own events say what it is. */
  | (OrderEventBase & { readonly kind: 'cancel-rejected'; readonly code: string; readonly reason: string });

interface OrderEventBase {
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  readonly at: EpochMs;
}

export interface OrderFill {
  readonly kind: 'order-filled';
  readonly tradeId: string;
  readonly price: Amount;
  readonly quantity: Amount;
  /** Base filled so far, this fill included. */
  readonly filled: Amount;
  /** Whether nothing is left open of the order. */
  readonly complete: boolean;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly maker: boolean;
}
