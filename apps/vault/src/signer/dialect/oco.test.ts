/** OCOs at the dialect door: judged as at the intent door, in both spellings of the exchange, and ended by either leg. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { doorPaths, type Mandate } from '@holdfast/domain';
import { account, btc, ocoMandate, scriptedVault, testMandate } from '../testing/scripted-vault.ts';

// Answers are read field by field, as a client without types would.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Body = any;
interface Reply {
  readonly status: number;
  readonly body: Body;
}

/** A program that holds one BTC (less the fee), bought at 100. */
async function holding({ rights = ['cancel-stops'], mandate = ocoMandate() }: { rights?: string[]; mandate?: Mandate } = {}) {
  const vault = scriptedVault();
  await vault.open(mandate);
  const terms = { bot: 'program', account, pairs: [btc], maxOrderQuote: '1000', turnover24h: '10000', rights };
  const { dialect } = (await vault.askAsPeer(doorPaths.grant, terms)).body as Body;
  const { apiKey, secret } = dialect as { apiKey: string; secret: string };
  const send = (method: string, path: string, parameters: string): Promise<Reply> => {
    const payload = `${parameters}${parameters === '' ? '' : '&'}timestamp=${vault.now()}`;
    const signature = createHmac('sha256', secret).update(payload).digest('hex');
    return vault.dialect(method, `${path}?${payload}&signature=${signature}`, apiKey) as Promise<Reply>;
  };
  const ask = async (...of: Parameters<typeof send>): Promise<Reply> => {
    await vault.pass(1); // no two requests bear one signature
    const asked = send(...of);
    await vault.pass(0);
    return asked;
  };
  const bought = send(
    'POST',
    '/api/v3/order',
    'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.002&price=100&newClientOrderId=in',
  );
  await vault.settle();
  vault.exchange.fill(1, '1.002');
  await vault.pass(400);
  assert.equal((await bought).body.status, 'FILLED');
  return { vault, ask, send };
}

const sell = 'symbol=BTCUSDT&side=SELL&quantity=1';
const legs =
  'aboveType=LIMIT_MAKER&abovePrice=110&belowType=STOP_LOSS_LIMIT&belowPrice=94.9&belowStopPrice=95&belowTimeInForce=GTC';
const named = '&listClientOrderId=both&aboveClientOrderId=target&belowClientOrderId=stop';
const oldLegs = 'price=110&stopPrice=95&stopLimitPrice=94.9&stopLimitTimeInForce=GTC';
const oldNamed = '&listClientOrderId=both&limitClientOrderId=target&stopClientOrderId=stop';
const spellings = [
  ['/api/v3/orderList/oco', `${sell}&${legs}${named}`],
  ['/api/v3/order/oco', `${sell}&${oldLegs}${oldNamed}`],
] as const;

for (const [path, parameters] of spellings)
  test(`${path} is one intent with two orders, under the client’s own ids`, async () => {
    const { vault, ask } = await holding();
    const { status, body } = await ask('POST', path, parameters);
    assert.equal(status, 200, JSON.stringify(body));
    const { orderListId, orders, orderReports, ...rest } = body;
    assert.deepEqual(
      [rest.contingencyType, rest.listStatusType, rest.listOrderStatus, rest.listClientOrderId, rest.symbol],
      ['OCO', 'EXEC_STARTED', 'EXECUTING', 'both', 'BTCUSDT'],
    );
    assert.ok(Number.isSafeInteger(orderListId) && orderListId > 0);
    assert.deepEqual(
      orders.map((it: Body) => it.clientOrderId),
      ['stop', 'target'],
    );
    assert.deepEqual(
      orderReports.map((it: Body) => [it.orderListId, it.type, it.price, it.stopPrice, it.timeInForce, it.status]),
      [
        [orderListId, 'STOP_LOSS_LIMIT', '94.90000000', '95.00000000', 'GTC', 'NEW'],
        [orderListId, 'LIMIT_MAKER', '110.00000000', undefined, 'GTC', 'NEW'],
      ],
    );
    const sent = vault.exchange.requests.at(-1)!;
    assert.equal(sent.path, '/api/v3/orderList/oco', 'one way out, however it was asked');
    for (const theirs of ['both', 'target', 'listClientOrderId=b']) assert.ok(!sent.query.includes(theirs), theirs);
    assert.match(sent.query, /abovePrice=110&.*belowPrice=94\.9&belowStopPrice=95&belowTimeInForce=GTC/);
    // The coins are locked once: 1 of 1.000998 is on sale.
    const { balances } = (await ask('GET', '/api/v3/account', '')).body;
    assert.equal(balances.find((it: Body) => it.asset === 'BTC').locked, '1.00000000');

    vault.restart();
    await vault.settle();
    await vault.sync('100');
    const again = (await ask('GET', '/api/v3/orderList', 'origClientOrderId=both')).body;
    assert.equal(again.orderListId, orderListId, 'a list keeps its number over a restart');
    assert.deepEqual((await ask('GET', '/api/v3/openOrderList', '')).body, [again]);
    const shown = (await ask('GET', '/api/v3/openOrders', 'symbol=BTCUSDT')).body;
    assert.deepEqual(
      shown.map((it: Body) => [it.clientOrderId, it.orderListId]),
      [
        ['stop', orderListId],
        ['target', orderListId],
      ],
    );
  });

