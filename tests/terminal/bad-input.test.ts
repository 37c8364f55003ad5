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

test('every fault is named with its field, all of them at once, and nothing is made', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  await world.play(10_000);
  for (const [n, [what, kind, settings, said]] of cases.entries()) {
    const bot = { kind, ...(kind === 'rebalance' ? {} : { pair }), settings: settings as Record<string, unknown> };
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
    for (const field of Object.keys(said).filter((each) => !each.startsWith('funds.')))
      assert.ok(made.error.reason.includes(field), `${what}: ${field} in "${made.error.reason}"`);
  }
  assert.deepEqual(world.db.prepare('select id from bots').all(), []);
});
