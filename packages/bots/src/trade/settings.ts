/** Settings of a trade: as typed (plain data, checked by contracts/bot-settings) and as used (exact numbers). */
import { type Amount, amount, type Pair, ValueError } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';
import type { Direction } from '../orders/direction.ts';

export type EntryKind = 'market' | 'limit' | 'conditional' | 'trailing' | 'held';
/** Which price a trigger looks at. */
export type PriceOf = 'last' | 'bid' | 'ask';
/** Of an entry at a limit: rests; rests and never takes; takes what is there at once and gives up the rest; takes all of it at once or nothing. */
export type TimeInForce = 'gtc' | 'post-only' | 'ioc' | 'fok';

/** "0" where it does not apply; exactly one of `percent` and `price` is above 0. */
export interface TakeProfitText {
  readonly percent: string;
  readonly price: string;
  readonly sharePercent: string;
  readonly order: 'limit' | 'market';
  readonly trailingPercent: string;
  readonly trailingDistance?: string;
  readonly of?: PriceOf | 'any';
}

/** What a size is counted in, or a profit is kept as. */
type In = 'quote' | 'base';

/**
 * Decimal strings, whole numbers and flags only; "0" where a field does not apply. Every field is explained in docs/bots/trade.md; those
 * that may be left out have defaults.
 */
export interface TradeSettingsText {
  readonly direction?: Direction;
  readonly entry: EntryKind;
  readonly size: string;
  readonly sizeIn?: In;
  readonly heldQuantity: string;
  readonly heldPrice: string;
  readonly entryPrice: string;
  readonly entryLimit: string;
  readonly entryWhen: 'at-or-above' | 'at-or-below';
  readonly entryPriceOf: PriceOf;
  readonly entryTrailingPercent: string;
  readonly entryTrailingDistance?: string;
  readonly entryHoldSeconds?: number;
  readonly entryTimeInForce?: TimeInForce;
  readonly entryTimeoutSeconds: number;
  readonly takeProfits: readonly TakeProfitText[];
  readonly stopLossPercent: string;
  readonly stopLossPrice: string;
  readonly stopLossDistance?: string;
  readonly stopLossOrder: 'limit' | 'market';
  readonly stopLossGapPercent: string;
  readonly stopLossPriceOf: PriceOf;
  readonly stopLossTimeoutSeconds: number;
  readonly stopLossTrailing: boolean;
  readonly breakevenAfterStep: number;
  readonly rests: 'stop-loss' | 'take-profit';
  readonly profitIn?: In;
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly entryAttempts: number;
  readonly retrySeconds: number;
}

/** Where a step takes profit: a share beyond the average, or a price; neither: at once. Shares are counts of 10^-18 of one. */
export interface Target {
  readonly percent: bigint | null;
  readonly price: Amount | null;
  readonly share: bigint;
  readonly order: 'limit' | 'market';
  readonly trailing: bigint;
  /** How far it trails in quote, in place of the share. */
  readonly trailingBy?: Amount;
  /** The price that a step which is watched looks at; null or absent: that which an exit meets, of a trailing one the last. */
  readonly of?: PriceOf | null;
}

export interface StopLoss {
  readonly percent: bigint | null;
  readonly price: Amount | null;
  /** From the average in quote, in place of `percent`. */
  readonly distance?: Amount;
  readonly order: 'limit' | 'market';
  /** How far its limit lies beyond its trigger. */
  readonly gap: bigint;
  readonly of: PriceOf;
  readonly timeoutMs: number;
  readonly trailing: boolean;
  /** Number of the step; 0 for never. */
  readonly breakevenAfter: number;
}

