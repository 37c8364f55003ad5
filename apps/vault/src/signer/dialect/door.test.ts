/** The dialect door inside the signer: what leaves it, what is answered when the exchange does not, what a restart keeps. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { account, btc, scriptedVault } from '../testing/scripted-vault.ts';

type Vault = ReturnType<typeof scriptedVault>;
// Answers are read field by field, as a client without types would.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Body = any;

async function opened(defers = false) {
  const vault = scriptedVault({ defers });
  await vault.open();
  const terms = { bot: 'program', account, pairs: [btc], maxOrderQuote: '1000', turnover24h: '10000', rights: ['cancel-stops'] };
  const { dialect } = (await vault.askAsPeer(doorPaths.grant, terms)).body as Body;
  const { apiKey, secret } = dialect as { apiKey: string; secret: string };
  const ask = (method: string, path: string, parameters: string): Promise<{ status: number; body: Body }> => {
    const payload = `${parameters}${parameters === '' ? '' : '&'}timestamp=${vault.now()}`;
    const signature = createHmac('sha256', secret).update(payload).digest('hex');
    return vault.dialect(method, `${path}?${payload}&signature=${signature}`, apiKey) as Promise<{ status: number; body: Body }>;
  };
  /** An answer that comes only after the signer had its time. */
  const patient = async (vault: Vault, asked: Promise<{ status: number; body: Body }>, ms = 0) => {
    await vault.pass(ms);
    return asked;
  };
  return { vault, ask, patient, apiKey, secret };
}

const order = (id: string, change = ''): string =>
  `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.00&price=99.50&newClientOrderId=${id}${change}`;

test('26: what leaves the vault is built anew: own order, own time, own id, and nothing of the client’s bytes', async () => {
  const { vault, ask, patient, apiKey, secret } = await opened();
  const parameters = `${order('my-own-id')}&recvWindow=2500`;
  const placed = await patient(vault, ask('POST', '/api/v3/order', parameters));
  assert.deepEqual([placed.status, placed.body.clientOrderId, placed.body.status], [200, 'my-own-id', 'NEW']);
  const sent = vault.exchange.requests.findLast((it) => it.path === '/api/v3/order' && it.method === 'POST')!;
  const names = sent.query.split('&').map((it) => it.slice(0, it.indexOf('=')));
  assert.deepEqual(names, [
    'symbol',
    'side',
    'type',
    'timeInForce',
    'quantity',
    'price',
    'newClientOrderId',
    'newOrderRespType',
    'recvWindow',
    'timestamp',
    'signature',
  ]);
  assert.match(sent.query, /quantity=1&price=99\.5&newClientOrderId=hf[a-z2-7]{32}&/);
  for (const theirs of ['my-own-id', apiKey, secret, 'quantity=1.00', 'recvWindow=2500', '99.50'])
    assert.ok(!JSON.stringify(sent).includes(theirs), theirs);
  // 27: what the vault signed with is in the request and nowhere else.
  const signature = new URLSearchParams(sent.query).get('signature')!;
  const seen = JSON.stringify([placed.body, vault.lines, vault.logged, vault.journal().toString('utf8')]);
  assert.ok(!seen.includes(signature) && !seen.includes(encodeURIComponent(signature)));
  const journal = vault.journal().toString('utf8');
  assert.ok(!journal.includes(secret) && !journal.includes(apiKey), 'nor is the sub-key’s own in the journal');
});

test('a client that waits for its cancel is answered as soon as that is written', async () => {
  const { vault, ask, patient } = await opened(true);
  await patient(vault, ask('POST', '/api/v3/order', order('a')), 10);
  let status = 0;
  void ask('DELETE', '/api/v3/order', 'symbol=BTCUSDT&origClientOrderId=a').then((answer) => {
    status = answer.status;
  });
  await vault.settle();
  assert.equal(status, 200, 'without the millisecond that what became of a bot’s order may take');
});

test('an order without an answer is unknown, never refused, and found again by its id', async () => {
  const { vault, ask, patient } = await opened();
  vault.exchange.weather('request-lost');
  const asked = ask('POST', '/api/v3/order', order('lost-1'));
  await vault.pass(100);
  const early = await patient(vault, ask('GET', '/api/v3/order', 'symbol=BTCUSDT&origClientOrderId=lost-1'));
  assert.deepEqual([early.status, early.body.code], [504, -1007], 'it may exist');
  const rejected = await patient(vault, asked, 10_000);
  assert.deepEqual([rejected.status, rejected.body.code], [400, -2010], 'the vault found out that it never arrived');
  assert.equal((await patient(vault, ask('GET', '/api/v3/order', 'symbol=BTCUSDT&origClientOrderId=lost-1'))).body.code, -2013);

  vault.exchange.weather('answer-lost');
  const found = await patient(vault, ask('POST', '/api/v3/order', order('lost-2')), 10_000);
  assert.deepEqual([found.status, found.body.clientOrderId], [200, 'lost-2']);
  assert.equal(vault.exchange.orders.length, 1);
});

