/**
 * Candles, trades or rates of funding from CSV, read as bytes: header or none, columns by name or in the order of an exchange's archive
 * (csv-forms.ts). Separators are commas, semicolons or tabs. A row that makes no sense is named, never skipped.
 */
import type { Decimal } from './builder.ts';
import { type CsvForm, type FormOf, separatorOf } from './csv-forms.ts';
import { DataError } from './data-error.ts';
import { readDecimal, readVolume, toMs } from './decimal.ts';
import { readTime } from './time.ts';

const lineFeed = 10;
const carriageReturn = 13;
const comma = 44;
const point = 46;
const space = 32;
const zero = 48;
const nine = 57;
const quote = 34;
const lineBytesMost = 4096;

/** NaN unless a number: `Number` takes hexadecimals and blanks, too. */
const asNumber = (text: string): number => (/^\d[\d.]*(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN);
/** A row has no more than so many fields with a meaning. */
const fieldsMost = 8;

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at]! <= space) at += 1;
  return at === end;
}

export class CsvReader {
  readonly #formOf: FormOf;
  readonly #source: string;
  #rest: Buffer = Buffer.alloc(0);
  #row = 0;
  #form: CsvForm | undefined;
  #separator = comma;
  #isProven = false;
  /** Columns of the first row, with those that have no meaning. */
  #width = 0;
  #time = 0;
  #textsFrom = fieldsMost;
  readonly #texts: string[] = [];
  readonly #fields: readonly Decimal[] = Array.from({ length: fieldsMost }, () => ({ mantissa: 0, digits: 0 }));

  constructor(formOf: FormOf, source: string) {
    this.#formOf = formOf;
    this.#source = source;
  }

  /** Takes the next bytes. @throws DataError */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      this.#line(bytes, start, end);
      start = end + 1;
    }
    if (bytes.length - start > lineBytesMost) {
      this.#row += 1;
      this.#fail(`a line is longer than ${lineBytesMost} bytes; this is no CSV of candles, trades or rates of funding`);
    }
    this.#rest = Buffer.from(bytes.subarray(start));
  }

  /** The last line may end without a line feed. */
  end(): void {
    const last = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (last.length === 0) return;
    this.#line(last, 0, last.length);
    const width = this.#cellsIn(last, 0, last.length);
    if (width < this.#width && !isBlank(last, 0, last.length))
      this.#fail(`it ends after ${width} of ${this.#width} columns; the file is cut off: fetch it again, nothing was kept`);
  }

  #cellsIn(bytes: Buffer, start: number, end: number): number {
    let cells = 1;
    for (let at = start; at < end; at += 1) if (bytes[at] === this.#separator) cells += 1;
    return cells;
  }

  #fail(what: string): never {
    throw new DataError('data-malformed', `${this.#source}, row ${this.#row}: ${what}`);
  }

  #line(bytes: Buffer, start: number, lineEnd: number): void {
    this.#row += 1;
    let end = lineEnd;
    if (end > start && bytes[end - 1] === carriageReturn) end -= 1;
    if (isBlank(bytes, start, end)) return;
    if (this.#form === undefined) {
      const line = bytes.toString('utf8', start, end);
      // CryptoDataDownload says first where its file is from.
      if (/^\W?https?:/.test(line)) return;
      this.#form = this.#readForm(line);
      this.#separator = separatorOf(line).charCodeAt(0);
      this.#textsFrom = this.#form.texts ?? fieldsMost;
      if (this.#form.isHeader) return;
    }
    const { columns, meanings, take } = this.#form;
    let at = start;
    let found = 0;
    for (let column = 0; column < columns.length && at <= end; column += 1) {
      const meaning = columns[column]!;
      let fieldEnd = at;
      if (meaning < 0) {
        while (fieldEnd < end && bytes[fieldEnd] !== this.#separator) fieldEnd += 1;
      } else {
        fieldEnd = this.#field(bytes, at, end, meaning);
        found += 1;
      }
      at = fieldEnd + 1;
    }
    if (found < meanings.length) this.#fail(`it has ${found} of the columns ${meanings.join(', ')}`);
    if (this.#isProven) take(this.#time, this.#fields, this.#row, this.#texts);
    else {
      this.#width = this.#cellsIn(bytes, start, end);
      this.#takeFirst(this.#form);
    }
  }

  /** The first row shows whether columns that nobody named are what they are taken for. */
  #takeFirst({ take, isHeader, meanings }: CsvForm): void {
    try {
      take(this.#time, this.#fields, this.#row, this.#texts);
      this.#isProven = true;
    } catch (cause) {
      if (isHeader || !(cause instanceof DataError) || cause.code !== 'data-malformed') throw cause;
      throw new DataError(
        cause.code,
        `${cause.message}; without a header its columns are taken for ${meanings.join(', ')}: put a line with their names on top if they are others`,
        { cause },
      );
    }
  }

  /** Reads one field and gives the place of its separator. */
  #field(bytes: Buffer, start: number, end: number, meaning: number): number {
    if (meaning >= this.#textsFrom) return this.#slowField(bytes, start, end, meaning);
    let mantissa = 0;
    let digits = -1;
    let at = start;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (byte >= zero && byte <= nine) {
        mantissa = mantissa * 10 + byte - zero;
        if (digits >= 0) digits += 1;
      } else if (byte === point && digits < 0) digits = 0;
      else break;
    }
    const isOver = at === end || bytes[at] === this.#separator;
    if (!isOver || at === start || mantissa > 9e14 || (meaning === 0 && digits >= 0))
      return this.#slowField(bytes, start, end, meaning);
    if (meaning === 0) {
      this.#time = toMs(mantissa);
      return at;
    }
    while (digits > 0 && mantissa % 10 === 0) {
      mantissa /= 10;
      digits -= 1;
    }
    const field = this.#fields[meaning]!;
    field.mantissa = mantissa;
    field.digits = digits > 0 ? digits : 0;
    return at;
  }

  /** Quoted numbers, exponents, many digits, dates. */
  #slowField(bytes: Buffer, start: number, end: number, meaning: number): number {
    let at = start;
    while (at < end && bytes[at] !== this.#separator) at += 1;
    let text = bytes.toString('utf8', start, at).trim();
    if (text.charCodeAt(0) === quote && text.endsWith('"')) text = text.slice(1, -1);
    const { meanings, loose } = this.#form!;
    if (meaning >= this.#textsFrom) this.#texts[meaning] = text;
    else if (meaning === 0) this.#time = this.#readTime(text);
    else if (
      !readDecimal(text, this.#fields[meaning]!) &&
      !(loose.includes(meaning) && readVolume(asNumber(text), this.#fields[meaning]!))
    )
      this.#fail(
        `${meanings[meaning]} is "${text.slice(0, 40)}", which is no positive number that can be kept exactly${/^\d+,\d+$/.test(text) ? '; write a point before its decimals' : ''}`,
      );
    return at;
  }

  #readTime(text: string): number {
    const time = readTime(text);
    if (Number.isNaN(time)) this.#fail(`the time is "${text.slice(0, 40)}", neither a number nor a date with the year first`);
    return time;
  }

  #readForm(line: string): CsvForm {
    const form = this.#formOf(line, this.#source);
    if (!('missing' in form)) return form;
    return this.#fail(`the header "${line.slice(0, 100)}" names no column for ${form.missing.join(', ')}`);
  }
}
