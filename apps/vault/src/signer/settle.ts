/**
 * From what the exchange says to settled events. Each fact may reach us several times and in any order (answer, stream,
 * reconciling read); it is settled once. An order closes only when its fills add up to what the exchange says was executed.
 */
import type { Amount, Asset, EpochMs, OrderEvent, Pair } from '@holdfast/domain';
import { type FinalState, symbolOf, type TradeReport } from '@holdfast/exchanges/trading';
import type { SettledEvent } from './records.ts';
import { type AccountState, exchangeKey, type KnownOrder, type SignerState, tradesOf } from './state.ts';

/** What an answer or event says of an order. */
export interface OrderReport {
  readonly exchangeOrderId: string;
  readonly final: FinalState | null;
  readonly executed: Amount;
  readonly at: EpochMs;
  readonly rejectReason?: string;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq'> : never;

export interface Settlement {
  accepted(order: KnownOrder, exchangeOrderId: string, at: EpochMs): void;
  rejected(order: KnownOrder, code: string, reason: string): void;
  unknown(order: KnownOrder): void;
  cancelRejected(order: KnownOrder, code: string, reason: string): void;
  /** Posts a trade of ours unless it is known; says whether it was new. */
  traded(order: KnownOrder, trade: TradeReport): boolean;
  observed(order: KnownOrder, report: OrderReport): void;
  /** Whether the exchange has said more than has been posted. */
  isBehind(order: KnownOrder): boolean;
  balance(account: AccountState, asset: Asset, change: Amount, at: EpochMs): void;
  /** Says a foreign order or trade, once by `name`; answers whether it was new. */
  foreign(account: AccountState, name: string, what: string): boolean;
}

export function createSettlement(
  state: SignerState,
  commit: (event: SettledEvent, foreign: string | null) => void,
  onAccepted: (order: KnownOrder) => void,
): Settlement {
  const finals = new Map<string, { readonly executed: bigint; readonly cause: 'cancel' | 'expired' }>();

  const say = (event: Unnumbered<SettledEvent>, foreign: string | null = null): void =>
    commit({ ...event, seq: state.eventSeq + 1 } as SettledEvent, foreign);
  const now = (): EpochMs => state.time as EpochMs;
  const sayOrder = (order: KnownOrder, event: OrderEvent): void =>
    say({ kind: 'order', account: order.account, subKey: order.subKey, event });
  const base = (order: KnownOrder, at: EpochMs) => ({
    clientOrderId: order.intent.clientOrderId,
    pair: order.intent.pair,
    side: order.intent.side,
    at,
  });

  const accepted: Settlement['accepted'] = (order, exchangeOrderId, at) => {
    if (order.phase === 'open' || order.phase === 'closed') return;
    sayOrder(order, { ...base(order, at), kind: 'order-accepted', exchangeOrderId });
    onAccepted(order);
  };
  const rejected: Settlement['rejected'] = (order, code, reason) => {
    if (order.phase === 'closed' || order.phase === 'open') return;
    sayOrder(order, { ...base(order, now()), kind: 'order-rejected', code, reason });
  };
  const closeWhenWhole = (order: KnownOrder, at: EpochMs): void => {
    const final = finals.get(order.key);
    if (final === undefined || order.filled < final.executed) return;
    finals.delete(order.key);
    if (order.phase === 'closed') return;
    sayOrder(order, { ...base(order, at), kind: 'order-cancelled', cause: final.cause, filled: order.filled as Amount });
  };

  return {
    accepted,
    rejected,
    unknown: (order) => {
      if (order.phase === 'sent') sayOrder(order, { ...base(order, now()), kind: 'order-unknown' });
    },
    cancelRejected: (order, code, reason) => sayOrder(order, { ...base(order, now()), kind: 'cancel-rejected', code, reason }),
    traded: (order, trade) => {
      accepted(order, trade.exchangeOrderId, trade.at);
      const known = tradesOf(state.accounts.get(order.account)!, order.intent.pair);
      if (BigInt(trade.tradeId) <= known.to || known.later.has(trade.tradeId)) return false;
      const { tradeId, price, quantity, fee, feeAsset, maker, at } = trade;
      const filled = (order.filled + quantity) as Amount;
      const complete = filled >= order.intent.quantity;
      sayOrder(order, {
        ...base(order, at),
        kind: 'order-filled',
        tradeId,
        price,
        quantity,
        filled,
        complete,
        fee,
        feeAsset,
        maker,
      });
      closeWhenWhole(order, at);
      return true;
    },
    observed: (order, report) => {
      if (order.phase === 'closed') return;
      if (report.final === 'REJECTED') {
        rejected(order, 'REJECTED', report.rejectReason ?? 'rejected by the exchange');
        return;
      }
      accepted(order, report.exchangeOrderId, report.at);
      if (report.final === null) return;
      finals.set(order.key, { executed: report.executed, cause: report.final === 'CANCELED' ? 'cancel' : 'expired' });
      closeWhenWhole(order, report.at);
    },
    isBehind: (order) => order.phase !== 'closed' && finals.has(order.key),
    balance: (account, asset, change, at) => say({ kind: 'balance', account: account.account, asset, change, at }),
    foreign: (account, name, what) => {
      if (account.foreignSeen.has(name)) return false;
      say({ kind: 'foreign', account: account.account, what, at: now() }, name);
      return true;
    },
  };
}

/** Pairs whose trades the signer follows: those of the mandate and of orders that may still trade. */
export function followedPairs(account: AccountState): ReadonlySet<Pair> {
  const pairs = new Set<Pair>(account.mandate?.pairs.map((it) => it.pair));
  for (const pair of account.trades.keys()) pairs.add(pair);
  for (const order of account.unclosed.values()) pairs.add(order.intent.pair);
  return pairs;
}

/** Our order behind a trade that the exchange reports by its own order id. */
export const orderOfTrade = (state: SignerState, pair: Pair, exchangeOrderId: string): KnownOrder | undefined =>
  state.byExchangeId.get(exchangeKey(symbolOf(pair), exchangeOrderId));
