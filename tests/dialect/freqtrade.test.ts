/** The example configuration for freqtrade, read as freqtrade reads it, and the calls that freqtrade makes through ccxt. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { account, type Instance } from '../vault/harness.ts';
import { type Client, ccxtClass, connected } from './fixture.ts';

const root = resolve(import.meta.dirname, '../..');
const config = JSON.parse(readFileSync(join(root, 'docs/examples/freqtrade/config.json'), 'utf8'));
const Binance = await ccxtClass('./src/binance.js');
const [pair] = config.exchange.pair_whitelist;

let instance: Instance;
let client: Client;

/** The sub-key as a person makes it, on the command line. */
function makeSubKey(...flags: string[]): { status: number | null; stdout: string; stderr: string } {
  const args = ['--account', account, '--pairs', pair, '--max-order', '500', '--turnover', '20000', '--cancel-stops', ...flags];
  return holdfast('sub-key', 'make', 'freqtrade', ...args);
}
const holdfast = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'bin/holdfast.mjs'), ...args, '--data', instance.data], {
    encoding: 'utf8',
    timeout: 60_000,
  });

before(async () => {
  instance = await connected();
  // As `up` would have written it.
  const ports = { gate: instance.vault.port };
  writeFileSync(join(instance.data, 'lock'), JSON.stringify({ pid: instance.vault.child.pid, ports }));
});
after(() => instance.close());

test('the command line makes the sub-key, lists it without its secret, and says no', () => {
  const made = makeSubKey('--json');
  assert.equal(made.status, 0, made.stderr);
  const { apiKey, secret, url, subKey } = JSON.parse(made.stdout);
  assert.match(apiKey, /^[A-Za-z0-9]{64}$/);
  assert.match(secret, /^[A-Za-z0-9]{64}$/);
  assert.equal(url, `http://127.0.0.1:${instance.vault.port}`);
  const { stdout } = holdfast('sub-key', 'list');
  assert.ok(stdout.includes(subKey) && stdout.includes('program-freqtrade') && !stdout.includes(secret));
  const again = makeSubKey();
  assert.ok(again.stdout.includes(secret), 'a person may ask for it again');
  const wide = holdfast(
    'sub-key',
    'make',
    'wide',
    '--account',
    account,
    '--pairs',
    'DOGE/USDT',
    '--max-order',
    '1',
    '--turnover',
    '1',
  );
  assert.equal(wide.status, 1);
  assert.match(wide.stderr, /E_RIGHT/);

  // freqtrade hands ccxt the key and, merged into it, `ccxt_config`.
  const { ccxt_config: settings } = config.exchange;
  const here = JSON.parse(JSON.stringify(settings).replaceAll('http://127.0.0.1:8432', url));
  client = new Binance({ apiKey, secret, ...here, enableRateLimit: false });
  assert.equal(client.urls.api.private, `${url}/api/v3`);
  assert.match(client.urls.api.fapiPublic, /binance\.com/, 'what is not named stays');
});

test('freqtrade starts: markets, candles, tickers, book, balance', async () => {
  const markets = await client.loadMarkets();
  assert.equal(markets[pair].active, true);
  const candles = await client.fetchOHLCV(pair, config.timeframe, Date.now() - 86_400_000 * 3650, 10);
  assert.ok(candles.length > 0 && candles.every((it: number[]) => it.length === 6));
  assert.ok((await client.fetchTicker(pair)).last > 0);
  assert.ok((await client.fetchTickers([pair]))[pair].bid > 0);
  assert.ok((await client.fetchL2OrderBook(pair, 5)).asks.length > 0);
  const balance = await client.fetchBalance();
  assert.ok(balance[config.stake_currency].free >= config.stake_amount);
});

let amount = 0;

test('it enters with a limit order, waits, cancels, and enters at the market', async () => {
  const { bid } = await client.fetchTicker(pair);
  amount = Number(client.amountToPrecision(pair, config.stake_amount / bid));
  const price = Number(client.priceToPrecision(pair, bid * 0.995));
  const entry = await client.createOrder(pair, 'limit', 'buy', amount, price, {});
  assert.deepEqual([entry.status, entry.remaining], ['open', amount]);
  assert.equal((await client.fetchOrder(entry.id, pair, {})).status, 'open');
  const cancelled = await client.cancelOrder(entry.id, pair, {});
  assert.equal(cancelled.status, 'canceled');
  assert.equal((await client.fetchOrder(entry.id, pair, {})).status, 'canceled');

  const market = await client.createOrder(pair, 'market', 'buy', amount, undefined, {});
  assert.equal(market.status, 'closed');
  const order = await client.fetchOrder(market.id, pair, {});
  assert.ok(order.filled === amount && order.average > 0 && order.cost > 0);
  const trades = await client.fetchMyTrades(pair, market.timestamp - 5000);
  const own = trades.filter((it: Client) => it.order === market.id);
  assert.equal(own.reduce((sum: number, it: Client) => sum + it.amount, 0).toFixed(8), amount.toFixed(8));
  assert.ok(own.every((it: Client) => it.fee.cost > 0));
});

test('it keeps its stop on the exchange, moves it, takes it away and leaves', async () => {
  const { BTC } = await client.fetchBalance();
  const held = Number(client.amountToPrecision(pair, BTC.free));
  assert.ok(held > amount * 0.99 && held <= amount, 'what the fee left of what was bought');
  const { last } = await client.fetchTicker(pair);
  const stopAt = async (factor: number): Promise<Client> => {
    const stopPrice = Number(client.priceToPrecision(pair, last * factor));
    const limit = Number(client.priceToPrecision(pair, stopPrice * config.order_types.stoploss_on_exchange_limit_ratio));
    return client.createOrder(pair, 'stop_loss_limit', 'sell', held, limit, { stopPrice });
  };
  const first = await stopAt(0.95);
  const seen = await client.fetchOrder(first.id, pair, {});
  assert.deepEqual(
    [seen.status, seen.info.type, seen.triggerPrice],
    ['open', 'STOP_LOSS_LIMIT', Number(client.priceToPrecision(pair, last * 0.95))],
  );
  assert.equal((await client.fetchBalance()).BTC.used, held);
  await client.cancelOrder(first.id, pair, {});
  const second = await stopAt(0.96);
  assert.deepEqual(
    (await client.fetchOpenOrders(pair)).map((it: Client) => it.id),
    [second.id],
  );
  await client.cancelOrder(second.id, pair, {});
  const exit = await client.createOrder(pair, 'market', 'sell', held, undefined, {});
  assert.deepEqual([exit.status, exit.filled], ['closed', held]);
  assert.ok((await client.fetchBalance()).BTC.total < 0.00001);
});
