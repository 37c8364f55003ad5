import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSignals } from './backtest-signals.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-signals-'));
after(() => rmSync(folder, { recursive: true }));
const file = (content: string): string => {
  const path = join(folder, 'signals.csv');
  writeFileSync(path, content);
  return path;
};
const start = Date.UTC(2025, 0, 1);

test('signals are read with or without a header, in any unit of time, over blank lines', () => {
  const expected = [
    { at: start, name: 'go' },
    { at: start + 1500, name: 'out_1' },
  ];
  assert.deepEqual(readSignals(file(`time,name\r\n${start},go\r\n${start + 1500},out_1\r\n\r\n`)), expected);
  assert.deepEqual(readSignals(file(`\uFEFF${start}000,go\n${start + 1500}000000;out_1`)), expected);
  assert.deepEqual(readSignals(file(`2025-01-01T00:00:00Z, go\n${start + 1500},out_1\n`)), expected);
  assert.deepEqual(readSignals(file(`${start / 1000},go\n`)), [expected[0]]);
  assert.deepEqual(readSignals(file(`time,name,pair\n${start},go,BTC/USDT\n${start},go,\n`)), [
    { at: start, name: 'go', pair: 'BTC/USDT' },
    { at: start, name: 'go' },
  ]);
});

for (const [content, message] of [
  [`${start},go\n${start - 1},go\n`, /signals\.csv, row 2: it comes before the one above it/],
  ['soon,go\n', /row 1: "soon" is no date/],
  [`${start},go now\n`, /row 1: it is not TIME,NAME/],
  [`${start}\n`, /row 1: it is not TIME,NAME/],
  [`${start},go,1\n`, /row 1: it is not TIME,NAME/],
  ['\n', /has no signals/],
] as const)
  test(`${JSON.stringify(content.replaceAll(String(start), 'T'))} is refused with file and row`, () => {
    assert.throws(() => readSignals(file(content)), message);
  });

test('a file that is not there is refused', () => {
  assert.throws(() => readSignals(join(folder, 'nowhere.csv')), /cannot be read: ENOENT/);
});
