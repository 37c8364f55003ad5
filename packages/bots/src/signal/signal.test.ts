import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SignalSettingsInput, signalSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotEvent,
  type BotId,
  type ClosedDeal,
  formatAmount,
  type PairRules,
  type RefusalCode,
  type SignalAnswer,
  type SignalAsk,
  ticks,
  zero,
} from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { decodeState, encodeState } from '../codec.ts';
import type { FeeAsset } from '../dca/settings.ts';
import type { SignalSettings } from './settings.ts';
import { signal } from './signal.ts';
import type { SignalState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const ocoRules: PairRules = { ...rules, maxOrderLists: 20 };
const bot = 'sig' as BotId;
const noExits = { targets: null, stop: null };
const least = { maxEntryQuote: '500', maxInvestmentQuote: '1000', size: '100' };

interface Funds {
  readonly base?: Amount;
  readonly quote?: Amount;
  readonly traded?: PairRules;
}

class Play extends BotPlay<SignalState> {
  readonly settings: SignalSettings;
  readonly closed: ClosedDeal[];
  #signals = 0;

  constructor(
    more: Partial<SignalSettingsInput>,
    { base = zero, quote = amount('1010'), traded = rules }: Funds,
    feeAsset: FeeAsset,
  ) {
    const settings = signal.readSettings(rules.pair, signalSettings.parse({ ...least, feeAsset, ...more }));
    const exchange = new ScriptedExchange({ rules: traded, base, quote, fee: settings.fee, feeAsset, price: ticks(10_000_00) });
    const closed: ClosedDeal[] = [];
    const birth = signal.initial(settings, { bot, rules: traded, allotted: { BTC: base, USDT: quote } });
    super(exchange, birth, (state, event) => {
      const stored = decodeState<SignalState>(encodeState(state));
      assert.deepEqual(stored, state, 'state is data');
      const result = signal.step(settings, state, event);
      if (!('unchanged' in result)) closed.push(...signal.closedDeals(state, result.state));
      return result;
    });
    this.settings = settings;
    this.closed = closed;
  }

  /** Hands in a signal; gives the answer in words: what it does, or `CODE: reason`. */
  say(ask: SignalAsk, id = `s${++this.#signals}`): string {
    const event = {
      kind: 'signal',
      signal: { id, price: null, ask },
      at: this.exchange.at,
      quotes: this.exchange.quotes,
    } as const;
    const answer: SignalAnswer = signal.hears(this.settings, this.state, event);
    this.send(event as unknown as { kind: BotEvent['kind'] });
    return answer.kind === 'taken' ? answer.does : `${answer.code}: ${answer.reason}`;
  }

  enter(direction: 'long' | 'short', size?: string, of: 'base' | 'quote' | 'investment' = 'quote'): string {
    const sized = size === undefined ? null : { amount: amount(size), of };
    return this.say({ kind: 'enter', direction, size: sized, limit: null, exits: noExits });
  }

  exit(direction: 'long' | 'short', share?: string): string {
    return this.say({ kind: 'exit', direction, size: share === undefined ? null : { amount: amount(share), of: 'position' } });
  }

  /** Prices and times that wake it, until nothing does. */
  react(): this {
    for (let n = 0; n < 20; n++) {
      this.settle();
      if (!this.fire()) return this;
    }
    return this;
  }

  goTo(price: string): this {
    this.exchange.move(ticks(Math.round(Number(price) * 100)), 100);
    return this.react();
  }

  get held(): string {
    return formatAmount(this.state.position?.held.quantity ?? zero);
  }
}

function play(more: Partial<SignalSettingsInput> = {}, funds: Funds = {}, feeAsset: FeeAsset = 'quote'): Play {
  const made = new Play({ slippagePercent: '0.1', ...more }, funds, feeAsset);
  made.send({ kind: 'started' });
  return made;
}

/** Runs of the property; more by hand: HOLDFAST_SIGNAL_RUNS=20 plays twenty times as many. */
const runs = Number(process.env.HOLDFAST_SIGNAL_RUNS ?? 1);

test('enters with the size of the message, closes on the exit, and books the profit', () => {
  const it = play();
  assert.match(it.enter('long', '200'), /^enters long with 0\.01998 at the market$/);
  it.settle();
  assert.equal(it.held, '0.01998');
  it.move('10100');
  assert.equal(it.exit('long'), 'closes the long');
  it.settle();
  assert.equal(it.state.position, null);
  assert.equal(it.closed.length, 1);
  const [deal] = it.closed;
  assert.equal(deal?.ending, 'closed');
  assert.equal(it.exchange.quote - amount('1010'), deal?.profit, 'what the deal says is what the account has more');
  assert.equal(it.state.realised, deal?.profit);
  assert.match(it.exit('long'), /^signal-position: no long position is open/);
});

test('the numbers of docs/bots/signal.md', () => {
  const it = play({ stopLossPercent: '1' });
  assert.equal(it.enter('long', '200'), 'enters long with 0.01998 at the market');
  const orders = () => it.intents.flatMap((intent) => (intent.kind === 'place-order' ? [intent] : []));
  assert.equal(formatAmount(orders()[0]?.limit ?? zero), '10010.01');
  it.react();
  const rests = orders().at(-1);
  assert.equal(formatAmount(it.state.position?.held.cost ?? zero), '199.9999999998', '0.01998 at 10,000.01, and the fee');
  assert.deepEqual([rests?.order, rests?.side, formatAmount(rests?.quantity ?? zero)], ['stop-limit', 'sell', '0.01998']);
  assert.deepEqual([formatAmount(rests?.trigger ?? zero), formatAmount(rests?.limit ?? zero)], ['9900.01', '9890.11']);
});

test('sizes count within their caps only, in every unit', () => {
  const it = play();
  assert.match(it.enter('long', '600'), /^signal-size: .* above the cap of 500 per entry/);
  assert.match(it.enter('long', '1', 'base'), /^signal-size: .* above the cap of 500/);
  assert.match(it.enter('long', '51', 'investment'), /^signal-size: .* above the cap of 500/);
  assert.match(it.enter('long', '1'), /^signal-size: .* below the exchange's smallest order of 5/);
  assert.match(it.enter('long', '99999999999999', 'base'), /^signal-size: .*largest order/);
  assert.equal(it.intents.length, 0);
  assert.match(it.enter('long'), /^enters long with 0\.00999/);
  const own = play({ sizeFrom: 'bot', sizeIn: 'percent', size: '20' });
  assert.match(own.enter('long', '99999'), /^enters long with 0\.01998/, 'the size of the message does not count');
  const poor = play({}, { quote: amount('50') });
  assert.match(poor.enter('long', '100'), /^signal-size: the bot has 50 USDT free/);
});

test('further entries wait for the step and end at the cap', () => {
  const it = play({ maxEntries: 3, addStepPercent: '1' });
  it.enter('long', '400');
  it.settle();
  assert.match(it.enter('long', '400'), /^signal-position: the price is nearer/);
  it.move('9890');
  assert.match(it.enter('long', '400'), /^enters long/);
  it.settle().move('9700');
  assert.match(it.enter('long', '400'), /^signal-size: .* pass the cap of 1000/);
  assert.match(it.enter('long', '100'), /^enters long/);
  it.settle().move('9000');
  assert.match(it.enter('long', '50'), /^signal-position: the position has 3 of 3 entries/);
});

test('an exit takes a part, and the exit of the rest ends the position', () => {
  const it = play({}, {}, 'base');
  it.enter('long', '200');
  it.settle();
  assert.match(it.exit('long', '25'), /^takes 0\.004990005 off the long$/);
  it.settle();
  assert.equal(it.closed.length, 0);
  assert.match(it.exit('long'), /^closes/);
  it.settle();
  assert.equal(it.closed.length, 1);
  assert.ok(it.state.dust.quantity < rules.lot * 2n, 'less than two lots are carried');
  assert.equal(it.state.book.BTC, it.state.dust.quantity);
});

test('the stop rests; the take profit is watched and takes the stop off first', () => {
  const it = play({ takeProfitPercent: '2', stopLossPercent: '1' });
  it.enter('long', '200');
  it.settle();
  const [stop] = it.exchange.resting.values();
  assert.equal(stop?.intent.order, 'stop-limit');
  // Bought at 10000.01: 1 % below is 9900.0099, up to the tick; its limit lies the slippage below, up to the tick.
  assert.deepEqual([stop?.intent.trigger, stop?.intent.limit], [amount('9900.01'), amount('9890.11')]);
  it.goTo('10200.02');
  assert.equal(it.state.position, null);
  assert.equal(it.closed[0]?.ending, 'take-profit');
  assert.ok((it.closed[0]?.profit ?? 0n) > 0n);
  assert.equal(it.exchange.resting.size, 0);
  it.enter('long', '200');
  it.settle().goTo('10050');
  assert.equal(it.closed[1]?.ending, 'stop-loss');
});

test('a stop that the price jumped past is taken off, and the rest sold at the market', () => {
  const it = play({ stopLossPercent: '1' });
  it.enter('long', '200');
  it.settle();
  it.goTo('9500');
  assert.equal(it.state.position, null);
  assert.equal(it.closed[0]?.ending, 'stop-loss');
  assert.equal(it.exchange.base, 0n);
});

test('targets of a message rest where there is no stop, and make the whole', () => {
  const it = play();
  it.say({
    kind: 'enter',
    direction: 'long',
    size: { amount: amount('200'), of: 'quote' },
    limit: null,
    exits: {
      targets: [
        { order: 'limit', percent: amount('1'), share: amount('50'), trailing: zero },
        { order: 'limit', percent: amount('4'), share: amount('50'), trailing: zero },
      ],
      stop: null,
    },
  });
  it.settle();
  assert.deepEqual(it.orders, ['sell 0.00999 at 10100.02', 'sell 0.00999 at 10400.02']);
  it.goTo('10200').goTo('10500');
  assert.equal(it.closed[0]?.ending, 'take-profit');
  assert.equal(it.exchange.base, 0n);
});

test('steps of its own sell parts of the position, and further entries are shared among those that are left', () => {
  const it = play({ takeProfitSteps: '2:50, 4:50', maxEntries: 2 });
  it.enter('long', '200');
  it.settle();
  assert.deepEqual(it.orders, ['sell 0.00999 at 10200.02', 'sell 0.00999 at 10400.02']);
  it.goTo('10300');
  assert.deepEqual(it.orders, ['sell 0.00999 at 10400.02']);
  assert.match(it.enter('long', '100'), /^enters long with 0\.00969 /);
  it.settle();
  assert.deepEqual(
    it.state.position?.targets.map(({ over }) => over),
    [true, false],
    'the step that was sold is not sold again',
  );
  it.goTo('10800');
  assert.equal(it.closed[0]?.ending, 'take-profit');
  assert.equal(it.exchange.base, 0n);
});

test('the last of its steps trails, also beside a stop', () => {
  const it = play({ takeProfitSteps: '1:40:market, 3:60', takeProfitTrailingPercent: '0.5', stopLossPercent: '5' });
  it.enter('long', '200');
  it.settle().goTo('10150');
  assert.equal(it.held, '0.01199', '40 % are sold at the market');
  it.goTo('10400').goTo('10500');
  assert.equal(it.held, '0.01199', 'the rest is trailed');
  const retrace = () => it.wakes.find(({ kind }) => kind === 'retrace');
  it.send({ kind: 'woken', wake: retrace() } as { kind: 'woken' });
  it.exchange.move(ticks(10_440_00), 100);
  it.send({ kind: 'woken', wake: retrace() } as { kind: 'woken' });
  it.settle();
  assert.equal(it.closed[0]?.ending, 'take-profit');
  const largest = signal.readSettings(rules.pair, signalSettings.parse({ ...least, takeProfitSteps: '2:50, 40:50' }));
  const quote = [...it.exchange.quotes.values()][0]!;
  assert.ok((signal.mandateNeeds(largest, rules, quote, {}).pairs[0]?.ceiling ?? zero) > amount('18000'), 'the last counts');
});

test('a further entry that says no exits leaves those of its position as they are', () => {
  const it = play({ takeProfitPercent: '9', stopLossPercent: '20', maxEntries: 2 });
  const stop = { order: 'market', percent: amount('2'), trailing: zero } as const;
  it.say({ kind: 'enter', direction: 'long', size: null, limit: null, exits: { targets: null, stop } });
  it.settle();
  assert.deepEqual([it.state.position?.targets[0]?.percent, it.state.position?.stop?.percent], [amount('9'), amount('2')]);
  it.enter('long', '100');
  it.settle();
  assert.deepEqual([it.state.position?.entries, it.state.position?.stop?.percent], [2, amount('2')]);
});

test('a trailing take profit follows the best price', () => {
  const it = play({ takeProfitPercent: '1', takeProfitTrailingPercent: '0.5' });
  it.enter('long', '200');
  it.settle().goTo('10150').goTo('10300');
  assert.ok(it.state.position !== null);
  it.send({ kind: 'woken', wake: it.wakes.find(({ kind }) => kind === 'retrace') } as { kind: 'woken' });
  it.exchange.move(ticks(10_240_00), 100);
  it.send({ kind: 'woken', wake: it.wakes.find(({ kind }) => kind === 'retrace') } as { kind: 'woken' });
  it.settle();
  assert.equal(it.closed[0]?.ending, 'take-profit');
});

test('a short sells coins that it was given and buys them back, and a reversal closes first', () => {
  const it = play({ direction: 'both' }, { base: amount('0.1') });
  assert.match(it.enter('short', '300'), /^enters short/);
  it.settle();
  it.move('9900');
  assert.match(it.enter('long', '100'), /^closes the short, then enters long/);
  it.settle();
  assert.equal(it.closed.length, 1);
  assert.ok((it.closed[0]?.profit ?? 0n) > 0n);
  assert.equal(it.state.position?.direction, 'long');
  assert.equal(it.exchange.base - amount('0.1'), it.state.position?.held.quantity);
  const long = play({ direction: 'long' });
  assert.match(long.enter('short', '100'), /^signal-direction: the bot goes long only/);
});

test('a strategy is followed, and a contradiction does nothing', () => {
  const it = play({ maxEntries: 5, maxEntryQuote: '1000' });
  const trade = (side: 'buy' | 'sell', beforeSize: string, nowSize: string): string => {
    const word = (size: string) => (size === '0' ? ('flat' as const) : ('long' as const));
    const sizes = { before: word(beforeSize), beforeSize: amount(beforeSize), now: word(nowSize), nowSize: amount(nowSize) };
    const order = { amount: amount('0.02'), of: 'base' } as const;
    const words = it.say({ kind: 'position', side, ...sizes, order });
    it.settle();
    return words;
  };
  assert.match(trade('buy', '0', '0.02'), /^enters long with 0\.02 /);
  assert.match(trade('buy', '0.02', '0.05'), /^enters long with 0\.03 /);
  assert.match(trade('sell', '0.05', '0.04'), /^takes 0\.01 off the long/);
  assert.equal(it.held, '0.04');
  assert.match(trade('buy', '0.04', '0.03'), /^signal-position: the message says buy/);
  assert.match(trade('sell', '0.04', '0'), /^closes the long/);
  assert.equal(it.state.position, null);
});

test('a share of the position is no size of an entry', () => {
  const it = play({ direction: 'both' }, { base: amount('0.1') });
  const order = { amount: amount('50'), of: 'position' } as const;
  const [none, held] = [zero, amount('2')];
  const from = (before: 'flat' | 'long', now: 'long' | 'short', side: 'buy' | 'sell') =>
    it.say({ kind: 'position', side, before, beforeSize: before === 'flat' ? none : held, now, nowSize: held, order });
  assert.match(from('flat', 'long', 'buy'), /^signal-size: a share of the position is a size for exits/);
  it.enter('long', '200');
  it.settle();
  assert.match(from('long', 'short', 'sell'), /^closes the long; short is not entered: a share of the position/);
});

test("an entry that another bot's order stands in the way of is asked again in seconds, and not without end", () => {
  const it = play({ entryAttempts: 3, retrySeconds: 3 });
  const since = it.exchange.at;
  const refuse = (): void => {
    it.exchange.arrive({ kind: 'refuse', code: 'E_STATE' }, 0);
    while (it.deliver());
  };
  it.enter('long', '200');
  refuse();
  assert.ok(it.wait());
  assert.equal(it.exchange.at - since, 3000);
  it.settle();
  assert.equal(it.held, '0.01998');
  assert.equal(it.exit('long'), 'closes the long');
  it.settle();
  it.enter('long', '200');
  refuse();
  for (let again = 1; again < 3; again++) {
    assert.ok(it.wait());
    refuse();
  }
  assert.equal(it.state.entry, null);
  assert.equal(it.state.stoppedBecause?.code, 'E_STATE');
});

test('a limit entry rests, and is taken off when its time is over', () => {
  const it = play({ limitSeconds: 60 });
  const limit = { kind: 'percent', percent: amount('-1'), from: 'current' } as const;
  it.say({ kind: 'enter', direction: 'long', size: { amount: amount('100'), of: 'quote' }, limit, exits: noExits });
  it.settle();
  assert.deepEqual(it.orders, ['buy 0.0101 at 9900']);
  assert.ok(it.wait());
  it.settle();
  assert.equal(it.exchange.resting.size, 0);
  assert.equal(it.state.position, null);
  assert.equal(it.closed[0]?.ending, 'no-entry');
});

test('the same signal again changes nothing; disable and commands do what they say', () => {
  const it = play();
  const ask: SignalAsk = { kind: 'enter', direction: 'long', size: null, limit: null, exits: noExits };
  it.say(ask, 'one');
  it.settle();
  const before = it.intents.length;
  assert.match(it.say(ask, 'one'), /heard it|heard already/);
  assert.equal(it.intents.length, before);
  assert.match(it.say({ kind: 'disable', open: 'close' }), /closes the position and disables/);
  it.settle();
  assert.equal(it.state.running, false);
  assert.match(it.enter('long'), /^signal-not-now: the bot is stopped/);
  assert.equal(it.say({ kind: 'enable' }), 'enables the bot');
  assert.ok(it.command('start-deal'));
  it.settle();
  assert.ok(it.state.position !== null);
  it.command('cancel-deal');
  it.settle();
  assert.ok(it.state.kept.quantity > 0n);
});

const units = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => amount(String(n)));
const target = (percent: string, share: string, order: 'limit' | 'market', trailing: string) => ({
  order,
  percent: amount(percent),
  share: amount(share),
  trailing: amount(trailing),
});
const direction = fc.constantFrom('long' as const, 'long' as const, 'short' as const);
const asks: fc.Arbitrary<SignalAsk> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('enter' as const),
      direction,
      size: fc.option(fc.record({ amount: units(20, 510), of: fc.constant('quote' as const) })),
      limit: fc.option(
        fc.record({ kind: fc.constant('percent' as const), percent: units(-2, 1), from: fc.constant('current' as const) }),
        { freq: 1 },
      ),
      exits: fc.constantFrom(
        noExits,
        { targets: [target('1', '40', 'limit', '0'), target('2', '60', 'market', '0.5')], stop: null },
        {
          targets: [target('1', '100', 'limit', '0')],
          stop: { order: 'market' as const, percent: amount('1'), trailing: amount('1') },
        },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('exit' as const),
      direction,
      size: fc.option(fc.record({ amount: units(1, 100), of: fc.constant('position' as const) })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<SignalAsk>({ kind: 'disable', open: 'close' }, { kind: 'disable', open: 'cancel' }),
  },
  { weight: 4, arbitrary: fc.constant<SignalAsk>({ kind: 'enable' }) },
);
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), ask: asks }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      by: fc.integer({ min: -300, max: 300 }),
      share: fc.integer({ min: 0, max: 150 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('arrive' as const),
      fate: fc.constantFrom('take' as const, 'take' as const, 'reject' as const, 'refuse' as const, 'unknown' as const),
      share: fc.integer({ min: 0, max: 150 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fire' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), index: fc.nat(5) }) },
);

type Act = typeof act extends fc.Arbitrary<infer Each> ? Each : never;

function perform(it: Play, step: Act): void {
  switch (step.do) {
    case 'say':
      it.say(step.ask);
      return;
    case 'move':
      it.exchange.move(ticks(Math.max(it.exchange.price + step.by * 100, 5_000_00)), Math.min(step.share, 100));
      return;
    case 'arrive': {
      const fate = step.fate === 'refuse' ? ({ kind: 'refuse', code: 'E_BAND' } as const) : ({ kind: step.fate } as const);
      it.exchange.arrive(fate, Math.min(step.share, 100));
      return;
    }
    case 'deliver':
      it.deliver();
      return;
    case 'wait':
      it.wait();
      return;
    case 'fire':
      it.fire();
      return;
    case 'expire':
      it.exchange.expire(step.index);
      return;
    case 'restart':
      it.send({ kind: 'started' });
      return;
    case 'repeat': {
      // What was said before changes nothing.
      const last = it.delivered.at(-1);
      const { book } = it.state;
      if (last?.kind === 'order-event' && last.event.kind === 'order-filled') it.send(last);
      assert.deepEqual(it.state.book, book, 'a fill that is known posts nothing');
    }
  }
}

for (const feeAsset of ['base', 'quote', 'third'] as const) {
  test(`conserves base and quote in any market, never sells or spends more than it has, and ends; fee in ${feeAsset}`, () => {
    const ended = { count: 0 };
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 40, maxLength: 120, size: 'max' }),
        fc.constantFrom('long' as const, 'both' as const),
        fc.constantFrom(rules, ocoRules, { ...ocoRules, maxAlgoOrders: 1 }),
        fc.nat(),
        (steps, direction, traded, cut) => {
          const base = direction === 'both' ? amount('0.2') : zero;
          // Quote for buying back at a loss.
          const takeProfitSteps = cut % 3 === 0 ? '1:30, 2:30:market, 3:40' : '';
          const settings = { direction, maxEntries: 4, cooldownSeconds: 0, takeProfitSteps };
          const it = play(settings, { base, quote: amount('1500'), traded }, feeAsset);
          for (const step of steps) {
            perform(it, step);
            const named = new Set(it.state.orders.map(({ id }) => id));
            for (const { intent } of it.exchange.resting.values())
              assert.ok(named.has(intent.clientOrderId), 'no order is forgotten');
          }
          it.settle();
          assert.equal(it.state.book.USDT, it.exchange.quote);
          assert.equal(it.state.book.BTC, it.exchange.base);
          for (const said of it.delivered.slice(0, cut % (it.delivered.length + 1)))
            if (said.kind === 'order-event' && said.event.kind !== 'cancel-rejected') it.send(said);
          it.settle();
          assert.equal(it.state.book.USDT, it.exchange.quote, 'a prefix of what was said once more counts nothing twice');
          assert.equal(it.state.book.BTC, it.exchange.base);
          // Whatever happened, closing closes: nothing rests and nothing more than dust is left of the position.
          it.say({ kind: 'disable', open: 'close' });
          for (let n = 0; n < 60 && (it.state.position !== null || it.state.orders.length > 0); n++) {
            it.settle();
            if (!it.wait()) it.fire();
          }
          it.settle();
          assert.equal(it.state.position, null, signal.report(it.settings, it.state).waitingFor);
          assert.equal(it.exchange.resting.size, 0);
          ended.count += it.closed.filter(({ ending }) => ending !== 'no-entry').length;
          const profits = it.closed.reduce((sum, { profit }) => sum + profit, 0n);
          assert.equal(it.state.realised, profits);
          const costs = it.state.dust.cost + it.state.kept.cost;
          if (feeAsset !== 'third' && direction === 'long')
            assert.equal(
              it.exchange.quote - amount('1500'),
              profits - costs,
              'all money is in the deals or in coins that are left',
            );
        },
      ),
      { numRuns: 200 * runs },
    );
    assert.ok(ended.count > 100, `${ended.count} positions only`);
  });
}

