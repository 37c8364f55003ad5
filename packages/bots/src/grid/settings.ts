/** Settings of a grid bot: as typed (plain data, checked by contracts/bot-settings/grid) and as used (exact numbers). */
import { type Amount, amount, type Pair, unit, ValueError } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';
import { ratioOfLines, ratioUnit } from './ratio.ts';

/** What happens with coins and money when a stop price is reached. */
export type StopAction = 'stop' | 'stop-and-buy' | 'stop-and-sell' | 'stop-and-close';

/** Decimal strings, whole numbers and flags only. Every field is explained in docs/bots/grid.md. */
export interface GridSettingsText {
  readonly mode: 'normal' | 'reverse' | 'infinity';
  readonly lowerPrice: string;
  readonly upperPrice?: string | undefined;
  readonly lines?: number | undefined;
  readonly stepPercent?: string | undefined;
  readonly spacing: 'arithmetic' | 'geometric';
  readonly amountPerLine: string;
  readonly amountIn: 'base' | 'quote';
  readonly profitIn: 'quote' | 'base';
  readonly activeBuyLines: number;
  readonly activeSellLines: number;
  readonly balance: boolean;
  readonly balanceOrderLines: number;
  readonly trailingUp: boolean;
  readonly trailingUpTo?: string | undefined;
  readonly trailingDown: boolean;
  readonly trailingDownTo?: string | undefined;
  readonly expansionUpTo?: string | undefined;
  readonly expansionDownTo?: string | undefined;
  readonly stopUpperPrice?: string | undefined;
  readonly stopUpperAction: StopAction;
  readonly stopLowerPrice?: string | undefined;
  readonly stopLowerAction: StopAction;
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly retrySeconds: number;
}

export interface StopPrice {
  readonly price: Amount;
  readonly action: StopAction;
}

/** How far apart lines are: a distance as a fraction of quote, or a ratio counted in 10^-24. */
export type Spacing =
  | { readonly kind: 'arithmetic'; readonly numerator: bigint; readonly denominator: bigint }
  | { readonly kind: 'geometric'; readonly ratio: bigint };

/** Prices in quote; percentages as counts of 10^-18 of one (1 % is 10^16). */
export interface GridSettings {
  readonly pair: Pair;
  readonly mode: 'normal' | 'reverse' | 'infinity';
  readonly lower: Amount;
  /** Null: there is no upper price. */
  readonly upper: Amount | null;
  /** Lines from `lower` to `upper`; 0 without an upper price. */
  readonly lines: number;
  readonly spacing: Spacing;
  readonly amount: Amount;
  readonly amountIn: 'base' | 'quote';
  readonly profitIn: 'quote' | 'base';
  readonly activeBuyLines: number;
  readonly activeSellLines: number;
  readonly balance: boolean;
  readonly balanceOrderLines: number;
  /** How far the range may be shifted; null: not at all. `unbounded`: as far as the market goes. */
  readonly trailing: { readonly up: Amount | 'unbounded' | null; readonly down: Amount | 'unbounded' | null };
  readonly expansion: { readonly up: Amount | null; readonly down: Amount | null };
  readonly stops: { readonly upper: StopPrice | null; readonly lower: StopPrice | null };
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly retryMs: number;
}

/** A percentage as a count of 10^-18 of one; at most 16 decimals. @throws ValueError `amount-malformed`, `amount-too-precise` */
function fraction(percent: string): bigint {
  const value = amount(percent);
  if (value % 100n !== 0n) throw new ValueError('amount-too-precise', percent);
  return value / 100n;
}

const price = (text: string | undefined): Amount | null => (text === undefined ? null : amount(text));

const stop = (text: string | undefined, action: StopAction): StopPrice | null =>
  text === undefined ? null : { price: amount(text), action };

const trailing = (on: boolean, until: string | undefined): Amount | 'unbounded' | null =>
  on ? (price(until) ?? 'unbounded') : null;

function spacingOf(text: GridSettingsText, lower: Amount, upper: Amount | null, lines: number): Spacing {
  if (upper === null) return { kind: 'geometric', ratio: ((unit + fraction(text.stepPercent ?? '1')) * ratioUnit) / unit };
  if (text.spacing === 'arithmetic') return { kind: 'arithmetic', numerator: upper - lower, denominator: BigInt(lines - 1) };
  return { kind: 'geometric', ratio: ratioOfLines(lower, upper, lines) };
}

/** @throws ValueError `amount-malformed`, `amount-too-precise` */
export function readGridSettings(pair: Pair, text: GridSettingsText): GridSettings {
  const lower = amount(text.lowerPrice);
  const upper = text.mode === 'infinity' ? null : price(text.upperPrice);
  const lines = upper === null ? 0 : (text.lines ?? 2);
  return {
    pair,
    mode: text.mode,
    lower,
    upper,
    lines,
    spacing: spacingOf(text, lower, upper, lines),
    amount: amount(text.amountPerLine),
    amountIn: text.amountIn,
    profitIn: text.mode === 'reverse' ? 'base' : text.profitIn,
    activeBuyLines: text.activeBuyLines,
    activeSellLines: text.activeSellLines,
    balance: text.balance,
    balanceOrderLines: text.balanceOrderLines,
    trailing: { up: trailing(text.trailingUp, text.trailingUpTo), down: trailing(text.trailingDown, text.trailingDownTo) },
    expansion: { up: price(text.expansionUpTo), down: price(text.expansionDownTo) },
    stops: {
      upper: stop(text.stopUpperPrice, text.stopUpperAction),
      lower: stop(text.stopLowerPrice, text.stopLowerAction),
    },
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    retryMs: text.retrySeconds * 1000,
  };
}
