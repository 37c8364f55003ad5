/** Reads the private stream's events (user-data-stream.md). Unknown kinds are passed over by name, never guessed at. */
import type { Amount, Asset, EpochMs } from '@holdfast/domain';
import { assetOf, type FinalState, finalStateOf, type TradeReport } from './answers.ts';
import { amountOf, asObject, flagOf, idOf, type Json, parse, textOf, timeOf } from './wire.ts';

export type StreamEvent =
  | {
      readonly kind: 'order';
      readonly symbol: string;
      /** The order's client id as it was placed with. */
      readonly upstreamId: string;
      readonly exchangeOrderId: string;
      readonly at: EpochMs;
      readonly execution: string;
      readonly final: FinalState | null;
      readonly executed: Amount;
      readonly rejectReason: string;
      /** The fill, when the event is one. */
      readonly trade: TradeReport | null;
    }
  /** A deposit, withdrawal or transfer. */
  | { readonly kind: 'balance'; readonly asset: Asset; readonly change: Amount; readonly at: EpochMs }
  | { readonly kind: 'terminated' }
  | { readonly kind: 'other' };

/** @throws MalformedReply */
export function readStreamEvent(text: string): StreamEvent {
  const it = asObject(parse(text));
  switch (it.e) {
    case 'executionReport':
      return readExecution(it);
    case 'balanceUpdate':
      return { kind: 'balance', asset: assetOf(it, 'a'), change: amountOf(it, 'd'), at: timeOf(it, 'T') };
    case 'eventStreamTerminated':
      return { kind: 'terminated' };
    default:
      return { kind: 'other' };
  }
}

function readExecution(it: Json): StreamEvent {
  // `c` is the cancel's own id when a cancel speaks; the order's is then in `C`.
  const original = textOf(it, 'C');
  return {
    kind: 'order',
    symbol: textOf(it, 's'),
    upstreamId: original === '' ? textOf(it, 'c') : original,
    exchangeOrderId: idOf(it, 'i'),
    at: timeOf(it, 'T'),
    execution: textOf(it, 'x'),
    final: finalStateOf(textOf(it, 'X')),
    executed: amountOf(it, 'z'),
    rejectReason: textOf(it, 'r'),
    trade: it.x === 'TRADE' ? readTrade(it) : null,
  };
}

function readTrade(it: Json): TradeReport {
  return {
    symbol: textOf(it, 's'),
    tradeId: idOf(it, 't'),
    exchangeOrderId: idOf(it, 'i'),
    price: amountOf(it, 'L'),
    quantity: amountOf(it, 'l'),
    fee: amountOf(it, 'n'),
    feeAsset: assetOf(it, 'N'),
    maker: flagOf(it, 'm'),
    at: timeOf(it, 'T'),
  };
}
