import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeState, encodeState, orderName } from '@holdfast/bots';
import {
  type Amount,
  type Asset,
  amount,
  asset,
  type BotId,
  baseOf,
  type EpochMs,
  formatAmount,
  type Intent,
  multiply,
  type Pair,
  type PlaceOrder,
  pair,
  quoteOf,
} from '@holdfast/domain';
import fc from 'fast-check';
import { type AccountState, guard } from '../guard.ts';
import { exposureOf, type GuardView, judgeGuards } from './judge.ts';
import { dealOf, isDealStart, meaningOf } from './order.ts';
import { type GuardSettingsText, readGuardSettings } from './settings.ts';
import {
  crashFloor,
  dealClosed,
  type GuardState,
  guardsAtFirst,
  minuteClosed,
  pauseOf,
  priceSaid,
  resumed,
  today,
} from './state.ts';

const off: GuardSettingsText = {
  blackList: [],
  maxExposurePerCoin: '0',
  maxDeals: 0,
  crashPercent: '0',
  crashMinutes: 10,
  crashPauseMinutes: 60,
  crashScope: 'account',
  crashCloses: false,
  maxDailyLoss: '0',
  dailyLossCloses: false,
  haltCloses: false,
};
const minute = 60_000;
const usdt = asset('USDT');
const btc = pair('BTC/USDT');
const prices: Readonly<Record<string, string>> = { USDT: '1', BTC: '100', ETH: '10', DOGE: '1' };
const priceOf = (of: Asset): Amount | undefined => (prices[of] === undefined ? undefined : amount(prices[of]));

type Role = Parameters<typeof orderName>[0]['role'];
const order = (
  bot: string,
  role: Role,
  side: 'buy' | 'sell',
  of: Pair,
  quantity: string,
  limit: string,
  deal = 1,
): PlaceOrder => ({
  kind: 'place-order',
  clientOrderId: orderName({ bot: bot as BotId, deal, role, sequence: 1 }),
  pair: of,
  side,
  order: 'limit',
  quantity: amount(quantity),
  limit: amount(limit),
});

interface Account {
  readonly held?: Readonly<Record<string, string>>;
  readonly deals?: readonly string[];
  readonly state?: GuardState;
  readonly at?: number;
}

const view = (
  text: Partial<GuardSettingsText>,
  { held = {}, deals = [], state = guardsAtFirst, at = 0 }: Account = {},
): GuardView => ({
  settings: readGuardSettings({ ...off, ...text }),
  state,
  at: at as EpochMs,
  quote: usdt,
  deals: () => new Set(deals),
  price: priceOf,
  held: (of) => amount(held[of] ?? '0'),
  buying: () => [],
});

/** An account with enough of everything and no orders. */
const rich = (guards: GuardView): AccountState => ({
  available: () => amount('1000'),
  orders: () => [],
  stops: () => [],
  prices: () => undefined,
  guards,
});
const codeOf = (guards: GuardView, intent: PlaceOrder): string | undefined => judgeGuards(guards, intent)?.code;

test('what an order means follows from its side and its part in the deal', () => {
  const none = () => new Set<string>();
  const rows: readonly (readonly [Role, 'buy' | 'sell', string])[] = [
    ['base', 'buy', 'start'],
    ['base', 'sell', 'start'],
    ['averaging', 'buy', 'more'],
    ['averaging', 'sell', 'more'],
    ['added', 'buy', 'more'],
    ['take-profit', 'sell', 'exit'],
    ['take-profit', 'buy', 'exit'],
    ['stop-loss', 'sell', 'exit'],
    ['close', 'buy', 'exit'],
    ['line', 'buy', 'start'],
    ['line', 'sell', 'exit'],
    ['balance', 'sell', 'exit'],
  ];
  for (const [role, side, meaning] of rows)
    assert.equal(meaningOf(order('a', role, side, btc, '1', '100'), none), meaning, `${role} ${side}`);
  const open = () => new Set(['a-1']);
  assert.equal(
    meaningOf(order('a', 'base', 'buy', btc, '1', '100'), open),
    'more',
    'the rest of an entry that was filled in part',
  );
});

test('a black list holds back all but exits, by coin and by pair', () => {
  const guards = view({ blackList: ['DOGE', 'ETH/USDT'] });
  assert.equal(codeOf(guards, order('a', 'base', 'buy', pair('DOGE/USDT'), '1', '1')), 'guard-black-list');
  assert.equal(codeOf(guards, order('a', 'averaging', 'buy', pair('ETH/USDT'), '1', '10')), 'guard-black-list');
  assert.equal(codeOf(guards, order('a', 'base', 'buy', pair('ETH/BTC'), '1', '0.1')), undefined);
  assert.equal(codeOf(guards, order('a', 'take-profit', 'sell', pair('DOGE/USDT'), '1', '1')), undefined);
});

