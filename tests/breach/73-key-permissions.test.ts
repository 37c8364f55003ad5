import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type AccountId, canonicalText, doorPaths, noRules, ownerId } from '@holdfast/domain';
import { enrol } from '../../apps/cli/src/drill/enrol.ts';
import { victimMandate } from '../../apps/cli/src/drill/mandates.ts';
import { act, handIn, newOwner } from '../../apps/cli/src/drill/owners.ts';
import { intentOf, newSubKey } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, codeOf, fair, type Robbery, robbery } from './robbery.ts';

after(closeAll);

async function connectWith(it: Robbery, account: string, rights: Record<string, boolean>, ips?: readonly string[]) {
  const { vault } = it.vaulted;
  const owner = newOwner(ownerId(`of-${account}`));
  await enrol(vault, owner);
  const at = it.world.clock.now();
  const name = account as AccountId;
  const made = await act(vault, owner, { act: 'account-create', account: name, exchange: 'simulated', key: 'ed25519', at });
  const userId = it.world.exchange.command((core, now) => core.createUser({}, now));
  const bound = ips === undefined ? {} : { ips };
  const key = {
    userId,
    type: 'ed25519',
    secret: made.publicKey as string,
    permissions: ['reading', 'trading'],
    rights,
    ...bound,
  } as const;
  const { apiKey } = it.world.exchange.addKey(key);
  const answer = await handIn(vault, owner, { act: 'account-connect', account: name, apiKey, at: it.world.clock.now() });
  return { ...answer, owner, account: name };
}

test('73: a key that may withdraw, transfer, lend, or do what nobody has heard of is E_PERM and stays unconnected', async () => {
  const it = await robbery();
  const rights = [
    'enableWithdrawals',
    'enableInternalTransfer',
    'permitsUniversalTransfer',
    'enableMargin',
    'enableFutures',
    'enableVanillaOptions',
    'enablePortfolioMarginTrading',
    'enableSomethingNew',
  ];
  for (const [index, right] of rights.entries()) {
    const { status, body } = await connectWith(it, `with-${index}`, { [right]: true });
    assert.deepEqual([status === 200, body.error?.code], [false, 'E_PERM'], right);
  }
  const { accounts } = await it.vaulted.status();
  assert.deepEqual(
    accounts.filter((one) => one.account.startsWith('with-') && one.connected),
    [],
  );
});

test('74: a key without bound addresses connects, is shown as not protected, and its caps are halved', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const verdicts: Record<string, string> = {};
  for (const [name, ips] of [
    ['unbound', undefined],
    ['bound', ['vault-of-bound']],
  ] as const) {
    const { status, owner, account } = await connectWith(it, name, {}, ips);
    assert.equal(status, 200);
    const shown = (await it.vaulted.status()).accounts.find((one) => one.account === account)!;
    assert.equal(shown.key?.ipRestricted, ips !== undefined);
    const mandate = victimMandate({ account, owner: owner.name, uid: shown.uid, now: it.world.clock.now(), rules: noRules });
    await act(vault, owner, { act: 'mandate', mandate, at: it.world.clock.now() });
    await it.world.pass(1_000);
    const key = await newSubKey(vault, account, 'bot');
    for (const quote of ['400', '600', '900']) {
      const body = canonicalText(intentOf(`o${quote}`, fair(it, quote)));
      const { verdict } = (await vault.ask(key, doorPaths.intent, body)).body;
      verdicts[`${name} ${quote}`] = verdict.kind === 'approved' ? 'approved' : verdict.code;
    }
  }
  assert.deepEqual(verdicts, {
    'unbound 400': 'approved',
    'unbound 600': 'E_SIZE',
    'unbound 900': 'E_SIZE',
    'bound 400': 'approved',
    'bound 600': 'approved',
    'bound 900': 'approved',
  });
});

test('75: a right that the key gets after it was connected stops the account within one recheck', async () => {
  const it = await robbery();
  const [key] = it.world.exchange.keys();
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it, '20'))), 'approved');
  it.world.exchange.changeKey(key!.apiKey, { rights: { enableWithdrawals: true } });
  await it.world.pass(25 * 3_600_000);
  const [{ condition, reason } = { condition: '', reason: '' }] = await it.conditions();
  assert.equal(condition, 'frozen');
  assert.match(reason, /enableWithdrawals|permission/);
  assert.equal(codeOf(await it.vaulted.botOrder(0, fair(it, '20'))), 'E_FROZEN');
});

test('80: a key of 92 days takes no new risk, and says its age', async () => {
  const it = await robbery({
    mandate: (usual) => ({ ...usual, nbf: usual.nbf + 10 * 86_400_000, exp: usual.exp + 10 * 86_400_000 }),
  });
  await it.world.pass(92 * 86_400_000);
  const outcome = await it.vaulted.botOrder(0, fair(it, '20'));
  assert.ok(outcome.kind === 'refused' && /92 days|90 days|old/.test(outcome.reason), JSON.stringify(outcome));
  const [account] = (await it.vaulted.status()).accounts;
  assert.equal(account!.key?.age, 'too-old');
});
