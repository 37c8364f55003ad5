import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Market, planRebalance, readRebalanceSettings, rebalance } from '@holdfast/bots';
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

const example = () => {
  const settings = readRebalanceSettings(
    rebalanceSettings.parse({ targets: 'BTC/USDT:50, ETH/USDT:30, SOL/USDT:10', cashPercent: '10' }),
  );
  const bids = { 'BTC/USDT': 60_000_00, 'ETH/USDT': 3_000_00, 'SOL/USDT': 150_00 };
  const markets = new Map<Pair, Market>(
    Object.entries(bids).map(([name, bid]) => {
      const rules = testRules(name, '0.01', '0.0001', '5');
      return [rules.pair, { rules, quote: { pair: rules.pair, last: ticks(bid), bid: ticks(bid), ask: ticks(bid + 1) } }];
    }),
  );
  const held = { USDT: amount('1000'), BTC: amount('0.1'), ETH: amount('1'), SOL: amount('0.1') };
  return { settings, held, markets };
};

test('the worked example is the plan, and the dry run says the same', () => {
  const { settings, held, markets } = example();
  const plan = planRebalance(settings, held, markets)!;
  assert.equal(formatAmount(plan.total), '10015');
  const rows = plan.rows.map(({ pair, value, share, target, order, leftOut }) => {
    const { rules } = markets.get(pair)!;
    const does = order && `${order.side} ${formatLots(order.quantity, rules)} at ${formatTicks(order.limit, rules)}`;
    const percent = (count: bigint): string => formatAmount((count / 10n ** 14n) * 10n ** 16n);
    return [pair, formatAmount(value), percent(share), percent(target), does ?? leftOut];
  });
  assert.deepEqual(rows, page.table('pair'));
  const { rules, quotes } = asked(markets);
  const first = rebalance.firstOrders!(settings, rules, quotes, held);
  assert.deepEqual(
    first.map(({ order, reason }) => order?.limit ?? reason),
    plan.rows.map(({ order, leftOut }) => order?.limit ?? leftOut),
  );
});

const asked = (markets: ReadonlyMap<Pair, Market>) => ({
  rules: Object.fromEntries([...markets].map(([pair, { rules }]) => [pair, rules])),
  quotes: new Map([...markets].map(([pair, { quote }]) => [pair, quote])),
});

test('funds and mandate are those of the page', () => {
  const { settings, held, markets } = example();
  const { rules, quotes } = asked(markets);
  const [quote, ...coins] = rebalance.fundsNeeded(settings, rules, quotes, {});
  // The smallest target is 10 %: a tenth above the 10 of `minTrade` makes 110.
  assert.deepEqual([quote?.asset, formatAmount(quote!.amount)], ['USDT', '110']);
  assert.deepEqual(
    coins.map(({ asset, amount: each }) => [asset, each]),
    [
      ['BTC', 0n],
      ['ETH', 0n],
      ['SOL', 0n],
    ],
  );
  assert.equal(rebalance.fundsNeeded(settings, rules, quotes, { BTC: amount('0.001') })[0]?.amount, amount('50'));
  const needs = rebalance.mandateNeeds(settings, rules, quotes, held);
  const row = (name: string, of: (pair: (typeof needs.pairs)[number]) => bigint) => [
    name,
    ...needs.pairs.map((it) => formatAmount(of(it))),
  ];
  assert.deepEqual(
    [
      row('largest order', (it) => it.maxOrderQuote),
      row('coins sold that were not bought', (it) => it.maxSellHeldBase24h),
      row('floor', (it) => it.floor),
      row('ceiling', (it) => it.ceiling),
    ],
    page.table('need'),
  );
  assert.equal(formatAmount(needs.turnover24h), '60090');
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
