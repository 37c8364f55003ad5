import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  type BotCommand,
  type BotEvent,
  type BotId,
  formatAmount,
  type RefusalCode,
  ticks,
} from '@holdfast/domain';
import { BotPlay, ScriptedExchange, type ScriptedOptions, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { type StepResult, unchanged } from '../bot-kind.ts';
import { decodeState, encodeState } from '../codec.ts';
import { dca } from './dca.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from './settings.ts';
import type { DcaState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const bot = 'b1' as BotId;

const settingsOf = (text: Partial<DcaSettingsText> = {}): DcaSettings =>
  readDcaSettings(rules.pair, {
    start: 'at-once',
    baseOrderSize: '100',
    averagingOrderSize: '50',
    averagingOrders: 3,
    averagingOrdersActive: 2,
    stepPercent: '1',
    stepMultiplier: '1',
    sizeMultiplier: '1.5',
    takeProfitPercent: '1',
    cooldownSeconds: 60,
    feeAsset: 'base',
    feePercent: '0.1',
    slippagePercent: '0.3',
    entryAttempts: 3,
    retrySeconds: 3,
    ...text,
  });

class Play extends BotPlay<DcaState> {
  readonly settings: DcaSettings;

  constructor(text: Partial<DcaSettingsText> = {}, options: Partial<ScriptedOptions> = {}) {
    const settings = settingsOf(text);
    const { fee, feeAsset } = settings;
    const quote = options.quote ?? amount('1000');
    const exchange = new ScriptedExchange({
      rules,
      base: amount('0'),
      fee,
      feeAsset,
      price: ticks(10_000_00),
      ...options,
      quote,
    });
    super(exchange, dca.initial(settings, { bot, rules: exchange.rules, allotted: { USDT: quote } }), (state, event) =>
      stored(dca.step(settings, state, event)),
    );
    this.settings = settings;
  }

  get waitingFor(): string {
    return dca.report(this.settings, this.state).waitingFor;
  }
}

/** Every state goes through text and back, as it does in the engine. */
const stored = (result: StepResult<DcaState>): StepResult<DcaState> =>
  'unchanged' in result ? result : { ...result, state: decodeState<DcaState>(encodeState(result.state)) };

const halt = (play: Play, halted: boolean): boolean =>
  play.send({ kind: 'pair-halted', pair: rules.pair, halted } as { kind: 'pair-halted' });

const started = (text: Partial<DcaSettingsText> = {}, options: Partial<ScriptedOptions> = {}): Play => {
  const play = new Play(text, options);
  play.send({ kind: 'started' });
  return play;
};

test('a deal buys, lays its ladder, takes profit at its target and rests', () => {
  const play = started().settle();
  assert.deepEqual(play.orders, ['sell 0.00999 at 10120.25', 'buy 0.00505 at 9909.91', 'buy 0.00765 at 9809.81']);
  assert.equal(
    play.waitingFor,
    'BTC/USDT at 10120.25 (1.2 % above the last buy) to take profit, or BTC/USDT at 9909.91 to buy averaging order 1 of 3',
  );
  play.move('10121');
  assert.deepEqual(play.orders, []);
  assert.equal(play.state.deal, null);
  assert.equal(play.state.dealsClosed, 1);
  assert.match(play.waitingFor, /^the pause until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC to end$/);
  const closed = play.state.lastClosed!;
  assert.equal(closed.ending, 'take-profit');
  assert.equal(closed.profit, closed.proceeds - closed.cost);
  assert.ok(play.wait());
  play.settle();
  assert.equal(play.state.dealNumber, 2);
});

test('the price of its own averaging order is none that a deal trails', () => {
  const { state, settings } = started({ trailingPercent: '0.3' }).settle();
  const deal = state.deal!;
  // A target below its ladder, as coins that were carried into the deal make it.
  const low = { ...state, deal: { ...deal, steps: deal.steps.map((each) => ({ ...each, price: ticks(9900_00) })) } };
  const wake = { kind: 'price', pair: rules.pair, of: 'bid', when: 'at-or-above', price: ticks(9900_00) } as const;
  const woken = (bid: number) => {
    const quote = { pair: rules.pair, last: ticks(bid), bid: ticks(bid), ask: ticks(bid + 1) };
    const event = { kind: 'woken', at: deal.openedAt, wake, quotes: new Map([[rules.pair, quote]]) } as const;
    const result = dca.step(settings, low, event as BotEvent);
    assert.ok('state' in result);
    const bids = result.wakes.flatMap((each) => (each.kind === 'price' && each.of === 'bid' ? [Number(each.price)] : []));
    return { trail: result.state.deal?.trail, cancels: result.intents.length, bids };
  };
  assert.deepEqual(woken(9909_91), { trail: null, cancels: 0, bids: [9909_92] }, 'an order of its own lies there');
  assert.equal(woken(9909_92).trail, 9909_92);
  assert.ok(woken(9909_92).cancels > 0);
});

test('an averaging fill replaces the take profit only after its cancel was answered', () => {
  const play = started().settle();
  const before = play.intents.length;
  play.exchange.move(ticks(9905_00), 100);
  play.deliver();
  assert.deepEqual(
    play.intents.slice(before).map(({ kind }) => kind),
    ['cancel-order', 'place-order'],
  );
  const placed = play.intents.at(-1);
  assert.equal(placed?.kind === 'place-order' && placed.side, 'buy');
  play.settle();
  assert.deepEqual(
    play.orders.filter((order) => order.startsWith('sell')),
    ['sell 0.01503 at 10089.65'],
  );
});

test('what is too small to sell is carried into the next deal with its cost, and shown', () => {
  const play = started().settle().move('9905').move('10200');
  const dust = dca.report(play.settings, play.state).dust;
  assert.equal(formatAmount(dust.quantity), '0.00000495');
  assert.ok(dust.cost > 0n);
  play.wait();
  play.settle();
  assert.equal(play.state.deal?.held.quantity, play.state.base);
  assert.ok((play.state.deal?.held.quantity ?? 0n) > (play.state.deal?.bought ?? 0n));
});

test('a base order that is filled in part asks for the rest, and goes on with what it got', () => {
  const play = started().settle(40);
  for (let i = 0; i < 5; i++) {
    play.wait();
    play.settle(40);
  }
  assert.equal(play.state.deal?.phase, 'holding');
  const bases = play.intents.filter((intent) => intent.kind === 'place-order' && intent.order === 'ioc');
  assert.equal(bases.length, 3);
});

test('a base order that finds nothing is tried again and then given up, each time after a wait', () => {
  const play = started().settle(0);
  assert.match(play.waitingFor, /to try the base order again: the order found too little/);
  while (play.state.deal !== null) {
    assert.ok(play.wait());
    play.settle(0);
  }
  assert.equal(play.state.lastClosed?.ending, 'no-entry');
  assert.ok((play.state.restUntil ?? 0) >= play.exchange.at + 60_000);
});

test('without a price the first one is waited for', () => {
  const play = new Play();
  play.quoteKnown = false;
  play.send({ kind: 'started' });
  assert.deepEqual(play.wakes, [{ kind: 'price', pair: rules.pair, of: 'ask', when: 'at-or-above', price: 1 }]);
});

test('a bot that starts by command does nothing before, and one deal after', () => {
  const play = started({ start: 'command' });
  assert.deepEqual([play.intents.length, play.wakes.length], [0, 0]);
  assert.equal(play.waitingFor, 'the command "start deal"');
  play.command('start-deal');
  play.settle();
  assert.equal(dca.refuses(play.settings, play.state, { name: 'start-deal' }), 'Deal 1 is open; a bot has one at a time.');
  play.move('10200');
  assert.deepEqual([play.state.deal, play.wakes.length], [null, 0]);
});

test('a step that ends a deal opens no other; the next opens after the least rest', () => {
  const play = started({ cooldownSeconds: 0, averagingOrders: 0 }).settle();
  play.move('10200');
  assert.deepEqual([play.state.deal, play.wakes.length], [null, 1]);
  const before = play.exchange.at;
  play.wait();
  assert.deepEqual([play.state.dealNumber, play.exchange.at - before], [2, 1000]);
});

test('settings that the pair cannot trade are named', () => {
  const settings = settingsOf({
    baseOrderSize: '4',
    averagingOrderSize: '6',
    averagingOrders: 3,
    sizeMultiplier: '0.5',
    stepPercent: '40',
  });
  assert.deepEqual(dca.problems(settings, { ...rules, maxOrders: 2 }), [
    "baseOrderSize: The base order of 4 USDT is below the exchange's smallest of 5.",
    "averagingOrderSize: Averaging order 3 of 1.5 USDT is below the exchange's smallest of 5.",
    'averagingOrders: Averaging order 3 would lie 100 % or more below the base order.',
    'averagingOrdersActive: 2 averaging orders and a take profit are more than the 2 orders that may rest.',
  ]);
  assert.deepEqual(dca.problems(settingsOf(), rules), []);
});

test('two hundred averaging orders are a ladder; how many of them rest is the number of the exchange', () => {
  const long = {
    averagingOrders: 200,
    averagingOrdersActive: 199,
    stepPercent: '0.1',
    averagingOrderSize: '6',
    sizeMultiplier: '1.003',
  };
  assert.deepEqual(dca.problems(settingsOf(long), rules), []);
  assert.deepEqual(dca.problems(settingsOf({ ...long, averagingOrdersActive: 200 }), rules), [
    'averagingOrdersActive: 200 averaging orders and a take profit are more than the 200 orders that may rest.',
  ]);
  const onSignal = {
    ...long,
    averagingOrdersActive: 200,
    averagingConditions: [{ kind: 'signal', name: 'go', seconds: 60 }],
  } as const;
  assert.deepEqual(dca.problems(settingsOf(onSignal), rules), [], 'by conditions none rests');
  const play = started(long, { quote: amount('3000') }).settle();
  const { orders, deal } = play.state;
  assert.equal(deal?.ladder.length, 200);
  assert.equal(orders.length, 200);
  play.move('9000');
  play.settle();
  assert.deepEqual([play.state.orders.length, play.state.deal?.ladder.filter(({ filled }) => filled > 0n).length], [101, 100]);
});

test('a deal carries the note of its owner until that is taken away', () => {
  const play = started().settle();
  const note = (text: string) =>
    play.send({ kind: 'command', command: { name: 'edit-deal', changes: { note: text } } } as { kind: 'command' });
  note('bought the dip');
  assert.equal(dca.report(play.settings, play.state).deal?.note, 'bought the dip');
  assert.equal(play.exchange.arriving, 0, 'nothing else changes');
  note('');
  assert.equal(dca.report(play.settings, play.state).deal?.note, undefined);
});

test('coins of a cancelled deal are kept, and released when the owner wants them', () => {
  const play = started({ averagingOrders: 0 }).settle();
  assert.equal(dca.refuses(play.settings, play.state, { name: 'release-kept' }), 'The bot keeps nothing for its owner.');
  play.command('cancel-deal');
  play.settle();
  const { base, kept } = play.state;
  assert.deepEqual([base, kept.quantity > 0n], [kept.quantity, true]);
  play.command('release-kept');
  assert.deepEqual([play.state.base, play.state.kept.quantity, play.state.kept.cost], [0n, 0n, 0n]);
});

test('stop lets the open deal end and opens no other; resume does', () => {
  const play = started({ cooldownSeconds: 0 }).settle();
  play.command('stop');
  play.move('10200');
  assert.deepEqual([play.state.deal, play.wakes.length], [null, 0]);
  play.command('resume');
  play.wait();
  play.settle();
  assert.equal(play.state.dealNumber, 2);
});

test('close-now cancels everything, then sells at the market, and tries again until it is sold', () => {
  const play = started().settle();
  play.command('close-now');
  play.settle(50);
  assert.match(play.waitingFor, /to try the sale again/);
  for (let i = 0; i < 20 && play.state.deal !== null; i++) {
    play.wait();
    play.settle(90);
  }
  assert.equal(play.state.lastClosed?.ending, 'closed');
  assert.deepEqual(play.orders, []);
});

test('cancel-deal keeps the coins and never sells them later', () => {
  const play = started({ cooldownSeconds: 0 }).settle();
  const coins = play.state.base;
  play.command('cancel-deal');
  play.settle();
  assert.equal(play.state.kept.quantity, coins);
  assert.equal(play.state.lastClosed?.ending, 'cancelled');
  play.move('10500');
  assert.ok(play.state.base >= coins);
});

test('an averaging order filled while its cancel is on the way keeps the deal going', () => {
  const play = started().settle();
  play.exchange.move(ticks(10200_00), 100);
  play.deliver();
  assert.equal(play.state.deal?.phase, 'closing');
  play.exchange.move(ticks(9905_00), 100);
  play.settle();
  assert.equal(play.state.deal?.phase, 'holding');
  assert.equal(play.orders.filter((order) => order.startsWith('sell')).length, 1);
  play.move('10300');
  assert.equal(play.state.lastClosed?.ending, 'take-profit');
});

const refusal = (play: Play, code: RefusalCode): void => {
  play.exchange.arrive({ kind: 'refuse', code }, 0);
  play.deliver();
};

test('a temporary refusal is asked again after a growing wait, with another id', () => {
  const play = started();
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    refusal(play, 'E_ORACLE');
    const before = play.exchange.at;
    play.wait();
    waits.push(play.exchange.at - before);
  }
  assert.deepEqual(waits, [3000, 6000, 12_000, 24_000, 48_000, 60_000]);
  assert.equal(new Set(play.intents.map(({ clientOrderId }) => clientOrderId)).size, 7);
  play.settle();
  assert.equal(play.state.deal?.phase, 'holding');
});

test('a final refusal of the base order stops the bot and says why', () => {
  const play = started();
  refusal(play, 'E_SYMBOL');
  assert.equal(play.state.deal, null);
  assert.match(play.waitingFor, /^stopped: The test refuses b1-1-b1\. \(E_SYMBOL\); resume it when that is changed$/);
  assert.deepEqual(play.wakes, []);
});

test('a level that the vault will never have is left out, and the deal goes on', () => {
  const play = started();
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'take' }, 0);
  play.exchange.arrive({ kind: 'refuse', code: 'E_SIZE' }, 0);
  play.settle();
  const states = dca.report(play.settings, play.state).deal?.ladder.map(({ state }) => state);
  assert.deepEqual(states, ['refused', 'resting', 'resting']);
});

