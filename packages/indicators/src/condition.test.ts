import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Condition, ConditionError, ConditionFollower, warmUpMs } from './condition.ts';
import { columnsOf } from './indicator.ts';
import { type IndicatorName, indicatorNames, kindOf } from './registry.ts';
import { settledAfter } from './settling.ts';
import { walk } from './testing/walk.ts';
import { Aggregator, type Bar, openOf, type Timeframe, timeframeMs, timeframeNames } from './timeframe.ts';

const minuteMs = 60_000;
const start = Date.UTC(2026, 0, 5);

const bars = (count: number, seed = 1): Bar[] => {
  const { open, high, low, close, volume } = walk({ seed, count });
  return Array.from({ length: count }, (_, at) => ({
    time: start + at * minuteMs,
    open: open[at]!,
    high: high[at]!,
    low: low[at]!,
    close: close[at]!,
    volume: volume[at]!,
  }));
};
const flat = (closes: readonly number[]): Bar[] =>
  closes.map((close, at) => ({ time: start + at * minuteMs, open: close, high: close, low: close, close, volume: 1 }));

const price = (when: 'less' | 'greater' | 'crossing-up' | 'crossing-down', than: number): Condition => ({
  kind: 'indicator',
  indicator: 'price',
  parameters: [],
  timeframe: '1m',
  when,
  than,
});
const truths = (condition: Condition, minutes: readonly Bar[]): (boolean | undefined)[] => {
  const follower = new ConditionFollower(condition);
  return minutes.map((minute) => {
    follower.push(minute);
    return follower.truth(minute.time + minuteMs);
  });
};

test('less, greater and the two crossings, touching included', () => {
  const minutes = flat([9, 10, 11, 11, 10, 9, 11]);
  assert.deepEqual(truths(price('less', 10), minutes), [true, false, false, false, false, true, false]);
  assert.deepEqual(truths(price('greater', 10), minutes), [false, false, true, true, false, false, true]);
  assert.deepEqual(truths(price('crossing-up', 10), minutes), [undefined, false, true, false, false, false, true]);
  assert.deepEqual(truths(price('crossing-down', 10), minutes), [undefined, false, false, false, false, true, false]);
});

test('all, any and not know nothing before every part does', () => {
  const minutes = flat([9, 11, 9]);
  const [under, cross] = [price('less', 10), price('crossing-up', 10)];
  assert.deepEqual(truths({ kind: 'any', of: [under, cross] }, minutes), [undefined, true, true]);
  assert.deepEqual(truths({ kind: 'all', of: [under, cross] }, minutes), [undefined, false, false]);
  assert.deepEqual(truths({ kind: 'not', of: cross }, minutes), [undefined, false, true]);
});

test('larger candles are made of their minutes, whatever is missing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...timeframeNames),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }),
      (timeframe, present) => {
        const minutes = bars(present.length).filter((_, at) => present[at]);
        const made: Bar[] = [];
        const aggregator = new Aggregator(timeframe);
        for (const minute of minutes) aggregator.push(minute, (bar) => made.push({ ...bar }));
        const frames = new Map<number, Bar[]>();
        for (const minute of minutes)
          frames.set(openOf(minute.time, timeframe), [...(frames.get(openOf(minute.time, timeframe)) ?? []), minute]);
        const whole = [...frames].slice(0, made.length);
        assert.ok(frames.size - made.length <= 1);
        for (const [at, [time, parts]] of whole.entries()) {
          assert.deepEqual(made[at], {
            time,
            open: parts[0]!.open,
            high: Math.max(...parts.map(({ high }) => high)),
            low: Math.min(...parts.map(({ low }) => low)),
            close: parts.at(-1)!.close,
            volume: parts.reduce((sum, { volume }) => sum + volume, 0),
          });
        }
      },
    ),
  );
});

test('a week opens on Monday, a day at midnight UTC', () => {
  assert.equal(new Date(openOf(Date.UTC(2026, 10, 21, 13), '1w')).toISOString(), '2026-11-16T00:00:00.000Z');
  assert.equal(new Date(openOf(Date.UTC(2026, 10, 21, 13), '1d')).toISOString(), '2026-11-21T00:00:00.000Z');
  for (const name of timeframeNames)
    assert.equal(openOf(openOf(start + 123_456_789, name), name), openOf(start + 123_456_789, name));
});

