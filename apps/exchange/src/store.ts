/**
 * The exchange's book on disk: SQLite, write-ahead log, synced at every commit.
 *   S1  Everything of one command is in one transaction; nothing is answered or published before it is committed.
 *   S2  A stored row is the core's record itself; columns beside it only serve lookups.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Asset, Pair } from '@holdfast/domain';
import type {
  BalanceRecord,
  CandleRow,
  Change,
  Counters,
  MarketRecord,
  Order,
  OrderList,
  PreventedMatch,
  RestoredState,
  UserId,
  UserRecord,
  UserTrade,
} from '@holdfast/exchanges/simulated';
import type { KeyType } from './signature.ts';
import { StartError } from './start-error.ts';

export interface ApiKey {
  readonly apiKey: string;
  readonly userId: UserId;
  readonly type: KeyType;
  /** HMAC secret or public key PEM. */
  readonly secret: string;
  readonly permissions: readonly Permission[];
  readonly createdAt: number;
  /** Further rights in the exchange's own names, e.g. `enableWithdrawals`. They are only told: nothing here can be done with them. */
  readonly rights?: Readonly<Record<string, boolean>>;
  /** Addresses that the key may be used from; absent: all. */
  readonly ips?: readonly string[];
}
export type Permission = 'reading' | 'trading';

