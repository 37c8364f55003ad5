/**
 * A signal bot of three pairs before one scripted exchange each: whom a message is for, how many positions may be open, one purse
 * for all; and by chance: quote and coins conserved, never more positions than may be, nothing forgotten, and all of it ends.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SignalSettingsInput, signalSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotCommand,
  type BotEvent,
  type BotId,
  baseOf,
  type ClosedDeal,
  type Pair,
  type Quote,
  type SignalAsk,
  ticks,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type Answer, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { decodeState, encodeState } from '../codec.ts';
import { held } from '../orders/sub-book.ts';
import type { SeveralSignals, SignalPairsSettings } from './settings.ts';
import { signalPairs } from './signal-pairs.ts';
import { isIdle, openPairs, placeOf, type SeveralSignalsState } from './state.ts';

const [btc, eth, sol] = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as unknown as readonly [Pair, Pair, Pair];
const pairs = [btc, eth, sol];
const least = {
  size: '100',
  maxEntryQuote: '100',
  maxInvestmentQuote: '200',
  slippagePercent: '0.1',
  feeAsset: 'quote' as const,
};
/** More than any test spends: what the bot may spend is counted over all exchanges. */
const purse = amount('1000000');
const noExits = { targets: null, stop: null };
const enter = (direction: 'long' | 'short' = 'long', size?: string): SignalAsk => ({
  kind: 'enter',
  direction,
  size: size === undefined ? null : { amount: amount(size), of: 'quote' },
  limit: null,
  exits: noExits,
});
const exit = (direction: 'long' | 'short' = 'long'): SignalAsk => ({ kind: 'exit', direction, size: null });

class Play {
  readonly settings: SeveralSignals;
  readonly exchanges: ReadonlyMap<Pair, ScriptedExchange>;
  readonly closed: ClosedDeal[] = [];
  readonly delivered: Answer[] = [];
  readonly funds: Amount;
  state: SeveralSignalsState;
  wakes: readonly Wake[] = [];
  #signals = 0;

  constructor(more: Partial<SignalSettingsInput> = {}, funds = amount('402'), coins = zero, filters: object = {}) {
    this.settings = signalPairs.readSettings(
      pairs,
      signalSettings.parse({ ...least, positionsAtOnce: 2, ...more }),
    ) as SeveralSignals;
    const { fee } = this.settings.parts[0]!;
    this.exchanges = new Map(
      pairs.map((pair) => {
        const rules = { ...testRules(pair, '0.01', '0.0001', '5'), maxOrderLists: 20, ...filters };
        return [pair, new ScriptedExchange({ rules, fee, feeAsset: 'quote', base: coins, quote: purse, price: ticks(100_000) })];
      }),
    );
    this.funds = funds;
    const rules = Object.fromEntries(pairs.map((pair) => [pair, this.on(pair).rules]));
    const allotted = { USDT: funds, ...Object.fromEntries(pairs.map((pair) => [baseOf(pair), coins])) };
    this.state = signalPairs.initial(this.settings, { bot: 'sig' as BotId, rules, allotted }) as SeveralSignalsState;
    this.send({ kind: 'started' });
  }

  on = (pair: Pair): ScriptedExchange => this.exchanges.get(pair) as ScriptedExchange;

  get at() {
    return this.on(btc).at;
  }

  get quotes(): ReadonlyMap<Pair, Quote> {
    return new Map([...this.exchanges.values()].flatMap((exchange) => [...exchange.quotes]));
  }

  /** Quote of the bot as the exchanges count it, and as it books it. */
  get quote(): bigint {
    return pairs.reduce((sum, pair) => sum + this.on(pair).quote - purse, this.funds as bigint);
  }
  get booked(): bigint {
    return pairs.reduce((sum, pair) => sum + held(this.place(pair).book, 'USDT' as never), this.state.pool as bigint);
  }

  place = (pair: Pair) => placeOf(this.state, pair).state;

  send(event: object): boolean {
    const full = { ...event, at: this.at, quotes: this.quotes } as BotEvent;
    const result = signalPairs.step(this.settings, this.state, full);
    if ('unchanged' in result) return false;
    this.closed.push(...signalPairs.closedDeals(this.state, result.state));
    this.state = decodeState<SeveralSignalsState>(encodeState(result.state));
    this.wakes = result.wakes;
    for (const intent of result.intents) this.on(intent.pair).submit([intent]);
    this.#holds();
    return true;
  }

