import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountId, amount, asset, type MandateNeeds, ownerId } from '@holdfast/domain';
import { compareMandates, mandateOfNeeds, missingOf, widenedBy, worstLoss } from './index.ts';
import { btc, eth, mandate, pairRules } from './testing/cases.ts';

const needs: MandateNeeds = {
  pairs: [
    {
      pair: eth,
      sides: ['buy', 'sell'],
      orders: ['limit', 'stop-limit'],
      maxOrderQuote: amount('500'),
      maxOrderBase: amount('0.3'),
      maxPositionQuote: amount('2000'),
      floor: amount('1000'),
      ceiling: amount('4000'),
      maxSellHeldBase24h: amount('0'),
    },
  ],
  turnover24h: amount('10000'),
  openOrders: 8,
  maxOpenQuote: amount('1500'),
};
const terms = {
  account: 'paper' as AccountId,
  owner: ownerId('owner'),
  uid: 'u',
  quote: asset('USDT'),
  feeBps: 10,
  now: 1_000,
  prev: '',
};
const needed = mandateOfNeeds(needs, terms);

test('the smallest mandate counts burn as fee and slippage of the turnover and what is held for ends, and stops at their gap', () => {
  // B 10,000 × 0.2 % + 2,000 × 0.6 % + 500 × 0.6 % = 35, S 2 × 2,000 × 1 % = 40, O 1,500 × 1 % = 15.
  assert.equal(worstLoss(needed).theft24h, amount('90'));
});

test('without a mandate one is missing, and the needed one is proposed', () => {
  assert.deepEqual(
    missingOf(needed, null).map(({ field, blocks }) => [field, blocks]),
    [['mandate', true]],
  );
  assert.equal(widenedBy(needed, null), needed);
});

test('says each limit that is too small, and only a missing pair keeps the bot from being made', () => {
  const inForce = mandate({ pairs: [pairRules({ pair: btc })], turnover24h: amount('9000'), maxOpenQuote: amount('9000') });
  const missing = missingOf(needed, inForce);
  assert.ok(missing.some(({ field, pair, blocks }) => field === 'pairs' && pair === eth && blocks));
  assert.deepEqual(
    missing.filter(({ field }) => field === 'turnover24h').map((it) => [it.needed, it.inForce, it.blocks]),
    [['10000', '9000', false]],
  );
});

test('what is proposed leaves nothing missing and takes nothing away', () => {
  for (const pairs of [[pairRules({ pair: btc })], [pairRules({ pair: eth, maxOrderQuote: amount('1') })]]) {
    const inForce = mandate({ pairs, turnover24h: amount('100'), openOrders: 2 });
    const proposed = widenedBy(needed, inForce);
    assert.deepEqual(missingOf(needed, proposed), []);
    assert.deepEqual(missingOf(inForce, proposed), []);
    assert.equal(compareMandates(inForce, proposed).change, 'wider');
  }
});
