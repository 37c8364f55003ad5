/**
 * The engine's memory, behind a port. A commit takes rows as they are after an event, all or none of them.
 *   S2  All effects of one event are one commit.
 * Commits use prepared statements of node:sqlite directly: compiling the same twelve statements through the query builder
 * for each event costs more than running them.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Insertable, Selectable } from 'kysely';
import { backupDatabase, openDatabase, openForReading, transaction } from './database.ts';
import { type EngineQueries, queries } from './kysely.ts';
import { type EngineDatabase, engineMigrations } from './schema.ts';

export type Table = keyof EngineDatabase;
export type Row<Name extends Table> = Selectable<EngineDatabase[Name]>;
/** A row as it shall be, whole; it replaces the row of the same key. */
export type Change = { [Name in Table]: { readonly table: Name; readonly row: Insertable<EngineDatabase[Name]> } }[Table];

/** A book that has nothing left keeps no row: every order has a book, and most are closed. */
const isSpent = (change: Change): boolean => change.table === 'books' && change.row.balance === '0';

/** What the engine starts from. */
export interface EngineSnapshot {
  readonly engine: Row<'engine'> | undefined;
  readonly guards: Row<'guards'> | undefined;
  readonly strategies: readonly Row<'strategies'>[];
  /** All but deleted ones. */
  readonly bots: readonly Row<'bots'>[];
  readonly subKeys: readonly Row<'sub_keys'>[];
  /** Planned or approved, oldest first. */
  readonly outbox: readonly Row<'outbox'>[];
  /** Whether or not on the book: all that can still change. */
  readonly orders: readonly Row<'orders'>[];
  readonly openDeals: readonly Row<'deals'>[];
  readonly books: readonly Row<'books'>[];
  readonly pairs: readonly Row<'pairs'>[];
  readonly nextOutbox: number;
  /** Closed deals per bot, and their profit per quote. */
  readonly closedDeals: ReadonlyMap<string, number>;
  readonly realised: ReadonlyMap<string, readonly string[]>;
}

export interface EngineStore {
  load(): Promise<EngineSnapshot>;
  /** Durable when it resolves. */
  commit(changes: readonly Change[]): Promise<void>;
  /** The answer once given to a command, with the command's text. */
  answered(id: string): Promise<Row<'commands'> | undefined>;
  hasFill(pair: string, tradeId: string, clientOrderId: string): Promise<boolean>;
  order(clientOrderId: string): Promise<Row<'orders'> | undefined>;
  /** Open time of the newest closed candle of a pair. */
  newestCandle(pair: string): Promise<number | undefined>;
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

const settledOrders = "('filled', 'cancelled', 'rejected', 'refused')";

const rowsOf = <Name extends Table>(db: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): readonly Row<Name>[] =>
  // The rows as SQLite hands them out are slow to copy, and those that are kept are copied at each change.
  db
    .prepare(sql)
    .all(...values)
    .map((row) => ({ ...row })) as unknown as readonly Row<Name>[];

interface Prepared {
  readonly columns: readonly string[];
  readonly statement: StatementSync;
}

/** Keeps one prepared statement per table and set of columns. */
function writer(db: DatabaseSync): (change: Change) => void {
  const prepared = new Map<Table, Prepared[]>();
  const prepare = (table: Table, columns: readonly string[]): Prepared => {
    const marks = columns.map(() => '?').join(', ');
    const statement = db.prepare(`insert or replace into ${table} (${columns.join(', ')}) values (${marks})`);
    const made = { columns, statement };
    prepared.set(table, [...(prepared.get(table) ?? []), made]);
    return made;
  };
  const forget = db.prepare('delete from books where book = ? and asset = ?');
  return (change) => {
    const { table, row } = change;
    if (isSpent(change)) {
      const { book, asset } = row as Row<'books'>;
      forget.run(book, asset);
      return;
    }
    const names = Object.keys(row);
    const isOf = ({ columns }: Prepared): boolean =>
      columns.length === names.length && columns.every((column, index) => column === names[index]);
    const { statement } = prepared.get(table)?.find(isOf) ?? prepare(table, names);
    statement.run(...(Object.values(row) as SQLInputValue[]));
  };
}

function load(db: DatabaseSync): EngineSnapshot {
  const realised = new Map<string, string[]>();
  const closedDeals = new Map<string, number>();
  for (const { bot, pair, profit } of rowsOf<'deals'>(db, "select bot, pair, profit from deals where status <> 'open'")) {
    closedDeals.set(bot, (closedDeals.get(bot) ?? 0) + 1);
    const quote = pair.slice(pair.indexOf('/') + 1);
    const profits = realised.get(quote);
    if (profits === undefined) realised.set(quote, [profit ?? '0']);
    else profits.push(profit ?? '0');
  }
  const next = db.prepare('select coalesce(max(seq), 0) + 1 as next from outbox').get() as { next: number };
  return {
    engine: rowsOf<'engine'>(db, 'select * from engine')[0],
    guards: rowsOf<'guards'>(db, 'select * from guards')[0],
    strategies: rowsOf<'strategies'>(db, 'select * from strategies order by kind'),
    bots: rowsOf<'bots'>(db, "select * from bots where status <> 'deleted' order by created_at, id"),
    subKeys: rowsOf<'sub_keys'>(db, 'select * from sub_keys'),
    outbox: rowsOf<'outbox'>(db, "select * from outbox where state in ('planned', 'approved') order by seq"),
    orders: rowsOf<'orders'>(db, `select * from orders where status not in ${settledOrders}`),
    openDeals: rowsOf<'deals'>(db, "select * from deals where status = 'open'"),
    books: rowsOf<'books'>(db, 'select * from books'),
    pairs: rowsOf<'pairs'>(db, 'select * from pairs'),
    nextOutbox: Number(next.next),
    closedDeals,
    realised,
  };
}

/** The store over an open database of the engine's shape. */
export function engineStore(db: DatabaseSync): EngineStore {
  const write = writer(db);
  const answered = db.prepare('select * from commands where id = ?');
  const fill = db.prepare('select 1 from fills where pair = ? and trade_id = ? and client_order_id = ?');
  const order = db.prepare('select * from orders where client_order_id = ?');
  const newest = db.prepare('select max(open_time) as newest from candles where pair = ? and closed = 1');
  return {
    load: async () => load(db),
    commit: async (changes) => {
      if (changes.length > 0) transaction(db, () => changes.forEach(write));
    },
    answered: async (id) => answered.get(id) as unknown as Row<'commands'> | undefined,
    hasFill: async (pair, tradeId, clientOrderId) => fill.get(pair, tradeId, clientOrderId) !== undefined,
    order: async (id) => order.get(id) as unknown as Row<'orders'> | undefined,
    newestCandle: async (pair) => (newest.get(pair) as { newest: number | null }).newest ?? undefined,
    backup: async (file) => backupDatabase(db, file),
    close: async () => db.close(),
  };
}

/** Opens or makes the engine's database. @throws StorageError */
export const openEngineStore = (file: string): EngineStore => engineStore(openDatabase(file, engineMigrations));

/** The engine's tables for reading only. @throws StorageError */
export const openEngineQueries = (file: string): EngineQueries => queries(openForReading(file));
