/** A short run of the fuzzer; the long one is `npm run fuzz`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

test('mutated input is refused as malformed or reads the same when written again', async () => {
  const reports = await fuzz(20_000, 7);
  const tries = reports.reduce((sum, it) => sum + it.count, 0);
  assert.ok(tries >= 18_000, `${tries} tries`);
  for (const { target, accepted, count } of reports)
    assert.ok(accepted > 0 && accepted < count, `${target}: ${accepted} of ${count}`);
});
