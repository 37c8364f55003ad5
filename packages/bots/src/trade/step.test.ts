import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type RefusalCode, ticks } from '@holdfast/domain';
import fc from 'fast-check';
import { encodeState } from '../codec.ts';
import type { TradeCommand } from './commands.ts';
import { readTradeSettings, type TradeSettingsText } from './settings.ts';
import { ocoRules, type Play, rules, started, stop, target, textOf } from './testing/play.ts';
import { trade } from './trade.ts';

test('a market entry buys, its take profit rests, and the trade is over when it is filled', () => {
  const play = started().calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45']);
  play.to('10221');
  assert.equal(play.ending, 'take-profit');
  assert.deepEqual([play.orders, play.wakes], [[], []]);
  assert.ok(play.state.closed!.profit > amount('19'));
  assert.match(play.waitingFor, /^nothing: it took its profit$/);
});

test('a resting stop goes first: the step is watched, and sold when the price is there', () => {
  const play = started({ ...stop }).calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  assert.match(play.waitingFor, /10220\.45 for step 1 \(not resting\); 9709\.72 for the stop loss \(rests\)/);
  play.to('10221');
  assert.equal(play.ending, 'take-profit');
});

test('the resting stop sells when the price falls to it', () => {
  const play = started({ ...stop })
    .calm()
    .to('9709');
  assert.equal(play.ending, 'stop-loss');
});

test('a price that falls through the limit of the stop is sold at the market', () => {
  const play = started({ ...stop })
    .calm()
    .to('9500');
  assert.equal(play.ending, 'stop-loss');
  assert.ok(play.state.proceeds < amount('950'));
});

test('a stop with a limit waits at its limit when the price fell through it', () => {
  const play = started({ ...stop, stopLossOrder: 'limit' })
    .calm()
    .to('9500');
  assert.equal(play.ending, null);
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  assert.equal(play.to('9662').ending, 'stop-loss');
});

test('steps rest where they are to go first, and the stop is watched', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '2' })];
  const play = started({ takeProfits, ...stop, rests: 'take-profit' }).calm();
  assert.deepEqual(play.orders, ['sell 0.04994 at 10120.25', 'sell 0.04995 at 10220.45']);
  assert.match(play.waitingFor, /the stop loss \(not resting: the engine watches it\)/);
  play.to('10121');
  assert.deepEqual(play.orders, ['sell 0.04995 at 10220.45']);
  assert.equal(play.to('9700').ending, 'stop-loss');
  assert.equal(play.exchange.base, play.state.held.quantity);
});

test('a stop that the vault will not have is watched, the steps rest, and the trade says so', () => {
  const play = started({ ...stop });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  play.exchange.arrive({ kind: 'refuse', code: 'E_TYPE' }, 0);
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45']);
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_TYPE\)\)/);
  assert.equal(play.to('9709').ending, 'stop-loss');
});

test('the stop of coins that the vault did not buy is watched at once', () => {
  const coins = { entry: 'held', size: '0', heldQuantity: '0.08', heldPrice: '10000' } as const;
  const play = started({ ...coins, ...stop }, { base: amount('0.08'), quote: amount('0') });
  play.exchange.arrive({ kind: 'refuse', code: 'E_POS' }, 0);
  play.calm();
  assert.match(play.waitingFor, /the stop loss \(not resting: The test refuses .* \(E_POS\)\)/);
  assert.equal(play.to('9690').ending, 'stop-loss');
});

test('a stop with a timeout sells only when the price stays below it', () => {
  const play = started({ ...stop, stopLossTimeoutSeconds: 60 })
    .calm()
    .to('9700');
  assert.equal(play.ending, null);
  assert.notEqual(play.state.stop.since, null);
  play.to('9800');
  assert.equal(play.state.stop.since, null);
  play.to('9700');
  assert.ok(play.wait());
  assert.equal(play.calm().ending, 'stop-loss');
});

