import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, formatAmount } from '@holdfast/domain';
import { FeeSchedule, feeOn } from './fee.ts';
import { played } from './testing/play.ts';

const dayMs = 86_400_000;

test('a fee is rounded up at 8 decimals and is never more than what it is taken from', () => {
  assert.equal(formatAmount(feeOn(amount('0.0033'), amount('0.001'))), '0.0000033');
  assert.equal(formatAmount(feeOn(amount('0.00000001'), amount('0.001'))), '0.00000001');
  assert.equal(formatAmount(feeOn(amount('10.00000001'), amount('0.001'))), '0.01000001');
});

test('a tier counts what was traded in the 30 days before, and not the fill itself', () => {
  const schedule = new FeeSchedule({
    makerFee: amount('0.001'),
    takerFee: amount('0.002'),
    feeTiers: [
      { from: amount('1000'), makerFee: amount('0.0008'), takerFee: amount('0.0018') },
      { from: amount('5000'), makerFee: 0n as Amount, takerFee: amount('0.0015') },
    ],
  });
  const share = (maker: boolean, value: string, day: number): string =>
    formatAmount(schedule.shareOf(maker, amount(value), day * dayMs));
  assert.equal(share(true, '1000', 0), '0.001');
  assert.equal(share(true, '4000', 1), '0.0008');
  assert.equal(share(true, '10', 2), '0');
  assert.equal(share(false, '10', 2), '0.0015');
  assert.equal(share(false, '10', 30), '0.0015', 'the first is 30 days old and still counts');
  assert.equal(share(false, '10', 31), '0.0018', 'it does not any more');
  assert.equal(share(true, '10', 90), '0.001');
});

test('a run pays the tier that its own turnover reached', () => {
  const { lines } = played({
    kind: 'dca',
    settings: {
      feePercent: '0',
      feeAsset: 'quote',
      baseOrderSize: '100',
      averagingOrderSize: '100',
      averagingOrders: 0,
      takeProfitPercent: '1',
      cooldownSeconds: 3600,
    },
    assumptions: {
      feeIn: 'quote',
      makerFee: amount('0.001'),
      takerFee: amount('0.001'),
      feeTiers: [{ from: amount('100'), makerFee: amount('0.0005'), takerFee: amount('0.001') }],
    },
    candles: `
      100 100 100 100
      100 103 100 103
    `,
  });
  assert.deepEqual(lines.slice(0, 2), [
    '0:00 buy 1 at 100.01 taker fee 0.10001 USDT',
    '1:30 sell 1 at 101.12 maker fee 0.05056 USDT',
  ]);
});
