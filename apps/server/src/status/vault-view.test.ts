/** The vault as `GET /api/status` shows it: limits, what stopped, what protects, what every page has to say. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apiError, status } from '@holdfast/contracts';
import type { SubKeyId, VaultStatus } from '@holdfast/domain';
import { own, type Scripted, scriptedServer, start, vaultStatus, verdicts } from '../testing/neighbours.ts';
import { verdictView } from './vault-view.ts';

let scripted: Scripted;
before(async () => {
  scripted = await scriptedServer();
});
after(() => scripted.close());

const freeze = () =>
  scripted.app.inject({
    method: 'POST',
    url: '/api/freeze',
    headers: { ...own, 'content-type': 'application/json' },
    payload: { reason: 'a test' },
  });
const accountOf = (): VaultStatus['accounts'][number] => vaultStatus.accounts[0]!;
const readVault = async (change: Partial<VaultStatus>) => {
  scripted.vault.status = { ...vaultStatus, ...change };
  const answer = status.parse((await readFresh()).json());
  scripted.vault.status = vaultStatus;
  return answer;
};
/** A status is kept for a moment; what was changed is seen after it. */
const readFresh = async () => {
  await new Promise((later) => setTimeout(later, 450));
  return scripted.app.inject({ url: '/api/status', headers: { host: own.host } });
};

test('limits are those that count now, with what is used of each', async () => {
  const { vault } = await readVault({});
  const [account] = vault.accounts;
  // without an IP restriction half of the mandate's 100000, 100 and 250 counts
  assert.deepEqual(account?.limits?.turnover24h, { used: '200', limit: '50000' });
  assert.deepEqual(account?.limits?.burn24h, { used: '0.5', limit: '50' });
  assert.deepEqual(account?.limits?.burn7d, { used: '0.75', limit: '125' });
  assert.deepEqual(account?.limits?.stopBudget24h, { used: '0.25', limit: '100' });
  assert.deepEqual(account?.limits?.openQuote, { used: '198', limit: '50000' });
  assert.deepEqual(account?.limits?.orders24h, { used: 7, limit: 10_000 });
  assert.deepEqual(account?.positions, [{ pair: 'BTC/USDT', held: '0.999', cost: '199', costLimit: '5000' }]);
  assert.equal(account?.worstLoss?.theft24h, '1200');
  assert.equal(account?.scaleBps, 5000);
  assert.deepEqual(account?.key, { bornAt: start, checkedAt: start, ipRestricted: false, age: 'fresh' });
});

test('what confines it, what opened it and where its owner goes are told', async () => {
  const { vault } = await readVault({});
  assert.equal(vault.portal, 'http://localhost:8431');
  assert.equal(vault.unsealedBy, 'simulated');
  assert.deepEqual(
    vault.protections.map(({ name, inForce }) => [name, inForce]),
    [
      ['users', false],
      ['owner-key', true],
    ],
  );
  const oneUser = vault.warnings.find(({ code }) => code === 'one-user');
  assert.equal(oneUser?.title, 'One user');
  assert.equal(oneUser?.text, 'Protects secrets at rest and against the web, not against code running as you.');
  assert.equal(oneUser?.level, 'note');
  assert.ok(vault.warnings.some(({ code, account }) => code === 'account-not-protected' && account === 'paper'));
});

test('only the address of a page is handed on as the address of the owner’s pages', async () => {
  assert.equal((await readVault({ portalOrigin: 'javascript:alert(1)' })).vault.portal, null);
  assert.equal((await readVault({ portalOrigin: 'https://vault.example/x' })).vault.portal, 'https://vault.example');
});

