import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import type { HostileOrder } from '../../apps/cli/src/drill/hands.ts';
import { btc, inLots } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, robbery } from './robbery.ts';

after(closeAll);

const dayMs = 86_400_000;

test('58: partial fills, cancels that race with fills, and replacing: reserved and realised never pass B and end at nothing', async () => {
  const it = await robbery({ seed: 5, mandate: (usual) => ({ ...usual, ordersPerMinute: 10_000, openOrders: 60 }) });
  const { chance } = it.world;
  const limit = it.vaulted.mandates[0]!.burn24h;
  const resting: { readonly id: string; readonly order: HostileOrder }[] = [];
  let approved = 0;
  let cancels = 0;
  for (let step = 0; step < 300; step += 1) {
    const order = hostile(
      it.stage,
      btc,
      chance.next() < 0.6 ? 'buy' : 'sell',
      amount(String(chance.whole(50, 400))),
      chance.whole(-30, 45),
    );
    const outcome = await it.vaulted.botOrder(0, order);
    if (outcome.kind === 'approved') {
      approved += 1;
      resting.push({ id: outcome.id, order });
    } else assert.ok(['E_BURN', 'E_TURNOVER', 'E_POS', 'E_OPEN', 'E_SIZE'].includes(codeOf(outcome)), codeOf(outcome));
    const one = resting[chance.whole(0, Math.max(0, resting.length - 1))];
    if (one !== undefined) {
      const part = inLots(btc, (one.order.quantity * BigInt(chance.whole(10, 100))) / 100n);
      if (chance.next() < 0.5 && part > 0n) it.stage.attacker.take({ ...one.order, quantity: part });
      if (chance.next() < 0.5) {
        cancels += 1;
        void it.vaulted.cancelAsBot(0, btc, one.id);
        it.stage.attacker.take({ ...one.order, quantity: part > 0n ? part : one.order.quantity });
      }
    }
    await it.world.pass(chance.whole(0, 600));
    const { used } = (await it.vaulted.status()).accounts[0]!;
    const burn = amount(String(used.burn));
    assert.ok(burn >= 0n && burn <= limit, `step ${step}: burn ${used.burn} of ${limit}`);
  }
  assert.ok(approved > 20 && cancels > 20, `${approved} approved, ${cancels} cancelled`);
  for (const { id } of resting) await it.vaulted.cancelAsBot(0, btc, id);
  await it.world.pass(5_000);
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!).length, 0);
  // What was bought is sold again, so that no position holds anything for its exit.
  const [account] = (await it.vaulted.status()).accounts;
  assert.equal(account!.used.openOrders, 0);
  await it.world.pass(dayMs + 60_000);
  const { used } = (await it.vaulted.status()).accounts[0]!;
  assert.ok(amount(String(used.burn)) <= (limit * 61n) / 100n, `at rest only exits of positions are held for: ${used.burn}`);
});
