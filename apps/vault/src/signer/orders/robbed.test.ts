/** A thief with the engine's key: new sub-keys after one was stopped, and orders that two rules could refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules, doorPaths, type Mandate, noRules, type Pair } from '@holdfast/domain';
import { account, btc, buy, scriptedVault, testMandate } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};
const shown = async (vault: Vault) =>
  ((await vault.status()) as never as { accounts: { condition: string; reason: string; stateEpoch: number }[] }).accounts[0]!;
const thinCoin = 'SHADY/USDT' as Pair;

async function vaultWith(rules: Partial<Mandate['rules']> = { deniedPerMinute: 3 }) {
  const vault = scriptedVault();
  await vault.open(testMandate({ rules: { ...noRules, ...rules } }));
  return vault;
}
/** One call that no bot makes by accident. */
const provoke = async (vault: Vault, bot: string) => {
  const key = await vault.grant(bot);
  for (let n = 0; n < 3; n += 1) assert.equal(codeOf(await key.intent({ ...buy(`x-${n}`), pair: thinCoin })), 'E_SYMBOL');
  assert.equal(codeOf(await key.intent(buy('a-1'))), 'E_FROZEN');
  return key;
};

test('R9: two sub-keys that are stopped leave the account alone, the third freezes it, and it gets no other', async () => {
  const vault = await vaultWith();
  const own = await vault.grant('own');
  await provoke(vault, 'bot-1');
  await provoke(vault, 'bot-2');
  assert.equal((await shown(vault)).condition, 'active');
  assert.equal(codeOf(await own.intent(buy('a-1', '0.1'))), 'approved');
  await provoke(vault, 'bot-3');
  const { condition, reason } = await shown(vault);
  assert.equal(condition, 'frozen');
  assert.match(reason, /^3 sub-keys were stopped within an hour, limit 2/);
  assert.equal(codeOf((await vault.grant('bot-4')).answer), 'E_FROZEN');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal(codeOf((await vault.grant('bot-4')).answer), 'E_FROZEN');
  assert.equal(
    codeOf(await vault.ownerAct({ act: 'unfreeze', account, stateEpoch: (await shown(vault)).stateEpoch, at: vault.now() })),
    'done',
  );
  assert.equal(codeOf((await vault.grant('bot-4')).answer), 'done');
  await provoke(vault, 'bot-5');
  await provoke(vault, 'bot-6');
  assert.equal((await shown(vault)).condition, 'active', 'what the owner has lifted counts no more');
});

test('R9: a bot whose sub-key was stopped gets no new one for it, by way of ending the old one either', async () => {
  const vault = await vaultWith();
  const stopped = await provoke(vault, 'bot-1');
  const again = await vault.grant('bot-1');
  assert.equal(again.subKey, stopped.subKey, 'asking again gives the same one');
  assert.equal(codeOf(await again.intent(buy('a-2'))), 'E_FROZEN');
  assert.equal((await shown(vault)).condition, 'active', 'an engine that asks again is no thief');
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.revoke, { subKey: stopped.subKey })), 'done');
  assert.equal(codeOf((await vault.grant('bot-1')).answer), 'E_FROZEN');
  const { condition, reason } = await shown(vault);
  assert.equal(condition, 'frozen');
  assert.match(reason, /^bot bot-1 asked for a new sub-key after [0-9a-f]{32} was stopped$/);
});

test('a bot that was ended by its owner may have another sub-key', async () => {
  const vault = await vaultWith();
  const bot = await vault.grant('bot-1');
  await vault.askAsPeer(doorPaths.revoke, { subKey: bot.subKey });
  const next = await vault.grant('bot-1');
  assert.notEqual(next.subKey, bot.subKey);
  assert.equal(codeOf(await next.intent(buy('a-1', '0.1'))), 'approved');
});

test('an order that is hostile by itself is named so, whatever the whole vault does: R5 hides it from no rule', async () => {
  const vault = await vaultWith({
    deniedPerMinute: 3,
    flowShareBps: 500,
    thinAccounts: 1,
    thinVolumeQuote: defaultRules.thinVolumeQuote,
  });
  const bot = await vault.grant('bot-1');
  const own = [thinCoin, btc].map((pair) => ({ pair, mid: '100', volume24h: '80000', volume5m: '0' }));
  await vault.sync('100', 1000, 3, own);
  for (let n = 0; n < 3; n += 1) assert.equal(codeOf(await bot.intent({ ...buy(`x-${n}`), pair: thinCoin })), 'E_SYMBOL');
  const stopped = await bot.intent(buy('a-1'));
  assert.equal(codeOf(stopped), 'E_FROZEN');
  assert.match(JSON.stringify(stopped.body), /3 intents no bot sends by accident/);
  const other = await vault.grant('bot-2');
  assert.equal(codeOf(await other.intent(buy('b-1', '1', '150'))), 'E_BAND', 'what the judge refuses wakes no rule of the vault');
  assert.equal(codeOf(await other.intent(buy('b-2', '1', '100'))), 'E_RATE', 'R5');
  assert.equal(codeOf(await other.intent(buy('b-3', '1', '100'))), 'E_FROZEN', 'R4, and the order that woke it was not placed');
  assert.equal(vault.exchange.orders.length, 0);
});
