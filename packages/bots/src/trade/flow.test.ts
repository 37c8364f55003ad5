/** Trades of both directions in random order flow, before an exchange that refuses, loses and repeats. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, divide, type RefusalCode, type Ticks, ticks, unit } from '@holdfast/domain';
import fc from 'fast-check';
import { encodeState } from '../codec.ts';
import { exitReserve, lotsOf, targetPrice } from './arithmetic.ts';
import type { TradeCommand } from './commands.ts';
import type { TakeProfitText, TradeSettingsText } from './settings.ts';
import type { ExitStep } from './state.ts';
import { ocoRules, type Play, rules, started, target, textOf } from './testing/play.ts';

type Act =
  | { readonly act: 'arrive'; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly twice: boolean }
  | { readonly act: 'move'; readonly by: number; readonly share: number }
  | { readonly act: 'fire' | 'wait' | 'halt' }
  | { readonly act: 'expire'; readonly index: number }
  | { readonly act: 'command'; readonly command: TradeCommand }
  | { readonly act: 'edit'; readonly out: Partial<TradeSettingsText> };

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
const stopLoss: fc.Arbitrary<Partial<TradeSettingsText>> = fc
  .record({
    level: fc.constantFrom<Partial<TradeSettingsText>>(
      {},
      { stopLossPercent: '0.5' },
      { stopLossPercent: '2' },
      { stopLossDistance: '80' },
    ),
    stopLossOrder: fc.constantFrom('limit', 'market'),
    stopLossGapPercent: fc.constantFrom('0', '0.3'),
    stopLossPriceOf: fc.constantFrom('last', 'last', 'bid'),
    stopLossTimeoutSeconds: fc.constantFrom(0, 0, 30),
    stopLossTrailing: fc.boolean(),
    breakevenAfterStep: fc.constantFrom(0, 1),
  })
  .map(({ level, ...rest }) => ({ ...level, ...rest }));
const longEntries: readonly Partial<TradeSettingsText>[] = [
  {},
  { entry: 'limit', entryPrice: '9990', entryTimeoutSeconds: 600 },
  { entry: 'limit', entryPrice: '9990', entryTimeInForce: 'post-only' },
  { entry: 'conditional', entryPrice: '9950', entryHoldSeconds: 45 },
  { entry: 'conditional', entryPrice: '10050', entryWhen: 'at-or-above', entryLimit: '10060' },
  { entry: 'trailing', entryTrailingPercent: '0.3' },
  { entry: 'trailing', entryTrailingDistance: '45' },
  { entry: 'held', size: '0', heldQuantity: '0.08' },
];
const shortEntries: readonly Partial<TradeSettingsText>[] = [
  {},
  { entry: 'limit', entryPrice: '10010', entryTimeoutSeconds: 600 },
  { entry: 'limit', entryPrice: '9990', entryTimeInForce: 'ioc' },
  { entry: 'limit', entryPrice: '9990', entryTimeInForce: 'fok' },
  { entry: 'conditional', entryPrice: '10050', entryWhen: 'at-or-above', entryHoldSeconds: 45 },
  { entry: 'conditional', entryPrice: '9950', entryLimit: '9940' },
  { entry: 'trailing', entryTrailingPercent: '0.3' },
  { entry: 'trailing', entryTrailingDistance: '45' },
  { entry: 'held', size: '0', sizeIn: 'quote', heldQuantity: '0.08' },
];
const exits = fc
  .record({
    stop: stopLoss,
    steps: fc.integer({ min: 0, max: 4 }),
    profit: fc.constantFrom(0.5, 1, 3),
    order: fc.constantFrom<'limit' | 'market'>('limit', 'market'),
    trailing: fc.constantFrom<Partial<TakeProfitText>>({}, {}, { trailingPercent: '0.4' }, { trailingDistance: '35' }),
    rests: fc.constantFrom<'stop-loss' | 'take-profit'>('stop-loss', 'take-profit'),
    feeAsset: fc.constantFrom<'base' | 'quote' | 'third'>('base', 'quote', 'third'),
  })
  .map(({ stop: cut, steps, profit, order, trailing, rests, feeAsset }) => ({
    rests,
    feeAsset,
    takeProfits: Array.from({ length: steps }, (_, index) =>
      target({
        percent: String(profit * (index + 1)),
        sharePercent: String(100 / steps).slice(0, 8),
        order,
        ...trailing,
        of: order === 'market' && index % 2 === 1 ? 'ask' : 'any',
      }),
    ),
    ...cut,
  }));
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
  { weight: 1, arbitrary: fc.record({ act: fc.constant('edit' as const), out: exits }) },
);

const sizes = fc.constantFrom<Partial<TradeSettingsText>>(
  { size: '12' },
  { size: '30' },
  { size: '900' },
  { size: '0.003', sizeIn: 'base' },
  { size: '0.08', sizeIn: 'base' },
);
type Drawn = fc.Arbitrary<Partial<TradeSettingsText>>;
const drawn = (direction: 'long' | 'short', entries: readonly Partial<TradeSettingsText>[]): Drawn =>
  fc
    .record({
      out: exits,
      size: sizes,
      entry: fc.constantFrom(...entries),
      profitIn: fc.constantFrom<'quote' | 'base'>('quote', 'base'),
    })
    .map(({ out, size, entry, profitIn }) => ({
      direction,
      ...(direction === 'short' ? { profitIn } : {}),
      ...out,
      ...size,
      ...(entry.entry === 'held' ? { sizeIn: 'quote' as const } : {}),
      ...entry,
    }));
const settingsOf = { long: drawn('long', longEntries), short: drawn('short', shortEntries) };

const refusals: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE', 'E_FROZEN', 'E_TYPE', 'E_BAND', 'E_BAND'];

const halt = (play: Play, halted: boolean): boolean =>
  play.send({ kind: 'pair-halted', pair: rules.pair, halted } as { kind: 'pair-halted' });

function perform(play: Play, does: Act): void {
  switch (does.act) {
    case 'arrive': {
      const { fate, share } = does;
      if (fate < 8) play.exchange.arrive({ kind: 'refuse', code: refusals[fate]! }, 0);
      else if (fate < 12) play.exchange.arrive({ kind: 'reject' }, 0);
      else play.exchange.arrive({ kind: fate < 20 ? 'unknown' : 'take' }, share > 50 ? 100 : share);
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
    case 'edit':
      play.order({ name: 'edit', settings: textOf({ ...play.text, ...does.out, feeAsset: play.settings.feeAsset }) });
      return;
    case 'halt':
      halt(play, !play.state.halted);
      return;
  }
}

/** R3: of coins that were sold a lot more may be bought back, since the fee of it is rounded up. */
function isWithinHeld({ settings, state }: Play): boolean {
  const { held, basis, steps } = state;
  const left = steps.reduce((sum, step) => sum + step.left, 0n);
  if (settings.direction === 'long') return left <= held.quantity;
  if (settings.profitIn === 'quote') return left <= divide(held.cost * unit, unit - settings.fee, 'up') + rules.lot;
  const price = (step: ExitStep): Ticks => targetPrice(step, basis, settings, rules) ?? ticks(1);
  const cost = steps.reduce((sum, step) => sum + exitReserve(settings, lotsOf(step.left, rules), price(step), rules), 0n);
  return cost <= held.quantity;
}

