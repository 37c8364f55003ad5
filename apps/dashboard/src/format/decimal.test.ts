import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDecimals, formatDecimal, formatMoney, fractionToPercent, percentFrom, placesOfAll, shareOf } from './decimal.ts';

test('amounts are rounded half away from zero and grouped in thousands', () => {
  assert.equal(formatDecimal('64120.5', 2), '64,120.50');
  assert.equal(formatDecimal('0.005', 2), '0.01');
  assert.equal(formatDecimal('-1234567.895', 2), '−1,234,567.90');
  assert.equal(formatDecimal('999.999', 2), '1,000.00');
  assert.equal(formatDecimal('12', 0), '12');
});

test('a small loss keeps its sign', () => assert.equal(formatDecimal('-0.0001', 2), '−0.00'));

test('gains carry a plus where asked', () => {
  assert.equal(formatDecimal('3.2', 2, 'always'), '+3.20');
  assert.equal(formatDecimal('0', 2, 'always'), '0.00');
  assert.equal(formatMoney('3.2', 'USDT'), '3.20 USDT');
});

test('a column shows as many places as its finest number', () => {
  assert.equal(placesOfAll(['1', '0.120', '3.4567']), 4);
  assert.equal(placesOfAll([]), 0);
});

test('distances and shares', () => {
  assert.equal(percentFrom('99', '100'), '-1.000000000000000000');
  assert.equal(percentFrom('1', '0'), null);
  assert.equal(shareOf('25', '100'), 25);
  assert.equal(shareOf('250', '100'), 100);
  assert.equal(fractionToPercent('0.034'), '3.400000000000000000');
});

test('more digits than a floating-point number holds are shown as they are', () =>
  assert.equal(formatDecimal('9007199254740993.000000000000000001', 18), '9,007,199,254,740,993.000000000000000001'));

test('property: what is shown with all places reads back as the amount', () =>
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 40n), 10n ** 40n), (units) => {
      const digits = (units < 0n ? -units : units).toString().padStart(19, '0');
      const text = `${units < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18)}`;
      const shown = formatDecimal(text, 18).replaceAll(',', '').replace('−', '-');
      assert.equal(compareDecimals(shown, text), 0);
    }),
  ));
