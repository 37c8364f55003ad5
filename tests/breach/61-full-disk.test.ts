import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('61: with a disk that takes nothing everything but a cancel is E_AUDIT; with space again it goes on by itself', async () => {
  let isFull = false;
  const placed: string[] = [];
  const it = await robbery({
    disk: () => {
      if (isFull) throw new Error('ENOSPC: no space left on device');
    },
    weather: (purpose, send) => {
      if (purpose === 'place') placed.push(purpose);
      return send();
    },
  });
  const resting = await it.vaulted.botOrder(0, fair(it, '100', { limit: amount('15995') }));
  assert.ok(resting.kind === 'approved');
  await it.world.settle();
  isFull = true;
  void it.vaulted.botOrder(0, fair(it)); // decided, and never on disk
  await it.world.settle();
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'E_AUDIT');
  assert.equal(codeOf(await it.vaulted.cancelAsBot(0, btc, resting.id)), 'approved');
  await it.world.pass(6_000);
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!).length, 0, 'the cancel went out');
  assert.equal(placed.length, 1, 'nothing new was signed');
  isFull = false;
  await it.world.pass(10_000);
  assert.ok(it.vaulted.vault.isUp());
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'approved');
});