test('settings that cannot work are refused, all at once', () => {
  const issues = (more: object): string[] =>
    (signalSettings.safeParse({ ...least, ...more }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')} ${message}`,
    );
  assert.deepEqual(issues({}), []);
  assert.equal(issues({ maxEntryQuote: '2000', size: '3000', stopLossTrailing: true, takeProfitTrailingPercent: '1' }).length, 4);
  assert.match(issues({ extra: 1 }).join(), /extra/);
  const steps = (takeProfitSteps: string, more: object = {}): string => issues({ takeProfitSteps, ...more }).join('; ');
  assert.equal(steps('1:40, 2:60:market', { takeProfitTrailingPercent: '1' }), '');
  assert.match(steps('1:40, 2:50', { takeProfitPercent: '3' }), /takeProfitPercent must be 0 .*shares must be .* 100 percent/);
  assert.match(steps('2:50, 1:50'), /percents must rise/);
  assert.match(steps('0.2:50, 1:50'), /a step is eaten by the fees/);
  assert.equal(steps('0.21:50, 1:50'), '');
  assert.match(steps('100:100', { direction: 'short' }), /in short positions below 100/);
  assert.match(steps('1:50:trail, x:50, 2'), /is not percent:share:order/);
  assert.match(issues({ takeProfitPercent: '0.2' }).join(), /^takeProfitPercent is eaten by the fees of both orders/);
  assert.deepEqual(issues({ takeProfitPercent: '0.2', direction: 'short', feePercent: '0.09' }), []);
  assert.match(issues({ takeProfitPercent: '0.1', direction: 'short' }).join(), /eaten/);
  const settings = signal.readSettings(
    rules.pair,
    signalSettings.parse({ ...least, size: '1', maxEntryQuote: '4', maxInvestmentQuote: '4' }),
  );
  assert.equal(signal.problems(settings, rules).length, 2);
});

test('the mandate covers what the bot may ask for', () => {
  const quote = [...play().exchange.quotes.values()][0]!;
  const settings = signal.readSettings(
    rules.pair,
    signalSettings.parse({ ...least, stopLossPercent: '5', takeProfitPercent: '10' }),
  );
  const [funds] = signal.fundsNeeded(settings, rules, quote, {});
  const needs = signal.mandateNeeds(settings, rules, quote, { USDT: funds!.amount });
  const [of] = needs.pairs;
  assert.deepEqual(of?.orders, ['limit', 'ioc', 'stop-limit']);
  assert.equal(of?.maxSellHeldBase24h, zero);
  assert.ok(of!.floor < amount('7200') && of!.ceiling > amount('13700'));
  assert.ok(of!.maxPositionQuote >= settings.maxInvestment);
});

const exits = {
  targets: [
    { percent: amount('2'), share: amount('50'), order: 'limit' as const, trailing: zero },
    { percent: amount('4'), share: amount('50'), order: 'limit' as const, trailing: zero },
  ],
  stop: { percent: amount('3'), order: 'market' as const, trailing: zero },
};
const resting = (it: Play): readonly string[] =>
  [...it.exchange.resting.values()].map(({ intent, twin }) => `${intent.order}${twin === null ? '' : ' of an OCO'}`);

test('targets and stop of a long rest together where the exchange has OCOs, and the exchange ends it alone', () => {
  for (const [price, ending] of [
    ['10500', 'take-profit'],
    ['9695', 'stop-loss'],
  ] as const) {
    const it = play({ exitsFrom: 'message' }, { traded: ocoRules });
    it.say({ kind: 'enter', direction: 'long', size: null, limit: null, exits });
    it.settle();
    assert.deepEqual(resting(it), ['stop-limit of an OCO', 'limit of an OCO', 'stop-limit of an OCO', 'limit of an OCO']);
    const asked = it.intents.filter(({ kind }) => kind !== 'cancel-order').length;
    it.move(price);
    while (it.fire()) it.settle();
    assert.equal(it.closed.at(-1)?.ending, ending);
    assert.equal(it.intents.filter(({ kind }) => kind !== 'cancel-order').length, asked, 'nothing more was ordered');
    assert.deepEqual(resting(it), []);
  }
});

test('with room for one stop only it rests alone, and the targets are watched', () => {
  const it = play({ exitsFrom: 'message' }, { traded: { ...ocoRules, maxAlgoOrders: 1 } });
  it.say({ kind: 'enter', direction: 'long', size: null, limit: null, exits });
  it.settle();
  assert.deepEqual(resting(it), ['stop-limit']);
});

test('a stop that is refused again and again is watched at its price, and asked for once more after a wait that grows', () => {
  const opened = () => {
    const it = play({ stopLossPercent: '1', takeProfitPercent: '2', slippagePercent: '0.5' });
    it.enter('long', '200');
    it.exchange.arrive({ kind: 'take' }, 100);
    while (it.deliver());
    return it;
  };
  const refuse = (it: Play, code: RefusalCode = 'E_STATE'): void => {
    it.exchange.arrive({ kind: 'refuse', code }, 0);
    while (it.deliver());
  };
  const said = (it: Play): string => signal.report(it.settings, it.state).waitingFor;

  const never = opened();
  refuse(never, 'E_TYPE');
  assert.match(said(never), /\(not resting, watched: .* \(E_TYPE\)\)$/, 'of this shape it is never asked for again');
  for (let waits = 0; waits < 3; waits++) never.wait();
  assert.deepEqual([never.exchange.arriving, never.orders], [0, []]);

  const early = opened();
  refuse(early);
  early.goTo('9900');
  assert.equal(early.closed.at(-1)?.ending, 'stop-loss', 'between two tries it is watched at its price, not at its limit');

  const it = opened();
  for (let tries = 0; tries < 3; tries++) {
    refuse(it);
    if (tries < 2) assert.ok(it.wait());
  }
  assert.match(said(it), /the stop at 9900\.01 \(not resting, watched: .* \(E_STATE\); asked for again from .* UTC\)/);
  const waits = [0, 0].map(() => {
    const from = it.exchange.at;
    while (it.exchange.arriving === 0) assert.ok(it.wait());
    if (it.exchange.at - from === 240_000) refuse(it);
    return it.exchange.at - from;
  });
  assert.deepEqual(waits, [240_000, 480_000]);
  it.settle();
  assert.deepEqual(resting(it), ['stop-limit']);
  assert.match(said(it), /the stop at 9900\.01 \(resting\)/);
  assert.deepEqual(
    [it.state.position?.protectTries, it.state.position?.stopGivenUp],
    [0, null],
    'what was refused counts no more',
  );
  assert.equal(it.goTo('9890').closed.at(-1)?.ending, 'stop-loss');
});