test('a halted pair gets no order, and the deal goes on when it trades again', () => {
  const play = started();
  play.exchange.arrive({ kind: 'take' }, 100);
  halt(play, true);
  while (play.deliver());
  assert.equal(play.exchange.arriving, 0);
  assert.match(play.waitingFor, /halted/);
  halt(play, false);
  play.settle();
  assert.equal(play.orders.length, 3);
});

test('orders keep inside the funds: the last level shrinks or is left out', () => {
  const play = started({ averagingOrdersActive: 3 }, { quote: amount('180') }).settle();
  assert.deepEqual(play.orders, ['sell 0.00999 at 10120.25', 'buy 0.00505 at 9909.91', 'buy 0.00305 at 9809.81']);
});

test('a base order that the funds do not cover stops the bot with the numbers', () => {
  const play = started({}, { quote: amount('4') });
  assert.deepEqual(play.intents, []);
  assert.match(
    play.waitingFor,
    /^stopped: the base order needs 100\.3\d* and the bot has 4 left of its funds; give it more funds, then resume it$/,
  );
});

test('a step with nothing to do gives the shared constant', () => {
  const play = started().settle();
  const event = { kind: 'balance-changed', asset: 'USDT', available: 1n };
  assert.equal(dca.step(play.settings, play.state, { ...event, at: play.exchange.at, quotes: new Map() } as BotEvent), unchanged);
  assert.equal(play.send(play.delivered[0]!), false);
});