/** What a short trade says that it earned is the quote that came and the coins that came, those at the price that was paid. */
function earnsWhatCame({ settings, state, exchange }: Play, given: Given): void {
  const { closed } = state;
  const isPlain = settings.entry !== 'held' && settings.feeAsset !== 'third';
  if (closed === null || settings.direction === 'long' || closed.bought === 0n || closed.ending === 'cancelled' || !isPlain)
    return;
  const [base, quote] = [exchange.base - given.base, exchange.quote - given.quote];
  const worth = base * closed.spent;
  const coins = worth >= 0n ? worth / closed.bought : -((-worth + closed.bought - 1n) / closed.bought);
  assert.equal(closed.profit, quote + coins);
  assert.equal(closed.profit, closed.proceeds - closed.cost);
}

interface Given {
  readonly base: Amount;
  readonly quote: Amount;
}

/** Everything that was asked has been answered, and the bot knows it. */
function atRest(play: Play, given: Given): void {
  play.calm();
  const { state, exchange } = play;
  assert.equal(state.book.USDT, exchange.quote, 'R1 quote');
  assert.equal(state.book.BTC, exchange.base, 'R1 base');
  assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort(), 'R2');
  assert.ok(isWithinHeld(play), `R3 ${play.waitingFor}`);
  assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, given.base);
  assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, given.quote);
  earnsWhatCame(play, given);
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

const givenTo = (direction: 'long' | 'short') =>
  fc.constantFrom(
    ...['2000', direction === 'long' ? '2000' : '0'].map((quote) => ({ base: amount('0.1'), quote: amount(quote) })),
  );

const pairing = { entry: 'market', size: '900', sizeIn: 'quote', stopLossPercent: '3', takeProfits: [target()] } as const;
const exchangeRules = fc.constantFrom(rules, ocoRules, { ...ocoRules, maxAlgoOrders: 2 });

for (const direction of ['long', 'short'] as const) {
  const settingsText = settingsOf[direction];

  test(`${direction}: random order flow: conserved, inside funds and holdings, nothing forgotten, every trade ends`, () => {
    let [ocos, exited] = [0, 0];
    const acts = fc.array(act, { minLength: 20, maxLength: 120 });
    fc.assert(
      fc.property(settingsText, exchangeRules, givenTo(direction), acts, (text, of, given, does) => {
        // Every second one on an exchange with OCOs can use them at once.
        const together = of.maxOrderLists > 0 && does.length % 2 === 0 ? pairing : {};
        const play = started({ ...text, ...together }, { ...given, rules: of });
        for (const each of does) perform(play, each);
        atRest(play, given);
        comesToAnEnd(play);
        atRest(play, given);
        ocos += play.intents.filter(({ kind }) => kind === 'place-oco').length;
        exited += play.state.sold > 0n ? 1 : 0;
      }),
      { numRuns: 700 },
    );
    assert.ok(direction === 'long' ? ocos > 60 : ocos === 0, `${ocos} OCOs were sent`);
    assert.ok(exited > 250, `${exited} trades exited`);
  });

  test(`${direction}: replaying the order events of any prefix once more changes nothing`, () => {
    const acts = fc.array(act, { minLength: 20, maxLength: 100 });
    fc.assert(
      fc.property(settingsText, exchangeRules, givenTo(direction), acts, fc.nat(), (text, of, given, does, cut) => {
        const play = started(text, { ...given, rules: of });
        for (const each of does) perform(play, each);
        play.calm();
        const [before, asked] = [encodeState(play.state), play.intents.length];
        const said = play.delivered.filter((answer) => answer.kind === 'order-event' && answer.event.kind !== 'cancel-rejected');
        for (const answer of said.slice(0, cut % (said.length + 1))) play.send(answer);
        assert.equal(play.intents.length, asked);
        assert.equal(encodeState(play.state), before);
      }),
      { numRuns: 250 },
    );
  });
}
