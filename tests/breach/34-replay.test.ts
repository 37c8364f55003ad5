import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalText, doorPaths } from '@holdfast/domain';
import { intentOf } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, fair, robbery } from './robbery.ts';

after(closeAll);

test('34: a request sent again is E_REPLAY, one from before the start of the signer E_TIME, and neither makes an order', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const orders = () => it.world.exchange.core.openOrders(it.world.victims[0]!).length;
  const body = canonicalText(intentOf('once', fair(it)));
  const request = {
    method: 'POST',
    path: doorPaths.intent,
    headers: vault.headersOf(it.vaulted.botKey(0), 'POST', doorPaths.intent, body),
    body,
  };
  assert.equal((await vault.raw(request)).body.verdict.kind, 'approved');
  await it.world.settle();
  assert.equal(orders(), 1);
  const again = await vault.raw(request);
  assert.deepEqual([again.status, again.body.error.code], [401, 'E_REPLAY']);

  const early = canonicalText(intentOf('early', fair(it)));
  const headers = vault.headersOf(it.vaulted.botKey(0), 'POST', doorPaths.intent, early);
  await it.world.pass(500);
  vault.kill();
  vault.start();
  await it.world.pass(200);
  const late = await vault.raw({ method: 'POST', path: doorPaths.intent, headers, body: early });
  assert.deepEqual([late.status, late.body.error.code], [401, 'E_TIME']);
  assert.equal(orders(), 1);
});
