/** R8: a sub-key at the other door. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { buy, cancel, scriptedVault } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};

/** A bot with both forms of its sub-key. */
async function granted(vault: Vault, name: string) {
  const bot = await vault.grant(name);
  const { apiKey, secret } = (bot.answer.body as never as { dialect: { apiKey: string; secret: string } }).dialect;
  const openOrders = async (signature?: string): Promise<{ status: number; code: number; msg: string }> => {
    const payload = `timestamp=${vault.now()}`;
    const proof = signature ?? createHmac('sha256', secret).update(payload).digest('hex');
    const { status, body } = await vault.dialect('GET', `/api/v3/openOrders?${payload}&signature=${proof}`, apiKey);
    return { status, ...(body as never as { code: number; msg: string }) };
  };
  return { ...bot, openOrders };
}

test('R8: a sub-key of the intent door that signs at the dialect door is revoked, and its entries go', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await granted(vault, 'bot-1');
  const other = await granted(vault, 'bot-2');
  assert.equal(codeOf(await bot.intent(buy('a-1', '1', '99'))), 'approved');
  assert.equal(codeOf(await other.intent(buy('b-1', '1', '99'))), 'approved');
  await vault.settle();
  assert.equal((await bot.openOrders('0'.repeat(64))).status, 401, 'who only knows its id ends nothing');
  assert.equal(codeOf(await bot.intent(buy('a-2', '1', '99'))), 'approved');
  await vault.settle();
  const stolen = await bot.openOrders();
  assert.deepEqual([stolen.status, stolen.msg.endsWith('(E_BIND)')], [401, true], stolen.msg);
  await vault.settle();
  assert.equal(codeOf(await bot.intent(buy('a-3'))), 'E_REVOKED');
  assert.deepEqual(
    vault.exchange.orders.map((it) => it.status),
    ['CANCELED', 'NEW', 'CANCELED'],
  );
  assert.equal(codeOf(await other.intent(cancel('b-1'))), 'approved', 'the other bot trades on');
  const fresh = await vault.grant('bot-1');
  assert.notEqual(fresh.subKey, bot.subKey);
  assert.equal(codeOf(await fresh.intent(buy('a-4'))), 'approved');
});

test('R8: a program of the dialect door keeps its door over a restart, and its sub-key counts nowhere else', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await granted(vault, 'bot-1');
  assert.equal((await bot.openOrders()).status, 200);
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'E_BIND');
  assert.equal((await bot.openOrders()).status, 401);
  vault.restart();
  await vault.settle();
  assert.equal((await bot.openOrders()).status, 401, 'revoked for good');
});
