import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, doorPaths } from '@holdfast/domain';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('39: a revoke while 500 requests are in flight: nothing of that sub-key is signed after it is on disk', async () => {
  let isDurable = false;
  const signedLater: string[] = [];
  const it = await robbery({
    mandate: (usual) => ({
      ...usual,
      ordersPerMinute: 100_000,
      orders24h: 100_000,
      openOrders: 1000,
      burn24h: amount('4000'),
      burn7d: amount('10000'),
    }),
    disk: (bytes) => {
      if (bytes.includes('"kind":"revoked"')) isDurable = true;
    },
    weather: (purpose, send) => {
      if (purpose === 'place' && isDurable) signedLater.push(purpose);
      return send();
    },
  });
  const { vault } = it.vaulted;
  const asked = [];
  for (let n = 0; n < 500; n += 1) {
    asked.push(it.vaulted.botOrder(0, fair(it, '10')));
    if (n === 250) void vault.ask(vault.peer('server'), doorPaths.revoke, { subKey: it.vaulted.botKey(0).id });
  }
  const codes = (await Promise.all(asked)).map(codeOf);
  await it.world.settle();
  assert.ok(isDurable);
  const approved = codes.filter((code) => code === 'approved').length;
  assert.ok(approved > 0 && approved <= 251, `${approved} approved`);
  assert.ok(
    codes.slice(252).every((code) => code === 'E_REVOKED' || code === 'E_SIG'),
    [...new Set(codes)].join(),
  );
  assert.deepEqual(signedLater, []);
});
