import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type BotEvent, type BotId, formatAmount, type RefusalCode, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, type ScriptedOptions, testRules } from '@holdfast/testkit';
import { unchanged } from '../bot-kind.ts';
import { decodeState, encodeState } from '../codec.ts';
import { grid } from './grid.ts';
import { gridReport } from './report.ts';
import { type GridSettings, type GridSettingsText, readGridSettings } from './settings.ts';
import type { GridState } from './state.ts';

const rules = testRules('BTC/USDT', '0.01', '0.0001', '5');
const bot = 'g1' as BotId;

const settingsOf = (text: Partial<GridSettingsText> = {}): GridSettings =>
  readGridSettings(rules.pair, {
    mode: 'normal',
    lowerPrice: '90',
    upperPrice: '110',
    lines: 5,
    spacing: 'arithmetic',
    amountPerLine: '1',
    amountIn: 'base',
    profitIn: 'quote',
    activeBuyLines: 10,
    activeSellLines: 10,
    balance: true,
    balanceOrderLines: 10,
    trailingUp: false,
    trailingDown: false,
    stopUpperAction: 'stop',
    stopLowerAction: 'stop',
    feeAsset: 'quote',
    feePercent: '0.1',
    slippagePercent: '0.3',
    retrySeconds: 3,
    ...text,
  });

class Play extends BotPlay<GridState> {
  readonly settings: GridSettings;

  constructor(text: Partial<GridSettingsText>, funds: { base?: string; quote?: string }, options: Partial<ScriptedOptions>) {
    const settings = settingsOf(text);
    const [base, quote] = [amount(funds.base ?? '0'), amount(funds.quote ?? '1000')];
    const { fee, feeAsset } = settings;
    const exchange = new ScriptedExchange({ rules, base, quote, fee, feeAsset, price: ticks(100_00), ...options });
    const birth = { bot, rules: exchange.rules, allotted: { BTC: base, USDT: quote } };
    super(exchange, grid.initial(settings, birth), (state, event) => {
      const result = grid.step(settings, state, event);
      // Every state goes through text and back, as it does in the engine.
      return 'unchanged' in result ? result : { ...result, state: decodeState<GridState>(encodeState(result.state)) };
    });
    this.settings = settings;
  }

  get waitingFor(): string {
    return grid.report(this.settings, this.state).waitingFor;
  }

  get closed(): readonly string[] {
    return this.state.closed.map(
      ({ number, ending, profit, bought, sold }) =>
        `${number} ${ending}: bought ${formatAmount(bought)}, sold ${formatAmount(sold)}, profit ${formatAmount(profit)}`,
    );
  }

  /** The price goes there and its wakes fire, as the runtime has it. */
  to(price: string, share = 100): this {
    this.move(price, share);
    this.send({ kind: 'woken', wake: this.wakes[0] } as { kind: 'woken' });
    return this.settle(share);
  }
}

const started = (
  text: Partial<GridSettingsText> = {},
  funds: { base?: string; quote?: string } = {},
  options: Partial<ScriptedOptions> = {},
): Play => {
  const play = new Play(text, funds, options);
  play.send({ kind: 'started' });
  return play;
};

const sorted = (play: Play): readonly string[] =>
  [...play.orders].sort((a, b) => Number(b.split(' at ')[1]) - Number(a.split(' at ')[1]));

test('the coins that lines above lack are bought first, and the line nearest to the price stays empty', () => {
  const play = started();
  assert.deepEqual(
    play.intents.map((intent) => intent.kind === 'place-order' && [intent.side, intent.order, formatAmount(intent.quantity)]),
    [['buy', 'ioc', '2']],
  );
  assert.equal(play.waitingFor, 'an order to be answered, to balance coins and money before the lines are laid');
  play.settle();
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 1 at 95', 'buy 1 at 90']);
  assert.equal(play.waitingFor, 'BTC/USDT at 95 to buy, or at 105 to sell; 4 of 4 lines rest');
});

test('a fee in base makes the balancing order larger, and a buy makes good what it takes', () => {
  const play = started({ feeAsset: 'base' }).settle();
  assert.equal(formatAmount((play.intents[0] as { quantity: bigint }).quantity), '2.0021');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 1.0011 at 95', 'buy 1.0011 at 90']);
});

test('a balancing order that is filled in part is tried again until the coins are there', () => {
  const play = started().settle(40);
  assert.match(play.waitingFor, /to try again: the order found too little/);
  while (play.state.phase === 'balancing') {
    assert.ok(play.wait());
    play.settle(40);
  }
  const asked = play.intents.filter((intent) => intent.kind === 'place-order' && intent.order === 'ioc');
  assert.deepEqual(
    asked.slice(0, 4).map((intent) => 'quantity' in intent && formatAmount(intent.quantity)),
    ['2', '1.2', '0.72', '0.432'],
  );
  assert.equal(play.state.cells.length, 4);
  assert.equal(play.orders.length, 4);
});

