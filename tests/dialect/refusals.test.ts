/** What the dialect refuses, as ccxt reads it; and that a sub-key sees and touches what is its own. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { moved } from '../clients/exchange-under-test.ts';
import { account, type Instance, json, until, vaultOpen } from '../vault/harness.ts';
import { addressOf, type Client, ccxtClass, connected, type DialectKey, newKey } from './fixture.ts';

const Binance = await ccxtClass('./src/binance.js');
const symbol = 'BTC/USDT';

let instance: Instance;
let key: DialectKey;
let client: Client;
before(async () => {
  instance = await connected();
  key = await newKey(instance, 'mine');
  client = clientOf(key);
  await client.loadMarkets();
});
after(() => instance.close());

function clientOf({ apiKey, secret }: Pick<DialectKey, 'apiKey' | 'secret'>): Client {
  const made = new Binance({ apiKey, secret, enableRateLimit: false, options: { fetchMarkets: { types: ['spot'] } } });
  made.urls.api = moved(made.urls.api, addressOf(instance));
  return made;
}

const near = (price: number, bps: number): number => Math.round(price * (1 + bps / 10_000));

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (cause: Error) => cause,
  );
  const code = /\(E_[A-Z_]+\)/.exec(error?.message ?? '')?.[0] ?? '';
  return `${error?.constructor.name ?? 'accepted'} ${code}`.trim();
}

test('what the mandate does not allow has its code, and a class that programs know', async () => {
  const { bid } = await client.fetchTicker(symbol);
  const create = (...of: unknown[]): Promise<string> => refusal(client.createOrder(symbol, ...of));
  assert.equal(await create('limit', 'buy', 0.001, near(bid, 300)), 'InvalidOrder (E_BAND)');
  assert.equal(await create('limit', 'buy', 0.9, near(bid, -50)), 'InvalidOrder (E_SIZE)');
  assert.equal(await create('limit', 'sell', 0.01, near(bid, 50)), 'InsufficientFunds (E_POS)');
  assert.equal(await create('limit', 'buy', 0.001, near(bid, -50), { timeInForce: 'GTD' }), 'InvalidOrder (E_TYPE)');
  assert.equal(await create('market', 'sell', 0.001, undefined, { stopLossPrice: near(bid, -50) }), 'InvalidOrder (E_TYPE)');
  assert.equal(await create('limit', 'buy', 0.001, near(bid, -50), { sideEffectType: 'MARGIN_BUY' }), 'BadRequest (E_PARAM)');
  assert.equal(await refusal(client.createOrder('ETH/USDT', 'limit', 'buy', 0.1, 1000)), 'PermissionDenied (E_SYMBOL)');
  assert.equal(await create('limit', 'buy', 0.001, near(bid, 50), { postOnly: true }), 'OrderImmediatelyFillable');
  assert.equal(await refusal(client.cancelOrder('123456', symbol)), 'OrderNotFound');
  assert.equal(await refusal(client.fetchOrder('123456', symbol)), 'OrderNotFound');
});

test('a wrong secret, a strange key and a late request are told apart', async () => {
  assert.equal(await refusal(clientOf({ ...key, secret: 'f'.repeat(64) }).fetchBalance()), 'AuthenticationError (E_SIG)');
  assert.equal(await refusal(clientOf({ ...key, apiKey: 'f'.repeat(64) }).fetchBalance()), 'AuthenticationError (E_SIG)');
  assert.equal(await refusal(clientOf({ ...key, apiKey: key.subKey }).fetchBalance()), 'AuthenticationError (E_SIG)');
  const guessed = `${key.subKey}${'0'.repeat(32)}`;
  assert.equal(await refusal(clientOf({ ...key, apiKey: guessed }).fetchBalance()), 'AuthenticationError (E_SIG)');
  const late = clientOf(key);
  late.nonce = () => Date.now() - 20_000; // on a busy machine the simulated clock is seconds behind
  assert.equal(await refusal(late.fetchBalance()), 'InvalidNonce (E_TIME)');
});

test('38: a sub-key is worth nothing at the exchange itself', async () => {
  const straight = clientOf(key);
  straight.urls.api = moved(straight.urls.api, `127.0.0.1:${instance.exchange.port}`);
  assert.equal(await refusal(straight.fetchBalance()), 'AuthenticationError');
});

test('parameters are parted between query and body as go-binance parts them', async () => {
  const { bid } = await client.fetchTicker(symbol);
  /** `raw := queryString + bodyString`, signed and put at the end of the query (go-binance v2, client.go). */
  const call = async (method: string, form: Record<string, string>): Promise<Client> => {
    const [query, body] = [`timestamp=${Date.now()}`, new URLSearchParams(form).toString()];
    const signature = createHmac('sha256', key.secret)
      .update(query + body)
      .digest('hex');
    const headers = { 'X-MBX-APIKEY': key.apiKey, 'Content-Type': 'application/x-www-form-urlencoded' };
    const target = `http://${addressOf(instance)}/api/v3/order?${query}&signature=${signature}`;
    return (await fetch(target, { method, headers, body })).json();
  };
  const terms = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.001', price: String(near(bid, -90)) };
  const placed = await call('POST', { symbol: 'BTCUSDT', newClientOrderId: 'parted', ...terms });
  assert.deepEqual([placed.status, placed.clientOrderId], ['NEW', 'parted'], JSON.stringify(placed));
  const cancelled = await call('DELETE', { symbol: 'BTCUSDT', origClientOrderId: 'parted' });
  assert.deepEqual([cancelled.status, cancelled.orderId], ['CANCELED', placed.orderId]);
});