/** Conditions of every indicator at its usual values. */
const anyLeaf = fc.record({
  kind: fc.constant('indicator' as const),
  indicator: fc.constantFrom<IndicatorName>(...indicatorNames),
  parameters: fc.constant([]),
  timeframe: fc.constantFrom<Timeframe>('1m', '3m', '15m'),
  when: fc.constantFrom('less' as const, 'greater' as const, 'crossing-up' as const, 'crossing-down' as const),
  than: fc.constantFrom(0, 0.5, 30, 50, 100),
});

test('no look-ahead: what was said of a minute does not depend on later minutes', () => {
  const minutes = bars(900);
  fc.assert(
    fc.property(anyLeaf, fc.integer({ min: 1, max: 899 }), (condition, cut) => {
      assert.deepEqual(truths(condition, minutes.slice(0, cut)), truths(condition, minutes).slice(0, cut));
    }),
    { numRuns: 60 },
  );
});

test('after its warm-up every condition is known', () => {
  for (const indicator of indicatorNames.filter((name) => name !== 'qfl')) {
    const condition: Condition = { kind: 'indicator', indicator, parameters: [], timeframe: '3m', when: 'crossing-up', than: 0 };
    const needed = warmUpMs(condition) / minuteMs;
    assert.notEqual(truths(condition, bars(needed)).at(-1), undefined, indicator);
  }
});

/** An indicator with any parameters that it takes; long ones would only take long. */
const anyIndicator = fc.constantFrom(...indicatorNames).chain((name) => {
  const { parameters } = kindOf(name);
  const values = parameters.map(({ least, most, isCount }) =>
    isCount
      ? fc.integer({ min: least, max: Math.min(most, 60) })
      : fc.double({ min: least, max: Math.min(most, 5), noNaN: true }),
  );
  return fc.tuple(fc.constant(name), fc.tuple(...values));
});

test('streaming and batch give the same bits with any parameters, from any candle on, on markets that stand still too', () => {
  const seen = new Set<IndicatorName>();
  fc.assert(
    fc.property(anyIndicator, fc.nat(), fc.constantFrom(0, 0.3, 0.95), fc.nat(300), ([name, values], seed, still, from) => {
      seen.add(name);
      const candles = walk({ seed, count: 500, still });
      const { open, high, low, close, volume } = Object.fromEntries(
        Object.entries(candles).map(([column, numbers]) => [column, numbers.subarray(from)]),
      ) as unknown as typeof candles;
      const columns = columnsOf(kindOf(name).make(values), { open, high, low, close, volume });
      const stream = kindOf(name).make(values);
      for (let at = 0; at < close.length; at += 1) {
        stream.update(open[at]!, high[at]!, low[at]!, close[at]!, volume[at]!);
        for (const [line, value] of stream.lines.entries()) {
          assert.ok(Object.is(columns[line]![at], value), `${name}(${values}) at ${at}`);
          assert.ok(Number.isNaN(value) || Number.isFinite(value), `${name}(${values}) is ${value} at ${at}`);
        }
        if (at >= stream.lookback && name !== 'qfl')
          assert.ok(!Number.isNaN(stream.lines[stream.names.indexOf(kindOf(name).mainLine)]!), `${name}(${values}) at ${at}`);
      }
    }),
    { numRuns: 500 },
  );
  assert.equal(seen.size, indicatorNames.length);
});

test('once settled, an indicator says what it would have said from an earlier start', () => {
  // A base counts until a newer one comes, and the votes of a rating can hang on the last digit of two numbers.
  for (const name of indicatorNames.filter((each) => each !== 'qfl' && each !== 'technical-rating')) {
    const values = kindOf(name).parameters.map(({ usual }) => usual);
    const settled = settledAfter(name, values);
    for (const seed of [2, 3, 4]) {
      const candles = walk({ seed, count: settled + 900 });
      const later = Object.fromEntries(
        Object.entries(candles).map(([column, numbers]) => [column, numbers.subarray(500)]),
      ) as unknown as typeof candles;
      const [whole, part] = [columnsOf(kindOf(name).make(values), candles), columnsOf(kindOf(name).make(values), later)];
      for (const [line, numbers] of part.entries())
        for (let at = settled; at < numbers.length; at += 1) {
          const [said, would] = [numbers[at]!, whole[line]![500 + at]!];
          assert.ok(Math.abs(said - would) <= 3e-6 * Math.max(1, Math.abs(would)), `${name} at ${at}: ${said}, not ${would}`);
        }
    }
  }
});

