import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  backupDatabase,
  engineMigrations,
  engineStore,
  type Migration,
  openDatabase,
  openEngineQueries,
  restoreDatabase,
  StorageError,
} from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-storage-'));
after(() => rmSync(directory, { recursive: true }));
let count = 0;
const fresh = (): string => join(directory, `${++count}.db`);
const code = (expected: string) => (error: unknown) => error instanceof StorageError && error.code === expected;

const two: readonly Migration[] = [
  { number: 1, name: 'one', statements: ['create table a (x integer) strict'] },
  { number: 2, name: 'two', statements: ['create table b (x integer) strict'] },
];

test('a database is made with mode 0600, write-ahead log and full synchronisation', () => {
  const file = fresh();
  const db = openDatabase(file, engineMigrations);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual({ ...db.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' });
  assert.deepEqual({ ...db.prepare('pragma synchronous').get() }, { synchronous: 2 });
  db.close();
});

test('an older database is copied beside itself before it is migrated', () => {
  const file = fresh();
  const old = openDatabase(file, two.slice(0, 1));
  old.exec('insert into a values (7)');
  old.close();
  openDatabase(file, two).close();
  const copy = openDatabase(`${file}.version-1`, two.slice(0, 1));
  assert.deepEqual({ ...copy.prepare('select x from a').get() }, { x: 7 });
  copy.close();
});

test('stops that were placed before their triggers were kept have them from what was asked for', () => {
  const file = fresh();
  const old = openDatabase(file, engineMigrations.slice(0, 5));
  const place = (kind: string, id: string, intent: object): void => {
    const sql =
      'insert into outbox (bot, sub_key, kind, client_order_id, intent, planned_at, state) values (?, ?, ?, ?, ?, 1, ?)';
    old.prepare(sql).run('b', 'k', kind, id, JSON.stringify(intent), 'settled');
  };
  const order = (id: string, kind: string, oco: string | null): void => {
    const names =
      'client_order_id, bot, pair, side, kind, role, rung, quantity, price, filled, status, planned_at, updated_at, oco';
    const values = [id, 'b', 'BTC/USDT', 'sell', kind, 'stop-loss', 0, '1', '94', '0', 'resting', 1, 1, oco];
    old.prepare(`insert into orders (${names}) values (${values.map(() => '?').join(', ')})`).run(...values);
  };
  place('place-order', 'alone', { limit: '94', trigger: '95.5' });
  place('cancel-order', 'alone', {});
  place('place-oco', 'both', { limitLeg: { limit: '110' }, stopLeg: { limit: '94', trigger: '96' } });
  place('place-order', 'plain', { limit: '94' });
  order('alone', 'stop-limit', null);
  order('leg', 'stop-limit', 'both');
  order('target', 'limit', 'both');
  order('plain', 'limit', null);
  old.close();
  const db = openDatabase(file, engineMigrations);
  assert.deepEqual(
    db
      .prepare('select client_order_id as id, trigger_price as at from orders order by id')
      .all()
      .map((row) => ({ ...row })),
    [
      { id: 'alone', at: '95.5' },
      { id: 'leg', at: '96' },
      { id: 'plain', at: null },
      { id: 'target', at: null },
    ],
  );
  db.close();
});

test('a migration that fails leaves the database as it was', () => {
  const file = fresh();
  openDatabase(file, two.slice(0, 1)).close();
  const broken = { number: 2, name: 'broken', statements: ['create table c (x integer) strict', 'nonsense'] };
  assert.throws(() => openDatabase(file, [...two.slice(0, 1), broken]));
  const db = openDatabase(file, two.slice(0, 1));
  assert.deepEqual(db.prepare("select name from sqlite_schema where name = 'c'").all(), []);
  db.close();
});

test('migrations with a gap are refused', () => {
  assert.throws(() => openDatabase(fresh(), [two[1] as Migration]), RangeError);
});

test('a newer database is refused and not touched', () => {
  const file = fresh();
  openDatabase(file, two).close();
  const before = readFileSync(file);
  assert.throws(() => openDatabase(file, two.slice(0, 1)), code('storage-newer'));
  assert.deepEqual(readFileSync(file), before);
});

test('a damaged database is refused with one line', () => {
  const file = fresh();
  writeFileSync(file, 'this is no database, and long enough to be taken for a header of one, is it not?'.repeat(20));
  assert.throws(() => openDatabase(file, two), code('storage-corrupt'));
  const torn = fresh();
  const db = openDatabase(torn, engineMigrations);
  for (let n = 0; n < 2000; n++) db.exec(`insert into log (at, level, text) values (${n}, 'info', '${'x'.repeat(100)}')`);
  db.close();
  const bytes = readFileSync(torn);
  bytes.fill(0xff, 8192, 60_000);
  writeFileSync(torn, bytes);
  assert.throws(() => openDatabase(torn, engineMigrations), code('storage-corrupt'));
});

test('a backup restores the same rows and keeps what was there', () => {
  const file = fresh();
  const db = openDatabase(file, two);
  db.exec('insert into a values (1)');
  backupDatabase(db, `${file}.backup`);
  db.exec('insert into a values (2)');
  db.close();
  restoreDatabase(`${file}.backup`, file, two);
  const restored = openDatabase(file, two);
  assert.deepEqual(
    restored
      .prepare('select x from a')
      .all()
      .map((row) => row.x),
    [1],
  );
  restored.close();
  const kept = openDatabase(`${file}.before-restore`, two);
  assert.deepEqual(
    kept
      .prepare('select x from a')
      .all()
      .map((row) => row.x),
    [1, 2],
  );
  kept.close();
  assert.ok(!readdirSync(directory).some((name) => name.includes('.next')));
});

test('a commit is all or nothing, and the query builder reads it', async () => {
  const file = fresh();
  const store = engineStore(openDatabase(file, engineMigrations));
  const entry = { at: 1, level: 'info', bot: null, text: 'one' };
  await store.commit([{ table: 'log', row: entry }]);
  await assert.rejects(
    store.commit([
      { table: 'log', row: { ...entry, text: 'two' } },
      { table: 'log', row: { ...entry, text: null as unknown as string } },
    ]),
  );
  const reader = openEngineQueries(file);
  assert.deepEqual(await reader.selectFrom('log').select(['seq', 'text']).execute(), [{ seq: 1, text: 'one' }]);
  const many = await Promise.all(
    [1, 2, 3].map(() => reader.transaction().execute((t) => t.selectFrom('log').selectAll().execute())),
  );
  assert.equal(many.length, 3);
  await reader.destroy();
  await store.close();
  assert.ok(existsSync(file));
});
