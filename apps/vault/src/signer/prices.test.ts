import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type Pair } from '@holdfast/domain';
import { clockFaultOf, createPrices } from './prices.ts';

const now = 1_700_000_000_000;
const dayMs = 86_400_000;

test('the time of a real vault counts only while its clock, that of egress and those of the exchanges agree', () => {
  assert.equal(clockFaultOf(now, { time: now + 100, serverTime: now - 900 }), '');
  assert.match(clockFaultOf(now, { time: now }), /too few exchanges/);
  assert.match(clockFaultOf(now + dayMs, { time: now + dayMs, serverTime: now }), /set it by NTP/, 'set a day ahead');
  assert.match(clockFaultOf(now - dayMs, { time: now - dayMs, serverTime: now }), /set it by NTP/, 'set a day back');
  assert.match(clockFaultOf(now, { time: now + dayMs, serverTime: now + dayMs }), /set it by NTP/, 'egress lies about both');
  assert.match(clockFaultOf(now, { time: now + dayMs, serverTime: now }), /limit 1000 ms/, 'egress lies about its own');
});

test('a reference price counts with every digit, also of a coin that is worth next to nothing', () => {
  const pair = 'TINY/USDT' as Pair;
  const prices = createPrices({ now: () => now, after: () => undefined });
  const own = { pair, mid: '0.0000000196', volume24h: '1.5', volume5m: null };
  prices.learn(now, [{ pair, price: '0.0000000195', sources: 3 }], [own], true);
  // Cut to eight places it would be half of that, and selling at half its worth would give nothing away.
  assert.equal(prices.of(pair, now)?.price, amount('0.0000000195'));
  assert.equal(prices.venueOf(pair).price, amount('0.0000000196'));
});
