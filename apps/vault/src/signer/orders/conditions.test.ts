/** Freeze, reduce-only, revoke and kill, at the signer's one decision point. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPaths, noRules, type OwnerAct } from '@holdfast/domain';
import { realVault } from '../testing/owner-side.ts';
import { account, buy, cancel, scriptedVault, sell, testMandate } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;

const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};
const placed = (vault: Vault): number => vault.exchange.requests.filter((it) => it.method === 'POST').length;
const standing = async (vault: Vault) => {
  const { accounts } = (await vault.status()) as never as {
    accounts: { condition: string; reason: string; stateEpoch: number; frozen: boolean }[];
  };
  return accounts[0]!;
};
const unfreeze = (vault: Vault, stateEpoch: number): OwnerAct => ({ act: 'unfreeze', account, stateEpoch, at: vault.now() });

async function withPosition() {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('bought', '2', '100'));
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  return { vault, bot };
}

test('a reduce-only account sells what was bought and cancels, and buys nothing', async () => {
  const { vault, bot } = await withPosition();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  const asked = { reason: 'a quiet night', account, condition: 'reduce-only' };
  assert.equal((await vault.askAsPeer(doorPaths.freeze, asked, 'server')).status, 200);
  await vault.settle();
  assert.equal(vault.exchange.orders[1]?.status, 'CANCELED', 'resting entries are cancelled');
  assert.equal(codeOf(await bot.intent(buy('more'))), 'E_FROZEN');
  assert.equal(codeOf(await bot.intent(sell('too-much', '3', '100'))), 'E_FROZEN');
  assert.equal(codeOf(await bot.intent(sell('exit', '1', '100'))), 'approved');
  await vault.settle();
  assert.equal(codeOf(await bot.intent(cancel('exit'))), 'approved');
  assert.deepEqual(await standing(vault).then((it) => [it.condition, it.frozen]), ['reduce-only', false]);
});

test('a frozen account refuses exits too, leaves resting exits alone, and still cancels', async () => {
  const { vault, bot } = await withPosition();
  await bot.intent(sell('resting-exit', '1', '101'));
  await bot.intent(buy('resting-entry', '1', '99'));
  await vault.settle();
  await vault.askAsPeer(doorPaths.freeze, { reason: 'drill', account }, 'cli');
  await vault.settle();
  assert.deepEqual(
    vault.exchange.orders.map((it) => it.status),
    ['FILLED', 'NEW', 'CANCELED'],
  );
  assert.equal(codeOf(await bot.intent(sell('exit', '0.5', '100'))), 'E_FROZEN');
  assert.equal(codeOf(await bot.intent(cancel('resting-exit'))), 'approved');
});

test('anybody moves rightwards, nothing but a newer look of the owner moves back', async () => {
  const { vault, bot } = await withPosition();
  await vault.askAsPeer(doorPaths.freeze, { reason: 'first', account }, 'engine');
  const first = await standing(vault);
  await vault.askAsPeer(doorPaths.freeze, { reason: 'weaker', account, condition: 'reduce-only' }, 'engine');
  assert.equal((await standing(vault)).condition, 'frozen', 'a weaker condition does not lift');
  await vault.askAsPeer(doorPaths.freeze, { reason: 'second', account }, 'server');
  assert.equal(codeOf(await vault.ownerAct(unfreeze(vault, first.stateEpoch))), 'E_STATE');
  const second = await standing(vault);
  assert.equal(second.reason, 'second');
  assert.equal(codeOf(await vault.ownerAct(unfreeze(vault, second.stateEpoch + 1))), 'E_STATE');
  assert.equal(codeOf(await vault.ownerAct(unfreeze(vault, second.stateEpoch))), 'done');
  assert.equal((await standing(vault)).condition, 'active');
  assert.equal(codeOf(await bot.intent(sell('exit', '1', '100'))), 'approved');
});

test('a reason is one plain line, whatever steers in it stops all the same', async () => {
  const { vault, bot } = await withPosition();
  const reason = 'late\u001b[2J\r\nvault  open\u202e\ud800';
  await bot.ask(doorPaths.freeze, { reason, account });
  assert.deepEqual((({ condition, reason: told }) => [condition, told])(await standing(vault)), [
    'frozen',
    'late [2J  vault  open  ',
  ]);
});

test('a sub-key freezes itself or its own account, no other, and what it froze outlives a restart', async () => {
  const vault = scriptedVault();
  await vault.open();
  const first = await vault.grant('bot-1');
  const second = await vault.grant('bot-2');
  const other = await first.ask(doorPaths.freeze, { reason: 'x', account: 'elsewhere' });
  assert.equal(codeOf(other), 'E_STATE');
  assert.equal(codeOf(await first.ask(doorPaths.freeze, { reason: 'I look stolen' })), 'done');
  assert.equal(codeOf(await first.intent(buy('a-1'))), 'E_FROZEN');
  assert.equal(codeOf(await second.intent(buy('b-1'))), 'approved');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal(codeOf(await first.intent(buy('a-2'))), 'E_FROZEN');
  assert.equal(codeOf(await second.ask(doorPaths.freeze, { reason: 'all of it', account })), 'done');
  assert.equal(codeOf(await second.intent(buy('b-2'))), 'E_FROZEN');
  await vault.ownerAct(unfreeze(vault, (await standing(vault)).stateEpoch));
  assert.equal(codeOf(await first.intent(buy('a-3'))), 'approved', 'the owner thaws the sub-keys with the account');
});

test('of 500 orders in flight none is signed after a revoke is recorded', async () => {
  const vault = scriptedVault();
  await vault.open(testMandate({ ordersPerMinute: 10_000, openOrders: 10_000 }));
  const bot = await vault.grant();
  const answers = Array.from({ length: 500 }, (_, index) => bot.intent(buy(`a-${index}`, '0.01', '99')));
  const revoked = vault.askAsPeer(doorPaths.revoke, { subKey: bot.subKey });
  const late = Array.from({ length: 50 }, (_, index) => bot.intent(buy(`late-${index}`, '0.01', '99')));
  let whenRevoked = -1;
  await revoked.then(() => {
    whenRevoked = placed(vault);
  });
  await Promise.all([...answers, ...late]);
  await vault.settle();
  assert.equal(placed(vault), whenRevoked, 'no signature after the answer');
  assert.equal(placed(vault), 0, 'nor after the record: all 500 were still waiting for the disk');
  assert.deepEqual([...new Set((await Promise.all(late)).map(codeOf))], ['E_REVOKED']);
  const { accounts } = (await vault.status()) as never as { accounts: { used: { turnover: string; openOrders: number } }[] };
  assert.deepEqual(accounts[0]?.used.openOrders, 0, 'what was not signed holds nothing');
  assert.equal(accounts[0]?.used.turnover, '0');
});

test('kill under load: revoked and dead in one record, entries cancelled, sealed; after the answer nothing is signed', async () => {
  const vault = scriptedVault();
  await vault.open(testMandate({ ordersPerMinute: 10_000, openOrders: 10_000 }));
  const bot = await vault.grant();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  const load = Array.from({ length: 200 }, (_, index) => bot.intent(buy(`a-${index}`, '0.01', '99')));
  const answer = vault.askAsPeer(doorPaths.kill, { reason: 'stolen laptop' }, 'cli');
  const more = Array.from({ length: 50 }, (_, index) => bot.intent(buy(`b-${index}`, '0.01', '99')));
  const killed = await answer;
  const signed = vault.exchange.requests.length;
  assert.deepEqual(killed.body, { killed: true, accounts: [{ account, exchange: 'simulated', key: 'KEY' }] });
  assert.deepEqual(vault.toWarden, [{ kind: 'killed', reason: 'stolen laptop' }]);
  assert.equal(vault.exchange.orders[0]?.status, 'CANCELED');
  await Promise.all([...load, ...more]);
  assert.equal(codeOf(await bot.intent(buy('c-1'))), 'E_SEALED');
  vault.exchange.loseStream();
  await vault.pass(10_000);
  assert.equal(vault.exchange.requests.length, signed, 'no signature after the answer');
});

test('a kill outlives the restart: everything is revoked, old sub-keys are dead, the owner makes new ones', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await vault.askAsPeer(doorPaths.kill, { reason: 'test' }, 'cli');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal((await standing(vault)).condition, 'revoked');
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'E_REVOKED');
  assert.equal(codeOf((await vault.grant()).answer), 'E_REVOKED');
  await vault.ownerAct(unfreeze(vault, (await standing(vault)).stateEpoch));
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_REVOKED', 'the old sub-key stays dead');
  const fresh = await vault.grant();
  assert.notEqual(fresh.subKey, bot.subKey);
  assert.equal(codeOf(await fresh.intent(buy('a-3'))), 'approved');
});

test('a kill that found no signer is carried out before anything else at the next start', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  vault.restartKilled('gate was down');
  await vault.settle();
  await vault.sync('100');
  assert.equal((await standing(vault)).reason, 'gate was down');
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'E_REVOKED');
  assert.equal(vault.exchange.orders[0]?.status, 'CANCELED');
});

test('a kill that the exchange does not answer ends within a second all the same', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  vault.exchange.weather('cancel-unanswered');
  let answered = false;
  void vault.askAsPeer(doorPaths.kill, { reason: 'test' }, 'cli').then(() => {
    answered = true;
  });
  await vault.pass(499);
  assert.equal(answered, false);
  await vault.pass(2);
  assert.equal(answered, true);
});

test('freezing again by hand does not shorten the time that an automatic freeze stays', async () => {
  const { vault, owner } = await realVault({ rules: { ...noRules, deniedPerMinute: 3 }, foreign: 'freeze' });
  vault.exchange.strange('BTCUSDT', '1', '100');
  vault.exchange.loseStream();
  await vault.pass(3000);
  const frozen = await standing(vault);
  assert.deepEqual([frozen.condition, frozen.reason.includes('elsewhere')], ['frozen', true]);
  await vault.askAsPeer(doorPaths.freeze, { reason: 'again', account }, 'server');
  const early = await owner.act(unfreeze(vault, (await standing(vault)).stateEpoch));
  assert.equal(codeOf(early), 'E_STATE');
  await vault.sync('100', 15 * 60_000);
  assert.equal(codeOf(await owner.act({ ...unfreeze(vault, (await standing(vault)).stateEpoch), at: vault.now() + 1 })), 'done');
});
