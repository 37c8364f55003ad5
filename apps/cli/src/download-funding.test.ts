/** Rates of funding over a line that breaks: an exchange of this file speaks the APIs of Binance and OKX, as far as funding goes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fundingHoles, readFunding } from '@holdfast/backtest/data';
import { formatAmount } from '@holdfast/domain';
import { downloadFunding } from './download-funding.ts';
import { CliError } from './exit.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-download-funding-'));
after(() => rmSync(data, { recursive: true, force: true }));

const hour = 3_600_000;
const from = Date.UTC(2024, 0, 1);
const rows = 2300;
const payments = Array.from({ length: rows }, (_, at) => ({
  time: from + at * 8 * hour + (at % 5),
  rate: `${at % 3 === 0 ? '-' : ''}0.0000${1000 + at}`,
}));
const to = from + rows * 8 * hour;

const perpetual = {
  symbol: 'BTCUSDT',
  pair: 'BTCUSDT',
  contractType: 'PERPETUAL',
  status: 'TRADING',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  marginAsset: 'USDT',
  baseAssetPrecision: 8,
  quotePrecision: 8,
  filters: [],
};
const swap = {
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  uly: 'BTC-USDT',
  settleCcy: 'USDT',
  ctVal: '0.01',
  ctType: 'linear',
  lotSz: '1',
  minSz: '1',
  tickSz: '0.1',
  state: 'live',
};

/** Runs until the test ends; `broken` says which of the requests for rates, from 1, are answered with an error. */
async function exchange(t: TestContext, broken: (asked: number) => boolean = () => false) {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const said = (name: string): number => Number(url.searchParams.get(name));
    const page = (since: number, until: number) => {
      asked.push(since);
      return payments.filter(({ time }) => time >= since && time < until);
    };
    switch (url.pathname) {
      case '/fapi/v1/exchangeInfo':
        return answer(200, { symbols: [perpetual] });
      case '/dapi/v1/exchangeInfo':
        return answer(200, { symbols: [] });
      case '/fapi/v1/fundingRate': {
        const given = page(said('startTime'), Number.POSITIVE_INFINITY).slice(0, said('limit'));
        if (broken(asked.length)) return answer(400, { code: -1000, msg: 'An unknown error' });
        return answer(
          200,
          given.map(({ time, rate }) => ({ symbol: 'BTCUSDT', fundingTime: time, fundingRate: rate, markPrice: '42000' })),
        );
      }
      case '/api/v5/public/instruments':
        return answer(200, { code: '0', data: [swap] });
      case '/api/v5/public/funding-rate-history': {
        const given = page(said('before') + 1, said('after'))
          .toReversed()
          .slice(0, said('limit'));
        return answer(200, {
          code: '0',
          data: given.map(({ time, rate }) => ({
            instId: 'BTC-USDT-SWAP',
            fundingTime: String(time),
            fundingRate: '0.05',
            realizedRate: rate,
          })),
        });
      }
      default:
        return answer(404, {});
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const wanted = { data, exchange: 'binance', pair: 'BTC/USDT', from, to, onProgress: () => {} };
const rowsOf = (path: string): { time: number; rate: string }[] => {
  const { times, rates } = readFunding(path);
  return [...times].map((time, at) => ({ time, rate: formatAmount(rates[at]!) }));
};
const plain = ({ time, rate }: { time: number; rate: string }) => ({ time, rate: rate.replace(/0+$/, '') });

test('rates come page by page, what came is kept when the line breaks, and the next download goes on there', {
  timeout: 240_000,
}, async (t) => {
  const torn = await exchange(t, (asked) => asked === 2);
  const shares: number[] = [];
  await assert.rejects(
    downloadFunding({ ...wanted, url: torn.url, onProgress: (done, of) => shares.push(done / of) }),
    (error) => error instanceof CliError && /what came before is kept, start again to go on/.test(error.message),
  );
  assert.equal(torn.asked.length, 2);
  assert.ok(shares.length === 1 && shares[0]! > 0.43 && shares[0]! < 0.44, String(shares));
  const whole = await exchange(t);
  const stored = await downloadFunding({ ...wanted, url: whole.url });
  assert.deepEqual([stored!.rows, stored!.added, stored!.holes], [rows, rows - 1000, 0]);
  assert.ok(whole.asked[0]! > payments[999]!.time, 'it goes on where it stopped');
  assert.deepEqual(rowsOf(stored!.path), payments.map(plain));
  assert.equal(await downloadFunding({ ...wanted, url: whole.url }), undefined, 'nothing is new');
  await assert.rejects(downloadFunding({ ...wanted, pair: 'NIX/USDT', url: whole.url }), /binance has no perpetual of NIX\/USDT/);
  const before = { ...wanted, data: join(data, 'none'), from: to, to: to + hour };
  await assert.rejects(downloadFunding({ ...before, url: whole.url }), { code: 'data-empty' });
});

test('of an exchange that gives the newest first, none is left out, and what was paid counts, not what was expected', {
  timeout: 240_000,
}, async (t) => {
  const okx = await exchange(t);
  const stored = await downloadFunding({ ...wanted, exchange: 'okx', to: from + 500 * hour, url: okx.url });
  assert.equal(okx.asked.length, 5);
  assert.deepEqual(rowsOf(stored!.path), payments.slice(0, 63).map(plain));
  assert.deepEqual(fundingHoles(readFunding(stored!.path)), []);
});
