import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { honestBuy } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc, inLots } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

const hourMs = 3_600_000;

test('49: after its end a mandate takes no new risk; cancelling and selling what was bought still work', async () => {
  const it = await robbery({ mandate: (usual) => ({ ...usual, exp: usual.nbf + 25 * hourMs }) });
  const bought = await honestBuy(it.stage, 0, btc, amount('500'));
  const resting = await it.vaulted.botOrder(0, fair(it, '100', { limit: amount('15990') }));
  assert.ok(resting.kind === 'approved');
  await it.world.pass(2 * hourMs);
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'E_MANDATE_EXP');
  const sale = fair(it, '500', { side: 'sell', quantity: inLots(btc, (bought.quantity * 99n) / 100n) });
  assert.equal(codeOf(await it.vaulted.botOrder(0, sale)), 'approved');
  await it.world.settle();
  it.stage.attacker.take(sale);
  const left = it.world.exchange.core.openOrders(it.world.victims[0]!);
  if (left.length > 0) assert.equal(codeOf(await it.vaulted.cancelAsBot(0, btc, resting.id)), 'approved');
  await it.world.pass(1_000);
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!).length, 0);
});
