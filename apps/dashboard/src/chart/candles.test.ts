import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CandleView } from '@holdfast/contracts';
import { extendBar, toBar, touchBar } from './candles.ts';

const candle = (openTime: number, open: string, high: string, low: string, close: string): CandleView => ({
  openTime,
  open,
  high,
  low,
  close,
  volume: '1',
  closed: false,
});
const start = 1_800_000_000_000 - (1_800_000_000_000 % 300_000);

test('a minute inside the newest bar widens it and moves its close', () => {
  const bar = toBar(candle(start, '10', '12', '9', '11'), '5m');
  assert.deepEqual(extendBar(bar, candle(start + 60_000, '11', '13', '10', '12.5'), '5m'), { ...bar, high: 13, close: 12.5 });
});

test('a minute of the next interval begins a bar', () => {
  const bar = toBar(candle(start, '10', '12', '9', '11'), '5m');
  const next = extendBar(bar, candle(start + 300_000, '11', '11', '11', '11'), '5m');
  assert.equal(next?.time, start / 1000 + 300);
});

test('a late minute changes nothing', () => {
  const bar = toBar(candle(start, '10', '12', '9', '11'), '5m');
  assert.equal(extendBar(bar, candle(start - 60_000, '1', '1', '1', '1'), '5m'), undefined);
});

test('a trade moves the newest bar only inside its interval', () => {
  const bar = toBar(candle(start, '10', '12', '9', '11'), '1m');
  assert.equal(touchBar(bar, '8', start + 1_000, '1m')?.low, 8);
  assert.equal(touchBar(bar, '8', start + 60_000, '1m'), undefined);
});
