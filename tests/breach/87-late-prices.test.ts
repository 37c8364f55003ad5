/**
 * The vault hears of prices late: the thief trades with the account at the price of before, as often as he can. What that
 * gave away counts as soon as the price is heard, over crashes of the signer too, so B stops him after a few jumps.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Amount, amount, noRules, type Pair } from '@holdfast/domain';
import { worstLoss } from '@holdfast/policy';
import { type Asked, buyAllHeMay, freeOf } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc, eth, inLots, moved } from '../../apps/cli/src/drill/markets.ts';
import { assertWithinBound, closeAll, codeOf, type Robbery, robbery } from './robbery.ts';

after(closeAll);

const unit = 10n ** 18n;
/** Twice what the account holds: it is not T that must stop him. */
const made = () =>
  robbery({
    rules: noRules,
    mandate: (usual) => ({ ...usual, turnover24h: amount('40000') }),
    grant: { maxOrderQuote: '1000', turnover24h: '40000' },
  });

const burnOf = async ({ vaulted }: Robbery): Promise<bigint> => amount(String((await vaulted.status()).accounts[0]!.used.burn));

/** The signer dies between fill and price, and is back before the price. */
async function crash({ vaulted, world }: Robbery): Promise<void> {
  vaulted.vault.kill();
  vaulted.vault.start();
  await world.settle();
}

/** Buys all he may at the price of before while the market is `bps` lower already; the vault hears of it a second later. */
async function late(it: Robbery, pair: Pair, bps: number, isKilled: boolean): Promise<readonly Asked[]> {
  const { world, stage } = it;
  const heard = world.truth(pair);
  world.move(pair, moved(pair, heard, -bps, 'down'));
  const asked = await buyAllHeMay(stage, 0, pair, heard);
  await world.settle();
  for (const { order, outcome } of asked) if (outcome.kind === 'approved') stage.attacker.take(order);
  await world.settle();
  if (isKilled) await crash(it);
  await world.pass(1_000);
  await world.pass(1_000);
  return asked;
}

/** The market comes back, heard at each step, and what was bought is sold at its price: the positions are free again. */
async function again({ world, stage }: Robbery, pair: Pair, bps: number): Promise<void> {
  for (let back = 0; back < bps; back += 25) {
    world.move(pair, moved(pair, world.truth(pair), 25, 'down'));
    await world.pass(2_000);
  }
  for (let piece = 0; piece < 8; piece += 1) {
    const quantity = inLots(pair, (amount('990') * unit) / world.truth(pair)) as Amount;
    if (freeOf(stage, 0, pair.split('/')[0]!) < quantity) break;
    const order = { pair, side: 'sell', kind: 'limit', quantity, limit: world.truth(pair) } as const;
    if ((await stage.hands.order(0, order)).kind === 'refused') break;
    await world.settle();
    stage.attacker.take(order);
    await world.settle();
  }
  await world.pass(60_000);
}

for (const [bps, isKilled] of [
  [100, false],
  [100, true],
  [30, false],
  [30, true],
] as const)
  test(`87. jumps of ${bps} bp heard late${isKilled ? ', the signer killed in each' : ''}: all that they cost counts, and with B gone no entry passes`, async () => {
    const it = await made();
    const { theft24h } = worstLoss(it.vaulted.mandates[0]!);
    let refusedAt: bigint | undefined;
    for (let pass = 0; pass < 30 && refusedAt === undefined; pass += 1) {
      const pair = pass % 2 === 0 ? btc : eth;
      const used = await burnOf(it);
      const asked = await late(it, pair, bps, isKilled);
      if (used >= amount('40')) {
        assert.deepEqual([...new Set(asked.map(({ outcome }) => codeOf(outcome)))], ['E_BURN']);
        refusedAt = it.loss();
      }
      // Half a cent of roundings.
      assert.ok((await burnOf(it)) + unit / 200n >= it.loss(), `${await burnOf(it)} counted of ${it.loss()} lost`);
      await again(it, pair, bps);
    }
    assert.ok(refusedAt !== undefined, `${await burnOf(it)} of B after 30 jumps`);
    assert.ok(refusedAt > amount('40') / 2n, `he got only ${refusedAt}`);
    assert.ok(refusedAt <= theft24h);
    assertWithinBound(it);
  });

test('87. while no price is heard at all entries end with the age of the last one, whatever he fills in between', async () => {
  const it = await made();
  const { world, stage } = it;
  const heard = world.truth(btc);
  world.move(btc, moved(btc, heard, -100, 'down'));
  // Machine and exchange go on, egress tells nothing.
  await world.clock.pass(6_000);
  it.vaulted.vault.round(world.clock.now(), []);
  await world.settle();
  const [first] = await buyAllHeMay(stage, 0, btc, heard);
  assert.equal(codeOf(first!.outcome), 'E_ORACLE');
  assert.equal(it.loss(), 0n);
});
