/** One DCA bot on several pairs: how many deals may be open, whose money they use, and what a person may ask of which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botKinds, dca, dcaPairs } from '@holdfast/bots';
import { dcaSettings } from '@holdfast/contracts';
import { amount, type BotCommand, formatAmount, type Pair } from '@holdfast/domain';
import { names, PairsPlay } from './pairs-play.ts';

const [btc, eth, sol] = names;

test('as many deals open as may at once, each with its share of the money; the rest wait', () => {
  const play = new PairsPlay().begin();
  assert.deepEqual(play.open, [btc, eth]);
  assert.equal(play.state.pool, 0n);
  assert.deepEqual(
    play.closed.map(({ pair }) => pair),
    [],
  );
  const report = dcaPairs.report(play.settings, play.state);
  assert.deepEqual(
    report.deals.map(({ pair, number }) => [pair, number]),
    [
      [btc, 1],
      [eth, 2],
    ],
  );
  assert.match(report.waitingFor, /^2 of at most 2 deals are open; /);
  assert.ok(!play.wakes.some((wake) => 'pair' in wake && wake.pair === sol), 'a pair without a place waits for nothing');
});

test('a deal that ends gives its money back, and the pair that comes next takes the place', () => {
  const play = new PairsPlay().begin();
  play.move(eth, 1030);
  assert.deepEqual(
    play.closed.map(({ pair, ending }) => [pair, ending]),
    [[eth, 'take-profit']],
  );
  assert.deepEqual(play.open, [btc, sol], 'solana comes after the pair that opened last');
  assert.equal(play.state.parts[sol]!.state.deal?.number, 3);
  assert.equal(play.state.parts[eth]!.state.quote, 0n);
  assert.equal(play.quote, play.booked);
  assert.ok(play.quote < play.funds);
});

test('places go round: no pair is asked again before the others were', () => {
  const play = new PairsPlay({ dealsAtOnce: 1 }).begin();
  const opened: Pair[] = [];
  for (let turn = 1; turn <= 5; turn++) {
    opened.push(...play.open);
    play.pass(2000);
    play.move(opened.at(-1)!, 1000 + turn * 30);
    while (play.open.length === 0 && play.wait()) play.settle();
  }
  assert.deepEqual(opened, [btc, eth, sol, btc, eth]);
});

test('a message starts deals on the pair that it names, or on as many pairs as there are places', () => {
  const signal = { id: 's', price: null, ask: { kind: 'commands', commands: ['start-deal'] } } as const;
  const say = (play: PairsPlay, pair?: Pair): string => {
    const event = { kind: 'signal', signal, at: play.at, quotes: play.quotes, ...(pair === undefined ? {} : { pair }) } as const;
    const answer = dcaPairs.hears?.(play.settings, play.state, event);
    play.send(event);
    play.settle();
    return answer?.kind === 'refused' ? answer.reason : 'taken';
  };
  const one = new PairsPlay({ start: 'command' }).begin();
  assert.deepEqual([say(one, sol), one.open], ['taken', [sol]]);
  assert.deepEqual([say(one, sol), one.open], ['start-deal: Deal 1 is open; a bot has one at a time.', [sol]]);
  assert.deepEqual([say(one), one.open], ['taken', [btc, sol]]);
  assert.deepEqual([say(one, eth), one.open], ['start-deal: as many deals are open as may be at once', [btc, sol]]);
  const all = new PairsPlay({ start: 'command', dealsAtOnce: 3 }).begin();
  assert.deepEqual([say(all), all.open], ['taken', [...names]]);
});

test('the pause after a deal is that of its pair alone', () => {
  const play = new PairsPlay({ cooldownSeconds: 3600, dealsAtOnce: 3 }).begin();
  assert.deepEqual(play.open, [...names]);
  play.move(eth, 1030);
  play.move(btc, 1030);
  assert.deepEqual(play.open, [sol]);
  play.pass(3_500_000);
  play.calm();
  assert.deepEqual(play.open, [sol]);
  while (play.open.length < 3) assert.ok(play.wait() && play.settle());
  assert.deepEqual(play.open, [...names]);
});

test('deals at most and losses in a row are counted over all pairs, and stop the bot', () => {
  const play = new PairsPlay({ dealsAtMost: 3 }).begin();
  for (let i = 0; i < 12 && play.open.length > 0; i++) {
    for (const name of names) play.move(name, 1000 + i * 40);
    play.wait();
    play.calm();
  }
  assert.equal(play.closed.length, 3);
  assert.deepEqual(play.open, []);
  const report = dcaPairs.report(play.settings, play.state);
  assert.equal(report.state, 'stopped');
  assert.match(report.waitingFor, /3 deals are done/);
});

test('a stop loss that stops the bot stops every pair of it', () => {
  const play = new PairsPlay({ stopLossPercent: '8', stopAction: 'close-and-stop' }).begin();
  play.move(btc, 900);
  assert.deepEqual(
    names.map((name) => play.state.parts[name]!.state.running),
    [false, false, false],
  );
  assert.deepEqual(play.open, [eth], 'the deal of another pair goes on to its end');
  play.move(eth, 1030);
  assert.deepEqual(play.open, []);
});

test('commands are for one pair, for all, or need their pair named', () => {
  const play = new PairsPlay({ start: 'command' }).begin();
  assert.deepEqual(play.open, []);
  assert.equal(play.command({ name: 'cancel-added' }), 'No deal is open.');
  assert.equal(play.command({ name: 'start-deal' }, sol), null);
  play.settle();
  assert.deepEqual(play.open, [sol]);
  assert.equal(play.command({ name: 'start-deal' }), null);
  play.settle();
  assert.deepEqual(play.open, [btc, sol]);
  assert.match(play.command({ name: 'start-deal' }, eth) ?? '', /2 deals are open, and no more may be at once/);
  const edit: BotCommand = { name: 'edit-deal', changes: { takeProfitPercent: '2' } };
  assert.equal(play.command(edit), `Name the pair: deals are open on ${btc}, ${sol}.`);
  assert.equal(play.command(edit, sol), null);
  assert.match(play.command({ name: 'close-now' }, 'XRP/USDT' as Pair) ?? '', /does not trade XRP/);
  assert.equal(play.command({ name: 'stop' }, btc), null);
  assert.equal(play.command({ name: 'close-now' }, btc), null);
  play.settle();
  assert.deepEqual(play.open, [sol]);
  assert.equal(play.command({ name: 'close-now' }), null);
  play.settle();
  assert.deepEqual(play.open, []);
  assert.equal(play.quote, play.booked);
});

test('funds and mandate are those of the deals that may be open at once', () => {
  const play = new PairsPlay();
  const { settings, quotes } = play;
  const rules = Object.fromEntries([...play.exchanges].map(([name, exchange]) => [name, exchange.rules]));
  const single = settings.parts.map((part) => dca.fundsNeeded(part, rules[part.pair]!, quotes.get(part.pair)!, {})[0]!.amount);
  const [needed] = dcaPairs.fundsNeeded(settings, rules, quotes, {});
  assert.equal(needed!.amount, 2n * single.reduce((most, each) => (each > most ? each : most)));
  const funds = { USDT: amount('1000') };
  const needs = dcaPairs.mandateNeeds(settings, rules, quotes, funds);
  const alone = dca.mandateNeeds(settings.parts[0]!, rules[btc]!, quotes.get(btc)!, { USDT: amount('500') });
  assert.deepEqual(
    needs.pairs.map(({ pair }) => pair),
    [...names],
  );
  assert.deepEqual(needs.pairs[0], alone.pairs[0]);
  assert.equal(needs.openOrders, 2 * alone.openOrders);
  assert.equal(formatAmount(needs.turnover24h), formatAmount(2n * alone.turnover24h));
});

test('one pair is the bot of one pair, state and all; pairs of two quotes are refused', () => {
  const text = dcaSettings.parse({ baseOrderSize: '100', averagingOrderSize: '50' });
  assert.deepEqual(botKinds.dca.readSettings([btc], text), dca.readSettings(btc, text));
  assert.throws(() => botKinds.dca.readSettings([btc, 'ETH/EUR' as Pair], text), /same quote; ETH\/EUR/);
  assert.throws(() => botKinds.dca.readSettings([], text), /a pair or several/);
});
