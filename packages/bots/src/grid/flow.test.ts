/** Random markets, fills, partial fills, refusals, rejections, cancellations and restarts at any event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type BotCommand, type BotId, formatAmount, type RefusalCode, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { decodeState, encodeState } from '../codec.ts';
import { grid } from './grid.ts';
import { lineOf } from './plan.ts';
import { type GridSettings, type GridSettingsText, readGridSettings } from './settings.ts';
import type { GridState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.001', '5');
const funds = { base: amount('1.5'), quote: amount('900') };

const usual: GridSettingsText = {
  mode: 'normal',
  lowerPrice: '90',
  upperPrice: '110',
  lines: 9,
  spacing: 'geometric',
  amountPerLine: '60',
  amountIn: 'quote',
  profitIn: 'quote',
  activeBuyLines: 3,
  activeSellLines: 3,
  balance: true,
  balanceOrderLines: 2,
  trailingUp: false,
  trailingDown: false,
  stopUpperAction: 'stop',
  stopLowerAction: 'stop',
  feeAsset: 'base',
  feePercent: '0.1',
  slippagePercent: '0.3',
  retrySeconds: 3,
};

class Play extends BotPlay<GridState> {
  readonly settings: GridSettings;

  constructor(text: Partial<GridSettingsText>) {
    const settings = readGridSettings(rules.pair, { ...usual, ...text });
    const exchange = new ScriptedExchange({
      rules,
      ...funds,
      fee: settings.fee,
      feeAsset: settings.feeAsset,
      price: ticks(100_00),
    });
    const birth = { bot: 'g1' as BotId, rules, allotted: { BTC: funds.base, USDT: funds.quote } };
    super(exchange, grid.initial(settings, birth), (state, event) => {
      const result = grid.step(settings, state, event);
      // A restart at any event: nothing but the text of the state goes on.
      const next = 'unchanged' in result ? result : { ...result, state: decodeState<GridState>(encodeState(result.state)) };
      holds(settings, 'unchanged' in next ? state : next.state);
      return next;
    });
    this.settings = settings;
  }
}

/** What is true of every state. */
function holds(settings: GridSettings, state: GridState): void {
  const lines = state.orders.map(lineOf).filter((line) => line !== null);
  assert.equal(new Set(lines).size, lines.length, 'two live orders on one line');
  const buys = state.orders.filter(({ side }) => side === 'buy').map(({ limit }) => limit);
  const sells = state.orders.filter(({ side }) => side === 'sell').map(({ limit }) => limit);
  assert.ok(
    buys.every((buy) => sells.every((sell) => buy < sell)),
    'two own orders cross',
  );
  const sides = { buy: settings.activeBuyLines, sell: settings.activeSellLines };
  for (const side of ['buy', 'sell'] as const) {
    const resting = state.orders.filter((order) => order.side === side && !order.cancelling && order.role === 'line');
    // A line that is no longer among the nearest cannot be cancelled before the exchange has answered for it.
    const open = resting.filter(({ status, cancelAgainAt }) => status === 'open' && cancelAgainAt === null);
    assert.ok(open.length <= sides[side], `${open.length} ${side} lines rest`);
  }
  const trips = state.cells.flatMap(({ trip }) => (trip === null ? [] : [trip.moved]));
  const moved = [state.loose, ...trips].reduce(
    (sum, each) => ({ base: sum.base + each.bought - each.sold, quote: sum.quote + each.proceeds - each.spent }),
    { base: state.gained.base + state.looseBefore.base, quote: state.gained.quote + state.looseBefore.quote },
  );
  assert.equal(state.book.BTC, funds.base + moved.base, 'G3 base');
  assert.equal(state.book.USDT, funds.quote + moved.quote, 'G3 quote');
  assert.deepEqual(
    state.cells.map(({ index }) => index),
    state.cells.map((_, offset) => (state.cells[0]?.index ?? 0) + offset),
    'cells without gaps',
  );
}

type Act =
  | { readonly act: 'arrive'; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly twice: boolean }
  | { readonly act: 'move'; readonly by: number; readonly share: number }
  | { readonly act: 'settle'; readonly share: number }
  | { readonly act: 'wake' }
  | { readonly act: 'wait' }
  | { readonly act: 'expire'; readonly index: number }
  | { readonly act: 'command'; readonly name: BotCommand['name'] }
  | { readonly act: 'halt'; readonly on: boolean };

const percent = fc.integer({ min: 0, max: 100 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ act: fc.constant('arrive' as const), fate: percent, share: percent }) },
  { weight: 14, arbitrary: fc.record({ act: fc.constant('deliver' as const), twice: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('move' as const), by: fc.integer({ min: -700, max: 700 }), share: percent }),
  },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('settle' as const), share: percent }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('wake' as const) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const), index: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('command' as const),
      name: fc.constantFrom('stop', 'close-now', 'resume', 'resume', 'resume', 'resume'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('halt' as const), on: fc.constantFrom(true, false, false, false) }) },
);

const refusals: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE', 'E_BAND', 'E_DUPLICATE'];

/** What the random flows came to, so that they cannot pass by doing nothing. */
const reached = { trips: 0, fills: 0, shifted: 0, ended: 0 };

