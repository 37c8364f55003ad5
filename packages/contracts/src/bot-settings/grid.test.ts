import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridSettings } from './grid.ts';

const least = { lowerPrice: '100', upperPrice: '110', lines: 11, amountPerLine: '20' };

const faults = (change: object): readonly string[] =>
  (gridSettings.safeParse({ ...least, ...change }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

test('prices, lines and an amount are all that must be given', () => {
  const settings = gridSettings.parse(least);
  assert.deepEqual(
    [settings.mode, settings.spacing, settings.activeBuyLines, settings.balance],
    ['normal', 'geometric', 10, true],
  );
  assert.deepEqual(faults({}), []);
});

test('what cannot work together is refused with the field and the reason', () => {
  const table: readonly (readonly [object, string])[] = [
    [{ upperPrice: '99' }, 'upperPrice: must be above the lower price'],
    [{ upperPrice: undefined }, 'upperPrice: is needed unless the mode is infinity'],
    [{ lines: undefined }, 'lines: is needed unless the mode is infinity'],
    [{ stepPercent: '1' }, 'stepPercent: is needed exactly when the mode is infinity'],
    [{ lines: 100 }, 'lines: the step between lines is smaller than two fees; use fewer lines, a wider range or the right fee'],
    [
      { lines: 47, spacing: 'arithmetic', upperPrice: '110' },
      'lines: the step between lines is smaller than two fees; use fewer lines, a wider range or the right fee',
    ],
    [{ trailingUpTo: '120' }, 'trailingUpTo: needs trailingUp'],
    [{ trailingUp: true, trailingUpTo: '105' }, 'trailingUpTo: must be above the upper price'],
    [
      { trailingUp: true, expansionUpTo: '130' },
      'expansionUpTo: cannot go with trailingUp, and not with a grid that has no upper price',
    ],
    [{ stopUpperPrice: '105' }, 'stopUpperPrice: must be above the upper price, and above what trailing and expansion go up to'],
    [
      { expansionDownTo: '80', stopLowerPrice: '90' },
      'stopLowerPrice: must be below the lower price, and below what trailing and expansion go down to',
    ],
  ];
  for (const [change, fault] of table) assert.deepEqual(faults(change), [fault]);
});

test('a grid without an upper price has a step and amounts in quote', () => {
  const endless = { mode: 'infinity', upperPrice: undefined, lines: undefined, stepPercent: '1' };
  assert.deepEqual(faults(endless), []);
  assert.deepEqual(faults({ ...endless, stepPercent: '0.2' }), ['stepPercent: is smaller than two fees']);
  assert.deepEqual(faults({ mode: 'infinity', amountIn: 'base', trailingUp: true }), [
    'stepPercent: is needed exactly when the mode is infinity',
    'upperPrice: must be left out when the mode is infinity',
    'lines: must be left out when the mode is infinity',
    'amountIn: must be quote when the mode is infinity: lines without end need coins without end otherwise',
    'trailingUp: a grid without an upper price follows it already',
  ]);
});

test('all faults are said at once, of the wrong type, out of limits and impossible together', () => {
  const said = faults({ amountPerLine: 20, activeBuyLines: 0, upperPrice: '90', stopUpperPrice: '80', colour: 'red' });
  const named = said.map((fault) => fault.slice(0, fault.indexOf(':'))).sort();
  assert.deepEqual(named, ['', 'activeBuyLines', 'amountPerLine', 'stopUpperPrice', 'upperPrice']);
});
