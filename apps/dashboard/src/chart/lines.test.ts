import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotDetail, FillsAnswer, OpenDeal } from '@holdfast/contracts';
import { marksOf } from './lines.ts';

const deal = (number: number, pair: string, price: string): OpenDeal =>
  ({
    number,
    pair,
    averagePrice: price,
    takeProfit: { price: `${Number(price) + 1}`, state: 'resting' },
    ladder: [{ kind: 'averaging', index: 1, price: `${Number(price) - 1}`, state: 'resting' }],
  }) as OpenDeal;
const bot = (...openDeals: readonly OpenDeal[]): BotDetail => ({ id: 'b1', openDeals }) as unknown as BotDetail;
const of = (pair: string): FillsAnswer => ({ pair, orders: [], fills: [] }) as unknown as FillsAnswer;
const titles = (it: BotDetail, pair: string) => marksOf(it, of(pair)).map(({ title, price }) => `${title} ${price}`);

test('a way out in steps has a line for each that rests', () => {
  const target = (index: number, price: string, state: string) => ({ kind: 'target', index, price, state });
  const ladder = [target(1, '101', 'resting'), target(2, '102', 'resting'), target(3, '103', 'waiting')];
  const stepped = { ...deal(1, 'BTC/USDT', '100'), ladder } as OpenDeal;
  assert.deepEqual(titles(bot(stepped), 'BTC/USDT'), ['Target 1 101', 'Target 2 102', 'Average 100']);
});

test('the chart of a pair has the lines of every deal on it, named where there are several', () => {
  assert.deepEqual(titles(bot(deal(1, 'BTC/USDT', '100')), 'BTC/USDT'), ['Buy 1 99', 'Take profit 101', 'Average 100']);
  const several = bot(deal(1, 'BTC/USDT', '100'), deal(2, 'BTC/USDT', '90'), deal(3, 'ETH/USDT', '5'));
  assert.deepEqual(titles(several, 'BTC/USDT'), [
    'Buy 1, deal 1 99',
    'Take profit, deal 1 101',
    'Average, deal 1 100',
    'Buy 1, deal 2 89',
    'Take profit, deal 2 91',
    'Average, deal 2 90',
  ]);
  assert.deepEqual(titles(several, 'ETH/USDT'), ['Buy 1 4', 'Take profit 6', 'Average 5']);
});
