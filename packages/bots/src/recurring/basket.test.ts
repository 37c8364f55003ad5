import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type BotEvent, type BotId, type Pair, type RefusalCode, ticks, type Wake } from '@holdfast/domain';
import { type Answer, ScriptedExchange, testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { decodeState, encodeState } from '../codec.ts';
import type { Basket, BasketState } from './basket.ts';
import { recurringBuys } from './kind.ts';
import type { RecurringSettingsText } from './settings.ts';

const names = ['BTC/USDT', 'ETH/USDT'] as const as unknown as readonly [Pair, Pair];
const purse = amount('1000000');

class Play {
  readonly settings: Basket;
  readonly exchanges = names.map((name) => {
    const rules = testRules(name, '0.01', '0.00001', '5');
    return new ScriptedExchange({
      rules,
      fee: 10n ** 15n,
      feeAsset: 'base',
      price: ticks(100_000),
      base: amount('0'),
      quote: purse,
    });
  });
  readonly delivered: Answer[] = [];
  readonly given: Amount;
  readonly ids = new Set<string>();
  state: BasketState;
  wakes: readonly Wake[] = [];

  constructor(text: Partial<RecurringSettingsText> = {}, given = amount('500')) {
    this.settings = recurringBuys.readSettings([], {
      size: '100',
      basket: [
        { pair: 'BTC/USDT', percent: '70', maxPrice: '0' },
        { pair: 'ETH/USDT', percent: '30', maxPrice: '1050' },
      ],
      schedule: '0 * * * *',
      timeZone: 'UTC',
      maxPrice: '0',
      aboveMaxPrice: 'skip',
      missed: 'once',
      lateSeconds: 60,
      purchases: 0,
      fundedPurchases: 12,
      feeAsset: 'base',
      feePercent: '0.1',
      slippagePercent: '0.3',
      attempts: 3,
      retrySeconds: 3,
      ...text,
    }) as Basket;
    this.given = given;
    const rules = Object.fromEntries(this.exchanges.map((exchange) => [exchange.rules.pair, exchange.rules]));
    this.state = recurringBuys.initial(this.settings, { bot: 'b' as BotId, rules, allotted: { USDT: given } }) as BasketState;
    this.send({ kind: 'started' });
  }

  send(event: { readonly kind: BotEvent['kind'] }): boolean {
    const quotes = new Map(this.exchanges.flatMap((exchange) => [...exchange.quotes]));
    const at = this.exchanges[0]!.at;
    const result = recurringBuys.step(this.settings, this.state, { ...event, at, quotes } as BotEvent);
    if ('unchanged' in result) return false;
    this.state = decodeState<BasketState>(encodeState(result.state));
    this.wakes = result.wakes;
    for (const intent of result.intents) {
      assert.ok(!this.ids.has(intent.clientOrderId), 'U4');
      this.ids.add(intent.clientOrderId);
      this.exchanges.find(({ rules }) => rules.pair === intent.pair)!.submit([intent]);
    }
    return true;
  }

  deliver(index: number): boolean {
    const answer = this.exchanges[index]!.take();
    if (answer === undefined) return false;
    this.delivered.push(answer);
    this.send(answer);
    return true;
  }

  settle(): void {
    for (;;) {
      while (this.deliver(0) || this.deliver(1));
      const next = this.exchanges.find(({ arriving }) => arriving > 0);
      if (next === undefined) return;
      next.arrive({ kind: 'take' }, 100);
    }
  }

  wait(): boolean {
    const wake = this.wakes.find(({ kind }) => kind === 'time');
    if (wake?.kind !== 'time') return false;
    const ms = Math.max(wake.at - this.exchanges[0]!.at, 0);
    for (const exchange of this.exchanges) exchange.pass(ms);
    this.wakes = this.wakes.filter((each) => each !== wake);
    this.send({ kind: 'woken', wake } as { kind: 'woken' });
    return true;
  }

  quoteOf = (index: number): bigint => this.state.parts[names[index]!]!.state.book.USDT ?? 0n;
  spent = (index: number): bigint => purse - this.exchanges[index]!.quote;
}

test('both parts are bought at the same time, each for its share', () => {
  const play = new Play();
  assert.deepEqual([play.quoteOf(0), play.quoteOf(1)], [amount('350'), amount('150')]);
  play.wait();
  play.settle();
  for (const [index, most] of [
    [0, '70'],
    [1, '30'],
  ] as const)
    assert.ok(play.spent(index) > amount(most) - amount('0.02') && play.spent(index) <= amount(most));
  const { dealsClosed, kept, waitingFor } = recurringBuys.report(play.settings, play.state);
  assert.equal(dealsClosed, 2);
  assert.deepEqual(
    kept.map(({ pair }) => pair),
    [...names],
  );
  assert.match(waitingFor, /to buy/);
});

test('a part that is too dear or halted holds up no other, and a command may be for one', () => {
  const play = new Play();
  play.exchanges[1]!.move(ticks(110_000), 100);
  play.wait();
  play.settle();
  assert.equal(play.spent(1), 0n);
  assert.ok(play.spent(0) > 0n);
  assert.equal(recurringBuys.refuses(play.settings, play.state, { name: 'stop' }, names[0]), null);
  play.send({ kind: 'command', command: { name: 'stop' }, pair: names[0] } as { kind: 'command' });
  const before = play.spent(0);
  play.exchanges[1]!.move(ticks(100_000), 100);
  play.wait();
  play.settle();
  assert.deepEqual([play.spent(0), play.spent(1) > 0n], [before, true]);
  assert.match(recurringBuys.refuses(play.settings, play.state, { name: 'stop' }, 'SOL/USDT' as Pair) ?? '', /no SOL/);
});

test('shares that do not make the whole, other pairs besides, and several pairs without a basket are refused', () => {
  const basket = [{ pair: 'BTC/USDT', percent: '70', maxPrice: '0' }];
  assert.throws(() => new Play({ basket }), /exactly 100 percent/);
  const text = { size: '10', schedule: '0 * * * *', timeZone: 'UTC', maxPrice: '0' } as RecurringSettingsText;
  assert.throws(() => recurringBuys.readSettings(names, text), /several pairs need a basket/);
});

test('random order flow: each part keeps to its share, nothing is counted twice, a replay changes nothing', () => {
  const act = fc.record({
    act: fc.constantFrom('arrive', 'arrive', 'deliver', 'deliver', 'deliver', 'wait', 'move', 'halt', 'command'),
    part: fc.nat(1),
    by: fc.integer({ min: 0, max: 100 }),
  });
  const codes: readonly RefusalCode[] = ['E_ORACLE', 'E_RATE', 'E_SIZE', 'E_TURNOVER'];
  fc.assert(
    fc.property(
      fc.constantFrom('skip' as const, 'carry' as const, 'wait' as const),
      fc.array(act, { minLength: 10, maxLength: 80 }),
      fc.nat(),
      (aboveMaxPrice, acts, cut) => {
        const play = new Play({ aboveMaxPrice });
        for (const { act: does, part, by } of acts) {
          const exchange = play.exchanges[part]!;
          if (does === 'arrive') exchange.arrive(by < 8 ? { kind: 'refuse', code: codes[by % 4]! } : { kind: 'take' }, by);
          else if (does === 'deliver') play.deliver(part);
          else if (does === 'wait') play.wait();
          else if (does === 'move') exchange.move(ticks(80_000 + by * 500), 100);
          else if (does === 'halt')
            play.send({ kind: 'pair-halted', pair: names[part], halted: by > 50 } as { kind: 'pair-halted' });
          else
            play.send({
              kind: 'command',
              command: { name: ['start-deal', 'stop', 'resume', 'cancel-deal'][by % 4] },
              ...(by > 50 ? { pair: names[part] } : {}),
            } as { kind: 'command' });
        }
        play.settle();
        for (const [index, share] of [70n, 30n].entries()) {
          const part = (play.given * share) / 100n;
          assert.equal(play.quoteOf(index), part - play.spent(index), 'U3');
          assert.ok(play.quoteOf(index) >= 0n);
          assert.equal(play.state.parts[names[index]!]!.state.held.quantity, play.exchanges[index]!.base);
        }
        const before = encodeState(play.state);
        for (const answer of play.delivered.slice(0, cut % (play.delivered.length + 1))) play.send(answer);
        assert.equal(encodeState(play.state), before);
      },
    ),
    { numRuns: 300 },
  );
});
