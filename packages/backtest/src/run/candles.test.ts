/**
 * Small tables of candles and what a bot makes of them, worked out by hand: open, high, low, close and volume a minute, then fills
 * and ends of deals, at minute and second. Both drivers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount } from '@holdfast/domain';
import { expected, type Play, played, rules } from './testing/play.ts';

/** 100 at 100.01 are 0.99990 coins, rounded up to 1; 98 and 96 are 2 % and 4 % below, down to the tick; 1 % above 100.01 is 101.0101. */
const dca = {
  feePercent: '0',
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 2,
  stepPercent: '2',
  takeProfitPercent: '1',
  cooldownSeconds: 3600,
};
/** 200 at 100.01 are 1.9998 coins, rounded down; half of them at each target; the stop lies at 98. */
const trade = { feePercent: '0', entry: 'market', size: '200', stopLossPercent: '2', takeProfits: '1%:50, 2%:50' };
/** Lines at 96, 97.94, 99.92, 101.94 and 104; what it sells at 104 it buys at the start. */
const grid = { feePercent: '0', lowerPrice: '96', upperPrice: '104', lines: 5, amountPerLine: '100' };

const tables: readonly (Play & { readonly what: string; readonly does: string })[] = [
  {
    what: 'the take profit, rounded up to 101.02, is touched to the tick',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      100 101.02 100 101
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'the take profit is missed by a tick',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      100 101.01 100 101
    `,
    does: `
      0:00 buy 1 at 100.01 taker
    `,
  },
  {
    what: 'touching is not enough where the price has to go through',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { fill: 'through' },
    candles: `
      100 100 100 100
      100 101.02 100 101
    `,
    does: `
      0:00 buy 1 at 100.01 taker
    `,
  },
  {
    what: 'a tick further goes through',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { fill: 'through' },
    candles: `
      100 100 100 100
      100 101.03 100 101
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'after a gap a resting order gets its own price, no better',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      103 103 103 103
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:00 sell 1 at 101.02 maker
      1:00 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'or the open, where the rules say so',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { gaps: 'open' },
    candles: `
      100 100 100 100
      103 103 103 103
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:00 sell 1 at 103 maker
      1:00 deal 1 take-profit 2.99
    `,
  },
  {
    what: 'but what is passed inside a candle has its own price: only the open leaves a gap',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { gaps: 'open' },
    candles: `
      100 100 100 100
      100 103 100 103
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'a touched order waits for the 2 coins ahead of it, an eighth of the mean candle of 16: 1 at each point',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { fill: 'queue' },
    candles: `
      100 100 100 100 40
      100 101.02 100 101.02 4
      101.02 101.02 101 101 4
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      2:00 sell 1 at 101.02 maker
      2:00 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'who is passed waits for nobody',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { fill: 'queue' },
    candles: `
      100 100 100 100 40
      100 101.03 100 101.02 4
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'the first candle counts from its open on',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 101.02 99 100.5
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      0:30 sell 1 at 101.02 maker
      0:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'the last candle counts to its close, 1 ms before its end',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      100 101.02 99.5 101.02
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:30 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'a rising candle goes to its low first: both averaging orders, then the take profit of all',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      100 101 95 101
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:15 buy 1.021 at 98 maker
      1:15 buy 1.042 at 96 maker
      1:30 sell 3.063 at 98.96 maker
      1:30 deal 1 take-profit 3.01448
    `,
  },
  {
    what: 'a falling candle goes to its high first: the take profit alone',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      100 101.5 95 99
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:15 sell 1 at 101.02 maker
      1:15 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'take profit and stop in one falling candle: the take profit came first',
    kind: 'dca',
    settings: { ...dca, stopLossPercent: '10' },
    candles: `
      100 100 100 100
      100 101.02 89 99
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:15 sell 1 at 101.02 maker
      1:15 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'the same on the adverse path: the low comes first',
    kind: 'dca',
    settings: { ...dca, stopLossPercent: '10' },
    assumptions: { path: 'adverse' },
    candles: `
      100 100 100 100
      100 101.02 89 99
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:15 buy 1.021 at 98 maker
      1:15 buy 1.042 at 96 maker
      1:15 sell 3.063 at 89 taker
      1:15 deal 1 stop-loss -27.493
    `,
  },
  {
    what: 'a stop sells at the price that set it off, which may lie far below its trigger',
    kind: 'dca',
    settings: { ...dca, stopLossPercent: '10', averagingOrders: 0 },
    candles: `
      100 100 100 100
      100 100 89 90
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 sell 1 at 89 taker
      1:30 deal 1 stop-loss -11.01
    `,
  },
  {
    what: 'slippage and spread: four ticks more to buy at the ask, five more for who takes',
    kind: 'dca',
    settings: { ...dca, stopLossPercent: '10', averagingOrders: 0 },
    assumptions: { slippageTicks: 5, spreadTicks: 4 },
    candles: `
      100 100 100 100
      100 100 89 90
    `,
    does: `
      0:00 buy 1 at 100.09 taker
      1:30 sell 1 at 88.95 taker
      1:30 deal 1 stop-loss -11.14
    `,
  },
  {
    what: 'a trailing take profit follows the high and sells after the fall',
    kind: 'dca',
    settings: { ...dca, trailingPercent: '0.5' },
    candles: `
      100 100 100 100
      100 101.5 100 101.4
      101.4 101.4 100.9 100.9
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      2:30 sell 1 at 100.9 taker
      2:30 deal 1 take-profit 0.89
    `,
  },
  {
    what: 'a trailing stop follows the high',
    kind: 'dca',
    settings: { ...dca, takeProfitPercent: '5', stopLossPercent: '2', stopTrailing: true, averagingOrders: 0 },
    candles: `
      100 100 100 100
      100 100.5 100 100.5
      100.5 100.5 98 98
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      2:30 sell 1 at 98 taker
      2:30 deal 1 stop-loss -2.01
    `,
  },
  {
    what: 'a deal that takes too long is sold at its time',
    kind: 'dca',
    settings: { ...dca, dealTimeoutSeconds: 120 },
    candles: `
      100 100 100 100
      100 100 100 100
      100 100 100 100
      100 100 100 100
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      2:00 sell 1 at 100 taker
      2:00 deal 1 timed-out -0.01
    `,
  },
  {
    what: 'a condition that holds at a close acts at the open of the next candle',
    kind: 'dca',
    settings: { ...dca, closeConditions: 'price 1m > 100.4', averagingOrders: 0 },
    candles: `
      100 100 100 100
      100 100.5 100 100.5
      100.3 100.5 100.3 100.4
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      2:00 sell 1 at 100.3 taker
      2:00 deal 1 condition 0.29
    `,
  },
  {
    what: 'a start condition sizes by the close and buys at the next open',
    kind: 'dca',
    settings: { ...dca, start: 'conditions', startConditions: 'price 1m < 99.5', averagingOrders: 0 },
    candles: `
      100 100 100 100
      99 99 99 99
      98.5 98.5 98.5 98.5
    `,
    does: `
      2:00 buy 1.01 at 98.51 taker
    `,
  },
  {
    what: 'a person closes the deal in between',
    kind: 'dca',
    settings: { ...dca },
    commands: { 80000: { name: 'close-now' } },
    candles: `
      100 100 100 100
      100 100 100 100
      100 100 100 100
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:20 sell 1 at 100 taker
      1:20 deal 1 closed -0.01
    `,
  },
  {
    what: 'missing minutes are gone over: nothing fills in them',
    kind: 'dca',
    settings: { ...dca },
    candles: `
      100 100 100 100
      -
      -
      98 98 98 98
      99 100 99 100
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      3:00 buy 1.021 at 98 maker
      4:30 sell 2.021 at 99.99 maker
      4:30 deal 1 take-profit 2.01179
    `,
  },
  {
    what: 'a tenth of the volume: a quarter of it at each point of the path',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { volumeShare: 0.1 },
    candles: `
      100 100 100 100
      100 100 98 98.5 8
      98.5 98.5 98 98 12
      98 98 97.5 98 20
    `,
    does: `
      0:00 buy 1 at 100.01 taker
      1:30 buy 0.2 at 98 maker in part
      2:30 buy 0.3 at 98 maker in part
      3:00 buy 0.3 at 98 maker in part
      3:00 buy 0.221 at 98 maker
    `,
  },
  {
    what: 'without volume nothing fills that rests',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { volumeShare: 1 },
    candles: `
      100 100 100 100
      100 101.02 100 101 0
    `,
    does: `
      0:00 buy 1 at 100.01 taker
    `,
  },
  {
    what: 'what is taken walks through the quotes that are there',
    kind: 'dca',
    settings: { ...dca, averagingOrders: 0 },
    assumptions: { depth: 'house', levelLots: { [rules.pair]: 200 }, volumeShare: 1 },
    candles: `
      100 100 100 100
    `,
    does: `
      0:00 buy 0.399 at 100.01 taker in part
      0:00 buy 0.159 at 100.02 taker in part
      0:00 buy 0.369 at 100.03 taker in part
      0:00 buy 0.073 at 100.04 taker
    `,
  },
  {
    what: 'fees from what is received: what is left is rounded down to the lot',
    kind: 'dca',
    settings: { ...dca, feePercent: '0.1' },
    assumptions: { makerFee: amount('0.001'), takerFee: amount('0.002') },
    candles: `
      100 100 100 100
      100 103 100 103
    `,
    does: `
      0:00 buy 1 at 100.01 taker fee 0.002 FOO
      1:30 sell 0.998 at 101.32 maker fee 0.10111736 USDT
      1:30 deal 1 take-profit 1.00624264
    `,
  },
  {
    what: 'the same fees from quote',
    kind: 'dca',
    settings: { ...dca, feePercent: '0.1', feeAsset: 'quote' },
    assumptions: { makerFee: amount('0.001'), takerFee: amount('0.002'), feeIn: 'quote' },
    candles: `
      100 100 100 100
      100 103 100 103
    `,
    does: `
      0:00 buy 1 at 100.01 taker fee 0.20002 USDT
      1:30 sell 1 at 101.32 maker fee 0.10132 USDT
      1:30 deal 1 take-profit 1.00866
    `,
  },
  {
    what: 'orders arrive 20 s later, and so does the cancel that ends the deal',
    kind: 'dca',
    settings: { ...dca },
    assumptions: { latencyMs: 20_000 },
    candles: `
      100 100 100 100
      101 101.9 101 101.9
      103 103 103 103
    `,
    does: `
      0:20 buy 1 at 100.01 taker
      1:30 sell 1 at 101.02 maker
      1:50 deal 1 take-profit 1.01
    `,
  },
  {
    what: 'two targets that rest as OCOs, in one candle',
    kind: 'trade',
    settings: { ...trade },
    candles: `
      100 100 100 100
      100 103 100 102
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:30 sell 0.999 at 101.02 maker
      1:30 sell 1 at 102.02 maker
      1:30 deal 1 take-profit 3.01899
    `,
  },
  {
    what: 'the stop of both',
    kind: 'trade',
    settings: { ...trade },
    candles: `
      100 100 100 100
      100 100 97.5 98
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:30 sell 1.999 at 97.5 taker
      1:30 deal 1 stop-loss -5.01749
    `,
  },
  {
    what: 'a stop that rests takes at its trigger, where the rules say so',
    kind: 'trade',
    settings: { ...trade },
    assumptions: { stops: 'trigger' },
    candles: `
      100 100 100 100
      100 100 97.5 98
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:30 sell 0.999 at 98.01 taker
      1:30 sell 1 at 98.01 taker
      1:30 deal 1 stop-loss -3.998
    `,
  },
  {
    what: 'but at the open of a candle that opens beyond it',
    kind: 'trade',
    settings: { ...trade },
    assumptions: { stops: 'trigger' },
    candles: `
      100 100 100 100
      97.6 98.1 97.5 98
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:00 sell 0.999 at 97.6 taker
      1:00 sell 1 at 97.6 taker
      1:00 deal 1 stop-loss -4.81759
    `,
  },
  {
    what: 'one target, then the stop of the rest',
    kind: 'trade',
    settings: { ...trade },
    candles: `
      100 100 100 100
      100 101.1 100 101
      101 101 97.9 97.9
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:30 sell 0.999 at 101.02 maker
      2:30 sell 1 at 97.9 taker
      2:30 deal 1 stop-loss -1.10101
    `,
  },
  {
    what: 'both legs in a rising candle: the low came first',
    kind: 'trade',
    settings: { ...trade },
    candles: `
      100 100 100 100
      100 103 97 101
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:15 sell 1.999 at 97 taker
      1:15 deal 1 stop-loss -6.01699
    `,
  },
  {
    what: 'both legs in a falling candle: the high came first',
    kind: 'trade',
    settings: { ...trade },
    candles: `
      100 100 100 100
      100 103 97 99
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:15 sell 0.999 at 101.02 maker
      1:15 sell 1 at 102.02 maker
      1:15 deal 1 take-profit 3.01899
    `,
  },
  {
    what: 'a target that fills in part ends its stop; the rest gets a new one',
    kind: 'trade',
    settings: { ...trade, takeProfits: '1%:100' },
    assumptions: { volumeShare: 1 },
    candles: `
      100 100 100 100
      100 101.1 100 101 3
      101 101 97 97 100
    `,
    does: `
      0:00 buy 1.999 at 100.01 taker
      1:30 sell 0.75 at 101.02 maker in part
      2:30 sell 1.249 at 97 taker
      2:30 deal 1 stop-loss -3.00199
    `,
  },
  {
    what: 'a line down and up again',
    kind: 'grid',
    settings: { ...grid },
    candles: `
      101 101 101 101
      101 101 98 98
      98 100 98 100
      100 102.5 100 102
    `,
    does: `
      0:00 buy 0.98 at 101.01 taker
      1:30 buy 1 at 99.92 maker
      3:30 sell 1 at 101.94 maker
      3:30 deal 2 round-trip 2.02
    `,
  },
  {
    what: 'three lines in one candle, best price first',
    kind: 'grid',
    settings: { ...grid },
    candles: `
      101 101 101 101
      101 101 95.5 97
    `,
    does: `
      0:00 buy 0.98 at 101.01 taker
      1:30 buy 1 at 99.92 maker
      1:30 buy 1.021 at 97.94 maker
      1:30 buy 1.041 at 96 maker
    `,
  },
  {
    what: 'an order placed inside a candle fills on what is left of its path',
    kind: 'grid',
    settings: { ...grid },
    candles: `
      101 101 101 101
      101 101 98 101
      101 101 97.9 101
    `,
    does: `
      0:00 buy 0.98 at 101.01 taker
      1:15 buy 1 at 99.92 maker
      2:15 buy 1.021 at 97.94 maker
      2:30 sell 1.021 at 99.92 maker
      2:30 deal 3 round-trip 2.02158
    `,
  },
];

for (const { what, does, ...play } of tables)
  test(`${play.kind}: ${what}`, () => assert.deepEqual(played(play).lines, expected(does)));
