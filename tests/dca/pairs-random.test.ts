/**
 * A DCA bot on one to three pairs with one to three deals on each, before random markets, fills, refusals, cancels, commands and
 * restarts: money and coins conserved over all places, none sells what is another's, nothing forgotten, and every deal ends or
 * says what it waits for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dcaPairs, encodeState } from '@holdfast/bots';
import { type DcaSettingsInput, dcaSettings } from '@holdfast/contracts';
import { amount, type BotCommand, type PairRules, type RefusalCode, type SignalAsk, ticks } from '@holdfast/domain';
import fc from 'fast-check';
import { names, PairsPlay } from './pairs-play.ts';

const one = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const percent = fc.integer({ min: 0, max: 100 });
const pair = fc.nat(2);
const deal = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });

const command: fc.Arbitrary<BotCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      name: one('start-deal', 'start-deal', 'stop', 'resume', 'close-now', 'cancel-deal', 'cancel-added', 'release-kept'),
    }) as fc.Arbitrary<BotCommand>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant('add-funds' as const),
      amount: one(amount('4'), amount('30')),
      limit: one(null, amount('960')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant('edit-deal' as const),
      changes: one({ takeProfitPercent: '0.6' }, { averagingOrders: 5 }, { stopLossPercent: '12' }),
    }),
  },
);

type Act =
  | { readonly act: 'arrive'; readonly pair: number; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly pair: number; readonly twice: boolean }
  | { readonly act: 'move'; readonly pair: number; readonly by: number; readonly share: number }
  | { readonly act: 'fire' | 'wait' | 'settle' | 'restart' }
  | { readonly act: 'holds'; readonly which: number }
  | { readonly act: 'halt'; readonly pair: number; readonly on: boolean }
  | { readonly act: 'filters'; readonly pair: number; readonly most: number }
  | { readonly act: 'expire'; readonly pair: number; readonly which: number }
  | { readonly act: 'signal'; readonly pair: number | undefined; readonly ask: SignalAsk }
  | {
      readonly act: 'command';
      readonly command: BotCommand;
      readonly pair: number | undefined;
      readonly deal: number | undefined;
    };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('arrive' as const), pair, fate: percent, share: percent }) },
  { weight: 10, arbitrary: fc.record({ act: fc.constant('deliver' as const), pair, twice: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ act: fc.constant('move' as const), pair, by: fc.integer({ min: -60, max: 60 }), share: percent }),
  },
  { weight: 12, arbitrary: fc.record({ act: one('fire' as const, 'wait' as const, 'settle' as const) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('holds' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('halt' as const), pair, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('filters' as const), pair, most: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const), pair, which: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('signal' as const),
      pair: fc.option(pair, { nil: undefined }),
      ask: one<SignalAsk>(
        { kind: 'commands', commands: ['start-deal'] },
        { kind: 'condition', name: 'go' },
        { kind: 'start-trailing' },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('command' as const), command, pair: fc.option(pair, { nil: undefined }), deal }),
  },
);
const codes: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE'];

/** Pair n of a bot that may have fewer. */
const nth = (play: PairsPlay, n: number) => play.pairs[n % play.pairs.length]!;

