import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, defaultRules, noRules } from '@holdfast/domain';
import { contraTrade } from '../../apps/cli/src/drill/attacks/contra.ts';
import { assertWithinBound, closeAll, codeOf, fair, played } from './robbery.ts';

after(closeAll);

test('3: contra trades at the edge of the band stop at the burn budget, whatever the rules', async () => {
  const it = await played(contraTrade, 3, noRules);
  assertWithinBound(it);
  assert.ok(it.loss() > amount('60'), 'the thief got as far as the caps let him');
  assert.ok((it.stage.tally.refusals.E_BURN ?? 0) > 0, JSON.stringify(it.stage.tally.refusals));
  assert.ok(it.gain() < it.loss(), 'fees went to the exchange');
});

test('3: with the rules on they are stopped before that, and stay stopped', async () => {
  const it = await played(contraTrade, 3, defaultRules);
  assertWithinBound(it);
  assert.ok(it.loss() <= amount('120'));
  for (const { condition } of await it.conditions()) assert.notEqual(condition, 'active');
  for (const victim of it.world.victims.keys()) assert.equal(codeOf(await it.stage.hands.order(victim, fair(it))), 'E_FROZEN');
});
