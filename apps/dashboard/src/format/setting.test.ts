import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingInWords } from './setting.ts';

for (const [value, words] of [
  [true, 'yes'],
  ['at-or-below', 'at or below'],
  ['-5', '-5'],
  ['*/30 * * * *', '*/30 * * * *'],
  [null, ''],
  [['DOGE', 'SHIB/USDT'], 'DOGE; SHIB/USDT'],
  [[{ pair: 'BTC/USDT', percent: '50' }], 'BTC/USDT percent 50'],
  [
    [
      { percent: '2', sharePercent: '50', trailingPercent: '0' },
      { price: '70000', sharePercent: '50' },
    ],
    'percent 2 share percent 50; price 70000 share percent 50',
  ],
] as const)
  test(`${JSON.stringify(value)} reads "${words}"`, () => assert.equal(settingInWords(value), words));
