/** Candles in and out: every format, every kind of damage, and that no number changes on the way. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { float64, TimeUnit, tableFromArrays, tableToIPC, timestamp } from '@uwdata/flechette';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import {
  candleHeader as header,
  candleRows as rowsOf,
  firstMinute as start,
  usualRows as usual,
} from '../testing/candle-rows.ts';
import { checkSeries, readSeries, writeSeries } from './column-file.ts';
import { DataError } from './data-error.ts';
import { readFileName } from './file-name.ts';
import { readCandleFile } from './files.ts';
import { exportSeries, listSeries, seriesPath, storeSeries } from './library.ts';
import { lz4Frame } from './lz4.ts';
import { decimalOf, gapsOf, intervalMsOf, intervalName, rowAt, timeOf } from './series.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-data-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(name: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}-${name}`);
  writeFileSync(path, content);
  return path;
}
const options = { exchange: 'binance', pair: 'BTC/USDT' };

test('CSV with and without header, any order of columns, any unit of time', async () => {
  const plain = await readCandleFile(file('a.csv', `${header}${usual.join('\n')}\n`), options);
  assert.deepEqual(rowsOf(plain.series), usual);
  assert.equal(plain.series.intervalMs, 60_000);
  assert.deepEqual(gapsOf(plain.series), [{ from: start + 120_000, to: start + 180_000, candles: 2 }]);

  const archive = usual.map((row) => `${row},0,0,0,0,0,0`).join('\r\n');
  assert.deepEqual(rowsOf((await readCandleFile(file('b.csv', archive), options)).series), usual);
  const micro = archive.replaceAll(/^(\d{13})/gm, '$1000');
  assert.deepEqual(rowsOf((await readCandleFile(file('c.csv', micro), options)).series), usual);
  const seconds = archive.replaceAll(/^(\d{10})000/gm, '$1');
  assert.deepEqual(rowsOf((await readCandleFile(file('d.csv', seconds), options)).series), usual);

  const other = `Date;Symbol;Volume;Close;Low;High;Open\n${usual
    .map((row) => {
      const [time, o, h, l, c, v] = row.split(',');
      return [new Date(Number(time)).toISOString().replace('T', ' ').slice(0, 19), 'BTC', v, c, l, h, `"${o}"`].join(';');
    })
    .join('\n')}`;
  assert.deepEqual(rowsOf((await readCandleFile(file('e.csv', other), options)).series), usual);
});

test('gzip, zip, freqtrade’s JSON and Feather, Parquet give the same candles', async () => {
  const csv = `${header}${usual.join('\n')}\n`;
  const numbers = usual.map((row) => row.split(',').map(Number));
  const column = (at: number): number[] => numbers.map((row) => row[at]!);
  const read = async (path: string): Promise<string[]> => rowsOf((await readCandleFile(path, options)).series);
  assert.deepEqual(await read(file('a.csv.gz', gzipSync(csv))), usual);
  assert.deepEqual(await read(file('BTC_USDT-1m.json', JSON.stringify(numbers))), usual);
  assert.deepEqual(await read(file('BTC_USDT-1m.json.gz', gzipSync(JSON.stringify(numbers)))), usual);
  const arrow = tableFromArrays(
    { date: column(0), open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) },
    {
      types: {
        date: timestamp(TimeUnit.MILLISECOND, 'UTC'),
        open: float64(),
        high: float64(),
        low: float64(),
        close: float64(),
        volume: float64(),
      },
    },
  );
  assert.deepEqual(await read(file('BTC_USDT-1m.feather', tableToIPC(arrow, { format: 'file' })!)), usual);
  const parquet = parquetWriteBuffer({
    columnData: ['timestamp', 'open', 'high', 'low', 'close', 'volume'].map((name, at) => ({
      name,
      data: at === 0 ? column(0).map((time) => new Date(time)) : column(at),
      type: at === 0 ? ('TIMESTAMP' as const) : ('DOUBLE' as const),
    })),
  });
  assert.deepEqual(await read(file('a.parquet', new Uint8Array(parquet))), usual);
  const zip = zipOf('BTCUSDT-1m-2026-01.csv', usual.join('\n'));
  if (zip !== undefined) assert.deepEqual(await read(zip), usual);
});

/** Made by the python that is nearly everywhere; undefined where it is not. */
function zipOf(name: string, content: string): string | undefined {
  const csv = file(name, content);
  const path = `${csv}.zip`;
  try {
    execFileSync('python3', [
      '-c',
      `import zipfile; zipfile.ZipFile(${JSON.stringify(path)}, "w", zipfile.ZIP_DEFLATED).write(${JSON.stringify(csv)}, ${JSON.stringify(name)})`,
    ]);
    return path;
  } catch {
    return undefined;
  }
}

