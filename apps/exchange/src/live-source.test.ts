/** Live prices are another exchange's public ones: here a second simulated exchange on this machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { amount, type MarketDataPort, pair } from '@holdfast/domain';
import { openLive } from './live-source.ts';
import { type RunningExchange, startExchange } from './server.ts';

const folders: string[] = [];
const running: RunningExchange[] = [];
after(async () => {
  for (const exchange of running.reverse()) await exchange.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const usual = { port: 0, touch: 'touch', volumeShare: 1, spreadTicks: 1, lockstep: false } as const;

async function begin(
  options: Partial<Parameters<typeof startExchange>[0]> = {},
  data = mkdtempSync(join(tmpdir(), 'holdfast-live-')),
) {
  folders.push(data);
  const exchange = await startExchange({ data, speed: 1, seed: 3, ...usual, ...options });
  running.push(exchange);
  return { exchange, data };
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;
const price = async (url: string): Promise<string> =>
  (await get<{ price: string }>(`${url}/api/v3/ticker/price?symbol=BTCUSDT`)).price;

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) if (await check()) return;
  throw new Error(`${what} did not come`);
}

test('prices, rules and recent minutes are the followed exchange’s, and time is the machine’s', async () => {
  const followed = await begin();
  const { exchange, data } = await begin({ live: followed.exchange.url, pair: 'BTC/USDT,ETH/USDT' });
  const rulesOf = async (url: string) => {
    const { symbols } = await get<{ symbols: { symbol: string; filters: { filterType: string; tickSize?: string }[] }[] }>(
      `${url}/api/v3/exchangeInfo?symbols=["BTCUSDT"]`,
    );
    return symbols[0]?.filters.find((filter) => filter.filterType === 'PRICE_FILTER')?.tickSize;
  };
  assert.equal(await rulesOf(exchange.url), await rulesOf(followed.exchange.url));
  let heard = 0;
  let before = '';
  await until('three prices of the followed exchange', async () => {
    const [theirs, ours] = await Promise.all([price(followed.exchange.url), price(exchange.url)]);
    if (theirs === ours && ours !== before) heard += 1;
    before = ours;
    return heard >= 3;
  });
  const { serverTime } = await get<{ serverTime: number }>(`${exchange.url}/api/v3/time`);
  assert.ok(Math.abs(serverTime - Date.now()) < 5000, `${serverTime - Date.now()} ms off`);
  const minutes = async (url: string) =>
    (await get<unknown[][]>(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5`)).slice(0, 3).map((row) => row.slice(0, 5));
  assert.deepEqual(await minutes(exchange.url), await minutes(followed.exchange.url));

  await exchange.stop();
  await assert.rejects(startExchange({ data, speed: 1, ...usual }), /plays the live prices of .*give that --live/);
  const again = await begin({ live: followed.exchange.url, pair: 'BTC/USDT,ETH/USDT' }, data);
  await until(
    'a price after the new start',
    async () => (await price(again.exchange.url)) === (await price(followed.exchange.url)),
  );
});

test('an exchange that does not answer, and one that is not known, are named', async () => {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-live-'));
  folders.push(data);
  const start = (live: string) => startExchange({ data, speed: 1, live, ...usual });
  await assert.rejects(start('http://127.0.0.1:1'), /live prices of http:\/\/127\.0\.0\.1:1 cannot be read .*check the network/);
  await assert.rejects(start('https://evil.example'), /--live https:\/\/evil\.example: binance, or an exchange on this machine/);
});

test('while nothing trades time goes on, and nobody following cannot make it grow without end', async () => {
  const btc = pair('BTC/USDT');
  let say: Parameters<MarketDataPort['subscribe']>[1] = () => {};
  const rules = { pair: btc, tick: amount('0.01'), lot: amount('0.00001'), minNotional: amount('5') };
  const source: MarketDataPort = {
    rules: async () => [rules as never],
    candles: async () => [],
    prices: async () => [],
    serverTime: async () => Date.now() as never,
    subscribe: (_, listener) => {
      say = listener;
      return () => {};
    },
  };
  const house = { fill: 'touch', spreadTicks: 1, volumeShareBps: 10_000 } as const;
  const feed = await openLive({ from: 'test', pairs: [btc], house, seed: 1 }, source);
  const trade = (at: number) =>
    say({ kind: 'trade', pair: btc, at: at as never, price: amount('100.004'), quantity: amount('0.00002') });
  trade(1);
  assert.deepEqual({ ...feed.next(), at: 0 }, { pair: btc, at: 0, price: 10_000, volume: 2 });
  assert.equal(feed.next(), undefined);
  await until('a tick without volume', async () => feed.peek()?.volume === 0);
  for (let count = 0; count < 100_000; count += 1) trade(count);
  let waiting = 0;
  for (let last = 0; feed.peek() !== undefined; waiting += 1) {
    const tick = feed.next()!;
    assert.ok(tick.at >= last);
    last = tick.at;
  }
  assert.ok(waiting <= 20_000, `${waiting} waited`);
  feed.stop();
});
