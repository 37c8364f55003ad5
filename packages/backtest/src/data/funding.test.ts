/** Funding rates in and out: the forms of exchanges and of freqtrade, every kind of damage, and that no rate changes on the way. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { formatAmount } from '@holdfast/domain';
import { float64, TimeUnit, tableFromArrays, tableToIPC, timestamp } from '@uwdata/flechette';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { findFunding } from '../report/find-series.ts';
import { DataError } from './data-error.ts';
import { readFileName } from './file-name.ts';
import { type ReadFunding, type ReadOptions, readDataFile } from './files.ts';
import { type FundingRates, fundingHoles } from './funding.ts';
import { FundingBuilder } from './funding-builder.ts';
import { checkFunding, readFunding } from './funding-file.ts';
import { exportFunding, fundingPath, listFunding, storeFunding } from './funding-library.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-funding-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const options = { exchange: 'binance', pair: 'BTC/USDT' };
const start = Date.UTC(2025, 0, 1);
const hour = 3_600_000;

const rowsOf = ({ rows, times, rates }: FundingRates): string[] =>
  Array.from({ length: rows }, (_, at) => `${times[at]},${formatAmount(rates[at]!)}`);

function built(rows: readonly (readonly [time: number, rate: string])[]) {
  const builder = new FundingBuilder(options.exchange, options.pair, 'x.csv');
  for (const [at, [time, rate]] of rows.entries()) builder.add({ time, rate }, at + 1);
  return builder.finish();
}

test('rates are stored, joined by the minute that they are due in, and found with their hash', () => {
  const data = mkdtempSync(join(folder, 'library-'));
  assert.equal(findFunding(data, options.pair, options.exchange), null);
  const first = built([
    [start + 4, '0.0001'],
    [start + 8 * hour, '-0.00025'],
  ]);
  storeFunding(data, first.funding, first.report);
  const second = built([
    [start + 8 * hour + 7, '-2.5E-4'],
    [start + 16 * hour, '0.01%'],
  ]);
  const stored = storeFunding(data, second.funding, second.report);
  assert.deepEqual(
    [stored.rows, stored.added, stored.everyMs, stored.meanRate, stored.holes],
    [3, 1, 8 * hour, '-0.000016666666666666', 0],
  );
  const found = findFunding(data, options.pair, options.exchange);
  assert.deepEqual(rowsOf(found!.funding), [
    `${start + 4},0.0001`,
    `${start + 8 * hour},-0.00025`,
    `${start + 16 * hour},0.0001`,
  ]);
  assert.match(found!.sha256, /^[0-9a-f]{64}$/);
  assert.equal(findFunding(data, options.pair, 'binanceusdm')?.sha256, found!.sha256, 'another name of the same exchange');
  assert.equal(findFunding(data, options.pair, 'binance-perpetual')?.sha256, found!.sha256);
  assert.equal(findFunding(data, options.pair, 'bybit'), null);
  storeFunding(data, { ...first.funding, exchange: 'bybit-perpetual' }, first.report);
  assert.equal(findFunding(data, options.pair, 'bybit')?.funding.exchange, 'bybit-perpetual');
  const other = built([[start + 16 * hour, '0.0002']]);
  assert.throws(
    () => storeFunding(data, other.funding, other.report),
    /BTC\/USDT at 2025-01-01T16:00:00\.000Z is 0\.0001 in the library and 0\.0002 in the new data; give --replace/,
  );
  assert.equal(storeFunding(data, other.funding, other.report, true).added, 0);
  const path = fundingPath(data, options);
  assert.equal(formatAmount(readFunding(path).rates[2]!), '0.0002');
  assert.deepEqual(
    listFunding(data).map(({ pair, rows, bytes }) => [pair, rows, bytes < 400]),
    [
      ['BTC/USDT', 3, true],
      ['BTC/USDT', 2, true],
    ],
  );
  const bytes = readFileSync(path);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(path, bytes);
  assert.throws(() => checkFunding(path), { code: 'data-corrupt' });
  assert.ok(existsSync(path));
});

test('a hole is where another payment would fit, by the distances around it', () => {
  const at = (...hours: number[]) => built(hours.map((it) => [start + it * hour + (it % 3), '0.0001'])).funding;
  assert.deepEqual(fundingHoles(at(0, 8, 16, 24)), []);
  assert.deepEqual(fundingHoles(at(0, 8, 24, 32, 40)), [
    { row: 2, time: start + 24 * hour, after: start + 8 * hour + 2, missing: 1 },
  ]);
  // From 4 h to 8 h, and from 8 h to 1 h and back, is no hole.
  assert.deepEqual(fundingHoles(at(0, 4, 8, 12, 16, 20, 28, 36, 44, 52)), []);
  assert.deepEqual(fundingHoles(at(0, 8, 16, 24, 32, 33, 34, 35, 36, 37, 38, 46, 54, 62)), []);
  assert.deepEqual(fundingHoles(at(5)), []);
});

let files = 0;
function file(name: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}-${name}`);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, more: Partial<ReadOptions> = {}): Promise<ReadFunding> {
  const found = await readDataFile(path, { ...options, ...more });
  assert.ok('funding' in found, `${path} was read as ${Object.keys(found)}`);
  return found;
}

const usual = [`${start},0.0001`, `${start + 8 * hour},-0.00002345`, `${start + 16 * hour},0.0000000001`];
const cells = usual.map((row) => row.split(',') as [time: string, rate: string]);
const lines = (of: (cells: [string, string]) => string): string => cells.map(of).join('\r\n');
const objects = (of: (cells: [string, string]) => object): object[] => cells.map(of);
const iso = (time: string): string => new Date(Number(time)).toISOString();

const said: readonly [what: string, content: string][] = [
  ['our own', `time_ms,rate\n${usual.join('\n')}\n`],
  [
    'Binance’s archive',
    `calc_time,funding_interval_hours,last_funding_rate\n${lines(([t, r]) => `${t},8,${Number(r).toFixed(10)}`)}\n`,
  ],
  [
    'OKX’s archive of all contracts, with a byte order mark',
    `\uFEFFinstrument_name,funding_rate,funding_time\n${lines(([t, r]) => `BTC-USDT-SWAP,${r},${t}\nETH-USDT-SWAP,0.0009,${t}\nBTC-USD-SWAP,0.0008,${t}`)}`,
  ],
  [
    'a table of percent, dates and semicolons, the newest first',
    `Date;Symbol;"Funding Rate"\n${cells
      .toReversed()
      .map(([t, r]) => `${iso(t)};BTCUSDT;"${(Number(r) * 100).toFixed(8)}%"`)
      .join('\n')}`,
  ],
  ['percent by the name of the column', `time,Funding Rate (%)\n${lines(([t, r]) => `${t},${(Number(r) * 100).toFixed(8)}`)}`],
  ['dates of another zone', `time,rate\n${lines(([t, r]) => `${iso(String(Number(t) + 2 * hour)).slice(0, -1)}+02:00,${r}`)}`],
];
const asked: readonly [what: string, content: unknown][] = [
  [
    'Binance’s answer',
    objects(([t, r]) => ({ symbol: 'BTCUSDT', fundingTime: Number(t), fundingRate: r, markPrice: '42000.1' })),
  ],
  [
    'Bybit’s answer',
    {
      retCode: 0,
      result: {
        category: 'linear',
        list: objects(([t, r]) => ({ symbol: 'BTCUSDT', fundingRate: r, fundingRateTimestamp: t })).toReversed(),
      },
    },
  ],
  [
    'OKX’s answer',
    {
      code: '0',
      data: objects(([t, r]) => ({ instId: 'BTC-USDT-SWAP', fundingRate: '0.05', realizedRate: r, fundingTime: t })).toReversed(),
    },
  ],
  ['Kraken’s answer', { rates: objects(([t, r]) => ({ timestamp: iso(t), fundingRate: 4.2, relativeFundingRate: Number(r) })) }],
  ['KuCoin’s answer', { data: objects(([t, r]) => ({ symbol: 'XBTUSDTM', timepoint: Number(t), fundingRate: Number(r) })) }],
  ['a list of ccxt', objects(([t, r]) => ({ info: {}, symbol: 'BTC/USDT:USDT', timestamp: Number(t), fundingRate: Number(r) }))],
];

test('rates come in by what the data says, plain and gzipped', async () => {
  for (const [what, content] of said) {
    assert.deepEqual(rowsOf((await read(file('a.csv', content))).funding), usual, what);
    assert.deepEqual(rowsOf((await read(file('a.csv.gz', gzipSync(content)))).funding), usual, what);
  }
  for (const [what, content] of asked) {
    assert.deepEqual(rowsOf((await read(file('a.json', JSON.stringify(content)))).funding), usual, what);
    assert.deepEqual(rowsOf((await read(file('a.json.gz', gzipSync(JSON.stringify(content))))).funding), usual, what);
  }
  const { report } = await read(file('all.csv', said[2]![1]));
  assert.deepEqual(report, { duplicates: 0, ofOthers: 6, cut: 0, looksLikePercent: false });
  const bare = { isFunding: true };
  assert.deepEqual(rowsOf((await read(file('a.csv', usual.join('\n')), bare)).funding), usual);
  assert.deepEqual(
    rowsOf(
      (
        await read(
          file(
            'a.csv',
            lines(([t, r]) => `${t},8,${r}`),
          ),
          bare,
        )
      ).funding,
    ),
    usual,
  );
});

test('what freqtrade keeps comes in from JSON, Feather and Parquet', async () => {
  const isFunding = readFileName('/x/BTC_USDT_USDT-8h-funding_rate.feather').isFunding === true;
  const candles = cells.map(([t, r]) => [Number(t), Number(r), 0, 0, 0, 0]);
  assert.deepEqual(rowsOf((await read(file('a.json', JSON.stringify(candles)), { isFunding })).funding), usual);
  const feather = (column: string): Uint8Array =>
    tableToIPC(
      tableFromArrays(
        { date: cells.map(([t]) => Number(t)), [column]: cells.map(([, r]) => Number(r)) },
        { types: { date: timestamp(TimeUnit.MILLISECOND, 'UTC'), [column]: float64() } },
      ),
      { format: 'file' },
    )!;
  assert.deepEqual(rowsOf((await read(file('a.feather', feather('open')), { isFunding })).funding), usual);
  assert.deepEqual(rowsOf((await read(file('a.feather', feather('funding_rate')))).funding), usual);
  await assert.rejects(read(file('a.feather', feather('close')), { isFunding }), /no column funding_rate or open/);
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 'timestamp', data: cells.map(([t]) => new Date(Number(t))), type: 'TIMESTAMP' },
      { name: 'funding_rate', data: cells.map(([, r]) => Number(r)), type: 'DOUBLE' },
    ],
  });
  assert.deepEqual(rowsOf((await read(file('a.parquet', new Uint8Array(parquet)))).funding), usual);
});

test('a name says that a file holds funding', () => {
  const named = { isFunding: true, pair: 'BTC/USDT' };
  assert.deepEqual(readFileName('BTCUSDT-fundingRate-2024-01.zip'), { ...named, exchange: 'binance' });
  assert.deepEqual(readFileName('BTCUSD_PERP-fundingRate-2024-01.zip'), { ...named, exchange: 'binance', pair: 'BTC/USD' });
  assert.deepEqual(readFileName('BTC-USDT-SWAP-fundingrates-2025-09.zip'), { ...named, exchange: 'okx-perpetual' });
  assert.deepEqual(readFileName('BYBIT-BTC-USDT-funding.csv.gz'), { ...named, exchange: 'bybit' });
  assert.deepEqual(readFileName('BTC_USDT_USDT-1h-funding_rate.json'), named);
  assert.deepEqual(readFileName('BTC_USDT_USDT-5m-futures.feather'), { pair: 'BTC/USDT', interval: '5m' });
});

const wrong: readonly [rows: string, message: RegExp, code: DataError['code']][] = [
  [
    `${start},0.01\n${start + hour},0.01\n${start + 60_000},0.01\n${start + 2 * hour},0.01`,
    /row 4: 2025-01-01T00:01:00\.000Z comes after 2025-01-01T01:00:00\.000Z; sort the file by time/,
    'data-not-ascending',
  ],
  [
    `${start},0.01\n${start + 7},0.02`,
    /row 3: .* has the rate 0\.02, and row 2 has 0\.01 for the same minute; remove the wrong one/,
    'data-conflict',
  ],
  [`${start};0,0001`, /row 2: the rate is "0,0001", .*; write a point before its decimals/, 'data-malformed'],
  [`${start},NaN`, /row 2: the rate is "NaN", which is no number such as 0\.0001/, 'data-malformed'],
  [`${start},`, /row 2: the rate is ""/, 'data-malformed'],
  [`${start}`, /row 2: it has 1 of the columns time, rate/, 'data-malformed'],
  [`${start},0.1001`, /row 2: the rate is 0\.1001, more than 10 % .* divide percent by 100/, 'data-malformed'],
  [`${start},0.1\n${start + hour},-0.2`, /row 3: the rate is -0\.2, more than 10 %/, 'data-malformed'],
  [`soon,0.01`, /row 2: the time is "soon", neither a number nor a date/, 'data-malformed'],
  ['', /has no rates of funding/, 'data-empty'],
];

test('what is wrong is named with file and row, and nothing is stored', async () => {
  const refuses = (path: string, message: RegExp, code: DataError['code'], more: Partial<ReadOptions> = {}) =>
    assert.rejects(read(path, more), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /^\d+-wrong\./);
      assert.equal(error.code, code);
      return true;
    });
  for (const [rows, message, code] of wrong)
    await refuses(file('wrong.csv', `time_ms${rows.includes(';') ? ';' : ','}rate\n${rows}\n`), message, code);
  await refuses(file('wrong.csv', said[0]![1]), /row 2: .* lies in the future/, 'data-malformed', { now: start });
  const others = { pair: 'SOL/USDT' };
  await refuses(
    file('wrong.csv', said[2]![1]),
    /no rates of funding of SOL\/USDT; it has those of BTC-USDT-SWAP, ETH-USDT-SWAP, BTC-USD-SWAP: give --pair/,
    'data-empty',
    others,
  );
  await refuses(file('wrong.csv', 'time_ms,open\n1,2\n'), /names no column for rate/, 'data-malformed', { isFunding: true });
  const long = gzipSync(Array.from({ length: 3000 }, (_, at) => `${start + at * hour},8,0.000${at}`).join('\n'));
  await refuses(file('wrong.csv.gz', long.subarray(0, long.length - 20)), /cut off after row \d+/, 'data-unreadable', {
    isFunding: true,
  });
  const json = (rows: unknown) => file('wrong.json', JSON.stringify(rows));
  await refuses(json([{ fundingTime: start, fundingRate: null }]), /row 1: it has no rate: /, 'data-malformed');
  await refuses(json([{ fundingRate: '0.1' }]), /row 1: it has no time: /, 'data-malformed');
  const outlook = { symbol: 'BTCUSDT', lastFundingRate: '0.0001', nextFundingTime: start + hour, time: start };
  await refuses(json([outlook]), /row 1: it tells what will be paid next/, 'data-malformed');
  await refuses(json([[start, 0.01], 7]), /row 2: it is neither a list of time and rate nor an object/, 'data-malformed', {
    isFunding: true,
  });
  let deep: unknown = [{ fundingRate: '0.1', fundingTime: start }];
  for (let at = 0; at < 5000; at += 1) deep = { data: deep };
  await refuses(json(deep), /is no list of candles/, 'data-malformed');
  await refuses(json({ data: 7 }), /is no list of candles, .* nor an exchange's answer about funding/, 'data-malformed');
});

test('rates that are percent by their size, and decimals after the 18th, are said', async () => {
  const percent = await read(file('a.csv', `time_ms,rate\n${start},0.01\n${start + hour},0.01\n${start + 2 * hour},0.0001\n`));
  assert.equal(percent.report.looksLikePercent, true);
  const long = await read(file('a.csv', `time_ms,rate\n${start},-1.23456789E-12\n${start + hour},0.0000746604960499112233\n`));
  assert.deepEqual(rowsOf(long.funding), [`${start},-0.000000000001234567`, `${start + hour},0.000074660496049911`]);
  assert.equal(long.report.cut, 2);
});

const anyRates = fc
  .array(fc.tuple(fc.integer({ min: 60_000, max: 30 * hour }), fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((all) => {
    let time = start;
    return all.map(([wait, rate]) => {
      time += wait;
      return `${time},${formatAmount(rate)}`;
    });
  });

test('import, join, export and import again change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyRates, fc.nat(), async (rows, cut) => {
      const data = mkdtempSync(join(folder, 'library-'));
      const at = cut % rows.length;
      for (const part of [rows.slice(at), rows.slice(0, at + 1), rows]) {
        const { funding, report } = await read(file('part.csv', `time_ms,rate\n${part.join('\n')}\n`));
        storeFunding(data, funding, report);
      }
      const path = fundingPath(data, options);
      assert.deepEqual(rowsOf(checkFunding(path)), rows);
      const csv = join(data, 'out.csv.gz');
      exportFunding(readFunding(path), csv);
      assert.equal(gunzipSync(readFileSync(csv)).toString(), `time_ms,rate\n${rows.join('\n')}\n`);
      const again = await read(csv);
      const other = join(data, 'other');
      assert.deepEqual(
        readFileSync(storeFunding(other, again.funding, again.report).path),
        readFileSync(path),
        'the same bytes on disk',
      );
      rmSync(data, { recursive: true });
    }),
    { numRuns: 40 },
  );
});
