/** One cancels the other: two orders of one intent, through journal, exchange and restarts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { account, buy, cancel, oco, ocoMandate, scriptedVault, sell, type Weather } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
type Verdict = { readonly kind: string; readonly code?: string; readonly reason?: string };
type Used = { readonly openOrders: number; readonly stopBudget: string };

const verdictOf = (answer: { readonly body: unknown }): Verdict => (answer.body as { verdict: Verdict }).verdict;
const words = (vault: Vault): readonly string[] =>
  vault
    .events()
    .map(
      ({ event }) =>
        `${event.clientOrderId} ${event.kind.slice('order-'.length)}${event.cause === undefined ? '' : ` ${event.cause}`}`,
    );
const used = async (vault: Vault): Promise<Used> =>
  ((await vault.status()) as never as { accounts: { used: Used }[] }).accounts[0]!.used;
const posts = (vault: Vault) => vault.exchange.requests.filter(({ method }) => method === 'POST');

/** A live vault whose bot holds one BTC (less the fee), bought at 100. */
async function holding(rights: readonly ('cancel-stops' | 'sell-held')[] = ['cancel-stops']) {
  const vault = scriptedVault();
  await vault.open(ocoMandate());
  const bot = await vault.grant('bot-1', { rights });
  await bot.intent(buy('b-1', '1.002'));
  await vault.settle();
  vault.exchange.fill(1, '1.002');
  await vault.settle();
  await vault.subscribe(3); // after the two events of the entry
  return { vault, bot };
}

test('an OCO is one request with two orders, and each leg has its own events', async () => {
  const { vault, bot } = await holding();
  assert.equal(verdictOf(await bot.intent(oco('x'))).kind, 'approved');
  await vault.settle();
  assert.deepEqual([...words(vault)].sort(), ['x.s accepted', 'x.t accepted']);
  const request = posts(vault).at(-1)!;
  assert.equal(request.path, '/api/v3/orderList/oco');
  const said = [...new URLSearchParams(request.query)].map(([name, value]) => `${name}=${value}`).slice(0, 14);
  assert.deepEqual(
    said.map((it) => it.replace(/=hf[a-z2-7]{32}$/, '=ours')),
    [
      'symbol=BTCUSDT',
      'listClientOrderId=ours',
      'side=SELL',
      'quantity=1',
      'aboveType=LIMIT_MAKER',
      'aboveClientOrderId=ours',
      'abovePrice=110',
      'belowType=STOP_LOSS_LIMIT',
      'belowClientOrderId=ours',
      'belowPrice=94.9',
      'belowStopPrice=95',
      'belowTimeInForce=GTC',
      'newOrderRespType=ACK',
      'recvWindow=3000',
    ],
  );
  const open = await vault.askAsPeer(doorPaths.read, { kind: 'balances', account });
  const btc = (open.body as never as { balances: { asset: string; locked: string }[] }).balances.find((it) => it.asset === 'BTC');
  assert.equal(btc?.locked, '1', 'the coins are locked once');
});

test('the coins are on sale once: the rest of the position can be sold, and not more', async () => {
  const { vault, bot } = await holding();
  await bot.intent(oco('x', '0.6'));
  await vault.settle();
  assert.equal((await used(vault)).openOrders, 2);
  assert.equal(verdictOf(await bot.intent(sell('s-1', '0.402', '100'))).code, 'E_POS');
  assert.equal(verdictOf(await bot.intent(sell('s-2', '0.4', '100'))).kind, 'approved');
  assert.equal(verdictOf(await bot.intent(oco('y', '0.1'))).code, 'E_POS');
});