test('funds for a deal cover it at any later price below', () => {
  const settings = settingsOf({ averagingOrders: 6, averagingOrdersActive: 6 });
  const quote = [
    ...new ScriptedExchange({
      rules,
      base: 0n as Amount,
      quote: 0n as Amount,
      fee: 0n,
      feeAsset: 'base',
      price: ticks(10_000_00),
    }).quotes.values(),
  ][0]!;
  const { amount: needed } = dca.fundsNeeded(settings, rules, quote, {})[0]!;
  const play = started({ averagingOrders: 6, averagingOrdersActive: 6 }, { quote: needed }).settle();
  const ladder = dca.report(play.settings, play.state).deal!.ladder;
  assert.deepEqual(
    ladder.map(({ state }) => state),
    Array(6).fill('resting'),
  );
  for (const level of ladder) assert.equal(play.exchange.resting.get(level.clientOrderId!)?.intent.quantity, level.quantity);
});

// Random order flow

type Act =
  | { readonly act: 'arrive'; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly twice: boolean }
  | { readonly act: 'move'; readonly by: number; readonly share: number }
  | { readonly act: 'wait' }
  | { readonly act: 'expire'; readonly index: number }
  | { readonly act: 'command'; readonly name: BotCommand['name'] }
  | { readonly act: 'halt' };

