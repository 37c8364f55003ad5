import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  type BotEvent,
  type BotId,
  baseOf,
  type EpochMs,
  formatAmount,
  type Intent,
  multiply,
  type OrderEvent,
  type Pair,
  type PairRules,
  priceAmount,
  type Quote,
  type RefusalCode,
  ticks,
  unit,
  type Wake,
} from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { decodeState, encodeState } from '../codec.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { planRebalance } from './plan.ts';
import { type RebalanceSettingsText, readRebalanceSettings } from './settings.ts';
import type { RebalanceState } from './state.ts';
import { initial, planNow, step } from './step.ts';

const names = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const as unknown as readonly [Pair, Pair, Pair];
const rules: Record<Pair, PairRules> = Object.fromEntries(names.map((name) => [name, testRules(name, '0.01', '0.0001', '5')]));
const usdt = baseOf('USDT/X' as Pair);

const settingsOf = (text: Partial<RebalanceSettingsText> = {}) =>
  readRebalanceSettings({
    targets: [
      { pair: 'BTC/USDT', percent: '50' },
      { pair: 'ETH/USDT', percent: '30' },
      { pair: 'SOL/USDT', percent: '10' },
    ],
    cashPercent: '10',
    schedule: '',
    timeZone: 'UTC',
    thresholdPercent: '5',
    checkInterval: '5m',
    minTrade: '10',
    feeOfBuysInQuote: false,
    feePercent: '0.1',
    slippagePercent: '0.3',
    attempts: 3,
    retrySeconds: 3,
    ...text,
  });

type Answer =
  | { readonly kind: 'order-event'; readonly event: OrderEvent }
  | { readonly kind: 'refused'; readonly intent: Intent; readonly code: RefusalCode; readonly reason: string };

/** Several pairs of one account; it throws on what a real one would refuse. */
class Account {
  readonly settings: ReturnType<typeof settingsOf>;
  readonly prices = new Map<Pair, number>([
    [names[0], 60_000_00],
    [names[1], 3_000_00],
    [names[2], 150_00],
  ]);
  readonly balance: Record<string, bigint>;
  readonly arriving: Intent[] = [];
  readonly answers: Answer[] = [];
  readonly said: Answer[] = [];
  /** Base of each coin and quote that the market and fees took. */
  readonly outside: Record<string, bigint> = {};
  readonly given: SubBook;
  state: RebalanceState;
  wakes: readonly Wake[] = [];
  asked = 0;
  at = 1_700_000_000_000;
  #trade = 0;

  constructor(given: SubBook, text: Partial<RebalanceSettingsText> = {}) {
    this.settings = settingsOf(text);
    this.given = given;
    this.balance = { ...given };
    this.state = initial(this.settings, { bot: 'p1' as BotId, rules, allotted: given });
  }

  get quotes(): ReadonlyMap<Pair, Quote> {
    return new Map(
      [...this.prices].map(([pair, price]) => [pair, { pair, last: ticks(price), bid: ticks(price), ask: ticks(price + 1) }]),
    );
  }

  send(body: object): boolean {
    const result = step(this.settings, this.state, { ...body, at: this.at as EpochMs, quotes: this.quotes } as BotEvent);
    if ('unchanged' in result) return false;
    this.state = decodeState<RebalanceState>(encodeState(result.state));
    this.wakes = result.wakes;
    this.arriving.push(...result.intents);
    this.asked += result.intents.length;
    return true;
  }