for (const [what, leg, price] of [
  ['the limit leg', 3, '110'],
  ['the stop leg', 2, '94.9'],
] as const)
  test(`${what} trades in two parts: the other ends, nothing is held at rest`, async () => {
    const { vault, bot } = await holding();
    await bot.intent(oco('x', '1'));
    await vault.settle();
    assert.notEqual((await used(vault)).stopBudget, '0');
    vault.exchange.fill(leg, '0.4');
    await vault.settle();
    const [mine, other] = leg === 3 ? ['x.t', 'x.s'] : ['x.s', 'x.t'];
    assert.deepEqual(words(vault).slice(2), [`${other} cancelled expired`, `${mine} filled`]);
    if (leg === 3) assert.equal((await used(vault)).stopBudget, '0', 'the stop can no longer sell');
    vault.restart();
    await vault.sync('100');
    vault.exchange.fill(leg, '0.6');
    await vault.settle();
    const fill = vault.exchange.trades.at(-1);
    assert.equal(fill?.price, price);
    assert.equal((await used(vault)).openOrders, 0);
    assert.equal(verdictOf(await bot.intent(oco('x', '1'))).kind, 'approved', 'the same answer, and nothing placed');
    assert.equal(posts(vault).length, 2);
  });

test('every id of an OCO is used up at once', async () => {
  const { vault, bot } = await holding();
  await bot.intent(oco('x', '0.5'));
  await vault.settle();
  assert.equal(verdictOf(await bot.intent(oco('x', '0.4'))).code, 'E_DUPLICATE');
  assert.equal(verdictOf(await bot.intent(sell('x.t', '0.1'))).code, 'E_DUPLICATE');
  assert.equal(verdictOf(await bot.intent({ ...oco('z', '0.1'), stopLeg: oco('x').stopLeg })).code, 'E_DUPLICATE');
  vault.restart();
  await vault.sync('100');
  assert.equal(verdictOf(await bot.intent(sell('x.s', '0.1'))).code, 'E_DUPLICATE');
  assert.equal(posts(vault).length, 2);
});

test('a refused OCO uses up its ids too, and says which leg was at fault', async () => {
  const { bot } = await holding();
  const deep = await bot.intent(oco('x', '1', '110', '95', '90'));
  assert.equal(verdictOf(deep).code, 'E_BAND');
  assert.match(verdictOf(deep).reason ?? '', /a stop of BTC\/USDT sells at 90, below 94\.05/);
  assert.equal(verdictOf(await bot.intent(sell('x.t', '0.1'))).code, 'E_DUPLICATE');
  assert.equal(verdictOf(await bot.intent(oco('low', '1', '94'))).code, 'E_PARAM');
  assert.equal(verdictOf(await bot.intent(oco('band', '1', '99', '95', '94.9'))).code, 'E_BAND');
});

test('a cancel of either leg ends both, by the list', async () => {
  for (const leg of ['x.t', 'x.s']) {
    const { vault, bot } = await holding();
    await bot.intent(oco('x', '1'));
    await vault.settle();
    assert.equal(verdictOf(await bot.intent(cancel(leg))).kind, 'approved');
    await vault.settle();
    const last = vault.exchange.requests.at(-1)!;
    assert.equal(`${last.method} ${last.path}`, 'DELETE /api/v3/orderList');
    assert.deepEqual(words(vault).slice(2).sort(), ['x.s cancelled cancel', 'x.t cancelled cancel']);
    const { openOrders, stopBudget } = await used(vault);
    assert.deepEqual([openOrders, stopBudget], [0, '0']);
    assert.equal(verdictOf(await bot.intent(sell('all', '1', '100'))).kind, 'approved');
  }
});

test('without the right to cancel stops neither leg can be cancelled, until the stop is gone', async () => {
  const { vault, bot } = await holding([]);
  await bot.intent(oco('x', '1'));
  await vault.settle();
  assert.equal(verdictOf(await bot.intent(cancel('x.s'))).code, 'E_RIGHT');
  const byTwin = verdictOf(await bot.intent(cancel('x.t')));
  assert.equal(byTwin.code, 'E_RIGHT');
  assert.match(byTwin.reason ?? '', /x\.t stands and falls with a protective stop/);
  vault.exchange.fill(3, '0.1');
  await vault.settle();
  assert.equal(verdictOf(await bot.intent(cancel('x.t'))).kind, 'approved');
});

