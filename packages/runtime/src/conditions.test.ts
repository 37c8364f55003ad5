import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotId, EpochMs, Pair, Wake } from '@holdfast/domain';
import { type Bar, type Condition, conditionText, type Timeframe } from '@holdfast/indicators';
import { Runtime } from './runtime.ts';

const btc = 'BTC/USDT' as Pair;
const minuteMs = 60_000;
const start = Date.UTC(2026, 0, 5);
const bot = 'b1' as BotId;

const minute = (at: number, close: number): Bar => ({
  time: start + at * minuteMs,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});
const above = (than: number, timeframe: Timeframe = '1m'): string =>
  conditionText({ kind: 'indicator', indicator: 'price', parameters: [], timeframe, when: 'greater', than });

/** A runtime in which one bot waits, with a kind that is never stepped here. */
function waiting(...conditions: string[]): Runtime {
  const runtime = new Runtime();
  const wakes = conditions.map((condition): Wake => ({ kind: 'condition', pair: btc, condition }));
  runtime.add({ id: bot, kind: {} as never, settings: null, state: null }, wakes);
  return runtime;
}
const warmAll = (runtime: Runtime): void => {
  for (const unwarmed of runtime.unwarmed()) runtime.warm(unwarmed, new Map(), []);
};
const woken = (runtime: Runtime, bar: Bar, pair = btc): number =>
  runtime
    .onMinute(pair, bar)
    .flatMap((it) => runtime.onCondition(pair, it))
    .filter((due) => runtime.stillDue(due)).length;

test('a condition wakes when a candle closes on which it holds, and is used up', () => {
  const runtime = waiting(above(10));
  assert.equal(woken(runtime, minute(0, 11)), 0, 'not before it is warm');
  warmAll(runtime);
  assert.equal(woken(runtime, minute(1, 9)), 0);
  assert.equal(woken(runtime, minute(2, 11), 'ETH/USDT' as Pair), 0, 'another pair');
  assert.equal(woken(runtime, minute(3, 11)), 1);
  assert.equal(woken(runtime, minute(4, 12)), 0, 'nobody waits any more');
});

test('a larger time frame is asked when its candle closes, not between', () => {
  const runtime = waiting(above(10, '5m'));
  warmAll(runtime);
  const fired = [11, 11, 11, 11, 11, 5, 5, 5, 5, 12].map((close, at) => runtime.onMinute(btc, minute(at, close)).length);
  assert.deepEqual(fired, [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test('warm from candles of its frame and the minutes of the open one, it says what following from the start says', () => {
  const condition: Condition = {
    kind: 'indicator',
    indicator: 'sma',
    parameters: [3],
    timeframe: '5m',
    when: 'greater',
    than: 100,
  };
  const closes = Array.from({ length: 123 }, (_, at) => 100 + 10 * Math.sin(at / 7));
  const minutes = closes.map((close, at) => minute(at, close));
  const whole = waiting(conditionText(condition));
  warmAll(whole);
  const expected = minutes.map((bar) => whole.onMinute(btc, bar).length);

  const cut = 83;
  const frames: Bar[] = [];
  for (let at = 0; at + 5 <= cut; at += 5) frames.push({ ...minute(at, closes[at + 4]!) });
  const late = waiting(conditionText(condition));
  const [unwarmed] = late.unwarmed();
  assert.deepEqual(
    unwarmed?.frames.map(({ timeframe }) => timeframe),
    ['5m'],
  );
  assert.ok((unwarmed?.frames[0]?.candles ?? 0) >= 3);
  late.warm(unwarmed!, new Map([['5m', frames]]), minutes.slice(frames.length * 5 - 2, cut));
  assert.deepEqual(
    minutes.slice(cut).map((bar) => late.onMinute(btc, bar).length),
    expected.slice(cut),
  );
  assert.deepEqual(late.onMinute(btc, minutes[100]!), [], 'a minute that it has seen changes nothing');
});

test('a minute that came with the history is asked about once it closes, and counts once', () => {
  const mean = conditionText({
    kind: 'indicator',
    indicator: 'sma',
    parameters: [3],
    timeframe: '1m',
    when: 'greater',
    than: 10,
  });
  const runtime = waiting(mean);
  const history = [minute(0, 1), minute(1, 1), minute(2, 40)];
  for (const unwarmed of runtime.unwarmed()) runtime.warm(unwarmed, new Map([['1m', history]]), []);
  assert.equal(runtime.onMinute(btc, minute(2, 40)).length, 1, 'the mean is 14');
  assert.equal(runtime.onMinute(btc, minute(3, -14)).length, 0, 'and 9 then: with 40 twice it would be 22');
});

test('a signal wakes at once who waits for it', () => {
  const signal = conditionText({ kind: 'signal', name: 'go', seconds: 60 });
  const both = conditionText({
    kind: 'all',
    of: [
      { kind: 'signal', name: 'go', seconds: 60 },
      { kind: 'not', of: JSON.parse(above(10)) },
    ],
  });
  const runtime = waiting(signal, both);
  warmAll(runtime);
  runtime.onMinute(btc, minute(0, 5));
  assert.equal(runtime.onSignal(btc, 'stop', (start + minuteMs) as EpochMs).length, 0);
  assert.equal(runtime.onSignal(btc, 'go', (start + minuteMs) as EpochMs).length, 2);
});