test('LZ4: a frame written by the reference program’s rules, overlaps included, and damage', () => {
  // Literals "abc", then 20 bytes copied from 3 back, then "xyz".
  const block = [0x3f, 0x61, 0x62, 0x63, 3, 0, 1, 0x30, 0x78, 0x79, 0x7a];
  const frame = Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, block.length, 0, 0, 0, ...block, 0, 0, 0, 0]);
  const plain = `${'abc'.repeat(7)}abxyz`;
  assert.equal(Buffer.from(lz4Frame(frame, 1000)).toString(), plain);
  assert.throws(() => lz4Frame(frame, 10), DataError);
  for (let cut = 0; cut < frame.length - 4; cut += 1)
    assert.throws(() => lz4Frame(frame.subarray(0, cut), 1000), DataError, String(cut));
});

const wrong: readonly (readonly [string, RegExp, string])[] = [
  [
    `${usual[0]}\n${usual[2]}\n${usual[1]}`,
    /row 4: 2026-01-01T00:01:00.000Z comes after 2026-01-01T00:04:00.000Z; sort/,
    'data-not-ascending',
  ],
  [`${usual[0]}\n${usual[0]!.replace('1.5', '1.6')}`, /row 3: .* stands twice with different numbers/, 'data-conflict'],
  [`${start},1,2,3,1,1`, /row 2: the high is below the low/, 'data-malformed'],
  [`${start},5,4,3,4,1`, /row 2: open or close lies outside high and low/, 'data-malformed'],
  [`${start},-1,4,3,4,1`, /row 2: open is "-1"/, 'data-malformed'],
  [`${start},NaN,4,3,4,1`, /row 2: open is "NaN"/, 'data-malformed'],
  [`${start},,4,3,4,1`, /row 2: open is ""/, 'data-malformed'],
  [`${start},4,4,3,4`, /row 2: it has 5 of the columns/, 'data-malformed'],
  [`${start},0,0,0,0,1`, /row 2: a price is not above 0/, 'data-malformed'],
  [`soon,4,4,3,4,1`, /row 2: the time is "soon"/, 'data-malformed'],
  [`${start},4,4,3,4,-0.5`, /row 2: volume is "-0.5"/, 'data-malformed'],
  [`${start},4,4,3,4,1\n${start + 60_000},4,4,3,4,1\n${start + 90_000},4,4,3,4,1`, /60000|30000/, ''],
  ['', /has no candles/, 'data-empty'],
];

