import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { amount, formatAmount, unit } from './money.ts';

const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most });
/** By the definition: digits of the whole, and those behind the point filled up to eighteen. */
const plain = (whole: string, fraction: string): bigint => BigInt(whole) * unit + BigInt(fraction.padEnd(18, '0'));

test('a plain decimal of any length is read to its last digit', () => {
  fc.assert(
    fc.property(digits(30), digits(18), (whole, fraction) => {
      assert.equal(amount(whole), plain(whole, '0'));
      assert.equal(amount(`${whole}.${fraction}`), plain(whole, fraction));
      assert.equal(amount(`-${whole}.${fraction}`), -plain(whole, fraction));
    }),
    { examples: [['9007199254740993', '000000000000000001']] },
  );
});

test('where a number stops counting exactly, an amount does not', () => {
  for (const text of ['999999999999999', '9007199254740993', '0.9007199254740993', '9007199254740.993', '99999999999999999.9'])
    assert.equal(formatAmount(amount(text)), text);
});

test('what is no plain decimal is refused, short or long', () => {
  const long = '1'.repeat(31);
  const texts = [
    '',
    '.',
    '-',
    '.5',
    '5.',
    '1.2.3',
    '+1',
    ' 1',
    '1 ',
    '1e5',
    '0x1',
    'Infinity',
    '１',
    '--1',
    `1.${'0'.repeat(19)}`,
    long,
  ];
  for (const text of texts) assert.throws(() => amount(text), { code: 'amount-malformed' }, JSON.stringify(text));
  for (const value of [null, undefined, {}, [1, 2], true])
    assert.throws(() => amount(value as never), { code: 'amount-malformed' }, String(value));
});
