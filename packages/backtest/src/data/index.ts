export { type BuildReport, type Decimal, type RawCandle, SeriesBuilder } from './builder.ts';
export { addRows, type CandleRow } from './candle-rows.ts';
export { checkSeries, readSeries, writeSeries } from './column-file.ts';
export { DataError, type DataErrorCode } from './data-error.ts';
export { readFileName } from './file-name.ts';
export { type Read, type ReadFunding, type ReadTrades, readCandleFile, readDataFile } from './files.ts';
export { dueAt, type FundingHole, type FundingRates, fundingHoles } from './funding.ts';
export { FundingBuilder, type FundingReport, type RawFunding } from './funding-builder.ts';
export { checkFunding, readFunding, writeFunding } from './funding-file.ts';
export {
  exportFunding,
  fundingPath,
  type ListedFunding,
  listFunding,
  type StoredFunding,
  storeFunding,
  verifyFunding,
} from './funding-library.ts';
export {
  exportSeries,
  type Listed,
  listSeries,
  type SeriesName,
  type Stored,
  seriesPath,
  storeSeries,
  verifySeries,
} from './library.ts';
export * from './series.ts';
export { type Hole, holesOf, type Trades } from './trades.ts';
export type { TradesReport } from './trades-builder.ts';
export { checkTrades, readTrades, writeTrades } from './trades-file.ts';
export {
  exportTrades,
  type ListedTrades,
  listTrades,
  type StoredTrades,
  storeTrades,
  tradesPath,
  verifyTrades,
} from './trades-library.ts';