test('what is wrong is named with file and row, and nothing is stored', async () => {
  for (const [content, message, code] of wrong.filter((row) => row[2] !== '')) {
    const path = file('wrong.csv', `${header}${content}`);
    await assert.rejects(readCandleFile(path, options), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      assert.equal(error.code, code);
      return true;
    });
  }
  const mixed = `${header}${start},4,4,3,4,1\n${start + 60_000},4,4,3,4,1\n${start + 150_000},4,4,3,4,1\n`;
  await assert.rejects(
    readCandleFile(file('mixed.csv', mixed), { ...options, intervalMs: 60_000 }),
    /mixed\.csv, row 4: 2026-01-01T00:02:30\.000Z comes 90000 ms after the candle before, no multiple of 60000 ms; the file mixes time frames or zones/,
  );
  const every = (count: number, ms: number, from = start): string =>
    Array.from({ length: count }, (_, at) => `${from + at * ms},4,4,3,4,1\n`).join('');
  await assert.rejects(
    readCandleFile(file('two.csv', `${header}${every(50, 60_000)}${every(40, 300_000, start + 3_000_000)}`), options),
    /two\.csv, row 53: from 2026-01-01T00:55:00\.000Z on candles come every 5m and not every 1m; bring each time frame by itself/,
  );
  await assert.rejects(
    readCandleFile(file('five.csv', header + every(11, 300_000)), { ...options, intervalMs: 60_000 }),
    /five\.csv, row 2: .* every 5m and not every 1m; .* with --interval 5m/,
  );
  // A thin market has holes of all lengths.
  const thin = Array.from({ length: 60 }, (_, at) => every(1, 1, start + (at + Math.floor(at / 29)) * 120_000)).join('');
  assert.equal((await readCandleFile(file('thin.csv', header + thin), { ...options, intervalMs: 60_000 })).series.rows, 60);
  // Blank rows and candles that stand twice still count as rows.
  const shifted = `${header}\n${usual[0]}\n${usual[0]}\n${usual[1]}\n\n${start + 100_000},41500,41600,41400,41599.99,12\n`;
  await assert.rejects(readCandleFile(file('zone.csv', shifted), { ...options, intervalMs: 60_000 }), /zone\.csv, row 7: /);
  await assert.rejects(
    readCandleFile(file('ahead.csv', `${header}${usual.join('\n')}`), { ...options, now: start + 90_000 }),
    /ahead\.csv, row 4: 2026-01-01T00:04:00\.000Z lies in the future; the times are of another zone or unit/,
  );
  await assert.rejects(readCandleFile(file('x.bin', Uint8Array.from([1, 2, 3])), options), /none of CSV/);
  await assert.rejects(readCandleFile(file('empty.csv', ''), options), /is empty/);
  await assert.rejects(readCandleFile(join(folder, 'nowhere.csv'), options), /cannot be read \(ENOENT\)/);
  await assert.rejects(
    readCandleFile(file('header.csv', 'time_ms,open,high\n1,2,3\n'), options),
    /names no column for low, close, volume/,
  );
  const long = Array.from({ length: 2000 }, (_, at) => `${start + at * 60_000},4,4.${at % 7},3,4,${at}`).join('\n');
  const gz = gzipSync(`${header}${long}`);
  await assert.rejects(
    readCandleFile(file('cut.csv.gz', gz.subarray(0, gz.length - 20)), options),
    /cut off after row \d+; fetch it again, nothing was kept/,
  );
  const wide = `${start},4,4,3,4,12.5,7,7\n`;
  await assert.rejects(
    readCandleFile(file('cut.csv', `${wide}${start + 60_000},4,4,3,4,1`), options),
    /cut\.csv, row 2: it ends after 6 of 8 columns; the file is cut off: fetch it again, nothing was kept/,
  );
  await assert.rejects(readCandleFile(file('line.csv', `${header}${'1'.repeat(9000)}`), options), /longer than 4096 bytes/);
});

test('volumes with more digits than can be kept lose the last ones, and the report says so', async () => {
  const rows = [
    `${start},1,1,1,1,0.12345678`,
    `${start + 60_000},1,1,1,1,123456789012.12345678`,
    `${start + 120_000},1,1,1,1,5.99999999`,
  ];
  const { series, report } = await readCandleFile(file('v.csv', `${header}${rows.join('\n')}`), options);
  assert.equal(report.volumesCutTo, 4);
  assert.deepEqual(
    rowsOf(series).map((row) => row.split(',')[5]),
    ['0.1234', '123456789012.123', '5.9999'],
  );
  const large = [
    `${start},1,1,1,1,7.5`,
    `${start + 60_000},1,1,1,1,1.2345678901234568E+17`,
    `${start + 120_000},1,1,1,1,${'9'.repeat(20)}.5`,
  ];
  const most = await readCandleFile(file('v.csv', `${header}${large.join('\n')}`), options);
  assert.equal(most.report.volumesCutTo, 0);
  assert.deepEqual(
    rowsOf(most.series).map((row) => row.split(',')[5]),
    ['7', '9007199254740991', '9007199254740991'],
  );
});

test('duplicates are counted and kept once', async () => {
  const { series, report } = await readCandleFile(file('twice.csv', `${header}${usual[0]}\n${usual[0]}\n${usual[1]}`), options);
  assert.deepEqual(rowsOf(series), usual.slice(0, 2));
  assert.equal(report.duplicates, 1);
});

