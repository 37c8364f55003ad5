/** Signals at the real engine, vault and exchange: one outcome each, kept with the id, also over a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot, LedgerMatch, SignalOutcome } from '@holdfast/contracts';
import type { Pair } from '@holdfast/domain';
import { engineStore } from '@holdfast/storage';
import { createWorld, pair, type World } from '../simulation/world.ts';

const dcaSettings = {
  start: 'command',
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 1,
  takeProfitPercent: '5',
};
const signalSettings = { size: '100', maxEntryQuote: '200', maxInvestmentQuote: '400' };

async function create(world: World, kind: string, settings: object, id = `make-${kind}`, more: object = {}): Promise<string> {
  const answer = await world.command({
    id,
    command: 'bot-create',
    name: kind,
    kind,
    pair,
    settings: { ...settings },
    start: true,
    ...more,
  });
  assert.ok(answer.ok, JSON.stringify(answer));
  return (answer.result as EngineBot).id;
}

type Ask = Extract<Parameters<World['command']>[0], { command: 'signal' }>['ask'];
async function say(world: World, id: string, bots: string[], ask: Ask, instrument: string | null = null): Promise<SignalOutcome> {
  const answer = await world.command({ id, command: 'signal', bots, source: 'alert', instrument, price: null, ask });
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.result as SignalOutcome;
}

const orders = (world: World, bot: string): number =>
  (world.db.prepare('select count(*) as many from orders where bot = ?').get(bot) as { many: number }).many;
const said = (world: World, bot: string): readonly string[] =>
  (
    world.db.prepare("select text from log where bot = ? and text like 'Signal %' order by seq").all(bot) as { text: string }[]
  ).map(({ text }) => text);

const start: Ask = { kind: 'commands', commands: ['start-deal'] };
const enter: Ask = { kind: 'enter', direction: 'long', size: null, limit: null, exits: { targets: null, stop: null } };

test('a DCA message starts the deal of a DCA bot, once for one id', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const bot = await create(world, 'dca', dcaSettings);
  await world.play(10_000);
  assert.equal((await say(world, 's1', [bot], start)).code, null);
  assert.equal((await say(world, 's1', [bot], start)).code, null, 'the first answer again');
  await world.play(10_000);
  const placed = orders(world, bot);
  assert.ok(placed >= 1);
  const second = await say(world, 's2', [bot], start);
  assert.equal(second.code, 'signal-not-now');
  assert.match(second.reason, /start-deal: Deal 1 is open/);
  assert.equal((await say(world, 's3', [bot], enter)).code, 'signal-unsupported');
  await world.play(2_000);
  assert.equal(said(world, bot).length, 3, 'each has its line in the log of the bot');
});

test('a start message waits for no condition but for the pause, and is a signal where the start conditions name one', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const bot = await create(world, 'dca', { ...dcaSettings, cooldownSeconds: 600 });
  await world.play(10_000);
  assert.equal((await say(world, 's1', [bot], start)).reason, 'starts a deal');
  await world.play(10_000);
  await world.command({ id: 'close', command: 'bot-action', bot, action: 'close-now' });
  for (const price of [10_000, 10_000, 10_000]) await world.play(price);
  assert.match((await say(world, 's2', [bot], start)).reason, /the pause after the last deal has \d+ s left/);
});

test('a signal that a condition waits for is that bot alone its own, and opens its deal', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const waits = { ...dcaSettings, start: 'conditions', startConditions: 'signal start 120s' };
  const bot = await create(world, 'dca', waits);
  const other = await create(world, 'dca', waits, 'make-other');
  await world.play(10_000);
  await world.play(10_000);
  assert.equal(orders(world, bot), 0);
  assert.match((await say(world, 's1', [bot], { kind: 'condition', name: 'other' })).reason, /none of its conditions waits for/);
  assert.equal((await say(world, 's2', [bot], start)).reason, 'signal start; its conditions hold');
  await world.play(10_000);
  assert.ok(orders(world, bot) > 0);
  assert.equal(orders(world, other), 0, 'it has the same condition, and the token is not registered for it');
  const both = await say(world, 'both', [bot, other], start, 'BTCUSDT');
  assert.deepEqual(
    [both.code, both.reason],
    ['signal-pair', `BTCUSDT is traded by bots ${bot}, ${other} of the token; make a token for each`],
  );
  const again = await say(world, 's3', [bot], start);
  assert.deepEqual([again.code, again.reason], ['signal-not-now', 'start-deal: Deal 1 is open; a bot has one at a time.']);
});

test('a message starts the trailing of a deal that is in profit, and of no other', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const bot = await create(world, 'dca', { ...dcaSettings, start: 'at-once', trailingPercent: '0.5' });
  const trail: Ask = { kind: 'start-trailing' };
  for (const price of [10_000, 10_000, 10_000]) await world.play(price);
  assert.match((await say(world, 's1', [bot], trail)).reason, /is not in profit before/);
  await world.play(10_200);
  assert.equal((await say(world, 's2', [bot], trail)).reason, 'trails deal 1 from now');
  for (const price of [10_130, 10_120, 10_120]) await world.play(price);
  const [{ deals } = { deals: { closed: 0 } }] = (await list(world)) as readonly EngineBot[];
  assert.equal(deals.closed, 1);
});

test('a message names one of several deals of a pair; what names none of them adds no funds', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const settings = { ...dcaSettings, dealsAtOnce: 2, dealsPerPair: 2, trailingPercent: '0.5' };
  const bot = await create(world, 'dca', settings, 'make-dca', { funds: { USDT: '700' } });
  for (const time of ['a', 'b']) {
    await say(world, time, [bot], start);
    for (let n = 0; n < 3; n++) await world.play(10_000);
  }
  const add = (id: string, more: object = {}) => say(world, id, [bot], { kind: 'add-funds', quote: '50', limit: null, ...more });
  const none = await add('s1');
  assert.deepEqual([none.code, none.reason], ['signal-not-now', 'add-funds: Name the deal: open are 1, 2 on BTC/USDT.']);
  const gone = await add('s2', { deal: 2376446537 });
  assert.deepEqual([gone.code, gone.reason], ['signal-not-now', 'add-funds: Deal 2376446537 is not open on BTC/USDT.']);
  assert.equal((await add('s3', { deal: 2 })).reason, 'command add-funds of deal 2');
  for (let n = 0; n < 3; n++) await world.play(10_000);
  const spent = () =>
    world.db.prepare("select number, spent from deals where bot = ? and status = 'open' order by number").all(bot) as {
      number: number;
      spent: string;
    }[];
  const [first, second] = spent();
  assert.ok(Number(second?.spent) > Number(first?.spent) + 40, 'the second alone has them');
  await world.play(10_200);
  assert.match((await say(world, 's4', [bot], { kind: 'start-trailing', deal: 9 })).reason, /deal 9 is not open on BTC\/USDT/);
  assert.equal((await say(world, 's5', [bot], { kind: 'start-trailing', deal: 1 })).reason, 'trails deal 1 from now');
  const cancel: Ask = { kind: 'commands', commands: ['cancel-deal'], deal: 2 };
  assert.equal((await say(world, 's6', [bot], cancel)).reason, 'command cancel-deal of deal 2');
  for (let n = 0; n < 3; n++) await world.play(10_200);
  assert.deepEqual(
    spent().map(({ number }) => number),
    [1],
  );
  assert.equal(said(world, bot).length, 8, 'refusals have their line in the log too');
});

test('the pair of the message says which registered bot it is for; others are refused with what there is', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const bot = await create(world, 'signal', signalSettings);
  await world.play(10_000);
  assert.match((await say(world, 's1', [bot], enter, 'DOGEUSDT')).reason, /DOGEUSDT is not registered; there is BTC\/USDT/);
  assert.equal((await say(world, 's2', [bot], enter, 'BTCUSDT.P')).code, 'signal-pair');
  assert.equal((await say(world, 's3', ['gone'], enter)).code, 'signal-bot-unknown');
  assert.equal(orders(world, bot), 0);
  assert.match((await say(world, 's4', [bot, 'gone'], enter, 'BTCUSDT')).reason, /^enters long/);
  await world.play(10_000);
  assert.equal(orders(world, bot), 1);
  assert.match((await say(world, 's5', [bot], { kind: 'disable', open: 'close' }, 'BTC/USDT')).reason, /closes the position/);
  await world.play(10_000);
  assert.equal(orders(world, bot), 2);
  const { status, deals } = ((await list(world)) as readonly EngineBot[])[0] as EngineBot;
  assert.deepEqual([status, deals], ['stopped', { open: 0, closed: 1 }]);
});

async function list(world: World): Promise<unknown> {
  const answer = await world.command({ id: 'list', command: 'bot-list' });
  return answer.ok ? answer.result : [];
}

test('one signal bot trades several pairs: the message names which, and as many positions open as may be, also after a restart', async (t) => {
  const others = ['ETH/USDT', 'SOL/USDT'] as unknown as readonly Pair[];
  const world = await createWorld(() => false, undefined, undefined, { others });
  t.after(() => world.close());
  const prices = new Map(others.map((of) => [of, 10_000]));
  const play = async (): Promise<void> => {
    for (let n = 0; n < 3; n++) await world.play(10_000, undefined, prices);
  };
  await play();
  const settings = { ...signalSettings, positionsAtOnce: 2 };
  const bot = await create(world, 'signal', settings, 'make-signal', { pair: undefined, pairs: [pair, ...others] });
  await play();
  const none = await say(world, 's1', [bot], enter);
  assert.deepEqual([none.code, none.reason], ['signal-pair', 'the message names none of the pairs BTC/USDT, ETH/USDT, SOL/USDT']);
  assert.match((await say(world, 's2', [bot], enter, 'DOGEUSDT')).reason, /DOGEUSDT is not registered; there is BTC\/USDT, ETH/);
  assert.match((await say(world, 's3', [bot], enter, 'ETHUSDT')).reason, /^enters long/);
  assert.match((await say(world, 's4', [bot], enter, 'SOLUSDT')).reason, /^enters long/);
  const third = await say(world, 's5', [bot], enter, 'BTCUSDT');
  assert.deepEqual([third.code, third.reason], ['signal-not-now', '2 positions are open, and no more may be at once']);
  await play();
  await world.restartOn(engineStore(world.db));
  await play();
  const open = () =>
    (
      world.db.prepare("select pair from deals where bot = ? and status = 'open' order by number").all(bot) as { pair: string }[]
    ).map((deal) => deal.pair);
  assert.deepEqual(open(), others);
  assert.equal(
    (await say(world, 's6', [bot], { kind: 'exit', direction: 'long', size: null }, 'ETHUSDT')).reason,
    'closes the long',
  );
  await play();
  assert.match((await say(world, 's7', [bot], enter, 'BTCUSDT')).reason, /^enters long/);
  await play();
  assert.deepEqual(open(), ['SOL/USDT', pair]);
  assert.match((await say(world, 's8', [bot], { kind: 'disable', open: 'close' })).reason, /SOL\/USDT: closes the position/);
  await play();
  assert.deepEqual(open(), []);
  const match = await world.command({ id: 'match', command: 'reconcile' });
  assert.ok(match.ok);
  assert.deepEqual((match.result as LedgerMatch).differences, []);
});