test('the same id means the same order; other terms under it are refused', async () => {
  const { bid } = await client.fetchTicker(symbol);
  const limit = near(bid, -90);
  const once = await client.createOrder(symbol, 'limit', 'buy', 0.001, limit, { clientOrderId: 'once' });
  const again = await client.createOrder(symbol, 'limit', 'buy', 0.001, limit, { clientOrderId: 'once' });
  assert.equal(again.id, once.id);
  assert.equal(
    await refusal(client.createOrder(symbol, 'limit', 'buy', 0.002, limit, { clientOrderId: 'once' })),
    'InvalidOrder (E_DUPLICATE)',
  );
  assert.equal((await client.fetchOpenOrders(symbol)).length, 1);
  await client.cancelOrder(once.id, symbol);
});

test('a sub-key neither sees nor cancels what another ordered, and not all of the balance', async () => {
  const theirs = clientOf(await newKey(instance, 'theirs'));
  await theirs.loadMarkets();
  const { bid } = await client.fetchTicker(symbol);
  const resting = await client.createOrder(symbol, 'limit', 'buy', 0.001, near(bid, -90), { clientOrderId: 'private' });
  await client.createOrder(symbol, 'market', 'buy', 0.001);
  assert.deepEqual(await theirs.fetchOpenOrders(symbol), []);
  assert.deepEqual(await theirs.fetchMyTrades(symbol), []);
  assert.deepEqual(await theirs.fetchOrders(symbol), []);
  assert.equal(await refusal(theirs.fetchOrder(resting.id, symbol)), 'OrderNotFound');
  assert.equal(await refusal(theirs.cancelOrder(resting.id, symbol)), 'OrderNotFound');
  assert.equal(await refusal(theirs.cancelOrder(undefined, symbol, { origClientOrderId: 'private' })), 'OrderNotFound');
  assert.equal(await refusal(theirs.cancelAllOrders(symbol)), 'OrderNotFound');
  assert.equal((await theirs.fetchBalance()).BTC.total, 0, 'coins that another sub-key bought');
  assert.ok((await client.fetchBalance()).BTC.total > 0.0009);
  const canceled = await client.cancelAllOrders(symbol);
  assert.deepEqual(
    canceled.map((it: Client) => it.id),
    [resting.id],
  );
});

test('an order is replaced, or it is said which half failed', async () => {
  const { bid } = await client.fetchTicker(symbol);
  const first = await client.createOrder(symbol, 'limit', 'buy', 0.001, near(bid, -90));
  const edited = await client.editOrder(first.id, symbol, 'limit', 'buy', 0.002, near(bid, -80));
  assert.deepEqual([edited.amount, edited.status], [0.002, 'open']);
  assert.equal((await client.fetchOrder(first.id, symbol)).status, 'canceled');
  const half = await refusal(client.editOrder(edited.id, symbol, 'limit', 'buy', 0.002, near(bid, 500)));
  assert.match(half, /^ExchangeError|^BadResponse/);
  assert.equal((await client.fetchOrder(edited.id, symbol)).status, 'canceled', 'the old one is gone, the new one was refused');
  assert.match(
    await refusal(client.editOrder(edited.id, symbol, 'limit', 'buy', 0.002, near(bid, -80))),
    /^ExchangeError|^BadResponse/,
  );
});

test('order/test says whether a request is well-formed and places nothing', async () => {
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.001', price: '1' };
  assert.deepEqual(await client.privatePostOrderTest(order), {});
  assert.equal(await refusal(client.privatePostOrderTest({ ...order, quantity: '1e-3' })), 'BadRequest (E_PARAM)');
  assert.deepEqual(await client.fetchOpenOrders(symbol), []);
});

