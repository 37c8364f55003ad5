import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatAmount } from '@holdfast/domain';
import { type Change, openEngineQueries, openEngineStore } from '@holdfast/storage';
import { closedDeals } from './closed-deals.ts';

const deal = (bot: string, number: number, status: string, closedAt: number | null, profit: string | null): Change => ({
  table: 'deals',
  row: {
    id: `${bot}-${number}`,
    bot,
    number,
    pair: 'BTC/USDT',
    status,
    opened_at: 1,
    closed_at: closedAt,
    bought: '1',
    sold: '1',
    spent: '1',
    received: '1',
    average_price: '1',
    fees: '0.1',
    profit,
    averaging_filled: 0,
    averaging_most: 0,
    ladder: '[]',
    take_profit: null,
  },
});

test('each closed deal is counted once, also when several close at one moment and questions overlap', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-closed-'));
  const store = openEngineStore(join(folder, 'engine.db'));
  const db = openEngineQueries(join(folder, 'engine.db'));
  t.after(async () => {
    await db.destroy();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const totals = closedDeals(() => db);
  const seen = async () =>
    [...(await totals())].map(([bot, { closed, profit, fees }]) => [bot, closed, formatAmount(profit), formatAmount(fees)]);

  assert.deepEqual(await seen(), []);
  await store.commit([deal('a', 1, 'closed', 10, '1.5'), deal('a', 2, 'open', null, null)]);
  assert.deepEqual(await Promise.all([seen(), seen()]), [[['a', 1, '1.5', '0.1']], [['a', 1, '1.5', '0.1']]]);
  await store.commit([deal('b', 1, 'cancelled', 10, null)]);
  await store.commit([deal('a', 2, 'closed', 20, '-0.5')]);
  assert.deepEqual(await seen(), [
    ['a', 2, '1', '0.2'],
    ['b', 1, '0', '0.1'],
  ]);
  assert.equal((await seen()).length, 2);
});
