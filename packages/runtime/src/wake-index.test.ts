import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotId, EpochMs, Pair, Quote, Ticks, Wake } from '@holdfast/domain';
import fc from 'fast-check';
import { WakeIndex } from './wake-index.ts';

const pair = 'BTC/USDT' as Pair;
const bot = (name: string): BotId => name as BotId;
const quote = (last: number, bid = last, ask = last + 1): Quote => ({
  pair,
  last: last as Ticks,
  bid: bid as Ticks,
  ask: ask as Ticks,
});
const price = (when: 'at-or-below' | 'at-or-above', at: number, of: 'last' | 'bid' | 'ask' = 'last'): Wake => ({
  kind: 'price',
  pair,
  of,
  when,
  price: at as Ticks,
});
const retrace = (extreme: 'high' | 'low', from: number, by: number): Wake => ({
  kind: 'retrace',
  pair,
  extreme,
  from: from as Ticks,
  by: by as Ticks,
});
const fired = (index: WakeIndex, of: Quote): string[] =>
  index
    .onQuote(of)
    .filter((due) => index.stillDue(due))
    .map((due) => due.bot);

test('a price wakes those it reaches, in the order in which they were armed', () => {
  const index = new WakeIndex();
  index.replace(bot('a'), [price('at-or-below', 95), price('at-or-above', 110)]);
  index.replace(bot('b'), [price('at-or-below', 97)]);
  index.replace(bot('c'), [price('at-or-above', 105, 'ask')]);
  assert.deepEqual(fired(index, quote(100)), []);
  assert.deepEqual(fired(index, quote(95)), ['a', 'b']);
  assert.deepEqual(fired(index, quote(95)), [], 'a wake that fired is used up');
  assert.deepEqual(fired(index, quote(104)), ['c']);
  assert.deepEqual(fired(index, quote(110)), ['a']);
});

test('replacing the wakes of a bot ends those it had, also within one tick', () => {
  const index = new WakeIndex();
  index.replace(bot('a'), [price('at-or-below', 95), price('at-or-below', 96)]);
  const due = index.onQuote(quote(90));
  assert.equal(due.length, 2);
  assert.equal(index.stillDue(due[0]!), true);
  index.replace(bot('a'), [price('at-or-above', 99)]);
  assert.equal(index.stillDue(due[1]!), false);
});

test('a retrace follows the extreme and says it when armed again', () => {
  const index = new WakeIndex();
  index.replace(bot('a'), [retrace('high', 100, 5)]);
  index.replace(bot('b'), [retrace('low', 100, 5)]);
  assert.deepEqual(fired(index, quote(110)), ['b']);
  assert.deepEqual(fired(index, quote(106)), []);
  assert.deepEqual(index.wakesOf(bot('a')), [retrace('high', 110, 5)]);
  index.replace(bot('b'), [price('at-or-below', 90)]);
  assert.deepEqual([...index.following], ['a']);
  assert.deepEqual(fired(index, quote(105)), ['a']);
  assert.deepEqual(index.wakesOf(bot('a')), []);
});

test('times and candle closes wake once', () => {
  const index = new WakeIndex();
  index.replace(bot('a'), [{ kind: 'time', at: 50 as EpochMs }]);
  index.replace(bot('b'), [{ kind: 'candle-close', pair, interval: '1m' }]);
  assert.deepEqual(index.onTime(49 as EpochMs), []);
  assert.deepEqual(
    index.onTime(50 as EpochMs).map((due) => due.bot),
    ['a'],
  );
  const [close] = index.onCandleClose(pair, '1m');
  assert.equal(index.stillDue(close!), true);
  assert.deepEqual(index.onCandleClose(pair, '1m'), []);
  assert.equal(index.quiet().candles.length, 0);
});

// What the index must do, said the slow way: every wake looks at every tick.
interface Watched {
  readonly wake: Wake;
  extreme: number;
}
const wakes = (watched: Watched, of: Quote): boolean => {
  const { wake } = watched;
  if (wake.kind === 'price') return wake.when === 'at-or-below' ? of[wake.of] <= wake.price : of[wake.of] >= wake.price;
  if (wake.kind !== 'retrace') return false;
  const isHigh = wake.extreme === 'high';
  watched.extreme = isHigh ? Math.max(watched.extreme, of.last) : Math.min(watched.extreme, of.last);
  return isHigh ? watched.extreme - of.last >= wake.by : of.last - watched.extreme >= wake.by;
};

const anyWake = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('at-or-below' as const, 'at-or-above' as const),
      fc.integer({ min: 80, max: 120 }),
      fc.constantFrom('last' as const, 'bid' as const, 'ask' as const),
    )
    .map(([when, at, of]) => price(when, at, of)),
  fc
    .tuple(fc.constantFrom('high' as const, 'low' as const), fc.integer({ min: 90, max: 110 }), fc.integer({ min: 1, max: 12 }))
    .map(([extreme, from, by]) => retrace(extreme, from, by)),
);
const anyAct = fc.oneof(
  fc.record({
    kind: fc.constant('arm' as const),
    bot: fc.integer({ min: 0, max: 5 }),
    wakes: fc.array(anyWake, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('tick' as const), last: fc.integer({ min: 85, max: 115 }) }),
);

test('the index wakes exactly those whom looking at every wake would, and promises no quiet that is broken', () => {
  fc.assert(
    fc.property(fc.array(anyAct, { maxLength: 60 }), (acts) => {
      const index = new WakeIndex();
      const slow = new Map<string, Watched[]>();
      for (const act of acts) {
        if (act.kind === 'arm') {
          const name = `b${act.bot}`;
          index.replace(bot(name), act.wakes);
          slow.set(
            name,
            act.wakes.map((wake) => ({ wake, extreme: wake.kind === 'retrace' ? wake.from : 0 })),
          );
          continue;
        }
        const now = quote(act.last);
        const { below, above } = index.quiet().pairs.get(pair) ?? { below: null, above: null };
        const isQuiet = (below === null || now.last > below) && (above === null || now.ask < above);
        const expected: string[] = [];
        for (const [name, watched] of slow) {
          const woken = watched.filter((each) => wakes(each, now));
          for (const _ of woken) expected.push(name);
          slow.set(
            name,
            watched.filter((each) => !woken.includes(each)),
          );
        }
        assert.deepEqual(fired(index, now).sort(), expected.sort());
        if (isQuiet) assert.deepEqual(expected, []);
      }
    }),
    { numRuns: 2_000 },
  );
});