test('balancing goes in pieces of so many lines', () => {
  const play = started({ balanceOrderLines: 1 }).settle();
  const pieces = play.intents.filter((intent) => intent.kind === 'place-order' && intent.order === 'ioc');
  assert.deepEqual([pieces.length, play.orders.length], [2, 4]);
});

test('a buy at a line is followed by a sale at the next, and a sale by a buy at the one below', () => {
  const play = started().settle().move('95');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'sell 1 at 100', 'buy 1 at 90']);
  play.move('100');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 1 at 95', 'buy 1 at 90']);
  // 100 - 0.1 % less 95 + 0.1 %
  assert.deepEqual(play.closed, ['2 round-trip: bought 1, sold 1, profit 4.805']);
  play.move('105');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'buy 1 at 100', 'buy 1 at 95', 'buy 1 at 90']);
  play.move('100');
  assert.deepEqual(play.closed.slice(1), ['4 round-trip: bought 1, sold 1, profit 4.795']);
  const { trips, realised, lines } = gridReport(play.settings, play.state);
  assert.deepEqual([trips, formatAmount(realised)], [2, '9.6']);
  assert.deepEqual(
    lines.map(({ price, side, state, trips: n }) => `${formatAmount(price)} ${side} ${state} ${n}`),
    ['90 buy resting 0', '95 buy resting 1', '100 null empty 1', '105 sell resting 0', '110 sell resting 0'],
  );
});

test('profit in base sells only what pays for the buy and keeps the coins', () => {
  const play = started({ profitIn: 'base' }).settle().move('95');
  // 95.095 paid / (100 × 0.999) = 0.95191… up to the lot
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'sell 0.952 at 100', 'buy 1 at 90']);
  play.move('100');
  const { gained } = gridReport(play.settings, play.state);
  assert.deepEqual([formatAmount(gained.base), formatAmount(gained.quote)], ['0.048', '0.0098']);
});

test('only so many lines rest on each side, and they follow the price', () => {
  const play = started({ lines: 9, upperPrice: '120', lowerPrice: '80', activeBuyLines: 2, activeSellLines: 1 }).settle();
  assert.deepEqual(sorted(play), ['sell 1 at 105', 'buy 1 at 95', 'buy 1 at 90']);
  play.move('95');
  assert.deepEqual(sorted(play), ['sell 1 at 100', 'buy 1 at 90', 'buy 1 at 85']);
  play.move('105');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'buy 1 at 100', 'buy 1 at 95']);
});

test('a partly filled line rests for what is left of it, and turns when it is whole', () => {
  const play = started().settle().move('95', 40);
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 0.6 at 95', 'buy 1 at 90']);
  play.exchange.expire([...play.exchange.resting.values()].findIndex(({ filled }) => filled > 0n));
  play.settle();
  assert.equal(sorted(play).length, 3, 'the exchange took it off');
  assert.ok(play.wait());
  play.settle();
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 0.6 at 95', 'buy 1 at 90']);
  play.exchange.expire(3);
  play.exchange.move(ticks(94_00), 0);
  play.settle();
  assert.ok(play.wait());
  play.settle();
  assert.equal(sorted(play).length, 4, 'the price has passed the line, the rest is bought at the market');
  assert.ok(sorted(play).includes('sell 1 at 100'));
});

test('trailing up shifts the range when the price has passed it by a line, trailing down the other way', () => {
  const up = started({ trailingUp: true, trailingUpTo: '120' }).settle().to('110').to('114.99');
  assert.deepEqual(sorted(up), ['buy 1 at 105', 'buy 1 at 100', 'buy 1 at 95', 'buy 1 at 90']);
  up.to('115');
  assert.deepEqual(sorted(up), ['buy 1 at 110', 'buy 1 at 105', 'buy 1 at 100', 'buy 1 at 95']);
  up.to('131');
  assert.deepEqual(sorted(up), ['buy 1 at 115', 'buy 1 at 110', 'buy 1 at 105', 'buy 1 at 100'], 'not above 120');
  const down = started({ trailingDown: true }).settle().to('90').to('85');
  assert.deepEqual(sorted(down), ['sell 1 at 105', 'sell 1 at 100', 'sell 1 at 95', 'sell 1 at 90']);
  down.to('74');
  assert.deepEqual(sorted(down), ['sell 1 at 95', 'sell 1 at 90', 'sell 1 at 85', 'sell 1 at 80']);
  const bounded = started({ trailingDown: true, trailingDownTo: '80' }).settle().to('60');
  assert.deepEqual(sorted(bounded), ['sell 1 at 100', 'sell 1 at 95', 'sell 1 at 90', 'sell 1 at 85'], 'not below 80');
});

