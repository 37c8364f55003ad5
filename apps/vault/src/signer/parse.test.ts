import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGrant } from './parse.ts';

const grant = (count: number): string =>
  JSON.stringify({
    bot: 'one',
    account: 'paper',
    pairs: Array.from({ length: count }, (_, n) => `C${n}/USDT`),
    maxOrderQuote: '100',
    turnover24h: '1000',
    rights: [],
  });

test('a grant names as many pairs as a mandate may, and no more', () => {
  assert.equal(parseGrant(grant(200)).pairs.length, 200);
  assert.throws(() => parseGrant(grant(201)), /pairs/);
});
