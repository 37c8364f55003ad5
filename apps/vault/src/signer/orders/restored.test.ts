/** An older copy of the journal is put back: nothing that was spent since then is spent again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount } from '@holdfast/domain';
import { buy, scriptedVault, testMandate } from '../testing/scripted-vault.ts';

const codeOf = (answer: { body: unknown }): string => {
  const { verdict } = answer.body as { verdict?: { kind: string; code?: string } };
  return verdict?.code ?? verdict?.kind ?? 'done';
};
interface Shown {
  readonly condition: string;
  readonly used: { readonly turnover: string };
}
const shown = async (vault: ReturnType<typeof scriptedVault>): Promise<Shown> =>
  ((await vault.status()) as never as { accounts: Shown[] }).accounts[0]!;

test('own fills that a restored journal lacks count again, and are not taken for a stranger’s', async () => {
  const vault = scriptedVault();
  await vault.open(testMandate({ turnover24h: amount('1000') }));
  const bot = await vault.grant('bot-1', { turnover24h: '1000' });
  await vault.settle();
  const backup = Buffer.from(vault.journal());
  await bot.intent(buy('a-1', '3', '100'));
  await vault.settle();
  vault.exchange.fill(1, '3');
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  vault.setJournal(backup);
  vault.restart();
  await vault.subscribe(1);
  await vault.pass(3000);
  await vault.sync('100');
  const { condition, used } = await shown(vault);
  assert.equal(condition, 'active', 'its own orders are no foreign activity');
  assert.ok(amount(used.turnover) >= amount('600'), `bought 300, and holds as much for selling it: ${used.turnover}`);
  assert.equal(codeOf(await bot.intent(buy('b-1', '3', '100'))), 'E_TURNOVER');
  const said = vault.events().map((it) => it.what);
  assert.equal(said.length, 2);
  assert.match(said[0], /does not remember/);
  vault.restart();
  await vault.pass(3000);
  await vault.sync('100');
  assert.deepEqual((await shown(vault)).used, used, 'once, also after another start');
  const balances = vault.exchange.balances.get('USDT')!;
  assert.equal(formatAmount(balances as never), '9700');
});

test('a stranger’s fill is still a stranger’s', async () => {
  const vault = scriptedVault();
  await vault.open();
  vault.exchange.strange('BTCUSDT', '1', '100');
  vault.exchange.loseStream();
  await vault.pass(3000);
  await vault.sync('100');
  assert.equal((await shown(vault)).condition, 'frozen');
});