  /** The oldest intent arrives and is filled by `share` hundredths, or refused. */
  arrive(share: number, code: RefusalCode | null = null): void {
    const intent = this.arriving.shift();
    if (intent === undefined || intent.kind !== 'place-order') return;
    if (code !== null) {
      this.answers.push({ kind: 'refused', intent, code, reason: 'The test refuses it.' });
      return;
    }
    const { pair, side, quantity } = intent;
    const [base, bid] = [baseOf(pair), this.prices.get(pair) as number];
    const price = priceAmount(ticks(side === 'buy' ? bid + 1 : bid), rules[pair] as PairRules);
    const crosses = side === 'buy' ? price <= intent.limit : price >= intent.limit;
    if (multiply(quantity, intent.limit, 'down') < amount('5')) throw new Error('the bot ordered too little');
    if (side === 'sell' && quantity > (this.balance[base] ?? 0n)) throw new Error('the bot sells more than it holds');
    if (side === 'buy' && multiply(quantity, intent.limit, 'up') > (this.balance.USDT ?? 0n))
      throw new Error('the bot spends more than it has');
    const lot = amount('0.0001');
    const filled = (crosses ? ((quantity / lot) * BigInt(share)) / 100n : 0n) * lot;
    const about = { clientOrderId: intent.clientOrderId, pair, side, at: this.at as EpochMs };
    this.#say({ ...about, kind: 'order-accepted', exchangeOrderId: intent.clientOrderId });
    if (filled > 0n) {
      const value = multiply(filled, price, side === 'buy' ? 'up' : 'down');
      const fee = multiply(side === 'buy' ? filled : value, this.settings.fee, 'down');
      const sign = side === 'buy' ? 1n : -1n;
      this.#move(base, sign * filled - (side === 'buy' ? fee : 0n));
      this.#move('USDT', -sign * value - (side === 'buy' ? 0n : fee));
      this.#say({
        ...about,
        kind: 'order-filled',
        tradeId: String(++this.#trade),
        price,
        quantity: filled as Amount,
        filled: filled as Amount,
        complete: filled === quantity,
        fee,
        feeAsset: side === 'buy' ? base : usdt,
        maker: false,
      });
    }
    if (filled < quantity) this.#say({ ...about, kind: 'order-cancelled', cause: 'expired', filled: filled as Amount });
  }

  #move(asset: string, change: bigint): void {
    this.balance[asset] = (this.balance[asset] ?? 0n) + change;
    this.outside[asset] = (this.outside[asset] ?? 0n) - change;
  }

  #say(event: OrderEvent): void {
    this.answers.push({ kind: 'order-event', event });
  }

  deliver(): boolean {
    const answer = this.answers.shift();
    if (answer === undefined) return false;
    this.said.push(answer);
    this.send(answer);
    return true;
  }

  settle(share = 100): this {
    for (;;) {
      while (this.deliver());
      if (this.arriving.length === 0) return this;
      this.arrive(share);
    }
  }

  wait(): boolean {
    const wake = this.wakes.find(({ kind }) => kind === 'time');
    if (wake?.kind !== 'time') return false;
    this.at = Math.max(this.at, wake.at);
    this.wakes = this.wakes.filter((each) => each !== wake);
    return this.send({ kind: 'woken', wake });
  }

  candle(): void {
    const wake = this.wakes.find(({ kind }) => kind === 'candle-close');
    if (wake !== undefined) this.send({ kind: 'woken', wake });
  }

  get shares(): readonly number[] {
    const { rows = [] } = planNow(this.settings, this.state, this) ?? {};
    return rows.map(({ share }) => Math.round(Number((share * 1000n) / unit)) / 10);
  }
}

test('brings what is all cash to its targets, and keeps the buffer', () => {
  const account = new Account({ USDT: amount('10000') });
  account.send({ kind: 'started' });
  account.settle();
  assert.deepEqual(account.shares, [49.9, 29.9, 9.9]);
  assert.ok(account.balance.USDT! >= amount('1000'));
  assert.equal(account.state.run, null);
});

test('sells first, and buys with what has come in', () => {
  const account = new Account({ USDT: amount('0'), BTC: amount('1') });
  account.send({ kind: 'started' });
  assert.deepEqual(
    account.arriving.map((intent) => intent.kind === 'place-order' && `${intent.side} ${intent.pair}`),
    ['sell BTC/USDT'],
  );
  account.settle();
  assert.deepEqual(account.shares, [50, 29.9, 9.9]);
});

test('a share that strays less than the threshold is left alone, one that strays more is not', () => {
  const account = new Account({ USDT: amount('10000') });
  account.send({ kind: 'started' });
  account.settle();
  account.wait();
  const before = account.asked;
  account.prices.set(names[0], 64_000_00);
  account.candle();
  assert.equal(account.asked, before);
  account.prices.set(names[0], 90_000_00);
  account.candle();
  account.settle();
  assert.ok(account.asked > before);
  assert.deepEqual(account.shares, [50, 29.9, 9.9]);
});

test('by time it runs whatever the drift, once for all times that were missed', () => {
  const account = new Account({ USDT: amount('10000') }, { thresholdPercent: '0', schedule: '0 * * * *' });
  account.send({ kind: 'started' });
  assert.equal(account.asked, 0);
  account.at += 5 * 3_600_000;
  account.wait();
  account.settle();
  assert.deepEqual([account.state.runs, account.shares], [1, [49.9, 29.9, 9.9]]);
});

test('the dry run gives the orders and what is left out, and changes nothing', () => {
  const account = new Account({ USDT: amount('1000'), BTC: amount('0.1'), ETH: amount('1'), SOL: amount('0.1') });
  const before = encodeState(account.state);
  const plan = planNow(account.settings, account.state, account)!;
  assert.equal(formatAmount(plan.total), '10015');
  const words = plan.rows.map(({ pair, order, leftOut }) =>
    order === null ? `${pair}: ${leftOut}` : `${pair}: ${order.side} ${Number(order.quantity) / 10_000}`,
  );
  assert.deepEqual(words, [
    'BTC/USDT: sell 0.0165',
    'ETH/USDT: below the smallest trade of the settings',
    'SOL/USDT: buy 6.5435',
  ]);
  assert.equal(encodeState(account.state), before);
  const lacking = new Map([...account.quotes].slice(1));
  assert.equal(planNow(account.settings, account.state, { quotes: lacking }), null);
});

