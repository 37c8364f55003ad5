/** Orders and trades at the exchange that no order of ours explains, each said once. */
import type { Settlement } from '../settle.ts';
import type { AccountState } from '../state.ts';

export interface ForeignPorts {
  readonly settle: Pick<Settlement, 'foreign'>;
  /** Whether this vault made the id, also when it does not remember the order. */
  readonly isOurs: (upstreamId: string) => boolean;
  readonly onForeign: (account: AccountState, what: string) => void;
}

export interface Foreign {
  /** An order whose id at the exchange none of ours has. */
  order(symbol: string, exchangeOrderId: string, upstreamId: string): void;
  trade(symbol: string, exchangeOrderId: string, tradeId: string): void;
}

export const tradeName = (symbol: string, tradeId: string): string => `trade:${symbol}:${tradeId}`;

export function createForeign(account: AccountState, { settle, isOurs, onForeign }: ForeignPorts): Foreign {
  const alarm = (name: string, what: string): void => {
    if (settle.foreign(account, name, what.slice(0, 200))) onForeign(account, what);
  };
  return {
    order: (symbol, exchangeOrderId, upstreamId) => {
      const name = `order:${symbol}:${exchangeOrderId}`;
      const what = `order ${exchangeOrderId} on ${symbol} was`;
      if (isOurs(upstreamId))
        settle.foreign(account, name, `${what} placed by this vault, which does not remember it: look at it at the exchange`);
      else if (!account.baselineOrders.has(exchangeOrderId)) alarm(name, `${what} not placed by this vault`);
    },
    trade: (symbol, exchangeOrderId, tradeId) => {
      if (account.baselineOrders.has(exchangeOrderId)) return;
      const what = `trade ${tradeId} on ${symbol} belongs to order ${exchangeOrderId}, not of this vault`;
      alarm(tradeName(symbol, tradeId), what);
    },
  };
}
