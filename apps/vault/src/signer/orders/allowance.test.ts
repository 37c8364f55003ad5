/** A flood of what is refused anyway must not grow the journal without end, nor stand in the way of exits and cancels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { confirmTwo, connected, enrol, mandateOf } from '../testing/owner-side.ts';
import { account, buy, cancel, scriptedVault, sell } from '../testing/scripted-vault.ts';

const verdictOf = (answer: { body: unknown }): string => {
  const { verdict } = answer.body as { verdict?: { kind: string; code?: string } };
  return verdict?.code ?? verdict?.kind ?? '';
};

test('refusals beyond the allowance are answered and not written down; the owner is told once; exits go on', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('held', '2'));
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();

  for (let n = 0; n < 4_999; n += 1) void bot.intent(buy(`big-${n}`, '99'));
  assert.equal(verdictOf(await bot.intent(buy('big-last', '99'))), 'E_SIZE');
  const full = vault.journal().length;
  for (let n = 0; n < 500; n += 1) {
    void bot.intent(buy(`more-${n}`, '99'));
    void bot.intent(cancel(`unknown-${n}`));
  }
  assert.equal(verdictOf(await bot.intent(buy('more-last', '99'))), 'E_SIZE');
  const grown = vault.journal().subarray(full).toString().trim().split('\n');
  assert.ok(grown.length <= 2, `${grown.length} more records`);
  assert.match(grown.join(), /rule-warned/);
  assert.ok(vault.logged.some((line) => line.includes('no more of it is recorded')));

  assert.equal(verdictOf(await bot.intent(cancel('resting'))), 'approved');
  await vault.settle();
  assert.equal(vault.exchange.orders[1]?.status, 'CANCELED');
  assert.equal(verdictOf(await bot.intent(sell('exit', '1', '100'))), 'approved');
  await vault.pass(180_000);
  await vault.sync('100');
  const before = vault.journal().length;
  assert.equal(verdictOf(await bot.intent(buy('later', '99'))), 'E_SIZE');
  assert.ok(vault.journal().length > before, 'with time a refusal is recorded again');
});

const recordsAfter = (vault: ReturnType<typeof scriptedVault>, from: number): readonly string[] =>
  vault
    .journal()
    .subarray(from)
    .toString()
    .split('\n')
    .filter((line) => line !== '');

test('freezing again and again fills neither the journal nor the owner’s letter-box, and stays in force', async () => {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  const { uid } = await connected(vault, anna, 'paper', 'KEY', 'simulated');
  await confirmTwo(vault, anna, 'http://127.0.0.1:9');
  await anna.act({ act: 'mandate', mandate: mandateOf(anna, 'paper', uid), at: vault.now() });
  await vault.sync('100');
  const bot = await vault.grant();
  const from = vault.journal().length;
  const told = vault.exchange.notices.length;
  for (let n = 0; n < 400; n += 1)
    assert.equal((await bot.ask(doorPaths.freeze, { reason: `again ${n}` })).status, 200, 'each is answered as done');
  await vault.settle();
  const frozen = recordsAfter(vault, from).filter((line) => line.includes('"kind":"frozen"'));
  assert.ok(frozen.length >= 1 && frozen.length <= 21, `${frozen.length} records`);
  assert.ok(vault.exchange.notices.length - told <= 2 * 21, `${vault.exchange.notices.length - told} notices`);
  assert.equal(verdictOf(await bot.intent(buy('after'))), 'E_FROZEN');
  assert.equal((await vault.askAsPeer(doorPaths.freeze, { reason: 'all of it', account }, 'server')).status, 200);
  assert.equal(((await vault.status()) as never as { accounts: { condition: string }[] }).accounts[0]?.condition, 'frozen');
});

test('sub-keys without end are not made, and what is shown of the account stays short enough to be sent', async () => {
  const vault = scriptedVault();
  await vault.open();
  const from = vault.journal().length;
  const codes = new Map<string, number>();
  for (let n = 0; n < 700; n += 1) {
    const { status, body } = (await vault.grant(`bot-${n}`)).answer as {
      status: number;
      body: { error?: { code: string }; subKey?: string };
    };
    const code = status === 200 ? 'done' : body.error!.code;
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (n < 300) await vault.askAsPeer(doorPaths.revoke, { subKey: body.subKey });
  }
  assert.deepEqual(
    [...codes],
    [
      ['done', 500],
      ['E_RATE', 200],
    ],
  );
  const { accounts } = (await vault.status()) as never as { accounts: { grants: { alive: boolean }[] }[] };
  const grants = accounts[0]!.grants;
  assert.deepEqual([grants.filter((it) => it.alive).length, grants.filter((it) => !it.alive).length], [200, 200]);
  const kept = vault.journal().length;
  assert.ok(kept > from);
  for (let n = 0; n < 20; n += 1) assert.equal((await vault.grant('bot-400')).answer.status, 200);
  assert.equal(vault.journal().length, kept, 'the same again is the same sub-key, and no record');
});

test('events of long ago are not read from the journal without end', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('one', '1', '99'));
  await vault.settle();
  vault.restart();
  await vault.sync('100');
  const refused: string[] = [];
  for (let n = 0; n < 12; n += 1)
    void vault
      .ask(vault.peerKey('engine'), 'engine', `${doorPaths.events}?from=0`, '', 'GET')
      .then(({ body }) => refused.push((body.error as never as { code: string }).code));
  await vault.settle();
  assert.deepEqual(refused, ['E_RATE', 'E_RATE']);
});
