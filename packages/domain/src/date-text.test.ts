import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateMs } from './date-text.ts';

const time = Date.UTC(2025, 0, 31, 17, 5, 9);

test('a date is of UTC unless it says another zone, wherever the machine stands', () => {
  const before = process.env.TZ;
  for (const zone of ['America/New_York', 'Asia/Tokyo', 'UTC']) {
    process.env.TZ = zone;
    for (const text of [
      '2025-01-31 17:05:09',
      '2025-01-31T17:05:09.000Z',
      '2025/01/31 17:05:09 UTC',
      '2025.01.31 19:05:09+02:00',
      '2025-01-31T12:05:09-0500',
    ])
      assert.equal(dateMs(text), time, `${text} in ${zone}`);
    assert.equal(dateMs('2025-01-31'), Date.UTC(2025, 0, 31));
  }
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

test('what could be another day, or is none, is no date', () => {
  for (const text of ['01/02/2025', '31.01.2025 10:00', '2025-02-31', '2025-13-01', '2025-01-31 25:00', '2025', 'soon', ''])
    assert.ok(Number.isNaN(dateMs(text)), text);
});
