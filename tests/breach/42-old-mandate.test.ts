import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, doorPaths, type Mandate, mandateText, ownerActText } from '@holdfast/domain';
import { act, handIn, proofOf } from '../../apps/cli/src/drill/owners.ts';
import { hashText } from '../../apps/vault/src/signer/state.ts';
import { closeAll, robbery } from './robbery.ts';

after(closeAll);

test('42: an older, wider mandate with its genuine signature, one of another account, and one of another vault are refused', async () => {
  const it = await robbery({ victims: 2 });
  const { vault, owners, mandates, accounts } = it.vaulted;
  const at = it.world.clock.now();
  const first = mandates[0]!;
  const firstAct = { act: 'mandate', mandate: first, at } as const;
  const narrower: Mandate = { ...first, seq: 2, prev: hashText(mandateText(first)), burn24h: amount('20') };
  await act(vault, owners[0]!, { act: 'mandate', mandate: narrower, at });
  assert.equal((await handIn(vault, owners[0]!, firstAct)).body.error.code, 'E_MANDATE_SEQ');
  const wideAgain: Mandate = { ...first, seq: 3, prev: hashText(mandateText(first)) };
  assert.equal((await handIn(vault, owners[0]!, { ...firstAct, mandate: wideAgain })).body.error.code, 'E_MANDATE_SEQ');

  const next: Mandate = { ...narrower, seq: 3, prev: hashText(mandateText(narrower)) };
  const moved: Mandate = { ...next, account: accounts[1]! };
  const ofAnother = (await handIn(vault, owners[0]!, { act: 'mandate', mandate: moved, at })).body.error.code;
  assert.ok(['E_STATE', 'E_MANDATE_FORM', 'E_MANDATE_SIG'].includes(ofAnother), ofAnother);
  const otherUid: Mandate = { ...mandates[1]!, seq: 2, prev: hashText(mandateText(mandates[1]!)), uid: first.uid };
  const wrongUid = (await handIn(vault, owners[1]!, { act: 'mandate', mandate: otherUid, at })).body.error.code;
  assert.equal(wrongUid, 'E_MANDATE_FORM');

  const text = ownerActText({ act: 'mandate', mandate: next, at });
  const elsewhere = { act: text, proof: proofOf(owners[0]!, 'another-vault', text) };
  assert.equal((await vault.ask(vault.peer('cli'), doorPaths.owner, elsewhere)).body.error.code, 'E_MANDATE_SIG');
  const good = { act: text, proof: proofOf(owners[0]!, vault.vaultId, text) };
  assert.equal((await vault.ask(vault.peer('cli'), doorPaths.owner, good)).status, 200);
  const again = (await vault.ask(vault.peer('cli'), doorPaths.owner, good)).body.error.code;
  assert.ok(['E_REPLAY', 'E_MANDATE_SEQ'].includes(again), again);
});