test('files of 10 GB are streamed or refused by name, and never fill the memory', async () => {
  const ten = 10 * 1024 ** 3;
  const wanted = [
    ['zeros.csv', '', /zeros\.csv is none of CSV/],
    ['row.csv', `${header}${usual.join('\n')}\n`, /row\.csv, row 5: a line is longer than 4096 bytes/],
    [
      'list.json',
      '[[1,',
      /list\.json has 10737418240 bytes; this format is read as a whole, limit 268435456: split it, or bring CSV/,
    ],
    ['a.feather', 'ARROW1', /a\.feather has 10737418240 bytes/],
    ['a.parquet', 'PAR1', /a\.parquet has 10737418240 bytes/],
    ['a.zip', 'PK\u0003\u0004', /a\.zip cannot be unpacked/],
    ['a.csv.gz', '\u001f\u008b', /a\.csv\.gz cannot be read/],
  ] as const;
  const before = process.memoryUsage().rss;
  for (const [name, head, why] of wanted) {
    const path = file(name, Buffer.from(head, 'latin1'));
    truncateSync(path, ten); // all zeros, without a block on the disk
    await assert.rejects(readCandleFile(path, options), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, why);
      return true;
    });
    rmSync(path);
  }
  assert.ok(process.memoryUsage().rss - before < 200 * 1024 ** 2);
});

test('a process killed while it stores leaves the old series or the new one, and nothing beside it for long', async () => {
  const data = mkdtempSync(join(folder, 'killed-'));
  const lines = Array.from({ length: 120_000 }, (_, at) => `${start + at * 60_000},4,4.${at % 7},3,4,${at}`);
  const [short, long] = [lines.slice(0, 60_000), lines].map((part) => file('part.csv', `${header}${part.join('\n')}`)) as [
    string,
    string,
  ];
  const one = await readCandleFile(short, options);
  const path = storeSeries(data, one.series, one.report).path;
  const script = `
    const { readCandleFile, storeSeries } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
    const { series, report } = await readCandleFile(${JSON.stringify(long)}, { exchange: 'binance', pair: 'BTC/USDT' });
    process.stdout.write('ready');
    for (;;) storeSeries(${JSON.stringify(data)}, series, report, true);`;
  for (const ms of [1, 17, 60]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await new Promise((done) => setTimeout(done, ms));
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok([60_000, 120_000].includes(checkSeries(path).rows), `after ${ms} ms`);
    assert.equal(listSeries(data).length, 1);
  }
  storeSeries(data, one.series, one.report, true);
  assert.deepEqual(readdirSync(dirname(path)), ['1m.candles']);
});

const anySeries = fc
  .record({
    steps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 60 }),
    digits: fc.integer({ min: 0, max: 8 }),
    volumeDigits: fc.integer({ min: 0, max: 8 }),
    scale: fc.constantFrom(1, 1000, 1_000_000, 10_000_000_000),
    seed: fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ steps, digits, volumeDigits, scale, seed }) => {
    let time = start;
    return steps.map((step, at) => {
      time += at === 0 ? 0 : step * 60_000;
      const low = 1 + ((seed[0]! + at * 37) % 500) * scale;
      const [high, open, close] = [low + 700 * scale, low + (seed[1]! % 700) * scale, low + ((seed[2]! + at) % 700) * scale];
      const volume = (seed[3]! + at) * scale;
      return [time, ...[open, high, low, close].map((value) => decimalOf(value, digits)), decimalOf(volume, volumeDigits)].join(
        ',',
      );
    });
  });

