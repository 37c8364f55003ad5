import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type MarketEvent, pair, ticks } from '@holdfast/domain';
import { binanceMarketData, MarketDataError } from '@holdfast/exchanges/market-data';
import { createUser, haltMarket } from '../../apps/exchange/src/control.ts';
import { exchangeUnderTest } from './exchange-under-test.ts';

const btc = pair('BTC/USDT');

const portOf = (exchange: { readonly url: string; readonly host: string }, simulated: boolean) =>
  binanceMarketData({ restUrl: exchange.url, streamUrl: `ws://${exchange.host}`, simulated });

async function until(found: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !found(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(found());
}

test('rules, closed candles and time come in our words', async (t) => {
  const exchange = await exchangeUnderTest();
  t.after(() => exchange.end());
  const port = portOf(exchange, false);
  const [rules] = await port.rules([btc]);
  assert.deepEqual([rules?.tick, rules?.lot, rules?.minNotional], [amount('0.01'), amount('0.00001'), amount('5')]);
  assert.deepEqual([rules?.minPrice, rules?.maxOrders], [ticks(1), 200]);
  const candles = await port.candles(btc, '1m', 1200);
  assert.equal(candles.length, 1200);
  const now = await port.serverTime();
  assert.ok(candles.every((candle, i) => i === 0 || candle.openTime === (candles[i - 1]?.openTime ?? 0) + 60_000));
  assert.ok((candles.at(-1)?.openTime ?? now) + 60_000 <= now);
  await assert.rejects(port.rules([pair('NO/PE')]), MarketDataError);
});

test('trades, best prices and candles stream in order, and a broken connection comes back', async (t) => {
  const first = await exchangeUnderTest({ speed: 20 });
  t.after(() => first.end());
  const events: MarketEvent[] = [];
  const stop = portOf(first, false).subscribe([btc], (event) => events.push(event));
  t.after(stop);
  const has = (kind: MarketEvent['kind']) => events.some((event) => event.kind === kind);
  await until(() => has('trade') && has('best') && has('candle'));
  assert.equal(events[0]?.kind, 'connected');
  await haltMarket({ url: first.url, data: first.data }, { pair: btc, halted: true });
  await first.stop();
  await until(() => has('disconnected'));
  const again = await exchangeUnderTest({ port: first.port, data: first.data, speed: 20 });
  await until(() => events.filter((event) => event.kind === 'connected').length === 2);
  await until(() => events.some((event) => event.kind === 'pair-status' && event.halted));
  stop();
  await again.stop();
});

test('rounds of lockstep are heard after what happened before them', async (t) => {
  const exchange = await exchangeUnderTest({ lockstep: true, speed: 'max' });
  t.after(() => exchange.end());
  const events: MarketEvent[] = [];
  const headers = { headers: { 'x-sim-token': exchange.token } } as unknown as string[];
  const clock = new WebSocket(`ws://${exchange.host}/sim/clock?role=engine`, headers);
  const stop = portOf(exchange, true).subscribe([btc], (event) => {
    events.push(event);
    if (event.kind === 'sync') clock.send(JSON.stringify({ ack: event.n }));
  });
  t.after(() => {
    stop();
    clock.close();
  });
  await until(() => events.filter((event) => event.kind === 'sync').length > 20);
  let time = 0;
  for (const event of events) {
    if (event.kind !== 'sync' && event.kind !== 'trade') continue;
    assert.ok(event.at >= time);
    time = event.at;
  }
  await createUser({ url: exchange.url, data: exchange.data }, {});
});
