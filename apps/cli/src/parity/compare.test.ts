import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byMarket, firstDifference, type Line, type Play } from './compare.ts';

const fill = (pair: string, time: number, clientOrderId: string): Line => ({ clientOrderId, pair, time: String(time) });
const play = (...fills: readonly Line[]): Play => ({ name: 'x', orders: [], fills });
const [eth, doge, later] = [fill('ETH/USDT', 1, 'e2'), fill('DOGE/USDT', 1, 'e3'), fill('DOGE/USDT', 2, 'e4')];

test('which of two markets trades first within a moment is no difference, anything else is', () => {
  const [one, other] = [play(eth, doge, later), play(doge, eth, later)];
  assert.equal(firstDifference(one, other)?.what, 'clientOrderId');
  assert.equal(firstDifference(byMarket(one), byMarket(other)), null);
  const second = fill('DOGE/USDT', 1, 'e5');
  assert.notEqual(firstDifference(byMarket(play(doge, second)), byMarket(play(second, doge))), null, 'the order within a market');
  assert.notEqual(firstDifference(byMarket(play(eth, later)), byMarket(play(eth, { ...later, time: '3' }))), null, 'the time');
  assert.equal(firstDifference(byMarket(one), byMarket(play(eth, doge)))?.what, 'presence');
});
