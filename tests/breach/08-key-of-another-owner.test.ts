import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type AccountId, ownerId } from '@holdfast/domain';
import { enrol } from '../../apps/cli/src/drill/enrol.ts';
import { act, handIn, newOwner } from '../../apps/cli/src/drill/owners.ts';
import { closeAll, robbery } from './robbery.ts';

after(closeAll);

test('8: the exchange account of one owner does not connect to another, by its own key or a further one, and nobody is told why', async () => {
  const it = await robbery({ victims: 1 });
  const { vault } = it.vaulted;
  const thief = newOwner(ownerId('thief'));
  await enrol(vault, thief);
  const at = () => it.world.clock.now();
  const bodies: string[] = [];
  for (const account of ['again', 'other-key'] as AccountId[]) {
    const made = await act(vault, thief, { act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: at() });
    // The thief has the login of the exchange account and adds a key of his own vault account there.
    const { apiKey } = it.world.exchange.addKey({
      userId: it.world.victims[0]!,
      type: 'ed25519',
      secret: made.publicKey as string,
      permissions: ['reading', 'trading'],
    });
    const done = await handIn(vault, thief, { act: 'account-connect', account, apiKey, at: at() });
    assert.notEqual(done.status, 200);
    assert.equal(done.body.error.code, 'E_CONNECT');
    bodies.push(done.body.error.reason as string);
  }
  for (const reason of bodies) assert.doesNotMatch(reason, /owner-1|account-1|another owner|already|E_DUPKEY/i);
  assert.ok(
    vault.logged.some((line) => line.includes('E_DUPKEY')),
    'the console knows',
  );
  const { accounts } = await it.vaulted.status();
  assert.deepEqual(
    accounts.filter((one) => one.owner === thief.name).map((one) => one.connected),
    [false, false],
  );
});
