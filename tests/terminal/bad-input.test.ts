/** Settings that cannot work are refused with the field and the reason, all at once, by the check and by the making alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineCheck } from '@holdfast/contracts';
import { createWorld, pair } from '../simulation/world.ts';

const dca = { baseOrderSize: '100', averagingOrderSize: '50' };
const grid = { lowerPrice: '90', upperPrice: '110', lines: 9, amountPerLine: '40' };
const half = {
  targets: [{ pair, percent: '50' }],
  cashPercent: '50',
  schedule: '0 9 * * *',
  thresholdPercent: '0',
  minTrade: '5',
};

/** Kind, settings, and what has to be said of each field; the price is 100 USDT. */
const cases: readonly (readonly [what: string, kind: string, settings: object, said: Readonly<Record<string, RegExp>>])[] = [
  [
    'wrong types, a field left out and unknown fields',
    'dca',
    { baseOrderSize: 100, averagingOrders: '3', stepPercent: 'far', stopTrailing: 'yes', colour: 1, shape: 2 },
    {
      baseOrderSize: /^must be text in quotes/,
      averagingOrderSize: /^is missing$/,
      averagingOrders: /^must be a number without quotes$/,
      stepPercent: /^must be a plain decimal/,
      stopTrailing: /^must be true or false$/,
      colour: /^is not a setting of this kind of bot$/,
      shape: /^is not a setting of this kind of bot$/,
    },
  ],
  [
    'a stop above the last averaging order and shares that are not 100 %',
    'dca',
    { ...dca, averagingOrders: 5, stepPercent: '2', stopLossPercent: '3', takeProfitSteps: '1:40, 2:30' },
    { stopLossPercent: /above the last averaging order/, takeProfitSteps: /exactly 100 percent/ },
  ],
  [
    "amounts under the exchange's minimum",
    'dca',
    { ...dca, baseOrderSize: '1', averagingOrderSize: '2' },
    { baseOrderSize: /1 USDT is below the exchange's smallest of 5/, averagingOrderSize: /2 USDT is below/ },
  ],
  [
    'more than there is',
    'dca',
    { ...dca, baseOrderSize: '9000', averagingOrderSize: '9000' },
    { 'funds.USDT': /are needed, and 10000 USDT/ },
  ],
  [
    'upper below lower',
    'grid',
    { ...grid, lowerPrice: '120', feePercent: '9' },
    { upperPrice: /above the lower price/, feePercent: /from 0 to 5 %/ },
  ],
  [
    'a step smaller than the fee',
    'grid',
    { ...grid, lowerPrice: '99', upperPrice: '101', lines: 41 },
    { lines: /smaller than two fees/ },
  ],
  [
    "a line under the exchange's minimum",
    'grid',
    { ...grid, amountPerLine: '4' },
    { amountPerLine: /below the exchange's smallest/ },
  ],
  [
    'shares and a stop out of range',
    'trade',
    { size: '100', takeProfits: '1%:40, 2%:30', stopLossPercent: '120' },
    { takeProfits: /100 percent/, stopLossPercent: /from 0 to 99 %/ },
  ],
  [
    'target and stop on the wrong side',
    'trade',
    { entry: 'limit', entryPrice: '90', size: '100', takeProfits: [{ price: '80', sharePercent: '100' }], stopLossPrice: '95' },
    { 'takeProfits.0.price': /80 is not above the entry at 90/, stopLossPrice: /95 is not below the entry at 90/ },
  ],
  [
    'targets that are not 100 % and a line that is no schedule',
    'rebalance',
    { ...half, cashPercent: '40', schedule: 'often' },
    { targets: /exactly 100/, schedule: /five fields/ },
  ],
  [
    'minutes that there are not and no such zone beside another fault',
    'recurring',
    { size: '0', schedule: '99 9 * * *', timeZone: 'Mars' },
    { size: /^must be from/, schedule: /^"99" is no minute from 0 to 59/, timeZone: /^must be a time zone such as/ },
  ],
  [
    'a day that never comes, and a zone that no schedule asks for',
    'rebalance',
    { ...half, cashPercent: 'x', schedule: '1 1 31 2 *', timeZone: 'Mars' },
    { cashPercent: /plain decimal/, schedule: /names a day that never comes/, timeZone: /^must be a time zone/ },
  ],
  [
    'conditions beyond their limits',
    'dca',
    {
      ...dca,
      start: 'conditions',
      startConditions: [{ kind: 'time-window', days: [9], from: -1, to: 5000, zone: 'UTC' }],
      averagingConditions: [{ kind: 'indicator', indicator: 'rsi', timeframe: '1h', when: 'less' }, { kind: 'mood' }],
    },
    {
      'startConditions.0.days.0': /^must be at most 6$/,
      'startConditions.0.from': /^must be at least 0$/,
      'startConditions.0.to': /^must be at most 1440$/,
      'averagingConditions.0.than': /^must be a number or the name of a line$/,
      'averagingConditions.1.kind': /^must have the kind indicator, time-window, signal, all, any or not$/,
    },
  ],
  [
    'a purchase of nothing below 0',
    'recurring',
    { size: '0', schedule: '0 9 * * *', maxPrice: '-1' },
    { size: /must be from/, maxPrice: /must be a plain decimal/ },
  ],
  [
    'caps in the wrong order and a word that is no choice',
    'signal',
    { size: '500', maxEntryQuote: '30', maxInvestmentQuote: '20' },
    { maxEntryQuote: /above the most invested/, size: /above the largest entry/ },
  ],
  [
    'a word that is no choice',
    'signal',
    { size: '5', maxEntryQuote: '30', maxInvestmentQuote: '30', direction: 'up' },
    { direction: /must be one of long, short, both/ },
  ],
];

/** Faults of single fields, of fields among each other, of the exchange's rules and of funds, all in one request. */
const mixed: readonly (readonly [
  kind: string,
  settings: object,
  funds: Record<string, string>,
  said: Readonly<Record<string, RegExp>>,
])[] = [
  [
    'dca',
    {
      ...dca,
      baseOrderSize: '1',
      repriceSeconds: 'soon',
      colour: 1,
      stopTrailing: true,
      averagingOrdersActive: 3,
      takeProfitSteps: '1:40, 2:30',
    },
    { USDT: '20', EUR: '5' },
    {
      repriceSeconds: /^must be a (whole )?number/,
      colour: /^is not a setting/,
      stopTrailing: /^needs stopLossPercent$/,
      takeProfitSteps: /exactly 100 percent/,
      baseOrderSize: /1 USDT is below the exchange's smallest of 5/,
      'funds.EUR': /takes no funds in EUR$/,
      'funds.USDT': /20 USDT are given, and [\d.]+ USDT are needed/,
    },
  ],
  [
    // Whether a size is in quote is not known: nothing is said of it.
    'dca',
    { ...dca, averagingOrderSize: '2', averagingOrderSizeIn: 'gold', baseOrderSize: '1', stepPercent: 'far' },
    {},
    { averagingOrderSizeIn: /^must be one of/, stepPercent: /plain decimal/, baseOrderSize: /1 USDT is below/ },
  ],
  [
    'grid',
    { ...grid, lowerPrice: '99', upperPrice: '101', lines: 41, amountPerLine: '4', stopUpperPrice: '100', feeAsset: 'gold' },
    { EUR: '5' },
    {
      feeAsset: /^must be one of/,
      stopUpperPrice: /above the upper price/,
      lines: /smaller than two fees/,
      amountPerLine: /below the exchange's smallest/,
      'funds.EUR': /takes no funds in EUR$/,
    },
  ],
  [
    'trade',
    { entry: 'market', size: '1', takeProfits: '1%:40, 2%:30', stopLossPercent: '120', shape: 2 },
    { EUR: '5' },
    {
      stopLossPercent: /from 0 to 99 %/,
      shape: /^is not a setting/,
      takeProfits: /100 percent/,
      size: /1 USDT is below the exchange's smallest order/,
      'funds.EUR': /takes no funds in EUR$/,
    },
  ],
  [
    'signal',
    { size: '1', maxEntryQuote: '30', maxInvestmentQuote: '30', direction: 'up', stopLossTrailing: true },
    { EUR: '5' },
    {
      direction: /^must be one of long, short, both$/,
      stopLossTrailing: /needs stopLossPercent/,
      size: /An entry of 1 USDT is below the exchange's smallest order of 5 USDT/,
      'funds.EUR': /takes no funds in EUR$/,
    },
  ],
  [
    'recurring',
    { size: '1', purchases: 2, lateSeconds: 0, aboveMaxPrice: 'carry' },
    { USDT: '1', EUR: '5' },
    {
      lateSeconds: /^must be at least 1$/,
      aboveMaxPrice: /^needs maxPrice$/,
      size: /all purchases together are below the exchange's smallest order/,
      'funds.USDT': /1 USDT are given, and [\d.]+ USDT are needed/,
      'funds.EUR': /takes no funds in EUR$/,
    },
  ],
  [
    'rebalance',
    { ...half, schedule: '', minTrade: 'little' },
    { USDT: '20000', EUR: '5' },
    {
      minTrade: /plain decimal/,
      thresholdPercent: /or a schedule must be given/,
      'funds.USDT': /20000 USDT are needed, and 10000 USDT are free/,
      'funds.EUR': /takes no funds in EUR$/,
    },
  ],
];

/** Names and amounts that cannot be read beside faults of the settings: what is no pair has no price, what is no amount no sum. */
const unreadable: readonly (readonly [
  named: { pair: string; funds: Record<string, string> },
  settings: object,
  said: Readonly<Record<string, RegExp>>,
])[] = [
  [
    { pair: 'btc', funds: { USDT: '1,5' } },
    { ...dca, stopTrailing: true, colour: 1 },
    {
      pair: /^"btc" must be BASE\/QUOTE/,
      'funds.USDT': /^"1,5" must be a plain decimal/,
      stopTrailing: /^needs stopLossPercent$/,
      colour: /^is not a setting/,
    },
  ],
  [
    { pair, funds: { USDT: '-3', EUR: '5' } },
    { ...dca, baseOrderSize: '1', stopTrailing: true },
    {
      'funds.USDT': /^must be above 0$/,
      'funds.EUR': /takes no funds in EUR$/,
      stopTrailing: /^needs stopLossPercent$/,
      baseOrderSize: /1 USDT is below the exchange's smallest of 5/,
    },
  ],
];

test('every fault is named with its field, all of them at once, and nothing is made', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  await world.play(10_000);
  const all = [
    ...cases.map(([what, kind, settings, said]) => [what, kind, settings, { pair }, said] as const),
    ...mixed.map(
      ([kind, settings, funds, said]) => [`all sorts of a ${kind} bot`, kind, settings, { pair, funds }, said] as const,
    ),
    ...unreadable.map(([named, settings, said]) => ['what cannot be read', 'dca', settings, named, said] as const),
  ];
  for (const [n, [what, kind, settings, { pair: of, ...more }, said]] of all.entries()) {
    const bot = { kind, ...(kind === 'rebalance' ? {} : { pair: of }), settings: settings as Record<string, unknown>, ...more };
    const answer = await world.command({ id: `check-${n}`, command: 'bot-check', ...bot });
    assert.ok(answer.ok, `${what}: ${JSON.stringify(answer)}`);
    const { faults } = answer.result as EngineCheck;
    for (const [field, reason] of Object.entries(said)) {
      const found = faults.filter((fault) => fault.field === field).map((fault) => fault.reason);
      assert.ok(
        found.some((text) => reason.test(text)),
        `${what}: ${field} of ${JSON.stringify(faults)}`,
      );
    }
    assert.ok(
      faults.every(({ field }) => field !== null && field in said),
      `${what}: ${JSON.stringify(faults)}`,
    );
    const made = await world.command({ id: `create-${n}`, command: 'bot-create', name: what, start: true, ...bot });
    assert.ok(!made.ok, `${what} was made`);
    for (const field of Object.keys(said))
      assert.ok(made.error.reason.includes(field), `${what}: ${field} in "${made.error.reason}"`);
  }
  assert.deepEqual(world.db.prepare('select id from bots').all(), []);
});
