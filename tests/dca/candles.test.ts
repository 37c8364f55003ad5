/** DCA bots on recorded candles: the crash of 2021-05-19, LUNA, a thin coin. No exception, and the books agree to the last digit. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { dca } from '@holdfast/bots';
import type { DcaSettingsInput } from '@holdfast/contracts';
import { type Amount, amount, divide, formatAmount, priceAmount, quoteOf, ticks, unit } from '@holdfast/domain';
import { ConditionFollower, readCondition } from '@holdfast/indicators';
import { folder, type Minute, markets, minutesOf } from './markets.ts';
import { DcaPlay } from './play.ts';

const variants: readonly (readonly [string, Partial<DcaSettingsInput>])[] = [
  ['as it is', {}],
  [
    'steps, breakeven and a stop that rests, profit put in again',
    {
      takeProfitSteps: '0.6:40, 1.2:30, 2:30',
      stopLossPercent: '6',
      breakevenSteps: 2,
      reinvestPercent: '100',
      riskReductionPercent: '50',
    },
  ],
  [
    'by conditions, averaging from the last buy, trailing both ends',
    {
      start: 'conditions',
      startConditions: 'rsi(14) 5m < 40',
      averagingConditions: 'rsi(7) 1m < 35',
      averagingFrom: 'last',
      trailingPercent: '0.3',
      stopLossPercent: '6',
      stopTrailing: true,
    },
  ],
  [
    'closed by conditions, stop with a timeout, base order at the bid, a day at most',
    {
      baseOrderType: 'limit',
      closeConditions: 'rsi(14) 5m > 60',
      minProfitOf: 'total',
      minProfitPercent: '0.2',
      stopLossPercent: '7',
      stopTimeoutSeconds: 120,
      dealTimeoutSeconds: 86_400,
    },
  ],
  ['profit in what it takes', { profitIn: 'base', stopLossPercent: '8', restsFirst: 'take-profit' }],
];

/** Follows the conditions that the settings name, and fires those that hold and are waited for. */
function followers({ settings }: DcaPlay): ReadonlyMap<string, ConditionFollower> {
  const texts = [settings.startCondition, settings.averagingCondition, settings.closeCondition].filter((text) => text !== null);
  return new Map(texts.map((text) => [text, new ConditionFollower(readCondition(text))]));
}

function through(play: DcaPlay, minute: Minute, conditions: ReadonlyMap<string, ConditionFollower>): void {
  for (const price of minute.path) {
    if (price !== play.exchange.price) play.exchange.move(ticks(price), 100);
    play.settle();
    for (let i = 0; i < 30 && play.fire(); i++) play.settle();
    play.pass(15);
  }
  for (const [text, follower] of conditions)
    if (follower.push(minute) && follower.truth(minute.time + 60_000) === true && play.holds(text)) play.settle();
}

const minutes = 6000;

const cases = markets.flatMap((market) =>
  variants.flatMap(([variant, change]) =>
    (['long', 'short'] as const).map((direction) => ({ ...market, variant, change, direction })),
  ),
);

for (const { name, file, from, rules, sizes, funds, variant, change, direction } of cases) {
  const path = resolve(folder, file);
  const isShort = direction === 'short';
  test(`${name}, ${direction}, ${variant}`, {
    skip: existsSync(path) ? false : `no ${file} beside the repository`,
  }, (context) => {
    const tape = minutesOf(path, Date.parse(from), minutes, rules);
    const price = ticks(tape[0]!.path[0]!);
    const text = {
      ...sizes,
      averagingOrders: 4,
      stepPercent: '0.8',
      stepMultiplier: '1.2',
      takeProfitPercent: '0.8',
      ...change,
      direction,
      ...(isShort && change.profitIn === 'base' ? { profitIn: 'quote' as const } : {}),
    };
    const base = divide(amount(funds) * unit, priceAmount(price, rules), 'down') as Amount;
    const play = new DcaPlay(text, { rules, quote: amount(funds), base, price }).begin();
    const conditions = followers(play);
    for (const minute of tape) through(play, minute, conditions);
    const { state, exchange } = play;
    assert.deepEqual([state.base, state.quote], [exchange.base, exchange.quote]);
    assert.deepEqual(state.orders.map(({ id }) => id).sort(), [...exchange.resting.keys()].sort());
    assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, isShort ? play.funds : 0n);
    assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, isShort ? 0n : play.funds);
    const costs = (state.deal?.held.cost ?? 0n) + state.dust.cost + state.kept.cost;
    assert.equal((isShort ? state.base : state.quote) + costs, play.funds + state.realised);
    const endings = Object.fromEntries(
      Object.entries(Object.groupBy(play.closed, ({ ending }) => ending)).map(([ending, deals]) => [ending, deals?.length]),
    );
    const profit = `${formatAmount(dca.report(play.settings, state).realised)} ${quoteOf(rules.pair)}`;
    context.diagnostic(`${play.closed.length} deals, ${profit}, ${JSON.stringify(endings)}, ${tape.length} minutes`);
    assert.ok(play.intents.length > 3, play.waitingFor);
    play.ask({ name: 'stop' });
    play.ask({ name: 'close-now' });
    for (let n = 0; n < 60 && play.state.deal !== null; n++) play.settle().wait();
    assert.equal(play.state.deal, null, play.waitingFor);
    assert.equal(exchange.resting.size, 0);
  });
}
