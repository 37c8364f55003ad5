/**
 * The listener's own memory: tokens by digest, and what became of every signal. The command line writes tokens while the listener
 * runs; SQLite keeps the two apart. No secret is here: a token is SHA-256 of its id and itself, with 256 bits of its own.
 */
import type { SQLInputValue } from 'node:sqlite';
import { openDatabase, transaction } from './database.ts';
import type { Migration } from './schema.ts';

const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'tokens and signals',
    statements: [
      `create table tokens (id text primary key, name text not null unique, bots text not null, scope text not null,
         digests text not null, addresses text not null, per_minute integer not null, repeat_ms integer not null,
         created_at integer not null, last_used_at integer, revoked_at integer) strict`,
      `create table signals (seq integer primary key autoincrement, id text not null unique, token text not null, digest text not null,
         received_at integer not null, due_at integer not null, expires_at integer not null, address text not null,
         format text not null, instrument text, price text, ask text, state text not null, bot text, code text, reason text,
         settled_at integer, repeats integer not null default 0) strict`,
      "create index signals_waiting on signals (due_at) where state = 'waiting'",
      'create index signals_digest on signals (token, digest, received_at)',
      `create table refusals (day text not null, code text not null, address text not null, count integer not null,
         last_at integer not null, primary key (day, code, address)) strict, without rowid`,
    ],
  },
];

export type TokenScope = 'all' | 'start' | 'close';

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly bots: readonly string[];
  readonly scope: TokenScope;
  /** SHA-256 in hex, of what a sender calls the bot and its secret. */
  readonly digests: readonly string[];
  /** Addresses that may send; empty for any. */
  readonly addresses: readonly string[];
  readonly perMinute: number;
  /** A message without a time that comes again within so long is the same one. */
  readonly repeatMs: number;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface SignalRow {
  readonly seq: number;
  readonly id: string;
  readonly token: string;
  readonly received_at: number;
  readonly due_at: number;
  readonly expires_at: number;
  readonly address: string;
  readonly format: string;
  readonly instrument: string | null;
  readonly price: string | null;
  /** JSON of what it asks; null where it could not be read. */
  readonly ask: string | null;
  readonly state: 'waiting' | 'taken' | 'refused';
  readonly bot: string | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly settled_at: number | null;
  readonly repeats: number;
}

export type NewSignal = Omit<SignalRow, 'seq' | 'repeats'> & { readonly digest: string };
export interface RefusalCount {
  readonly day: string;
  readonly code: string;
  readonly address: string;
  readonly count: number;
  readonly last_at: number;
}

export interface WebhookStore {
  tokens(): readonly TokenRow[];
  /** Replaces the token of the same id. */
  putToken(token: TokenRow): void;
  used(token: string, at: number): void;
  /** The signal of that id, or of that digest received since. */
  known(token: string, id: string, digest: string, since: number): SignalRow | undefined;
  add(signal: NewSignal): void;
  repeated(seq: number): void;
  /** Due by then, oldest first. */
  due(now: number): readonly SignalRow[];
  /** When the next waiting one is due; undefined when none waits. */
  nextDue(): number | undefined;
  settle(seq: number, outcome: Pick<SignalRow, 'state' | 'bot' | 'code' | 'reason'>, at: number): void;
  /** Newest first. */
  signals(limit: number, bot?: string): readonly SignalRow[];
  count(code: string, address: string, at: number): void;
  refusals(): readonly RefusalCount[];
  close(): void;
}

/** Rows of counted refusals of one day; more addresses than these are counted together. */
const addressesMost = 1000;
const signalsKept = 100_000;

/** @throws StorageError */
export function openWebhookStore(file: string): WebhookStore {
  const db = openDatabase(file, migrations);
  const rows = <Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] =>
    db.prepare(sql).all(...values) as unknown as readonly Row[];
  const run = (sql: string, ...values: readonly SQLInputValue[]): void => {
    db.prepare(sql).run(...values);
  };
  return {
    tokens: () => rows<StoredToken>('select * from tokens order by created_at, id').map(readToken),
    putToken: (it) =>
      run(
        'insert or replace into tokens values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[it.id, it.name, JSON.stringify(it.bots), it.scope, JSON.stringify(it.digests), JSON.stringify(it.addresses)],
        ...[it.perMinute, it.repeatMs, it.createdAt, it.lastUsedAt, it.revokedAt],
      ),
    used: (token, at) => run('update tokens set last_used_at = ? where id = ?', at, token),
    known: (token, id, digest, since) =>
      rows<SignalRow>('select * from signals where id = ?', id)[0] ??
      rows<SignalRow>(
        'select * from signals where token = ? and digest = ? and received_at >= ? order by seq desc limit 1',
        token,
        digest,
        since,
      )[0],
    add(signal) {
      transaction(db, () => {
        const columns = Object.keys(signal);
        const marks = columns.map(() => '?').join(', ');
        run(`insert into signals (${columns.join(', ')}) values (${marks})`, ...(Object.values(signal) as SQLInputValue[]));
        run("delete from signals where seq <= (select max(seq) from signals) - ? and state <> 'waiting'", signalsKept);
      });
    },
    repeated: (seq) => run('update signals set repeats = repeats + 1 where seq = ?', seq),
    due: (now) => rows<SignalRow>("select * from signals where state = 'waiting' and due_at <= ? order by due_at, seq", now),
    nextDue: () =>
      rows<{ next: number | null }>("select min(due_at) as next from signals where state = 'waiting'")[0]?.next ?? undefined,
    settle: (seq, { state, bot, code, reason }, at) =>
      run(
        'update signals set state = ?, bot = ?, code = ?, reason = ?, settled_at = ? where seq = ?',
        state,
        bot,
        code,
        reason,
        at,
        seq,
      ),
    signals: (limit, bot) =>
      bot === undefined
        ? rows<SignalRow>('select * from signals order by seq desc limit ?', limit)
        : rows<SignalRow>('select * from signals where bot = ? order by seq desc limit ?', bot, limit),
    count(code, address, at) {
      const day = new Date(at).toISOString().slice(0, 10);
      const known = rows<{ many: number }>('select count(*) as many from refusals where day = ?', day)[0]?.many ?? 0;
      const from = known < addressesMost ? address : 'others';
      run(
        `insert into refusals values (?, ?, ?, 1, ?) on conflict do update set count = count + 1, last_at = excluded.last_at`,
        ...[day, code, from, at],
      );
    },
    refusals: () => rows<RefusalCount>('select * from refusals order by last_at desc limit 200'),
    close: () => db.close(),
  };
}

interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly bots: string;
  readonly scope: TokenScope;
  readonly digests: string;
  readonly addresses: string;
  readonly per_minute: number;
  readonly repeat_ms: number;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

const readToken = (row: StoredToken): TokenRow => ({
  id: row.id,
  name: row.name,
  bots: JSON.parse(row.bots) as string[],
  scope: row.scope,
  digests: JSON.parse(row.digests) as string[],
  addresses: JSON.parse(row.addresses) as string[],
  perMinute: row.per_minute,
  repeatMs: row.repeat_ms,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
});
