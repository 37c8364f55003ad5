import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, type Robbery, robbery } from './robbery.ts';

after(closeAll);

const burnOf = async (it: Robbery): Promise<bigint> => amount(String((await it.vaulted.status()).accounts[0]!.used.burn));

test('57: the answer is lost, the hold stays until the exchange says what became of the order, then it is settled once', async () => {
  let isLost = false;
  const placed: string[] = [];
  const it = await robbery({
    weather: (purpose, send) => {
      const answer = send();
      if (purpose === 'place') placed.push(purpose);
      return isLost ? 'answer-lost' : answer;
    },
  });
  const { vault } = it.vaulted;
  isLost = true;
  vault.loseStream('account-1');
  const order = hostile(it.stage, btc, 'buy', amount('900'), 40);
  assert.equal(codeOf(await it.vaulted.botOrder(0, order)), 'approved');
  await it.world.settle();
  const held = await burnOf(it);
  assert.ok(held > 0n);
  it.stage.attacker.take(order);
  await it.world.pass(3_000);
  assert.equal(await burnOf(it), held, 'nobody knows yet, so the whole hold stays');
  isLost = false;
  await it.world.pass(60_000);
  const settled = await burnOf(it);
  assert.ok(settled > 0n && settled <= held, `${settled} of ${held}`);
  await it.world.pass(60_000);
  assert.equal(await burnOf(it), settled, 'counted once');
  assert.equal(placed.length, 1);
});

test('57: an order that egress sent twice is seen at the exchange as not ours, and freezes', async () => {
  const it = await robbery();
  const { world } = it;
  const [victim] = world.victims;
  // A hostile egress, or whoever else has the key: an order at the exchange that the journal does not know.
  const order = hostile(it.stage, btc, 'buy', amount('500'), 0);
  world.exchange.command((core, at) =>
    core.place(
      {
        userId: victim!,
        pair: btc,
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantity: order.quantity,
        price: order.limit,
      },
      at,
    ),
  );
  await world.pass(5_000);
  const [{ condition, reason } = { condition: '', reason: '' }] = await it.conditions();
  assert.equal(condition, 'frozen');
  assert.match(reason, /foreign|not of this vault|not placed/);
  assert.equal(codeOf(await it.vaulted.botOrder(0, order)), 'E_FROZEN');
});
