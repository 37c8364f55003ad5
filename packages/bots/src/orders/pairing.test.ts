import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type Lots, type PairRules, type Ticks } from '@holdfast/domain';
import { type Goal, pairExits } from './pairing.ts';

const rules = {
  tick: amount('0.01'),
  lot: amount('0.01'),
  minQuantity: 1 as Lots,
  minNotional: amount('10'),
  maxOrders: 6,
  maxAlgoOrders: 2,
  maxOrderLists: 2,
} as PairRules;
const goal = (step: number, quantity: number, limit: number, isPaired = false): Goal => ({
  step,
  quantity: quantity as Lots,
  limit: limit as Ticks,
  isPaired,
});
const stop = { trigger: 9_500 as Ticks, limit: 9_450 as Ticks };
const pair = (goals: readonly Goal[], whole: number, last = 10_000, change: Partial<PairRules> = {}) =>
  pairExits({ rules: { ...rules, ...change }, last: last as Ticks, goals, stop, whole: whole as Lots });
const shown = (of: ReturnType<typeof pair>) =>
  of === null ? null : [of.together.map(({ step }) => step), of.alone.map(({ step }) => step), of.rest];

test('targets rest with the stop, what they leave with a stop of its own', () => {
  assert.deepEqual(shown(pair([goal(0, 100, 11_000)], 100)), [[0], [], 0]);
  assert.deepEqual(shown(pair([goal(0, 60, 11_000), goal(1, 40, 12_000)], 100)), [[0, 1], [], 0]);
  assert.deepEqual(shown(pair([goal(0, 60, 11_000)], 100)), [[0], [], 40]);
});

test('a target where the market is rests alone, unless its OCO is there already', () => {
  assert.deepEqual(shown(pair([goal(0, 60, 11_000), goal(1, 40, 12_000)], 100, 11_000)), [[1], [0], 0]);
  assert.deepEqual(shown(pair([goal(0, 60, 11_000, true), goal(1, 40, 12_000)], 100, 11_000)), [[0, 1], [], 0]);
});

test('nothing is paired where filters, the smallest order or the prices do not allow all of it', () => {
  const three = [goal(0, 40, 11_000), goal(1, 30, 12_000), goal(2, 30, 13_000)];
  assert.equal(pair([], 100), null);
  assert.equal(pair(three, 100), null, 'three stops where two may rest');
  assert.deepEqual(shown(pair(three, 100, 10_000, { maxAlgoOrders: 3, maxOrderLists: 3 })), [[0, 1, 2], [], 0]);
  assert.equal(pair(three, 100, 10_000, { maxAlgoOrders: 3, maxOrderLists: 2 }), null);
  assert.equal(pair(three, 100, 10_000, { maxAlgoOrders: 3, maxOrderLists: 3, maxOrders: 5 }), null);
  assert.equal(pair([goal(0, 60, 11_000), goal(1, 30, 12_000)], 100), null, 'no algo order is left for the rest');
  assert.equal(pair([goal(0, 100, 11_000)], 100, 10_000, { maxOrderLists: 0 }), null);
  assert.equal(pair([goal(0, 10, 11_000)], 10), null, 'the stop would sell for less than the smallest order');
  assert.equal(pair([goal(0, 95, 11_000)], 100), null, 'the rest would');
  assert.equal(pair([goal(0, 100, 9_450)], 100, 9_440), null, 'a target below the stop');
  assert.equal(pair([goal(0, 101, 11_000)], 100), null, 'more than there is');
});
