/** Reads the private stream's events (user-data-stream.md). Unknown kinds are passed over by name, never guessed at. */
import type { Amount, Asset, EpochMs } from '@holdfast/domain';
import { assetOf, type FinalState, finalStateOf, isNamedAsset, type TradeReport } from './answers.ts';
import {
  amountOf,
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
  /** Nothing that is used here. `unknown` names what it is when nobody knows that, and is empty for known kinds. */
  | { readonly kind: 'other'; readonly unknown: string };

const unusedKinds: ReadonlySet<unknown> = new Set([
  'outboundAccountPosition',
  'listStatus',
  'externalLockUpdate',
  'serverShutdown',
]);
/** States of an order that can still trade. */
const openStates: ReadonlySet<string> = new Set(['NEW', 'PENDING_NEW', 'PARTIALLY_FILLED', 'PENDING_CANCEL']);

/** @throws MalformedReply */
export function readStreamEvent(text: string): StreamEvent {
  const it = asObject(parse(text));
  switch (it.e) {
    case 'executionReport':
      return readExecution(it);
    case 'balanceUpdate':
      return isNamedAsset(it.a)
        ? { kind: 'balance', asset: assetOf(it, 'a'), change: amountOf(it, 'd'), at: timeOf(it, 'T') }
        : { kind: 'other', unknown: `balance of ${shortText(textOf(it, 'a'))}` };
    case 'eventStreamTerminated':
      return { kind: 'terminated' };
    default:
      return { kind: 'other', unknown: unusedKinds.has(it.e) ? '' : `event ${shortText(textOf(it, 'e'))}` };
  }
}

const shortText = (text: string): string => JSON.stringify(text.slice(0, 40));

function readExecution(it: Json): StreamEvent {
  // `c` is the cancel's own id when a cancel speaks; the order's is then in `C`.
  const original = textOf(it, 'C');
  const status = textOf(it, 'X');
  const final = finalStateOf(status);
  if (final === null && !openStates.has(status)) throw new MalformedReply(`X is ${shortText(status)}, no state of an order`);
  return {
    kind: 'order',
    symbol: textOf(it, 's'),
    upstreamId: original === '' ? textOf(it, 'c') : original,
    exchangeOrderId: idOf(it, 'i'),
    at: timeOf(it, 'T'),
    execution: textOf(it, 'x'),
    final,
    executed: executedOf(it, 'z'),
    rejectReason: textOf(it, 'r'),
    trade: it.x === 'TRADE' ? readTrade(it) : null,
  };
}

function readTrade(it: Json): TradeReport {
  return {
    symbol: textOf(it, 's'),
    tradeId: idOf(it, 't'),
    exchangeOrderId: idOf(it, 'i'),
    price: positiveOf(it, 'L'),
    quantity: positiveOf(it, 'l'),
    fee: amountOf(it, 'n'),
    feeAsset: assetOf(it, 'N'),
    maker: flagOf(it, 'm'),
    at: timeOf(it, 'T'),
  };
}
