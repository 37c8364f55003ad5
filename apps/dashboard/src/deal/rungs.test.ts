import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenDeal } from '@holdfast/contracts';
import { rungsOf } from './rungs.ts';

const deal: OpenDeal = {
  id: 'a-1',
  bot: 'a',
  number: 1,
  pair: 'BTC/USDT',
  state: 'open',
  openedAt: 0,
  closedAt: null,
  bought: '1',
  sold: '0',
  spent: '100',
  received: '0',
  averagePrice: '100',
  averagingOrders: { filled: 0, most: 2 },
  profit: '0',
  profitPercent: '0',
  fees: '0',
  quote: 'USDT',
  ladder: [
    { index: 0, kind: 'base', price: '100', quantity: '1', filled: '1', state: 'filled' },
    { index: 1, kind: 'averaging', price: '99', quantity: '1', filled: '0', state: 'resting' },
    { index: 2, kind: 'averaging', price: null, quantity: '1', filled: '0', state: 'waiting' },
  ],
  takeProfit: { price: '101', quantity: '1', filled: '0', state: 'resting' },
  lastPrice: '99.5',
};

test('rungs stand by price from the top, the market among them, what has no price last', () =>
  assert.deepEqual(
    rungsOf(deal, '99.5').map(({ name }) => name),
    ['Take profit', 'Base order', 'Average price', 'Market', 'Averaging 1', 'Averaging 2'],
  ));

test('a way out in steps is its steps, and not the next of them once more', () => {
  const [base] = deal.ladder;
  const steps: OpenDeal['ladder'] = [
    { index: 1, kind: 'target', price: '101', quantity: '0.5', filled: '0', state: 'resting' },
    { index: 2, kind: 'target', price: '102', quantity: '0.5', filled: '0', state: 'waiting' },
  ];
  assert.deepEqual(
    rungsOf({ ...deal, ladder: [base!, ...steps] }, '99.5').map(({ name }) => name),
    ['Target 2', 'Target 1', 'Base order', 'Average price', 'Market'],
  );
});

test('each rung says how far it is from the market', () => {
  const next = rungsOf(deal, '100').find(({ name }) => name === 'Averaging 1');
  assert.equal(next?.distance, '-1.000000000000000000');
});

test('without a price of the market no distance is made up', () =>
  assert.ok(rungsOf(deal, null).every(({ distance, kind }) => distance === null && kind !== 'market')));
