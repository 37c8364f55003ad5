import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type MarketPosition } from '@holdfast/domain';
import fc from 'fast-check';
import { type Decision, decide, other } from './decision.ts';

type Row = readonly [before: MarketPosition, beforeSize: string, now: MarketPosition, nowSize: string, side: 'buy' | 'sell'];

const decided = ([before, beforeSize, now, nowSize, side]: Row, contracts = '5'): Decision =>
  decide({
    kind: 'position',
    side,
    before,
    beforeSize: amount(beforeSize),
    now,
    nowSize: amount(nowSize),
    order: { amount: amount(contracts), of: 'base' },
  });

test('the table of positions, row by row', () => {
  const rows: readonly (readonly [Row, object])[] = [
    [['flat', '0', 'long', '5', 'buy'], { kind: 'enter', direction: 'long', contracts: amount('5') }],
    [['flat', '0', 'short', '5', 'sell'], { kind: 'enter', direction: 'short', contracts: amount('5') }],
    [['long', '2', 'long', '5', 'buy'], { kind: 'add', direction: 'long', contracts: amount('3') }],
    [['long', '5', 'long', '2', 'sell'], { kind: 'reduce', direction: 'long', contracts: amount('3'), of: amount('5') }],
    [['long', '5', 'flat', '0', 'sell'], { kind: 'close', direction: 'long' }],
    // The order of a reversal counts both legs; the new leg is the position's own size.
    [['long', '5', 'short', '3', 'sell'], { kind: 'reverse', direction: 'long', contracts: amount('3') }],
    [['short', '2', 'short', '5', 'sell'], { kind: 'add', direction: 'short', contracts: amount('3') }],
    [['short', '5', 'short', '2', 'buy'], { kind: 'reduce', direction: 'short', contracts: amount('3'), of: amount('5') }],
    [['short', '5', 'flat', '0', 'buy'], { kind: 'close', direction: 'short' }],
    [['short', '5', 'long', '3', 'buy'], { kind: 'reverse', direction: 'short', contracts: amount('3') }],
  ];
  for (const [row, want] of rows) assert.deepEqual(decided(row), want, row.join(' '));
});

const sign = { long: 1n, flat: 0n, short: -1n } as const;
const positions = fc.tuple(fc.constantFrom('long' as const, 'short' as const, 'flat' as const), fc.bigInt({ min: 0n, max: 4n }));

test('a decision moves the position exactly from what it was to what it is; everything else is a contradiction', () => {
  fc.assert(
    fc.property(positions, positions, fc.constantFrom('buy' as const, 'sell' as const), ([before, b], [now, n], side) => {
      const contracts = n;
      const found = decide({
        kind: 'position',
        side,
        before,
        beforeSize: b as Amount,
        now,
        nowSize: n as Amount,
        order: { amount: contracts as Amount, of: 'base' },
      });
      const change = sign[now] * n - sign[before] * b;
      const agrees =
        (before === 'flat') === (b === 0n) &&
        (now === 'flat') === (n === 0n) &&
        change !== 0n &&
        change > 0n === (side === 'buy');
      assert.equal(found.kind !== 'contradiction', agrees);
      if (found.kind === 'contradiction') return;
      const towards = sign[found.direction];
      const moves: Record<Exclude<Decision['kind'], 'contradiction'>, bigint> = {
        enter: 'contracts' in found ? towards * found.contracts : 0n,
        add: 'contracts' in found ? towards * found.contracts : 0n,
        reduce: 'contracts' in found ? -towards * found.contracts : 0n,
        close: -towards * b,
        reverse: 'contracts' in found ? -towards * b + sign[other(found.direction)] * found.contracts : 0n,
      };
      assert.equal(moves[found.kind], change);
    }),
    { numRuns: 2000 },
  );
});
