import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount } from '@holdfast/domain';
import { largestDrawdown, thin } from './equity.ts';

const fall = (values: readonly number[]): string => formatAmount(largestDrawdown(values.map((value) => amount(String(value)))));

test('the largest drawdown is measured from the peak before it', () => {
  assert.equal(fall([100, 120, 90, 110, 130, 117]), '0.25');
  assert.equal(fall([100, 101, 102]), '0');
  assert.equal(fall([]), '0');
  assert.equal(fall([0, 3, 1]), '0.666666');
});

test('a thinned curve keeps its ends, its highest and its lowest point, in order', () => {
  const points = Array.from({ length: 5000 }, (_, at) => ({
    at,
    value: at === 1234 ? '999' : at === 4321 ? '1' : String(100 + (at % 7)),
    realised: '0',
  }));
  const kept = thin(points, 100);
  assert.ok(kept.length <= 100);
  assert.equal(kept[0]?.at, 0);
  assert.equal(kept.at(-1)?.at, 4999);
  assert.ok(kept.some(({ at }) => at === 1234) && kept.some(({ at }) => at === 4321));
  assert.deepEqual(
    kept.map(({ at }) => at),
    kept.map(({ at }) => at).toSorted((a, b) => a - b),
  );
  assert.deepEqual(thin(points.slice(0, 5), 100), points.slice(0, 5));
});
