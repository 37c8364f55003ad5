/**
 * Opens a SQLite database of this program: WAL, synchronous FULL, one connection, mode 0600.
 *   S3  A database that is there and older than the program is copied beside itself before its first migration.
 *   S4  A database that is newer than the program, or damaged, is refused and not touched.
 */
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Migration } from './schema.ts';

export type StorageErrorCode =
  | 'storage-corrupt'
  | 'storage-newer'
  | 'storage-unwritable'
  | 'storage-locked'
  | 'restore-target-exists';

/** Exit code of a process that cannot start for the reason (sysexits.h; 76: the data are newer than the program). */
export const storageExitCode: Readonly<Record<StorageErrorCode, number>> = {
  'storage-corrupt': 65,
  'storage-newer': 76,
  'storage-unwritable': 73,
  'storage-locked': 75,
  'restore-target-exists': 73,
};

/** A database that cannot be used; the message is one line for people. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** SQLite's primary result codes that concern us (sqlite.org/rescode.html). */
const busy = new Set([5, 6]);
const damaged = new Set([11, 26]);

function storageError(file: string, cause: unknown): unknown {
  if (cause instanceof StorageError || !(cause instanceof Error)) return cause;
  const primary = Number((cause as Error & { errcode?: number }).errcode ?? 0) & 0xff;
  if (damaged.has(primary)) return corrupt(file, cause.message, cause);
  if (busy.has(primary)) {
    return new StorageError('storage-locked', `${file} is in use by another process; stop that one first`, { cause });
  }
  const because = `(${cause.message}); make it writable or give another data directory`;
  return new StorageError('storage-unwritable', `cannot open ${file} ${because}`, { cause });
}

const corrupt = (file: string, what: string, cause?: unknown): StorageError =>
  new StorageError('storage-corrupt', `${file} is damaged (${what}); restore a backup of it or move it away`, { cause });

function assertNumbered(migrations: readonly Migration[]): void {
  migrations.forEach((migration, index) => {
    if (migration.number !== index + 1) throw new RangeError(`migration ${migration.number} stands at place ${index + 1}`);
  });
}

const versionOf = (db: DatabaseSync): number => {
  const row = db.prepare('pragma user_version').get() as { user_version: number };
  return Number(row.user_version);
};

function assertSound(db: DatabaseSync, file: string): void {
  const row = db.prepare('pragma quick_check(1)').get() as { quick_check: string };
  if (row.quick_check !== 'ok') throw corrupt(file, row.quick_check);
}

/** `begin immediate` … `commit`; whatever is thrown rolls back and is thrown again. */
export function transaction<Value>(db: DatabaseSync, work: () => Value): Value {
  db.exec('begin immediate');
  try {
    const value = work();
    db.exec('commit');
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
}

function migrate(db: DatabaseSync, file: string, migrations: readonly Migration[]): void {
  const version = versionOf(db);
  if (version > migrations.length) {
    const found = `${file} has version ${version}, this program knows versions up to ${migrations.length}`;
    throw new StorageError('storage-newer', `${found}; use the newer program, or restore an older backup`);
  }
  if (version === migrations.length) return;
  if (version > 0 && file !== ':memory:') backupDatabase(db, `${file}.version-${version}`);
  for (const { number, statements } of migrations.slice(version)) {
    transaction(db, () => {
      for (const statement of statements) db.exec(statement);
      db.exec(`pragma user_version = ${number}`);
    });
  }
}

/** Opens or makes the database and brings it to the newest version. @throws StorageError */
export function openDatabase(file: string, migrations: readonly Migration[]): DatabaseSync {
  assertNumbered(migrations);
  let db: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600)); // made by us, so that it never has a wider mode
    db = new DatabaseSync(file, { timeout: 5_000 });
    db.exec('pragma journal_mode = wal; pragma synchronous = full');
    assertSound(db, file);
    migrate(db, file, migrations);
    return db;
  } catch (error) {
    if (db?.isOpen === true) db.close();
    throw storageError(file, error);
  }
}

/** Opens an existing database for reading only. @throws StorageError */
export function openForReading(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  } catch (error) {
    throw storageError(file, error);
  }
}

/** Copies the whole database, consistent at one moment, into a file that must not exist or is replaced. Mode 0600. */
export function backupDatabase(db: DatabaseSync, file: string): void {
  const next = `${file}.next`;
  rmSync(next, { force: true });
  db.prepare('vacuum into ?').run(next);
  chmodSync(next, 0o600);
  renameSync(next, file);
}

/**
 * Puts a backup in place of the database `file`, which no process may have open. What was there stays beside it as
 * `FILE.before-restore`. @throws StorageError when the backup is damaged or newer than `migrations`
 */
export function restoreDatabase(backup: string, file: string, migrations: readonly Migration[]): void {
  const next = `${file}.next`;
  if (!existsSync(backup)) throw new StorageError('storage-corrupt', `${backup} does not exist; name a file made by backup`);
  copyFileSync(backup, next);
  chmodSync(next, 0o600);
  openDatabase(next, migrations).close();
  if (existsSync(file)) {
    // Opening and closing folds the write-ahead log into the file, so that one file is the whole.
    openDatabase(file, migrations).close();
    renameSync(file, `${file}.before-restore`);
  }
  for (const suffix of ['-wal', '-shm']) {
    rmSync(file + suffix, { force: true });
    rmSync(next + suffix, { force: true });
  }
  renameSync(next, file);
}
