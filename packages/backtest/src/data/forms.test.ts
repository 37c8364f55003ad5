/** Candles and trades of many sources: names of columns, contracts of several in one file, archives of all pairs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  candleHeader as header,
  candleRows as rowsOf,
  firstMinute as start,
  usualRows as usual,
} from '../testing/candle-rows.ts';
import { isOf, isOfOtherCoin } from './contracts.ts';
import { DataError } from './data-error.ts';
import { readFileName } from './file-name.ts';
import { readCandleFile, readDataFile } from './files.ts';
import { readTime } from './time.ts';
import { filesOf } from './zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-forms-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const options = { exchange: 'binance', pair: 'BTC/USDT' };

const cells = usual.map((row) => row.split(',') as [string, string, string, string, string, string]);
const rowsBy = (of: (cells: [string, string, string, string, string, string]) => string): string => cells.map(of).join('\n');
const dateOf = (time: string): string => new Date(Number(time)).toISOString();

const others: readonly [source: string, content: string][] = [
  [
    'CryptoDataDownload: its address first, the newest first, seconds among milliseconds',
    `https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n${cells
      .map(([t, o, h, l, c, v], at) => `${at === 0 ? Number(t) / 1000 : t},${dateOf(t)},BTCUSDT,${o},${h},${l},${c},${v},7,3`)
      .reverse()
      .join('\n')}`,
  ],
  [
    'OKX',
    `instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm\n${rowsBy(([t, o, h, l, c, v]) => `BTC-USDT,${o},${h},${l},${c},${v},7,7,${t},1`)}`,
  ],
  [
    'Bybit’s for MetaTrader, without a header and with points in its dates',
    rowsBy(([t, o, h, l, c, v]) => `${dateOf(t).slice(0, 16).replaceAll('-', '.').replace('T', ' ')},${o},${h},${l},${c},${v}`),
  ],
  ['Kraken', rowsBy(([t, o, h, l, c, v]) => `${Number(t) / 1000},${o},${h},${l},${c},${v},12`)],
  ['KuCoin', `time,open,close,high,low,volume,turnover\n${rowsBy(([t, o, h, l, c, v]) => `${t},${o},${c},${h},${l},${v},7`)}`],
  [
    'a table of pandas, with its index',
    `,Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume\n${rowsBy(([t, o, h, l, c, v]) => `0,${dateOf(t).replace('T', ' ').slice(0, 19)}+00:00,${o},${h},${l},${c},${v},0,7`)}`,
  ],
  [
    'Kaggle, tabs',
    `Timestamp\tOpen\tHigh\tLow\tClose\tVolume_(BTC)\tVolume_(Currency)\n${rowsBy(([t, o, h, l, c, v]) => `${Number(t) / 1000}.0\t${o}\t${h}\t${l}\t${c}\t${v}\t7`)}`,
  ],
  [
    'letters, semicolons, exponents, a byte order mark',
    `\uFEFFt;o;h;l;c;v\r\n${rowsBy(([t, o, h, l, c, v]) => `${t}000;${o};${h};${l};${c};${Number(v).toExponential()}`)}`,
  ],
  [
    'Gemini',
    `Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume\r\n${rowsBy(([t, o, h, l, c, v]) => `${t},x,BTCUSD,${o},${h},${l},${c},${v}`)}`,
  ],
  [
    'CoinAPI',
    `time_period_start;time_period_end;time_open;time_close;price_open;price_high;price_low;price_close;volume_traded;trades_count\n${rowsBy(([t, o, h, l, c, v]) => `${dateOf(t).slice(0, 19)}.0000000Z;x;x;x;${o};${h};${l};${c};${v};7`)}`,
  ],
  [
    'Polygon, nanoseconds',
    `ticker,volume,open,close,high,low,window_start,transactions\n${rowsBy(([t, o, h, l, c, v]) => `X:BTC-USD,${v},${o},${c},${h},${l},${t}000000,3`)}`,
  ],
  [
    'CoinMarketCap, whose timestamp is that of the close',
    `timeOpen;timeClose;name;open;high;low;close;volume;timestamp\n${rowsBy(([t, o, h, l, c, v]) => `"${dateOf(t)}";"x";"1";${o};${h};${l};${c};${v};"${dateOf(`${Number(t) + 59_999}`)}"`)}`,
  ],
  [
    'what the volume cost before the volume',
    `Unix,Open,High,Low,Close,Volume USDT,Volume BTC\n${rowsBy(([t, o, h, l, c, v]) => `${t},${o},${h},${l},${c},7,${v}`)}`,
  ],
  [
    'dates of UTC',
    `date,open,high,low,close,volume\n${rowsBy(([t, ...rest]) => `${dateOf(t).slice(0, 19).replaceAll('-', '/')} UTC,${rest}`)}`,
  ],
];

test('candles of other sources, whatever their columns are called and in which order they stand', async () => {
  for (const [source, content] of others)
    assert.deepEqual(rowsOf((await readCandleFile(file('a.csv', content), options)).series), usual, source);
});

test('of two volumes that of the base coin counts, also where that is a dollar', async () => {
  const volumeOf = async (pair: string, names: string): Promise<string | undefined> => {
    const content = `Unix,Open,High,Low,Close,${names}\n${start},1,1,1,1,5,7\n`;
    const { series } = await readCandleFile(file('a.csv', content), { ...options, pair });
    return rowsOf(series)[0]?.split(',')[5];
  };
  assert.equal(await volumeOf('BTC/EUR', 'Volume EUR,Volume BTC'), '7');
  assert.equal(await volumeOf('USDT/TRY', 'Volume USDT,Volume TRY'), '5');
  assert.equal(await volumeOf('USDC/USDT', 'Volume USDC,Volume USDT'), '5');
  assert.equal(await volumeOf('BTC/USDT', 'vol,count'), '5');
  // HTX counts money as vol and coins as amount, others the other way round.
  await assert.rejects(volumeOf('BTC/USDT', 'vol,amount'), /names no column for volume/);
});

test('rows of JSON, by place or by name, keep every digit', async () => {
  const json = async (content: unknown) =>
    rowsOf((await readCandleFile(file('a.json', JSON.stringify(content)), options)).series);
  assert.deepEqual(await json(cells), usual);
  const marked = file('a.json', `\uFEFF${JSON.stringify(cells)}`);
  assert.deepEqual(rowsOf((await readCandleFile(marked, options)).series), usual, 'a byte order mark');
  const named = cells.map(([start, open, high, low, close, volume]) => ({ start, low, high, open, close, volume }));
  assert.deepEqual(await json({ candles: named.toReversed() }), usual);
  const fine = [start, '0.123456789012345', '0.123456789012345', '0.123456789012345', '0.123456789012345', '1'];
  assert.deepEqual(await json([fine]), [fine.join(',')]);
  const wrong = (content: unknown, message: RegExp) => assert.rejects(json(content), message);
  await wrong([[start, 4, 4, 3, 4, null]], /a\.json, row 1: volume is "null"/);
  await wrong([[start, 4, 4, 3, '', 1]], /a\.json, row 1: close is ""/);
  await wrong([['soon', 4, 4, 3, 4, 1]], /a\.json, row 1: the time is "soon"/);
  await wrong([{ time: start, open: 4, high: 4, low: 3, close: 4 }], /a\.json has no column for volume; it has time, open/);
});

test('a time is known by its size', () => {
  const time = Date.UTC(2025, 0, 31, 17, 5, 9);
  for (const text of [`${time}`, `${time / 1000}`, `${time / 1000}.0`, `${time}000`, `${time}000000`, '20250131170509'])
    assert.equal(readTime(text), time, text);
  assert.equal(readTime('202501311705'), Date.UTC(2025, 0, 31, 17, 5));
  assert.equal(readTime('20250131'), Date.UTC(2025, 0, 31));
  for (const text of ['20250231', '20251301', '202501312505', '', '-1', '1e12']) assert.equal(readTime(text), Number.NaN, text);
});

test('what could be read in two ways is refused with a hint', async () => {
  const refused = (name: string, content: string, message: RegExp) =>
    assert.rejects(readCandleFile(file(name, content), options), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      return true;
    });
  const gate = rowsBy(([t, o, h, l, c, v]) => `${Number(t) / 1000},${v},${c},${h},${l},${o}`);
  await refused(
    'a.csv',
    gate,
    /row 1: .*; without a header its columns are taken for time, open, .*: put a line with their names/,
  );
  const dated = (date: string) => `date,open,high,low,close,volume\n${date},4,4,3,4,1\n`;
  for (const date of ['01/02/2021 00:00', '02.01.2021 00:00', '20210102 170000', '2021-01-02 05-PM', '1.609459e+09'])
    await refused('a.csv', dated(date), /row 2: the time is ".*", neither a number nor a date with the year first/);
  writeFileSync(join(folder, 'wide.csv'), Buffer.from(`\uFEFF${header}`, 'utf16le'));
  await assert.rejects(readCandleFile(join(folder, 'wide.csv'), options), /wide\.csv is text in UTF-16; save it in UTF-8/);
  await refused(
    'a.csv',
    'time;open;high;low;close;volume\n1600000000;4,5;4,5;4,5;4,5;1\n',
    /row 2: open is "4,5", .*; write a point before its decimals/,
  );
  await refused('a.csv', 'time,open,high,low,close,quote_volume\n', /names no column for volume/);
  // Its sixth number is no volume.
  await refused('a.json', '{"error":[],"result":{"XXBTZUSD":[[1600000000,"4","4","4","4","4","1",3]]}}', /is no list of candles/);
  const newest = `${header}${usual[2]}\n${usual[1]}\n`;
  await refused('a.csv', `${newest}${usual[2]}`, /row 4: .* comes after .* in a file that begins with the newest; sort/);
  const shifted = `${header}${start + 240_000},4,4,3,4,1\n${start + 150_000},4,4,3,4,1\n\n${start + 60_000},4,4,3,4,1\n${start},4,4,3,4,1\n`;
  await assert.rejects(readCandleFile(file('a.csv', shifted), { ...options, intervalMs: 60_000 }), /a\.csv, row 3: .*02:30/);
});

test('a file holds one contract, and its volume is counted in coins', async () => {
  const candles = 'instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm\n';
  const swap = rowsBy(([t, o, h, l, c, v]) => `BTC-USDT-SWAP,${o},${h},${l},${c},${Number(v) * 100},${v},7,${t},1`);
  assert.deepEqual(rowsOf((await readCandleFile(file('a.csv', `${candles}${swap}`), options)).series), usual);
  const spelled = `${header.replace('time_ms', 'time,symbol')}${rowsBy(([t, ...rest]) => `${t},${t === String(start) ? 'BTC/USDT' : 'btcusdt'},${rest}`)}`;
  assert.deepEqual(rowsOf((await readCandleFile(file('a.csv', spelled), options)).series), usual);
  await assert.rejects(
    readCandleFile(file('a.csv', `${spelled}\n${start + 300_000},ETHUSDT,4,4,3,4,1`), options),
    /a\.csv, row 5: it is of ETHUSDT, and those before are of btcusdt: bring a file of one contract/,
  );
  await assert.rejects(
    readCandleFile(file('a.csv', spelled), { ...options, pair: 'ETH/USDT' }),
    /a\.csv, row 2: it is of BTC\/USDT, not of ETH\/USDT: give its pair with --pair/,
  );
  const nearly = await readCandleFile(file('a.csv', spelled), { ...options, pair: 'BTC/FDUSD' });
  assert.equal(nearly.series.rows, 3, 'prices in one dollar may stand for those in another');
  const trades = `instrument_name,trade_id,side,price,size,created_time\nBTC-USDT-SWAP,7,buy,42000.1,3,${start}\n`;
  await assert.rejects(
    readDataFile(file('a.csv', trades), options),
    /a\.csv, row 2: sizes of BTC-USDT-SWAP are counts of contracts, not of coins: multiply/,
  );
  const twoTongues = `trade_id/\u00bd,side/\u00bb,size/\u00ca,price/\u00bc,created_time/\u00b3\n7,buy,0.5,42000.1,${start}\n`;
  const read = await readDataFile(file('a.csv', twoTongues), options);
  assert.ok('trades' in read && read.trades.rows === 1);
});

test('contracts are known by the names that exchanges give them', () => {
  const names = ['BTCUSDT', 'BTC-USDT-SWAP', 'BTC/USDT:USDT', 'XBTUSDTM', 'BTC_USDT', 'btcusdt', 'BTC', 'BTC-PERP', 'XBT'];
  for (const name of names) assert.ok(isOf(name, 'BTC/USDT'), name);
  assert.ok(isOf('PF_XBTUSD', 'BTC/USD'));
  for (const name of ['BTCUSD', 'ETHUSDT', 'WBTCUSDT', 'BTCUSDT_240329', '']) assert.ok(!isOf(name, 'BTC/USDT'), name);
  for (const name of ['ETHUSDT', 'WBTCUSDT', '1000BTCUSDT']) assert.ok(isOfOtherCoin(name, 'BTC/USDT'), name);
  for (const name of [...names, 'BTCUSD', 'spot', '']) assert.ok(!isOfOtherCoin(name, 'BTC/USDT'), name);
});

test('of an archive of all pairs and intervals the wanted file is read', () => {
  assert.deepEqual(readFileName('XBTUSD_60.csv'), { exchange: 'kraken', pair: 'BTC/USD', interval: '1h' });
  assert.deepEqual(readFileName('BTC-USDT-SWAP-candlesticks-2026-03.zip'), { exchange: 'okx-perpetual', pair: 'BTC/USDT' });
  assert.deepEqual(readFileName('BTC-USDT-trades-2026-03-01.zip'), { pair: 'BTC/USDT' });
  assert.deepEqual(readFileName('XDGEUR_1440.csv'), { exchange: 'kraken', pair: 'DOGE/EUR', interval: '1d' });
  const all = ['ETHUSD_1.csv', 'x/XBTUSD_1.csv', 'x/XBTUSD_60.csv'];
  const chosen = (pair: string, interval?: number) => filesOf(all, pair, interval, 'all.zip');
  assert.deepEqual(chosen('BTC/USD', 3_600_000), ['x/XBTUSD_60.csv']);
  assert.deepEqual(chosen('ETH/USD'), ['ETHUSD_1.csv']);
  assert.throws(() => chosen('BTC/USD'), /all\.zip has candles of 1m, 1h of BTC\/USD: give --interval for one of them/);
  assert.throws(() => chosen('BTC/USD', 300_000), /all\.zip has no candles of 5m of BTC\/USD; it has 1m, 1h/);
  assert.throws(() => chosen('SOL/USD', 60_000), /all\.zip has no SOL\/USD; it has ETH\/USD, BTC\/USD: give --pair/);
  // Where names do not differ, or say nothing, all are read, whatever the pair is called.
  const months = ['BTCUSDT-1m-2025-01.csv', 'BTCUSDT-1m-2025-02.csv', 'notes.csv'];
  assert.deepEqual(filesOf(months, 'BTC/FDUSD', 60_000, 'm.zip'), months);
});
