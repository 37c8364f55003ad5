/** Recorded candles from a file: `time_ms,open,high,low,close,volume`, plain or gzip, checked row by row. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { type Amount, dateMs, type Pair, pair as readPair } from '@holdfast/domain';
import { CandleTable, inferSteps, rowsForSteps, stepsOf, usualMinNotional } from '@holdfast/exchanges/simulated';
import { StartError } from './start-error.ts';

export interface Tape {
  readonly table: CandleTable;
  readonly pair: Pair;
  readonly minNotional: Amount;
  /** Hash of the file's bytes: says whether a data directory was made with this tape. */
  readonly digest: string;
  readonly file: string;
}

const columns = 'time_ms,open,high,low,close,volume';

/** "BINANCE-BTC-USDT-1m.20250520.csv.gz" names BTC/USDT. */
export function pairOfFile(file: string): Pair | undefined {
  const match = /^[A-Z]+-([A-Z0-9]+)-([A-Z0-9]+)-\d+[smhdwM](?:\.\d+)?\.csv(?:\.gz)?$/.exec(basename(file));
  return match === null ? undefined : readPair(`${match[1]}/${match[2]}`);
}

/** @throws StartError `usage` that names file and row */
export async function readTape(file: string, pairText: string | undefined): Promise<Tape> {
  const pair = pairText === undefined ? pairOfFile(file) : readPair(pairText);
  if (pair === undefined) throw new StartError('usage', `${file}: its name does not say the pair; give --pair BASE/QUOTE`);
  const hash = createHash('sha256');
  let table: CandleTable | undefined;
  const first: string[] = [];
  const begin = (): CandleTable => {
    const made = new CandleTable({ pair, ...stepsOf(pair, inferSteps(first)) });
    for (const line of first) made.push(line);
    first.length = 0;
    return made;
  };
  await eachRow(file, hash, (line) => {
    if (table !== undefined) table.push(line);
    else if (first.push(line) === rowsForSteps) table = begin();
  });
  if (table === undefined && first.length === 0) throw new StartError('usage', `${file} holds no candles; rows are ${columns}`);
  const minNotional = usualMinNotional(pair);
  return { table: table ?? begin(), pair, minNotional, digest: hash.digest('hex'), file };
}

/** Reads the file line by line and hands on what is a candle. */
async function eachRow(file: string, hash: ReturnType<typeof createHash>, take: (line: string) => void): Promise<void> {
  let row = 0;
  let lastTime = Number.NEGATIVE_INFINITY;
  try {
    for await (const line of linesOf(file, hash)) {
      row += 1;
      if (line === '' || (row === 1 && line.startsWith('time'))) continue;
      lastTime = checkRow(file, row, line, lastTime);
      take(line);
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError('usage', `${file}, after row ${row}: ${whyUnreadable(error)}`, { cause: error });
  }
}

async function* linesOf(file: string, hash: ReturnType<typeof createHash>): AsyncGenerator<string> {
  const source = createReadStream(file);
  source.on('data', (part) => hash.update(part));
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    input.destroy();
    lines.close();
  };
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  source.on('error', fail);
  input.on('error', fail);
  yield* lines;
  if (failure !== undefined) throw failure;
}

function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EISDIR') return `it cannot be read (${code})`;
  if (code === 'Z_BUF_ERROR') return 'the gzip ends in the middle: fetch the file again';
  if (code?.startsWith('Z_') === true) return `it is no sound gzip (${message}): fetch the file again`;
  return message;
}

const decimal = /^\d+(\.\d+)?([eE]-?\d+)?$/;

/** @returns the row's time. @throws StartError `usage` */
function checkRow(file: string, row: number, line: string, lastTime: number): number {
  const refuse = (what: string): StartError => new StartError('usage', `${file}, row ${row}: ${what}: ${line.slice(0, 100)}`);
  const cells = line.split(',');
  if (cells.length !== 6) throw refuse(`${cells.length} columns in place of ${columns}`);
  const [timeText = '', ...numbers] = cells;
  if (!/^\d{1,16}$/.test(timeText)) throw refuse('the time is no whole number of milliseconds');
  if (numbers.some((cell) => !decimal.test(cell))) throw refuse('a price or the volume is no plain number');
  const [open = 0, high = 0, low = 0, close = 0] = numbers.map(Number);
  if (low <= 0) throw refuse('a price is not above 0');
  if (high < low) throw refuse('the high is below the low');
  if (open > high || close > high || open < low || close < low) throw refuse('open or close lies outside low and high');
  const time = Number(timeText);
  if (time === lastTime) throw refuse('the time of the row before comes again');
  if (time < lastTime) throw refuse('the time is before that of the row before: sort the file');
  return time;
}

/** "2025-05-20", "2025-05-20T06:00Z" or ms. @throws StartError `usage` */
export function readTime(text: string, option: string): number {
  const time = /^\d{11,}$/.test(text) ? Number(text) : dateMs(text);
  if (!Number.isSafeInteger(time))
    throw new StartError('usage', `${option} ${text}: give an ISO date such as 2025-05-20 or milliseconds`);
  return time;
}