test('a trailing stop follows the best price and is moved when that gains a tenth of its distance', () => {
  const play = started({ ...stop, stopLossTrailing: true, takeProfits: [] }).calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  play.to('10010');
  assert.deepEqual(play.orders, ['sell 0.09989 at 9661.17']);
  play.to('11000');
  assert.deepEqual(play.orders, ['sell 0.09989 at 10616.65']);
  assert.equal(play.to('10670').ending, 'stop-loss');
});

test('the stop goes to breakeven after its step', () => {
  const takeProfits = [target({ sharePercent: '50', percent: '1' }), target({ sharePercent: '50', percent: '5' })];
  const play = started({ takeProfits, ...stop, breakevenAfterStep: 1 })
    .calm()
    .to('10130');
  assert.match(play.waitingFor, /10020\.05 for the stop loss \(rests\)/);
  assert.equal(play.to('10020').ending, 'stop-loss');
  assert.ok(play.state.closed!.profit > 0n);
});

test('a trailing step sells after the turn, not at its target', () => {
  const play = started({ takeProfits: [target({ trailingPercent: '1' })] }).calm();
  assert.deepEqual(play.orders, []);
  play.to('10221').to('10500').to('10396');
  assert.equal(play.ending, null);
  assert.equal(play.to('10395').ending, 'take-profit');
});

test('a limit entry rests, and what is bought of it is protected at once', () => {
  const play = started({ entry: 'limit', entryPrice: '9900', ...stop }).calm();
  assert.deepEqual(play.orders, ['buy 0.10101 at 9900']);
  play.to('9900', 40);
  assert.deepEqual(play.orders, ['buy 0.06061 at 9900', 'sell 0.04035 at 9564.55']);
});

test('a conditional entry waits for its trigger and then buys at its limit', () => {
  const play = started({ entry: 'conditional', entryWhen: 'at-or-above', entryPrice: '10100', entryLimit: '10050' }).calm();
  assert.deepEqual(play.orders, []);
  assert.match(play.waitingFor, /the last price of BTC\/USDT at or above 10100 to buy/);
  play.to('10100');
  assert.deepEqual(play.orders, ['buy 0.0995 at 10050']);
});

test('a trailing entry follows the price down and buys at the turn', () => {
  const play = started({ entry: 'trailing', entryPrice: '9800', entryTrailingPercent: '1' }).calm();
  play.to('9800').to('9000').to('9080');
  assert.equal(play.state.bought, 0n);
  play.to('9090');
  assert.ok(play.state.bought > 0n);
});

test('an entry that is not made in time ends the trade', () => {
  const play = started({ entry: 'limit', entryPrice: '9000', entryTimeoutSeconds: 3600 }).calm();
  assert.ok(play.wait());
  assert.deepEqual([play.calm().ending, play.orders], ['no-entry', []]);
});

test('coins that were held before get a take profit and a stop without an entry', () => {
  const play = started(
    {
      entry: 'held',
      size: '0',
      heldQuantity: '0.5',
      heldPrice: '9000',
      takeProfits: [target({ percent: '30' })],
      stopLossPrice: '9500',
    },
    { base: amount('0.8'), quote: amount('0') },
  ).calm();
  assert.deepEqual(play.orders, ['sell 0.5 at 9452.5']);
  play.to('9400');
  assert.equal(play.ending, 'stop-loss');
  assert.equal(play.exchange.base, amount('0.3'));
});

test('without ways out it only buys, and the coins are kept', () => {
  const play = started({ takeProfits: [] }).calm();
  assert.equal(play.ending, 'bought');
  assert.ok(trade.report(play.settings, play.state).kept.quantity > 0n);
});

test('funds are added and taken off, and the ways out follow', () => {
  const play = started({ takeProfits: [target()] }).calm();
  assert.match(
    trade.refuses(play.settings, play.state, { name: 'add-funds', amount: amount('1500'), limit: null }) ?? '',
    /^Adding 1500 USDT needs up to 1506, and the bot has \S+ left of its funds\.$/,
  );
  play.order({ name: 'add-funds', amount: amount('500'), limit: amount('9500') });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10220.45', 'buy 0.05263 at 9500']);
  play.to('9500');
  assert.deepEqual(play.orders, ['sell 0.15246 at 10044.22']);
  play.order({ name: 'reduce-funds', quantity: amount('0.05'), limit: null });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.10246 at 10044.22']);
  play.order({ name: 'reduce-funds', quantity: amount('0.02'), limit: amount('9600') });
  play.calm();
  assert.deepEqual(play.orders.toSorted(), ['sell 0.02 at 9600', 'sell 0.08246 at 10044.22']);
});

