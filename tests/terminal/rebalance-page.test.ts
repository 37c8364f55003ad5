import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Market, planRebalance, readRebalanceSettings } from '@holdfast/bots';
import { rebalanceSettings } from '@holdfast/contracts';
import { amount, formatAmount, formatLots, formatTicks, type Pair, ticks } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { fieldsOf, Page } from './page.ts';

const page = new Page('rebalance');

test('the page names every setting with its unit and default, and no other', () => {
  assert.deepEqual(
    page.table('Field').map(([name, unit, , byDefault]) => [name, unit, byDefault]),
    fieldsOf(rebalanceSettings),
  );
});

test('the worked example is the plan', () => {
  const text = rebalanceSettings.parse({ targets: 'BTC/USDT:50, ETH/USDT:30, SOL/USDT:10', cashPercent: '10' });
  const bids = { 'BTC/USDT': 60_000_00, 'ETH/USDT': 3_000_00, 'SOL/USDT': 150_00 };
  const markets = new Map<Pair, Market>(
    Object.entries(bids).map(([name, bid]) => {
      const rules = testRules(name, '0.01', '0.0001', '5');
      return [rules.pair, { rules, quote: { pair: rules.pair, last: ticks(bid), bid: ticks(bid), ask: ticks(bid + 1) } }];
    }),
  );
  const held = { USDT: amount('1000'), BTC: amount('0.1'), ETH: amount('1'), SOL: amount('0.1') };
  const plan = planRebalance(readRebalanceSettings(text), held, markets)!;
  assert.equal(formatAmount(plan.total), '10015');
  const rows = plan.rows.map(({ pair, value, share, target, order, leftOut }) => {
    const { rules } = markets.get(pair)!;
    const does = order && `${order.side} ${formatLots(order.quantity, rules)} at ${formatTicks(order.limit, rules)}`;
    const percent = (count: bigint): string => formatAmount((count / 10n ** 14n) * 10n ** 16n);
    return [pair, formatAmount(value), percent(share), percent(target), does ?? leftOut];
  });
  assert.deepEqual(rows, page.table('pair'));
});

test('all faults of settings are named at once, with their fields', () => {
  const parsed = rebalanceSettings.safeParse({
    targets: 'BTC/USDT:50; BTC/USDT:20; ETH/EUR:20',
    cashPercent: '5',
    thresholdPercent: '0',
    attempts: 0,
  });
  assert.deepEqual(
    parsed.error!.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
    [
      'attempts must be at least 1',
      'targets percents must make exactly 100 together with cashPercent',
      'targets name a pair twice',
      'targets must all have the same quote',
      'thresholdPercent or a schedule must be given',
    ],
  );
});
