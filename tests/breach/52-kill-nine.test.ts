import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, codeOf, type Robbery, robbery } from './robbery.ts';

after(closeAll);

const burnOf = async (it: Robbery): Promise<bigint> => amount(String((await it.vaulted.status()).accounts[0]!.used.burn));

type Moment = 'before the send' | 'before the answer' | 'in the middle of the write';

for (const moment of ['before the send', 'before the answer', 'in the middle of the write'] as const satisfies readonly Moment[])
  test(`52: killed ${moment}: no order twice, no limit refilled, no reservation below nothing`, async () => {
    let armed = false;
    const signed: string[] = [];
    const it: Robbery = await robbery({
      weather: (purpose, send) => {
        if (purpose !== 'place') return send();
        signed.push(purpose);
        if (!armed || moment === 'in the middle of the write') return send();
        const answer = moment === 'before the answer' ? send() : 'request-lost';
        it.vaulted.vault.kill();
        return answer;
      },
      disk: (bytes) => {
        if (!armed || moment !== 'in the middle of the write' || !bytes.includes('"kind":"decided"')) return;
        const { vault } = it.vaulted;
        const whole = vault.journal();
        vault.kill();
        vault.setJournal(Buffer.concat([whole, bytes.subarray(0, Math.floor(bytes.length / 2))]));
      },
    });
    const first = hostile(it.stage, btc, 'buy', amount('900'), 50);
    assert.equal(codeOf(await it.stage.attacker.rob(0, first)), 'approved');
    const spent = await burnOf(it);
    armed = true;
    const order = hostile(it.stage, btc, 'buy', amount('900'), 50);
    void it.vaulted.botOrder(0, order);
    await it.world.settle();
    await it.world.settle();
    assert.ok(!it.vaulted.vault.isUp(), 'the kill did not come');
    armed = false;
    it.vaulted.vault.start();
    await it.world.pass(30_000);
    const open = it.world.exchange.core.openOrders(it.world.victims[0]!, btc);
    assert.equal(signed.length, moment === 'in the middle of the write' ? 1 : 2, 'nothing was signed a second time');
    assert.equal(open.length, moment === 'before the answer' ? 1 : 0);
    const after = await burnOf(it);
    assert.ok(after >= spent, `burn ${spent} became ${after}`);
    if (moment === 'before the answer') assert.ok(after > spent, 'what rests is held');
    else assert.equal(after, spent);
    // The budget is what it was: so many more pass and no more.
    let more = 0;
    while (codeOf(await it.stage.attacker.rob(0, hostile(it.stage, btc, 'buy', amount('900'), 50))) === 'approved' && more < 20)
      more += 1;
    assert.ok(more < 5, `${more} further orders`);
  });
