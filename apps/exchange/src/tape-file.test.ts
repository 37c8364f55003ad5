import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { StartError } from './start-error.ts';
import { pairOfFile, readTape, readTime } from './tape-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-tape-'));
const good = '1747699200000,100,110,90,105,3\n1747699260000,105,106,104,104.5,2.5\n';
const header = 'time_ms,open,high,low,close,volume\n';

function fileOf(content: string | Buffer, name = 'BINANCE-BTC-USDT-1m.20250520.csv'): string {
  const file = join(mkdtempSync(join(directory, 'x')), name);
  writeFileSync(file, content);
  return file;
}

const refusal = async (file: string): Promise<string> => {
  try {
    await readTape(file, undefined);
  } catch (error) {
    assert.ok(error instanceof StartError);
    return error.message.replace(file, 'FILE');
  }
  return 'accepted';
};

test('reads plain and gzip files, with the pair from the name', async () => {
  const plain = await readTape(fileOf(header + good), undefined);
  assert.equal(plain.pair, 'BTC/USDT');
  assert.equal(plain.table.rows, 2);
  const packed = await readTape(fileOf(gzipSync(header + good), 'BINANCE-LTO-BTC-1m.20200208.csv.gz'), undefined);
  assert.equal(packed.pair, 'LTO/BTC');
});

test('reads a file without a header, and a pair that is given', async () => {
  const tape = await readTape(fileOf(good, 'mine.csv'), 'ETH/USDT');
  assert.equal(tape.pair, 'ETH/USDT');
});

const broken: readonly (readonly [name: string, rows: string, refusal: RegExp])[] = [
  ['an empty file', header, /holds no candles/],
  ['a missing column', `${header}1747699200000,100,110,90,105\n`, /FILE, row 2: 5 columns/],
  ['NaN', `${header}1747699200000,100,NaN,90,105,1\n`, /FILE, row 2: a price or the volume is no plain number/],
  ['a negative price', `${header}1747699200000,-100,110,90,105,1\n`, /row 2: a price or the volume is no plain number/],
  ['a price of 0', `${header}1747699200000,0,0,0,0,1\n`, /row 2: a price is not above 0/],
  ['a high below the low', `${header}1747699200000,100,90,110,100,1\n`, /row 2: the high is below the low/],
  ['a close above the high', `${header}1747699200000,100,110,90,111,1\n`, /row 2: open or close lies outside/],
  [
    'a time that comes again',
    `${header}${good}1747699260000,105,106,104,104.5,2.5\n`,
    /row 4: the time of the row before comes again/,
  ],
  ['unsorted rows', `${header}${good}1747699140000,105,106,104,104.5,2.5\n`, /row 4: the time is before/],
  ['a time that is no number', `${header}today,105,106,104,104.5,2.5\n`, /row 2: the time is no whole number/],
];
for (const [name, rows, expected] of broken) {
  test(`refuses ${name} and names file and row`, async () => assert.match(await refusal(fileOf(rows)), expected));
}

test('refuses a gzip that ends in the middle, naming the last good row', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `${1_747_699_200_000 + i * 60_000},${100 + (i % 7)},120,90,100.${i},${i}`);
  const packed = gzipSync(header + rows.join('\n'));
  const file = fileOf(packed.subarray(0, packed.length / 2), 'BINANCE-BTC-USDT-1m.20250520.csv.gz');
  assert.match(await refusal(file), /FILE, after row \d+: the gzip ends in the middle/);
});

test('refuses a file that is not there', async () => {
  assert.match(await refusal(join(directory, 'BINANCE-BTC-USDT-1m.1.csv')), /after row 0: there is no such file/);
});

test('asks for the pair when the name does not say it', async () => {
  assert.match(await refusal(fileOf(good, 'candles.csv')), /give --pair/);
  assert.equal(pairOfFile('/x/BINANCE-BTC-USDT-1m.20250520.csv.gz'), 'BTC/USDT');
});

test('reads dates and milliseconds', () => {
  assert.equal(readTime('2025-05-20', '--from'), 1_747_699_200_000);
  assert.equal(readTime('2025-05-20T01:00', '--from'), 1_747_702_800_000);
  assert.equal(readTime('1747699200000', '--from'), 1_747_699_200_000);
  assert.throws(() => readTime('soon', '--from'), StartError);
});

const recorded = new URL('../../../../shared/data/BINANCE-BTC-USDT-1m.20250520.csv.gz', import.meta.url);
test('reads the recorded months', { skip: existsSync(recorded) ? false : '../shared/data is not there' }, async () => {
  const tape = await readTape(recorded.pathname, undefined);
  assert.equal(tape.table.rows, 130_708);
  assert.ok(readFileSync(recorded).length > 0);
});
