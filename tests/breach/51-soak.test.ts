import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Amount, amount, multiply } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, robbery } from './robbery.ts';

after(closeAll);

const rounds = 256;
const parallel = 64;
const dayMs = 86_400_000;

test('51: of 64 orders at once that each need 60 % of what is left of the burn budget, exactly one passes, 256 times', async () => {
  // Sizes that let one order take most of B: only the budget stands between the 64.
  const it = await robbery({
    grant: { maxOrderQuote: '100000', turnover24h: '1000000' },
    mandate: (usual) => ({
      ...usual,
      turnover24h: amount('1000000'),
      burn24h: amount('100'),
      burn7d: amount('100000'),
      maxOpenQuote: amount('1000000'),
      ordersPerMinute: 100_000,
      orders24h: 1_000_000,
      openOrders: 1000,
      pairs: usual.pairs.map((pair) => ({
        ...pair,
        maxOrderQuote: amount('100000'),
        maxOrderBase: amount('10'),
        maxPositionQuote: amount('1000000'),
      })),
    }),
  });
  const limits = { ...it.vaulted.mandates[0]! };
  // 10 bp fee, 50 bp edge, and for the own exit 60 bp: 60 % of 100 is held for an order of about 5,000.
  const need = (limits.burn24h * 60n) / 100n;
  const quote = ((need * 10_000n) / 120n) as Amount;
  for (let round = 0; round < rounds; round += 1) {
    const order = hostile(it.stage, btc, 'buy', quote, 50);
    assert.ok(multiply(order.quantity, order.limit, 'up') > 0n);
    const outcomes = await Promise.all(Array.from({ length: parallel }, () => it.vaulted.botOrder(0, order)));
    const passed = outcomes.filter(({ kind }) => kind === 'approved');
    const codes = new Set(outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.code] : [])));
    assert.equal(passed.length, 1, `round ${round}: ${passed.length} passed, ${[...codes]}`);
    assert.deepEqual([...codes], ['E_BURN'], `round ${round}`);
    const [one] = passed;
    if (one?.kind === 'approved') await it.vaulted.cancelAsBot(0, btc, one.id);
    await it.world.pass(200);
    assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!, btc).length, 0, `round ${round}: it rests still`);
  }
  await it.world.pass(dayMs);
  const { used } = (await it.vaulted.status()).accounts[0]!;
  assert.equal(used.burn, '0', 'at rest nothing is held');
});