function perform(play: PairsPlay, does: Act): void {
  switch (does.act) {
    case 'arrive': {
      const exchange = play.on(nth(play, does.pair));
      if (does.fate < 4) exchange.arrive({ kind: 'refuse', code: codes[does.fate]! }, 0);
      else if (does.fate < 7) exchange.arrive({ kind: 'reject' }, 0);
      else if (does.fate < 9) exchange.arrive({ kind: 'filter', name: 'MAX_NUM_ALGO_ORDERS' }, 0);
      else exchange.arrive({ kind: does.fate < 13 ? 'unknown' : 'take' }, does.share > 40 ? 100 : does.share);
      return;
    }
    case 'deliver': {
      const of = nth(play, does.pair);
      const last = play.deliver(of) ? play.delivered.at(-1) : undefined;
      if (!does.twice || last?.kind !== 'order-event') return;
      const before = [play.booked, play.bookedOn(of)];
      play.send(last);
      assert.deepEqual([play.booked, play.bookedOn(of)], before, 'what was said before is counted once');
      return;
    }
    case 'move': {
      const exchange = play.on(nth(play, does.pair));
      exchange.move(ticks(Math.max(exchange.price + does.by * 100, 20_000)), does.share > 40 ? 100 : does.share);
      return;
    }
    case 'fire':
      play.fire();
      return;
    case 'wait':
      play.wait();
      return;
    case 'settle':
      play.settle();
      return;
    case 'holds': {
      const waited = play.wakes.filter(({ kind }) => kind === 'condition');
      const wake = waited[does.which % Math.max(waited.length, 1)];
      if (wake !== undefined) play.wake(wake);
      return;
    }
    case 'restart':
      play.send({ kind: 'started' });
      return;
    case 'halt':
      play.send({ kind: 'pair-halted', pair: nth(play, does.pair), halted: does.on } as { kind: 'pair-halted' });
      return;
    case 'filters': {
      const exchange: { rules: PairRules } = play.on(nth(play, does.pair));
      exchange.rules = { ...exchange.rules, maxAlgoOrders: does.most };
      play.send({ kind: 'filters-changed', rules: exchange.rules } as { kind: 'filters-changed' });
      return;
    }
    case 'expire':
      play.on(nth(play, does.pair)).expire(does.which);
      return;
    case 'signal': {
      const of: object = does.pair === undefined ? {} : { pair: nth(play, does.pair) };
      play.send({ kind: 'signal', signal: { id: 's', price: null, ask: does.ask }, ...of } as { kind: 'signal' });
      return;
    }
    case 'command':
      play.command(does.command, does.pair === undefined ? undefined : nth(play, does.pair), does.deal);
  }
}

const settings: fc.Arbitrary<Partial<DcaSettingsInput>> = fc
  .record({
    direction: one('long' as const, 'long' as const, 'short' as const),
    dealsPerPair: fc.integer({ min: 1, max: 3 }),
    dealsAtOnce: fc.integer({ min: 1, max: 5 }),
    step: one('0', '1.5'),
    start: one('at-once' as const, 'at-once' as const, 'conditions' as const, 'command' as const),
    startConditions: one('price 1m > 1', 'signal go 60s'),
    startDelaySeconds: one(0, 0, 30),
    stopLossPercent: one('0', '8'),
    stopAction: one('close' as const, 'close-and-stop' as const),
    trailingPercent: one('0', '0', '0.4'),
    takeProfitSteps: one<string | never[]>([], [], '0.5:50, 1.5:50'),
    dealsAtMost: one(0, 0, 4),
    lossesAtMost: one(0, 2),
    cooldownSeconds: one(0, 60),
    reinvestPercent: one('0', '100'),
    baseOrderType: one('market' as const, 'limit' as const),
    keepsTaken: one(false, false, true),
  })
  .map(({ keepsTaken, step, startConditions, startDelaySeconds, dealsAtOnce, ...text }) => ({
    ...text,
    dealsAtOnce: Math.max(dealsAtOnce, text.dealsPerPair),
    dealStepPercent: text.dealsPerPair === 1 ? '0' : text.start === 'at-once' ? '1.5' : step,
    ...(text.start === 'conditions' ? { startConditions, startDelaySeconds } : {}),
    ...(keepsTaken
      ? {
          profitIn: text.direction === 'long' ? ('base' as const) : ('quote' as const),
          reinvestPercent: '0',
          trailingPercent: '0',
          takeProfitSteps: [],
        }
      : {}),
  }));

interface Played {
  readonly text: Partial<DcaSettingsInput>;
  readonly pairs: number;
  readonly acts: readonly Act[];
  readonly filters: { readonly maxAlgoOrders: number; readonly maxOrderLists: number; readonly maxOrders: number };
}

const played = (maxLength: number): fc.Arbitrary<Played> =>
  fc.record({
    text: settings,
    pairs: fc.integer({ min: 1, max: 3 }),
    acts: fc.array(act, { minLength: 20, maxLength }),
    filters: one(
      { maxAlgoOrders: 5, maxOrderLists: 20, maxOrders: 200 },
      { maxAlgoOrders: 2, maxOrderLists: 20, maxOrders: 200 },
      { maxAlgoOrders: 5, maxOrderLists: 0, maxOrders: 12 },
    ),
  });

const isSeveral = ({ text, pairs }: Played): boolean => pairs > 1 || (text.dealsPerPair ?? 1) > 1;

function playOf({ text, pairs, acts, filters }: Played): PairsPlay {
  const play = new PairsPlay(text, amount(text.direction === 'short' ? '0' : '1000'), names.slice(0, pairs), filters);
  play.send({ kind: 'started' });
  for (const does of acts) perform(play, does);
  return play;
}

