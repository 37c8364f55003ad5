import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type BotId, type GrantRequest, type GrantRight, type Pair } from '@holdfast/domain';
import fc from 'fast-check';
import { compareMandates, dayMs, judgeGrant, mandateFor } from './index.ts';
import { account, btc, eth, mandate } from './testing/cases.ts';

const request = (change: Partial<GrantRequest> = {}): GrantRequest => ({
  bot: 'b' as BotId,
  account,
  pairs: [btc],
  maxOrderQuote: amount('1000'),
  turnover24h: amount('10000'),
  rights: [],
  ...change,
});

test('a grant must lie inside the mandate', () => {
  assert.equal(judgeGrant(mandate(), request(), 0).kind, 'inside');
  for (const wider of [
    request({ pairs: [eth] }),
    request({ pairs: [] }),
    request({ maxOrderQuote: amount('1000.01') }),
    request({ turnover24h: amount('10000.01') }),
    request({ account: 'other' as typeof account }),
  ])
    assert.equal(judgeGrant(mandate(), wider, 0).kind, 'outside');
  assert.equal(judgeGrant(null, request(), 0).kind, 'outside');
  const ended = judgeGrant(mandate(), request(), 11 * dayMs);
  assert.equal(ended.kind === 'outside' && ended.code, 'E_MANDATE_EXP');
});

test('the right to cancel stops is granted only where the mandate allows it', () => {
  const wanted = request({ rights: ['cancel-stops'] });
  assert.equal(judgeGrant(mandate({ mayCancelStops: true }), wanted, 0).kind, 'inside');
  assert.equal(judgeGrant(mandate({ mayCancelStops: false }), wanted, 0).kind, 'outside');
});

const terms = { prev: 'ab', equity: amount('20000'), prices: (pair: Pair) => (pair === eth ? amount('4000') : undefined) };

test('a refused grant can propose the smallest widening that contains it', () => {
  const before = mandate({ mayCancelStops: false });
  const dear = mandateFor(before, request({ maxOrderQuote: amount('1500') }), terms, 7)!;
  assert.deepEqual(compareMandates(before, dear).changes, ['BTC/USDT maxOrderQuote: 1000 → 1500']);
  assert.deepEqual([dear.seq, dear.prev, dear.nbf], [2, 'ab', 7]);
  const fresh = mandateFor(before, request({ pairs: [btc, eth], maxOrderQuote: amount('500') }), terms, 7)!;
  assert.deepEqual(compareMandates(before, fresh).changes, ['ETH/USDT is new']);
  assert.deepEqual(
    [fresh.pairs[1]!.floor, fresh.pairs[1]!.ceiling, fresh.pairs[1]!.maxOrderQuote],
    [amount('3000'), amount('5000'), amount('500')],
  );
  assert.equal(mandateFor(before, request({ pairs: ['XRP/USDT' as Pair] }), terms, 7), null);
  assert.equal(mandateFor(before, request(), terms, 7), before);
  const late = mandateFor(before, request(), terms, before.exp + 1)!;
  assert.deepEqual(compareMandates(before, late).changes.length, 1);
});

test('what is proposed for a grant contains it and narrows nothing', () => {
  fc.assert(
    fc.property(
      fc.subarray([btc, eth], { minLength: 1 }),
      fc.bigInt({ min: 1n, max: 3000n }),
      fc.bigInt({ min: 1n, max: 30_000n }),
      fc.subarray<GrantRight>(['cancel-stops', 'sell-held']),
      fc.boolean(),
      (pairs, size, turnover, rights, mayCancelStops) => {
        const before = mandate({ mayCancelStops });
        const wanted = request({
          pairs,
          rights,
          maxOrderQuote: (size * 10n ** 18n) as Amount,
          turnover24h: (turnover * 10n ** 18n) as Amount,
        });
        const proposed = mandateFor(before, wanted, terms, 0);
        assert.ok(proposed !== null);
        assert.equal(judgeGrant(proposed, wanted, 0).kind, 'inside');
        const inside = judgeGrant(before, wanted, 0).kind === 'inside';
        assert.equal(compareMandates(before, proposed).change, inside ? 'equal' : 'wider');
        assert.notEqual(compareMandates(proposed, before).change, 'wider');
      },
    ),
  );
});