/** `heldQuantity` in base, as `size` may be; each zero where it does not apply. */
export interface TradeSettings {
  readonly pair: Pair;
  readonly direction: Direction;
  readonly entry: EntryKind;
  readonly size: Amount;
  readonly sizeIn: In;
  readonly heldQuantity: Amount;
  readonly heldPrice: Amount | null;
  readonly entryPrice: Amount | null;
  readonly entryLimit: Amount | null;
  readonly entryWhen: 'at-or-above' | 'at-or-below';
  readonly entryOf: PriceOf;
  readonly entryTrailing: bigint;
  /** In quote, in place of the share. */
  readonly entryTrailingBy?: Amount;
  /** How long the trigger must be reached before it counts. */
  readonly entryHoldMs: number;
  readonly entryTimeInForce: TimeInForce;
  readonly entryTimeoutMs: number;
  readonly takeProfits: readonly Target[];
  readonly stopLoss: StopLoss | null;
  readonly rests: 'stop-loss' | 'take-profit';
  /** Of a short trade. `quote`: as many coins as were sold are bought back; `base`: as many as the quote for them buys. */
  readonly profitIn: In;
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly entryAttempts: number;
  readonly retryMs: number;
}

/** A percentage as a count of 10^-18 of one; at most 16 decimals. @throws ValueError `amount-malformed`, `amount-too-precise` */
export function fraction(percent: string): bigint {
  const value = amount(percent);
  if (value % 100n !== 0n) throw new ValueError('amount-too-precise', percent);
  return value / 100n;
}

/** Null for zero. */
function unless0<T extends bigint>(value: T): T | null {
  return value === 0n ? null : value;
}

/** A distance in quote under a name of its own; nothing for zero, so that settings of earlier versions stay as they are. */
function by<Name extends string>(name: Name, text = '0'): { readonly [name in Name]?: Amount } {
  const value = unless0(amount(text));
  return (value === null ? {} : { [name]: value }) as { readonly [name in Name]?: Amount };
}

const readTarget = (text: TakeProfitText): Target => ({
  percent: unless0(fraction(text.percent)),
  price: unless0(amount(text.price)),
  share: fraction(text.sharePercent),
  order: text.order,
  trailing: fraction(text.trailingPercent),
  ...by('trailingBy', text.trailingDistance),
  of: text.of === undefined || text.of === 'any' ? null : text.of,
});

function readStopLoss(text: TradeSettingsText): StopLoss | null {
  const [percent, price] = [unless0(fraction(text.stopLossPercent)), unless0(amount(text.stopLossPrice))];
  const distance = by('distance', text.stopLossDistance);
  if (percent === null && price === null && distance.distance === undefined) return null;
  return {
    percent,
    price,
    ...distance,
    order: text.stopLossOrder,
    gap: fraction(text.stopLossGapPercent),
    of: text.stopLossPriceOf,
    timeoutMs: text.stopLossTimeoutSeconds * 1000,
    trailing: text.stopLossTrailing,
    breakevenAfter: text.breakevenAfterStep,
  };
}

/** What settings mean that name none of these, as those of earlier versions do. */
export const asBefore = {
  direction: 'long',
  sizeIn: 'quote',
  profitIn: 'quote',
  entryHoldMs: 0,
  entryTimeInForce: 'gtc',
} as const;

/** @throws ValueError `amount-malformed`, `amount-too-precise` */
export function readTradeSettings(pair: Pair, text: TradeSettingsText): TradeSettings {
  return {
    pair,
    ...asBefore,
    ...(text.direction === undefined ? {} : { direction: text.direction }),
    ...(text.sizeIn === undefined ? {} : { sizeIn: text.sizeIn }),
    ...(text.profitIn === undefined ? {} : { profitIn: text.profitIn }),
    entry: text.entry,
    size: amount(text.size),
    heldQuantity: amount(text.heldQuantity),
    heldPrice: unless0(amount(text.heldPrice)),
    entryPrice: unless0(amount(text.entryPrice)),
    entryLimit: unless0(amount(text.entryLimit)),
    entryWhen: text.entryWhen,
    entryOf: text.entryPriceOf,
    entryTrailing: fraction(text.entryTrailingPercent),
    ...by('entryTrailingBy', text.entryTrailingDistance),
    ...(text.entryHoldSeconds === undefined ? {} : { entryHoldMs: text.entryHoldSeconds * 1000 }),
    ...(text.entryTimeInForce === undefined ? {} : { entryTimeInForce: text.entryTimeInForce }),
    entryTimeoutMs: text.entryTimeoutSeconds * 1000,
    takeProfits: text.takeProfits.map(readTarget),
    stopLoss: readStopLoss(text),
    rests: text.rests,
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    entryAttempts: text.entryAttempts,
    retryMs: text.retrySeconds * 1000,
  };
}
