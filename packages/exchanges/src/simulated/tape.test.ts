import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, formatAmount, pair } from '@holdfast/domain';
import type { MarketTick, TickFeed } from './port.ts';
import { referenceQuotes } from './reference.ts';
import { SyntheticFeed } from './synthetic.ts';
import { CandleFeed, CandleTable, inferSteps } from './tape.ts';

const btc = pair('BTC/USDT');
const eth = pair('ETH/USDT');
const steps = { tick: amount('0.01'), lot: amount('0.00001') };

const lines = [
  '1747699200000,105573.73,105597.1,105554.31,105554.32,10.82647',
  '1747699260000,105554.32,105609.89,105554.31,105604.68,6.48334',
  '1747699320000,105604.68,105610,105600,105601,0',
];

function tableOf(of = btc, rows = lines): CandleTable {
  const table = new CandleTable({ pair: of, ...steps });
  for (const line of rows) table.push(line);
  return table;
}

const drain = (feed: TickFeed, most = Number.POSITIVE_INFINITY): MarketTick[] => {
  const ticks: MarketTick[] = [];
  for (let tick = feed.next(); tick !== undefined && ticks.length < most; tick = feed.next()) ticks.push(tick);
  return ticks;
};

test('a falling candle goes open, high, low, close; a rising one open, low, high, close', () => {
  const ticks = drain(new CandleFeed([{ pair: btc, ...steps }], [tableOf()], {}));
  assert.deepEqual(
    ticks.slice(0, 8).map((tick) => [tick.at - 1747699200000, tick.price]),
    [
      [0, 10557373],
      [15_000, 10559710],
      [30_000, 10555431],
      [59_999, 10555432],
      [60_000, 10555432],
      [75_000, 10555431],
      [90_000, 10560989],
      [119_999, 10560468],
    ],
  );
  assert.equal(
    ticks.slice(0, 4).reduce((sum, tick) => sum + tick.volume, 0),
    1082647,
  );
});

test('of several tapes the earlier tick comes first, of one time that of the first name, however they are listed', () => {
  const markets = [eth, btc].map((of) => ({ pair: of, ...steps }));
  const later = lines.map((line, at) => `${1747699230000 + at * 60_000}${line.slice(13)}`);
  const order = (ofEth: CandleTable): readonly string[] =>
    drain(new CandleFeed(markets, [ofEth, tableOf()], {})).map((tick) => `${tick.pair.slice(0, 3)} ${tick.at - 1747699200000}`);
  assert.deepEqual(order(tableOf(eth)).slice(0, 4), ['BTC 0', 'ETH 0', 'BTC 15000', 'ETH 15000']);
  assert.deepEqual(order(tableOf(eth, later)).slice(1, 5), ['BTC 15000', 'BTC 30000', 'ETH 30000', 'ETH 45000']);
});

test('a tape goes on from its position, and its history ends there', () => {
  const markets = [
    { pair: btc, ...steps },
    { pair: eth, ...steps },
  ];
  const tables = [tableOf(), tableOf(eth)];
  const feed = new CandleFeed(markets, tables, {});
  const whole = drain(new CandleFeed(markets, tables, {}));
  assert.deepEqual(
    whole.slice(0, 4).map((tick) => tick.pair),
    [btc, eth, btc, eth],
  );
  for (let i = 0; i < 13; i++) assert.deepEqual(feed.next(), whole[i]);
  const again = new CandleFeed(markets, tables, { position: feed.position() });
  assert.deepEqual(again.peek(), whole[13]);
  assert.deepEqual(drain(again), whole.slice(13));
  assert.equal([...new CandleFeed(markets, tables, { from: 1747699260000 }).history(btc)].length, 1);
  assert.equal(drain(new CandleFeed(markets, tables, { from: 1747699260000, to: 1747699320000 })).length, 8);
});

test('tick and lot are read off the recorded decimals, and never multiply below 10^-8', () => {
  assert.deepEqual(Object.values(inferSteps(lines)).map(formatAmount), ['0.01', '0.00001']);
  assert.deepEqual(Object.values(inferSteps(['0,1e-08,2e-08,1e-08,1e-08,12345.5'])).map(formatAmount), ['0.00000001', '1']);
  assert.deepEqual(Object.values(inferSteps(['0,0.1234,0.2,0.1,0.15,1.23456789'])).map(formatAmount), ['0.0001', '0.0001']);
  const noisy = ['0,13769.99999999,13770.12345678,13600.5,13700.4,1.23456789'];
  assert.deepEqual(Object.values(inferSteps(noisy)).map(formatAmount), ['0.001', '0.00001']);
});

test('a malformed line is refused by its text', () => {
  for (const line of ['1,2,3', '1747699200000,1,0.5,2,1,1', '1747699200000,x,2,1,1,1', '1747699200000,0,0,0,0,1'])
    assert.throws(() => tableOf(btc, [line]), /tape-line-malformed/, line);
  assert.throws(() => tableOf(btc, [lines[1] as string, lines[0] as string]), /tape-not-ascending/);
});

test('the synthetic market is its seed: the same one twice, another one otherwise', () => {
  const start = Date.UTC(2026, 0, 1);
  const of = (seed: number) => drain(new SyntheticFeed({ seed, start, historyMinutes: 60 }), 200);
  assert.deepEqual(of(1), of(1));
  assert.notDeepEqual(of(1), of(2));
});

test('the synthetic market goes on from its position, peeked or not', () => {
  const feed = new SyntheticFeed({ seed: 3, start: Date.UTC(2026, 0, 1), historyMinutes: 30 });
  for (let i = 0; i < 9001; i++) feed.next();
  feed.peek();
  const again = new SyntheticFeed({ seed: 0, start: 0, position: feed.position() });
  assert.equal(again.start, feed.start);
  assert.ok([...again.history(btc)].length >= 30);
  assert.deepEqual(drain(again, 300), drain(feed, 300));
});

test('the synthetic market has a thousand minutes of history, moves enough to trade, and one thin coin', () => {
  const feed = new SyntheticFeed({ seed: 7, start: Date.UTC(2026, 0, 1) });
  const candles = [...feed.history(btc)];
  assert.ok(candles.length >= 1000);
  const ranges = candles.map((candle) => (candle.high - candle.low) / candle.low).sort((a, b) => a - b);
  const median = ranges[ranges.length >> 1] as number;
  assert.ok(median > 0.0005 && median < 0.01, `median range ${median}`);
  const traded = (of: string): number => [...feed.history(pair(of))].reduce((sum, candle) => sum + candle.trades, 0);
  assert.ok(traded('MOSS/USDT') * 5 < traded('BTC/USDT'));
  const ticks = drain(feed, 500);
  assert.ok(ticks.every((tick, i) => i === 0 || tick.at >= (ticks[i - 1] as MarketTick).at));
});

test('the three reference exchanges quote around the price, each a little differently', () => {
  for (let second = 0; second < 500; second++) {
    const quotes = referenceQuotes(1, btc, second * 1000, 6_000_000);
    assert.equal(quotes.length, 3);
    for (const quote of quotes) {
      assert.ok(quote.bid < quote.last && quote.last < quote.ask);
      assert.ok(Math.abs(quote.last - 6_000_000) < 6_000_000 * 0.001);
    }
  }
  assert.deepEqual(referenceQuotes(1, btc, 5000, 100), referenceQuotes(1, btc, 5000, 100));
});
