export { type BuildReport, type Decimal, type RawCandle, SeriesBuilder } from './builder.ts';
export { checkSeries, readSeries, writeSeries } from './column-file.ts';
export { CsvReader } from './csv.ts';
export { DataError, type DataErrorCode } from './data-error.ts';
export { readCandleFile, readFileName } from './files.ts';
export * from './library.ts';
export * from './series.ts';
export { addTextRows, type TextRow } from './text-rows.ts';
