/** The anomaly rules, stops and resting entries through the whole signer, and that reading the journal again gives the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, draftMandatePair, formatAmount, type GrantRight, type Mandate, noRules, subtract } from '@holdfast/domain';
import { confirmTwo, ownerWith } from '../testing/owner-side.ts';
import { account, btc, buy, cancel, scriptedVault, sell, testMandate } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};
const shown = async (vault: Vault) =>
  ((await vault.status()) as never as { accounts: { condition: string; reason: string; stateEpoch: number }[] }).accounts[0]!;
const rules = (change: Partial<Mandate['rules']>): Partial<Mandate> => ({ rules: { ...noRules, ...change } });
const dayMs = 86_400_000;

async function vaultWith(change: Partial<Mandate>, rights: readonly GrantRight[] = []) {
  const vault = scriptedVault();
  await vault.open(testMandate(change));
  const turnover24h = formatAmount(change.turnover24h ?? amount('10000'));
  const bot = await vault.grant('bot-1', { rights, turnover24h });
  return { vault, bot };
}

test('R1: an account that slept for two weeks only takes exits until its owner revives it', async () => {
  const { vault, bot } = await vaultWith(rules({ dormantDays: 14 }));
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'approved');
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  await vault.sync('100', 15 * dayMs);
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_FROZEN');
  assert.equal((await shown(vault)).condition, 'reduce-only');
  assert.equal(codeOf(await bot.intent(sell('exit', '0.5', '100'))), 'approved');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal((await shown(vault)).condition, 'reduce-only');
  assert.equal(codeOf(await vault.ownerAct({ act: 'revive', account, at: vault.now() })), 'done');
  assert.equal(codeOf(await bot.intent(buy('a-3'))), 'approved');
});

test('R9: three intents that no bot sends by accident freeze the sub-key, at whatever door step they were refused', async () => {
  const { vault, bot } = await vaultWith(rules({ deniedPerMinute: 3 }));
  const other = await vault.grant('bot-2');
  assert.equal(codeOf(await bot.intent({ ...buy('x-1'), pair: 'SHADY/USDT' })), 'E_SYMBOL');
  assert.equal(codeOf(await bot.intent({ ...buy('x-2'), leverage: 5 })), 'E_PARAM');
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'approved', 'two are not enough');
  assert.equal(codeOf(await bot.ask('/v1/withdraw', {})), 'E_PATH');
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_FROZEN');
  assert.equal(codeOf(await other.intent(buy('b-1'))), 'approved', 'the other sub-key trades on');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-3'))), 'E_FROZEN');
});

test('R5: more than a twentieth of what the exchange trades in five minutes is refused', async () => {
  const { vault, bot } = await vaultWith(rules({ flowShareBps: 500 }));
  await vault.sync('100', 1000, 3, [{ pair: btc, mid: '100', volume24h: null, volume5m: '4000' }]);
  assert.equal(codeOf(await bot.intent(buy('a-1', '2', '100'))), 'approved');
  assert.equal(codeOf(await bot.intent(buy('a-2', '0.01', '100'))), 'E_RATE');
  await vault.sync('100', 1000, 3, [{ pair: btc, mid: '100', volume24h: null, volume5m: '0' }]);
  assert.equal(codeOf(await bot.intent(buy('a-3', '0.01', '100'))), 'E_RATE', 'where nobody trades, nobody enters');
  await vault.sync('100', 1000, 3, [{ pair: btc, mid: '100', volume24h: null, volume5m: null }]);
  assert.equal(codeOf(await bot.intent(buy('a-2', '0.01', '100'))), 'approved');
});

test('R7: half of the burn is told to the owner; what he lifts after the whole stays lifted while burn grows by less than a tenth', async () => {
  const { vault, bot } = await vaultWith({ burn24h: amount('10'), ...rules({ dormantDays: 14 }) });
  await confirmTwo(vault, ownerWith(vault, 'owner', vault.owner.privateKey), 'http://127.0.0.1:9');
  const told = () => vault.exchange.notices.filter((it) => it.title.startsWith('Rule R7')).map((it) => it.text);
  let number = 0;
  /** Buys and has it filled at a price that lies `loss` over the reference of then. */
  const burn = async (loss: string): Promise<string> => {
    number += 1;
    await vault.sync('100');
    const code = codeOf(await bot.intent(buy(`b-${number}`, '1', '100')));
    if (code !== 'approved') return code;
    await vault.settle();
    await vault.sync(formatAmount(subtract(amount('100'), amount(loss))));
    vault.exchange.fill(number, '1');
    await vault.settle();
    return (await shown(vault)).condition;
  };
  assert.equal(await burn('5.5'), 'active');
  assert.equal(told().length, 2, 'to both destinations');
  assert.match(told()[0]!, /of the burn budget of 10 are spent/);
  assert.equal(await burn('3.9'), 'active');
  await vault.sync('100');
  const exit = await bot.intent(sell('exit', '1.2', '100'));
  assert.equal(codeOf(exit), 'approved', JSON.stringify(exit.body));
  await vault.settle();
  await vault.sync('102');
  const seen: string[] = [];
  for (const quantity of ['0.6', '0.3', '0.3']) {
    vault.exchange.fill(3, quantity);
    await vault.settle();
    const { condition, stateEpoch } = await shown(vault);
    seen.push(condition);
    if (seen.length === 1) await vault.ownerAct({ act: 'unfreeze', account, stateEpoch, at: vault.now() });
  }
  assert.deepEqual(seen, ['frozen', 'active', 'frozen']);
});