test('targets that do not make the whole, twice the same pair, or two quotes are refused', () => {
  assert.throws(() => settingsOf({ cashPercent: '11' }), /exactly 100 percent/);
  const twice = { pair: 'BTC/USDT', percent: '45' };
  assert.throws(() => settingsOf({ targets: [twice, twice] }), /there twice/);
  assert.throws(() => settingsOf({ targets: [twice, { pair: 'ETH/EUR', percent: '45' }] }), /same quote/);
});

const cents = fc.integer({ min: 0, max: 2_000_000 }).map((count) => (BigInt(count) * 10n ** 16n) as Amount);
const book = fc.record({
  USDT: cents,
  BTC: cents.map((it) => (it / 20_000n) as Amount),
  ETH: cents.map((it) => (it / 1000n) as Amount),
});

test('a plan never sells more than is held, nor buys for more than is there and comes in', () => {
  fc.assert(
    fc.property(book, fc.integer({ min: 1, max: 9_000_000 }), (has, price) => {
      const settings = settingsOf();
      const account = new Account(has);
      account.prices.set(names[0], price);
      const markets = new Map([...account.quotes].map(([pair, quote]) => [pair, { rules: rules[pair] as PairRules, quote }]));
      const plan = planRebalance(settings, has, markets)!;
      let cash: bigint = held(has, usdt);
      for (const { pair, order } of plan.rows) {
        if (order === null) continue;
        const quantity = BigInt(order.quantity) * amount('0.0001');
        const value = multiply(quantity, priceAmount(order.limit, rules[pair] as PairRules), 'up');
        if (order.side === 'sell') assert.ok(quantity <= held(has, baseOf(pair)));
        cash += order.side === 'sell' ? value : -value;
      }
      assert.ok(cash >= 0n);
    }),
    { numRuns: 500 },
  );
});

test('random order flow: conserved, inside holdings and funds, every run ends, a replay changes nothing', () => {
  const act = fc.record({
    act: fc.constantFrom('arrive', 'arrive', 'deliver', 'deliver', 'deliver', 'wait', 'candle', 'move', 'command', 'halt'),
    by: fc.integer({ min: 0, max: 100 }),
  });
  const codes: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_TURNOVER', 'E_SIZE'];
  fc.assert(
    fc.property(book, fc.array(act, { minLength: 10, maxLength: 100 }), fc.nat(), (has, acts, cut) => {
      const account = new Account(has);
      account.send({ kind: 'started' });
      for (const { act: does, by } of acts) {
        if (does === 'arrive') account.arrive(by, by < 10 ? codes[by % 4]! : null);
        else if (does === 'deliver') account.deliver();
        else if (does === 'wait') account.wait();
        else if (does === 'candle') account.candle();
        else if (does === 'move')
          account.prices.set(names[by % 3]!, Math.max(100, Math.round(account.prices.get(names[by % 3]!)! * (0.5 + by / 90))));
        else if (does === 'halt') account.send({ kind: 'pair-halted', pair: names[by % 3], halted: by > 50 });
        else account.send({ kind: 'command', command: { name: ['start-deal', 'stop', 'resume', 'cancel-deal'][by % 4] } });
      }
      for (const pair of names) account.send({ kind: 'pair-halted', pair, halted: false });
      for (let i = 0; i < 40 && (i === 0 || account.state.run !== null); i++) {
        account.settle();
        if (account.state.run !== null) assert.ok(account.wait(), 'a run that goes on has a time');
      }
      account.settle();
      const { state, balance, outside } = account;
      assert.equal(state.run, null, 'every run ends');
      assert.deepEqual(state.orders, []);
      for (const asset of ['USDT', 'BTC', 'ETH', 'SOL']) {
        assert.equal(state.book[asset] ?? 0n, balance[asset] ?? 0n, `G3 ${asset}`);
        assert.ok((balance[asset] ?? 0n) >= 0n);
        assert.equal((balance[asset] ?? 0n) + (outside[asset] ?? 0n), account.given[asset] ?? 0n);
      }
      // G5: what the deals say went in and out is what went in and out.
      if (state.dealsClosed === state.closed.length) {
        const flow = state.closed.reduce((sum, { proceeds, spent }) => sum + proceeds - spent, 0n);
        assert.equal((state.book.USDT ?? 0n) - (account.given.USDT ?? 0n), flow);
        assert.equal(
          state.realised,
          state.closed.reduce((sum, { profit }) => sum + profit, 0n),
        );
      }
      assert.equal(new Set(state.closed.map(({ number }) => number)).size, state.closed.length);
      const [before, asked] = [encodeState(state), account.asked];
      for (const answer of account.said.slice(0, cut % (account.said.length + 1))) account.send(answer);
      assert.deepEqual([encodeState(account.state), account.asked], [before, asked]);
    }),
    { numRuns: 500 },
  );
});
