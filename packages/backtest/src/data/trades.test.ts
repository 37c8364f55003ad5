/** Trades in and out: the forms of exchanges' archives, every kind of damage, and that no number changes on the way. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { DataError } from './data-error.ts';
import { readFileName } from './file-name.ts';
import { type ReadTrades, readCandleFile, readDataFile } from './files.ts';
import { decimalOf } from './series.ts';
import { holesOf, type Trades } from './trades.ts';
import { checkTrades, readTrades } from './trades-file.ts';
import { exportTrades, listTrades, storeTrades, tradesPath } from './trades-library.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-trades-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(name: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}-${name}`);
  writeFileSync(path, content);
  return path;
}
const options = { exchange: 'binance', pair: 'BTC/USDT' };
const start = Date.UTC(2025, 0, 1);

async function read(path: string): Promise<ReadTrades> {
  const found = await readDataFile(path, options);
  assert.ok('trades' in found, `${path} was read as candles`);
  return found;
}

const rowsOf = ({ rows, start: first, times, price, quantity, priceDigits, quantityDigits, ids, firstId }: Trades): string[] =>
  Array.from({ length: rows }, (_, at) =>
    [
      first + times[at]!,
      ids === null ? '' : firstId + ids[at]!,
      decimalOf(price[at]!, priceDigits),
      decimalOf(quantity[at]!, quantityDigits),
    ].join(','),
  );

const usual = [`${start},7,42000.1,0.5`, `${start},8,42000.01,1.25`, `${start + 1500},9,41999,0.00001`];
const cells = usual.map((row) => row.split(',') as [time: string, id: string, price: string, quantity: string]);
const lines = (of: (cells: [string, string, string, string]) => string): string => cells.map(of).join('\r\n');

const forms: readonly [what: string, content: string][] = [
  ['our own', `time_ms,id,price,quantity\n${usual.join('\n')}\n`],
  [
    'a header in another order',
    `time_ms,agg_id,price,amount,buyer_is_maker,first_id,last_id\n${lines(([t, id, p, q]) => `${t},${id},${p},${q},1,${id},${id}`)}`,
  ],
  [
    'aggregate trades of the spot archive, microseconds, empty lines behind',
    `${lines(([t, id, p, q]) => `${id},${p},${q},1,2,${t}000,True,True`)}\r\n\r\n  \r\n`,
  ],
  [
    'aggregate trades of the futures archive',
    `agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n${lines(([t, id, p, q]) => `${id},${p},${q},1,2,${t},true`)}`,
  ],
  ['the same without a header', lines(([t, id, p, q]) => `${id},${p},${q},1,2,${t},false`)],
  ['trades of the spot archive', lines(([t, id, p, q]) => `${id},${p},${q},1.5,${t},True,True`)],
  [
    'trades of the futures archive',
    `id,price,qty,quote_qty,time,is_buyer_maker\n${lines(([t, id, p, q]) => `${id},${p},${q},1.5,${t},true`)}`,
  ],
  ['the same without a header', lines(([t, id, p, q]) => `${id},${p},${q},1.5,${t},true`)],
];

test('every form of trades, plain and gzipped, gives the same', async () => {
  for (const [what, content] of forms) {
    assert.deepEqual(rowsOf((await read(file('a.csv', content))).trades), usual, what);
    assert.deepEqual(rowsOf((await read(file('a.csv.gz', gzipSync(content)))).trades), usual, what);
  }
  const bare = await read(file('XBTUSD.csv', '1735689600,42000.1,0.5\n1735689601,42000,1\n'));
  assert.deepEqual(rowsOf(bare.trades), [`${start},,42000.1,0.5`, `${start + 1000},,42000,1`]);
  assert.equal(bare.trades.ids, null);
  const bybit = await read(
    file('b.csv', 'timestamp,symbol,side,size,price,trdMatchID\n1735689600.0419,BTCUSDT,Buy,0.5,42000.1,a-1\n'),
  );
  assert.deepEqual(rowsOf(bybit.trades), [`${start + 41},,42000.1,0.5`]);
  const inverse = await read(
    file(
      'i.csv',
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional\n1735689600,BTCUSD,Buy,100,50000,PlusTick,a-1,2e5,0.002,100\n',
    ),
  );
  assert.deepEqual(rowsOf(inverse.trades), [`${start},,50000,0.002`]);
  const newest = await read(file('n.csv', `time_ms,id,price,quantity\n${[usual[2], usual[2], usual[0]].join('\n')}\n`));
  assert.deepEqual(rowsOf(newest.trades), [usual[0], usual[2]]);
  assert.deepEqual(newest.report.firstHoles, [{ row: 4, after: 7, missing: 1 }]);
  const unnumbered = await read(file('n.csv', 'timestamp,size,price\n1735689601,1,42\n1735689600,2,43\n1735689600,3,44\n'));
  assert.deepEqual(rowsOf(unnumbered.trades), [`${start},,44,3`, `${start},,43,2`, `${start + 1000},,42,1`]);
  const okx = await read(
    file('o.csv', `instrument_name,trade_id,side,price,size,created_time\nBTC-USDT,7,buy,42000.1,0.5,${start}\n`),
  );
  assert.deepEqual(rowsOf(okx.trades), [usual[0]]);
});

test('a name says whose trades they are, and candles stay candles', async () => {
  assert.deepEqual(readFileName('BINANCE-XRP-ETH-trades.20191011.csv.gz'), { exchange: 'binance', pair: 'XRP/ETH' });
  assert.deepEqual(readFileName('BTCUSDT-aggTrades-2025-01-02.zip'), { exchange: 'binance', pair: 'BTC/USDT' });
  assert.deepEqual(readFileName('ETHUSDT-trades-2025-01.zip'), { exchange: 'binance', pair: 'ETH/USDT' });
  assert.ok('series' in (await readDataFile(file('a.csv', `${start},4,4,3,4,1\n${start + 60_000},4,4,3,4,1\n`), options)));
  await assert.rejects(readCandleFile(file('a.csv', forms[0]![1]), options), /holds trades, not candles/);
});

const wrong: readonly [rows: string, message: RegExp, code: DataError['code']][] = [
  [`${start},6,1,1\n${start},7,1,1\n${start},5,1,1`, /row 4: trade 5 comes after 7; sort the file by id/, 'data-not-ascending'],
  [
    `${start},7,1,1\n${start},5,1,1\n${start},6,1,1`,
    /row 4: trade 6 comes after 5 in a file that begins with the newest; sort the file by id/,
    'data-not-ascending',
  ],
  [
    `${start + 5},7,1,1\n${start},5,1,1\n${start + 1},4,1,1`,
    /row 4: .* comes after .* in a file that begins with the newest; sort the file by time/,
    'data-not-ascending',
  ],
  [
    `${start},7,1,1\n${start},8,1,1\n${start - 1},9,1,1`,
    /row 4: 2024-12-31T23:59:59\.999Z comes after 2025.*; sort the file by time/,
    'data-not-ascending',
  ],
  [`${start},7,1,1\n${start},7,1,2`, /row 3: trade 7 stands twice with different numbers/, 'data-conflict'],
  [`${start},7,1,-1`, /row 2: quantity is "-1", which is no positive number/, 'data-malformed'],
  [`${start},7,1,0`, /row 2: the quantity is not above 0/, 'data-malformed'],
  [`${start},7,0,1`, /row 2: the price is not above 0/, 'data-malformed'],
  [`${start},7,NaN,1`, /row 2: price is "NaN"/, 'data-malformed'],
  [`${start},7.5,1,1`, /row 2: the id is no whole number/, 'data-malformed'],
  [`${start},7,1`, /row 2: it has 3 of the columns time, price, quantity, id/, 'data-malformed'],
  [`soon,7,1,1`, /row 2: the time is "soon", neither a number nor a date/, 'data-malformed'],
  ['', /has no trades/, 'data-empty'],
];

test('what is wrong is named with file and row', async () => {
  for (const [rows, message, code] of wrong)
    await assert.rejects(readDataFile(file('wrong.csv', `time_ms,id,price,quantity\n${rows}\n`), options), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /wrong\.csv/);
      assert.equal(error.code, code);
      return true;
    });
  await assert.rejects(readDataFile(file('h.csv', 'time_ms,price\n1,2\n'), options), /names no column for quantity/);
  const ahead = { ...options, now: start };
  await assert.rejects(readDataFile(file('a.csv', forms[0]![1]), ahead), /row 2: .* lies in the future/);
  const long = gzipSync(Array.from({ length: 3000 }, (_, at) => `${at},4.${at % 7},1,1,1,${start + at},true,true`).join('\n'));
  await assert.rejects(readDataFile(file('cut.csv.gz', long.subarray(0, long.length - 20)), options), /cut off after row \d+/);
});

test('duplicates are kept once, missing ids are counted and named with their rows', async () => {
  const { trades, report } = await read(
    file('a.csv', `time_ms,id,price,quantity\n${[usual[0], usual[0], usual[2]].join('\n')}\n`),
  );
  assert.deepEqual(rowsOf(trades), [usual[0], usual[2]]);
  assert.deepEqual(report, {
    duplicates: 1,
    holes: 1,
    missing: 1,
    firstHoles: [{ row: 4, after: 7, missing: 1 }],
    quantitiesCutTo: null,
  });
  assert.deepEqual(holesOf(trades), [{ row: 1, time: start + 1500, after: 7, missing: 1 }]);
});

const anyTrades = fc
  .array(
    fc.tuple(
      fc.nat(3000),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9_999_999 }),
      fc.integer({ min: 1, max: 1e12 }),
    ),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((all) => {
    let [time, id] = [start, 90];
    return all.map(([wait, step, price, quantity]) => {
      time += wait;
      id += step;
      return `${time},${id},${decimalOf(price, 4)},${decimalOf(quantity, 8)}`;
    });
  });

test('every number survives CSV, column file, join and export', async () => {
  await fc.assert(
    fc.asyncProperty(anyTrades, fc.nat(), async (rows, cut) => {
      const data = mkdtempSync(join(folder, 'library-'));
      const at = cut % rows.length;
      const parts = [rows.slice(0, at + 1), rows.slice(at)].map((part) =>
        file('part.csv', `time_ms,id,price,quantity\n${part.join('\n')}\n`),
      );
      for (const part of [parts[1]!, parts[0]!, parts[0]!]) {
        const { trades, report } = await read(part);
        storeTrades(data, trades, report);
      }
      const path = tradesPath(data, options);
      assert.deepEqual(rowsOf(checkTrades(path)), rows);
      const csv = join(data, 'out.csv.gz');
      exportTrades(readTrades(path), csv);
      assert.equal(gunzipSync(readFileSync(csv)).toString(), `time_ms,id,price,quantity\n${rows.join('\n')}\n`);
      rmSync(data, { recursive: true });
    }),
    { numRuns: 40 },
  );
});

test('a trade that differs is refused unless it may replace, and damage is found', async () => {
  const data = mkdtempSync(join(folder, 'conflict-'));
  const store = async (rows: readonly string[], replace = false) => {
    const { trades, report } = await read(file('a.csv', `time_ms,id,price,quantity\n${rows.join('\n')}\n`));
    return storeTrades(data, trades, report, replace);
  };
  await store(usual);
  const other = `${start},8,42000.02,1.25`;
  await assert.rejects(
    store([other]),
    (error) => error instanceof DataError && error.code === 'data-conflict' && /--replace/.test(error.message),
  );
  const path = tradesPath(data, options);
  assert.deepEqual(rowsOf(readTrades(path)), usual);
  assert.equal((await store([other], true)).added, 0);
  assert.deepEqual(rowsOf(readTrades(path)), [usual[0], other, usual[2]]);
  const bare = await read(file('b.csv', '1735689600,42000.1,0.5\n'));
  assert.throws(() => storeTrades(data, bare.trades, bare.report), /have ids and the new ones have none/);
  assert.deepEqual(
    listTrades(data).map(({ pair, rows, holes, missing }) => [pair, rows, holes, missing]),
    [['BTC/USDT', 3, 0, 0]],
  );
  const bytes = readFileSync(path);
  bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1;
  writeFileSync(path, bytes);
  assert.throws(() => checkTrades(path), { code: 'data-corrupt' });
  truncateSync(path, 100);
  assert.throws(() => readTrades(path), { code: 'data-corrupt' });
});

const shared = process.env.HOLDFAST_CANDLES ?? join(import.meta.dirname, '../../../../../shared/data');
const recorded = join(shared, 'BINANCE-XRP-ETH-trades.20191011.csv.gz');
test('recorded trades come in whole, 16 bytes each', {
  skip: existsSync(recorded) ? false : `no trades at ${recorded}`,
}, async () => {
  const { trades, report } = await read(recorded);
  const rows = gunzipSync(readFileSync(recorded)).toString().trim().split('\n').slice(1);
  assert.deepEqual([trades.rows, report.duplicates, report.holes], [rows.length, 0, 0]);
  assert.deepEqual(
    rowsOf(trades).map((row) => row.split(',').map(Number)),
    rows.map((row) => row.split(',').slice(0, 4).map(Number)),
  );
  const data = mkdtempSync(join(folder, 'recorded-'));
  const { bytes } = storeTrades(data, trades, report);
  assert.ok(bytes / trades.rows < 16.1, `${bytes / trades.rows} bytes a trade`);
});
