/** An unmodified ccxt with a sub-key trades through the vault: real processes, every address moved to the gate. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { moved } from '../clients/exchange-under-test.ts';
import type { Instance } from '../vault/harness.ts';
import { addressOf, type Client, ccxtClass, connected, type DialectKey, newKey } from './fixture.ts';

const Binance = await ccxtClass('./src/binance.js');

let instance: Instance;
let key: DialectKey;
let client: Client;
before(async () => {
  instance = await connected();
  key = await newKey(instance, 'ccxt', { rights: ['cancel-stops'] });
  client = clientOf(key);
  await client.loadMarkets();
});
after(() => instance.close());

function clientOf({ apiKey, secret }: DialectKey): Client {
  const made = new Binance({ apiKey, secret });
  made.urls.api = moved(made.urls.api, addressOf(instance));
  return made;
}

const symbol = 'BTC/USDT';
const near = (price: number, bps: number): number => Math.round(price * (1 + bps / 10_000));

test('what ccxt asks before it trades is answered', async () => {
  assert.deepEqual([client.markets[symbol].precision.price, client.markets[symbol].precision.amount], [0.01, 0.00001]);
  assert.deepEqual(Object.keys(client.currencies).includes('BTC'), true);
  const candles = await client.fetchOHLCV(symbol, '1m', undefined, 5);
  assert.equal(candles.length, 5);
  const { bid, ask } = await client.fetchTicker(symbol);
  assert.ok(bid > 0 && ask > bid);
  assert.ok((await client.fetchOrderBook(symbol, 5)).bids.length > 0);
  assert.equal(Math.abs((await client.fetchTime()) - Date.now()) < 86_400_000 * 365 * 10, true);
  const { USDT } = await client.fetchBalance();
  assert.equal(USDT.free, 100_000);
});

test('orders are placed, seen, found and cancelled under the client’s own ids', async () => {
  const { bid } = await client.fetchTicker(symbol);
  const resting = await client.createOrder(symbol, 'limit', 'buy', 0.002, near(bid, -80), { clientOrderId: 'mine-1' });
  assert.deepEqual([resting.status, resting.clientOrderId, resting.filled], ['open', 'mine-1', 0]);
  assert.match(resting.id, /^\d+$/);
  const open = await client.fetchOpenOrders(symbol);
  assert.deepEqual(
    open.map((it: Client) => it.id),
    [resting.id],
  );
  assert.equal((await client.fetchOrder(resting.id, symbol)).clientOrderId, 'mine-1');
  const { USDT } = await client.fetchBalance();
  assert.equal(USDT.used.toFixed(8), (0.002 * near(bid, -80)).toFixed(8));
  assert.equal((await client.cancelOrder(resting.id, symbol)).status, 'canceled');
  assert.deepEqual(await client.fetchOpenOrders(symbol), []);
  assert.equal((await client.fetchOrder(resting.id, symbol)).status, 'canceled');
});

test('a market order fills at once, capped by the band, and its trades are there', async () => {
  const bought = await client.createOrder(symbol, 'market', 'buy', 0.003);
  assert.deepEqual([bought.status, bought.type, bought.filled], ['closed', 'market', 0.003]);
  assert.ok(bought.trades.length > 0 && bought.fees[0].currency === 'BTC');
  const trades = (await client.fetchMyTrades(symbol)).filter((it: Client) => it.order === bought.id);
  assert.equal(
    trades.reduce((sum: number, it: Client) => sum + it.amount, 0),
    0.003,
  );
  const spent = await client.createOrder(symbol, 'market', 'buy', undefined, undefined, { cost: 200 });
  assert.ok(spent.cost <= 200 && spent.cost > 190, String(spent.cost));
  const { BTC } = await client.fetchBalance();
  const sold = await client.createOrder(symbol, 'market', 'sell', Math.floor(BTC.free * 1e5) / 1e5);
  assert.equal(sold.status, 'closed');
});
