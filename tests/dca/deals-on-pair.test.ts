/** Several deals of one DCA bot on one pair: when the next one opens, whose orders and coins are whose, and how a person names one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dca, dcaPairs } from '@holdfast/bots';
import { dcaSettings } from '@holdfast/contracts';
import { amount, type BotCommand, formatAmount, type Pair, ticks } from '@holdfast/domain';
import { names, PairsPlay } from './pairs-play.ts';

const [btc, eth] = names;
const atOnce = { dealsAtOnce: 3, dealsPerPair: 3, dealStepPercent: '2', averagingOrders: 0, averagingOrdersActive: 1 } as const;
const byCondition = {
  dealsAtOnce: 3,
  dealsPerPair: 3,
  averagingOrders: 0,
  start: 'conditions',
  startConditions: 'price 1m < 5000',
} as const;

const entriesOf = (play: PairsPlay, pair: Pair = btc) =>
  play
    .dealsOn(pair)
    .map(({ entry }) => formatAmount(((entry.cost * 10n ** 18n) / entry.quantity) as typeof entry.cost).slice(0, 6));
const said = (play: PairsPlay) => dcaPairs.report(play.settings, play.state).waitingFor;

/** The conditions of a pair are asked as a candle closes: those that hold fire. */
const candle = (play: PairsPlay, holds: boolean): boolean => {
  const wake = play.wakes.find((each) => each.kind === 'condition' && each.condition.includes('"kind":"not"') === !holds);
  const fired = wake !== undefined && play.wake(wake);
  play.settle();
  return fired;
};

test('deals that start at once open one by one, each a step below the lowest entry', () => {
  const play = new PairsPlay(atOnce, amount('900'), [btc]).begin();
  assert.deepEqual(play.open, [btc]);
  assert.match(said(play), /^1 of at most 3 deals are open; .*a price of BTC\/USDT to open a deal, up to 980\.9/);
  play.move(btc, 981);
  assert.deepEqual(play.open, [btc], 'not a whole step');
  play.move(btc, 980);
  assert.deepEqual(
    [play.open, entriesOf(play)],
    [
      [btc, btc],
      ['1001.0', '980.99'],
    ],
  );
  assert.match(said(play), /to open a deal, up to 961\.37/, 'as the page counts it');
  play.move(btc, 970);
  assert.equal(play.open.length, 2, 'a step below the newest is not reached');
  play.move(btc, 940);
  assert.deepEqual(entriesOf(play), ['1001.0', '980.99', '940.95']);
  play.move(btc, 900);
  assert.equal(play.open.length, 3, 'no more than may be at once');
  assert.equal(play.booked, play.quote);
});

test('each deal sells what it bought itself, at its own target, and its place is free for the next', () => {
  const play = new PairsPlay(atOnce, amount('900'), [btc]).begin().move(btc, 980).move(btc, 940);
  const held = play.dealsOn(btc).map(({ held: { quantity } }) => quantity);
  play.move(btc, 955);
  assert.deepEqual(
    play.closed.map(({ number, ending }) => [number, ending]),
    [[3, 'take-profit']],
  );
  assert.deepEqual(
    play.dealsOn(btc).map(({ number, held: { quantity } }) => [number, quantity]),
    [
      [1, held[0]],
      [2, held[1]],
    ],
  );
  assert.equal(play.bookedOn(btc), play.on(btc).base);
  play.wait();
  play.settle();
  assert.deepEqual(
    play.dealsOn(btc).map(({ number }) => number),
    [1, 2, 4],
    'the price is still a step below the others',
  );
  play.move(btc, 1040);
  const dust = play.placesOn(btc).map(({ dust: { quantity } }) => quantity);
  assert.ok(dust.filter((each) => each > 0n).length > 1);
  const shown = dcaPairs.report(play.settings, play.state).dust;
  assert.deepEqual(
    shown.map(({ pair, quantity }) => [pair, quantity]),
    [[btc, dust.reduce((sum, each) => sum + each, 0n)]],
  );
  assert.deepEqual(play.closed.map(({ number }) => number).sort(), [1, 2, 3, 4]);
});

