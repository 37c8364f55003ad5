/** Candles that come as texts, e.g. from an exchange's API: time and five plain decimals. */
import type { Decimal, RawCandle, SeriesBuilder } from './builder.ts';
import { DataError } from './data-error.ts';
import { readDecimal } from './decimal.ts';

export type TextRow = readonly [time: number, open: string, high: string, low: string, close: string, volume: string];

/** Adds rows to a builder. @throws DataError naming the row of `source` */
export function addTextRows(rows: Iterable<TextRow>, builder: SeriesBuilder, source: string): void {
  let number = 0;
  for (const [time, ...texts] of rows) {
    number += 1;
    const fields = texts.map((text): Decimal => {
      const field = { mantissa: 0, digits: 0 };
      if (readDecimal(text, field)) return field;
      throw new DataError(
        'data-malformed',
        `${source}, row ${number}: "${text.slice(0, 40)}" is no positive number that can be kept exactly`,
      );
    }) as [Decimal, Decimal, Decimal, Decimal, Decimal];
    const [open, high, low, close, volume] = fields;
    const candle: RawCandle = { time, open, high, low, close, volume };
    builder.add(candle, number);
  }
}
