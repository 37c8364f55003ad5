/** The curve that leaves closes out against the one that looks at each of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type PairRules } from '@holdfast/domain';
import fc from 'fast-check';
import { chance } from '../sweep/random.ts';
import type { Columns } from './columns.ts';
import { EquityCurve } from './equity.ts';

const rules = { tick: amount('0.01') } as unknown as PairRules;
const start = Date.UTC(2025, 0, 1, 22, 7);

function columns(seed: number, rows: number, swing: number, gaps: readonly number[]): Columns {
  const next = chance(seed);
  const close = new Int32Array(rows);
  let price = 1_000_000;
  for (let row = 0; row < rows; row++) {
    price = Math.max(10, Math.round(price * (1 + (next() * 2 - 1) * swing)));
    if (next() < 0.2) price = Math.ceil(price / 1000) * 1000;
    close[row] = price;
  }
  const segments = [{ row: 0, time: start }];
  for (const row of [...new Set(gaps)].filter((at) => at > 0 && at < rows).sort((a, b) => a - b))
    segments.push({ row, time: start + (row + segments.length * 1_000) * 60_000 });
  return { rules, intervalMs: 60_000, rows, segments, close } as unknown as Columns;
}

const holdings = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 600 }),
    quote: fc.constantFrom(0, 0.01, 1234.567_8, 100_000),
    base: fc.constantFrom(0, 1e-8, 0.003_21, 12.5),
  }),
  { minLength: 1, maxLength: 12 },
);

test('peak, deepest fall and days are those of a walk over all closes, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 6000 }),
      fc.constantFrom(0, 0.0005, 0.01),
      fc.array(fc.integer({ min: 1, max: 6000 }), { maxLength: 3 }),
      fc.integer({ min: 0, max: 5999 }),
      holdings,
      (seed, rows, swing, gaps, first, held) => {
        const of = columns(seed, rows, swing, gaps);
        const from = Math.min(first, rows - 1);
        const [fast, slow] = [new EquityCurve(of, from, true), new EquityCurve(of, from, false)];
        for (const curve of [fast, slow]) {
          let row = from;
          for (const { after, quote, base } of held) {
            curve.hold(row, quote, base);
            row = Math.min(row + after, rows - 1);
          }
          curve.flush(rows);
        }
        assert.deepEqual(fast.drawdown, slow.drawdown);
        assert.deepEqual(fast.daily, slow.daily);
        const days = [...fast.daily.times].map((time) => Math.floor((time - 1) / 86_400_000));
        assert.equal(new Set(days).size, days.length);
        assert.equal(fast.daily.times.at(-1), timeAfter(of, rows - 1));
      },
    ),
    { numRuns: 300 },
  );
});

function timeAfter({ segments, intervalMs }: Columns, row: number): number {
  const { row: began, time } = segments.findLast((segment) => segment.row <= row)!;
  return time + (row - began + 1) * intervalMs;
}