test('one step is closed at the market, another is cancelled', () => {
  const takeProfits = ['1', '2', '3', '4'].map((percent) => target({ sharePercent: '25', percent }));
  const play = started({ takeProfits }).calm();
  play.order({ name: 'close-step', step: 2 });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.02497 at 10120.25', 'sell 0.02497 at 10320.65', 'sell 0.02498 at 10420.85']);
  play.order({ name: 'cancel-step', step: 1 });
  play.calm();
  assert.deepEqual(play.orders.toSorted(), ['sell 0.03746 at 10320.65', 'sell 0.03746 at 10420.85']);
});

test('an edit replaces the ways out of an open trade, and the terms of an entry that has not bought', () => {
  const play = started().calm();
  const settings = textOf({ takeProfits: [target({ percent: '5' })], stopLossPercent: '1', rests: 'take-profit' });
  play.order({ name: 'edit', settings });
  play.calm();
  assert.deepEqual(play.orders, ['sell 0.09989 at 10521.05']);
  assert.match(play.waitingFor, /9909\.92 for the stop loss/);
  const waiting = started({ entry: 'limit', entryPrice: '9000' }).calm();
  waiting.order({ name: 'edit', settings: textOf({ entry: 'limit', entryPrice: '9100', size: '500' }) });
  waiting.calm();
  assert.deepEqual(waiting.orders, ['buy 0.05494 at 9100']);
});

test('close-now sells all, cancel-deal keeps it, cancel-entry ends what has not begun', () => {
  const closing = started({ ...stop }).calm();
  closing.command('close-now');
  assert.equal(closing.calm().ending, 'closed');
  const kept = started({ ...stop }).calm();
  kept.command('cancel-deal');
  assert.deepEqual([kept.calm().ending, kept.orders], ['cancelled', []]);
  const waiting = started({ entry: 'limit', entryPrice: '9000' }).calm();
  waiting.order({ name: 'cancel-entry' });
  assert.deepEqual([waiting.calm().ending, waiting.orders], ['no-entry', []]);
});

test('settings that the pair cannot trade are named, all of them', () => {
  const settings = readTradeSettings(
    rules.pair,
    textOf({
      entry: 'limit',
      entryPrice: '10000',
      size: '4',
      takeProfits: [target({ price: '9000' })],
      stopLossPrice: '11000',
    }),
  );
  assert.deepEqual(trade.problems(settings, rules), [
    "size: 4 USDT is below the exchange's smallest order of 5.",
    'takeProfits.0.price: 9000 is not above the entry at 10000.',
    "takeProfits.0.sharePercent: step 1 is below the exchange's smallest order and would be sold with another.",
    'stopLossPrice: 11000 is not below the entry at 10000.',
  ]);
});

// Random order flow

type Act =
  | { readonly act: 'arrive'; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly twice: boolean }
  | { readonly act: 'move'; readonly by: number; readonly share: number }
  | { readonly act: 'fire' | 'wait' | 'halt' }
  | { readonly act: 'expire'; readonly index: number }
  | { readonly act: 'command'; readonly command: TradeCommand };

