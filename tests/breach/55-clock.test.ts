import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, canonicalText, doorPaths } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { intentOf } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

const hourMs = 3_600_000;

test('55: an exchange clock set back refills no window; a request of another time is E_TIME', async () => {
  const it = await robbery({ mandate: (usual) => ({ ...usual, ordersPerMinute: 1000 }) });
  const { vault } = it.vaulted;
  while (codeOf(await it.stage.attacker.rob(0, hostile(it.stage, btc, 'buy', amount('900'), 50))) === 'approved')
    await it.world.pass(1_000);
  const now = it.world.clock.now();
  const refused = async () => codeOf(await it.vaulted.botOrder(0, hostile(it.stage, btc, 'buy', amount('900'), 50)));
  assert.equal(await refused(), 'E_BURN');
  vault.round(now - 24 * hourMs, it.world.reference());
  await it.world.settle();
  assert.ok(['E_BURN', 'E_ORACLE'].includes(await refused()), 'a day back');
  vault.round(now + 1_000, it.world.reference());
  await it.world.settle();
  assert.equal(await refused(), 'E_BURN');
  const { key, path, body } = {
    key: it.vaulted.botKey(0),
    path: doorPaths.intent,
    body: canonicalText(intentOf('old', fair(it))),
  };
  for (const shift of [-24 * hourMs, 24 * hourMs]) {
    const headers = vault.headersOf(key, 'POST', path, body, now + shift);
    assert.equal((await vault.raw({ method: 'POST', path, headers, body })).body.error.code, 'E_TIME');
  }
});