test('a cap of deals counts those that start in the same step', () => {
  const guards = view({ maxDeals: 2 }, { deals: ['x-7'] });
  const starts = [1, 2].map((deal) => order('a', 'base', 'buy', btc, '0.1', '100', deal));
  const { passed, heldBack } = guard('a' as BotId, rich(guards), starts);
  assert.deepEqual(passed, [starts[0]]);
  assert.equal(heldBack[0]?.code, 'guard-deals');
  assert.match(heldBack[0]?.reason ?? '', /^2 deals are open on the account, which may have 2 at once\.$/);
  assert.equal(codeOf(guards, order('x', 'averaging', 'buy', btc, '0.1', '90', 7)), undefined, 'an open deal goes on');
  assert.equal(codeOf(view({ maxDeals: 1 }, { deals: ['x-7'] }), order('g', 'line', 'buy', btc, '0.1', '90')), undefined);
});

test('exposure that cannot be valued holds back', () => {
  const refusal = judgeGuards(view({ maxExposurePerCoin: '100' }), order('a', 'base', 'buy', pair('ETH/XYZ'), '1', '1'));
  assert.equal(refusal?.code, 'guard-exposure');
  assert.match(refusal?.reason ?? '', /for want of a price/);
});

const roles: readonly Role[] = ['base', 'averaging', 'added', 'take-profit', 'stop-loss', 'close', 'line', 'balance'];
const asked = fc.record({
  bot: fc.constantFrom('a', 'b', 'c', 'd'),
  role: fc.constantFrom(...roles),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  of: fc.constantFrom(btc, pair('ETH/USDT'), pair('ETH/BTC'), pair('DOGE/USDT')),
  quantity: fc.integer({ min: 1, max: 100 }),
  limit: fc.integer({ min: 1, max: 200 }),
  deal: fc.integer({ min: 1, max: 4 }),
});
type Asked = typeof asked extends fc.Arbitrary<infer Each> ? Each : never;
const intentOf = ({ bot, role, side, of, quantity, limit, deal }: Asked): PlaceOrder =>
  order(bot, role, side, of, `${quantity / 100}`, String(limit), deal);

/** An account whose bots trade at their limits at once, or whose orders rest. */
class Traded {
  readonly settings: Partial<GuardSettingsText>;
  readonly held = new Map<Asset, bigint>();
  readonly open: PlaceOrder[] = [];
  readonly deals = new Set<string>();
  state: GuardState;
  at: number;

  constructor(settings: Partial<GuardSettingsText>, state: GuardState, at: number) {
    this.settings = settings;
    this.state = state;
    this.at = at;
  }

  get guards(): GuardView {
    return {
      ...view(this.settings, { state: this.state, at: this.at }),
      deals: () => this.deals,
      held: (of) => (this.held.get(of) ?? 0n) as Amount,
      buying: (coin) =>
        this.open
          .filter(({ pair: of, side }) => side === 'buy' && baseOf(of) === coin)
          .map(({ pair: of, quantity, limit }) => ({ asset: quoteOf(of), amount: multiply(quantity, limit, 'up') })),
    };
  }

  take(intent: PlaceOrder, fills: boolean): void {
    const deal = dealOf(intent);
    if (isDealStart(intent) && deal !== null) this.deals.add(deal);
    if (!fills) {
      this.open.push(intent);
      return;
    }
    const change = intent.side === 'buy' ? intent.quantity : -intent.quantity;
    const coin = baseOf(intent.pair);
    const left = (this.held.get(coin) ?? 0n) + change;
    this.held.set(coin, left < 0n ? 0n : left);
  }
}

const tripped: GuardState = {
  ...guardsAtFirst,
  pauses: [{ pair: btc, at: 0 as EpochMs, until: (1000 * minute) as EpochMs, from: amount('2'), to: amount('1') }],
  day: { number: 0, results: { USDT: amount('-100') }, stopped: true },
};
const anySettings = fc.record({
  blackList: fc.subarray(['DOGE', 'ETH/USDT', 'BTC', 'USDT']),
  maxExposurePerCoin: fc.integer({ min: 0, max: 300 }).map(String),
  maxDeals: fc.integer({ min: 0, max: 3 }),
  crashPercent: fc.constantFrom('0', '5'),
  crashScope: fc.constantFrom('account' as const, 'pair' as const),
  maxDailyLoss: fc.constantFrom('0', '50'),
});