const percent = fc.integer({ min: 0, max: 100 });
const command: fc.Arbitrary<TradeCommand> = fc.oneof(
  fc.record({ name: fc.constantFrom('start-deal', 'stop', 'close-now', 'cancel-deal', 'cancel-entry', 'cancel-added') }),
  fc.record({
    name: fc.constant('add-funds' as const),
    amount: fc.integer({ min: 6, max: 400 }).map((value) => amount(String(value))),
    limit: fc.constantFrom(null, amount('9700'), amount('10100')),
  }),
  fc.record({
    name: fc.constant('reduce-funds' as const),
    quantity: fc.integer({ min: 1, max: 5000 }).map((count) => (BigInt(count) * rules.lot) as Amount),
    limit: fc.constantFrom(null, amount('10050'), amount('10300')),
  }),
  fc.record({ name: fc.constantFrom('close-step', 'cancel-step'), step: fc.integer({ min: 1, max: 4 }) }),
);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('arrive' as const), fate: percent, share: percent }) },
  { weight: 10, arbitrary: fc.record({ act: fc.constant('deliver' as const), twice: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('move' as const), by: fc.integer({ min: -200, max: 200 }), share: percent }),
  },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('fire' as const) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const), index: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('command' as const), command }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('halt' as const) }) },
);

const stopLoss: fc.Arbitrary<Partial<TradeSettingsText>> = fc.record({
  stopLossPercent: fc.constantFrom('0', '0.5', '2'),
  stopLossOrder: fc.constantFrom('limit', 'market'),
  stopLossGapPercent: fc.constantFrom('0', '0.3'),
  stopLossPriceOf: fc.constantFrom('last', 'last', 'bid'),
  stopLossTimeoutSeconds: fc.constantFrom(0, 0, 30),
  stopLossTrailing: fc.boolean(),
  breakevenAfterStep: fc.constantFrom(0, 1),
});
const entryTexts: readonly Partial<TradeSettingsText>[] = [
  {},
  { entry: 'limit', entryPrice: '9990', entryTimeoutSeconds: 600 },
  { entry: 'conditional', entryPrice: '9950' },
  { entry: 'conditional', entryPrice: '10050', entryWhen: 'at-or-above', entryLimit: '10060' },
  { entry: 'trailing', entryTrailingPercent: '0.3' },
  { entry: 'held', size: '0', heldQuantity: '0.08' },
];
const settingsText: fc.Arbitrary<Partial<TradeSettingsText>> = fc
  .record({
    entry: fc.constantFrom(...entryTexts),
    stop: stopLoss,
    steps: fc.integer({ min: 0, max: 4 }),
    profit: fc.constantFrom(0.5, 1, 3),
    order: fc.constantFrom('limit', 'market'),
    trailingPercent: fc.constantFrom('0', '0', '0.4'),
    rests: fc.constantFrom('stop-loss', 'take-profit'),
    feeAsset: fc.constantFrom('base', 'quote', 'third'),
    size: fc.constantFrom('12', '30', '1000'),
  })
  .map(({ entry, stop: cut, steps, profit, order, trailingPercent, rests, feeAsset, size }) => ({
    rests,
    feeAsset,
    size,
    takeProfits: Array.from({ length: steps }, (_, index) =>
      target({ percent: String(profit * (index + 1)), sharePercent: String(100 / steps).slice(0, 8), order, trailingPercent }),
    ),
    ...cut,
    ...entry,
  }));

const refusals: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE', 'E_FROZEN', 'E_TYPE'];

const halt = (play: Play, halted: boolean): boolean =>
  play.send({ kind: 'pair-halted', pair: rules.pair, halted } as { kind: 'pair-halted' });

function perform(play: Play, does: Act): void {
  switch (does.act) {
    case 'arrive': {
      const { fate, share } = does;
      if (fate < 6) play.exchange.arrive({ kind: 'refuse', code: refusals[fate]! }, 0);
      else if (fate < 10) play.exchange.arrive({ kind: 'reject' }, 0);
      else play.exchange.arrive({ kind: fate < 18 ? 'unknown' : 'take' }, share > 50 ? 100 : share);
      return;
    }
    case 'deliver': {
      const last = play.deliver() ? play.delivered.at(-1) : undefined;
      if (!does.twice || last?.kind !== 'order-event') return;
      const [books, orders] = [encodeState(play.state.book), play.state.orders.length];
      const asked = play.intents.length;
      play.send(last);
      assert.equal(encodeState(play.state.book), books, `${last.event.kind} said twice was booked twice`);
      assert.deepEqual([play.state.orders.length, play.intents.length], [orders, asked]);
      return;
    }
    case 'move':
      play.exchange.move(ticks(Math.max(play.exchange.price + does.by * 100, 100)), does.share > 50 ? 100 : does.share);
      return;
    case 'fire':
      play.fire();
      return;
    case 'wait':
      play.wait();
      return;
    case 'expire':
      play.exchange.expire(does.index);
      return;
    case 'command':
      play.order(does.command);
      return;
    case 'halt':
      halt(play, !play.state.halted);
      return;
  }
}

