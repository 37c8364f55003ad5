import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, epochMs, formatAmount, pair } from '@holdfast/domain';
import fc from 'fast-check';
import { CandleStore, openTimeOf, shiftOpenTime } from './candles.ts';
import { createExchange } from './exchange.ts';
import { foo, openFloor } from './floor.ts';
import type { CandleRow, Exchange, intervals, Level, MarketRequest } from './port.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 5); // a Monday
const steps = { tick: amount('0.01'), lot: amount('0.001') };

const market: MarketRequest = { pair: foo, ...steps, house: { levels: 6, levelLots: 500 } };

const open = (): Exchange => createExchange({ markets: [market] });

const row = (index: number, close: number, volume = 100): CandleRow => ({
  openTime: start + index * minute,
  open: close - 1,
  high: close + 2,
  low: close - 3,
  close,
  volume,
  quote: volume * close,
  trades: 4,
  takerVolume: volume / 2,
  takerQuote: (volume / 2) * close,
  firstId: -1,
  lastId: -1,
});

test('candles open where the exchange opens them: weeks on Mondays, months on the first', () => {
  const time = Date.UTC(2026, 1, 18, 13, 47, 31, 250);
  const at = (interval: (typeof intervals)[number]): string => new Date(openTimeOf(interval, time)).toISOString();
  assert.equal(at('1s'), '2026-02-18T13:47:31.000Z');
  assert.equal(at('15m'), '2026-02-18T13:45:00.000Z');
  assert.equal(at('6h'), '2026-02-18T12:00:00.000Z');
  assert.equal(at('1w'), '2026-02-16T00:00:00.000Z');
  assert.equal(at('1M'), '2026-02-01T00:00:00.000Z');
  assert.equal(shiftOpenTime('1M', openTimeOf('1M', time), 1), Date.UTC(2026, 2, 1));
});

test('days, weeks and months of another clock open with that clock', () => {
  const time = Date.UTC(2026, 1, 28, 17, 30);
  const hour = 60 * minute;
  const at = (interval: (typeof intervals)[number], east: number): string =>
    new Date(openTimeOf(interval, time, east)).toISOString();
  assert.equal(at('1d', 8 * hour), '2026-02-28T16:00:00.000Z');
  assert.equal(at('1w', 8 * hour), '2026-02-22T16:00:00.000Z');
  assert.equal(at('1M', 8 * hour), '2026-02-28T16:00:00.000Z');
  assert.equal(at('1d', -3.5 * hour), '2026-02-28T03:30:00.000Z');
  assert.equal(shiftOpenTime('1M', Date.UTC(2026, 1, 28, 16), 1, 8 * hour), Date.UTC(2026, 2, 31, 16));
  const store = new CandleStore(minute);
  for (let i = 0; i < 3000; i++) store.push(row(i, 1000 + (i % 7)));
  const days = (query: object): number[] => store.klines('1d', { ...query, eastMs: 8 * hour }, steps).map((it) => it.openTime);
  const first = openTimeOf('1d', start, 8 * hour);
  assert.deepEqual(days({}).slice(0, 2), [first, first + 24 * hour]);
  assert.deepEqual(days({ startTime: first + 1, limit: 1 }), [first + 24 * hour]);
  const exchange = open();
  exchange.watchKline(foo, '1d', 8 * hour);
  exchange.tick({ pair: foo, at: epochMs(first + 5 * minute), price: 1000, volume: 10 });
  exchange.drain();
  exchange.tick({ pair: foo, at: epochMs(first + 24 * hour + 1), price: 1001, volume: 10 });
  const closed = exchange.drain().marketEvents.find((event) => event.kind === 'kline-closed');
  assert.ok(closed?.kind === 'kline-closed');
  assert.deepEqual([closed.eastMs, closed.kline.openTime, closed.kline.closeTime], [8 * hour, first, first + 24 * hour - 1]);
});

test('longer candles are made of the minutes, to the last digit', () => {
  const store = new CandleStore(minute);
  for (let i = 0; i < 600; i++) store.push(row(i, 1000 + (i % 7)));
  const hours = store.klines('1h', {}, steps);
  assert.equal(hours.length, 10);
  assert.deepEqual([hours[0]?.openTime, hours[0]?.closeTime], [start, start + 60 * minute - 1]);
  assert.deepEqual([hours[0]?.open, hours[0]?.high, hours[0]?.low, hours[0]?.close], [999, 1008, 997, 1003]);
  assert.equal(formatAmount(hours[0]?.volume ?? 0n), '6');
  const quote = Array.from({ length: 60 }, (_, i) => 100 * (1000 + (i % 7))).reduce((a, b) => a + b);
  assert.equal(hours[0]?.quoteVolume, BigInt(quote) * 10n ** 13n);
});

