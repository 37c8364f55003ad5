/** Fills in a jump that the vault hears of only afterwards, through the whole signer; and that reading the journal again gives the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, defaultRules } from '@holdfast/domain';
import { buy, scriptedVault, sell, testMandate } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};
const shown = async (vault: Vault) =>
  ((await vault.status()) as never as { accounts: { condition: string; reason: string; used: { burn: string } }[] }).accounts[0]!;
const burnOf = async (vault: Vault): Promise<bigint> => amount((await shown(vault)).used.burn);
const recounts = (vault: Vault): number => String(vault.journal()).split('"kind":"recounted"').length - 1;

/** Two units bought at 100, filled while the vault still takes that for the price. */
async function bought(change: Parameters<typeof testMandate>[0] = {}) {
  const vault = scriptedVault();
  await vault.open(testMandate({ burn24h: amount('10'), maxOpenQuote: amount('300'), ...change }));
  const bot = await vault.grant();
  assert.equal(codeOf(await bot.intent(buy('a-1', '2', '100'))), 'approved');
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  return { vault, bot };
}

for (const kind of ['sync', 'reference'] as const)
  test(`a jump that is heard after the fill counts as its burn, by a ${kind} frame; once, and again after a restart`, async () => {
    const { vault } = await bought();
    const before = await burnOf(vault);
    const hear = (price: string): Promise<void> => vault[kind](price);
    await hear('99');
    assert.equal((await burnOf(vault)) - before, amount('2'));
    await hear('99');
    await hear('99.5');
    assert.equal((await burnOf(vault)) - before, amount('2'));
    assert.equal(recounts(vault), 1);
    vault.restart();
    await vault.settle();
    await hear('98.5');
    assert.equal((await burnOf(vault)) - before, amount('3'), 'the fill is not five seconds old');
    await vault.sync('98.5', 10_000);
    await hear('90');
    assert.equal((await burnOf(vault)) - before, amount('3'));
    vault.restart();
    await vault.settle();
    await hear('90');
    assert.equal((await burnOf(vault)) - before, amount('3'));
  });

test('a signer that dies between the fill and the price after it counts the fill when it is back', async () => {
  const { vault } = await bought();
  const before = await burnOf(vault);
  vault.restart();
  await vault.settle();
  assert.equal(await burnOf(vault), before);
  await vault.sync('99');
  assert.equal((await burnOf(vault)) - before, amount('2'));
});

test('until that price is heard the fill goes on counting as open', async () => {
  const { vault, bot } = await bought();
  assert.equal(codeOf(await bot.intent(buy('a-2', '2', '100'))), 'E_OPEN');
  assert.equal(codeOf(await bot.intent(sell('exit', '1', '100'))), 'approved');
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-3', '2', '100'))), 'approved');
});

test('R7: a budget that was used up by jumps freezes the account when they are heard', async () => {
  const { vault, bot } = await bought({ burn24h: amount('4'), rules: { ...defaultRules, firstTradeBps: 0 } });
  assert.equal((await shown(vault)).condition, 'active');
  await vault.sync('97.9');
  const { condition, reason } = await shown(vault);
  assert.equal(condition, 'frozen');
  assert.match(reason, /of the burn budget of 4 are spent/);
  assert.equal(codeOf(await bot.intent(buy('a-2', '0.1', '97.9'))), 'E_FROZEN');
});
