import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BacktestDocument, FundingBuilder, storeFunding, storeSeries } from '@holdfast/backtest';
import {
  apiError,
  type BacktestJob,
  backtestDocument,
  backtestJob,
  backtestsAnswer,
  comparisonAnswer,
} from '@holdfast/contracts';
import { walkSeries } from '../../../../packages/backtest/src/testing/walk-run.ts';
import { type BacktestsHost, startBacktestsHost } from '../testing/backtests-host.ts';
import { own, type Scripted, scriptedServer } from '../testing/neighbours.ts';

let scripted: Scripted;
let host: BacktestsHost;

before(async () => {
  scripted = await scriptedServer();
  storeSeries(scripted.folder, walkSeries(40, 5), { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
  host = await startBacktestsHost(scripted.folder);
});
after(async () => {
  await host.stop();
  await scripted.close();
});

const get = (url: string) => scripted.app.inject({ method: 'GET', url, headers: { host: own.host } });
const post = (url: string, body: unknown = {}) =>
  scripted.app.inject({
    method: 'POST',
    url,
    headers: { ...own, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  });
const codeOf = (text: string): string => apiError.parse(JSON.parse(text)).error.code;

const ask = {
  kind: 'dca',
  pairs: ['BTC/USDT'],
  settings: { baseOrderSize: '100', averagingOrderSize: '100', averagingOrders: 3 },
  startDates: 2,
};

async function ended(id: string): Promise<BacktestJob> {
  for (let tries = 0; tries < 600; tries += 1) {
    const job = backtestJob.parse((await get(`/api/backtests/jobs/${id}`)).json());
    if (job.state !== 'waiting' && job.state !== 'running') return job;
    await sleep(50);
  }
  throw new Error('the backtest did not end within 30 s');
}

const run = async (body: unknown): Promise<BacktestJob> =>
  ended(backtestJob.parse((await post('/api/backtests', body)).json()).id);

test('candles that runs can use are listed, and pairs with rates of funding', async () => {
  const series = [{ exchange: 'binance', pair: 'BTC/USDT', interval: '15m' }];
  assert.deepEqual((await get('/api/candle-series')).json(), { series, trades: [], funding: [] });
  const builder = new FundingBuilder('bybit', 'ETH/USDT', 'test');
  builder.add({ time: 1_700_006_400_000, rate: '0.0001' }, 1);
  const { funding, report } = builder.finish();
  storeFunding(scripted.folder, funding, report);
  assert.deepEqual((await get('/api/candle-series')).json(), {
    series,
    trades: [],
    funding: [{ exchange: 'bybit', pair: 'ETH/USDT' }],
  });
});

test('a backtest runs in its own process, is stored, read, shown as a page, compared and made a bot of', async () => {
  const first = await run(ask);
  assert.deepEqual([first.state, first.error, first.share], ['done', null, 1]);
  const id = first.run!;
  assert.ok(existsSync(join(scripted.folder, 'backtests', `${id}.json`)));
  const document = backtestDocument.parse((await get(`/api/backtests/${id}?rows=2`)).json());
  assert.ok(document.deals.length <= 2 && document.dealCount > 2, `${document.dealCount} deals`);
  assert.equal(document.metrics.quote, 'USDT');
  const page = await get(`/api/backtests/${id}/page`);
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none';.*frame-ancestors 'none'$/);
  assert.match(page.body, /DCA on BTC\/USDT/);

  const second = await run({ ...ask, settings: { ...ask.settings, takeProfitPercent: '2' } });
  const { runs } = backtestsAnswer.parse((await get('/api/backtests')).json());
  assert.deepEqual(new Set(runs.map((row) => row.id)), new Set([id, second.run!]));
  const compared = comparisonAnswer.parse((await get(`/api/backtests/compare?ids=${id},${second.run}`)).json());
  assert.deepEqual(
    compared.differing.map(({ name, values }) => [name, ...values]),
    [['setting takeProfitPercent', '1', '2']],
  );

  const made = await post(`/api/backtests/${second.run}/as-bot`, { name: 'From a run' });
  assert.deepEqual(made.json(), { ok: true, bot: 'dca2' });
  const sent = scripted.commands.at(-1) as unknown as { command: string; name: string; settings: { takeProfitPercent: string } };
  assert.deepEqual([sent.command, sent.name, sent.settings.takeProfitPercent], ['bot-create', 'From a run', '2']);

  assert.deepEqual((await post(`/api/backtests/${id}/remove`)).json(), { ok: true });
  assert.equal((await get(`/api/backtests/${id}`)).statusCode, 404);
});

test('a perpetual is played as asked, and no bot is made of it', async () => {
  const perpetual = { leverage: 4, maintenance: [{ from: '0', share: '0.01' }], fundingRate: '0.0002' };
  const { run: id } = await run({ ...ask, assumptions: { perpetual }, dealOrders: 0, startDates: 0, otherPath: false });
  const document = backtestDocument.parse((await get(`/api/backtests/${id}`)).json());
  const { assumptions, margin } = document as unknown as BacktestDocument;
  assert.deepEqual(assumptions.perpetual, { ...perpetual, liquidationFee: '0.0125' });
  assert.equal(margin!.collateral, document.metrics.startEquity);
  assert.ok(margin!.funding.times > 0 && margin!.funding.assumed === margin!.funding.times);
  const refused = await post(`/api/backtests/${id}/as-bot`);
  assert.deepEqual([refused.statusCode, codeOf(refused.body)], [409, 'backtest-perpetual']);
  const strange = await post('/api/backtests', { ...ask, assumptions: { perpetual: { leverage: 200 } } });
  assert.equal(codeOf(strange.body), 'request-malformed');
});

test('what cannot run says why, by code and field', async () => {
  const unknown = await run({ ...ask, pairs: ['ETH/USDT'] });
  assert.deepEqual([unknown.state, unknown.error?.code, unknown.error?.field], ['failed', 'backtest-data-missing', 'pair']);
  assert.match(unknown.error!.reason, /there are: BTC\/USDT/);
  const empty = await run({ ...ask, from: 2_000_000_000_000, to: 2_000_000_000_001 });
  assert.equal(empty.error?.code, 'backtest-period-empty');
  const malformed = await post('/api/backtests', { ...ask, settings: { ...ask.settings, stepPercent: 'NaN' } });
  assert.equal(malformed.statusCode, 400);
  assert.equal(codeOf(malformed.body), 'settings-malformed');
  const strange = await post('/api/backtests', { ...ask, pairs: ['../etc'] });
  assert.equal(codeOf(strange.body), 'request-malformed');
  assert.equal((await get('/api/backtests/..%2F..%2Fx')).statusCode, 400);
  assert.equal(codeOf((await get('/api/backtests/jobs/0')).body), 'backtest-unknown');
});

test('the server answers while a backtest runs, and a job that waits can be cancelled', async () => {
  const jobs = await Promise.all(Array.from({ length: 3 }, () => post('/api/backtests', ask)));
  const ids = jobs.map((answer) => backtestJob.parse(answer.json()).id);
  const began = performance.now();
  assert.equal((await get('/api/status')).statusCode, 200);
  assert.ok(performance.now() - began < 20_000);
  assert.equal(backtestJob.parse((await post(`/api/backtests/jobs/${ids[2]}/cancel`)).json()).state, 'cancelled');
  assert.deepEqual(
    [(await ended(ids[0]!)).state, (await ended(ids[1]!)).state, (await ended(ids[2]!)).state],
    ['done', 'done', 'cancelled'],
  );
});

test('without the process that runs them a backtest fails by code, and what is stored is still read', async () => {
  const { run: kept } = await run(ask);
  await host.kill();
  const lost = await run(ask);
  assert.deepEqual([lost.state, lost.error?.code], ['failed', 'backtests-unreachable']);
  assert.equal((await get(`/api/backtests/${kept}`)).statusCode, 200);
  assert.equal(codeOf((await post(`/api/backtests/${kept}/remove`)).body), 'backtests-unreachable');
  host = await startBacktestsHost(scripted.folder);
  assert.equal((await run(ask)).state, 'done');
});