const version = 1;
const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE api_key (api_key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE user (user_id INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE balance (user_id INTEGER, asset TEXT, record TEXT NOT NULL, PRIMARY KEY (user_id, asset)) STRICT, WITHOUT ROWID;
  CREATE TABLE "order" (order_id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, pair TEXT NOT NULL, client_order_id TEXT NOT NULL,
    list_id INTEGER NOT NULL, open INTEGER NOT NULL, time INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE INDEX order_of_user ON "order" (user_id, pair, order_id);
  CREATE INDEX order_of_client_id ON "order" (user_id, pair, client_order_id);
  CREATE INDEX order_open ON "order" (order_id) WHERE open = 1;
  CREATE INDEX order_of_list ON "order" (list_id) WHERE list_id >= 0;
  CREATE TABLE trade (pair TEXT, trade_id INTEGER, order_id INTEGER, user_id INTEGER NOT NULL, time INTEGER NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (pair, trade_id, order_id)) STRICT, WITHOUT ROWID;
  CREATE INDEX trade_of_user ON trade (user_id, pair, trade_id);
  CREATE INDEX trade_of_order ON trade (order_id);
  CREATE TABLE prevented_match (pair TEXT, match_id INTEGER, user_id INTEGER NOT NULL, taker_order_id INTEGER NOT NULL,
    maker_order_id INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (pair, match_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE list (list_id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, client_id TEXT NOT NULL, open INTEGER NOT NULL,
    time INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE TABLE market (pair TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE candle (pair TEXT, open_time INTEGER, record TEXT NOT NULL, PRIMARY KEY (pair, open_time)) STRICT, WITHOUT ROWID;
`;

// No id of a client may hold '#', so a text that begins with it is a number written by us.
const encode = (value: unknown): string => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `#${each}` : each));
const decode = (text: unknown): unknown =>
  JSON.parse(String(text), (_, each) => (typeof each === 'string' && /^#-?\d+$/.test(each) ? BigInt(each.slice(1)) : each));

export interface OrderQuery {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly fromId?: number | undefined;
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly limit: number;
}
export type TradeQuery = OrderQuery & { readonly orderId?: number | undefined };

export type Store = ReturnType<typeof openStore>;

/** @throws StartError `corrupt`, `newer`, `running`, `unwritable` */
export function openStore(file: string) {
  const db = openDatabase(file);
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const made = db.prepare(text);
    statements.set(text, made);
    return made;
  };
  const records = <T>(text: string, ...values: (string | number)[]): T[] =>
    sql(text)
      .all(...values)
      .map((row) => decode(row.record) as T);

  const write = (change: Change): void => {
    switch (change.kind) {
      case 'user':
        sql('INSERT OR REPLACE INTO user VALUES (?, ?)').run(change.user.userId, encode(change.user));
        return;
      case 'balance': {
        const { userId, asset } = change.balance;
        sql('INSERT OR REPLACE INTO balance VALUES (?, ?, ?)').run(userId, asset, encode(change.balance));
        return;
      }
      case 'order':
        writeOrder(sql, change.order);
        return;
      case 'trade': {
        const { pair, tradeId, orderId, userId, time } = change.trade;
        sql('INSERT OR REPLACE INTO trade VALUES (?, ?, ?, ?, ?, ?)').run(
          pair,
          tradeId,
          orderId,
          userId,
          time,
          encode(change.trade),
        );
        return;
      }
      case 'prevented-match': {
        const { pair, preventedMatchId, userId, takerOrderId, makerOrderId } = change.match;
        sql('INSERT OR REPLACE INTO prevented_match VALUES (?, ?, ?, ?, ?, ?)').run(
          pair,
          preventedMatchId,
          userId,
          takerOrderId,
          makerOrderId,
          encode(change.match),
        );
        return;
      }
      case 'list': {
        const { orderListId, userId, listClientOrderId, listOrderStatus, time } = change.list;
        const open = listOrderStatus === 'EXECUTING' ? 1 : 0;
        sql('INSERT OR REPLACE INTO list VALUES (?, ?, ?, ?, ?, ?)').run(
          orderListId,
          userId,
          listClientOrderId,
          open,
          time,
          encode(change.list),
        );
        return;
      }
      case 'market':
        sql('INSERT OR REPLACE INTO market VALUES (?, ?)').run(change.market.definition.pair, encode(change.market));
        return;
      case 'candle':
        sql('INSERT OR REPLACE INTO candle VALUES (?, ?, ?)').run(change.pair, change.candle.openTime, encode(change.candle));
        return;
      case 'counters':
        sql("INSERT OR REPLACE INTO meta VALUES ('counters', ?)").run(encode(change.counters));
        return;
    }
  };

  return {
    /** S1 */
    commit(changes: readonly Change[], meta: Readonly<Record<string, string>>, keys: readonly ApiKey[] = []): void {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const change of changes) write(change);
        for (const [name, value] of Object.entries(meta)) sql('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(name, value);
        for (const key of keys) sql('INSERT OR REPLACE INTO api_key VALUES (?, ?)').run(key.apiKey, encode(key));
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    meta(name: string): string | undefined {
      const value = sql('SELECT value FROM meta WHERE name = ?').get(name)?.value;
      return value === undefined ? undefined : String(value);
    },
    apiKeys: (): ApiKey[] => records('SELECT record FROM api_key'),
    restored(): RestoredState {
      const counters = this.meta('counters');
      return {
        users: records<UserRecord>('SELECT record FROM user'),
        balances: records<BalanceRecord>('SELECT record FROM balance'),
        orders: records<Order>('SELECT record FROM "order" WHERE open = 1 ORDER BY order_id'),
        lists: records<OrderList>('SELECT record FROM list WHERE open = 1 ORDER BY list_id'),
        markets: records<MarketRecord>('SELECT record FROM market'),
        counters: counters === undefined ? undefined : (decode(counters) as Counters),
      };
    },
    /** Minutes in which users traded, ascending: they differ from those of the tape. */
    candles: (pair: Pair): CandleRow[] => records('SELECT record FROM candle WHERE pair = ? ORDER BY open_time', pair),
    order(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): Order | undefined {
      const found =
        orderId === undefined
          ? records<Order>(
              'SELECT record FROM "order" WHERE user_id = ? AND pair = ? AND client_order_id = ? ORDER BY order_id DESC LIMIT 1',
              userId,
              pair,
              clientOrderId ?? '',
            )
          : records<Order>('SELECT record FROM "order" WHERE order_id = ? AND user_id = ? AND pair = ?', orderId, userId, pair);
      const [order] = found;
      return clientOrderId !== undefined && order?.clientOrderId !== clientOrderId ? undefined : order;
    },
    orders: (query: OrderQuery): Order[] => page(records<Order>, '"order"', 'order_id', query),
    trades: (query: TradeQuery): UserTrade[] => page(records<UserTrade>, 'trade', 'trade_id', query, query.orderId),
    ordersOfList: (listId: number): Order[] => records('SELECT record FROM "order" WHERE list_id = ? ORDER BY order_id', listId),
    list(userId: UserId, listId?: number, clientId?: string): OrderList | undefined {
      return listId === undefined
        ? records<OrderList>(
            'SELECT record FROM list WHERE user_id = ? AND client_id = ? ORDER BY list_id DESC LIMIT 1',
            userId,
            clientId ?? '',
          )[0]
        : records<OrderList>('SELECT record FROM list WHERE list_id = ? AND user_id = ?', listId, userId)[0];
    },
    lists(userId: UserId, query: Omit<OrderQuery, 'userId' | 'pair'>): OrderList[] {
      const order = isFromStart(query) ? 'ASC' : 'DESC';
      const found = records<OrderList>(
        `SELECT record FROM list WHERE user_id = ? AND list_id >= ? AND time BETWEEN ? AND ? ORDER BY list_id ${order} LIMIT ?`,
        userId,
        query.fromId ?? 0,
        query.startTime ?? 0,
        query.endTime ?? Number.MAX_SAFE_INTEGER,
        query.limit,
      );
      return order === 'ASC' ? found : found.reverse();
    },
    preventedMatches(userId: UserId, pair: Pair, query: { matchId?: number; orderId?: number; fromId?: number; limit: number }) {
      return records<PreventedMatch>(
        `SELECT record FROM prevented_match WHERE user_id = ? AND pair = ? AND match_id >= ? AND (? = -1 OR match_id = ?)
         AND (? = -1 OR taker_order_id = ? OR maker_order_id = ?) ORDER BY match_id LIMIT ?`,
        userId,
        pair,
        query.fromId ?? 0,
        query.matchId ?? -1,
        query.matchId ?? -1,
        query.orderId ?? -1,
        query.orderId ?? -1,
        query.orderId ?? -1,
        query.limit,
      );
    },
    dropKey: (apiKey: string): void => void sql('DELETE FROM api_key WHERE api_key = ?').run(apiKey),
    /** Writes a consistent copy to a new file. */
    backup: (file: string): void => void sql('VACUUM INTO ?').run(file),
    close: (): void => db.close(),
  };
}

const isFromStart = (query: { readonly fromId?: number | undefined; readonly startTime?: number | undefined }): boolean =>
  query.fromId !== undefined || query.startTime !== undefined;

/** The newest up to `limit`, or the oldest from `fromId` or `startTime`; always ascending. */
function page<T>(
  records: (text: string, ...values: (string | number)[]) => T[],
  table: string,
  id: string,
  query: OrderQuery,
  orderId?: number,
): T[] {
  const order = isFromStart(query) ? 'ASC' : 'DESC';
  const ofOrder = orderId === undefined ? '' : 'AND order_id = ?';
  const found = records(
    `SELECT record FROM ${table} WHERE user_id = ? AND pair = ? AND ${id} >= ? AND time BETWEEN ? AND ? ${ofOrder}
     ORDER BY ${id} ${order} LIMIT ?`,
    query.userId,
    query.pair,
    query.fromId ?? 0,
    query.startTime ?? 0,
    query.endTime ?? Number.MAX_SAFE_INTEGER,
    ...(orderId === undefined ? [] : [orderId]),
    query.limit,
  );
  return order === 'ASC' ? found : found.reverse();
}

const openStatuses: ReadonlySet<string> = new Set(['NEW', 'PENDING_NEW', 'PARTIALLY_FILLED']);

function writeOrder(sql: (text: string) => StatementSync, order: Order): void {
  const { orderId, userId, pair, clientOrderId, orderListId, time } = order;
  const open = openStatuses.has(order.status) ? 1 : 0;
  const insert = sql('INSERT OR REPLACE INTO "order" VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  insert.run(orderId, userId, pair, clientOrderId, orderListId, open, time, encode(order));
}

function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const found = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (found > version)
      throw new StartError('newer', `${file} was written by a newer Holdfast: use that one, or another --data`);
    if (found === 0) db.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${version}; COMMIT`);
    const [check] = db.prepare('PRAGMA quick_check(1)').all();
    if (check?.quick_check !== 'ok') throw new StartError('corrupt', corruptText(file));
    return db;
  } catch (error) {
    db?.close();
    throw startErrorOf(error, file);
  }
}

const corruptText = (file: string): string => `${file} is damaged: put a backup in its place, or start with another --data`;

function startErrorOf(error: unknown, file: string): unknown {
  if (error instanceof StartError) return error;
  const { errcode } = error as { readonly errcode?: number };
  const code = (errcode ?? 0) & 0xff;
  if (code === 5 || code === 6)
    return new StartError('running', `${file} is in use: another exchange runs on this data directory`);
  if (code === 11 || code === 26 || code === 1) return new StartError('corrupt', corruptText(file));
  if (code === 8 || code === 10 || code === 13 || code === 14)
    return new StartError(
      'unwritable',
      `${file} cannot be written: check the directory's owner and space, or use another --data`,
    );
  return error;
}

/** An asset name that a request may hold. */
export const assetName = (text: string): Asset | undefined => (/^[A-Z0-9]{1,20}$/.test(text) ? (text as Asset) : undefined);