test('a real vault warns of a key file, of one user, of an old key and of the exchange that is not proven', async () => {
  const { vault } = await readVault({
    simulated: false,
    unsealedBy: 'key-file',
    protections: [
      { name: 'unseal-key', inForce: false, text: 'the vault was opened by a key file: whoever copies it opens the vault' },
      ...vaultStatus.protections,
      { name: 'swap', inForce: false, text: 'memory of the vault may be swapped to the disk' },
    ],
    accounts: [
      { ...accountOf(), exchange: 'binance', key: { bornAt: start, checkedAt: start, ipRestricted: true, age: 'too-old' } },
    ],
  });
  assert.deepEqual(
    vault.warnings.map(({ code, level }) => [code, level]),
    [
      ['key-too-old', 'alarm'],
      ['key-file', 'alarm'],
      ['not-proven', 'warning'],
      ['one-user', 'warning'],
    ],
  );
  assert.equal(vault.protections.find(({ name }) => name === 'swap')?.inForce, false);
});

test('what a rule stopped is named with the rule, the bot and the way back', async () => {
  const [account, grant] = [accountOf(), accountOf().grants[0]!];
  const { vault } = await readVault({
    accounts: [
      {
        ...account,
        condition: 'reduce-only',
        reason: '12 orders in a minute',
        stopped: [
          { what: 'account', name: account.account, reason: '12 orders in a minute', by: 'rule R2' },
          { what: 'sub-key', name: grant.subKey, reason: 'it called withdraw', by: '' },
        ],
        pending: [{ id: 'aa', what: 'a wider mandate', from: start }],
      },
    ],
  });
  assert.equal(vault.accounts[0]?.condition, 'reduce-only');
  assert.deepEqual(vault.accounts[0]?.stopped[1], {
    what: 'sub-key',
    name: 'sk1',
    bot: 'dca1',
    reason: 'it called withdraw',
    by: null,
  });
  const [first, second] = vault.warnings;
  assert.equal(first?.title, 'Account paper may only reduce');
  assert.equal(first?.text, '12 orders in a minute. Stopped by rule R2. Only the owner can lift it.');
  assert.equal(first?.command, 'npx holdfast unfreeze --account paper');
  assert.equal(second?.title, 'Bot dca1 is frozen');
  assert.ok(vault.warnings.some(({ code, text }) => code === 'change-pending' && text.includes('2025-05-20 00:00 UTC')));
});

test('no reader gets the whole name of a sub-key: whoever asks for nonsense in it has its bot stopped', async () => {
  const subKey = '0123456789abcdef0123456789abcdef' as SubKeyId;
  const account = accountOf();
  const grants = [{ ...account.grants[0]!, subKey }];
  const stopped = [{ what: 'sub-key', name: subKey, reason: 'nonsense', by: 'rule R9' }] as const;
  const { vault } = await readVault({ accounts: [{ ...account, grants, stopped }] });
  assert.equal(vault.accounts[0]?.grants[0]?.subKey, '01234567');
  assert.deepEqual(vault.accounts[0]?.stopped[0]?.bot, 'dca1');
  assert.ok(!JSON.stringify(vault).includes(subKey));
  const lost = await readVault({ accounts: [{ ...account, grants: [], stopped }] });
  assert.ok(!JSON.stringify(lost.vault).includes(subKey));
  const [told] = verdicts;
  const shown = verdictView({ ...told!, subKey }, new Map([[subKey, 'dca1']]));
  assert.deepEqual([shown.subKey, shown.bot], ['01234567', 'dca1']);
});

test('a sealed vault is said to be sealed, with what unseals it and where', async () => {
  scripted.vault.sealed = true;
  const answer = status.parse((await readFresh()).json());
  const frozen = await freeze();
  scripted.vault.sealed = false;
  assert.equal(answer.vault.state, 'sealed');
  assert.equal(answer.vault.reason, 'the vault is sealed: unseal it');
  assert.equal(answer.vault.portal, 'http://localhost:8431');
  assert.deepEqual(
    answer.vault.warnings.map(({ code, command }) => [code, command]),
    [['sealed', 'npx holdfast vault unseal']],
  );
  assert.equal(answer.ledgerMatchesExchange, null);
  assert.equal(frozen.statusCode, 503);
  assert.equal(apiError.parse(frozen.json()).error.code, 'E_SEALED');
  assert.equal(status.parse((await readFresh()).json()).vault.state, 'open');
});
