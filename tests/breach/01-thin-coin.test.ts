import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, defaultRules } from '@holdfast/domain';
import { baseFor, thinCoin } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, robbery } from './robbery.ts';

after(closeAll);

test('1: fifty accounts are made to buy a thin coin from its holder: every order is refused, nobody gains, all are stopped', async () => {
  const it = await robbery({ victims: 50, rules: defaultRules });
  const limit = amount('0.5');
  const order = { pair: thinCoin, side: 'buy', kind: 'limit', quantity: baseFor(thinCoin, amount('900'), limit), limit } as const;
  const codes = new Map<string, number>();
  for (let round = 0; round < 14; round += 1) {
    for (const victim of it.world.victims.keys()) {
      const outcome = await it.stage.attacker.rob(victim, order);
      codes.set(codeOf(outcome), (codes.get(codeOf(outcome)) ?? 0) + 1);
    }
    await it.world.pass(1_000);
  }
  assert.deepEqual([...codes.keys()].sort(), ['E_FROZEN', 'E_SYMBOL']);
  assert.equal(codes.get('E_SYMBOL')! + codes.get('E_FROZEN')!, 700);
  assert.ok(codes.get('E_FROZEN')! >= 50, 'every account found itself stopped');
  assert.equal(it.loss(), 0n);
  assert.equal(it.gain(), 0n);
});