const percent = fc.integer({ min: 0, max: 100 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('arrive' as const), fate: percent, share: percent }) },
  { weight: 10, arbitrary: fc.record({ act: fc.constant('deliver' as const), twice: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('move' as const), by: fc.integer({ min: -300, max: 300 }), share: percent }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const), index: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('command' as const),
      name: fc.constantFrom('start-deal', 'stop', 'resume', 'close-now', 'cancel-deal'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('halt' as const) }) },
);

const refusals: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE', 'E_FROZEN', 'E_DUPLICATE'];

function perform(play: Play, does: Act): void {
  switch (does.act) {
    case 'arrive': {
      const { fate, share } = does;
      if (fate < 6) play.exchange.arrive({ kind: 'refuse', code: refusals[fate]! }, 0);
      else if (fate < 12) play.exchange.arrive({ kind: 'reject' }, 0);
      else play.exchange.arrive({ kind: fate < 18 ? 'unknown' : 'take' }, share > 50 ? 100 : share);
      return;
    }
    case 'deliver': {
      const last = play.deliver() ? play.delivered.at(-1) : undefined;
      if (!does.twice || last?.kind !== 'order-event') return;
      const before = play.state;
      assert.equal(play.send(last), false, `${last.event.kind} said twice changed something`);
      assert.equal(play.state, before);
      return;
    }
    case 'move':
      play.exchange.move(ticks(Math.max(play.exchange.price + does.by * 100, 100)), does.share > 50 ? 100 : does.share);
      return;
    case 'wait':
      play.wait();
      return;
    case 'expire':
      play.exchange.expire(does.index);
      return;
    case 'command':
      play.command(does.name);
      return;
    case 'halt':
      halt(play, !play.state.halted);
      return;
  }
}