function count({ state, delivered }: Play): void {
  reached.trips += state.trips;
  reached.fills += delivered.filter((answer) => answer.kind === 'order-event' && answer.event.kind === 'order-filled').length;
  if ((state.cells[0]?.index ?? 0) !== 0) reached.shifted++;
  if (state.phase === 'ending' || state.phase === 'stopped') reached.ended++;
}

const halt = (play: Play, halted: boolean) =>
  play.send({ kind: 'pair-halted', pair: rules.pair, halted } as { kind: 'pair-halted' });

const wake = (play: Play) =>
  play.send({ kind: 'woken', wake: play.wakes.find(({ kind }) => kind === 'price') } as { kind: 'woken' });

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
      const before = encodeState(play.state);
      play.send(last);
      assert.equal(encodeState(play.state), before, `${last.event.kind} said twice changed something`);
      return;
    }
    case 'move':
      play.exchange.move(ticks(Math.max(play.exchange.price + does.by, 40_00)), does.share > 30 ? 100 : does.share);
      return;
    case 'settle':
      play.settle(does.share > 30 ? 100 : does.share);
      return;
    case 'wake':
      wake(play);
      return;
    case 'wait':
      play.wait();
      return;
    case 'expire':
      play.exchange.expire(does.index);
      return;
    case 'command':
      if (grid.refuses(play.settings, play.state, { name: does.name } as BotCommand) === null) play.command(does.name);
      return;
    case 'halt':
      halt(play, does.on);
      return;
  }
}

/** Everything that was asked has been answered, and the bot knows it. */
function atRest(play: Play): void {
  play.settle();
  const { state, exchange } = play;
  assert.equal(state.book.USDT, exchange.quote, 'quote');
  assert.equal(state.book.BTC, exchange.base, 'base');
  assert.ok(state.book.USDT >= 0n && state.book.BTC >= 0n);
  assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort(), 'orders');
  assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, funds.base);
  assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, funds.quote);
  assert.ok(grid.report(play.settings, state).waitingFor.length > 10);
  const hasHope = state.phase === 'stopped' || state.halted || exchange.resting.size > 0 || play.wakes.length > 0;
  assert.ok(hasHope, `the grid is stuck: ${grid.report(play.settings, state).waitingFor}`);
}

/** With an exchange that takes and fills everything, a closed grid comes to its end with nothing resting. */
function comesToAnEnd(play: Play): void {
  if (play.state.halted) halt(play, false);
  if (grid.refuses(play.settings, play.state, { name: 'close-now' }) === null) play.command('close-now');
  for (let i = 0; play.state.phase !== 'stopped' && i < 80; i++) {
    play.settle();
    play.wait();
    play.settle();
  }
  assert.equal(play.state.phase, 'stopped', grid.report(play.settings, play.state).waitingFor);
  assert.equal(play.exchange.resting.size, 0);
  const off = play.state.book.BTC! - funds.base;
  assert.ok((off < 0n ? -off : off) < amount('0.2'), `${formatAmount(off as Amount)} more than was allotted`);
}

const kinds: readonly (readonly [string, Partial<GridSettingsText>])[] = [
  ['fee in base', {}],
  ['fee in quote, arithmetic', { feeAsset: 'quote', spacing: 'arithmetic' }],
  ['fee in a third asset, profit in base', { feeAsset: 'third', profitIn: 'base' }],
  ['reverse, amounts in base', { mode: 'reverse', amountIn: 'base', amountPerLine: '0.5' }],
  ['trailing both ways', { trailingUp: true, trailingDown: true, profitIn: 'base' }],
  [
    'expansion both ways, stops',
    {
      expansionUpTo: '125',
      expansionDownTo: '75',
      stopUpperPrice: '130',
      stopUpperAction: 'stop-and-sell',
      stopLowerPrice: '70',
      stopLowerAction: 'stop-and-buy',
    },
  ],
  ['endless', { mode: 'infinity', upperPrice: undefined, lines: undefined, stepPercent: '3', amountPerLine: '20' }],
];

for (const [name, text] of kinds) {
  test(`random order flow, ${name}: conserved, inside funds and holdings, one order a line, nothing forgotten`, () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 250, size: 'max' }), (acts) => {
        const play = new Play(text);
        play.send({ kind: 'started' });
        for (const does of acts) perform(play, does);
        atRest(play);
        count(play);
        comesToAnEnd(play);
        atRest(play);
      }),
      { numRuns: 120 },
    );
  });
}

test('the random flows traded, moved ranges and ended', () => {
  assert.ok(reached.trips > 200 && reached.fills > 3000 && reached.shifted > 10 && reached.ended > 50, JSON.stringify(reached));
});

test('replaying the order events of any prefix once more changes nothing', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 250, size: 'max' }), fc.nat(), (acts, cut) => {
      const play = new Play({ trailingUp: true });
      play.send({ kind: 'started' });
      for (const does of acts) perform(play, does);
      play.settle();
      wake(play);
      play.settle();
      const before = encodeState(play.state);
      const told = play.delivered.filter((answer) => answer.kind === 'order-event' && answer.event.kind !== 'cancel-rejected');
      const asked = play.intents.length;
      for (const answer of told.slice(0, cut % (told.length + 1))) play.send(answer);
      assert.equal(play.intents.length, asked);
      assert.equal(encodeState(play.state), before);
    }),
    { numRuns: 120 },
  );
});