test('permissions are the sub-key’s, and asking for what it has not is no crime', async () => {
  const rights = await client.sapiGetAccountApiRestrictions();
  assert.equal(rights.enableSpotAndMarginTrading, true);
  for (const [name, value] of Object.entries(rights))
    if (/Withdraw|Transfer|Margin$|Futures|Options/i.test(name) && name !== 'enableSpotAndMarginTrading')
      assert.equal(value, false, name);
  assert.deepEqual(await client.fetchDeposits('BTC'), []);
  assert.deepEqual(await client.fetchWithdrawals('BTC'), []);
  for (const ask of ['sapiGetCapitalDepositAddress', 'sapiGetAssetAssetDividend', 'fapiPrivateV2GetAccount'])
    for (let round = 0; round < 3; round += 1)
      assert.equal(await refusal(client[ask]({ coin: 'BTC' })), 'PermissionDenied (E_PATH)', ask);
  assert.deepEqual(await client.fetchOpenOrders(symbol), [], 'the sub-key is still alive');
  const { bid } = await client.fetchTicker(symbol);
  const placed = await client.createOrder(symbol, 'limit', 'buy', 0.001, near(bid, -90));
  await client.cancelOrder(placed.id, symbol);
});

/** The owner has looked and lifts what stopped the account. */
async function lift(): Promise<void> {
  const { stateEpoch } = (await instance.cli.status()).accounts[0]!;
  const lifted = await instance.cli.ownerAct({ act: 'unfreeze', account, stateEpoch, at: Date.now() }, instance.owner);
  assert.equal(lifted.kind, 'done');
}

test('14: the first withdrawal, transfer or key that a sub-key asks for stops it, and nothing goes out', async () => {
  const asks: readonly ((of: Client) => Promise<unknown>)[] = [
    (of) => of.withdraw('BTC', 1, 'bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh'),
    (of) => of.transfer('USDT', 100, 'spot', 'future'),
    (of) => of.sapiPostSubAccountUniversalTransfer({ asset: 'USDT', amount: 1 }),
    (of) => of.sapiPostGiftcardCreateCode({ token: 'USDT', amount: 1 }),
  ];
  for (const [number, ask] of asks.entries()) {
    const made = clientOf(await newKey(instance, `thief-${number}`));
    await made.loadMarkets();
    assert.equal(await refusal(ask(made)), 'PermissionDenied (E_PATH)');
    const after = await refusal(made.createOrder(symbol, 'market', 'buy', 0.001));
    assert.match(after, /E_REVOKED|E_FROZEN/, `what a thief orders after ask ${number}`);
    const { condition } = (await instance.cli.status()).accounts[0]!;
    assert.equal(condition, number === 2 ? 'frozen' : 'active', 'the third sub-key within an hour takes the account with it');
    if (condition === 'frozen') await lift();
  }
  // Whoever cannot sign for the sub-key cannot have it stopped that way.
  const url = `http://${addressOf(instance)}/sapi/v1/capital/withdraw/apply?timestamp=${Date.now()}&signature=${'0'.repeat(64)}`;
  assert.equal((await fetch(url, { method: 'POST', headers: { 'x-mbx-apikey': key.apiKey } })).status, 404);
  const { bid } = await client.fetchTicker(symbol);
  await client.cancelOrder((await client.createOrder(symbol, 'limit', 'buy', 0.001, near(bid, -90))).id, symbol);
});

test('market data goes through unsigned, size-capped, and only what the list names', async () => {
  const url = (path: string): string => `http://${addressOf(instance)}${path}`;
  const info = await json<Client>(url('/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D'));
  assert.deepEqual(
    info.symbols.map((it: Client) => it.symbol),
    ['BTCUSDT', 'ETHUSDT'],
  );
  assert.equal((await json<Client>(url('/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=3'))).length, 3);
  assert.match((await json<Client>(url('/api/v3/klines?symbol=BTCUSDT&interval=1m&evil=1'))).msg, /E_PARAM/);
  assert.equal((await json<Client>(url('/api/v3/ticker/price?symbol=NOSUCH'))).code, -1121, 'the exchange’s own refusal');
  assert.match((await json<Client>(url('/api/v3/klines/%20'))).msg, /E_PATH/);
  assert.equal((await json<Client>(url('/api/v3/account'))).code, -2014, 'what is one’s own needs a key');
});

test('when the owner freezes, orders are refused and reads go on; a restart keeps what was known', async () => {
  const { bid } = await client.fetchTicker(symbol);
  const placed = await client.createOrder(symbol, 'limit', 'buy', 0.001, near(bid, -90), { clientOrderId: 'kept' });
  const signer = (await instance.cli.status()).processes.find(({ name }) => name === 'signer')!.pid;
  process.kill(signer, 'SIGKILL');
  await until('a new signer', async () => {
    const now = (await instance.cli.status()).processes.find(({ name }) => name === 'signer');
    return now !== undefined && now.pid !== signer && now.state === 'running' ? true : undefined;
  });
  await vaultOpen(instance);
  assert.equal((await client.fetchOrder(placed.id, symbol)).clientOrderId, 'kept');
  assert.ok((await client.fetchMyTrades(symbol)).length > 0);
  await instance.cli.freeze('a test', account);
  assert.equal(await refusal(client.createOrder(symbol, 'market', 'buy', 0.001)), 'PermissionDenied (E_FROZEN)');
  assert.equal((await client.fetchOrder(placed.id, symbol)).clientOrderId, 'kept');
});