/** Everything that was asked has been answered, and the bot knows it. */
function atRest(play: Play): void {
  play.settle();
  const { state, exchange } = play;
  assert.equal(state.quote, exchange.quote, 'quote');
  assert.equal(state.base, exchange.base, 'base');
  assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort(), 'orders');
  const held = (state.deal?.held.quantity ?? 0n) + state.dust.quantity + state.kept.quantity;
  assert.equal(held, state.base, 'D3');
  assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, 0n);
  assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, amount('1000'));
  if (state.deal === null) return;
  assert.ok(play.waitingFor.length > 10);
  const hasHope = state.halted || exchange.resting.size > 0 || play.wakes.length > 0;
  assert.ok(hasHope, `deal ${state.deal.number} is stuck: ${play.waitingFor}`);
}

/** With an exchange that takes and fills everything, a deal comes to its end. */
function comesToAnEnd(play: Play): void {
  if (play.state.halted) halt(play, false);
  play.command('stop');
  for (let i = 0; play.state.deal !== null && i < 60; i++) {
    play.exchange.move(ticks(100_000_00), 100);
    play.settle();
    play.wait();
    play.settle();
  }
  assert.equal(play.state.deal, null, play.waitingFor);
  assert.equal(play.exchange.resting.size, 0);
}

for (const feeAsset of ['base', 'quote', 'third'] as const) {
  test(`random order flow, fee in ${feeAsset}: conserved, inside funds and holdings, nothing forgotten, every deal ends`, () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 120 }), (acts) => {
        const play = started({ feeAsset, cooldownSeconds: 5 });
        for (const does of acts) perform(play, does);
        atRest(play);
        comesToAnEnd(play);
        atRest(play);
      }),
      { numRuns: 400 },
    );
  });
}

test('replaying the order events of any prefix once more changes nothing', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 100 }), fc.nat(), (acts, cut) => {
      const play = started({ cooldownSeconds: 5 });
      for (const does of acts) perform(play, does);
      play.settle();
      const before = encodeState(play.state);
      const orderEvents = play.delivered.filter(
        (answer) => answer.kind === 'order-event' && answer.event.kind !== 'cancel-rejected',
      );
      const asked = play.intents.length;
      for (const answer of orderEvents.slice(0, cut % (orderEvents.length + 1))) play.send(answer);
      assert.equal(play.intents.length, asked);
      assert.equal(encodeState(play.state), before);
    }),
    { numRuns: 200 },
  );
});
