import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { defaultRules } from '@holdfast/domain';
import { dormantKey } from '../../apps/cli/src/drill/attacks/contra.ts';
import { act } from '../../apps/cli/src/drill/owners.ts';
import { closeAll, codeOf, fair, played } from './robbery.ts';

after(closeAll);

test('4: the first order of an account that slept makes it reduce-only, nothing fills, and only its owner wakes it', async () => {
  const it = await played(dormantKey, 3, defaultRules);
  assert.equal(it.stage.tally.approved, 0);
  assert.equal(it.gain(), 0n);
  for (const { condition, reason } of await it.conditions()) {
    assert.equal(condition, 'reduce-only');
    assert.match(reason, /no order for \d+ days.*revive/);
  }
  const { vault, owners, accounts } = it.vaulted;
  await act(vault, owners[0]!, { act: 'revive', account: accounts[0]!, at: it.world.clock.now() });
  assert.equal((await it.conditions())[0]!.condition, 'active');
  assert.equal(codeOf(await it.stage.hands.order(0, fair(it))), 'approved');
  assert.equal(codeOf(await it.stage.hands.order(1, fair(it))), 'E_FROZEN');
});
