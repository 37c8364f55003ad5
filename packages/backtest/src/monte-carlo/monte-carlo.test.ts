import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandOf, seededRandom } from './bands.ts';
import { dealPaths, shuffle } from './deal-order.ts';
import { sensitivityOf, sensitivityText, type Trial } from './sensitivity.ts';
import { startDates, startPeriods } from './start-date.ts';

const hour = 3_600_000;

test('a band is made of outcomes that were there', () => {
  const band = bandOf(Array.from({ length: 100 }, (_, at) => 100 - at))!;
  assert.deepEqual(band, { p5: 5, p25: 25, median: 50, p75: 75, p95: 95, least: 1, most: 100 });
  assert.equal(bandOf([]), null);
});

test('the same seed gives the same numbers, spread over the whole range', () => {
  const [one, two] = [seededRandom(7), seededRandom(7)];
  const counts = new Array<number>(10).fill(0);
  for (let at = 0; at < 100_000; at += 1) {
    const value = one();
    assert.equal(value, two());
    counts[Math.floor(value * 10)]! += 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts}`);
  assert.notEqual(seededRandom(8)(), seededRandom(7)());
  // Stored sweeps are told by their seed: what a seed gives stays.
  const frozen = seededRandom(4_000_000_000);
  assert.deepEqual([frozen(), frozen(), frozen()], [0.29367682221345603, 0.13235295889899135, 0.9890909011010081]);
});

test('shuffling keeps every value, and every order is as likely', () => {
  const random = seededRandom(1);
  const orders = new Map<string, number>();
  for (let at = 0; at < 60_000; at += 1) {
    const values = Float64Array.of(1, 2, 3);
    shuffle(values, random);
    orders.set(values.join(), (orders.get(values.join()) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 10_000) < 500, `${[...orders]}`);
});

test('who has nothing left trades no further', () => {
  // +150 twice, +150 and -120 in either order, -120: at first it is over
  const paths = dealPaths(100, [150, -120], 1000, seededRandom(3))!;
  assert.deepEqual([paths.drawn.end.least, paths.drawn.end.median, paths.drawn.end.most], [0, 0, 400]);
  assert.deepEqual([paths.shuffled.drawdown.least, paths.shuffled.drawdown.most], [0.48, 1]);
});

test('other orders of two deals give the two drawdowns that there are', () => {
  // +50 then -30: 150 to 120 is 20 %; -30 then +50: 100 to 70 is 30 %
  const paths = dealPaths(100, [50, -30], 1000, seededRandom(3))!;
  assert.equal(paths.drawdown, 0.2);
  assert.deepEqual([paths.shuffled.drawdown.least, paths.shuffled.drawdown.most], [0.2, 0.3]);
  // drawn: +100, +20 twice, -60: a quarter loses
  assert.deepEqual([paths.drawn.end.least, paths.drawn.end.median, paths.drawn.end.most], [40, 120, 200]);
  assert.ok(Math.abs(paths.drawn.shareLosing - 0.25) < 0.05);
  assert.deepEqual(dealPaths(100, [50, -30], 1000, seededRandom(3)), paths);
  assert.equal(dealPaths(100, [1], 10, seededRandom(1)), null);
});

test('a path that loses everything has fallen by all of it, not more', () => {
  assert.equal(dealPaths(100, [-80, -80], 5, seededRandom(1))!.shuffled.drawdown.most, 1);
});

test('periods of one length lie inside the whole, rise, and differ', () => {
  const whole = { from: 1_000 * hour, to: 1_100 * hour };
  const periods = startPeriods(whole, 20, seededRandom(5));
  assert.equal(periods.length, 20);
  periods.forEach((period, at) => {
    assert.equal(period.to - period.from, 50 * hour);
    assert.ok(period.from >= whole.from && period.to <= whole.to);
    assert.ok(at === 0 || period.from > periods[at - 1]!.from);
  });
  assert.equal(startPeriods(whole, 500, seededRandom(5)).length, 51, 'all beginnings when there are no more');
  assert.deepEqual(startPeriods({ from: 0, to: hour }, 10, seededRandom(1)), []);
});

test('start dates say how often the bot lost and how often holding was better', () => {
  const outcome = (from: number, gain: number, drawdown: number, buyAndHold: number) => ({
    from,
    to: from + 10 * 24 * hour,
    return: gain,
    drawdown,
    buyAndHold,
  });
  const seen = startDates([
    outcome(0, 0.1, 0.05, 0.2),
    outcome(1, -0.1, 0.2, -0.2),
    outcome(2, 0.05, 0.01, 0),
    outcome(3, 0.02, 0.02, 0),
  ])!;
  assert.deepEqual([seen.runs, seen.days, seen.shareLosing, seen.shareAboveHolding], [4, 10, 0.25, 0.75]);
  assert.equal(seen.worst.from, 1);
  assert.equal(startDates([]), null);
});

const grid = (score: (x: number, y: number) => number): Trial[] =>
  [1, 2, 3, 4, 5].flatMap((x) => [10, 20, 30].map((y) => ({ settings: { x, y }, score: score(x, y) })));

test('a peak alone on a grid is called so, a plateau is not', () => {
  const peak = sensitivityOf(grid((x, y) => (x === 3 && y === 20 ? 10 : 1)))!;
  assert.equal(peak.neighbours.length, 4);
  assert.deepEqual([peak.beside, peak.overall, peak.lost, peak.standsAlone], [1, 1, 1, true]);
  assert.match(sensitivityText(peak), /^This optimum stands alone: .* 100 % /);
  const hill = sensitivityOf(grid((x, y) => 10 - Math.abs(x - 3) - Math.abs(y - 20) / 10))!;
  assert.equal(hill.best.settings.x, 3);
  assert.deepEqual([hill.beside, hill.overall, hill.standsAlone], [9, 8, false]);
  assert.match(sensitivityText(hill), /^Around this optimum the result holds/);
  assert.deepEqual(
    hill.bySetting.y!.map(({ value, best }) => [value, best]),
    [
      [10, 9],
      [20, 10],
      [30, 9],
    ],
  );
});

test('a peak at the edge of a grid is judged by the neighbours that it has', () => {
  const corner = sensitivityOf(grid((x, y) => (x === 1 && y === 10 ? 10 : 1)))!;
  assert.equal(corner.neighbours.length, 2);
  assert.equal(corner.standsAlone, true);
});

test('scattered trials are judged by the nearest, and a trial without a score is the worst', () => {
  const random = seededRandom(11);
  const smooth = Array.from({ length: 200 }, () => {
    const [x, y] = [random(), random()];
    return { settings: { x, y }, score: -((x - 0.5) ** 2) - (y - 0.5) ** 2 };
  });
  assert.equal(sensitivityOf(smooth)!.standsAlone, false);
  const rough = smooth.map((trial) => ({ ...trial, score: random() ** 8 }));
  assert.equal(sensitivityOf(rough)!.standsAlone, true);
  assert.equal(
    sensitivityOf([
      { settings: { x: 1 }, score: 1 },
      { settings: { x: 2 }, score: Number.NaN },
      { settings: { x: 3 }, score: 0 },
    ])!.beside,
    0,
  );
  assert.equal(sensitivityOf(smooth.slice(0, 2)), null);
});
