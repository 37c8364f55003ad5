import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, doorPaths } from '@holdfast/domain';
import { honestBuy } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc, inLots } from '../../apps/cli/src/drill/markets.ts';
import { act } from '../../apps/cli/src/drill/owners.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

const freezeEveryMs = 5 * 60_000;

test('85: whoever freezes every five minutes stops new risk only: stops stay, reduce-only sells, the owner mutes the freezer', async () => {
  const it = await robbery();
  const { vault, owners, accounts } = it.vaulted;
  const account = accounts[0]!;
  const { quantity } = await honestBuy(it.stage, 0, btc, amount('800'));
  const half = inLots(btc, (quantity * 45n) / 100n);
  const stop = fair(it, '1', {
    side: 'sell',
    kind: 'stop-limit',
    quantity: half,
    trigger: amount('15500'),
    limit: amount('15450'),
  });
  assert.equal(codeOf(await it.vaulted.botOrder(0, stop)), 'approved');
  await it.world.settle();
  const freezer = it.vaulted.botKey(0);
  for (let round = 0; round < 3; round += 1) {
    const done = await vault.ask(freezer, doorPaths.freeze, { reason: 'again', account, condition: 'reduce-only' });
    assert.equal(done.status, 200);
    assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it, '20'))), 'E_FROZEN');
    await it.world.pass(freezeEveryMs);
  }
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!, btc).length, 1, 'the stop is still at the exchange');
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it, '1', { side: 'sell', quantity: half }))), 'approved');
  // The owner ends the sub-key that freezes, lifts the freeze, and it stays lifted.
  await vault.ask(vault.peer('cli'), doorPaths.revoke, { subKey: freezer.id });
  const stateEpoch = (await it.vaulted.status()).accounts[0]!.stateEpoch;
  await act(vault, owners[0]!, { act: 'unfreeze', account, stateEpoch, at: it.world.clock.now() });
  assert.notEqual((await vault.ask(freezer, doorPaths.freeze, { reason: 'again', account })).status, 200);
  assert.equal((await it.conditions())[0]!.condition, 'active');
});
