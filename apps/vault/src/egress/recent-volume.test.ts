import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentVolume } from './recent-volume.ts';

const minute = 60_000;
const start = 28_000_000 * minute;

test('the volume of five closed minutes is known from the fifth on, and moves with them', () => {
  const recent = createRecentVolume();
  assert.equal(recent.at(start), null);
  for (let n = 0; n < 4; n += 1) recent.closed(start + n * minute, 10n);
  assert.equal(recent.at(start + 4 * minute), null, 'four minutes are not five');
  recent.closed(start + 4 * minute, 100n);
  assert.equal(recent.at(start + 5 * minute), 140n);
  recent.closed(start + 5 * minute, 1n);
  assert.equal(recent.at(start + 6 * minute), 131n);
  recent.closed(start + 5 * minute, 1n);
  assert.equal(recent.at(start + 6 * minute), 131n, 'the same candle again counts once');
});

test('a late candle is waited for, a silence counts as no trade', () => {
  const recent = createRecentVolume();
  for (let n = 0; n < 6; n += 1) recent.closed(start + n * minute, 10n);
  assert.equal(recent.at(start + 7 * minute + 999), 50n);
  assert.equal(recent.at(start + 8 * minute), 40n);
  assert.equal(recent.at(start + 60 * minute), 0n);
});
