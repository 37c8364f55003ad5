/**
 * Kysely over node:sqlite: one connection behind a mutex. Integers are read as bigint and handed out as numbers where
 * they are safe, so that none is rounded in silence.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { EngineDatabase } from './schema.ts';

/** A bigint beyond 2^53 stays one. */
const readable = (value: unknown): unknown =>
  typeof value === 'bigint' && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;

class Connection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    const values = parameters as readonly SQLInputValue[];
    if (statement.columns().length > 0) {
      const rows = statement.all(...values);
      return { rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, readable(v)])) as Row) };
    }
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: the dialect does not stream; callers page
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('node:sqlite is read whole; page the query instead of streaming it');
  }
}

class OneConnection implements Driver {
  readonly #db: DatabaseSync;
  readonly #connection: Connection;
  #free: Promise<void> = Promise.resolve();
  #release: () => void = () => {};
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#connection = new Connection(db);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const turn = this.#free;
    let release = (): void => {};
    this.#free = new Promise((done) => {
      release = done;
    });
    await turn;
    this.#release = release;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }
}

const dialect = (db: DatabaseSync): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new OneConnection(db),
  createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** Queries with the types of a schema; `destroy` closes the database. */
export const queries = <Schema>(db: DatabaseSync): Kysely<Schema> => new Kysely<Schema>({ dialect: dialect(db) });

/** The engine's tables. */
export type EngineQueries = Kysely<EngineDatabase>;
