import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type BotId, type ClosedDeal, formatAmount, quoteOf, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { description, step } from '../../../../docs/examples/strategy.ts';
import { decodeState, encodeState } from '../codec.ts';
import { checkOwnSettings, type OwnDescription, ownSchema, readDescription } from './description.ts';
import { ownKind } from './own.ts';
import { type AskStrategy, readStep, type StrategyStep } from './protocol.ts';
import type { OwnState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const pair = rules.pair;
const known = readDescription(description) as OwnDescription;
/** As it comes through the pipe. */
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
const example: AskStrategy = ({ settings, state, event }) => ({
  kind: 'answer',
  step: plain(step(plain(settings) as never, plain(state) as never, plain(event))),
});

class Play extends BotPlay<OwnState> {
  readonly closed: ClosedDeal[];
  readonly kind: ReturnType<typeof ownKind>;
  readonly settings: never;

  constructor(ask: AskStrategy = example, more: Record<string, string | number> = {}) {
    const checked = checkOwnSettings(known, { funds: '1000', closes: 3, ...more });
    assert.ok('values' in checked, JSON.stringify(checked));
    const kind = ownKind('own-dip', ask);
    const settings = kind.readSettings([pair], checked.values);
    const exchange = new ScriptedExchange({
      rules,
      base: 0n as Amount,
      quote: amount('1000'),
      fee: settings.fee,
      feeAsset: settings.feeAsset,
      price: ticks(1_000_000),
    });
    const closed: ClosedDeal[] = [];
    const birth = kind.initial(settings, {
      bot: 'own' as BotId,
      rules: { [pair]: rules },
      allotted: { [quoteOf(pair)]: amount('1000') },
    });
    super(exchange, birth, (state, event) => {
      const result = kind.step(settings, state, event);
      if ('unchanged' in result) return result;
      closed.push(...kind.closedDeals(state, result.state));
      return { ...result, state: decodeState<OwnState>(encodeState(result.state)) };
    });
    this.kind = kind;
    this.settings = settings as never;
    this.closed = closed;
  }

  begin(): this {
    this.send({ kind: 'started' });
    return this.settle();
  }

  /** A minute closes at a price. */
  minute(price: string, share = 100): this {
    this.move(price, share);
    this.exchange.pass(60_000);
    while (this.fire()) this.settle(share);
    while (this.wakes.some((wake) => wake.kind === 'time' && wake.at <= this.exchange.at) && this.wait()) this.settle(share);
    const wake = this.wakes.find(({ kind }) => kind === 'candle-close');
    if (wake !== undefined) this.send({ kind: 'woken', wake } as { kind: 'woken' });
    return this.settle(share);
  }

  get waitingFor(): string {
    return this.kind.report(this.settings, this.state).waitingFor;
  }
}

test('the example buys a dip below the average and sells it above what it paid', () => {
  const play = new Play().begin();
  for (const price of ['10000', '10000', '10000']) play.minute(price);
  assert.deepEqual(play.orders, []);
  play.minute('9800');
  assert.equal(play.state.deal?.number, 1);
  play.minute('9800');
  assert.deepEqual(play.orders, ['sell 0.1006 at 9907.92'], 'one percent above 9800.01 and the fee in base, up to the tick');
  play.minute('9910');
  assert.equal(play.closed.length, 1);
  const [deal] = play.closed;
  assert.ok((deal?.profit ?? 0n) > 0n, formatAmount(deal?.profit ?? 0n));
  assert.equal(play.kind.report(play.settings, play.state).state, 'idle');
});

const answer =
  (wanted: Partial<StrategyStep>): AskStrategy =>
  () => ({ kind: 'answer', step: { state: null, orders: [], wakes: [], ...wanted } });

test('what is not named any more is cancelled, what has changed is replaced, the rest stays', () => {
  let wanted: Partial<StrategyStep> = {
    orders: [{ name: 'a', side: 'buy', order: 'limit', limit: 990_000, quote: '50', quantity: null }],
  };
  const minute = [{ kind: 'minute' } as const];
  const play = new Play((call) => answer({ ...wanted, wakes: minute })(call)).begin();
  assert.deepEqual(play.orders, ['buy 0.00505 at 9900']);
  play.minute('10000');
  assert.equal(play.intents.length, 1, 'the same order is not asked for twice');
  wanted = { orders: [{ name: 'a', side: 'buy', order: 'limit', limit: 980_000, quote: '50', quantity: null }] };
  play.minute('10000');
  assert.deepEqual(play.orders, ['buy 0.0051 at 9800']);
  wanted = {};
  play.minute('10000');
  assert.deepEqual(play.orders, []);
  assert.equal(play.closed[0]?.ending, 'no-entry');
});

test('a strategy that fails is paused with its reason, its orders stay, and a person may go on or sell', () => {
  let fails = false;
  const play = new Play((call) =>
    fails ? { kind: 'failed', reason: 'it did not answer within 500 ms' } : example(call),
  ).begin();
  for (const price of ['10000', '10000', '10000', '9800', '9800']) play.minute(price);
  assert.equal(play.orders.length, 1);
  fails = true;
  play.minute('9801');
  assert.match(
    play.waitingFor,
    /the strategy is paused, it did not answer within 500 ms \(strategy-failed\); 1 of its orders stay/,
  );
  assert.equal(play.orders.length, 1);
  assert.deepEqual(play.wakes, []);
  fails = false;
  assert.equal(play.kind.refuses(play.settings, play.state, { name: 'resume' }), null);
  play.command('resume');
  assert.equal(play.state.paused, null);
  play.command('close-now');
  play.settle().minute('9801');
  assert.equal(play.closed.length, 1);
  assert.equal(play.state.running, false);
  assert.deepEqual(play.orders, []);
});

/** So many lists, each in the next. */
const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

test('an answer that is none pauses the strategy and says what is wrong', () => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [null, /no object/],
    [{ orders: {} }, /list of at most/],
    [{ orders: [{ name: 'A', side: 'buy' }] }, /name of an order/],
    [{ orders: [{ name: 'a', side: 'buy', limit: 1.5, quote: '5' }] }, /whole number of ticks/],
    [{ orders: [{ name: 'a', side: 'sell', limit: 10 }] }, /names its quantity/],
    [{ orders: [{ name: 'a', side: 'buy', order: 'ioc', quote: '1e9' }] }, /plain decimal/],
    [{ wakes: [{ kind: 'price', of: 'mid', when: 'at-or-below', price: 5 }] }, /price wake needs/],
    [{ wakes: [{ kind: 'poll' }] }, /no wake "poll"/],
    [{ state: 'x'.repeat(70_000) }, /longer than 65536/],
    [{ state: nested(101) }, /nested deeper than 100 levels/],
    [{ state: { in: [nested(30_000)] } }, /nested deeper than 100 levels/],
  ];
  for (const [raw, said] of rows) {
    assert.match(String(readStep(raw)), said);
    const play = new Play(() => ({ kind: 'answer', step: raw })).begin();
    assert.match(play.waitingFor, said);
    assert.equal(play.state.paused?.code, 'strategy-answer');
  }
  assert.equal(typeof readStep({ state: nested(100) }), 'object');
});

