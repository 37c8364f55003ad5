/** Collects what one event changes: the rows as they shall be, the last of each key, and the topics that readers hear of. */
import type { EngineTopic } from '@holdfast/contracts';
import { formatAmount } from '@holdfast/domain';
import type { Entry, Ledger } from '@holdfast/ledger';
import type { Change, Row, Table } from '@holdfast/storage';

const topicOf: Partial<Record<Table, EngineTopic>> = {
  bots: 'bots',
  deals: 'deals',
  orders: 'orders',
  fills: 'fills',
  equity: 'equity',
  log: 'events',
  engine: 'status',
  guards: 'status',
};

/** Columns that name a row, for tables whose rows change. */
const keyOf: { readonly [Name in Table]?: (row: Row<Name>) => string } = {
  engine: () => '',
  guards: () => '',
  bots: (row) => row.id,
  outbox: (row) => String(row.seq),
  orders: (row) => row.client_order_id,
  fills: (row) => `${row.pair} ${row.trade_id} ${row.client_order_id}`,
  deals: (row) => row.id,
  books: (row) => `${row.book} ${row.asset}`,
  candles: (row) => `${row.pair} ${row.open_time}`,
  prices: (row) => row.pair,
  pairs: (row) => row.pair,
  equity: (row) => `${row.quote} ${row.at}`,
};

/** What a change's row is known by; undefined for a row that is only ever added. */
export function rowKey({ table, row }: Change): string | undefined {
  const key = keyOf[table] as ((row: unknown) => string) | undefined;
  return key === undefined ? undefined : `${table} ${key(row)}`;
}

export class Batch {
  readonly at: number;
  readonly #changes = new Map<string, Change>();
  readonly #topics = new Set<EngineTopic>();

  constructor(at: number) {
    this.at = at;
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** The rows as they are now; a row that is changed after `put` in the same batch is written as it is at the end. */
  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  get topics(): readonly EngineTopic[] {
    return [...this.#topics];
  }

  put<Name extends Table>(table: Name, row: Extract<Change, { table: Name }>['row']): void {
    const change = { table, row } as unknown as Change;
    this.#changes.set(rowKey(change) ?? `${table} ${this.#changes.size} new`, change);
    const topic = topicOf[table];
    if (topic !== undefined) this.#topics.add(topic);
  }

  journal(source: string, body: unknown, bot: string | null = null, vaultSeq: number | null = null): void {
    this.put('journal', { at: this.at, source, bot, vault_seq: vaultSeq, body: JSON.stringify(body, amounts) });
  }

  say(level: 'info' | 'warning' | 'error', bot: string | null, text: string): void {
    this.put('log', { at: this.at, level, bot, text });
  }

  /** Stores entries that the ledger has posted, with the books that they moved. */
  post(ledger: Ledger, entries: readonly Entry[]): void {
    for (const { kind, from, to, asset, amount, cause, at } of entries) {
      this.put('entries', { at, kind, from_book: from, to_book: to, asset, amount: formatAmount(amount), cause });
      for (const book of [from, to]) this.put('books', { book, asset, balance: formatAmount(ledger.balance(book, asset)) });
    }
  }
}

/** Amounts leave as decimal strings. */
export const amounts = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? formatAmount(value) : value);