test('every number survives CSV, column file, join and export', async () => {
  await fc.assert(
    fc.asyncProperty(anySeries, fc.nat(), async (rows, cut) => {
      const data = mkdtempSync(join(folder, 'library-'));
      const interval = { ...options, intervalMs: 60_000 };
      const at = cut % rows.length;
      const parts = [rows.slice(0, at + 1), rows.slice(at)].map((part) => file('part.csv', `${header}${part.join('\n')}\n`));
      for (const part of [parts[1]!, parts[0]!, parts[0]!]) {
        const { series, report } = await readCandleFile(part, interval);
        storeSeries(data, series, report);
      }
      const path = seriesPath(data, { exchange: 'binance', pair: 'BTC/USDT', intervalMs: 60_000 });
      assert.deepEqual(rowsOf(checkSeries(path)), rows);
      const csv = join(data, 'out.csv.gz');
      exportSeries(readSeries(path), csv);
      assert.equal(gunzipSync(readFileSync(csv)).toString(), `${header}${rows.join('\n')}\n`);
      rmSync(data, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

test('a candle that differs is refused unless it may replace, and nothing changes', async () => {
  const data = mkdtempSync(join(folder, 'conflict-'));
  const one = await readCandleFile(file('one.csv', `${header}${usual.slice(0, 2).join('\n')}`), options);
  storeSeries(data, one.series, one.report);
  const other = await readCandleFile(file('other.csv', `${header}${usual[1]!.replace('41500', '41501')}\n${usual[2]}`), {
    ...options,
    intervalMs: 60_000,
  });
  assert.throws(
    () => storeSeries(data, other.series, other.report),
    /at 2026-01-01T00:01:00.000Z has close 41500 in the library and 41501 in the new data; give --replace/,
  );
  assert.equal(listSeries(data)[0]!.rows, 2);
  const stored = storeSeries(data, other.series, other.report, true);
  assert.deepEqual([stored.rows, stored.added, stored.gaps, stored.missing], [3, 1, 1, 2]);
  assert.deepEqual(readdirSync(join(data, 'market', 'binance', 'BTC-USDT')), ['1m.candles']);
});

test('a damaged file is found, a cut one refused, a newer one left alone', async () => {
  const { series } = await readCandleFile(file('good.csv', `${header}${usual.join('\n')}`), options);
  const path = join(folder, 'series.candles');
  writeSeries(path, series);
  const good = readFileSync(path);
  const flipped = Buffer.from(good);
  flipped[flipped.length - 5]! ^= 1;
  writeFileSync(path, flipped);
  assert.throws(() => checkSeries(path), /is not what was written/);
  for (const length of [0, 5, 11, 40, good.length - 8]) {
    writeFileSync(path, good);
    truncateSync(path, length);
    assert.throws(() => readSeries(path), DataError, String(length));
  }
  writeFileSync(path, Buffer.from(good.toString('latin1').replace('{"v":1,', '{"v":9,'), 'latin1'));
  assert.throws(() => readSeries(path), /newer version/);
  assert.throws(() => readSeries(join(folder, 'none')), /there is no .*none; import or download it/);
  assert.throws(() => seriesPath(folder, { exchange: '../x', pair: 'A/B', intervalMs: 60_000 }), DataError);
  assert.throws(() => seriesPath(folder, { exchange: 'x', pair: '../B', intervalMs: 60_000 }), DataError);
});

test('times and rows find each other over gaps', async () => {
  const { series } = await readCandleFile(file('t.csv', `${header}${usual.join('\n')}`), options);
  for (let row = 0; row < series.rows; row += 1) {
    assert.equal(rowAt(series, timeOf(series, row)), row);
    assert.equal(rowAt(series, timeOf(series, row) + 1), row + 1);
  }
  assert.equal(rowAt(series, start + 130_000), 2);
  assert.equal(rowAt(series, 0), 0);
  for (const name of ['1s', '1m', '15m', '4h', '1d', '1w']) assert.equal(intervalName(intervalMsOf(name)), name);
  assert.deepEqual(readFileName('/x/BINANCE-BTC-USDT-1m.20250520.csv.gz'), {
    exchange: 'binance',
    pair: 'BTC/USDT',
    interval: '1m',
  });
  assert.deepEqual(readFileName('ETHUSDT-5m-2024-01.zip'), { exchange: 'binance', pair: 'ETH/USDT', interval: '5m' });
  assert.deepEqual(readFileName('SOL_USDT-1h.feather'), { pair: 'SOL/USDT', interval: '1h' });
  assert.deepEqual(readFileName('what.csv'), {});
});

const shared = process.env.HOLDFAST_CANDLES ?? join(import.meta.dirname, '../../../../../shared/data');
test('recorded candles come in whole', { skip: existsSync(shared) ? false : `no candles at ${shared}` }, async () => {
  const names = readdirSync(shared).filter((name) => /-\d+[mhd](\.\d+)?\.csv\.gz$/.test(name) && !name.includes('trades'));
  assert.ok(names.length > 20);
  for (const name of names) {
    const path = join(shared, name);
    const { exchange = 'x', pair = 'X/Y' } = readFileName(path);
    const { series, report } = await readCandleFile(path, { exchange, pair });
    const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1);
    assert.equal(series.rows, lines.length - report.duplicates, name);
    const at = series.rows - 1;
    const [time, , high] = lines.at(-1)!.split(',');
    assert.equal(timeOf(series, at), Number(time), name);
    assert.equal(
      decimalOf(series.high[at]!, series.priceDigits),
      Number(high).toString().includes('e') ? decimalOf(series.high[at]!, series.priceDigits) : String(Number(high)),
      name,
    );
    const out = join(folder, `${name}.candles`);
    writeSeries(out, series);
    assert.ok(statSync(out).size / series.rows < 48, `${name}: ${statSync(out).size / series.rows} bytes a candle`);
    rmSync(out);
  }
});