  #holds(): void {
    const { state } = this;
    assert.ok(openPairs(state).length <= this.settings.positionsAtOnce, 'V2');
    assert.ok(state.pool >= 0n, 'V1');
    for (const pair of pairs) {
      const own = this.place(pair);
      assert.ok(held(own.book, 'USDT' as never) >= 0n && held(own.book, baseOf(pair)) >= 0n);
      if (isIdle(own)) assert.equal(held(own.book, 'USDT' as never), 0n, 'V1');
      assert.ok((own.position?.number ?? 0) <= state.number, 'V3');
    }
    const numbers = pairs.flatMap((pair) => this.place(pair).position?.number ?? []);
    const all = [...numbers, ...this.closed.map(({ number }) => number)];
    assert.equal(new Set(all).size, all.length, 'B6');
  }

  /** The answer in words: what it does, or `CODE: reason`. */
  say(pair: Pair | undefined, ask: SignalAsk): string {
    const signal = { id: `s${++this.#signals}`, price: null, ask };
    const event = { kind: 'signal', signal, ...(pair === undefined ? {} : { pair }) };
    const answer = signalPairs.hears!(this.settings, this.state, { ...event, at: this.at, quotes: this.quotes } as never);
    const before = this.state;
    this.send(event);
    if (answer.kind === 'refused') assert.equal(this.state, before, 'N2: a refused signal changes no bot');
    return answer.kind === 'taken' ? answer.does : `${answer.code}: ${answer.reason}`;
  }

  command(name: BotCommand['name'], pair?: Pair, deal?: number): string | null {
    const command = { name } as BotCommand;
    const why = signalPairs.refuses(this.settings, this.state, command, pair, deal);
    const of = { ...(pair === undefined ? {} : { pair }), ...(deal === undefined ? {} : { deal }) };
    if (why === null) this.send({ kind: 'command', command, ...of });
    return why;
  }

  deliver(pair: Pair): boolean {
    const answer = this.on(pair).take();
    if (answer === undefined) return false;
    this.delivered.push(answer);
    this.send(answer);
    return true;
  }

  settle(): this {
    for (;;) {
      while (pairs.some((pair) => this.deliver(pair)));
      const waiting = pairs.find((pair) => this.on(pair).arriving > 0);
      if (waiting === undefined) return this;
      this.on(waiting).arrive({ kind: 'take' }, 100);
    }
  }

  /** What is reached by price or time fires. */
  fire(kind: 'price' | 'time'): boolean {
    const wake = this.wakes.find((each) => {
      if (each.kind !== kind) return false;
      if (each.kind !== 'price') return true;
      const quote = this.quotes.get(each.pair)!;
      return each.when === 'at-or-below' ? quote[each.of] <= each.price : quote[each.of] >= each.price;
    });
    if (wake === undefined) return false;
    if (wake.kind === 'time') for (const exchange of this.exchanges.values()) exchange.pass(Math.max(wake.at - this.at, 0));
    this.wakes = this.wakes.filter((each) => each !== wake);
    this.send({ kind: 'woken', wake });
    return true;
  }

  move(pair: Pair, price: number): this {
    this.on(pair).move(ticks(Math.max(Math.round(price * 100), 1)), 100);
    for (let n = 0; n < 20; n++) {
      this.settle();
      if (!this.fire('price')) return this;
    }
    return this;
  }

  get open(): readonly Pair[] {
    return openPairs(this.state);
  }

  get report() {
    return signalPairs.report(this.settings, this.state);
  }
}

