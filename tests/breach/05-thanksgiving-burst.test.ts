import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { defaultRules } from '@holdfast/domain';
import { worstLoss } from '@holdfast/policy';
import { burst } from '../../apps/cli/src/drill/attacks/contra.ts';
import { assertWithinBound, closeAll, played } from './robbery.ts';

after(closeAll);

test('5: a thousand orders within a minute, each within its size: the pace is capped, the accounts stopped, the loss below B', async () => {
  const it = await played(burst, 25, defaultRules);
  assertWithinBound(it);
  const { refusals, approved } = it.stage.tally;
  assert.ok((refusals.E_RATE ?? 0) + (refusals.E_FROZEN ?? 0) > 0, JSON.stringify(refusals));
  assert.ok(approved <= 25 * 20, `${approved} orders passed in a minute`);
  for (const userId of it.world.victims) assert.ok(it.world.losses.of(userId) <= worstLoss(it.vaulted.mandates[0]!).theft24h);
  for (const { condition } of await it.conditions()) assert.notEqual(condition, 'active');
});