test('an OCO meets the judge: kinds of orders, band behind the trigger, position, and what is asked for twice', async () => {
  const { vault, ask } = await holding();
  const refused = async (parameters: string, path = '/api/v3/orderList/oco'): Promise<string> =>
    /\((E_[A-Z_]+)\)$/.exec((await ask('POST', path, parameters)).body.msg)?.[1] ?? 'none';
  assert.equal(await refused(`${sell}&${legs.replace('94.9', '80')}`), 'E_BAND');
  assert.equal(await refused(`${sell.replace('quantity=1', 'quantity=2')}&${legs}`), 'E_POS');
  assert.equal(await refused(`${sell}&${legs.replace('abovePrice=110', 'abovePrice=94')}`), 'E_PARAM', 'the wrong way round');
  const before = vault.exchange.requests.filter(({ method }) => method === 'POST').length;
  assert.equal((await ask('POST', '/api/v3/orderList/oco', `${sell}&${legs}${named}`)).status, 200);
  const same = await ask('POST', '/api/v3/order/oco', `${sell}&${oldLegs}${oldNamed}`);
  assert.equal(same.status, 200, 'the same ids with the same terms are the same list');
  assert.equal(vault.exchange.requests.filter(({ method }) => method === 'POST').length, before + 1);
  assert.equal(await refused(`${sell}&${legs.replace('110', '111')}${named}`), 'E_DUPLICATE');

  const without = await holding({ mandate: testMandate() });
  const answer = await without.ask('POST', '/api/v3/orderList/oco', `${sell}&${legs}`);
  assert.match(answer.body.msg, /stop-limit.*\(E_TYPE\)/, 'the mandate of this one allows no stops');
});

test('what the vault cannot judge in an OCO is refused before it is asked', async () => {
  const { vault, ask } = await holding();
  const bad: readonly (readonly [string, string, string, RegExp])[] = [
    ['orderList/oco', 'belowType=STOP_LOSS_LIMIT', 'belowType=STOP_LOSS', /E_TYPE/],
    ['orderList/oco', 'aboveType=LIMIT_MAKER', 'aboveType=TAKE_PROFIT_LIMIT', /E_TYPE/],
    ['orderList/oco', 'belowTimeInForce=GTC', 'belowTimeInForce=FOK', /E_TYPE/],
    ['orderList/oco', '&belowTimeInForce=GTC', '', /needs belowTimeInForce .*E_PARAM/],
    ['orderList/oco', 'abovePrice=110', 'abovePrice=110&aboveStopPrice=111', /takes no aboveStopPrice .*E_PARAM/],
    ['orderList/oco', 'abovePrice=110', 'abovePrice=110&aboveIcebergQty=1', /E_PARAM/],
    ['orderList/oco', 'belowPrice=94.9', 'belowPrice=94.9&belowTrailingDelta=100', /E_PARAM/],
    ['orderList/oco', 'abovePrice=110', 'abovePrice=0', /abovePrice is 0/],
    ['orderList/oco', 'side=SELL', 'side=BUY', /E_TYPE/],
    ['order/oco', '&stopLimitPrice=94.9&stopLimitTimeInForce=GTC', '', /any price.*E_TYPE/],
    ['order/oco', '&stopLimitTimeInForce=GTC', '', /E_PARAM/],
    ['order/oco', 'stopLimitTimeInForce=GTC', 'stopLimitTimeInForce=IOC', /E_TYPE/],
  ];
  const before = vault.exchange.requests.length;
  for (const [path, from, to, says] of bad) {
    const whole = `${sell}&${path === 'order/oco' ? oldLegs : legs}`;
    assert.ok(whole.includes(from), from);
    const { status, body } = await ask('POST', `/api/v3/${path}`, whole.replace(from, to));
    assert.equal(status, 400);
    assert.match(body.msg, says, `${from} -> ${to}`);
  }
  const same = `${sell}&${legs}&listClientOrderId=a&aboveClientOrderId=a`;
  assert.match((await ask('POST', '/api/v3/orderList/oco', same)).body.msg, /must differ/);
  assert.equal(vault.exchange.requests.length, before, 'nothing of it went out');
});