test('a market order is an IOC at the edge of the band, in whole steps, also by a size in quote', async () => {
  const { vault, ask, patient } = await opened();
  const market = `symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=250&newClientOrderId=m-1`;
  const asked = ask('POST', '/api/v3/order', market);
  await vault.settle();
  const sent = vault.exchange.requests.findLast((it) => it.path === '/api/v3/order' && it.method === 'POST')!;
  const query = new URLSearchParams(sent.query);
  assert.deepEqual([query.get('type'), query.get('timeInForce')], ['LIMIT', 'IOC']);
  const [quantity, price] = [Number(query.get('quantity')), Number(query.get('price'))];
  assert.ok(price > 100 && Number.isInteger(Math.round(price * 100 * 1e6) / 1e6), `${price}`);
  assert.ok(quantity * price <= 250 && (quantity + 0.001) * price > 250, `${quantity} at ${price}`);
  vault.exchange.fill(1, String(quantity));
  const { status, body } = await patient(vault, asked);
  assert.deepEqual([status, body.status, body.type, body.price], [200, 'FILLED', 'MARKET', '0.00000000']);
  assert.equal(body.fills.length, 1);
});

test('a market order ends at the edge of the band of the price at which it is judged, also when that moved meanwhile', async () => {
  const { vault, ask } = await opened();
  void ask('POST', '/api/v3/order', 'symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=m-1');
  // The exchange has not said its steps yet.
  await vault.sync('99');
  const sent = vault.exchange.requests.findLast((it) => it.path === '/api/v3/order' && it.method === 'POST');
  assert.equal(new URLSearchParams(sent?.query).get('price'), '99.49', 'half a percent above 99');
});

test('a fill-or-kill order leaves the vault as one, and is shown as one', async () => {
  const { vault, ask, patient } = await opened();
  const asked = ask('POST', '/api/v3/order', order('whole-1').replace('GTC', 'FOK'));
  const placed = await patient(vault, asked, 11_000);
  const sent = vault.exchange.requests.findLast((it) => it.path === '/api/v3/order' && it.method === 'POST')!;
  assert.match(sent.query, /type=LIMIT&timeInForce=FOK&quantity=1&price=99\.5&/);
  assert.deepEqual([placed.status, placed.body.type, placed.body.timeInForce], [200, 'LIMIT', 'FOK']);
});

test('a restart keeps orders, trades and ids, and what was signed before it counts no more', async () => {
  const { vault, ask, patient, apiKey, secret } = await opened();
  const payload = `${order('kept')}&timestamp=${vault.now()}`;
  const target = `/api/v3/order?${payload}&signature=${createHmac('sha256', secret).update(payload).digest('hex')}`;
  const placed = (await patient(vault, vault.dialect('POST', target, apiKey) as Promise<{ status: number; body: Body }>)).body;
  vault.exchange.fill(1, '0.4');
  await vault.settle();
  await vault.pass(10);
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  const replayed = await vault.dialect('POST', target, apiKey);
  assert.match((replayed.body as Body).msg, /E_TIME/);
  const shown = (await ask('GET', '/api/v3/order', `symbol=BTCUSDT&orderId=${placed.orderId}`)).body;
  assert.deepEqual([shown.clientOrderId, shown.status, shown.executedQty], ['kept', 'PARTIALLY_FILLED', '0.40000000']);
  const trades = (await ask('GET', '/api/v3/myTrades', 'symbol=BTCUSDT')).body;
  assert.deepEqual(
    trades.map((it: Body) => [it.orderId, it.qty]),
    [[placed.orderId, '0.40000000']],
  );
});

test('a cancel that came too late says that the order is gone, and the order says why', async () => {
  const { vault, ask, patient } = await opened();
  const placed = (await patient(vault, ask('POST', '/api/v3/order', order('race')))).body;
  vault.exchange.fill(1, '1');
  await vault.settle();
  const late = await patient(vault, ask('DELETE', '/api/v3/order', `symbol=BTCUSDT&orderId=${placed.orderId}`));
  assert.deepEqual([late.status, late.body.code], [400, -2011]);
  await vault.pass(1); // in the same millisecond the read would bear the cancel's signature
  const shown = (await patient(vault, ask('GET', '/api/v3/order', `symbol=BTCUSDT&orderId=${placed.orderId}`))).body;
  assert.equal(shown.status, 'FILLED');
});

test('what portfolio programs read besides is answered for the sub-key: its own balances, and no past', async () => {
  const { vault, ask, patient } = await opened();
  const nothing = [
    ['GET', '/api/v3/myPreventedMatches', 'symbol=BTCUSDT&orderId=1'],
    ['GET', '/api/v3/myAllocations', 'symbol=BTCUSDT&limit=500'],
    ['GET', '/api/v3/order/amendments', 'symbol=BTCUSDT&orderId=1'],
    ['GET', '/sapi/v1/capital/deposit/hisrec', 'coin=BTC&startTime=1&limit=1000'],
    ['GET', '/sapi/v1/capital/withdraw/history', ''],
    ['POST', '/sapi/v1/asset/get-funding-asset', ''],
  ] as const;
  for (const [method, path, parameters] of nothing) {
    const { status, body } = await ask(method, path, parameters);
    assert.deepEqual([status, body], [200, []], path);
  }
  assert.deepEqual((await ask('GET', '/sapi/v1/accountSnapshot', 'type=SPOT')).body, { code: 200, msg: '', snapshotVos: [] });
  await patient(vault, ask('POST', '/api/v3/order', order('one')));
  const { body: assets } = await ask('POST', '/sapi/v3/asset/getUserAsset', 'needBtcValuation=false');
  const { balances } = (await ask('GET', '/api/v3/account', 'omitZeroBalances=true')).body;
  const amounts = (it: Body): Body => [it.asset, it.free, it.locked];
  assert.deepEqual(assets.map(amounts), balances.map(amounts));
  assert.deepEqual((await ask('POST', '/sapi/v3/asset/getUserAsset', 'asset=BTC')).body, []);
  assert.equal((await ask('POST', '/sapi/v1/capital/withdraw/history', '')).body.code, -1002, 'another method, another request');
});
