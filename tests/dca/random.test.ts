/**
 * Random settings that the schema takes, before random markets, fills, refusals, cancels, commands and restarts:
 * conserved, inside funds and holdings, nothing forgotten, and every deal ends or says what it waits for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dca, encodeState } from '@holdfast/bots';
import { type DcaSettingsInput, dcaSettings } from '@holdfast/contracts';
import { amount, type BotCommand, formatAmount, type RefusalCode, type SignalAsk, ticks } from '@holdfast/domain';
import fc from 'fast-check';
import { DcaPlay, rules } from './play.ts';

const one = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);

type Direction = 'long' | 'short';
/** The asset that deals of the direction take, in which they may keep their profit too. */
const taken = { long: 'base', short: 'quote' } as const;

const anySettings: fc.Arbitrary<Partial<DcaSettingsInput>> = fc
  .record({
    start: one('at-once' as const, 'at-once' as const, 'conditions' as const, 'command' as const),
    delay: one(0, 0, 30),
    size: one(['100', 'quote'], ['0.012', 'base'], ['20', 'percent']),
    averaging: one(['50', 'quote'], ['0.004', 'base'], ['10', 'percent']),
    baseOrderType: one('market' as const, 'limit' as const),
    ladder: one(undefined, undefined, '0.8:60, 2:40, 3.5:90'),
    pyramid: one<string | never[]>([], [], '0.3:40, 0.9:30'),
    averagingConditions: one<string | never[]>([], [], 'price 1m > 1'),
    averagingFrom: one('base' as const, 'last' as const),
    takeProfitOf: one('total' as const, 'base' as const),
    takeProfitSteps: one<string | never[]>([], '1:50, 2:50', '0.5:25, 1:25, 1.5:25, 2.5:25'),
    trailingPercent: one('0', '0', '0.4'),
    profitIn: one('quote' as const, 'quote' as const, 'base' as const),
    closeConditions: one<string | never[]>([], [], 'price 1m > 2'),
    minProfitOf: one('none' as const, 'total' as const, 'base' as const),
    stopLossPercent: one('0', '5', '8'),
    stopTimeoutSeconds: one(0, 0, 20),
    stopTrailing: fc.boolean(),
    breakevenSteps: one(0, 0, 1, 2),
    restsFirst: one('stop-loss' as const, 'take-profit' as const),
    stopAction: one('close' as const, 'close-and-stop' as const),
    dealTimeoutSeconds: one(0, 0, 3600),
    dealsAtMost: one(0, 0, 3),
    lossesAtMost: one(0, 2),
    maxPrice: one('0', '0', '10500'),
    minPrice: one('0', '9000'),
    minPricePercent: one('0', '0', '85'),
    maxPricePercent: one('0', '0', '110'),
    reinvestPercent: one('0', '100'),
    riskReductionPercent: one('0', '50'),
    feeAsset: one('base' as const, 'quote' as const, 'third' as const),
  })
  .map(({ start, delay, size, averaging, ladder, closeConditions, minProfitOf, ...rest }): Partial<DcaSettingsInput> => {
    const conditional = start === 'conditions' ? { startConditions: 'price 1m > 0', startDelaySeconds: delay } : {};
    const closes = closeConditions.length > 0;
    const hasStop = rest.stopLossPercent !== '0';
    const steps = closes || rest.profitIn === 'base' ? [] : rest.takeProfitSteps;
    return {
      ...rest,
      ...conditional,
      start,
      baseOrderSize: size[0] as string,
      baseOrderSizeIn: size[1] as 'quote',
      averagingOrderSize: averaging[0] as string,
      averagingOrderSizeIn: ladder === undefined ? (averaging[1] as 'quote') : 'quote',
      // Its sizes are in quote here.
      pyramid: ladder === undefined && averaging[1] !== 'quote' ? [] : rest.pyramid,
      ...(ladder === undefined ? {} : { ladder }),
      averagingFrom: rest.averagingConditions.length > 0 ? rest.averagingFrom : 'base',
      closeConditions: rest.profitIn === 'base' ? [] : closeConditions,
      minProfitOf: closes && rest.profitIn === 'quote' ? minProfitOf : 'none',
      takeProfitSteps: steps,
      trailingPercent: closes || rest.profitIn === 'base' ? '0' : rest.trailingPercent,
      stopTimeoutSeconds: hasStop ? rest.stopTimeoutSeconds : 0,
      stopTrailing: hasStop && rest.stopTrailing,
      breakevenSteps: hasStop && steps.length > 0 ? Math.min(rest.breakevenSteps, steps.length > 10 ? 2 : 1) : 0,
    } as Partial<DcaSettingsInput>;
  })
  .map((text) => {
    const isScaled = text.baseOrderSizeIn === 'percent' || text.averagingOrderSizeIn === 'percent' || text.profitIn === 'base';
    return isScaled ? { ...text, reinvestPercent: '0', riskReductionPercent: '0' } : text;
  });