test('a message is for the pair that it names; as many positions as may be, each with its share of one purse', () => {
  const play = new Play();
  assert.equal(play.report.waitingFor, '0 of at most 2 positions are open; a signal for BTC/USDT, ETH/USDT, SOL/USDT');
  assert.match(
    play.say(undefined, enter()),
    /^signal-pair: the message names none of the pairs BTC\/USDT, ETH\/USDT, SOL\/USDT$/,
  );
  assert.match(play.say(eth, enter()), /^enters long with 0\.099\d at the market$/);
  play.settle();
  assert.match(play.say(sol, enter()), /^enters long/);
  assert.match(play.say(btc, enter()), /^signal-not-now: 2 positions are open, and no more may be at once$/);
  assert.match(play.say(btc, enter('short')), /^signal-direction: the bot goes long only/, 'what the pair says comes first');
  assert.equal(play.command('start-deal', btc), '2 positions are open, and no more may be at once.');
  assert.match(play.say(btc, exit()), /^signal-position: no long position is open$/);
  play.settle();
  assert.deepEqual(play.open, [eth, sol]);
  assert.equal(play.booked, play.quote);
  assert.deepEqual(
    play.report.deals.map(({ pair, number }) => [pair, number]),
    [
      [eth, 1],
      [sol, 2],
    ],
  );
  assert.match(play.report.waitingFor ?? '', /^2 of at most 2 positions are open; ETH\/USDT: a signal to end the long; SOL/);
  play.move(eth, 1100);
  assert.equal(play.say(eth, exit()), 'closes the long');
  play.settle();
  assert.deepEqual(play.open, [sol]);
  assert.match(play.say(btc, enter()), /^enters long/);
  play.settle();
  assert.deepEqual(play.open, [btc, sol]);
  assert.equal(play.place(btc).position?.number, 3);
  assert.equal(play.closed[0]?.number, 1);
  assert.equal(play.report.realised, play.closed[0]?.profit);
});

test('the numbers of docs/bots/signal.md: two positions of one purse', () => {
  const text = signalSettings.parse({ ...least, positionsAtOnce: 2, feePercent: '0.1' });
  const settings = signalPairs.readSettings(pairs, text);
  const play = new Play({ size: '200', maxEntryQuote: '200', feePercent: '0.1' }, amount('400.4'));
  const rules = Object.fromEntries(pairs.map((pair) => [pair, play.on(pair).rules]));
  assert.deepEqual(signalPairs.fundsNeeded(settings, rules, play.quotes, {}), [{ asset: 'USDT', amount: amount('400.4') }]);
  play.say(btc, enter());
  assert.equal(play.state.pool, amount('200.2'));
  play.say(eth, enter());
  assert.equal(play.state.pool, zero);
  assert.match(play.say(sol, enter()), /^signal-not-now: 2 positions are open/);
});

test('a position on each pair is the same that a bot of that pair alone would have', () => {
  const play = new Play({ stopLossPercent: '5', takeProfitPercent: '10', maxEntries: 2 });
  play.say(btc, enter());
  play.settle();
  play.say(btc, enter());
  play.settle();
  assert.match(play.say(btc, enter()), /^signal-position: the position has 2 of 2 entries$/);
  assert.match(play.say(eth, enter('long', '150')), /^signal-size: /);
  play.say(eth, enter('long', '50'));
  play.settle();
  play.move(btc, 1200);
  play.move(eth, 900);
  assert.deepEqual(
    play.closed.map(({ pair, ending }) => [pair, ending]),
    [
      [btc, 'take-profit'],
      [eth, 'stop-loss'],
    ],
  );
  assert.deepEqual(play.open, []);
  assert.equal(play.state.pool, play.quote, 'all of it is the purse’s again');
});

test('enabling, disabling, stopping and closing are for all pairs, or for the one that is named', () => {
  const play = new Play({ positionsAtOnce: 3 }, amount('603'));
  for (const pair of pairs) play.say(pair, enter());
  play.settle();
  assert.equal(
    play.command('start-deal'),
    'Name the pair: the bot trades BTC/USDT, ETH/USDT, SOL/USDT; open are BTC/USDT, ETH/USDT, SOL/USDT.',
  );
  assert.equal(play.command('start-deal', btc), 'A position is open; a signal bot has one at a time.');
  assert.equal(play.command('close-now', undefined, 9), 'Deal 9 is not open.');
  assert.equal(play.command('close-now', 'DOGE/USDT' as Pair), 'The bot does not trade DOGE/USDT.');
  assert.equal(play.command('stop', undefined, 2), 'The command stop is for a bot or a pair, not for deal 2.');
  assert.equal(play.command('close-now', undefined, 2), null);
  play.settle();
  assert.deepEqual(play.open, [btc, sol]);
  assert.equal(play.command('stop', sol), null);
  assert.match(play.say(sol, enter()), /the bot is stopped/);
  assert.equal(
    play.say(eth, { kind: 'disable', open: 'close' }),
    'BTC/USDT: closes the position and disables the bot; SOL/USDT: closes the position and disables the bot; disables the bot',
  );
  play.settle();
  assert.deepEqual([play.open, play.report.state], [[], 'stopped']);
  assert.match(play.say(undefined, { kind: 'disable', open: 'leave' }), /^signal-not-now: the bot is stopped already$/);
  assert.equal(play.say(undefined, { kind: 'enable' }), 'enables the bot');
  assert.equal(play.report.state, 'idle');
  assert.equal(play.command('start-deal', eth), null);
  play.settle();
  assert.deepEqual(play.open, [eth]);
});