test('orders beyond all counting are held up like any that are too large', () => {
  const most = Number.MAX_SAFE_INTEGER;
  for (const order of [
    { side: 'buy', limit: 1, quote: '999999999999.999999999999999999' },
    { side: 'buy', limit: most, quote: '0.000000000000000001' },
    { side: 'buy', limit: most, quantity: most },
    { side: 'buy', order: 'ioc', quantity: most },
    { side: 'sell', limit: most, quantity: most },
    { side: 'sell', order: 'ioc', quantity: most },
  ]) {
    const wakes = [
      { kind: 'price', of: 'last', when: 'at-or-above', price: most },
      { kind: 'retrace', extreme: 'high', from: most, by: most },
    ];
    const play = new Play(() => ({ kind: 'answer', step: { orders: [{ name: 'a', ...order }], wakes } })).begin();
    play.settle().minute('9801').minute('9700');
    assert.equal(play.state.paused, null, JSON.stringify(order));
    assert.deepEqual(play.orders, []);
  }
});

test('a description is checked whole, and forms are made from it', () => {
  const made = readDescription({
    name: 'X',
    about: '',
    settings: { funds: {}, a: { type: 'text' }, b: { type: 'whole', title: 'B', about: 'B.', least: '1', default: 0 } },
  });
  assert.deepEqual('faults' in made ? made.faults.map((fault) => fault.split(':')[0]) : [], [
    'name',
    'about',
    'settings.funds',
    'settings.a',
    'settings.b',
  ]);
  const schema = ownSchema(known) as { properties: Record<string, object>; required: string[] };
  assert.deepEqual(schema.required, ['funds']);
  assert.deepEqual(Object.keys(schema.properties).slice(-3), ['closes', 'fallPercent', 'gainPercent']);
  const wrong = checkOwnSettings(known, { closes: 1, fallPercent: 2, other: 1 });
  assert.deepEqual('faults' in wrong ? wrong.faults.map(({ field }) => field) : [], ['other', 'funds', 'closes', 'fallPercent']);
});

