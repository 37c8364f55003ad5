import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dcaSettings } from './dca.ts';

const least = { baseOrderSize: '100', averagingOrderSize: '50' };

const faults = (change: object): readonly string[] =>
  (dcaSettings.safeParse({ ...least, ...change }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

test('what cannot be together is refused with the field and the reason', () => {
  const table: readonly (readonly [object, string])[] = [
    [{ start: 'conditions' }, 'startConditions: must not be empty when deals start by conditions'],
    [{ startConditions: 'rsi 1h < 30' }, 'start: must be "conditions" where start conditions are given'],
    [{ startDelaySeconds: 5 }, 'startDelaySeconds: needs start conditions'],
    [{ start: 'command', minDayVolume: '1' }, 'minDayVolume: is not asked for by deals that start by command'],
    [{ minPrice: '10', maxPrice: '9' }, 'maxPrice: must not be below minPrice'],
    [{ ladder: '2:50, 2:60' }, 'ladder: percents must rise from order to order'],
    [{ ladder: '2:50, 100:60' }, 'ladder: percents must be above 0 and below 100, in short deals below 1000, and sizes above 0'],
    [{ averagingOrders: 0, averagingConditions: 'rsi 1h < 30' }, 'averagingConditions: need at least one averaging order'],
    [{ averagingFrom: 'last' }, 'averagingFrom: must be "base" without averaging conditions'],
    [
      { baseOrderSizeIn: 'percent', baseOrderSize: '60', averagingOrderSizeIn: 'percent', averagingOrderSize: '9' },
      'baseOrderSize: base order and averaging orders take more than 100 percent of the funds together',
    ],
    [{ takeProfitSteps: '1:50, 2:49.99' }, 'takeProfitSteps: shares must make exactly 100 percent together'],
    [
      { takeProfitSteps: '2:50, 1:50' },
      'takeProfitSteps: percents must be above 0, at most 1000, and rise from step to step; shares must be above 0',
    ],
    [{ takeProfitSteps: '1:20, 2:20, 3:20, 4:20, 5:20' }, 'takeProfitSteps: must be at most 4 items'],
    [{ trailingPercent: '1' }, 'trailingPercent: must be smaller than the last target'],
    [
      { closeConditions: 'rsi 1h > 70', trailingPercent: '0.5' },
      'closeConditions: close the whole deal: they cannot be together with takeProfitSteps or trailingPercent',
    ],
    [{ minProfitOf: 'total' }, 'minProfitOf: needs close conditions'],
    [{ minProfitPercent: '1' }, 'minProfitPercent: needs minProfitOf'],
    [
      { profitIn: 'base', trailingPercent: '0.5' },
      'profitIn: base cannot be together with takeProfitSteps, trailingPercent or closeConditions',
    ],
    [
      { stopLossPercent: '5' },
      'stopLossPercent: the stop would lie above the last averaging order; it must be farther from the base order',
    ],
    [{ stopTimeoutSeconds: 5 }, 'stopTimeoutSeconds: needs stopLossPercent'],
    [{ stopTrailing: true }, 'stopTrailing: needs stopLossPercent'],
    [
      { stopLossPercent: '9', takeProfitSteps: '1:50, 2:50', breakevenSteps: 2 },
      'breakevenSteps: must be smaller than the number of take profit steps',
    ],
    [{ dealTimeoutSeconds: 59 }, 'dealTimeoutSeconds: must be 0 or at least 60'],
    [
      { baseOrderSizeIn: 'percent', baseOrderSize: '10', reinvestPercent: '50' },
      'reinvestPercent: and riskReductionPercent scale sizes in quote and base; sizes in percent follow the funds by themselves',
    ],
    [
      { profitIn: 'base', riskReductionPercent: '50' },
      'reinvestPercent: and riskReductionPercent count profit in quote; profitIn is base',
    ],
  ];
  for (const [change, fault] of table) assert.deepEqual(faults(change), [fault]);
});

test('all faults are named at once, of the wrong type, out of limits and impossible together', () => {
  const said = faults({
    averagingOrders: '3',
    stepPercent: '0.001',
    takeProfitSteps: '1:50, 2:49',
    stopLossPercent: '100',
    trailingPercent: '9',
    dealTimeoutSeconds: 1,
    startConditions: 'moon 1h < 3',
    colour: 'red',
  });
  const named = said.map((fault) => fault.slice(0, fault.indexOf(':')).split('.')[0]).sort();
  const fields = [
    'averagingOrders',
    'dealTimeoutSeconds',
    'start',
    'startConditions',
    'stepPercent',
    'stopLossPercent',
    'takeProfitSteps',
  ];
  assert.deepEqual(named, ['', ...fields, 'trailingPercent'].sort());
});

test('lists are taken as arrays, as JSON and as typed', () => {
  const ladder = [
    { percent: '1.5', size: '100' },
    { percent: '3', size: '200' },
  ];
  for (const given of [ladder, JSON.stringify(ladder), '1.5:100, 3:200', '1.5:100;3:200'])
    assert.deepEqual(dcaSettings.parse({ ...least, ladder: given }).ladder, ladder);
  const [first, second, third] = dcaSettings.parse({
    ...least,
    start: 'conditions',
    startConditions: 'rsi(9) 1h < 30; not ema-cross(20, 50) 4h crossing-up 0; macd.macd 1d > signal',
  }).startConditions;
  const rsi = { kind: 'indicator', indicator: 'rsi', parameters: [9], timeframe: '1h', when: 'less', than: 30 };
  assert.deepEqual(first, rsi);
  const cross = {
    kind: 'indicator',
    indicator: 'ema-cross',
    parameters: [20, 50],
    timeframe: '4h',
    when: 'crossing-up',
    than: 0,
  };
  assert.deepEqual(second, { kind: 'not', of: cross });
  const line = {
    kind: 'indicator',
    indicator: 'macd',
    parameters: [],
    timeframe: '1d',
    line: 'macd',
    when: 'greater',
    than: 'signal',
  };
  assert.deepEqual(third, line);
});

test('conditions that nobody can follow are refused, and so are those too deep, without following them down', () => {
  const condition = (value: unknown): string => faults({ start: 'conditions', startConditions: value })[0] ?? 'none';
  assert.equal(
    condition('rsi 1h below 30'),
    'startConditions: "rsi 1h below 30" is no condition such as "rsi(14) 1h < 30" or "ema-cross(20,50) 4h crossing-up 0"',
  );
  assert.match(condition('rsi(1000) 1h < 30'), /period of rsi is 1000; a whole number from 2 to 500/);
  assert.match(condition('macd.height 1h < 30'), /macd has no line height/);
  const window = { kind: 'time-window', days: [1], from: 0, to: 60, zone: 'Mars/Olympus' };
  assert.match(condition([window]), /Mars\/Olympus is not a time zone/);
  let deep: object = { kind: 'signal', name: 'go', seconds: 60 };
  for (let level = 0; level < 6; level++) deep = { kind: 'not', of: deep };
  assert.equal(condition([deep]), 'none');
  for (let level = 0; level < 20_000; level++) deep = { kind: 'not', of: deep };
  assert.equal(condition([deep]), 'startConditions.0: conditions must not lie more than 6 levels deep');
});

test('short deals and orders on the side of profit have faults of their own', () => {
  const table: readonly (readonly [object, string])[] = [
    [{ direction: 'up' }, 'direction: Invalid option: expected one of "long"|"short"'],
    [
      { direction: 'short', profitIn: 'quote', takeProfitSteps: '1:50, 2:50' },
      'profitIn: quote cannot be together with takeProfitSteps, trailingPercent or closeConditions in short deals',
    ],
    [
      { direction: 'short', profitIn: 'quote', reinvestPercent: '50' },
      'reinvestPercent: and riskReductionPercent count profit in base; profitIn is quote',
    ],
    [{ direction: 'short', takeProfitPercent: '100' }, 'takeProfitPercent: must be below 100 in short deals: no price is so low'],
    [
      { direction: 'short', takeProfitSteps: '1:50, 100:50' },
      'takeProfitSteps: percents must be below 100 in short deals: no price is so low',
    ],
    [
      { direction: 'short', averagingOrders: 20, stepPercent: '50', stepMultiplier: '2' },
      'stepPercent: the last averaging order would lie 1000 % or more above the base order; use fewer orders or smaller steps',
    ],
    [
      { direction: 'short', stopLossPercent: '5' },
      'stopLossPercent: the stop would lie below the last averaging order; it must be farther from the base order',
    ],
    [{ averagingOrdersActive: 0 }, 'averagingOrdersActive: must be above 0: only averaging orders by conditions do not rest'],
    [{ pyramid: '0.5:50, 0.4:60' }, 'pyramid: percents must rise from order to order'],
    [{ pyramid: '0:50' }, 'pyramid: percents must be above 0 and at most 10000, in short deals below 100, and sizes above 0'],
    [{ pyramid: '1:50' }, 'pyramid: the first order lies beyond the last target, so that the deal would be over before it'],
    [
      { direction: 'short', ladder: '50:50, 1000:60' },
      'ladder: percents must be above 0 and below 100, in short deals below 1000, and sizes above 0',
    ],
    [
      { averagingOrders: 30, stepPercent: '0.1', sizeMultiplier: '2' },
      'sizeMultiplier: the last averaging order would be larger than 10000000000; use fewer orders or a smaller multiplier',
    ],
    [
      { dealsPerPair: 3, dealsAtOnce: 2, dealStepPercent: '1' },
      'dealsPerPair: must not be above dealsAtOnce, which counts the deals of all pairs',
    ],
    [{ minPricePercent: '101', maxPricePercent: '99' }, 'maxPricePercent: must not be below minPricePercent'],
  ];
  for (const [change, fault] of table) assert.deepEqual(faults(change), [fault]);
  // Of a pyramid that is not there nothing is said.
  assert.deepEqual([...new Set(faults({ takeProfitPercent: '-1' }).map((fault) => fault.split(':')[0]))], ['takeProfitPercent']);
  const taken = [
    { direction: 'short', profitIn: 'base', reinvestPercent: '50' },
    { direction: 'short', takeProfitSteps: '1:50, 2:50', trailingPercent: '0.5' },
    { direction: 'short', averagingOrders: 3, stepPercent: '50' },
    { direction: 'short', ladder: '50:50, 250:60' },
    { averagingOrdersActive: 0, averagingConditions: 'rsi 1h < 30' },
    { pyramid: '0.5:50, 9:50' },
  ];
  for (const change of taken) assert.deepEqual(faults(change), []);
});