function conserved(play: PairsPlay): void {
  assert.equal(play.booked, play.quote, 'M1');
  for (const name of play.pairs) {
    const exchange = play.on(name);
    assert.equal(play.bookedOn(name), exchange.base, `base of ${name}`);
    const orders = play.ordersOn(name).map(({ id }) => id as string);
    assert.deepEqual(orders.sort(), [...exchange.resting.keys()].sort(), `orders of ${name}`);
    assert.ok(exchange.resting.size <= exchange.rules.maxOrders, 'M5: MAX_NUM_ORDERS');
  }
}

function atRest(play: PairsPlay): void {
  for (const name of play.pairs) play.send({ kind: 'pair-halted', pair: name, halted: false } as { kind: 'pair-halted' });
  play.calm();
  for (let i = 0; i < 60 && play.pairs.some((name) => play.on(name).arriving > 0); i++) play.calm();
  conserved(play);
  for (const name of play.pairs) {
    if (play.dealsOn(name).length === 0) continue;
    const waits = play.wakes.some((wake) => wake.kind === 'time' || wake.pair === name);
    assert.ok(waits || play.on(name).resting.size > 0, `the deals of ${name} wait for something`);
  }
  const { waitingFor, deals, realised, holdings, dealsClosed } = dcaPairs.report(play.settings, play.state);
  assert.ok(waitingFor.length > 10);
  assert.equal(deals.length, play.open.length);
  const told = play.closed.reduce((sum, { profit }) => sum + profit, 0n) + deals.reduce((sum, deal) => sum + deal.realised, 0n);
  assert.equal(realised, told, 'the report counts in quote what its deals did');
  assert.equal(dealsClosed, play.closed.filter(({ ending }) => ending !== 'no-entry').length);
  const quote = holdings.filter(({ asset }) => asset === 'USDT').reduce((sum, { amount: of }) => sum + of, 0n);
  assert.equal(quote, play.quote - play.released.quote, 'holdings in the report');
}

/** With an exchange that takes and fills everything, all deals come to their end: the prices go far to the side of profit. */
function comesToAnEnd(play: PairsPlay): void {
  play.command({ name: 'stop' });
  const isShort = play.settings.parts[0]!.direction === 'short';
  for (let i = 0; play.open.length > 0 && i < 60; i++) {
    for (const name of play.pairs) play.move(name, isShort ? 300 - i * 2 + (i % 2) * 6 : 2500 + i * 60 - (i % 2) * 160);
    play.wait();
    play.calm();
  }
  assert.deepEqual(play.open, [], dcaPairs.report(play.settings, play.state).waitingFor);
  conserved(play);
}

const times = Number(process.env.HOLDFAST_DCA_RUNS ?? 1);

test('the settings are ones that the schema takes', () => {
  fc.assert(
    fc.property(settings, (text) => {
      const parsed = dcaSettings.safeParse({ baseOrderSize: '100', averagingOrderSize: '50', averagingOrders: 3, ...text });
      assert.deepEqual(parsed.error?.issues ?? [], []);
    }),
  );
});

test('random order flow: conserved over all places, never more deals than may be, nothing forgotten, and all of it ends', () => {
  let deals = 0;
  let together = 0;
  fc.assert(
    fc.property(played(150).filter(isSeveral), fc.nat(), (it, cut) => {
      const play = playOf(it);
      atRest(play);
      if (play.pairs.some((name) => play.dealsOn(name).length > 1)) together++;
      const [quote, base] = [play.quote, play.pairs.map((name) => play.bookedOn(name))];
      for (const answer of play.delivered.slice(0, cut % (play.delivered.length + 1))) play.send(answer);
      if (play.pairs.every((name) => play.on(name).arriving === 0))
        assert.deepEqual(
          [play.booked, play.pairs.map((name) => play.bookedOn(name))],
          [quote, base],
          'a replay counts nothing twice',
        );
      play.calm();
      comesToAnEnd(play);
      deals += play.closed.length;
    }),
    { numRuns: 200 * times },
  );
  assert.ok(deals > 150, `${deals} deals`);
  assert.ok(together > 10, `${together} runs ended with several deals on a pair`);
});

test('the same events give the same orders and the same state', () => {
  fc.assert(
    fc.property(played(80).filter(isSeveral), (it) => {
      const [once, again] = [playOf(it), playOf(it)];
      assert.equal(encodeState(once.state), encodeState(again.state));
      assert.deepEqual(once.wakes, again.wakes);
      assert.deepEqual(once.delivered, again.delivered);
    }),
    { numRuns: 80 * times },
  );
});
