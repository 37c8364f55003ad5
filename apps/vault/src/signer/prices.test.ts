import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockFaultOf } from './prices.ts';

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