test('expansion adds lines and drops none, up to its price', () => {
  const play = started({ expansionDownTo: '80', expansionUpTo: '120' }, { quote: '2000' }).settle().to('90');
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'sell 1 at 100', 'sell 1 at 95', 'buy 1 at 85']);
  play.to('60');
  assert.deepEqual(
    sorted(play),
    [110, 105, 100, 95, 90, 85].map((price) => `sell 1 at ${price}`),
  );
  play.to('121');
  assert.deepEqual(
    sorted(play),
    [115, 110, 105, 100, 95, 90, 85, 80].map((price) => `buy 1 at ${price}`),
  );
});

test('a stop price ends the grid and does what its action says', () => {
  const table: readonly (readonly [GridSettingsText['stopLowerAction'], string, RegExp])[] = [
    ['stop', '4.5', /^4\.5 BTC/],
    ['stop-and-sell', '4.5', /^0 BTC/],
    ['stop-and-close', '4.5', /^0\.5 BTC/],
    ['stop-and-buy', '4.5', /^11\.89\d* BTC, 0\.98\d+ USDT/],
  ];
  for (const [stopLowerAction, , holdings] of table) {
    const play = started({ stopLowerPrice: '85', stopLowerAction }, { base: '0.5' }).settle().to('90').to('84');
    assert.deepEqual(play.orders, [], stopLowerAction);
    const { state, waitingFor, holdings: all } = grid.report(play.settings, play.state);
    assert.deepEqual([state, play.wakes.length], ['stopped', 0]);
    assert.equal(waitingFor, 'stopped: the lower stop price was reached; resume lays the lines anew');
    const text = [...all]
      .reverse()
      .map(({ asset, amount: held }) => `${formatAmount(held)} ${asset}`)
      .join(', ');
    if (stopLowerAction !== 'stop') assert.match(text, holdings, stopLowerAction);
    else assert.equal(play.state.book.BTC, play.exchange.base);
  }
});

test('an upper stop price takes the profit', () => {
  const play = started({ stopUpperPrice: '112', stopUpperAction: 'stop-and-sell' }).settle().to('113');
  assert.equal(play.state.phase, 'stopped');
  assert.equal(play.state.book.BTC, 0n);
  assert.match(play.closed.at(-1) ?? '', /^1 closed: bought 2, sold 2, profit 14\.\d+$/);
});

test('a grid without an upper price lays lines above as long as it has coins', () => {
  const endless: Partial<GridSettingsText> = {
    mode: 'infinity',
    upperPrice: undefined,
    lines: undefined,
    stepPercent: '5',
    amountPerLine: '20',
    amountIn: 'quote',
    activeSellLines: 3,
  };
  const play = started(endless, { quote: '1000' }).settle();
  const before = play.state.book.BTC ?? 0n;
  assert.deepEqual(
    sorted(play).filter((order) => order.startsWith('sell')),
    ['sell 0.1828 at 114.87', 'sell 0.1919 at 109.4', 'sell 0.2015 at 104.19'],
  );
  play.to('200');
  play.to('400');
  assert.ok(play.state.cells.filter(({ leg }) => leg === 'sell').length === 3, 'the price never passes the last line');
  // A coin bought for its constant value at every line: what it was worth is left of it at any price.
  const value = Number(formatAmount(play.state.book.BTC ?? 0n)) * 400;
  assert.ok(Math.abs(value - Number(formatAmount(before)) * 100) < 40, `${value}`);
});

test('a reverse grid is paid in coins, sells some for its lower lines and earns coins', () => {
  const settings = settingsOf({ mode: 'reverse' });
  const quotes = new ScriptedExchange({
    rules,
    base: amount('0'),
    quote: amount('0'),
    fee: 0n,
    feeAsset: 'quote',
    price: ticks(100_00),
  }).quotes;
  const [base, quote] = grid.fundsNeeded(settings, rules, quotes.get(rules.pair)!, {});
  assert.equal(quote!.amount, 0n);
  const play = started({ mode: 'reverse' }, { base: formatAmount(base!.amount), quote: '0' }).settle();
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'sell 1 at 105', 'buy 1 at 95', 'buy 1 at 90']);
  play.move('105').move('100');
  assert.deepEqual(play.closed.length, 1);
  const { gained } = gridReport(play.settings, play.state);
  assert.deepEqual([formatAmount(gained.base), formatAmount(gained.quote)], ['0.0479', '0.00021']);
});

const refuse = (play: Play, code: RefusalCode): void => {
  play.exchange.arrive({ kind: 'refuse', code }, 0);
  play.deliver();
};

