import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalText, doorPaths } from '@holdfast/domain';
import { intentOf } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, fair, robbery } from './robbery.ts';

after(closeAll);

test('16: a parameter that stands twice is E_PARAM at the intent door, wherever and however it is written', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const good = canonicalText(intentOf('once', fair(it)));
  const twice = [
    good.replace('"quantity":', '"quantity":"0.00001","quantity":'),
    `${good.slice(0, -1)},"quantity":"9"}`,
    `${good.slice(0, -1)} , "quan\\u0074ity" : "9"}`,
    `${good.slice(0, -1)},"side":"sell"}`,
  ];
  for (const body of twice) {
    assert.notEqual(body, good);
    const answer = await vault.ask(it.vaulted.botKey(0), doorPaths.intent, body);
    assert.deepEqual([answer.status, answer.body.error?.code], [400, 'E_PARAM'], body);
  }
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!).length, 0);
  assert.equal((await vault.ask(it.vaulted.botKey(0), doorPaths.intent, good)).body.verdict.kind, 'approved');
});
