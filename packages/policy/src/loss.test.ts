import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountId, type Asset, amount, formatAmount, ownerId, unit } from '@holdfast/domain';
import fc from 'fast-check';
import { mandateWords, proposeMandate, worstLoss } from './index.ts';
import { lossText } from './loss.ts';
import { btc, eth, mandate, pairRules } from './testing/cases.ts';

/** Custody 3.6's worked example: 20,000 USDT, BTC and ETH, T 10,000, B 60, O 4,000, g 1 %, P 8,000 in all, s 15 %, corridor ±25 %. */
const example = (heldBase = '1000000') =>
  mandate({
    turnover24h: amount('10000'),
    burn24h: amount('60'),
    stopBudget24h: amount('0'),
    maxOpenQuote: amount('4000'),
    gapBps: 100,
    pairs: [btc, eth].map((pair) =>
      pairRules({
        pair,
        maxPositionQuote: amount('4000'),
        stressBps: 1500,
        floor: amount('75'),
        ceiling: amount('125'),
        maxSellHeldBase24h: amount(heldBase),
      }),
    ),
  });

test('the worked example of the specification, to the number', () => {
  const loss = worstLoss(example());
  assert.equal(formatAmount(loss.theft24h), '100');
  assert.equal((loss.theft24h * 10_000n) / amount('20000'), 50n);
  assert.equal(formatAmount(loss.market24h), '1200');
  assert.equal(formatAmount(loss.forgedWithoutCorridor24h), '10000');
  assert.equal(formatAmount(loss.forgedBuys24h), '2000');
  // "3 300 by sells (counted at the floor, worth a third more)": a third of 10,000, in hundreds.
  assert.equal((loss.forgedSells24h / unit / 100n) * 100n, 3300n);
  // Both ways share T; fees are in B.
  assert.equal(loss.forged24h, loss.forgedSells24h + amount('60'));
  assert.equal(loss.formula, 'B + S + O × g = 60 + 0 + 4000 × 1 % = 100 USDT');
});

test('the base cap binds what can be sold at forged prices', () => {
  // 3 of each: 6 × 75 of turnover, 6 × 25 lost.
  assert.equal(formatAmount(worstLoss(example('3')).forgedSells24h), '150');
  const none = worstLoss(example('0'));
  assert.equal(none.forgedSells24h, 0n);
  assert.equal(formatAmount(none.forged24h), '2060');
  // 450 of T sold, the rest bought.
  assert.equal(formatAmount(worstLoss(example('3')).forged24h), '2120');
});

test('stops add their budget to what can be stolen', () => {
  assert.equal(formatAmount(worstLoss({ ...example(), stopBudget24h: amount('25') }).theft24h), '125');
});

test('the words name every limit and the worst loss', () => {
  const words = mandateWords({ ...example(), drawdown24h: amount('2000'), mayCancelStops: false, foreign: 'freeze' });
  const text = words.join('\n');
  for (const part of [
    'BTC/USDT may be bought and sold by limit, post-only, immediate, stop-limit orders of at most 1000 USDT and 50 BTC each',
    'prices from 75 to 125',
    'at most 1 % worse than the reference price of 3 other exchanges',
    'at most 4000 USDT may be put into it',
    'in 24 hours at most 10000 USDT traded',
    'at most 60 USDT in 24 hours and 150 USDT in 7 days',
    'a thief can take at most 100 USDT in 24 hours',
    'Not stolen, but at risk: 1200 USDT',
    'until 1970-01-11 00:00 UTC',
    'No bot may cancel protective stops.',
    'freeze the account',
    'loses 2000 USDT within 24 hours',
  ])
    assert.ok(text.includes(part), `${part} in\n${text}`);
  assert.ok(!text.includes('Switched off'));
  const off = { ...example(), rules: { ...example().rules, dormantDays: 0 } };
  assert.ok(mandateWords(off).join('\n').includes('Switched off of the rules that watch for robbery: dormantDays.'));
});

test('the proposed mandate can lose at most half a percent of the equity to a thief', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (cents, price) => {
      const equity = (cents * 10n ** 16n) as ReturnType<typeof amount>;
      const proposed = proposeMandate({
        account: 'a' as AccountId,
        owner: ownerId('owner'),
        uid: 'u',
        quote: 'USDT' as Asset,
        equity,
        pairs: [
          { pair: btc, price: (price * 10n ** 12n) as ReturnType<typeof amount> },
          { pair: eth, price: amount('3000') },
        ],
        from: 1_700_000_000_000,
      });
      assert.ok(worstLoss(proposed).theft24h * 200n <= equity);
      assert.equal(proposed.exp - proposed.nbf, 90 * 86_400_000);
      for (const rules of proposed.pairs) assert.ok(rules.floor < rules.ceiling && rules.maxOrderQuote <= equity);
      assert.ok(
        formatAmount(proposed.turnover24h).split('.')[1] === undefined ||
          formatAmount(proposed.turnover24h).split('.')[1]!.length <= 8,
      );
    }),
  );
});

test('a loss is written as people read it, never less than it is', () => {
  const texts = ['100', '14463.095238095238095239', '0.005', '0.001234567891', '2000.001', '0'].map((it) => lossText(amount(it)));
  assert.deepEqual(texts, ['100', '14463.1', '0.005', '0.00123457', '2000.01', '0']);
});