test('a freeze leaves an OCO that protects a position, and takes away one that buys', async () => {
  const { vault, bot } = await holding();
  await bot.intent(oco('x', '1'));
  const entry = { ...oco('in', '1', '99.9', '100.1', '100.2'), side: 'buy' };
  assert.equal(verdictOf(await bot.intent(entry)).kind, 'approved');
  await vault.settle();
  await vault.askAsPeer(doorPaths.freeze, { reason: 'test' });
  await vault.settle();
  const open = vault.exchange.orders.filter(({ status }) => status === 'NEW').map(({ side }) => side);
  assert.deepEqual(open, ['SELL', 'SELL']);
  assert.equal(verdictOf(await bot.intent(oco('late', '0.001'))).code, 'E_FROZEN');
});

for (const weather of ['answer-lost', 'request-lost'] satisfies Weather[])
  for (const killed of [false, true])
    test(`${weather}${killed ? ' and the signer killed' : ''}: what became of an OCO is found out, and it is signed once`, async () => {
      const { vault, bot } = await holding();
      vault.exchange.weather(weather);
      void bot.intent(oco('x', '1'));
      await vault.settle();
      vault.exchange.weather('fine');
      if (killed) {
        vault.restart();
        await vault.subscribe(3);
      }
      await vault.pass(7000);
      await vault.sync('100');
      assert.equal(posts(vault).length, 2);
      const rests = weather === 'answer-lost';
      const { openOrders, stopBudget } = await used(vault);
      assert.deepEqual([openOrders, stopBudget === '0'], rests ? [2, false] : [0, true]);
      const last = words(vault).filter((it) => !it.endsWith('unknown'));
      assert.deepEqual([...last].sort(), rests ? ['x.s accepted', 'x.t accepted'] : ['x.s rejected', 'x.t rejected']);
      assert.ok(!vault.events().some(({ kind }) => kind === 'foreign'));
    });

test('an OCO that is placed, triggered and filled while the signer is away is settled at its start', async () => {
  const { vault, bot } = await holding();
  await bot.intent(oco('x', '1'));
  await vault.settle();
  vault.exchange.weather('stream-silent');
  vault.exchange.fill(2, '1');
  vault.exchange.weather('fine');
  vault.restart();
  await vault.subscribe(3);
  await vault.pass(3000);
  assert.deepEqual([...words(vault)].sort(), ['x.s accepted', 'x.s filled', 'x.t accepted', 'x.t cancelled expired']);
  assert.equal((await used(vault)).openOrders, 0);
});

test('a lost answer to a cancel is found out for both legs', async () => {
  const { vault, bot } = await holding();
  await bot.intent(oco('x', '1'));
  await vault.settle();
  vault.exchange.weather('cancel-unanswered');
  await bot.intent(cancel('x.t'));
  await vault.settle();
  vault.exchange.weather('fine');
  vault.restart();
  await vault.pass(3000);
  assert.deepEqual(
    vault.exchange.orders.slice(1).map(({ status }) => status),
    ['CANCELED', 'CANCELED'],
  );
  assert.equal((await used(vault)).openOrders, 0);
});

test('ill-formed OCOs are refused by the name of the field', async () => {
  const { bot } = await holding();
  const bad: readonly [unknown, RegExp][] = [
    [{ ...oco('x'), limit: '1' }, /intent/],
    [{ ...oco('x'), limitLeg: { ...oco('x').limitLeg, trigger: '1' } }, /limitLeg/],
    [{ ...oco('x'), stopLeg: { clientOrderId: 'x.s', limit: '94' } }, /stopLeg/],
    [{ ...oco('x'), stopLeg: { ...oco('x').stopLeg, clientOrderId: 'x' } }, /must differ/],
    [{ ...oco('x'), quantity: '1e3' }, /quantity/],
    [{ ...oco('x'), limitLeg: null }, /limitLeg/],
  ];
  for (const [body, says] of bad) {
    const answer = await bot.intent(body);
    assert.equal(answer.status, 400);
    assert.match((answer.body as never as { error: { reason: string } }).error.reason, says);
  }
});
