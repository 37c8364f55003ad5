import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type DcaState, dca } from '@holdfast/bots';
import { dcaSettings } from '@holdfast/contracts';
import { amount, type BotId, divide, formatAmount, ticks, zero } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';

const page = readFileSync(new URL('../../docs/bots/dca.md', import.meta.url), 'utf8');

/** Rows of the table whose header begins with `first`, cells without backticks. */
function table(first: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  assert.ok(from >= 0, `docs/bots/dca.md has a table that begins with ${first}`);
  const until = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
  return lines.slice(from + 2, until).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

test('the page names every setting with its unit and default, and no other', () => {
  const fields = Object.entries(dcaSettings.shape).map(([name, schema]) => {
    const { unit = '' } = (schema.meta() ?? ('unwrap' in schema ? schema.unwrap().meta() : {})) as { unit?: string };
    const parsed = schema.safeParse(undefined);
    return [name, unit, parsed.success ? String(parsed.data) : ''];
  });
  const rows = table('Field').map(([name, unit, , byDefault]) => [name, unit, byDefault]);
  assert.deepEqual(rows, fields);
});

const example = {
  baseOrderSize: '100',
  averagingOrderSize: '50',
  averagingOrders: 4,
  averagingOrdersActive: 2,
  stepPercent: '1',
  stepMultiplier: '1.5',
  sizeMultiplier: '1.2',
  takeProfitPercent: '1',
  cooldownSeconds: 60,
};

test('the worked example of a short deal is what the bot does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const settings = dca.readSettings(rules.pair, dcaSettings.parse({ ...example, direction: 'short' }));
  const { fee } = settings;
  const base = amount('0.01');
  const exchange = new ScriptedExchange({ rules, base, quote: zero, fee, feeAsset: 'base', price: ticks(6_400_000) });
  const birth = dca.initial(settings, { bot: 'page' as BotId, rules, allotted: { BTC: base } });
  const play = new BotPlay<DcaState>(exchange, birth, (state, event) => dca.step(settings, state, event));
  play.send({ kind: 'started' });
  play.settle();
  const lot = 10n ** 10n;
  for (const [n = '', price = '', quantity, ...rest] of table('sale')) {
    if (n !== '0') {
      assert.ok(play.orders.includes(`sell ${quantity} at ${price}`), `averaging order ${n} rests`);
      play.move(price);
    }
    const deal = dca.report(settings, play.state).deal!;
    assert.equal(deal.direction, 'short');
    const takeProfit = exchange.resting.get(deal.takeProfit!.clientOrderId!)!.intent;
    const shown = [deal.held, deal.cost, (deal.averagePrice! / lot) * lot, takeProfit.limit, takeProfit.quantity];
    assert.deepEqual(shown.map(formatAmount), rest, `row ${n}`);
  }
  const before = play.state.base;
  const [, target = '', net = ''] = /the take profit at (\S+) buys \S+ back, which are (\S+) after the fee/.exec(page) ?? [];
  play.move(target);
  assert.equal(play.state.deal, null);
  assert.equal(formatAmount(play.state.base - before), net);
  const { realised, lastClosed, dust } = play.state;
  assert.deepEqual([realised, lastClosed!.profit, dust.quantity, dust.cost].map(formatAmount), table('profit in coins')[0]);
  assert.equal(play.state.base + dust.cost, base + realised);
});

test('the worked example is what the bot does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const settings = dca.readSettings(
    rules.pair,
    dcaSettings.parse({
      baseOrderSize: '100',
      averagingOrderSize: '50',
      averagingOrders: 4,
      averagingOrdersActive: 2,
      stepPercent: '1',
      stepMultiplier: '1.5',
      sizeMultiplier: '1.2',
      takeProfitPercent: '1',
      cooldownSeconds: 60,
    }),
  );
  const exchange = new ScriptedExchange({
    rules,
    base: amount('0'),
    quote: amount('1000'),
    fee: settings.fee,
    feeAsset: 'base',
    price: ticks(6_399_999),
  });
  const birth = dca.initial(settings, { bot: 'page' as BotId, rules, allotted: { USDT: amount('1000') } });
  const play = new BotPlay<DcaState>(exchange, birth, (state, event) => dca.step(settings, state, event));
  play.send({ kind: 'started' });
  play.settle();

  const lot = 10n ** 10n;
  for (const [n = '', price = '', quantity, ...rest] of table('n')) {
    if (n !== '0') {
      assert.ok(play.orders.includes(`buy ${quantity} at ${price}`), `averaging order ${n} rests`);
      play.move(price);
    }
    const deal = dca.report(settings, play.state).deal!;
    const takeProfit = exchange.resting.get(deal.takeProfit!.clientOrderId!)!.intent;
    const shown = [deal.held, deal.cost, divide(deal.averagePrice!, lot, 'up') * lot, takeProfit.limit, takeProfit.quantity];
    assert.deepEqual(shown.map(formatAmount), rest, `row ${n}`);
  }

  const before = play.state.quote;
  const [, target = '', net = ''] = /the take profit at (\S+) sells \S+ for (\S+) after its fee/.exec(page) ?? [];
  play.move(target);
  assert.equal(play.state.deal, null);
  assert.equal(formatAmount(play.state.quote - before), net);
  const [profit, dust, cost] = table('profit of the deal')[0]!;
  assert.deepEqual([play.state.lastClosed!.profit, play.state.dust.quantity, play.state.dust.cost].map(formatAmount), [
    profit,
    dust,
    cost,
  ]);
});
