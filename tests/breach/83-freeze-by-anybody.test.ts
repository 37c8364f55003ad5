import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { doorPaths, ownerActText, ownerId } from '@holdfast/domain';
import { act, newOwner, proofOf } from '../../apps/cli/src/drill/owners.ts';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('83: anybody freezes at once; nobody of them lifts it again, the owner does', async () => {
  const it = await robbery({ victims: 3 });
  const { vault, accounts, owners } = it.vaulted;
  const freezers = [vault.peer('server'), vault.peer('engine'), it.vaulted.botKey(2)];
  for (const [index, key] of freezers.entries()) {
    const done = await vault.ask(key, doorPaths.freeze, { reason: 'stolen session', account: accounts[index] });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.notEqual(codeOf(await it.vaulted.botOrder(index, fair(it))), 'approved');
  }
  const account = accounts[0]!;
  const { stateEpoch } = (await it.vaulted.status()).accounts.find((one) => one.account === account)!;
  const at = it.world.clock.now();
  const text = ownerActText({ act: 'unfreeze', account, stateEpoch, at });
  for (const key of freezers) {
    const by = await vault.ask(key, doorPaths.owner, {
      act: text,
      proof: proofOf(newOwner(ownerId('thief')), vault.vaultId, text),
    });
    assert.notEqual(by.status, 200);
  }
  assert.notEqual((await it.conditions())[0]!.condition, 'active');
  await act(vault, owners[0]!, { act: 'unfreeze', account, stateEpoch, at });
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it))), 'approved');
});