test('sums over a day stay exact past a safe integer', () => {
  const store = new CandleStore(minute);
  const large = 2 ** 51 + 1;
  for (let i = 0; i < 1440; i++) store.push({ ...row(i, 1000), quote: large });
  const day = store.klines('1d', {}, steps)[0];
  assert.equal(day?.quoteVolume, BigInt(large) * 1440n * 10n ** 13n);
});

test('lists of candles keep the limits and times asked for, always ascending', () => {
  const store = new CandleStore(minute);
  for (let i = 0; i < 1500; i++) store.push(row(i, 1000));
  const times = (query: Parameters<CandleStore['klines']>[1]): number[] =>
    store.klines('1m', query, steps).map((kline) => (kline.openTime - start) / minute);
  assert.equal(times({}).length, 500);
  assert.equal(times({ limit: 5000 }).length, 1000);
  assert.deepEqual(times({ limit: 3 }), [1497, 1498, 1499]);
  assert.deepEqual(times({ startTime: start + 10 * minute, limit: 3 }), [10, 11, 12]);
  assert.deepEqual(times({ startTime: start + 10 * minute + 1, limit: 2 }), [11, 12]);
  assert.deepEqual(times({ endTime: start + 20 * minute + 5, limit: 2 }), [19, 20]);
  assert.deepEqual(times({ startTime: start + 1498 * minute, endTime: start + 1498 * minute + 1 }), [1498]);
  assert.deepEqual(times({ startTime: start + 9999 * minute }), []);
});

test('ticks become prints and candles, and a watched candle closes with the first tick after it', () => {
  const exchange = open();
  exchange.watchKline(foo, '1m');
  const tick = (ms: number, price: number, volume: number): void =>
    exchange.tick({ pair: foo, at: epochMs(start + ms), price, volume });
  tick(0, 1000, 10);
  tick(15_000, 990, 20);
  tick(30_000, 1020, 30);
  tick(59_999, 1010, 40);
  exchange.drain();
  tick(minute, 1015, 5);
  const closed = exchange.drain().marketEvents.find((event) => event.kind === 'kline-closed');
  assert.ok(closed?.kind === 'kline-closed');
  const { kline } = closed;
  assert.deepEqual([kline.open, kline.high, kline.low, kline.close, kline.trades], [1000, 1020, 990, 1010, 4]);
  assert.equal(formatAmount(kline.volume), '0.1');
  assert.equal(formatAmount(kline.takerVolume), '0.04');
  assert.deepEqual([kline.firstTradeId, kline.lastTradeId], [1, 4]);
  assert.equal(exchange.currentKline(foo, '1m')?.open, 1015);
  assert.equal(exchange.klines(foo, '1s', {}).length, 5);
  assert.deepEqual(
    exchange.recentTrades(foo, 2).map((trade) => trade.id),
    [4, 5],
  );
});

test('a quiet minute becomes a flat candle', () => {
  const exchange = open();
  exchange.tick({ pair: foo, at: epochMs(start), price: 1000, volume: 10 });
  exchange.advance(epochMs(start + 3 * minute));
  const klines = exchange.klines(foo, '1m', {});
  assert.deepEqual(
    klines.map((kline) => [kline.close, kline.trades]),
    [
      [1000, 1],
      [1000, 0],
      [1000, 0],
      [1000, 0],
    ],
  );
});

test('a market with history has a price, quotes, trades and a day behind it at once', () => {
  const exchange = open();
  exchange.loadHistory(
    foo,
    Array.from({ length: 1500 }, (_, i) => row(i, 1000 + i)),
  );
  assert.equal(exchange.last(foo), 2499);
  assert.equal(exchange.best(foo).bid, 2499);
  const trades = exchange.recentTrades(foo, 1000);
  assert.equal(trades.length, 1000);
  assert.ok(trades.every((trade, i) => trade.id === i + 1));
  const day = exchange.dayStatistics(foo, epochMs(start + 1500 * minute - 1));
  assert.deepEqual([day.open, day.last, day.high, day.low, day.count], [1059, 2499, 2501, 1057, 5760]);
  assert.equal(day.previousClose, 1059);
  assert.equal(formatAmount(exchange.averagePrice(foo).price), '24.97');
  exchange.tick({ pair: foo, at: epochMs(start + 1500 * minute), price: 2500, volume: 4 });
  assert.equal(exchange.recentTrades(foo, 1)[0]?.id, 1001);
});