const cancels = [
  ['/api/v3/orderList', 'symbol=BTCUSDT&listClientOrderId=both&newClientOrderId=bye'],
  ['/api/v3/order', 'symbol=BTCUSDT&origClientOrderId=target&newClientOrderId=bye'],
  ['/api/v3/openOrders', 'symbol=BTCUSDT'],
] as const;
for (const [path, parameters] of cancels)
  test(`DELETE ${path} ends both legs with one request`, async () => {
    const { vault, ask } = await holding();
    const { orderListId } = (await ask('POST', ...spellings[0])).body;
    const { status, body } = await ask('DELETE', path, parameters);
    assert.equal(status, 200, JSON.stringify(body));
    const list = Array.isArray(body) ? body[0] : body;
    assert.deepEqual([list.orderListId, list.listOrderStatus], [orderListId, 'ALL_DONE']);
    assert.deepEqual(
      list.orderReports.map((it: Body) => [it.origClientOrderId, it.status, it.clientOrderId === 'bye']),
      ['stop', 'target'].map((it) => [it, 'CANCELED', path !== '/api/v3/openOrders']),
    );
    const deletes = vault.exchange.requests.filter(({ method }) => method === 'DELETE');
    assert.deepEqual(
      deletes.map((it) => it.path),
      ['/api/v3/orderList'],
    );
    assert.deepEqual((await ask('GET', '/api/v3/openOrderList', '')).body, []);
    assert.equal((await ask('GET', '/api/v3/allOrderList', '')).body[0].listStatusType, 'ALL_DONE');
    assert.equal((await ask('DELETE', '/api/v3/orderList', `symbol=BTCUSDT&orderListId=${orderListId}`)).body.code, -2011);
  });

test('12: without the right to cancel stops no spelling of a cancel takes an OCO away', async () => {
  const { vault, ask } = await holding({ rights: [] });
  await ask('POST', ...spellings[0]);
  for (const [path, parameters] of cancels) assert.match((await ask('DELETE', path, parameters)).body.msg, /E_RIGHT/, path);
  assert.deepEqual(
    vault.exchange.orders.slice(1).map(({ status }) => status),
    ['NEW', 'NEW'],
  );
});

test('a list whose leg traded is done, and is told apart from one that never was', async () => {
  const { vault, ask } = await holding();
  const { orderListId } = (await ask('POST', ...spellings[0])).body;
  vault.exchange.fill(3, '1');
  await vault.settle();
  const list = (await ask('GET', '/api/v3/orderList', `orderListId=${orderListId}`)).body;
  assert.deepEqual([list.listStatusType, list.listOrderStatus], ['ALL_DONE', 'ALL_DONE']);
  const shown = (await ask('GET', '/api/v3/allOrders', 'symbol=BTCUSDT')).body.slice(1);
  assert.deepEqual(
    shown.map((it: Body) => [it.clientOrderId, it.type, it.status]),
    [
      ['stop', 'STOP_LOSS_LIMIT', 'EXPIRED'],
      ['target', 'LIMIT_MAKER', 'FILLED'],
    ],
  );
  const [, trade] = (await ask('GET', '/api/v3/myTrades', 'symbol=BTCUSDT')).body;
  assert.equal(trade.orderListId, orderListId);
  assert.equal((await ask('GET', '/api/v3/orderList', 'orderListId=1')).body.code, -2013);
  assert.match((await ask('GET', '/api/v3/orderList', '')).body.msg, /E_PARAM/);
});

test('an OCO without an answer is unknown, never refused, and found again by its id', async () => {
  const { vault, ask, send } = await holding();
  vault.exchange.weather('request-lost');
  const asked = send('POST', ...spellings[0]);
  await vault.pass(100);
  assert.equal((await ask('GET', '/api/v3/orderList', 'origClientOrderId=both')).body.code, -1007, 'it may exist');
  await vault.pass(10_000);
  assert.equal((await asked).body.code, -2010, 'the vault found out that it never arrived');
  assert.equal((await ask('GET', '/api/v3/orderList', 'origClientOrderId=both')).body.code, -2013);
});
