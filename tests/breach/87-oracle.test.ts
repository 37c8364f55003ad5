import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { honestBuy, hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc, inLots, moved } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('87: one source that lies by 5 % moves nothing', async () => {
  const it = await robbery();
  it.world.forge(['kraken'], (pair, truth) => moved(pair, truth, 500, 'down'));
  await it.world.pass(2_000);
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'approved');
  assert.equal(codeOf(await it.vaulted.botOrder(0, hostile(it.stage, btc, 'buy', amount('500'), 60))), 'E_BAND');
});

test('87: two sources that lie alike disagree with the trading exchange: no new risk', async () => {
  const it = await robbery();
  it.world.forge(['kraken', 'okx'], (pair, truth) => moved(pair, truth, 500, 'down'));
  await it.world.pass(2_000);
  assert.equal(codeOf(await it.vaulted.botOrder(0, hostile(it.stage, btc, 'buy', amount('500'), 500))), 'E_ORACLE');
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'E_ORACLE');
});

test('87: with all sources silent there is no new risk; what was bought sells at once by the exchange’s own price, at half the size', async () => {
  const it = await robbery();
  const { quantity } = await honestBuy(it.stage, 0, btc, amount('950'));
  const { vault } = it.vaulted;
  vault.round(it.world.clock.now() + 10_000, [], it.world.own());
  await it.world.settle();
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'E_ORACLE');
  const sale = (share: bigint, change: object = {}) =>
    fair(it, '1', { side: 'sell', kind: 'ioc', quantity: inLots(btc, (quantity * share) / 100n), ...change });
  assert.equal(codeOf(await it.vaulted.botOrder(0, sale(40n, { kind: 'limit' }))), 'E_ORACLE', 'only at once');
  assert.equal(codeOf(await it.vaulted.botOrder(0, sale(40n, { limit: amount('15900') }))), 'E_BAND');
  assert.equal(codeOf(await it.vaulted.botOrder(0, sale(99n))), 'E_SIZE', 'half the largest order');
  assert.equal(codeOf(await it.vaulted.botOrder(0, sale(40n))), 'approved');
});
