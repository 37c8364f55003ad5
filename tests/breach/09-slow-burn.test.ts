import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, defaultRules } from '@holdfast/domain';
import { roundTrip } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { assertWithinBound, closeAll, codeOf, robbery } from './robbery.ts';

after(closeAll);

const hourMs = 3_600_000;

test('9: thirty days of nearly the daily budget: the budget of a week stops it on the third day, no seven days cost more', async () => {
  const it = await robbery({
    rules: defaultRules,
    grant: { maxOrderQuote: '1000', turnover24h: '12000' },
    mandate: (usual) => ({ ...usual, turnover24h: amount('12000') }),
  });
  const mandate = it.vaulted.mandates[0]!;
  const user = it.world.victims[0]!;
  const refusedOn: number[] = [];
  for (let day = 1; day <= 30; day += 1) {
    for (let visit = 0; visit < 5; visit += 1) {
      for (const outcome of await roundTrip(it.stage, 0, btc, amount('980'), 25))
        if (codeOf(outcome) === 'E_BURN') refusedOn.push(day);
      await it.stage.beat(4 * hourMs + 49 * 60_000);
    }
  }
  assert.equal(refusedOn[0], 3, `first refused for burn on day ${refusedOn[0]}`);
  assert.ok(it.world.losses.worst(user, 7 * 24 * hourMs) <= mandate.burn7d, `${it.world.losses.worst(user, 7 * 24 * hourMs)}`);
  assert.equal(mandate.burn7d, (mandate.burn24h * 5n) / 2n);
  assertWithinBound(it);
});