/** Everything that was asked has been answered, and the bot knows it. */
function atRest(play: Play, given: { readonly base: Amount; readonly quote: Amount }): void {
  play.calm();
  const { state, exchange } = play;
  assert.equal(state.book['USDT'], exchange.quote, 'R1 quote');
  assert.equal(state.book['BTC'], exchange.base, 'R1 base');
  assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort(), 'R2');
  const left = state.steps.reduce((sum, step) => sum + step.left, 0n);
  assert.ok(left <= state.held.quantity, 'R3');
  assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, given.base);
  assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, given.quote);
  if (state.closed !== null) {
    assert.deepEqual([state.orders.length, play.wakes.length], [0, 0]);
    return;
  }
  assert.ok(play.waitingFor.length > 10);
  assert.ok(state.halted || exchange.resting.size > 0 || play.wakes.length > 0, `the trade is stuck: ${play.waitingFor}`);
}

/** With an exchange that takes and fills everything, whatever it waits for comes. */
function comesToAnEnd(play: Play): void {
  if (play.state.halted) halt(play, false);
  for (let i = 0; i < 80 && play.state.closed === null; i++) {
    play.calm();
    play.exchange.move(ticks([9_000_00, 8_000_00, 30_000_00 + i * 2_000_00, 4_000_00][i % 4]!), 100);
    play.calm();
    play.wait();
  }
  assert.notEqual(play.ending, null, play.waitingFor);
  assert.equal(play.exchange.resting.size, 0);
}

const given = { base: amount('0.1'), quote: amount('2000') };

const pairing = { entry: 'market', stopLossPercent: '3', takeProfits: [target()] } as const;
const exchangeRules = fc.constantFrom(rules, ocoRules, { ...ocoRules, maxAlgoOrders: 2 });

test('random order flow: conserved, inside funds and holdings, nothing forgotten, every trade ends', () => {
  let ocos = 0;
  fc.assert(
    fc.property(settingsText, exchangeRules, fc.array(act, { minLength: 20, maxLength: 120 }), (drawn, of, acts) => {
      // Every second one on an exchange with OCOs can use them at once.
      const text = of.maxOrderLists > 0 && acts.length % 2 === 0 ? { ...drawn, ...pairing } : drawn;
      const play = started(text, { ...given, rules: of });
      for (const does of acts) perform(play, does);
      atRest(play, given);
      comesToAnEnd(play);
      atRest(play, given);
      ocos += play.intents.filter(({ kind }) => kind === 'place-oco').length;
    }),
    { numRuns: 1000 },
  );
  assert.ok(ocos > 80, `${ocos} OCOs were sent`);
});

test('replaying the order events of any prefix once more changes nothing', () => {
  fc.assert(
    fc.property(
      settingsText,
      exchangeRules,
      fc.array(act, { minLength: 20, maxLength: 100 }),
      fc.nat(),
      (text, of, acts, cut) => {
        const play = started(text, { ...given, rules: of });
        for (const does of acts) perform(play, does);
        play.calm();
        const [before, asked] = [encodeState(play.state), play.intents.length];
        const said = play.delivered.filter((answer) => answer.kind === 'order-event' && answer.event.kind !== 'cancel-rejected');
        for (const answer of said.slice(0, cut % (said.length + 1))) play.send(answer);
        assert.equal(play.intents.length, asked);
        assert.equal(encodeState(play.state), before);
      },
    ),
    { numRuns: 300 },
  );
});
