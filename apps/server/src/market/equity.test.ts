import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Change, openEngineQueries, openEngineStore } from '@holdfast/storage';
import { equityCurve, thin } from './equity.ts';

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

test('a long curve is read once, in parts, and its fall is exact however it is thinned', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-equity-'));
  const store = openEngineStore(join(folder, 'engine.db'));
  const db = openEngineQueries(join(folder, 'engine.db'));
  t.after(async () => {
    await db.destroy();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const point = (at: number, value: string): Change => ({ table: 'equity', row: { at, quote: 'USDT', value, realised: '0' } });
  const curve = equityCurve(() => db);
  await store.commit(Array.from({ length: 45_000 }, (_, at) => point(at, at === 30_000 ? '50' : '100')));
  const [one, two] = await Promise.all([curve('USDT', 100), curve('USDT', 1000)]);
  assert.equal(one.largestDrawdown, '0.5');
  assert.ok(one.points.length <= 100 && two.points.length <= 1000);
  assert.ok(one.points.some(({ value }) => value === '50'));
  await store.commit([point(44_999, '1000')]);
  assert.equal((await curve('USDT', 100)).largestDrawdown, '0.5');
  await store.commit([point(44_999, '101'), point(45_000, '40')]); // the newest is written again: no peak is left of what it was
  const later = await curve('USDT', 100);
  assert.deepEqual(
    later.points
      .slice(-2)
      .map(({ at, value }) => [at, value])
      .at(-1),
    [45_000, '40'],
  );
  assert.equal(later.largestDrawdown, '0.60396');
  assert.deepEqual((await curve('EUR', 100)).points, []);
});
