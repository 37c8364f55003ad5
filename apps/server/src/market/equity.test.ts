import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thin } from './equity.ts';

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