test('streaming and batch give the same bits at the usual parameters, and the first number comes after the lookback', () => {
  const candles = walk({ seed: 9, count: 1200 });
  for (const name of indicatorNames) {
    const kind = kindOf(name);
    const usual = kind.parameters.map((parameter) => parameter.usual);
    const columns = columnsOf(kind.make(usual), candles);
    const stream = kind.make(usual);
    assert.deepEqual([...stream.names].sort(), [...kind.lines].sort(), name);
    for (let at = 0; at < candles.close.length; at += 1) {
      const { open, high, low, close, volume } = candles;
      stream.update(open[at]!, high[at]!, low[at]!, close[at]!, volume[at]!);
      for (const [line, value] of stream.lines.entries()) assert.ok(Object.is(columns[line]![at], value), `${name} at ${at}`);
    }
    const main = columns[stream.names.indexOf(kind.mainLine)]!;
    const first = main.findIndex((value) => !Number.isNaN(value));
    if (name !== 'qfl') assert.equal(first, stream.lookback, `${name}: lookback`);
  }
});

test('a window of time knows zones, summer time and midnight', () => {
  const window = (from: number, to: number, days = [0, 1, 2, 3, 4, 5, 6], zone = 'Europe/Berlin'): ConditionFollower =>
    new ConditionFollower({ kind: 'time-window', days, from, to, zone });
  const office = window(9 * 60, 17 * 60, [1, 2, 3, 4, 5]);
  assert.equal(office.truth(Date.UTC(2026, 0, 5, 8, 0)), true, 'Monday 09:00 in winter');
  assert.equal(office.truth(Date.UTC(2026, 0, 5, 7, 59)), false);
  assert.equal(office.truth(Date.UTC(2026, 6, 6, 7, 0)), true, 'Monday 09:00 in summer');
  assert.equal(office.truth(Date.UTC(2026, 0, 4, 10, 0)), false, 'Sunday');
  const night = window(22 * 60, 6 * 60, [5], 'UTC');
  assert.equal(night.truth(Date.UTC(2026, 0, 9, 23, 0)), true, 'Friday night');
  assert.equal(night.truth(Date.UTC(2026, 0, 10, 5, 59)), true, 'still Friday’s window');
  assert.equal(night.truth(Date.UTC(2026, 0, 10, 6, 0)), false);
  assert.equal(night.truth(Date.UTC(2026, 0, 9, 5, 0)), false, 'Thursday’s window was none');
});

test('a signal counts for its seconds', () => {
  const follower = new ConditionFollower({ kind: 'signal', name: 'go', seconds: 60 });
  assert.equal(follower.truth(1000), false);
  follower.signal('go', 1000);
  assert.equal(follower.truth(999), false);
  assert.equal(follower.truth(1000), true);
  assert.equal(follower.truth(60_999), true);
  assert.equal(follower.truth(61_000), false);
});

test('what is impossible is refused with its place', () => {
  const leaf = price('less', 1) as Extract<Condition, { kind: 'indicator' }>;
  const wrong: readonly (readonly [Condition, RegExp])[] = [
    [{ kind: 'all', of: [] }, /^condition has nothing in it$/],
    [{ ...leaf, indicator: 'rsi', parameters: [1] }, /period of rsi is 1; a whole number from 2 to 500/],
    [{ ...leaf, indicator: 'rsi', parameters: [14.5] }, /14\.5/],
    [{ ...leaf, indicator: 'rsi', parameters: [14, 2] }, /takes 1 parameters, not 2/],
    [{ kind: 'any', of: [leaf, { ...leaf, line: 'x' }] }, /condition\.any\[1\]: price has no line x; it has close/],
    [{ kind: 'time-window', days: [1], from: 0, to: 10, zone: 'Mars/Base' }, /Mars\/Base is not a time zone/],
    [{ kind: 'not', of: { kind: 'time-window', days: [7], from: 0, to: 10, zone: 'UTC' } }, /condition\.not: days are 0/],
  ];
  for (const [condition, message] of wrong)
    assert.throws(
      () => new ConditionFollower(condition),
      (error) => error instanceof ConditionError && message.test(error.message),
      String(message),
    );
  assert.equal(timeframeMs('1d'), 86_400_000);
});
