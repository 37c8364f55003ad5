import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, robbery } from './robbery.ts';

after(closeAll);

test('53: yesterday’s vault put back: what was traded since counts all the same, and the budgets are not whole again', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const backup = vault.journal();
  const spend = async (): Promise<number> => {
    let passed = 0;
    for (let n = 0; n < 12; n += 1) {
      if (codeOf(await it.stage.attacker.rob(0, hostile(it.stage, btc, 'buy', amount('900'), 50))) !== 'approved') break;
      passed += 1;
      await it.world.pass(1_000);
    }
    return passed;
  };
  const first = await spend();
  assert.ok(first >= 2, `${first} orders used the budget up`);
  const lost = it.loss();
  vault.kill();
  vault.setJournal(backup);
  vault.start();
  await it.world.pass(60_000);
  const again = await spend();
  assert.ok(
    again <= 1,
    `${again} further orders passed on a restored backup (code of the next: ${codeOf(await it.vaulted.botOrder(0, hostile(it.stage, btc, 'buy', amount('900'), 50)))})`,
  );
  assert.ok(it.loss() - lost < lost, 'the thief did not get the budget twice');
});