test('settings, funds and mandate are for as many positions as may be open', () => {
  const text = signalSettings.parse({ ...least, positionsAtOnce: 2, direction: 'both' });
  const several = signalPairs.readSettings(pairs, text) as SeveralSignals;
  const one: SignalPairsSettings = signalPairs.readSettings([btc], text);
  assert.ok(!('parts' in one), 'one pair is the one-pair bot itself');
  assert.throws(() => signalPairs.readSettings([btc, 'ETH/BTC' as Pair], text), /ETH\/BTC are not in USDT/);
  const play = new Play({ direction: 'both' }, amount('402'), amount('0.2'));
  const rules = Object.fromEntries(pairs.map((pair) => [pair, play.on(pair).rules]));
  const needed = (settings: SignalPairsSettings) =>
    Object.fromEntries(signalPairs.fundsNeeded(settings, rules, play.quotes, {}).map((each) => [each.asset, each.amount]));
  assert.equal(needed(several).USDT, (needed(one).USDT ?? zero) * 2n);
  assert.deepEqual([needed(several).BTC, needed(several).ETH], [needed(one).BTC, needed(one).BTC]);
  const needs = (settings: SignalPairsSettings) =>
    signalPairs.mandateNeeds(settings, rules, play.quotes, { USDT: amount('402') });
  assert.deepEqual(
    needs(several).pairs.map(({ pair }) => pair),
    pairs,
  );
  assert.equal(needs(several).turnover24h, needs(one).turnover24h * 2n);
  assert.equal(needs(several).openOrders, needs(one).openOrders * 2);
  const tiny = signalSettings.parse({ ...least, size: '1', maxEntryQuote: '4' });
  const problems = signalPairs.problems(signalPairs.readSettings(pairs, tiny), rules);
  assert.equal(problems.length, 6);
  assert.match(problems[0] ?? '', /^BTC\/USDT: maxEntryQuote: /);
  const grown = signalPairs.funded!(several, play.state, 'USDT' as never, amount('10')) as SeveralSignalsState;
  assert.equal(grown.pool, play.state.pool + amount('10'));
  const coins = signalPairs.funded!(several, play.state, 'ETH' as never, amount('1')) as SeveralSignalsState;
  assert.equal(held(placeOf(coins, eth).state.book, 'ETH' as never), amount('1.2'));
  assert.equal(signalPairs.funded!(several, play.state, 'DOGE' as never, amount('1')), null);
});

