import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { noRules } from '@holdfast/domain';
import { stopsCancelled } from '../../apps/cli/src/drill/attacks/stops.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { assertWithinBound, closeAll, robbery } from './robbery.ts';

after(closeAll);

test('12: protective stops are not to be cancelled: they are still at the exchange, and sell when the market falls', async () => {
  const attack = stopsCancelled();
  const it = await robbery({ victims: 2, rules: noRules });
  await attack.before?.(it.stage);
  const stops = () =>
    it.world.victims.map(
      (userId) => it.world.exchange.core.openOrders(userId, btc).filter((order) => order.stopPrice > 0).length,
    );
  assert.deepEqual(stops(), [1, 1]);
  const before = it.world.losses.total(it.world.victims);
  await attack.play({
    ...it.stage,
    hands: { ...it.stage.hands, order: async () => ({ kind: 'refused', code: 'none', reason: '' }) },
  });
  assert.equal(it.stage.tally.refusals.E_RIGHT, 2);
  assert.deepEqual(stops(), [0, 0], 'they did what they were for');
  const lost = it.world.losses.total(it.world.victims) - before;
  assert.ok(lost > 0n && lost <= 2n * it.vaulted.mandates[0]!.stopBudget24h, `stops gave away ${lost}`);
  assertWithinBound(it);
});
