/** What is of a round that has not been said yet waits for it, for as long as the market goes on speaking. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DoorEvent, epochMs, type MarketEvent } from '@holdfast/domain';
import { lateWordMs, Ring } from './round.ts';

type Fill = Exclude<DoorEvent, { kind: 'sync' }>;
type Word = Exclude<MarketEvent, { kind: 'sync' }>;
const [fill, word] = [{ kind: 'order' } as unknown as Fill, { kind: 'candle' } as unknown as Word];

/** A ring whose first round is acknowledged. */
function afterRound(): { readonly ring: Ring; readonly next: (now: number) => string } {
  const ring = new Ring();
  const round = { n: 1, at: epochMs(0) };
  ring.marketSync(round);
  ring.vaultSync(round);
  assert.equal(ring.next(true, 0, () => true).kind, 'new');
  ring.drain();
  ring.close();
  return { ring, next: (now) => ring.next(true, now, () => true).kind };
}

test('a fill of the next round waits for it however long the market takes to say the minutes before', () => {
  const { ring, next } = afterRound();
  assert.ok(ring.keepVault(fill, true));
  assert.equal(next(0), 'wait');
  for (let now = 1_000; now <= 20_000; now += 1_000) {
    ring.keepMarket(word, false);
    assert.notEqual(next(now), 'new', `${now} ms`);
  }
  const round = { n: 2, at: epochMs(60_000) };
  ring.marketSync(round);
  assert.equal(next(20_000), 'none', 'the vault has not said its word yet');
  ring.vaultSync(round);
  assert.equal(next(20_000), 'new');
  assert.deepEqual([ring.drain().vault.length, ring.open?.n], [1, 2]);
});

test('where the market says nothing more the fill is handled, and who waits is called as often as it takes', () => {
  const { ring, next } = afterRound();
  ring.keepVault(fill, true);
  assert.equal(next(0), 'wait');
  assert.equal(next(10), 'none', 'one call at a time');
  ring.keepMarket(word, false);
  assert.equal(next(500), 'none');
  assert.equal(next(lateWordMs), 'wait', 'called, and the market has spoken since');
  assert.equal(next(lateWordMs + 499), 'none');
  assert.equal(next(lateWordMs + 500), 'new');
});
