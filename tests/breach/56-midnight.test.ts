import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, multiply } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, robbery } from './robbery.ts';

after(closeAll);

const dayMs = 86_400_000;

test('56: orders at 23:59:50 and at 00:00:10 are in one window: together no more than T and B', async () => {
  const it = await robbery({
    grant: { maxOrderQuote: '1000', turnover24h: '6000' },
    mandate: (usual) => ({ ...usual, turnover24h: amount('6000'), burn24h: amount('400'), burn7d: amount('4000') }),
  });
  const { clock } = it.world;
  await it.world.pass(dayMs - (clock.now() % dayMs) - 10_000);
  let traded = 0n;
  let refusals = 0;
  const spree = async () => {
    for (let n = 0; n < 8; n += 1) {
      const order = hostile(it.stage, btc, 'buy', amount('900'), 0);
      const code = codeOf(await it.stage.attacker.rob(0, order));
      if (code === 'approved') traded += multiply(order.quantity, order.limit, 'up');
      else {
        assert.equal(code, 'E_TURNOVER');
        refusals += 1;
      }
    }
  };
  await spree();
  const before = traded;
  assert.ok(refusals > 0 && before > 0n);
  await it.world.pass(20_000);
  assert.ok(clock.now() % dayMs < 60_000, 'it is past midnight');
  await spree();
  assert.equal(traded, before, 'midnight refilled nothing');
  // An entry holds its exit's turnover too, so entries alone reach half of T.
  assert.ok(2n * traded <= amount('6000'));
  await it.world.pass(dayMs + 60_000);
  const { used } = (await it.vaulted.status()).accounts[0]!;
  assert.ok(amount(String(used.turnover)) <= amount('3100'), 'a day later only what positions hold for their exits is left');
});
