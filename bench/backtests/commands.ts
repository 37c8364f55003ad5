/** Commands as a person starts them: from a column file to a report, and from CSV to a column file. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporary } from '../kernels/compiled.ts';
import type { Row } from '../rows/row.ts';
import { dcaText, million } from './market.ts';
import { agree, medianOf, row } from './measure.ts';

const main = resolve(import.meta.dirname, '../../bin/start.mjs');
const rounds = 5;
const mebibyte = 2 ** 20;

interface Ran {
  /** By the clock, and CPU time of all of the command's threads; s. */
  readonly wall: number;
  readonly cpu: number;
  /** Largest resident memory, bytes; NaN where the system does not say. */
  readonly rss: number;
  readonly out: string;
}

/** Written into the command's process: its own figures at its end, on the last line of its errors. */
const told = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); process.stderr.write('\\n' + JSON.stringify([userCPUTime + systemCPUTime, maxRSS])); });",
)}`;

async function command(...asked: readonly string[]): Promise<Ran> {
  const began = process.hrtime.bigint();
  const child = spawn(process.execPath, ['--disable-sigusr1', '--import', told, main, ...asked], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  if (code !== 0) throw new Error(`holdfast ${asked.join(' ')} ended with ${code}: ${err}`);
  const [micros, kibibytes] = JSON.parse(err.trim().split('\n').at(-1)!) as [number, number];
  return { wall, cpu: micros / 1e6, rss: kibibytes * 1024, out };
}

/** The million candles as CSV, in the columns of our own export. */
function writeCsv(path: string): void {
  const file = openSync(path, 'w');
  const price = (ticks: number): string => (ticks / 100).toFixed(2);
  const { open, high, low, close, volume, rows, segments, intervalMs } = million;
  let text = 'time_ms,open,high,low,close,volume\n';
  for (let at = 0; at < rows; at++) {
    const prices = [open, high, low, close].map((column) => price(column[at]!)).join(',');
    text += `${segments[0]!.time + at * intervalMs},${prices},${(volume[at]! / 100_000).toFixed(5)}\n`;
    if (text.length > 65_536 || at === rows - 1) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
}

const imported = (data: string, csv: string) =>
  command('data', 'import', csv, '--data', data, '--exchange', 'synthetic', '--pair', 'BTC/USDT', '--json');

const asked = (data: string): readonly string[] => [
  ...['backtest', '--data', data, '--kind', 'dca', '--pair', 'BTC/USDT', '--funds', '20000 USDT', '--no-store'],
  ...['--tick', '0.01', '--lot', '0.00001', '--min-notional', '5'],
  ...Object.entries(dcaText).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
];

export async function commandRows(): Promise<readonly Row[]> {
  const csv = temporary('million.csv');
  writeCsv(csv);
  const imports: Ran[] = [];
  for (let round = 0; round < 3; round++) imports.push(await imported(temporary(`import-${round}`), csv));
  const data = temporary('import-0');
  await command(...asked(data));
  const runs: Ran[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await command(...asked(data)));
  return [...coldRows(runs), ...importRows(imports), bytesRow(data)];
}

function coldRows(runs: readonly Ran[]): readonly Row[] {
  const [wall, cpu, rss] = [runs.map((run) => run.wall), runs.map((run) => run.cpu), runs.map((run) => run.rss / mebibyte)].map(
    medianOf,
  );
  // The hash that the report itself prints, of its fills and sums.
  const hashes = runs.map(({ out }, round) => [`run ${round + 1}`, /^Hash (\w+)$/m.exec(out)?.[1] ?? 'none']);
  const isSame = agree('the command', Object.fromEntries(hashes));
  return [
    row('from column file to report, 1,000,000 candles', wall!, 's', '<= 0.5 s', isSame && wall! <= 0.5),
    row('  its CPU time, all threads', cpu!, 's'),
    row('  its memory', rss!, 'MiB', '<= 250 MiB', rss! <= 250),
  ];
}

function importRows(runs: readonly Ran[]): readonly Row[] {
  const [wall, cpu] = [medianOf(runs.map((run) => run.wall)), medianOf(runs.map((run) => run.cpu))];
  return [row('import of 1,000,000 rows of CSV', wall, 's', '<= 2 s', wall <= 2), row('  its CPU time, all threads', cpu, 's')];
}

function bytesRow(data: string): Row {
  const bytes = readFileSync(join(data, 'market/synthetic/BTC-USDT/1m.candles')).length;
  return row('  stored', bytes / million.rows, 'bytes/candle');
}
