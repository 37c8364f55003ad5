import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVenueClock } from './venue-clock.ts';

const now = 1_700_000_000_000;

test('the middle exchange decides, and delay on the way does not count as a clock ahead', () => {
  const clock = createVenueClock();
  assert.equal(clock.timeAt(now), null);
  clock.hear('kraken', now - 900, now);
  clock.hear('kraken', now - 40, now + 10);
  assert.equal(clock.timeAt(now), null, 'one exchange is none');
  clock.hear('okx', now - 60, now);
  clock.hear('coinbase', now - 90_000, now); // one lies
  assert.equal(clock.timeAt(now), now - 60);
});

test('what was heard more than a minute ago, or before the clock was set back, counts no more', () => {
  const clock = createVenueClock();
  for (const venue of ['kraken', 'okx'] as const) clock.hear(venue, now, now);
  assert.equal(clock.timeAt(now + 61_000), null);
  assert.equal(clock.timeAt(now - 3_600_000), null);
  for (const venue of ['kraken', 'okx'] as const) clock.hear(venue, now + 1000, now - 3_600_000);
  assert.equal(clock.timeAt(now - 3_600_000), now + 1000);
});