test('burn is measured at the price of the time of the fill, and the journal remembers it', async () => {
  const { vault, bot } = await vaultWith({ burn24h: amount('4') });
  assert.equal(codeOf(await bot.intent(buy('a-1', '1', '100'))), 'approved');
  await vault.settle();
  await vault.sync('99.6'); // still inside the band; the fill at 100 gives 0.4 % away
  vault.exchange.fill(1, '1');
  await vault.settle();
  const used = async (): Promise<string> =>
    ((await vault.status()) as never as { accounts: { used: { burn: string } }[] }).accounts[0]!.used.burn;
  const before = await used();
  vault.restart();
  await vault.settle();
  await vault.sync('99.6');
  assert.equal(await used(), before, 'the journal knows the price of the fill');
  assert.ok(amount(before) >= amount('0.5'), `0.4 against the price and 0.1 of fee: ${before}`);
});

test('a resting entry outside the band of a new reference price is cancelled, an exit stays', async () => {
  const { vault, bot } = await vaultWith({});
  await bot.intent(buy('a-1', '1', '100'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  await bot.intent(buy('entry', '1', '100'));
  await bot.intent(sell('exit', '0.5', '101'));
  await vault.settle();
  await vault.sync('98');
  await vault.settle();
  assert.deepEqual(
    vault.exchange.orders.map((it) => it.status),
    ['FILLED', 'CANCELED', 'NEW'],
  );
});

const stopPair = draftMandatePair({
  pair: btc,
  maxOrderQuote: amount('1000'),
  maxOrderBase: amount('100'),
  floor: amount('1'),
  ceiling: amount('1000'),
});
const stop = (id: string, quantity: string) => ({ ...sell(id, quantity, '89.5'), order: 'stop-limit', trigger: '90' });

test('a protective stop goes out as a stop, its sub-key may not cancel it without the right, and freeze leaves it', async () => {
  const { vault, bot } = await vaultWith({ pairs: [stopPair] });
  await bot.intent(buy('a-1', '1', '100'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  assert.equal(codeOf(await bot.intent(stop('stop-1', '0.999'))), 'approved');
  await vault.settle();
  const sent = vault.exchange.requests.findLast((it) => it.method === 'POST')!;
  assert.match(sent.query, /type=STOP_LOSS_LIMIT/);
  assert.match(sent.query, /stopPrice=90/);
  assert.equal(codeOf(await bot.intent(cancel('stop-1'))), 'E_RIGHT');
  await vault.askAsPeer('/v1/freeze', { reason: 'drill', account }, 'cli');
  await vault.settle();
  assert.equal(vault.exchange.orders[1]?.status, 'NEW');
  await vault.ownerAct({ act: 'unfreeze', account, stateEpoch: (await shown(vault)).stateEpoch, at: vault.now() });
  const trusted = await vault.grant('bot-1', { rights: ['cancel-stops'] });
  assert.equal(codeOf(await trusted.intent(cancel('stop-1'))), 'approved');
});

test('without a reference price entries wait (E_ORACLE), cancels go on', async () => {
  const { vault, bot } = await vaultWith({});
  await bot.intent(buy('a-1', '1', '99'));
  await vault.settle();
  await vault.sync('100', 1000, 2);
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_ORACLE');
  assert.equal(codeOf(await bot.intent(cancel('a-1'))), 'approved');
});

const market = (mid: string | null, volume24h: string | null = null) => [{ pair: btc, mid, volume24h, volume5m: null }];

test('an exchange whose own price is 1 % off the others closes the pair for new risk, not for exits', async () => {
  const { vault, bot } = await vaultWith({});
  await bot.intent(buy('a-1', '1', '100'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  await vault.sync('100', 1000, 3, market('101.1'));
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_ORACLE');
  assert.equal(codeOf(await bot.intent(sell('exit', '0.5', '100'))), 'approved');
  await vault.sync('100', 1000, 3, market('100.9'));
  assert.equal(codeOf(await bot.intent(buy('a-3'))), 'approved');
});

test('with the reference down an ioc exit passes by the exchange’s own price, a resting one does not', async () => {
  const { vault, bot } = await vaultWith({});
  await bot.intent(buy('a-1', '1', '100'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  await vault.sync('100', 1000, 1, market('100'));
  assert.equal(codeOf(await bot.intent(sell('resting', '0.2', '100'))), 'E_ORACLE');
  assert.equal(codeOf(await bot.intent({ ...sell('exit', '0.5', '99.9'), order: 'ioc' })), 'approved');
});

test('R4: many accounts on one side of a thin pair freeze it for all, until each owner lifts it for his own', async () => {
  const { vault, bot } = await vaultWith(rules({ thinAccounts: 1, thinVolumeQuote: amount('5000000') }));
  await vault.sync('100', 1000, 3, market('100', '6000000'));
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'approved', 'not thin');
  await vault.sync('100', 1000, 3, market('100', '80000'));
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'E_FROZEN');
  assert.equal((await shown(vault)).condition, 'active', 'the pair is frozen, not the account');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-3'))), 'E_FROZEN');
  await vault.ownerAct({ act: 'unfreeze', account, stateEpoch: (await shown(vault)).stateEpoch, at: vault.now() });
  assert.equal(codeOf(await bot.intent(buy('a-4'))), 'approved');
});

test('time that goes back refills no window', async () => {
  const { vault, bot } = await vaultWith({ turnover24h: amount('400') });
  assert.equal(codeOf(await bot.intent(buy('a-1', '2', '100'))), 'approved');
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  await vault.sync('100', -2 * dayMs);
  assert.equal(codeOf(await bot.intent(buy('a-2', '1', '100'))), 'E_ORACLE', 'a price of before is no price of now');
  vault.restart();
  await vault.settle();
  await vault.sync('100', 2 * dayMs + 1000);
  assert.equal(codeOf(await bot.intent(buy('a-3', '1', '100'))), 'E_TURNOVER');
  await vault.sync('100', 2 * dayMs);
  assert.equal(codeOf(await bot.intent(buy('a-4', '1', '100'))), 'approved');
});

test('soak: of 64 orders at once that each need 60 % of what is left of the turnover, one passes, 256 times', async () => {
  const { vault, bot } = await vaultWith({
    turnover24h: amount('1000000000000'),
    maxOpenQuote: amount('1000000000000'),
    burn24h: amount('1000000000000'),
    openOrders: 100_000,
    ordersPerMinute: 1_000_000,
    orders24h: 1_000_000,
    pairs: [
      { ...stopPair, maxOrderQuote: amount('1000000000'), maxOrderBase: amount('1000000000'), maxPositionQuote: amount('1000') },
    ],
  });
  // The position cap is the scarce one: 1,000 of cost, of which each order wants 600.
  const wide = await vault.grant('bot-2', { maxOrderQuote: '1000000000', turnover24h: '1000000000000' });
  assert.equal(wide.answer.status, 200);
  for (let round = 0; round < 256; round += 1) {
    const codes = await Promise.all(
      Array.from({ length: 64 }, async (_, index) =>
        codeOf(await (index % 2 === 0 ? bot : wide).intent(buy(`r${round}-${index}`, '6', '100'))),
      ),
    );
    assert.equal(codes.filter((code) => code === 'approved').length, 1, `round ${round}: ${[...new Set(codes)]}`);
    await vault.settle();
    const winner = codes.indexOf('approved');
    await (winner % 2 === 0 ? bot : wide).intent(cancel(`r${round}-${winner}`));
    await vault.settle();
    if (round % 16 === 15) await vault.sync('100', 61_000);
  }
});
