import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowAt, timeOf } from '../data/series.ts';
import { walkRun, walkSeries } from '../testing/walk-run.ts';
import { barsOf } from './candles.ts';
import { dealsCsv, fillsCsv } from './csv.ts';
import { type DocumentParts, documentOf, textOf } from './document.ts';
import { htmlReport } from './html.ts';
import { plot } from './plot.ts';
import { terminalReport, wrap } from './terminal.ts';
import { lengthText, money, percent, plain, signedPercent } from './words.ts';

const parts = (days: number): DocumentParts => ({
  ...walkRun(days, 5),
  madeAt: Date.UTC(2026, 0, 1),
  code: { version: '0.1.0', commit: null },
  data: [{ exchange: 'binance', pair: 'BTC/USDT', interval: '15m', candles: 1, sha256: 'ab' }],
  rulesFrom: new Map([['BTC/USDT', 'given']]),
});

test('money is cut, never rounded up, and keeps its sign only when something is left', () => {
  assert.equal(money('1234567.899', 2), '1,234,567.89');
  assert.equal(money('-0.009', 2), '0.00');
  assert.equal(money('-1000', 2), '-1,000.00');
  assert.equal(money('0.00001234', 8, false), '0.00001234');
  assert.equal(plain(-0.4), '0');
  assert.equal(plain(-1234.5, 1), '-1,234.5');
  assert.equal(percent(null), '–');
  assert.equal(signedPercent(0.12345), '+12.35 %');
  assert.deepEqual([30_000, 720_000, 7_200_000, 90_000_000, 864_000_000].map(lengthText), [
    '30 s',
    '12 min',
    '2 h',
    '1 d 1 h',
    '10 d',
  ]);
});

test('a plot reaches from the highest to the lowest value', () => {
  const lines = plot([0, 1, 2, 3], 4, 2, { top: '3', bottom: '0', left: 'a', right: 'b' });
  assert.equal(lines.length, 3);
  assert.equal(lines[2], '   a  b');
  const bits = (line: string): number[] => [...line.slice(3)].map((letter) => letter.codePointAt(0)! - 0x2800);
  assert.equal(bits(lines[0]!)[0], 0, 'nothing is high at the beginning');
  assert.ok((bits(lines[1]!)[0]! & 0x40) !== 0, 'the first dot is the lowest');
  assert.ok((bits(lines[0]!)[3]! & 0x08) !== 0, 'the last dot is the highest');
  assert.equal(plot([5, 5], 4, 1, { top: '', bottom: '', left: '', right: '' }).length, 2);
});

test('bars join candles: first open, highest high, lowest low, last close', () => {
  const series = walkSeries(2, 1);
  const { bars, barMs } = barsOf(series, Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 3), 48);
  assert.equal(barMs, 3_600_000);
  assert.equal(bars.length, 48);
  const [time, open, high, low, close] = bars[1]!;
  assert.equal(time, Date.UTC(2025, 0, 1, 1));
  assert.deepEqual(
    [open, high, low, close],
    [
      series.open[4]! / 100,
      Math.max(...series.high.subarray(4, 8)) / 100,
      Math.min(...series.low.subarray(4, 8)) / 100,
      series.close[7]! / 100,
    ],
  );
});

test('bars of any length say what a look at each of their candles says', () => {
  const series = walkSeries(60, 3);
  const { intervalMs } = series;
  for (const most of [1, 3, 7, 30, 100, 900])
    for (const [first, last] of [
      [0, series.rows],
      [5, 77],
      [250, 4600],
    ] as const) {
      const { bars, barMs } = barsOf(series, timeOf(series, first), timeOf(series, last - 1) + intervalMs, most);
      let row: number = first;
      for (const [time, , high, low] of bars) {
        const end = Math.min(last, rowAt(series, time + barMs));
        assert.equal(high, Math.max(...series.high.subarray(row, end)) / 100);
        assert.equal(low, Math.min(...series.low.subarray(row, end)) / 100);
        row = end;
      }
      assert.equal(row, last);
    }
});

test('bars leave a gap where candles are missing', () => {
  const series = {
    ...walkSeries(1, 1),
    segments: [
      { row: 0, time: 0 },
      { row: 4, time: 10 * 3_600_000 },
    ],
  };
  const { bars } = barsOf(series, 0, 12 * 3_600_000, 12);
  assert.deepEqual(
    bars.map(([time]) => time / 3_600_000),
    [0, 10, 11],
  );
});

test('a document is plain JSON, with every amount as text', () => {
  const document = documentOf(parts(70));
  assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
  assert.equal(document.metrics.startEquity, '100000');
  assert.equal(document.daily.length, 70);
  assert.equal(document.rules[0]!.minNotional, '5');
  assert.ok(document.assumed.length >= 10);
  assert.deepEqual(textOf({ a: [10n ** 18n], b: null, c: 'x' }) as unknown, { a: ['1'], b: null, c: 'x' });
});

test('warnings come first: of the run, of too little, and of what holding would have given', () => {
  const { warnings } = documentOf(parts(8));
  assert.equal(warnings[0], 'The bot stopped <once> & went on.');
  assert.ok(
    warnings.some((text) => /^Only \d+ deals? closed/.test(text)),
    warnings.join('\n'),
  );
  assert.ok(warnings.some((text) => text.startsWith('The run covers 8.0 days')));
  const text = terminalReport(documentOf(parts(8)));
  assert.ok(text.indexOf('! The bot stopped') < text.indexOf('Result'));
});

test('paths that differ by more than a tenth of the profit are warned of', () => {
  const given = parts(70);
  const profit = given.result.endEquity - given.result.startEquity;
  const other = (share: bigint) => ({
    ...given.result,
    endEquity: (given.result.endEquity - (profit * share) / 100n) as never,
    assumptions: { ...given.result.assumptions, path: 'adverse' as const },
  });
  const far = documentOf({ ...given, other: other(11n) });
  assert.ok(far.warnings.some((text) => text.includes('on the adverse path') && text.includes('finer than 15m')));
  assert.ok(Math.abs(far.otherPath!.differs! - 0.11) < 1e-9);
  const near = documentOf({ ...given, other: other(9n) });
  assert.ok(!near.warnings.some((text) => text.includes('adverse')));
});

test('text for the terminal keeps to 80 columns', () => {
  const lines = terminalReport(documentOf(parts(70))).split('\n');
  const long = lines.filter((line) => line.length > 80 && !line.startsWith('  {'));
  assert.deepEqual(
    long.filter((line) => !line.includes('on average')),
    [],
  );
  assert.equal(wrap('aaa bbb', '- ', '  '), '- aaa bbb');
});

test('the page asks nothing of the network, runs no script, and escapes what comes from outside', () => {
  const page = htmlReport(documentOf(parts(70)));
  assert.doesNotMatch(page, /<script|https?:|@import|url\(/i);
  assert.match(page, /default-src 'none'/);
  assert.ok(page.includes('The bot stopped &lt;once&gt; &amp; went on.') && !page.includes('<once>'));
});

test('CSV has a header, every row, and exact numbers', () => {
  const { result } = walkRun(10, 5);
  const deals = dealsCsv(result.deals).split('\r\n');
  assert.equal(deals.length, result.deals.length + 2);
  const [head, first] = [deals[0]!.split(','), deals[1]!.split(',')];
  assert.equal(head.length, first.length);
  assert.equal(first[head.indexOf('number')], '1');
  const fills = fillsCsv(result.fills).split('\r\n');
  assert.equal(fills.length, result.fills.length + 2);
  assert.equal(fills[1]!.split(',')[fills[0]!.split(',').indexOf('price')], '50000');
});