/** Of both directions the same settings: where those of a long deal keep their profit in base, those of a short one do in quote. */
const settingsOf = (direction: Direction): fc.Arbitrary<Partial<DcaSettingsInput>> =>
  anySettings.map((text) => ({ ...text, direction, profitIn: text.profitIn === 'base' ? taken[direction] : 'given' }));

const percent = fc.integer({ min: 0, max: 100 });
const command: fc.Arbitrary<BotCommand> = fc.oneof(
  fc.record({
    name: one('start-deal', 'stop', 'resume', 'close-now', 'cancel-deal', 'cancel-added'),
  }) as fc.Arbitrary<BotCommand>,
  fc.record({
    name: fc.constant('add-funds' as const),
    amount: one(amount('4'), amount('30'), amount('120')),
    limit: one(null, amount('9800'), amount('10050.5'), amount('0.001')),
  }),
  fc.record({ name: fc.constant('close-step' as const), step: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    name: fc.constant('edit-deal' as const),
    changes: one(
      { takeProfitPercent: '0.6' },
      { trailingPercent: '0.3' },
      { trailingPercent: '0' },
      { stopLossPercent: '6' },
      { stopLossPercent: '0' },
      { averagingOrders: 5 },
      { averagingOrders: 1 },
      { averagingOrders: 2, stopLossPercent: '7' },
    ),
  }),
);

const asked: fc.Arbitrary<SignalAsk> = one<SignalAsk>(
  { kind: 'start-trailing' },
  { kind: 'commands', commands: ['start-deal'] },
  { kind: 'condition', name: 'go' },
);

