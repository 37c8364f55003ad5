/**
 * The part of CBOR (RFC 8949) that authenticators write, read strictly as CTAP2's canonical form demands: definite lengths,
 * shortest integers, no key twice, nesting and sizes bounded. Tags, floating point and undefined are refused.
 */

export type Cbor = number | boolean | null | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

/** Not canonical CBOR, or more than is read here. */
export class CborError extends Error {
  override readonly name = 'CborError';
}

const depthMax = 4;
const itemsMax = 64;

/** One item from `offset` on and where it ends. @throws CborError */
export function readCbor(bytes: Buffer, offset: number): { readonly value: Cbor; readonly end: number } {
  const reader = { bytes, at: offset };
  const value = item(reader, 0);
  return { value, end: reader.at };
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function item(reader: Reader, depth: number): Cbor {
  if (depth > depthMax) throw new CborError('nested too deep');
  const first = take(reader, 1)[0]!;
  const major = first >> 5;
  if (major === 7) return simple(first & 31);
  const size = argument(reader, first & 31);
  switch (major) {
    case 0:
      return size;
    case 1:
      return -1 - size;
    case 2:
      return Buffer.from(take(reader, size));
    case 3:
      return utf8(take(reader, size));
    case 4:
      return Array.from({ length: few(size) }, () => item(reader, depth + 1));
    case 5:
      return map(reader, few(size), depth);
    default:
      throw new CborError('has a tag');
  }
}

function map(reader: Reader, entries: number, depth: number): ReadonlyMap<number | string, Cbor> {
  const found = new Map<number | string, Cbor>();
  for (let n = 0; n < entries; n += 1) {
    const key = item(reader, depth + 1);
    if (typeof key !== 'number' && typeof key !== 'string') throw new CborError('has a key that is no number or text');
    if (found.has(key)) throw new CborError('has a key twice');
    found.set(key, item(reader, depth + 1));
  }
  return found;
}

function argument(reader: Reader, info: number): number {
  if (info < 24) return info;
  const length = { 24: 1, 25: 2, 26: 4 }[info];
  if (length === undefined) throw new CborError('has an indefinite, reserved or 64 bit length');
  const value = take(reader, length).readUIntBE(0, length);
  const shortest = { 1: 24, 2: 0x100, 4: 0x1_0000 }[length]!;
  if (value < shortest) throw new CborError('has an integer that is not written shortest');
  return value;
}

function simple(info: number): boolean | null {
  if (info === 20 || info === 21) return info === 21;
  if (info === 22) return null;
  throw new CborError('has a floating point or other simple value');
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new CborError('ends early');
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

function few(count: number): number {
  if (count > itemsMax) throw new CborError(`has ${count} entries, more than ${itemsMax}`);
  return count;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CborError('has a text that is not UTF-8');
  }
}
