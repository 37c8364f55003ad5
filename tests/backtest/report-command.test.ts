/** `holdfast backtest` as a person types it: what it refuses, what it writes, and what is kept. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { storeSeries } from '@holdfast/backtest/data';
import { walkSeries } from '../../packages/backtest/src/testing/walk-run.ts';

const main = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-backtest-'));
const data = join(folder, 'data');
before(() => {
  for (const exchange of ['binance', 'kraken'])
    storeSeries(data, { ...walkSeries(70, 5), exchange }, { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
});
after(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const holdfast = (...args: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [main, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
const backtest = (...args: readonly string[]): Promise<Ran> => holdfast('backtest', '--data', data, ...args);
const asked = ['--pair', 'BTC/USDT', '--data-set', 'binance', '--set', 'baseOrderSize=100', '--set', 'averagingOrderSize=100'];

const refused: readonly (readonly [what: string, args: readonly string[], code: number, line: RegExp])[] = [
  ['no pair', asked.slice(2), 64, /give a pair with --pair/],
  [
    'a pair without candles',
    [...asked, '--pair', 'ETH/USDT'],
    1,
    /no candles of binance ETH\/USDT.*data download.*\(backtest-data-missing\)/,
  ],
  [
    'an empty period',
    [...asked, '--from', '2025-02-01', '--to', '2025-02-01'],
    64,
    /the period is empty.*\(backtest-period-empty\)/,
  ],
  [
    'a period without candles',
    [...asked, '--from', '2031-01-01', '--to', '2031-02-01'],
    64,
    /reach from 2025-01-01T00:00 to 2025-03-12T00:00/,
  ],
  ['no date', [...asked, '--from', 'yesterday'], 64, /"yesterday" is no date such as 2025-01-31/],
  ['a setting that is no number', [...asked, '--set', 'stepPercent=NaN'], 64, /stepPercent: must be a plain decimal/],
  ['a setting out of range', [...asked, '--set', 'averagingOrders=201'], 64, /averagingOrders: must be at most 200/],
  ['an unknown setting', [...asked, '--set', 'stepPercents=1'], 64, /stepPercents/],
  ['a setting without value', [...asked, '--set', 'stepPercent'], 64, /NAME=VALUE/],
  ['an unknown kind', [...asked, '--kind', 'dcaa'], 64, /no kind of bot "dcaa"; it must be one of: dca, grid/],
  [
    'several exchanges',
    asked.filter((text) => text !== '--data-set' && text !== 'binance'),
    64,
    /binance 15m, kraken 15m; name one with --data-set/,
  ],
  ['an interval that is not there', [...asked, '--data-set', 'binance:1m'], 1, /BTC\/USDT 1m; there are: binance 15m/],
  ['funds that are none', [...asked, '--funds', 'USDT 1000'], 64, /"USDT 1000" is no amount such as "1000 USDT"/],
  ['funds of another asset', [...asked, '--funds', '5 ETH'], 1, /USDT/],
  ['a fee that is none', [...asked, '--fee', '99%'], 64, /"99%" is no fee/],
  ['a tick of nothing', [...asked, '--tick', '0'], 64, /--tick must be a decimal above 0/],
  ['settings that are no file', [...asked, '--settings', join(folder, 'none.json')], 64, /cannot be read/],
  ['a run that is not stored', ['show', 'nothing'], 1, /"nothing" is not the id of a stored run.*\(backtest-unknown\)/],
];

describe('refusals', { concurrency: 4 }, () => {
  for (const [what, args, code, line] of refused)
    test(`${what} is refused with one line`, async () => {
      const ran = await backtest(...args);
      assert.match(ran.err, line);
      assert.deepEqual([ran.code, ran.out, ran.err.trimEnd().split('\n').length], [code, '', 1]);
    });
});

test('a run is printed, written as page and CSV, stored, listed, shown, compared and forgotten', async () => {
  const [html, csv, settings] = [join(folder, 'report.html'), join(folder, 'csv'), join(folder, 'settings.json')];
  const first = await backtest(...asked, '--html', html, '--csv', csv, '--save-settings', settings);
  assert.deepEqual([first.code, first.err], [0, '']);
  assert.match(first.out, /^DCA on BTC\/USDT, 2025-01-01 00:00 to 2025-03-12 00:00 UTC\n6,720 candles of 15m, binance\n/);
  assert.match(first.out, /\nAssumed\n/);
  assert.match(readFileSync(html, 'utf8'), /^<!doctype html>/);
  assert.deepEqual(readdirSync(csv).sort(), ['deals.csv', 'fills.csv']);
  assert.equal((JSON.parse(readFileSync(settings, 'utf8')) as { baseOrderSize: string }).baseOrderSize, '100');

  const again = await backtest(...asked, '--html', html);
  assert.equal(again.code, 64);
  assert.match(again.err, /is there already; give --force or another name/);

  writeFileSync(settings, JSON.stringify({ baseOrderSize: '100', averagingOrderSize: '100', takeProfitPercent: '3' }));
  const second = await backtest(
    '--pair',
    'BTC/USDT',
    '--data-set',
    'binance:15m',
    '--settings',
    settings,
    '--fee',
    '0.2%',
    '--json',
  );
  const document = JSON.parse(second.out) as {
    id: string;
    hash: string;
    assumptions: { makerFee: string };
    fills: unknown[];
    fillCount: number;
  };
  assert.equal(document.assumptions.makerFee, '0.002');
  assert.equal(document.fills.length, document.fillCount);

  const listed = JSON.parse((await backtest('list', '--json')).out) as { id: string }[];
  assert.equal(listed.length, 2);
  assert.ok(listed.some(({ id }) => id === document.id));
  const shown = await backtest('show', document.id, '--json');
  assert.equal((JSON.parse(shown.out) as { hash: string }).hash, document.hash);
  const compared = await backtest('compare', ...listed.map(({ id }) => id));
  assert.match(compared.out, /setting takeProfitPercent\s+(1\s+3|3\s+1)/);
  assert.match(compared.out, /assumed makerFee/);
  assert.equal((await backtest('remove', document.id)).code, 0);
  assert.equal(existsSync(join(data, 'backtests', `${document.id}.json`)), false);
});

test('stepping and jumping print the same hash, and a run without storing keeps nothing', async () => {
  const stored = readdirSync(join(data, 'backtests')).length;
  const plain = [...asked, '--no-store', '--json', '--start-dates', '0', '--deal-orders', '0', '--no-other-path'];
  const [jumped, stepped] = await Promise.all([backtest(...plain), backtest(...plain, '--driver', 'step')]);
  const hashOf = ({ out }: Ran): string => (JSON.parse(out) as { hash: string }).hash;
  assert.equal(hashOf(jumped), hashOf(stepped));
  assert.equal(readdirSync(join(data, 'backtests')).length, stored);
});

test('a bot that is to be made without an instance says that none runs', async () => {
  const ran = await backtest(...asked, '--no-store', '--start-dates', '0', '--as-bot');
  assert.equal(ran.code, 70);
  assert.match(ran.err, /no holdfast runs in/);
});
