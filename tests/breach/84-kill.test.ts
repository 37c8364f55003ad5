import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, doorPaths } from '@holdfast/domain';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('84: killed under load: after the answer nothing is signed, sub-keys are dead, and it stays so over a restart', async () => {
  let isAnswered = false;
  const signedLater: string[] = [];
  const it = await robbery({
    victims: 3,
    mandate: (usual) => ({
      ...usual,
      ordersPerMinute: 100_000,
      orders24h: 100_000,
      openOrders: 1000,
      burn24h: amount('4000'),
      burn7d: amount('10000'),
    }),
    weather: (purpose, send) => {
      if (isAnswered && purpose === 'place') signedLater.push(purpose);
      return send();
    },
  });
  const { vault } = it.vaulted;
  const asked = [];
  for (let n = 0; n < 300; n += 1) {
    asked.push(it.vaulted.botOrder(n % 3, fair(it, '10')));
    if (n === 100)
      void vault.ask(vault.peer('cli'), doorPaths.kill, { reason: 'robbed' }).then((answer) => {
        assert.equal(answer.status, 200);
        isAnswered = true;
      });
  }
  await it.world.pass(5_000);
  assert.ok(isAnswered);
  void asked;
  assert.deepEqual(signedLater, []);
  assert.equal(vault.killed.length, 1, 'the warden was told to drop the key');
  for (const userId of it.world.victims)
    assert.equal(it.world.exchange.core.openOrders(userId).length, 0, 'entries are cancelled');
  vault.kill();
  vault.start();
  await it.world.pass(5_000);
  for (const { condition } of await it.conditions()) assert.equal(condition, 'revoked');
  assert.ok(['E_REVOKED', 'E_SIG'].includes(codeOf(await it.vaulted.botOrder(0, fair(it)))));
});
