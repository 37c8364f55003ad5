import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten, table } from './output.ts';

test('a table sets numbers to the right and words to the left', () => {
  const text = table(
    ['bot', 'profit'],
    [
      ['demo', '1.5'],
      ['b', '-12.25'],
    ],
  );
  assert.equal(text, 'bot   profit\ndemo     1.5\nb     -12.25');
});

test('an amount is cut off for display, never rounded up', () => {
  assert.equal(shorten('1.999', 2), '1.99');
  assert.equal(shorten('-0.0199', 2), '-0.01');
  assert.equal(shorten('10.500', 2), '10.5');
  assert.equal(shorten('7', 2), '7');
});
