import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type BotId, formatAmount, type RefusalCode, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import type { StepResult } from '../bot-kind.ts';
import { decodeState, encodeState } from '../codec.ts';
import { recurring } from './recurring.ts';
import { type RecurringSettings, type RecurringSettingsText, readRecurringSettings } from './settings.ts';
import type { RecurringState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');

/** Every state goes through text and back, as it does in the engine. */
const stored = (result: StepResult<RecurringState>): StepResult<RecurringState> =>
  'unchanged' in result ? result : { ...result, state: decodeState<RecurringState>(encodeState(result.state)) };

class Play extends BotPlay<RecurringState> {
  readonly settings: RecurringSettings;

  constructor(text: Partial<RecurringSettingsText> = {}, quote = '1000') {
    const settings = readRecurringSettings(rules.pair, {
      size: '50',
      schedule: '0 * * * *',
      timeZone: 'UTC',
      maxPrice: '0',
      aboveMaxPrice: 'skip',
      missed: 'once',
      lateSeconds: 60,
      purchases: 0,
      fundedPurchases: 12,
      feeAsset: 'base',
      feePercent: '0.1',
      slippagePercent: '0.3',
      attempts: 3,
      retrySeconds: 3,
      ...text,
    });
    const { fee, feeAsset } = settings;
    const exchange = new ScriptedExchange({
      rules,
      fee,
      feeAsset,
      price: ticks(9_999_99),
      base: amount('0'),
      quote: amount(quote),
    });
    const birth = recurring.initial(settings, { bot: 'r1' as BotId, rules, allotted: { USDT: amount(quote) } });
    super(exchange, birth, (state, event) => stored(recurring.step(settings, state, event)));
    this.settings = settings;
    this.send({ kind: 'started' });
  }

  get waitingFor(): string {
    return recurring.report(this.settings, this.state).waitingFor;
  }

  get held(): string {
    return formatAmount(this.state.held.quantity);
  }
}

test('buys at each time of the schedule, and carries what makes no lot', () => {
  const play = new Play();
  assert.match(play.waitingFor, /^2023-11-14 23:00:00 UTC to buy$/);
  for (let i = 0; i < 3; i++) {
    play.wait();
    play.settle();
  }
  assert.equal(play.state.purchasesDone, 3);
  assert.equal(play.held, '0.014985');
  assert.equal(play.state.lastClosed?.ending, 'bought');
});

test('amounts below the smallest order are carried until they make one', () => {
  const play = new Play({ size: '2' });
  for (let i = 0; i < 2; i++) {
    play.wait();
    play.settle();
  }
  assert.deepEqual([play.intents.length, formatAmount(play.state.pending)], [0, '4']);
  assert.match(play.waitingFor, /; 4 USDT are carried$/);
  play.wait();
  play.settle();
  assert.equal(play.held, '0.0005994');
});

test('what was carried over many purchases is bought by orders of at most four sizes', () => {
  const play = new Play({ attempts: 2 });
  for (let n = 0; n < 200 && play.state.pending < amount('400'); n++) {
    play.wait();
    play.settle(0);
  }
  assert.ok(play.state.pending >= amount('400'), formatAmount(play.state.pending));
  const before = play.intents.length;
  for (let n = 0; n < 12; n++) {
    play.wait();
    play.settle();
  }
  for (const intent of play.intents.slice(before))
    assert.ok(intent.kind === 'place-order' && intent.quantity <= amount('0.02'), intent.clientOrderId);
  assert.ok(Number(play.held) > 0.035, play.held);
});

for (const [rule, bought] of [
  ['skip', '0'],
  ['once', '0.004995'],
  ['all', '0.01998'],
] as const)
  test(`after four hours of downtime "${rule}" buys ${bought}`, () => {
    const play = new Play({ missed: rule });
    play.exchange.pass(4 * 3_600_000);
    play.wait();
    play.settle();
    assert.equal(play.held, bought);
  });

for (const [rule, later, carried] of [
  ['skip', '0', '0'],
  ['carry', '0', '50'],
  ['wait', '0.005555', '0'],
] as const)
  test(`above the highest price "${rule}"`, () => {
    const play = new Play({ maxPrice: '9500', aboveMaxPrice: rule });
    play.wait();
    play.settle();
    assert.equal(play.intents.length, 0);
    play.move('8991');
    while (play.fire()) play.settle();
    assert.ok(play.state.held.quantity >= amount(later) - amount('0.00002'), play.held);
    if (rule !== 'wait') assert.equal(formatAmount(play.state.pending), carried);
  });

test('ends after its purchases, and stops with the numbers when the funds are short', () => {
  const two = new Play({ purchases: 2 });
  for (let i = 0; i < 4; i++) {
    two.wait();
    two.settle();
  }
  assert.equal(two.state.purchasesDone, 2);
  assert.match(two.waitingFor, /^nothing: all 2 purchases were made/);
  const poor = new Play({}, '3');
  poor.wait();
  assert.match(poor.waitingFor, /^stopped: 50 are due and the bot has 3 left of its funds \(funds-short\)/);
});

test('a schedule that is none is refused with its words', () => {
  assert.throws(() => new Play({ schedule: '0 99 * * *' }), /no hour from 0 to 23/);
});

type Act = { readonly act: 'arrive' | 'deliver' | 'wait' | 'move' | 'fire' | 'command' | 'down'; readonly by: number };
const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom('arrive', 'arrive', 'deliver', 'deliver', 'deliver', 'wait', 'wait', 'move', 'fire', 'command', 'down'),
  by: fc.integer({ min: 0, max: 100 }),
});
const codes: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE'];