test('short deals open a step above the highest entry, each with its share of the coins', () => {
  const play = new PairsPlay({ ...atOnce, direction: 'short', baseOrderSize: '50', baseOrderSizeIn: 'percent' }, amount('0'), [
    btc,
  ]).begin();
  play.move(btc, 1025);
  assert.deepEqual(entriesOf(play).length, 2);
  const sold = play.dealsOn(btc).map(({ held: { cost } }) => formatAmount(cost));
  assert.deepEqual(sold, ['0.1667', '0.1667'], 'half of a third of the coins');
  assert.equal(play.bookedOn(btc), play.on(btc).base);
  play.move(btc, 900);
  assert.deepEqual(play.open, []);
  assert.equal(play.bookedOn(btc), play.on(btc).base);
});

test('conditions that go on holding open one deal; a further one opens when they have ceased and hold again', () => {
  const play = new PairsPlay(byCondition, amount('900'), [btc]).begin();
  assert.ok(candle(play, true));
  assert.deepEqual(play.open, [btc]);
  assert.match(said(play), /the start conditions of BTC\/USDT to cease and to hold again for another deal there/);
  assert.equal(candle(play, true), false, 'nobody waits for them while they hold');
  assert.ok(candle(play, false));
  assert.deepEqual(play.open, [btc]);
  assert.ok(candle(play, true));
  assert.deepEqual(play.open, [btc, btc]);
  play.move(btc, 1030);
  assert.deepEqual(play.open, []);
  while (play.wait()) play.settle();
  assert.ok(!play.wakes.some((wake) => wake.kind === 'condition' && wake.condition.includes('"kind":"not"')));
  assert.ok(candle(play, true), 'without an open deal they need not have ceased');
  assert.deepEqual(play.open, [btc]);
});

test('with a step between deals conditions may go on holding: the price decides', () => {
  const play = new PairsPlay({ ...byCondition, dealStepPercent: '2' }, amount('900'), [btc]).begin();
  assert.ok(candle(play, true));
  assert.equal(candle(play, true), false);
  play.move(btc, 970);
  assert.deepEqual(play.open, [btc]);
  assert.ok(candle(play, true));
  assert.deepEqual(play.open, [btc, btc]);
});

test('each message of the signal that conditions name opens one deal', () => {
  const play = new PairsPlay({ ...byCondition, startConditions: 'signal go 60s' }, amount('900'), [btc]).begin();
  const hear = (): void => {
    play.send({ kind: 'signal', signal: { id: 's', price: null, ask: { kind: 'condition', name: 'go' } } } as { kind: 'signal' });
    candle(play, true);
  };
  for (const deals of [1, 2, 3, 3]) {
    hear();
    candle(play, true);
    assert.equal(play.open.length, deals);
  }
});

test('every command and message starts one deal, whatever the step; with no place left it says so', () => {
  const play = new PairsPlay({ ...atOnce, start: 'command' }, amount('900'), [btc]).begin();
  const signal = { id: 's', price: null, ask: { kind: 'commands', commands: ['start-deal'] } } as const;
  const event = () => ({ kind: 'signal', signal, at: play.at, quotes: play.quotes }) as const;
  assert.equal(play.command({ name: 'start-deal' }), null);
  play.settle();
  assert.equal(play.open.length, 1);
  assert.deepEqual(dcaPairs.hears?.(play.settings, play.state, event()), { kind: 'taken', does: 'starts a deal' });
  play.send(event());
  assert.equal(play.command({ name: 'start-deal' }, btc), null, 'also while the one before is entering');
  play.settle();
  assert.equal(play.open.length, 3);
  assert.equal(play.command({ name: 'start-deal' }), '3 deals are open, and no more may be at once.');
  assert.deepEqual(dcaPairs.hears?.(play.settings, play.state, event()).kind, 'refused');
});

