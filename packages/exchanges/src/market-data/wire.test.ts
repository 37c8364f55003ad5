/** What exchanges send is read as what it is, or said to be none of it: recorded messages, and such as nobody announced. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { amount, type MarketEvent, type Pair, pair } from '@holdfast/domain';
import type { MarketDataError } from './error.ts';
import { readRules, readStreamMessage, readTickers } from './wire.ts';

const btc = pair('BTC/USDT');
const pairs = new Map([['BTCUSDT', btc]]);
const recorded = join(process.env.HOLDFAST_CANDLES ?? join(import.meta.dirname, '../../../../../shared/data'), 'raw');
const skip = existsSync(recorded) ? false : '../shared/data/raw is not there';
const linesOf = (file: string): string[] =>
  gunzipSync(readFileSync(join(recorded, file)))
    .toString('utf8')
    .split('\n');
const read = (stream: string, data: unknown): MarketEvent | undefined => readStreamMessage({ stream, data }, pairs);
const malformed = { name: 'MarketDataError', code: 'market-data-malformed' } satisfies Partial<MarketDataError>;

test('rules are read of every symbol of a recorded exchange, from a time that knew fewer filters', { skip }, () => {
  const [line = ''] = linesOf('cryptofeed-BINANCE.0.gz');
  const { symbols } = JSON.parse(line.slice(line.indexOf('{'))) as { symbols: { baseAsset: string; quoteAsset: string }[] };
  assert.ok(symbols.length > 1000);
  for (const symbol of symbols) {
    const rules = readRules(symbol, `${symbol.baseAsset}/${symbol.quoteAsset}` as Pair);
    assert.ok(rules.maxOrders > 0 && rules.minPrice <= rules.maxPrice && rules.minQuantity <= rules.maxQuantity);
  }
});

test('a recorded stream is read to its last message', { skip }, () => {
  const kinds = new Map<string, number>();
  for (const line of linesOf('BINANCE-BTC-USDT-stream.20240808.gz').slice(0, 8000)) {
    const at = line.indexOf('{');
    if (at < 0) continue;
    const kind = readStreamMessage(JSON.parse(line.slice(at)), pairs)?.kind ?? 'none';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  assert.ok((kinds.get('trade') ?? 0) > 500 && (kinds.get('best') ?? 0) > 2000 && (kinds.get('none') ?? 0) > 100);
});

const symbol = {
  symbol: 'BTCUSDT',
  ocoAllowed: true,
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.00000000', maxPrice: '0.00000000', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
    { filterType: 'NOTIONAL', minNotional: '5.00000000' },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 },
  ],
};

test('a count that no filter limits is unlimited, one that a filter writes oddly is an error', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const rules = readRules(symbol, btc);
  assert.deepEqual([rules.maxOrders, rules.maxAlgoOrders, rules.maxOrderLists], [200, most, most]);
  assert.deepEqual([Number(rules.minPrice), Number(rules.maxPrice)], [1, most]);
  assert.equal(readRules({ ...symbol, ocoAllowed: false }, btc).maxOrderLists, 0);
  const withFilter = (filter: object) => ({ ...symbol, filters: [...symbol.filters, filter] });
  assert.throws(() => readRules(withFilter({ filterType: 'MAX_NUM_ORDER_LISTS', maxNumOrderLists: '20' }), btc), malformed);
  assert.throws(() => readRules(withFilter({ filterType: 'LOT_SIZE', stepSize: '0.00000000' }), btc), malformed);
});

test('streams that nobody asked for are passed over, whatever they hold', () => {
  for (const data of [undefined, null, 7, [], [{ e: '24hrMiniTicker' }], {}, { e: 'serverShutdown', E: 1 }])
    for (const stream of ['!serverShutdown', '!miniTicker@arr', 'btcusdt@somethingNew', 'btcusdt@depth@100ms'])
      assert.equal(read(stream, data), undefined);
  assert.equal(readStreamMessage({ result: null, id: 1 }, pairs), undefined);
});

test('fields that nobody knew change nothing, ids beyond 2^53 neither', () => {
  const trade = { e: 'trade', s: 'BTCUSDT', t: 2 ** 60, p: '61837.63000000', q: '0.02000000', T: 5, zz: {} };
  assert.deepEqual(read('btcusdt@trade', trade), {
    kind: 'trade',
    pair: btc,
    at: 5,
    price: amount('61837.63'),
    quantity: amount('0.02'),
  });
});

test('a side of the book without orders is no price of 0', () => {
  const best = { u: 1, s: 'BTCUSDT', b: '0.00000000', B: '0.00000000', a: '61837.64000000', A: '1.00000000' };
  assert.equal(read('btcusdt@bookTicker', best), undefined);
  assert.equal(read('btcusdt@bookTicker', { ...best, b: '61837.63000000' })?.kind, 'best');
});

test('what is missing, of another type or no price is an error', () => {
  const trade = { s: 'BTCUSDT', p: '1', q: '1', T: 5 };
  const best = { s: 'BTCUSDT', b: '1', a: '2' };
  const kline = { t: 0, i: '1m', o: '1', h: '1', l: '1', c: '1', v: '0', x: true };
  assert.equal(read('btcusdt@kline_1m', { s: 'BTCUSDT', k: kline })?.kind, 'candle');
  for (const change of [
    { p: 1 },
    { p: '1e-8' },
    { p: '0' },
    { p: '-1' },
    { q: '0.00000000' },
    { T: '5' },
    { T: 1_723_161_255_342_000 },
    { T: -1 },
    { T: 2 ** 60 },
    { s: 7 },
  ])
    assert.throws(() => read('btcusdt@trade', { ...trade, ...change }), malformed, JSON.stringify(change));
  for (const change of [{ b: '' }, { a: undefined }, { a: 2 }, { b: 'NaN' }])
    assert.throws(() => read('btcusdt@bookTicker', { ...best, ...change }), malformed, JSON.stringify(change));
  for (const change of [{ x: undefined }, { x: 'true' }, { c: '0' }, { i: 1 }, { v: null }])
    assert.throws(() => read('btcusdt@kline_1m', { s: 'BTCUSDT', k: { ...kline, ...change } }), malformed);
  const ticker = { symbol: 'BTCUSDT', lastPrice: '1', lastQty: '1', bidPrice: '1', askPrice: '2', closeTime: 5 };
  assert.equal(readTickers([ticker], pairs).length, 2);
  assert.throws(() => readTickers([{ ...ticker, bidPrice: undefined }], pairs), malformed);
});