test('an exit is never held back, whatever is set and whatever happened (G3)', () => {
  fc.assert(
    fc.property(anySettings, asked, fc.boolean(), (settings, each, isTripped) => {
      const intent = intentOf(each);
      const guards = view(settings, {
        state: isTripped ? tripped : guardsAtFirst,
        deals: ['a-1'],
        held: { ETH: '1000', BTC: '1000' },
      });
      if (meaningOf(intent, guards.deals) === 'exit') assert.equal(judgeGuards(guards, intent), undefined);
    }),
    { numRuns: 2000 },
  );
});

test('a cancel passes and the rest of the step with it', () => {
  const guards = view({ blackList: ['BTC'], maxDailyLoss: '50' }, { state: tripped });
  const cancel: Intent = {
    kind: 'cancel-order',
    clientOrderId: order('a', 'base', 'buy', btc, '1', '1').clientOrderId,
    pair: btc,
  };
  const exit = order('a', 'close', 'sell', btc, '1', '90');
  const { passed, heldBack } = guard('a' as BotId, rich(guards), [order('a', 'base', 'buy', btc, '1', '100'), cancel, exit]);
  assert.deepEqual(passed, [cancel, exit]);
  assert.equal(heldBack.length, 1);
});

test('no buy that enters brings exposure above the cap, whatever the order of bots (G4)', () => {
  let passedOnes = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(asked, fc.boolean()), { maxLength: 40 }), fc.integer({ min: 20, max: 1000 }), (all, cap) => {
      const account = new Traded({ maxExposurePerCoin: String(cap) }, guardsAtFirst, 0);
      for (const [each, fills] of all) {
        // At or above the price of now: below it, what is bought would be worth more than was paid.
        const price = amount(prices[baseOf(each.of)] ?? '1');
        const intent = intentOf(each);
        const of = multiply(intent.limit, priceOf(quoteOf(intent.pair)) as Amount, 'down');
        const isEntry = meaningOf(intent, () => account.deals) !== 'exit';
        if (judgeGuards(account.guards, intent) !== undefined) continue;
        account.take(intent, fills && of >= price);
        if (!isEntry || intent.side === 'sell') continue;
        passedOnes++;
        const exposure = exposureOf(account.guards, baseOf(intent.pair)) as Amount;
        assert.ok(exposure <= amount(String(cap)), `${formatAmount(exposure)} of ${cap} after ${JSON.stringify(each)}`);
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(passedOnes > 300, `${passedOnes} entries passed`);
});

const breaker = readGuardSettings({ ...off, crashPercent: '5', crashMinutes: 10, crashPauseMinutes: 30 });
const closed = (state: GuardState, at: number, high: string, close = high, of = btc) =>
  minuteClosed(breaker, state, of, { at: at * minute, high: amount(high), close: amount(close) });

test('a fall from the highest price of the last minutes pauses, at a price within the minute already', () => {
  let { state } = closed(guardsAtFirst, 1, '100');
  state = closed(state, 2, '99', '98').state;
  assert.equal(formatAmount(crashFloor(breaker, state, btc, 2 * minute)?.price ?? 0n), '95');
  assert.equal(priceSaid(breaker, state, btc, amount('95.01'), (2 * minute + 1) as EpochMs).trip, null);
  const { state: fallen, trip } = priceSaid(breaker, state, btc, amount('95'), (2 * minute + 1) as EpochMs);
  assert.equal(trip?.kind === 'crash' ? formatAmount(trip.pause.from) : '', '100');
  assert.equal(pauseOf(breaker, fallen, pair('ETH/USDT'), 32 * minute)?.pair, btc, 'the whole account pauses');
  assert.equal(pauseOf(breaker, fallen, btc, 32 * minute + 1), undefined, 'until the pause is over');
  assert.equal(priceSaid(breaker, fallen, btc, amount('94'), (3 * minute) as EpochMs).trip, null, 'one fall trips once (H2)');
  assert.notEqual(
    priceSaid(breaker, fallen, btc, amount('90.2'), (3 * minute) as EpochMs).trip,
    null,
    'a further fall trips again',
  );
  assert.equal(
    closed(fallen, 3, '99', '94.5').trip,
    null,
    'the minute of the trip brings its old peak, which does not count again',
  );
});

test('a peak within the minute that goes on counts', () => {
  const said = (state: GuardState, price: string, at: number) => priceSaid(breaker, state, btc, amount(price), at as EpochMs);
  let { state } = said(guardsAtFirst, '100', minute + 1);
  state = said(state, '110', minute + 2).state;
  assert.equal(said(state, '104.6', minute + 3).trip, null);
  assert.notEqual(said(state, '104.5', minute + 3).trip, null);
  assert.equal(said(state, '104.5', 13 * minute).trip, null, 'eleven minutes later it is forgotten');
});

test('a peak older than the window is forgotten', () => {
  let { state } = closed(guardsAtFirst, 1, '100');
  for (let at = 2; at <= 11; at++) state = closed(state, at, '96').state;
  assert.equal(closed(state, 12, '94', '94').trip, null, '6 % below the peak of 11 minutes ago, 2 % below the others');
});

test('a pair pauses alone where that is set', () => {
  const settings = readGuardSettings({ ...off, crashPercent: '5', crashScope: 'pair' });
  const text: Partial<GuardSettingsText> = { crashPercent: '5', crashScope: 'pair' };
  const { state } = priceSaid(settings, closed(guardsAtFirst, 1, '100').state, btc, amount('90'), (2 * minute) as EpochMs);
  const at = 3 * minute;
  assert.equal(codeOf(view(text, { state, at }), order('a', 'base', 'buy', btc, '1', '90')), 'guard-crash');
  assert.equal(codeOf(view(text, { state, at }), order('a', 'base', 'buy', pair('ETH/USDT'), '1', '90')), undefined);
  assert.equal(codeOf(view(text, { state, at }), order('a', 'averaging', 'buy', btc, '1', '90')), undefined, 'open deals go on');
});

const valued = { quote: usdt, price: priceOf };
const loss = readGuardSettings({ ...off, maxDailyLoss: '50' });
const deal = (state: GuardState, quote: string, profit: string, at: number) =>
  dealClosed(loss, state, { quote: asset(quote), profit: amount(profit), at: at as EpochMs }, valued);

test('the losses of a UTC day stop new deals until it is over, in all quotes together', () => {
  const noon = 20_000 * 86_400_000 + 43_200_000;
  let { state } = deal(guardsAtFirst, 'USDT', '-30', noon);
  state = deal(state, 'USDT', '5', noon).state;
  const last = deal(state, 'BTC', '-0.25', noon + 1);
  assert.equal(last.trip?.kind === 'daily-loss' ? formatAmount(last.trip.loss) : '', '50');
  const text = { maxDailyLoss: '50' };
  const start = order('a', 'base', 'buy', btc, '1', '100');
  assert.equal(codeOf(view(text, { state: last.state, at: noon + 2 }), start), 'guard-daily-loss');
  const won = deal(last.state, 'USDT', '500', noon + 3).state;
  assert.equal(codeOf(view(text, { state: won, at: noon + 4 }), start), 'guard-daily-loss', 'H3');
  assert.equal(codeOf(view(text, { state: won, at: noon + 43_200_000 }), start), undefined, 'a new day');
  assert.equal(codeOf(view(text, { state: resumed(last.state), at: noon + 2 }), start), undefined, 'the owner went on');
  assert.equal(today(won, noon + 86_400_000).stopped, false);
});

const happening = fc.oneof(
  fc.record({
    kind: fc.constant('minute' as const),
    at: fc.integer({ min: 1, max: 60 }),
    high: fc.integer({ min: 80, max: 120 }),
    fall: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({
    kind: fc.constant('price' as const),
    at: fc.integer({ min: 1, max: 60 }),
    price: fc.integer({ min: 80, max: 120 }),
  }),
  fc.record({
    kind: fc.constant('deal' as const),
    at: fc.integer({ min: 1, max: 60 }),
    profit: fc.integer({ min: -40, max: 40 }),
  }),
);
type Happening = typeof happening extends fc.Arbitrary<infer Each> ? Each : never;
const both = readGuardSettings({ ...off, crashPercent: '5', maxDailyLoss: '50' });

function happen(state: GuardState, it: Happening): GuardState {
  const at = (it.at * minute) as EpochMs;
  if (it.kind === 'price') return priceSaid(both, state, btc, amount(String(it.price)), at).state;
  if (it.kind === 'deal') return dealClosed(both, state, { quote: usdt, profit: amount(String(it.profit)), at }, valued).state;
  return minuteClosed(both, state, btc, { at, high: amount(String(it.high)), close: amount(String(it.high - it.fall)) }).state;
}

test('written down and read back at any event, the guards remember the same', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (all) => {
      let [through, restarted] = [guardsAtFirst, guardsAtFirst];
      for (const each of all) {
        through = happen(through, each);
        restarted = decodeState<GuardState>(encodeState(happen(restarted, each)));
        assert.deepEqual(restarted, through);
        // H1: candles are read again after a restart.
        if (each.kind === 'minute') assert.deepEqual(happen(restarted, each), through);
      }
    }),
    { numRuns: 300 },
  );
});
