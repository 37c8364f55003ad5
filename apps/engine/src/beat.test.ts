/** On a real exchange nobody tells the time: it goes on by itself, and only while the exchange is there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { begin } from './testing/begin.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-beat-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('time goes on by the exchange’s clock when nothing trades', async () => {
  const { engine, store, pass, say } = await begin({ ring: null, file: join(folder, 'real.db') });
  assert.equal(engine.status().time, 6_000_000);
  await pass(10_000);
  const later = engine.status().time ?? 0;
  assert.ok(later >= 6_009_000 && later <= 6_010_000, String(later));
  say({ kind: 'disconnected' });
  await pass(5000);
  await engine.stop();
  await store.close();
});

test('a simulated exchange’s time is never made up', async () => {
  const { engine, store, pass } = await begin({ ring: { acknowledge: () => {} }, file: join(folder, 'simulated.db') });
  await pass(10_000);
  assert.equal(engine.status().time, 6_000_000);
  await engine.stop();
  await store.close();
});
