/** A download over a line that is slow and breaks: an exchange of this file speaks Binance's API, as far as candles go. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gapsOf, readSeries } from '@holdfast/backtest/data';
import { download } from './download.ts';
import { CliError } from './exit.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-download-'));
after(() => rmSync(data, { recursive: true, force: true }));

const minute = 60_000;
const from = Date.UTC(2026, 0, 1);
const rows = 3500;

/** Answers by the number of the request for candles, from 1; undefined: as it should. */
type Trouble = (asked: number) => { readonly status: number; readonly body: string } | undefined;

const market = {
  symbol: 'BTCUSDT',
  status: 'TRADING',
  baseAsset: 'BTC',
  baseAssetPrecision: 8,
  quoteAsset: 'USDT',
  quotePrecision: 8,
  isSpotTradingAllowed: true,
  permissions: ['SPOT'],
  filters: [],
};

const perpetual = { ...market, pair: 'BTCUSDT', contractType: 'PERPETUAL', marginAsset: 'USDT' };

async function exchange(trouble: Trouble) {
  const asked: number[] = [];
  const paths = new Set<string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const answer = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    if (url.pathname.startsWith('/dapi')) return answer(200, '{"symbols":[]}');
    if (url.pathname.endsWith('/exchangeInfo'))
      return answer(200, JSON.stringify({ symbols: [url.pathname.startsWith('/fapi') ? perpetual : market] }));
    if (!url.pathname.endsWith('/klines')) return answer(404, '{}');
    paths.add(url.pathname);
    const since = Number(url.searchParams.get('startTime'));
    asked.push(since);
    const bad = trouble(asked.length);
    if (bad !== undefined) return answer(bad.status, bad.body);
    const first = Math.ceil((since - from) / minute);
    const page = Array.from({ length: Math.max(0, Math.min(1000, rows - first)) }, (_, at) => {
      const time = from + (first + at) * minute;
      return [time, '42000.10', '42001.00', '41999.00', '42000.00', '1.50000', time + minute - 1, '0', 1, '0', '0', '0'];
    });
    answer(200, JSON.stringify(page));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { asked, paths, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const wanted = { data, exchange: 'binance', pair: 'BTC/USDT', intervalMs: minute, from, to: from + rows * minute };

test('a download waits when it is told to, keeps what came when the line breaks, and goes on there', {
  timeout: 240_000,
}, async () => {
  const broken = await exchange((asked) => {
    if (asked === 2) return { status: 429, body: '{"code":-1003,"msg":"Too many requests"}' };
    return asked > 3 ? { status: 400, body: '{"code":-1000,"msg":"An unknown error"}' } : undefined;
  });
  const shares: number[] = [];
  await assert.rejects(
    download({ ...wanted, url: broken.url, onProgress: (done, of) => shares.push(done / of) }),
    (error) => error instanceof CliError && /what came before is kept, start again to go on/.test(error.message),
  );
  broken.close();
  assert.deepEqual(
    broken.asked.map((since) => (since - from) / minute),
    [0, 1000, 1000, 2000],
  );
  assert.deepEqual(shares, [1000 / rows, 2000 / rows]);
  const whole = await exchange(() => undefined);
  const stored = await download({ ...wanted, url: whole.url, onProgress: () => {} });
  whole.close();
  assert.equal((whole.asked[0]! - from) / minute, 2000, 'it goes on where it stopped');
  assert.deepEqual([stored!.rows, stored!.added], [rows, rows - 2000]);
  assert.deepEqual(gapsOf(readSeries(stored!.path)), []);
  assert.equal(await download({ ...wanted, url: whole.url, onProgress: () => {} }), undefined, 'nothing is asked for twice');
});

test('candles of perpetuals are asked of the perpetual, and kept apart from those of spot', { timeout: 240_000 }, async (t) => {
  const there = await exchange(() => undefined);
  t.after(there.close);
  const short = { ...wanted, data: join(data, 'perpetual'), to: from + 30 * minute, url: there.url, onProgress: () => {} };
  const usdm = await download({ ...short, exchange: 'binanceusdm' });
  assert.deepEqual([usdm!.exchange, usdm!.rows], ['binanceusdm', 30]);
  assert.deepEqual([...there.paths], ['/fapi/v1/klines']);
  const perpetual = await download({ ...short, perpetual: true });
  assert.deepEqual([perpetual!.exchange, perpetual!.rows], ['binance-perpetual', 30]);
  assert.deepEqual([...there.paths], ['/fapi/v1/klines']);
  const spot = await download(short);
  assert.deepEqual([spot!.exchange, spot!.rows], ['binance', 30]);
  assert.deepEqual([...there.paths], ['/fapi/v1/klines', '/api/v3/klines']);
  await assert.rejects(download({ ...short, pair: 'NIX/USDT', perpetual: true }), /binance has no perpetual of NIX\/USDT/);
});