const doing = fc.record({
  move: fc.integer({ min: 9_300, max: 10_500 }),
  share: fc.constantFrom(0, 30, 100),
  fate: fc.constantFrom('take', 'refuse', 'reject', 'unknown'),
  act: fc.constantFrom('', '', '', '', 'stop', 'resume', 'close-now', 'expire', 'again'),
});
/** Wants whatever a number says: orders of both sides that come, change and go. */
const restless: AskStrategy = ({ state, event }) => {
  const n = ((state as number | null) ?? 0) + 1;
  const pick = (n * 7919 + event.last) % 5;
  const buy = {
    name: 'in',
    side: 'buy',
    order: pick === 1 ? 'ioc' : 'limit',
    limit: pick === 1 ? null : event.bid - pick * 50,
    quote: String(40 + pick * 200),
    quantity: null,
  };
  const sell = {
    name: 'out',
    side: 'sell',
    order: pick === 3 ? 'ioc' : 'limit',
    limit: pick === 3 ? null : event.ask + pick * 40,
    quantity: 'all',
    quote: null,
  };
  const orders = [...(pick < 4 ? [buy] : []), ...(event.held > 0 && pick > 1 ? [sell] : [])];
  return {
    kind: 'answer',
    step: {
      state: n,
      orders,
      wakes: [{ kind: 'minute' }, { kind: 'price', of: 'last', when: 'at-or-below', price: event.last - 30 }],
    },
  };
};

for (const [name, ask] of [
  ['the example', example],
  ['a restless strategy', restless],
] as const)
  test(`${name}: money is conserved over any market, answer, command and restart, and a step twice changes nothing`, () => {
    let trades = 0;
    fc.assert(
      fc.property(fc.array(doing, { maxLength: 40 }), (all) => {
        const play = new Play(ask, { fallPercent: '0.05', gainPercent: '0.25', closes: 2 });
        play.send({ kind: 'started' });
        for (const { move, share, fate, act } of all) {
          const before = play.state;
          if (fate === 'refuse') play.exchange.arrive({ kind: 'refuse', code: 'E_ORACLE' }, 0);
          else play.exchange.arrive({ kind: fate as 'take' }, share);
          if (act === 'expire') play.exchange.expire(move);
          else if (act === 'again' && play.delivered.length > 0) {
            // B4: an event that was seen before changes nothing.
            while (play.deliver());
            const known = encodeState(play.state);
            play.send(play.delivered.at(-1) as { kind: 'order-event' });
            if (play.delivered.at(-1)?.kind === 'order-event') assert.equal(encodeState(play.state), known);
          } else if (act !== '' && play.kind.refuses(play.settings, play.state, { name: act as 'stop' }) === null)
            play.command(act as 'stop');
          play.minute(String(move), share);
          assert.ok(before !== undefined);
          const base = play.state.book.BTC ?? 0n;
          const quote = play.state.book.USDT ?? 0n;
          while (play.deliver());
          if (play.exchange.arriving === 0 && play.state.orders.every(({ status }) => status !== 'ended')) {
            assert.equal(play.state.book.BTC ?? 0n, play.exchange.base, `base ${base}`);
            assert.equal(play.state.book.USDT, play.exchange.quote, `quote ${quote}`);
            const { outside } = play.exchange;
            assert.equal(play.exchange.base + outside.base + outside.feeBase, 0n);
            assert.equal(play.exchange.quote + outside.quote + outside.feeQuote, amount('1000'));
            assert.deepEqual(
              play.state.orders.filter(({ status }) => status === 'open').length <= play.exchange.resting.size,
              true,
              'no order is forgotten',
            );
          }
        }
        trades += play.closed.filter(({ bought }) => bought > 0n).length;
        const { deals } = play.kind.report(play.settings, play.state);
        assert.ok(deals.length > 0 || play.waitingFor.length > 0);
      }),
      { numRuns: 150 },
    );
    assert.ok(trades > 20, `${trades} deals`);
  });
