/** Text form of what the core reports, for columns and files: JSON, with bigints as {"$n":"123"}. */
import type { Change, RestoredState } from './port.ts';

/** Exact text of a record; `decodeState` gives it back. */
export const encodeState = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? { $n: part.toString() } : part));

/** Reads what `encodeState` wrote; the caller names the type. */
export const decodeState = <Record>(text: string): Record =>
  JSON.parse(text, (_key, part: unknown) => {
    if (typeof part === 'object' && part !== null && '$n' in part && typeof part.$n === 'string') return BigInt(part.$n);
    return part;
  }) as Record;

/** The rows that a sequence of changes leaves, as a database with upserts would. Trades and candles are not part of it. */
export class StateFold {
  readonly #rows = new Map<string, Change>();

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      if (key !== undefined) this.#rows.set(key, change);
    }
  }

  state(): RestoredState {
    const rows = [...this.#rows.values()];
    const of = <Kind extends Change['kind']>(kind: Kind): Extract<Change, { kind: Kind }>[] =>
      rows.filter((row): row is Extract<Change, { kind: Kind }> => row.kind === kind);
    return {
      users: of('user').map((row) => row.user),
      balances: of('balance').map((row) => row.balance),
      orders: of('order').map((row) => row.order),
      lists: of('list').map((row) => row.list),
      markets: of('market').map((row) => row.market),
      counters: of('counters')[0]?.counters,
    };
  }
}

function keyOf(change: Change): string | undefined {
  switch (change.kind) {
    case 'user':
      return `user ${change.user.userId}`;
    case 'balance':
      return `balance ${change.balance.userId} ${change.balance.asset}`;
    case 'order':
      return `order ${change.order.orderId}`;
    case 'list':
      return `list ${change.list.orderListId}`;
    case 'market':
      return `market ${change.market.definition.pair}`;
    case 'counters':
      return 'counters';
    default:
      return undefined;
  }
}