test('what is done to one deal needs its number where several are open', () => {
  const play = new PairsPlay({ ...atOnce, start: 'command', dealsAtOnce: 4 }).begin();
  for (const pair of [btc, btc, eth]) {
    play.command({ name: 'start-deal' }, pair);
    play.settle();
  }
  const edit: BotCommand = { name: 'edit-deal', changes: { takeProfitPercent: '3' } };
  assert.equal(play.command(edit), 'Name the deal: open are 1, 2 on BTC/USDT; 3 on ETH/USDT.');
  assert.equal(play.command(edit, btc), 'Name the deal: open are 1, 2 on BTC/USDT.');
  assert.equal(play.command(edit, eth), null);
  assert.equal(play.command(edit, eth, 2), 'Deal 2 is not open on ETH/USDT.');
  assert.equal(play.command(edit, undefined, 7), 'Deal 7 is not open.');
  assert.equal(play.command({ name: 'stop' }, btc, 2), 'The command stop is for a bot or a pair, not for deal 2.');
  assert.equal(play.command(edit, undefined, 2), null);
  play.settle();
  assert.deepEqual(
    play.dealsOn(btc).map(({ number, edits }) => [number, edits.takeProfit !== undefined]),
    [
      [1, false],
      [2, true],
    ],
  );
  assert.equal(play.command({ name: 'close-now' }, btc, 1), null);
  play.settle();
  assert.deepEqual([play.open, play.closed.map(({ number }) => number)], [[btc, eth], [1]]);
  assert.equal(play.command({ name: 'close-now' }), null);
  play.settle();
  assert.deepEqual([play.open, play.booked], [[], play.quote]);
  const one = dca.readSettings(btc, dcaSettings.parse({ baseOrderSize: '100', averagingOrderSize: '50' }));
  const born = dcaPairs.initial(one, { bot: play.state.bot, rules: { [btc]: play.on(btc).rules }, allotted: {} });
  assert.equal(
    dcaPairs.refuses(one, born, { name: 'close-now' }, undefined, 1),
    'Deal 1 is not open.',
    'also with one deal at a time',
  );
});

test('the pause after a deal is that of all deals of its pair', () => {
  const play = new PairsPlay({ ...atOnce, cooldownSeconds: 600 }, amount('900'), [btc]).begin().move(btc, 980);
  play.move(btc, 996);
  assert.deepEqual(
    play.closed.map(({ number }) => number),
    [2],
  );
  play.move(btc, 940);
  assert.deepEqual(play.open, [btc]);
  play.pass(599_000);
  play.calm();
  assert.deepEqual(play.open, [btc]);
  assert.ok(play.wait());
  play.calm();
  assert.deepEqual(play.open, [btc, btc]);
});

test('the pause is counted from the pair’s last deal, whichever place had it', () => {
  const play = new PairsPlay({ ...atOnce, cooldownSeconds: 600 }, amount('900'), [btc]).begin().move(btc, 980);
  play.command({ name: 'close-now' }, btc, 1);
  play.settle();
  play.pass(300_000);
  play.move(btc, 996);
  assert.deepEqual(play.open, []);
  play.pass(310_000);
  play.wait();
  play.calm();
  assert.deepEqual([play.open, play.at], [[btc], play.closed.at(-1)!.closedAt + 600_000]);
});

test('bounds counted from the start are those of the pair, not of the place that looks', () => {
  const bounded = { ...atOnce, minPricePercent: '97' };
  const play = new PairsPlay(bounded, amount('900'), [btc]).begin().move(btc, 980);
  assert.equal(play.open.length, 2);
  play.move(btc, 955);
  assert.equal(play.open.length, 2, '97 % of 1000.01');
  const resumed = new PairsPlay(bounded, amount('900'), [btc]).begin().move(btc, 980);
  resumed.command({ name: 'stop' });
  resumed.command({ name: 'resume' });
  resumed.move(btc, 960);
  assert.equal(resumed.open.length, 3, '97 % of 980.01');
  resumed.command({ name: 'cancel-deal' }, btc, 1);
  resumed.settle();
  resumed.wait();
  resumed.move(btc, 940);
  assert.equal(resumed.open.length, 2, 'no place counts from the price at which it looks first');
});

test('what is wrong with one place stops the pair, and a stop that stops the bot stops all of it', () => {
  const refused = new PairsPlay({ ...atOnce, dealsPerPair: 2, dealsAtOnce: 4 }, amount('1000'), [btc, eth]).begin();
  refused.on(btc).move(ticks(98_000), 100);
  while (refused.fire());
  refused.on(btc).arrive({ kind: 'refuse', code: 'E_SIZE' }, 0);
  refused.settle();
  assert.deepEqual(refused.open, [btc, eth]);
  assert.deepEqual(
    refused.placesOn(btc).map(({ stoppedBecause }) => stoppedBecause?.code),
    ['E_SIZE', 'E_SIZE'],
  );
  assert.deepEqual(
    refused
      .placesOn(eth)
      .map(({ running }) => running)
      .includes(false),
    false,
  );
  const stopped = new PairsPlay({ ...atOnce, stopLossPercent: '4', stopAction: 'close-and-stop' }, amount('900'), [btc]).begin();
  stopped.move(btc, 978);
  assert.equal(stopped.open.length, 2);
  stopped.move(btc, 950);
  assert.deepEqual(
    stopped.placesOn(btc).map(({ running }) => running),
    [false, false, false].slice(0, stopped.placesOn(btc).length),
  );
  assert.match(said(stopped), /stop the loss|stopped: the stop loss/);
});