test('what concerns the account waits for all lines at once, with a growing pause', () => {
  const play = started({}, { base: '2' });
  assert.equal(play.exchange.arriving, 4);
  for (let i = 0; i < 4; i++) refuse(play, 'E_RATE');
  assert.equal(play.wakes.filter(({ kind }) => kind === 'time').length, 1);
  assert.match(play.waitingFor, /to try again: The test refuses .* \(E_RATE\)/);
  const before = play.exchange.at;
  play.wait();
  assert.equal(play.exchange.at - before, 3000);
  for (let i = 0; i < 4; i++) refuse(play, 'E_RATE');
  const second = play.exchange.at;
  play.wait();
  assert.equal(play.exchange.at - second, 6000);
  play.settle();
  assert.equal(play.orders.length, 4);
});

test('a line that the vault will never have is left out and named', () => {
  const play = started({}, { base: '2' });
  refuse(play, 'E_SYMBOL');
  play.settle();
  assert.equal(play.orders.length, 3);
  assert.match(play.waitingFor, /left out, because the vault refuses them: the lines above 95$/);
  const line = gridReport(play.settings, play.state).lines.find(({ state }) => state === 'refused');
  assert.match(line?.trouble ?? '', /The test refuses .*E_SYMBOL/);
});

test('a line that the exchange rejects waits alone', () => {
  const play = started({}, { base: '2' });
  play.exchange.arrive({ kind: 'reject' }, 0);
  play.settle();
  assert.equal(play.orders.length, 3);
  assert.match(gridReport(play.settings, play.state).lines[1]?.trouble ?? '', /to try again: the exchange refused the order/);
  play.wait();
  play.settle();
  assert.equal(play.orders.length, 4);
});

test('stop cancels and keeps, resume lays the lines around the price of then, close-now goes back to the coins allotted', () => {
  const play = started().settle();
  play.command('stop');
  play.settle();
  assert.deepEqual([play.orders, play.state.phase, play.state.book.BTC], [[], 'stopped', amount('2')]);
  assert.equal(grid.refuses(play.settings, play.state, { name: 'stop' }), 'The grid is stopped already.');
  play.exchange.move(ticks(105_00), 100);
  play.command('resume');
  play.settle();
  assert.deepEqual(sorted(play), ['sell 1 at 110', 'buy 1 at 100', 'buy 1 at 95', 'buy 1 at 90']);
  play.command('close-now');
  play.settle();
  assert.deepEqual([play.orders, play.state.book.BTC, play.state.phase], [[], 0n, 'stopped']);
  assert.match(play.waitingFor, /^stopped: it was closed by command/);
});

test('a halted pair gets no order, and the grid goes on when it trades again', () => {
  const play = started({}, { base: '2' });
  const halted = (on: boolean) => play.send({ kind: 'pair-halted', pair: rules.pair, halted: on } as { kind: 'pair-halted' });
  halted(true);
  play.settle();
  play.move('95');
  assert.equal(play.orders.length, 3);
  assert.match(play.waitingFor, /halted/);
  halted(false);
  play.settle();
  assert.equal(play.orders.length, 4);
});

test('without a price the first one is waited for', () => {
  const play = new Play({}, {}, {});
  play.quoteKnown = false;
  play.send({ kind: 'started' });
  assert.deepEqual(play.wakes, [{ kind: 'price', pair: rules.pair, of: 'ask', when: 'at-or-above', price: 1 }]);
});

test('settings that the pair cannot trade are named by their fields, all at once', () => {
  const narrow = settingsOf({ lines: 400, amountPerLine: '0.01', activeBuyLines: 200, activeSellLines: 100 });
  assert.deepEqual(grid.problems(narrow, rules), [
    'lines: the step from 90 to 90.05 is smaller than two fees of 0.1 %; use fewer lines or a wider range.',
    "amountPerLine: the line at 90 would order 0.01 worth 0.9 USDT, below the exchange's smallest of 0.0001 BTC and 5 USDT.",
    'activeBuyLines, activeSellLines: 300 lines are more than the 200 orders that may rest on BTC/USDT.',
  ]);
  assert.deepEqual(grid.problems(settingsOf({ lines: 4000 }), rules), [
    'lines: lines 2 and 3 both lie at 90.01; use fewer lines.',
  ]);
  assert.deepEqual(grid.problems(settingsOf(), rules), []);
});

test('a step with nothing to do gives the shared constant', () => {
  const play = started().settle();
  const event = { kind: 'balance-changed', asset: 'USDT', available: 1n, at: play.exchange.at, quotes: play.exchange.quotes };
  assert.equal(grid.step(play.settings, play.state, event as unknown as BotEvent), unchanged);
  assert.equal(play.send(play.delivered[0]!), false);
});
