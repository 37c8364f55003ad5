/**
 * Columns on disk: one file, opened by a single read. Layout, little-endian:
 *
 *   8 bytes   what it is
 *   4 bytes   length of the header
 *   header    JSON: what is in it, for each column type and place, SHA-256 of everything after the header
 *   columns   each at a multiple of 8 bytes from the file's start
 *
 * A file appears whole or not at all: it is written beside its place, made durable, and renamed.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from './data-error.ts';

/** A kind of file. */
export interface FileKind {
  /** Its first 8 bytes. */
  readonly magic: string;
  readonly version: number;
  /** For people. */
  readonly name: string;
}

export type Column = Int32Array | Uint32Array | Float64Array | BigInt64Array;

const types = { int32: Int32Array, uint32: Uint32Array, float64: Float64Array, int64: BigInt64Array } as const;
type TypeName = keyof typeof types;
const typeNames = Object.keys(types) as TypeName[];

interface Header {
  readonly v: number;
  readonly rows: number;
  /** `at` counts from the first byte after header and padding. */
  readonly columns: Readonly<Record<string, { readonly type: TypeName; readonly at: number }>>;
  readonly sha256: string;
}

const headerBytesMost = 64 * 1024 * 1024;

const typeOf = (column: Column): TypeName => typeNames.find((name) => column instanceof types[name])!;

const bytesOf = (column: Column): Uint8Array => new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

const toEight = (length: number): number => (length + 7) & ~7;

/** Writes `path`, replacing what is there in one step. @throws DataError `data-unreadable` when it cannot be written */
export function writeColumns(
  path: string,
  { magic, version }: FileKind,
  about: { readonly rows: number },
  all: Readonly<Record<string, Column>>,
): void {
  const columns: Record<string, { type: TypeName; at: number }> = {};
  let length = 0;
  for (const [name, column] of Object.entries(all)) {
    columns[name] = { type: typeOf(column), at: length };
    length = toEight(length + column.byteLength);
  }
  const data = new Uint8Array(length);
  for (const [name, column] of Object.entries(all)) data.set(bytesOf(column), columns[name]!.at);
  const header = { v: version, ...about, columns, sha256: createHash('sha256').update(data).digest('hex') } satisfies Header;
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const head = Buffer.alloc(toEight(12 + text.length));
  head.write(magic, 0, 'latin1');
  head.writeUInt32LE(text.length, 8);
  text.copy(head, 12);
  replace(path, [head, data]);
}

/** What a process that was killed left beside a series. */
function sweepUp(path: string): void {
  const left = new RegExp(`^${basename(path).replaceAll('.', '\\.')}\\.(\\d+)\\.new$`);
  for (const name of readdirSync(dirname(path))) {
    const pid = Number(left.exec(name)?.[1] ?? 0);
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) rmSync(join(dirname(path), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function replace(path: string, parts: readonly Uint8Array[]): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    sweepUp(path);
    const descriptor = openSync(beside, 'w', 0o644);
    try {
      for (const part of parts) for (let at = 0; at < part.length; ) at += writeSync(descriptor, part, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new DataError('data-unreadable', `${path} cannot be written (${(cause as Error).message}); nothing was changed`, {
      cause,
    });
  }
}

export interface OpenFile<About> {
  readonly about: About;
  /** @throws DataError `data-corrupt` */
  readonly column: (name: string) => Column;
}

/** Opens a file with one read into shared memory. @throws DataError `data-missing`, `data-corrupt`, `data-newer`, `data-unreadable` */
export function openColumns<About>(path: string, kind: FileKind): OpenFile<About> {
  const buffer = load(path);
  const { header, at } = readHeader<About>(path, buffer, kind);
  const column = (name: string): Column => {
    const place = header.columns[name];
    const make = place === undefined ? undefined : types[place.type];
    const start = at + (place?.at ?? 0);
    if (make === undefined || start % 8 !== 0 || start + header.rows * make.BYTES_PER_ELEMENT > buffer.byteLength)
      throw new DataError('data-corrupt', `${path} is cut off or damaged; import it again`);
    return new make(buffer as unknown as ArrayBuffer, start, header.rows);
  };
  return { about: header, column };
}

/** Compares the columns with the hash that was written with them. @throws DataError `data-corrupt` */
export function checkColumns(path: string, kind: FileKind): void {
  const buffer = load(path);
  const { header, at } = readHeader(path, buffer, kind);
  const hash = createHash('sha256').update(new Uint8Array(buffer, at)).digest('hex');
  if (hash !== header.sha256) throw new DataError('data-corrupt', `${path} is not what was written; import it again`);
}

/** Hash that a file was written with, from its first bytes alone. @throws DataError as `openColumns` */
export function hashOfColumns(path: string, kind: FileKind): string {
  const head = load(path, 64 * 1024);
  const isLonger = head.byteLength >= 12 && new DataView(head).getUint32(8, true) + 12 > head.byteLength;
  return readHeader(path, isLonger ? load(path) : head, kind).header.sha256;
}

function load(path: string, most = Number.MAX_SAFE_INTEGER): SharedArrayBuffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new DataError('data-missing', `there is no ${path}; import or download it`, { cause });
    throw new DataError('data-unreadable', `${path} cannot be read (${code})`, { cause });
  }
  try {
    const size = Math.min(most, fstatSync(descriptor).size);
    const buffer = new SharedArrayBuffer(size);
    const bytes = new Uint8Array(buffer);
    for (let at = 0; at < size; ) {
      const read = readSync(descriptor, bytes, at, size - at, at);
      if (read === 0) break;
      at += read;
    }
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

function readHeader<About>(
  path: string,
  buffer: SharedArrayBuffer,
  { magic, version, name }: FileKind,
): { readonly header: Header & About; readonly at: number } {
  const bytes = Buffer.from(buffer);
  const damaged = (): never => {
    throw new DataError('data-corrupt', `${path} is no ${name}, or it is damaged; import it again`);
  };
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== magic) damaged();
  const length = bytes.readUInt32LE(8);
  if (length > headerBytesMost || 12 + length > bytes.length) damaged();
  let header: Header & About;
  try {
    header = JSON.parse(bytes.toString('utf8', 12, 12 + length)) as Header & About;
  } catch {
    return damaged();
  }
  if (header.v > version) throw new DataError('data-newer', `${path} was written by a newer version`);
  if (header.v !== version || !Number.isSafeInteger(header.rows) || header.rows < 1) damaged();
  return { header, at: toEight(12 + length) };
}