type Act =
  | { readonly act: 'arrive'; readonly fate: number; readonly share: number }
  | { readonly act: 'deliver'; readonly twice: boolean }
  | { readonly act: 'move'; readonly by: number; readonly share: number }
  | { readonly act: 'fire' | 'wait' | 'holds' | 'halt' | 'restart' | 'settle' }
  | { readonly act: 'pass'; readonly seconds: number }
  | { readonly act: 'expire'; readonly index: number }
  | { readonly act: 'command'; readonly command: BotCommand }
  | { readonly act: 'signal'; readonly ask: SignalAsk };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('arrive' as const), fate: percent, share: percent }) },
  { weight: 10, arbitrary: fc.record({ act: fc.constant('deliver' as const), twice: fc.boolean() }) },
  {
    weight: 9,
    arbitrary: fc.record({ act: fc.constant('move' as const), by: fc.integer({ min: -300, max: 300 }), share: percent }),
  },
  {
    weight: 16,
    arbitrary: fc.record({ act: one('fire' as const, 'fire' as const, 'wait' as const, 'holds' as const, 'settle' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ act: one('halt' as const, 'restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const), index: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('command' as const), command }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('signal' as const), ask: asked }) },
);

const refusals: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE', 'E_FROZEN', 'E_DUPLICATE', 'E_BAND'];

function perform(play: DcaPlay, does: Act): void {
  const { exchange } = play;
  switch (does.act) {
    case 'arrive':
      if (does.fate < 7) exchange.arrive({ kind: 'refuse', code: refusals[does.fate] as RefusalCode }, 0);
      else if (does.fate < 9) exchange.arrive({ kind: 'reject' }, 0);
      else if (does.fate < 11)
        exchange.arrive({ kind: 'filter', name: does.fate === 9 ? 'MAX_NUM_ORDERS' : 'MAX_NUM_ALGO_ORDERS' }, 0);
      else exchange.arrive({ kind: does.fate < 16 ? 'unknown' : 'take' }, does.share > 40 ? 100 : does.share);
      return;
    case 'deliver': {
      const last = play.deliver() ? play.delivered.at(-1) : undefined;
      if (!does.twice || last?.kind !== 'order-event') return;
      const before = play.state;
      const isSame = !play.send(last) || encodeState(play.state) === encodeState(before);
      // A price that has moved may be acted on whatever the event is; the order's own facts are counted once.
      if (!isSame) {
        assert.deepEqual([play.state.quote, play.state.base], [before.quote, before.base]);
        assert.equal(play.state.realised, before.realised);
      }
      return;
    }
    case 'move':
      exchange.move(ticks(Math.max(exchange.price + does.by * 100, 10_000)), does.share > 40 ? 100 : does.share);
      return;
    case 'fire':
      play.fire();
      return;
    case 'wait':
      play.wait();
      return;
    case 'holds':
      play.holds();
      return;
    case 'settle':
      play.settle();
      return;
    case 'halt':
      play.send({ kind: 'pair-halted', pair: play.settings.pair, halted: !play.state.halted } as { kind: 'pair-halted' });
      return;
    case 'restart':
      play.send({ kind: 'started' });
      return;
    case 'pass':
      exchange.pass(does.seconds * 1000);
      return;
    case 'expire':
      exchange.expire(does.index);
      return;
    case 'command':
      play.ask(does.command);
      return;
    case 'signal':
      play.send({ kind: 'signal', signal: { id: 's', price: null, ask: does.ask } } as { kind: 'signal' });
      return;
  }
}

function atRest(play: DcaPlay): void {
  play.settle();
  for (let i = 0; i < 30 && play.fire(); i++) play.settle();
  const { state, exchange } = play;
  assert.equal(state.quote, exchange.quote, 'quote');
  assert.equal(state.base, exchange.base, 'base');
  assert.ok(state.quote >= 0n && state.base >= 0n);
  assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort(), 'orders');
  const isShort = play.settings.direction === 'short';
  const [given, taken] = isShort ? [state.base, state.quote] : [state.quote, state.base];
  const held = (state.deal?.held.quantity ?? 0n) + state.dust.quantity + state.kept.quantity;
  assert.equal(held, taken, 'D3');
  const costs = (state.deal?.held.cost ?? 0n) + state.dust.cost + state.kept.cost;
  // A fee in a third asset is counted in costs and proceeds, and leaves no quote.
  if (play.settings.feeAsset !== 'third') assert.equal(given + costs, play.funds + state.realised, 'profit');
  assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, isShort ? play.funds : 0n);
  assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, isShort ? 0n : play.funds);
  const told = play.closed.reduce((sum, { profit }) => sum + profit, 0n);
  const { deal, realised } = dca.report(play.settings, state);
  assert.equal(realised, told + (deal?.realised ?? 0n), 'the report counts in quote what its deals did');
  assert.ok(play.waitingFor.length > 10);
  if (state.deal === null) return;
  const hasHope = state.halted || exchange.resting.size > 0 || play.wakes.length > 0;
  assert.ok(hasHope, `deal ${state.deal.number} is stuck: ${play.waitingFor}`);
}

/** With an exchange that takes and fills everything, a deal comes to its end: the price goes far to the side of profit. */
function comesToAnEnd(play: DcaPlay): void {
  if (play.state.halted) play.send({ kind: 'pair-halted', pair: play.settings.pair, halted: false } as { kind: 'pair-halted' });
  play.ask({ name: 'stop' });
  for (let i = 0; play.state.deal !== null && i < 80; i++) {
    play.tick(play.settings.direction === 'short' ? 900 - i * 8 + (i % 2) * 20 : 110_000 + i * 600 - (i % 2) * 1600);
    if (play.settings.closeCondition !== null) play.holds(play.settings.closeCondition);
    play.settle();
    play.wait();
    play.settle();
  }
  assert.equal(play.state.deal, null, play.waitingFor);
  assert.equal(play.exchange.resting.size, 0);
}

/** Runs of each property; more by hand: HOLDFAST_DCA_RUNS=20 plays twenty times as many. */
const times = Number(process.env.HOLDFAST_DCA_RUNS ?? 1);

/** How many OCOs, stops and orders the exchange lets rest on the pair. */
const filters = one(
  { maxOrderLists: 0, maxAlgoOrders: 5 },
  { maxOrderLists: 20, maxAlgoOrders: 5 },
  { maxOrderLists: 20, maxAlgoOrders: 5 },
  { maxOrderLists: 20, maxAlgoOrders: 2 },
  { maxOrderLists: 20, maxAlgoOrders: 5, maxOrders: 6 },
  { maxOrderLists: 0, maxAlgoOrders: 0 },
);

interface Played {
  readonly text: Partial<DcaSettingsInput>;
  readonly acts: readonly Act[];
  readonly filter: { readonly maxOrderLists: number; readonly maxAlgoOrders: number; readonly maxOrders?: number };
}

const playOf = (direction: Direction, maxLength = 100): fc.Arbitrary<Played> =>
  fc.record({ text: settingsOf(direction), acts: fc.array(act, { minLength: 20, maxLength }), filter: filters });

const replayed = ({ acts, text, filter }: Played): DcaPlay => {
  const play = new DcaPlay(text, { quote: amount('700'), base: amount('0.07'), rules: { ...rules, ...filter } });
  play.send({ kind: 'started' });
  for (const does of acts) perform(play, does);
  return play;
};

for (const direction of ['long', 'short'] as const) {
  test(`${direction}: random settings are ones that the schema takes`, () => {
    fc.assert(
      fc.property(settingsOf(direction), (text) => {
        const parsed = dcaSettings.safeParse({ baseOrderSize: '100', averagingOrderSize: '50', averagingOrders: 3, ...text });
        assert.deepEqual(parsed.error?.issues ?? [], []);
      }),
    );
  });

  test(`${direction}: random order flow under random settings`, () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(playOf(direction, 160), (played) => {
        const play = replayed(played);
        atRest(play);
        comesToAnEnd(play);
        atRest(play);
        for (const { profit, proceeds, cost, ending } of play.closed) {
          assert.equal(profit, proceeds - cost);
          met.add(ending);
        }
        for (const intent of play.intents)
          met.add(intent.kind === 'place-order' ? `${intent.side} ${intent.order}` : intent.kind);
      }),
      { numRuns: 1500 * times },
    );
    const stop = direction === 'short' ? 'buy stop-limit' : 'sell stop-limit';
    const together = direction === 'short' ? [] : ['place-oco'];
    const orders = ['buy ioc', 'buy limit', 'cancel-order', ...together, 'sell ioc', 'sell limit', stop];
    const endings = ['cancelled', 'closed', 'condition', 'no-entry', 'stop-loss', 'take-profit', 'timed-out'];
    assert.deepEqual([...met].filter((each) => each !== 'too-small').sort(), [...orders, ...endings].sort(), 'all of it was met');
  });

  test(`${direction}: the same events give the same orders and the same state`, () => {
    fc.assert(
      fc.property(playOf(direction), (played) => {
        const [once, again] = [replayed(played), replayed(played)];
        const shown = (play: DcaPlay): unknown =>
          play.intents.map((intent) =>
            'limit' in intent ? `${intent.clientOrderId} ${formatAmount(intent.limit)}` : intent.clientOrderId,
          );
        assert.deepEqual(shown(again), shown(once));
        assert.equal(encodeState(again.state), encodeState(once.state));
      }),
      { numRuns: 100 * times },
    );
  });

  test(`${direction}: order events of any prefix once more move no money and ask for nothing new`, () => {
    fc.assert(
      fc.property(playOf(direction), fc.nat(), (played, cut) => {
        const play = replayed(played);
        play.settle();
        for (let i = 0; i < 30 && play.fire(); i++) play.settle();
        play.pass(0);
        // A price that moved while it waits for a time is looked at with the next event, whatever that is.
        for (let i = 0; i < 5; i++) {
          play.send({ kind: 'woken', wake: { kind: 'time', at: play.exchange.at } } as { kind: 'woken' });
          play.settle();
          for (let n = 0; n < 30 && play.fire(); n++) play.settle();
        }
        const before = encodeState(play.state);
        const said = play.delivered.filter((answer) => answer.kind === 'order-event' && answer.event.kind !== 'cancel-rejected');
        const asked = play.intents.length;
        for (const answer of said.slice(0, cut % (said.length + 1))) play.send(answer);
        assert.equal(play.intents.length, asked);
        assert.equal(encodeState(play.state), before);
      }),
      { numRuns: 300 * times },
    );
  });
}
