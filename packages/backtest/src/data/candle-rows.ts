/** Candles that come as rows in memory: from JSON, Feather, Parquet, or an exchange's API. */
import type { Decimal, RawCandle, SeriesBuilder } from './builder.ts';
import { candleColumns, candleMeanings } from './csv-forms.ts';
import { DataError } from './data-error.ts';
import { readDecimal, readFloat, readVolume, toMs } from './decimal.ts';
import { readTime } from './time.ts';

/** Time (in any unit, or a date), open, high, low, close, volume: numbers or texts. */
export type CandleRow = readonly unknown[] | ArrayLike<unknown>;

const volumeAt = 5;

/** Only a volume may lose its last digits. */
function readField(given: unknown, at: number, into: Decimal): boolean {
  const isVolume = at === volumeAt;
  if (typeof given === 'number') return isVolume ? readVolume(given, into) : readFloat(given, into);
  if (typeof given !== 'string') return false;
  return readDecimal(given, into) || (isVolume && given !== '' && readVolume(Number(given), into));
}

/** Adds rows to a builder. @throws DataError naming the row of `source` */
export function addRows(rows: Iterable<CandleRow>, builder: SeriesBuilder, source: string): void {
  const fields = Array.from({ length: 5 }, (): Decimal => ({ mantissa: 0, digits: 0 })) as [
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
  ];
  const [open, high, low, close, volume] = fields;
  const candle: RawCandle = { time: 0, open, high, low, close, volume };
  let number = 0;
  for (const row of rows) {
    number += 1;
    const fail = (what: string): never => {
      throw new DataError('data-malformed', `${source}, row ${number}: ${what}`);
    };
    if (!Array.isArray(row) && !ArrayBuffer.isView(row)) fail('it is no list of six numbers');
    candle.time = typeof row[0] === 'number' ? toMs(row[0]) : readTime(String(row[0]));
    if (Number.isNaN(candle.time)) fail(`the time is "${String(row[0]).slice(0, 40)}", neither a number nor a date`);
    for (const [at, field] of fields.entries())
      if (!readField(row[at + 1], at + 1, field))
        fail(
          `${candleMeanings[at + 1]} is "${String(row[at + 1]).slice(0, 40)}", which is no positive number that can be kept exactly`,
        );
    builder.add(candle, number, source);
  }
}

/** Rows of objects as lists, by the names of the first. @throws DataError naming what it lacks */
export function rowsOfObjects(
  rows: readonly Readonly<Record<string, unknown>>[],
  source: string,
  pair: string,
): readonly unknown[][] {
  const [first] = rows;
  if (first === undefined) return [];
  const names = Object.keys(first);
  const columns = candleColumns(names, pair);
  const missing = candleMeanings.filter((_, meaning) => !columns.includes(meaning));
  if (missing.length > 0)
    throw new DataError('data-malformed', `${source} has no column for ${missing.join(', ')}; it has ${names.join(', ')}`);
  const ordered = candleMeanings.map((_, meaning) => names[columns.indexOf(meaning)]!);
  return rows.map((row) => ordered.map((name) => plainOf(row[name])));
}

const plainOf = (value: unknown): unknown =>
  value instanceof Date ? value.getTime() : typeof value === 'bigint' ? Number(value) : value;
