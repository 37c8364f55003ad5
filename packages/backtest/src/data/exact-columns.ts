/** Growing columns of whole numbers of the finest step seen so far: decimals go in, nothing passes through floating point. */
import type { Decimal } from './builder.ts';

/** Whole numbers above this are not exact any more. */
const exact = Number.MAX_SAFE_INTEGER;
const decimalsMost = 18;
const powers = Array.from({ length: decimalsMost + 1 }, (_, digits) => 10 ** digits);
const rowsAtFirst = 4096;

export function grown(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** Prices keep every digit. */
export class PriceColumns {
  digits = 0;
  columns: Float64Array[];

  constructor(count: number) {
    this.columns = Array.from({ length: count }, () => new Float64Array(rowsAtFirst));
  }

  /** Takes a finer step where one is needed. @returns why that cannot be; null when it can */
  refine(digits: number, rows: number): string | null {
    if (digits <= this.digits) return null;
    if (digits > decimalsMost) return `a number has ${digits} decimals, limit ${decimalsMost}`;
    const factor = powers[digits - this.digits]!;
    for (const column of this.columns)
      for (let at = 0; at < rows; at += 1) {
        column[at] = column[at]! * factor;
        if (column[at]! > exact) return `with ${digits} decimals earlier prices cannot be kept exactly`;
      }
    this.digits = digits;
    return null;
  }

  /** In steps; NaN when that is no exact number. */
  steps({ mantissa, digits }: Decimal): number {
    const value = digits === this.digits ? mantissa : mantissa * powers[this.digits - digits]!;
    return value > exact ? Number.NaN : value;
  }

  grow(): void {
    this.columns = this.columns.map(grown);
  }
}

/** Nobody trades by the last digit of a volume: where digits do not fit, the last ones are cut off, and `cutTo` says so. */
export class VolumeColumn {
  digits = 0;
  /** Decimals that numbers were cut to; null: none was cut. */
  cutTo: number | null = null;
  values = new Float64Array(rowsAtFirst);

  /** @param rows how many there are already */
  steps({ mantissa, digits }: Decimal, rows: number): number {
    if (mantissa > exact) return this.#largest(rows);
    if (digits > this.digits && this.cutTo === null) this.#refine(digits, rows);
    while (digits <= this.digits && mantissa * powers[this.digits - digits]! > exact) this.#coarsen(rows);
    return digits <= this.digits
      ? mantissa * powers[this.digits - digits]!
      : Math.floor(mantissa / powers[digits - this.digits]!);
  }

  grow(): void {
    this.values = grown(this.values);
  }

  /** More than can be counted. */
  #largest(rows: number): number {
    while (this.digits > 0) this.#coarsen(rows);
    this.cutTo = 0;
    return exact;
  }

  #refine(digits: number, rows: number): void {
    const to = Math.min(digits, decimalsMost);
    const factor = powers[to - this.digits]!;
    for (let at = 0; at < rows; at += 1)
      if (this.values[at]! * factor > exact) {
        this.cutTo = this.digits;
        return;
      }
    for (let at = 0; at < rows; at += 1) this.values[at] = this.values[at]! * factor;
    this.digits = to;
  }

  #coarsen(rows: number): void {
    for (let at = 0; at < rows; at += 1) this.values[at] = Math.floor(this.values[at]! / 10);
    this.digits -= 1;
    this.cutTo = this.digits;
  }
}

type Compact = Int32Array | Uint32Array;

/** The first `rows` values in shared memory, in four bytes each where all of them are at most `most`. */
export function compact<Small extends Compact>(
  values: Float64Array,
  rows: number,
  make: { new (buffer: SharedArrayBuffer): Small; readonly BYTES_PER_ELEMENT: number },
  most: number,
): Small | Float64Array {
  let fits = true;
  for (let at = 0; at < rows && fits; at += 1) fits = values[at]! <= most;
  const column = fits
    ? new make(new SharedArrayBuffer(rows * make.BYTES_PER_ELEMENT))
    : new Float64Array(new SharedArrayBuffer(rows * 8));
  column.set(values.subarray(0, rows));
  return column;
}

export const int32Most = 0x7fff_ffff;
export const uint32Most = 0xffff_ffff;

/** Why a row cannot be of this time (unix ms), or null; `until` is the first that lies in the future. */
export function timeFault(time: number, until: number): string | null {
  if (!Number.isSafeInteger(time) || time < 0) return `the time ${time} is not a time in milliseconds`;
  return time >= until ? `${iso(time)} lies in the future; the times are of another zone or unit` : null;
}

export const iso = (time: number): string => new Date(time).toISOString();
