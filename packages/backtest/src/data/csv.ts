/**
 * Candles from CSV, read as bytes: header or none, columns by name or in the order of Binance's archive (open time, open, high,
 * low, close, volume, …). Separators are commas or semicolons. A row that makes no sense is named, never skipped.
 */
import type { Decimal, RawCandle, SeriesBuilder } from './builder.ts';
import { DataError } from './data-error.ts';
import { readDecimal, readFloat, toMs } from './decimal.ts';

const lineFeed = 10;
const carriageReturn = 13;
const comma = 44;
const semicolon = 59;
const point = 46;
const zero = 48;
const nine = 57;
const quote = 34;
const lineBytesMost = 4096;

const names: Readonly<Record<string, number>> = {
  time_ms: 0,
  time: 0,
  timestamp: 0,
  open_time: 0,
  opentime: 0,
  date: 0,
  datetime: 0,
  unix: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  'volume base': 5,
};
const volume = 5;
/** NaN unless a plain number: `Number` takes hexadecimals and blanks, too. */
const asNumber = (text: string): number => (/^\d[\d.]*$/.test(text) ? Number(text) : Number.NaN);
const meanings = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

export class CsvReader {
  readonly #builder: SeriesBuilder;
  readonly #source: string;
  #rest: Buffer = Buffer.alloc(0);
  #row = 0;
  /** What each column of the file means; -1: nothing. */
  #columns: number[] | undefined;
  readonly #fields: readonly Decimal[] = meanings.map(() => ({ mantissa: 0, digits: 0 }));
  readonly #candle: RawCandle;

  constructor(builder: SeriesBuilder, source: string) {
    this.#builder = builder;
    this.#source = source;
    const [, open, high, low, close, volume] = this.#fields as readonly [Decimal, Decimal, Decimal, Decimal, Decimal, Decimal];
    this.#candle = { time: 0, open, high, low, close, volume };
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
      this.#fail(`a line is longer than ${lineBytesMost} bytes; this is no CSV of candles`);
    }
    this.#rest = Buffer.from(bytes.subarray(start));
  }

  /** The last line may end without a line feed. */
  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest, 0, this.#rest.length);
    this.#rest = Buffer.alloc(0);
  }

  #fail(what: string): never {
    throw new DataError('data-malformed', `${this.#source}, row ${this.#row}: ${what}`);
  }

  #line(bytes: Buffer, start: number, lineEnd: number): void {
    this.#row += 1;
    let end = lineEnd;
    if (end > start && bytes[end - 1] === carriageReturn) end -= 1;
    if (end === start) return;
    if (this.#columns === undefined && this.#readHeader(bytes.toString('utf8', start, end))) return;
    const columns = this.#columns!;
    let at = start;
    let found = 0;
    for (let column = 0; column < columns.length && at <= end; column += 1) {
      const meaning = columns[column]!;
      let fieldEnd = at;
      if (meaning < 0) {
        while (fieldEnd < end && bytes[fieldEnd] !== comma && bytes[fieldEnd] !== semicolon) fieldEnd += 1;
      } else {
        fieldEnd = this.#field(bytes, at, end, meaning);
        found += 1;
      }
      at = fieldEnd + 1;
    }
    if (found < meanings.length) this.#fail(`it has ${found} of the columns ${meanings.join(', ')}`);
    this.#builder.add(this.#candle, this.#row);
  }

  /** Reads one field and gives the place of its separator. */
  #field(bytes: Buffer, start: number, end: number, meaning: number): number {
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
    const isOver = at === end || bytes[at] === comma || bytes[at] === semicolon;
    if (!isOver || at === start || mantissa > 9e14 || (meaning === 0 && digits >= 0))
      return this.#slowField(bytes, start, end, meaning);
    if (meaning === 0) {
      this.#candle.time = toMs(mantissa);
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
    while (at < end && bytes[at] !== comma && bytes[at] !== semicolon) at += 1;
    let text = bytes.toString('utf8', start, at).trim();
    if (text.charCodeAt(0) === quote && text.endsWith('"')) text = text.slice(1, -1);
    if (meaning === 0) this.#candle.time = this.#time(text);
    else if (
      !readDecimal(text, this.#fields[meaning]!) &&
      !(meaning === volume && readFloat(asNumber(text), this.#fields[meaning]!))
    ) {
      this.#fail(`${meanings[meaning]} is "${text.slice(0, 40)}", which is no positive number that can be kept exactly`);
    }
    return at;
  }

  #time(text: string): number {
    if (/^\d+(\.0+)?$/.test(text)) return toMs(Number(text));
    const isPlain = /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(text);
    // A time without a zone is UTC: exchanges and their archives use no other.
    const time = Date.parse(isPlain ? `${text.replace(' ', 'T')}${text.length > 10 ? 'Z' : ''}` : text.replace(' ', 'T'));
    if (Number.isNaN(time)) this.#fail(`the time is "${text.slice(0, 40)}", neither a number nor a date`);
    return time;
  }

  /** @returns whether the line was a header */
  #readHeader(line: string): boolean {
    const cells = line.split(/[,;]/).map((cell) =>
      cell
        .trim()
        .replaceAll('"', '')
        .replace(/^\uFEFF/, '')
        .toLowerCase(),
    );
    if (cells[0] === undefined || /^[\d.]+$/.test(cells[0]) || /^\d{4}-/.test(cells[0])) {
      this.#columns = meanings.map((_, at) => at);
      return false;
    }
    const columns = cells.map((cell) => names[cell] ?? (/^volume /.test(cell) && !cell.includes('usd') ? 5 : -1));
    // Of several columns with one meaning the first counts.
    this.#columns = columns.map((meaning, at) => (columns.indexOf(meaning) === at ? meaning : -1));
    const missing = meanings.filter((_, meaning) => !columns.includes(meaning));
    if (missing.length > 0) this.#fail(`the header "${line.slice(0, 100)}" names no column for ${missing.join(', ')}`);
    return true;
  }
}