const one = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const pair = one(...pairs);
const asks = one<SignalAsk>(
  enter(),
  enter(),
  enter('short'),
  { ...enter(), limit: { kind: 'price', price: amount('995') } } as SignalAsk,
  exit(),
  exit('short'),
  { kind: 'exit', direction: 'long', size: { amount: amount('40'), of: 'position' } },
  { kind: 'enable' },
  { kind: 'disable', open: 'leave' },
);
const act = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('say' as const), pair: fc.option(pair, { nil: undefined, freq: 9 }), ask: asks }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('move' as const), pair, by: fc.integer({ min: -60, max: 60 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('arrive' as const), pair, fate: fc.nat(20), share: fc.nat(100) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('deliver' as const), pair }) },
  { weight: 6, arbitrary: fc.record({ do: one('price' as const, 'time' as const, 'settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('halt' as const), pair, halted: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), pair, which: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      name: one('start-deal' as const, 'stop' as const, 'resume' as const, 'close-now' as const, 'cancel-deal' as const),
      pair: fc.option(pair, { nil: undefined }),
      deal: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 2 }),
    }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function perform(play: Play, does: Act): void {
  switch (does.do) {
    case 'say':
      play.say(does.pair, does.ask);
      return;
    case 'move':
      play.on(does.pair).move(ticks(Math.max(play.on(does.pair).price + does.by * 100, 20_000)), 100);
      return;
    case 'arrive': {
      const fate =
        does.fate < 2 ? ({ kind: 'refuse', code: 'E_BAND' } as const) : ({ kind: fates[does.fate] ?? 'take' } as const);
      play.on(does.pair).arrive(fate, does.share > 40 ? 100 : does.share);
      return;
    }
    case 'deliver':
      play.deliver(does.pair);
      return;
    case 'price':
    case 'time':
      play.fire(does.do);
      return;
    case 'settle':
      play.settle();
      return;
    case 'restart':
      play.send({ kind: 'started' });
      return;
    case 'halt':
      play.send({ kind: 'pair-halted', pair: does.pair, halted: does.halted });
      return;
    case 'expire':
      play.on(does.pair).expire(does.which);
      return;
    case 'command':
      play.command(does.name, does.pair, does.deal);
  }
}
const fates: Readonly<Record<number, 'reject' | 'unknown'>> = { 2: 'reject', 3: 'unknown' };

const settings = fc.record({
  direction: one('long' as const, 'both' as const),
  positionsAtOnce: fc.integer({ min: 1, max: 3 }),
  maxEntries: one(1, 2),
  stopLossPercent: one('0', '4'),
  takeProfitPercent: one('0', '3'),
  sizeFrom: one('message' as const, 'bot' as const),
});

function conserved(play: Play): void {
  assert.equal(play.booked, play.quote, 'V1');
  for (const each of pairs) {
    assert.equal(held(play.place(each).book, baseOf(each)), play.on(each).base, `base of ${each}`);
    const orders = play.place(each).orders.map(({ id }) => id as string);
    assert.deepEqual(orders.sort(), [...play.on(each).resting.keys()].sort(), `orders of ${each}`);
  }
}

/** Runs of the property; more by hand: HOLDFAST_SIGNAL_RUNS=20 plays twenty times as many. */
const runs = Number(process.env.HOLDFAST_SIGNAL_RUNS ?? 1);

test('random order flow: conserved over all pairs, never more positions than may be, nothing forgotten, and all of it ends', () => {
  let [ended, together] = [0, 0];
  fc.assert(
    fc.property(settings, fc.array(act, { minLength: 30, maxLength: 150, size: 'max' }), fc.nat(), (more, acts, cut) => {
      const coins = more.direction === 'both' ? amount('0.5') : zero;
      const filters = cut % 2 === 0 ? {} : { maxAlgoOrders: 1, maxOrderLists: 0 };
      const play = new Play(more, amount('700'), coins, filters);
      for (const does of acts) perform(play, does);
      if (play.open.length > 1) together++;
      play.settle();
      conserved(play);
      const { holdings, deals } = play.report;
      assert.equal(holdings.find(({ asset }) => asset === 'USDT')?.amount, play.quote, 'holdings of the report');
      assert.ok(deals.length <= play.open.length);
      for (const said of play.delivered.slice(0, cut % (play.delivered.length + 1)))
        if (said.kind === 'order-event' && said.event.kind !== 'cancel-rejected') play.send(said);
      play.settle();
      conserved(play);
      for (const each of pairs) play.send({ kind: 'pair-halted', pair: each, halted: false });
      play.command('close-now');
      play.command('stop');
      for (let n = 0; n < 90 && play.open.length > 0; n++) {
        play.settle();
        if (!play.fire('time')) play.fire('price');
      }
      play.settle();
      assert.deepEqual(play.open, [], play.report.waitingFor ?? '');
      conserved(play);
      assert.equal(play.state.pool, play.quote, 'all of it is the purse’s again');
      assert.equal(
        play.report.realised,
        play.closed.reduce((sum, { profit }) => sum + profit, 0n),
      );
      assert.ok(pairs.every((each) => play.on(each).resting.size === 0));
      ended += play.closed.length;
    }),
    { numRuns: 200 * runs },
  );
  assert.ok(ended > 200, `${ended} positions`);
  assert.ok(together > 10, `${together} runs ended with several positions`);
});
