/**
 * Bots over recorded candles, as a backtest and as paper in one process (./paper.ts says what that leaves out): several pairs, and a
 * strategy of one's own in the confined process that it has in the engine. Orders and fills are equal.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type RunRequest, readCandleFile, runBacktest, type Series, usualAssumptions } from '@holdfast/backtest';
import { type BotId, epochMs, type Pair } from '@holdfast/domain';
import { ownBacktest } from '../../apps/cli/src/commands/backtest-own.ts';
import { firstDifference } from '../../apps/cli/src/parity/compare.ts';
import { playOf } from '../../apps/cli/src/parity/parity.ts';
import { strategyFolder } from '../../apps/engine/src/strategies.ts';
import { readTape } from '../../apps/exchange/src/tape-file.ts';
import { type PaperCase, playInProcess } from './paper.ts';

const root = resolve(import.meta.dirname, '../..');
const data = resolve(root, '../shared/data');
const fileOf = (base: string): string => resolve(data, `BINANCE-${base}-USDT-1m.20210420.csv.gz`);
const bases = ['DOGE', 'BTC', 'ETH'];
const missing = bases.map(fileOf).find((file) => !existsSync(file));
const skip = missing === undefined ? false : `${missing} is not there`;
const from = Date.UTC(2021, 3, 21);
const hourMs = 3_600_000;

interface Played {
  readonly bases: readonly string[];
  readonly hours: number;
  readonly kind: string;
  readonly settings: Record<string, unknown>;
  readonly own?: PaperCase['own'];
  readonly ownKind?: RunRequest['own'];
}

async function same(t: TestContext, { bases: of, hours, kind, settings, own, ownKind }: Played): Promise<number> {
  const tapes = await Promise.all(of.map((base) => readTape(fileOf(base), undefined)));
  const to = from + hours * hourMs;
  const terms = { fill: 'touch', spreadTicks: 1, volumeShare: 1, seed: 1, from } as const;
  const bot = { kind, pairs: tapes.map(({ pair }) => pair), settings };
  const paper = await playInProcess({ tapes, terms, to, bot, ...(own === undefined ? {} : { own }) });
  const series = new Map<Pair, Series>();
  for (const { file, pair } of tapes) series.set(pair, (await readCandleFile(file, { exchange: 'tape', pair })).series);
  const request: RunRequest = {
    kind,
    ...(ownKind === undefined ? {} : { own: ownKind }),
    settings: paper.settings,
    series,
    rules: paper.rules,
    from: epochMs(paper.from),
    to: epochMs(to),
    funds: paper.funds,
    assumptions: usualAssumptions,
    driver: 'step',
    keepsOrders: true,
    bot: paper.bot as BotId,
  };
  const step = playOf('step', runBacktest(request));
  const jump = playOf('jump', runBacktest({ ...request, driver: 'jump' }));
  assert.deepEqual(firstDifference(step, jump), null);
  assert.deepEqual(firstDifference(jump, paper), null);
  assert.deepEqual(paper.refusals, []);
  t.diagnostic(`${paper.orders.length} orders, ${paper.fills.length} fills, ${paper.rounds} rounds`);
  return paper.fills.length;
}

test('DCA of three pairs with two deals at once, on conditions', { skip }, async (t) => {
  const settings = {
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 3,
    stepPercent: '0.3',
    takeProfitPercent: '0.3',
    dealsAtOnce: 2,
    start: 'conditions',
    startConditions: 'rsi(7) 1m < 45',
  };
  assert.ok((await same(t, { bases, hours: 6, kind: 'dca', settings })) > 30);
});

test("the example of a strategy of one's own, in its process", { skip }, async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-own-')));
  const host = spawn(process.execPath, [join(root, 'apps/engine/src/strategy-host.ts'), '--data', folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const backtest = await ownBacktest(join(root, 'docs/examples/strategy.ts'));
  t.after(() => {
    backtest.end();
    host.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise<void>((done) => host.stdout.once('data', () => done()));
  const settings = backtest.settings({ funds: '1000', closes: 4, fallPercent: '0.05', gainPercent: '0.25' });
  const own = { port: strategyFolder(join(folder, 'strategies')), source: backtest.source };
  const fills = await same(t, { bases: ['ETH'], hours: 3, kind: backtest.kind, settings, own, ownKind: backtest.own });
  assert.ok(fills > 3, `${fills} fills`);
});