test('fills of one taker at one price are one aggregate trade', () => {
  const floor = openFloor();
  const [anna, bert] = [floor.user(), floor.user()];
  for (const price of ['10', '10', '11']) floor.placed(anna, 'SELL', 'LIMIT', { quantity: '1', price });
  floor.placed(bert, 'BUY', 'LIMIT', { quantity: '3', price: '11' });
  const aggregates = floor.exchange.aggregateTrades(foo, {});
  assert.deepEqual(
    aggregates.map((trade) => [trade.id, trade.price, trade.quantity, trade.firstId, trade.lastId, trade.buyerIsMaker]),
    [
      [1, 1000, 2000, 1, 2, false],
      [2, 1100, 1000, 3, 3, false],
    ],
  );
  const said = floor.drain().marketEvents.filter((event) => event.kind === 'aggregate-trade');
  assert.equal(said.length, 2);
});

const applied = (levels: readonly Level[], diff: readonly Level[], direction: 1 | -1): Level[] => {
  const book = new Map(levels.map((level) => [level[0], level[1]]));
  for (const [price, quantity] of diff) {
    if (quantity === 0) book.delete(price);
    else book.set(price, quantity);
  }
  return [...book].sort((a, b) => (a[0] - b[0]) * direction);
};

test('a snapshot with the diffs after it is the book, and their ids leave no gap', () => {
  const event = fc.record({
    tick: fc.boolean(),
    price: fc.integer({ min: 950, max: 1050 }),
    lots: fc.integer({ min: 100, max: 900 }),
    buy: fc.boolean(),
    read: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60, size: 'max' }), (events) => {
      const floor = openFloor({ house: { levels: 6, levelLots: 500 } });
      const user = floor.user();
      floor.tick('10');
      const feed = floor.exchange.depthFeed(foo);
      let book = floor.exchange.depth(foo, 5000);
      for (const one of [...events, { tick: true, price: 1000, lots: 1, buy: true, read: true }]) {
        const say = { quantity: `${one.lots / 1000}`, price: `${one.price / 100}` };
        if (one.tick) floor.tick(say.price, say.quantity);
        else floor.order(user, one.buy ? 'BUY' : 'SELL', 'LIMIT', say);
        const diff = one.read ? feed.next() : undefined;
        if (diff === undefined) continue;
        assert.equal(diff.first, book.lastUpdateId + 1);
        book = {
          lastUpdateId: diff.last,
          bids: applied(book.bids, diff.bids, -1),
          asks: applied(book.asks, diff.asks, 1),
        };
        const now = floor.exchange.depth(foo, 5000);
        assert.deepEqual(book, now);
      }
    }),
    { numRuns: 100 },
  );
});

test('a snapshot between two diffs is brought up to date by the next, also where the book went back', () => {
  const floor = openFloor({ house: { levels: 6, levelLots: 500 } });
  floor.tick('10');
  const feed = floor.exchange.depthFeed(foo);
  floor.tick('10.5');
  const taken = floor.exchange.depth(foo, 5000);
  floor.tick('10');
  const diff = feed.next();
  assert.ok(diff !== undefined && diff.first <= taken.lastUpdateId + 1 && diff.last > taken.lastUpdateId);
  const book = { lastUpdateId: diff.last, bids: applied(taken.bids, diff.bids, -1), asks: applied(taken.asks, diff.asks, 1) };
  assert.deepEqual(book, floor.exchange.depth(foo, 5000));
});

test('a market that is listed later trades like the others', () => {
  const exchange = open();
  const later = pair('NEW/USDT');
  assert.ok(exchange.listMarket({ pair: later, tick: amount('0.1'), lot: amount('0.1'), price: amount('5') }, epochMs(start)).ok);
  assert.equal(exchange.bySymbol('NEWUSDT')?.pair, later);
  assert.equal(exchange.last(later), 50);
  assert.ok(!exchange.listMarket({ pair: later, tick: amount('0.1'), lot: amount('0.1') }, epochMs(start)).ok);
});
