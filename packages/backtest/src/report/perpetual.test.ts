/** A backtest of a perpetual from the data directory to the page: stored funding, what is assumed, what is said of a liquidation. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import { amount, formatAmount } from '@holdfast/domain';
import { writeFunding } from '../data/funding-file.ts';
import { fundingPath } from '../data/funding-library.ts';
import { storeSeries } from '../data/library.ts';
import { runBacktest } from '../run/run.ts';
import { botsOf } from '../sweep/bots.ts';
import { conductSweep } from '../sweep/conduct.ts';
import { sumsOf } from '../sweep/figures.ts';
import { readySweep } from '../sweep/prepare.ts';
import { kernelSums, runSums } from '../sweep/run-sums.ts';
import { sampleAsk, sampleSweepAsk } from '../testing/sample-ask.ts';
import { walkSeries } from '../testing/walk-run.ts';
import { htmlReport } from './html.ts';
import { type BacktestAsk, prepare, runJob } from './job.ts';
import { checkLookahead } from './lookahead.ts';
import { mustBeSpot } from './must-be-spot.ts';
import { terminalReport } from './terminal.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-perpetual-'));
after(() => rmSync(data, { recursive: true }));
const series = walkSeries(40, 5);
storeSeries(data, series, { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
const { exchange, pair } = series;

const settings = {
  baseOrderSize: '100',
  averagingOrderSize: '150',
  averagingOrders: 4,
  takeProfitPercent: '1.5',
  feeAsset: 'quote',
};
const asked = (perpetual: BacktestAsk['assumptions']['perpetual'], more: object = {}): BacktestAsk =>
  sampleAsk({ settings: botSettings.dca.parse({ ...settings, ...more }), assumptions: { ...(perpetual && { perpetual }) } });
const ports = { run: runBacktest, madeAt: 0, code: { version: '0.1.0', commit: null } };
const eight = 8 * 3_600_000;

test('without stored rates funding is assumed and said to be', () => {
  const { document } = runJob(asked({ leverage: 3 }), data, ports);
  const { funding, collateral, liquidation } = document.margin!;
  assert.equal(liquidation, null);
  assert.ok(funding.times > 20 && funding.assumed === funding.times && funding.received === '0');
  assert.equal(document.metrics.startEquity, collateral);
  assert.ok(document.warnings.some((text) => text.includes(`of ${funding.times} are assumed`)));
  assert.ok(document.assumed.some((text) => text.includes('worth 3 times the equity')));
  assert.match(terminalReport(document), /Funding +[\d.]+ USDT paid, 0\.00 USDT received/);
});

test('stored rates are paid in their place, and are named in the report', () => {
  const first = Math.ceil(series.segments[0]!.time / eight) * eight;
  const rows = 120;
  const path = fundingPath(data, { exchange, pair });
  mkdirSync(dirname(path), { recursive: true });
  const times = Float64Array.from({ length: rows }, (_, at) => first + at * eight + 4);
  writeFunding(path, { exchange, pair, rows, times, rates: new BigInt64Array(rows).fill(amount('-0.0002')) });
  const { document, result } = runJob(asked({ leverage: 3 }), data, ports);
  const { funding } = document.margin!;
  assert.ok(funding.assumed === 0 && funding.paid === '0' && Number(funding.received) > 0);
  assert.deepEqual(
    document.data.map(({ interval, candles }) => [interval, candles]),
    [
      ['15m', series.rows],
      ['funding', rows],
    ],
  );
  assert.ok(!document.warnings.some((text) => text.includes('assumed')));
  const spot = runJob({ ...asked(undefined), assumptions: { feeIn: 'quote' } }, data, ports);
  assert.equal(spot.document.margin, undefined);
  assert.equal(spot.document.data.length, 1, 'spot knows of no funding');
  // The bot did the same; what differs is funding alone.
  assert.deepEqual(
    result.fills.map(({ at, side, price }) => [at, side, price]),
    spot.result.fills.map(({ at, side, price }) => [at, side, price]),
  );
  const profit = ({ startEquity, endEquity }: typeof result): bigint => endEquity - startEquity;
  assert.equal(profit(result) - profit(spot.result), amount(funding.received));
});

test('a liquidation is the first thing that a reader sees, and nothing is made of the deals before it', () => {
  const { document, result } = runJob(asked({ leverage: 100 }), data, ports);
  const { liquidation } = document.margin!;
  assert.ok(liquidation !== null);
  assert.match(document.warnings[0]!, /^Liquidated on .* are left, and nothing was traded after it/);
  assert.equal(document.dealPaths, null);
  assert.equal(document.metrics.endEquity, liquidation.left);
  assert.ok(document.metrics.exposure < document.metrics.exposureMost);
  assert.ok(document.metrics.timeInMarket < 1);
  assert.match(terminalReport(document), /Liquidated +\d{4}-/);
  assert.match(htmlReport(document), /Liquidated/);
  assert.equal(formatAmount(result.endEquity), liquidation.left);
});

test('settings that mean fees in base are warned of; sweeps take the bot itself; the future stays unknown', () => {
  const base = runJob(asked({ leverage: 3 }, { feeAsset: 'base' }), data, ports).document;
  assert.ok(base.warnings.some((text) => text.includes('set feeAsset=quote')));
  const { request } = prepare(asked({ leverage: 3 }), data);
  assert.equal(kernelSums(request), null, 'no kernel plays perpetuals');
  assert.deepEqual(runSums(request), sumsOf(runBacktest(request)));
  assert.ok(checkLookahead(request, runBacktest, 3).holds);
});

test('a sweep plays perpetuals on its workers, and says where its best was liquidated', async () => {
  const ask = sampleAsk({ settings, assumptions: { perpetual: { leverage: 60 } }, dealOrders: 0, startDates: 0 });
  const sweep = sampleSweepAsk({ ask, vary: ['takeProfitPercent=1,2'], trials: 10 });
  const ready = readySweep(sweep, data, { formOf: () => 'decimal', check: (of) => botSettings.dca.parse(of) });
  assert.ok(ready.cases[0]!.series.get(pair as never)!.funding !== undefined);
  const conducted = await conductSweep(ready, {
    id: 'perpetual',
    madeAt: 0,
    code: { version: '0', commit: null },
    trials: { known: () => new Map(), append: () => {} },
    workers: 1,
    now: () => 0,
  });
  assert.ok(conducted.kind === 'done');
  assert.ok(conducted.document.warnings.some((text) => text.startsWith('The best was liquidated on 2025-')));
  assert.throws(() => botsOf(conducted.document, undefined, []), { code: 'backtest-perpetual' });
});

test('no bot is made of a run on a perpetual', () => {
  assert.throws(() => mustBeSpot({ perpetual: { leverage: 3 } }), { code: 'backtest-perpetual', message: /leverage of 3/ });
  mustBeSpot({});
});
