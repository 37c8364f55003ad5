import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Figures, readFormula } from './formula.ts';
import { evolutionSearch, gridSearch, randomSearch, type Search } from './search.ts';
import { type Axis, neighbours, type Point, pointAt, pointKey, pointsOf, readAxis, type ValueForm } from './space.ts';
import { SweepError } from './sweep-error.ts';
import { windowsOf } from './walk-forward.ts';

const form = (field: string): ValueForm | undefined =>
  ({ step: 'decimal', orders: 'whole', trailing: 'flag', mode: 'choice' })[field] as ValueForm | undefined;
const axis = (text: string): Axis => readAxis(text, form);

const code = (of: () => unknown): string => {
  try {
    of();
  } catch (error) {
    assert.ok(error instanceof SweepError, String(error));
    return `${error.code} ${error.message}`;
  }
  return 'no error';
};

test('a range is exact where floating point is not', () => {
  assert.deepEqual(axis('step=0.1..0.5/0.1').values, ['0.1', '0.2', '0.3', '0.4', '0.5']);
  assert.deepEqual(axis('orders=2..9/3').values, [2, 5, 8]);
  assert.deepEqual(axis('mode=base,last').values, ['base', 'last']);
  assert.deepEqual(axis('trailing=true,false').values, [true, false]);
});

for (const [text, why] of [
  ['step', /FIELD=FROM/],
  ['step=3..1/0.5', /name the lower one first/],
  ['step=1..2/0', /above 0/],
  ['step=1..2/x', /plain decimals/],
  ['step=0..100000000/0.01', /more than 10000/],
  ['orders=1.5..3/1', /whole number/],
  ['orders=1,x', /whole number/],
  ['trailing=yes', /neither true nor false/],
  ['step=1,1', /twice/],
  ['nothing=1,2', /sweep-setting-unknown/],
] as const)
  test(`the axis "${text}" is refused`, () =>
    assert.match(
      code(() => axis(text)),
      why,
    ));

test('a sweep of 10^9 points is counted, not listed', () => {
  const axes = Array.from({ length: 3 }, () => axis('step=1..1000/1'));
  assert.equal(pointsOf(axes), 1_000_000_000n);
  assert.equal(randomSearch(axes, 50, 1).ask().length, 50);
});

const axesOf = (...lengths: readonly number[]): Axis[] =>
  lengths.map((length, i) => ({ field: `f${i}`, values: Array.from({ length }, (_, n) => n) }));

function all(search: Search, score: (point: Point) => number): Point[] {
  const points: Point[] = [];
  for (let asked = search.ask(); asked.length > 0; asked = search.ask()) {
    points.push(...asked);
    search.tell(asked.map((point) => ({ point, score: score(point) })));
  }
  return points;
}

test('the grid asks for every point once', () => {
  const points = all(gridSearch(axesOf(3, 50, 40)), () => 0);
  assert.equal(points.length, 6000);
  assert.equal(new Set(points.map(pointKey)).size, 6000);
  assert.deepEqual(points[0], [0, 0, 0]);
  assert.deepEqual(points[1], [0, 0, 1]);
});

test('every search keeps its budget, stays inside and never asks twice; its seed decides everything', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shape, fc.integer({ min: 1, max: 300 }), fc.integer(), fc.boolean(), (lengths, trials, seed, evolves) => {
      const axes = axesOf(...lengths);
      const make = () => (evolves ? evolutionSearch : randomSearch)(axes, trials, seed);
      const score = (point: Point): number => (point[0] === 1 ? Number.NaN : point.reduce((sum, it) => sum - it * it, 0));
      const points = all(make(), score);
      assert.equal(points.length, Math.min(trials, Number(pointsOf(axes))));
      assert.equal(new Set(points.map(pointKey)).size, points.length);
      for (const point of points)
        for (const [i, index] of point.entries()) assert.ok(index >= 0 && index < (lengths[i] as number));
      assert.deepEqual(all(make(), score), points);
    }),
    { numRuns: 60 },
  );
});

test('evolution finds the top of a hill sooner than chance', () => {
  const axes = axesOf(60, 60, 60);
  const hill = (point: Point): number => -((point[0]! - 41) ** 2 + (point[1]! - 7) ** 2 + (point[2]! - 55) ** 2);
  const best = (points: readonly Point[]): number => Math.max(...points.map(hill));
  let won = 0;
  for (let seed = 1; seed <= 10; seed++)
    if (best(all(evolutionSearch(axes, 800, seed), hill)) > best(all(randomSearch(axes, 800, seed), hill))) won += 1;
  assert.ok(won >= 9, `${won} of 10`);
});

test('neighbours are one step away along one axis', () => {
  assert.deepEqual(neighbours(axesOf(3, 2), [0, 1]), [
    [1, 1],
    [0, 0],
  ]);
  assert.deepEqual(pointAt(axesOf(3, 2), 5), [2, 1]);
});

const figures: Figures = { profit: 0.5, drawdown: 0.2, deals: 40 };
const names = Object.keys(figures);
for (const [text, value] of [
  ['profit / drawdown', 2.5],
  ['profit - 2 * drawdown', 0.1],
  ['-profit + (1 + 2) * 3', 8.5],
  ['min(profit, drawdown) + abs(-1)', 1.2],
  ['profit > 0 and drawdown < 0.2', 0],
  ['profit > 0 and not drawdown < 0.2', 1],
  ['deals >= 40 or profit < 0', 1],
  ['2 - 1 - 1', 0],
  ['8 / 2 / 2', 2],
] as const)
  test(`"${text}" is ${value}`, () => assert.ok(Math.abs(readFormula(text, names)(figures) - value) < 1e-12));

test('a division by zero is no number', () => assert.ok(Number.isNaN(readFormula('profit / (deals - 40)', names)(figures))));

for (const [text, why] of [
  ['profit +', /ends too early/],
  ['(profit', /closing bracket/],
  ['profit profit', /character 8/],
  ['gain', /"gain" is no figure; there are profit, drawdown, deals/],
  ['constructor', /is no figure/],
  ['min(profit)', /takes 2 values/],
  ['profit; 1', /means nothing/],
  ['('.repeat(80) + '1' + ')'.repeat(80), /nested/],
  ['1+'.repeat(300), /longer than 500/],
] as const)
  test(`the formula "${text.slice(0, 20)}" is refused`, () =>
    assert.match(
      code(() => readFormula(text, names)),
      why,
    ));

const day = 86_400_000;
test('windows follow each other, and a test never lies in its own train stretch', () => {
  const rolling = windowsOf({ from: 0, to: 10 * day, trainMs: 4 * day, testMs: 2 * day, anchored: false });
  assert.deepEqual(
    rolling.map(({ from, split, to }) => [from / day, split / day, to / day]),
    [
      [0, 4, 6],
      [2, 6, 8],
      [4, 8, 10],
    ],
  );
  const anchored = windowsOf({ from: 0, to: 10 * day, trainMs: 4 * day, testMs: 3 * day, anchored: true });
  assert.deepEqual(
    anchored.map(({ from, split }) => [from / day, split / day]),
    [
      [0, 4],
      [0, 7],
    ],
  );
  assert.match(
    code(() => windowsOf({ from: 0, to: 5 * day, trainMs: 4 * day, testMs: 2 * day, anchored: false })),
    /5\.0 days of candles hold no train stretch of 4\.0 days/,
  );
});