test('the pair’s filters are shared: orders by deal, stops and OCOs as far as the others leave some', () => {
  const filters = { maxOrders: 12, maxAlgoOrders: 2, maxOrderLists: 20 };
  const text = { ...atOnce, averagingOrders: 8, averagingOrdersActive: 8, stepPercent: '3', stopLossPercent: '30' };
  const play = new PairsPlay(text, amount('3000'), [btc], filters).begin();
  for (const price of [980, 960]) play.move(btc, price);
  assert.equal(play.open.length, 3);
  const resting = [...play.on(btc).resting.values()];
  assert.ok(resting.length <= 12, `${resting.length} orders rest`);
  const stops = play.ordersOn(btc).filter(({ role }) => role === 'stop-loss');
  assert.equal(stops.length, 2, 'MAX_NUM_ALGO_ORDERS');
  const shown = dcaPairs.report(play.settings, play.state).deals.map(({ stopLoss }) => stopLoss?.notResting ?? 'rests');
  assert.deepEqual(
    shown.map((why) => why.slice(0, 40)),
    ['rests', 'rests', 'the exchange lets no further stop order '],
  );
  const problems = dcaPairs.problems(play.settings, { [btc]: play.on(btc).rules });
  assert.match(
    problems.join(' '),
    /averagingOrdersActive: 8 averaging orders and a take profit are more than the 4 orders of each of 3 deals/,
  );
});

test('funds and mandate are those of all deals of a pair, and reach as low as the last of them opens', () => {
  const play = new PairsPlay({ ...atOnce, dealsAtOnce: 4, dealsPerPair: 2, averagingOrders: 3 });
  const { settings, quotes } = play;
  const rules = Object.fromEntries([...play.exchanges].map(([name, exchange]) => [name, exchange.rules]));
  const part = settings.parts[0]!;
  const [one] = dca.fundsNeeded(part, rules[btc]!, quotes.get(btc)!, {});
  const [needed] = dcaPairs.fundsNeeded(settings, rules, quotes, {});
  assert.equal(needed!.amount, 4n * one!.amount);
  const needs = dcaPairs.mandateNeeds(settings, rules, quotes, { USDT: amount('1000') });
  const alone = dca.mandateNeeds(part, rules[btc]!, quotes.get(btc)!, { USDT: amount('250') });
  const [mine, its] = [needs.pairs[0]!, alone.pairs[0]!];
  assert.equal(needs.openOrders, 4 * alone.openOrders);
  assert.ok(mine.maxPositionQuote >= 2n * its.maxPositionQuote && mine.maxPositionQuote < (201n * its.maxPositionQuote) / 100n);
  assert.ok(mine.floor < (985n * its.floor) / 1000n && mine.floor > (975n * its.floor) / 1000n, 'a step of 2 % lower');
  assert.equal(mine.ceiling, its.ceiling);
});

test('settings that cannot be together are refused, each with its field', () => {
  const faults = (change: object): readonly string[] =>
    (dcaSettings.safeParse({ baseOrderSize: '100', averagingOrderSize: '50', ...change }).error?.issues ?? []).map(({ path }) =>
      path.join('.'),
    );
  assert.deepEqual(faults({ dealsPerPair: 3, dealsAtOnce: 2, dealStepPercent: '1' }), ['dealsPerPair']);
  assert.deepEqual(faults({ dealStepPercent: '1' }), ['dealStepPercent']);
  assert.deepEqual(faults({ dealsPerPair: 2, dealsAtOnce: 2 }), ['dealStepPercent']);
  assert.deepEqual(faults({ dealsPerPair: 199, dealsAtOnce: 199, start: 'command' }), []);
});