function perform(play: Play, { act: does, by }: Act): void {
  if (does === 'arrive') {
    if (by < 8) play.exchange.arrive({ kind: 'refuse', code: codes[by % 4]! }, 0);
    else if (by < 14) play.exchange.arrive({ kind: 'reject' }, 0);
    else play.exchange.arrive({ kind: by < 20 ? 'unknown' : 'take' }, by);
  } else if (does === 'deliver') {
    if (!play.deliver() || by > 50) return;
    const [book, asked] = [encodeState(play.state.book), play.intents.length];
    play.send(play.delivered.at(-1)!);
    assert.deepEqual([encodeState(play.state.book), play.intents.length], [book, asked], 'said twice, booked once');
  } else if (does === 'wait') play.wait();
  else if (does === 'fire') play.fire();
  else if (does === 'move') play.exchange.move(ticks(9_000_00 + by * 20_00), 100);
  else if (does === 'down') play.exchange.pass(by * 600_000);
  else play.command((['start-deal', 'stop', 'resume', 'cancel-deal'] as const)[by % 4]!);
}

test('random order flow: conserved, inside the funds, no order forgotten, always a next time or a reason', () => {
  const text = fc.record({
    size: fc.constantFrom('2', '50', '300'),
    maxPrice: fc.constantFrom('0', '10200'),
    aboveMaxPrice: fc.constantFrom('skip', 'carry', 'wait'),
    missed: fc.constantFrom('skip', 'once', 'all'),
    feeAsset: fc.constantFrom('base', 'quote', 'third'),
    purchases: fc.constantFrom(0, 5),
  });
  fc.assert(
    fc.property(text, fc.array(act, { minLength: 10, maxLength: 100 }), fc.nat(), (settings, acts, cut) => {
      const play = new Play(settings as Partial<RecurringSettingsText>);
      for (const does of acts) perform(play, does);
      play.settle();
      // The newest price may be one that it waits for.
      while (play.fire()) play.settle();
      const { state, exchange } = play;
      assert.equal(state.book['USDT'], exchange.quote, 'U1');
      assert.equal(state.book['BTC'] ?? 0n, exchange.base, 'U1');
      assert.ok(exchange.quote >= 0n && state.pending >= 0n);
      assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, 0n);
      assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, amount('1000'));
      assert.deepEqual([state.orders.length, exchange.resting.size], [0, 0]);
      const waits = play.wakes.length > 0 || !state.running || /^nothing|cannot|halted/.test(play.waitingFor);
      assert.ok(waits, play.waitingFor);
      const [before, asked] = [encodeState(state), play.intents.length];
      const said = play.delivered.filter(({ kind }) => kind === 'order-event');
      for (const answer of said.slice(0, cut % (said.length + 1))) play.send(answer);
      assert.deepEqual([encodeState(play.state), play.intents.length], [before, asked], 'a replay changes nothing');
    }),
    { numRuns: 500 },
  );
});
