import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Basket, type BasketState, type RecurringState, recurring, recurringBuys } from '@holdfast/bots';
import { recurringSettings } from '@holdfast/contracts';
import { amount, type BotEvent, type BotId, epochMs, formatAmount, type Pair, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { fieldsOf, Page } from './page.ts';

const page = new Page('recurring');

test('the page names every setting with its unit and default, and no other', () => {
  assert.deepEqual(
    page.table('Field').map(([name, unit, , byDefault]) => [name, unit, byDefault]),
    fieldsOf(recurringSettings),
  );
});

test('the worked example is what the bot does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const text = recurringSettings.parse({ size: '4', schedule: '30 2 * * *', timeZone: 'Europe/Berlin' });
  const settings = recurring.readSettings(rules.pair, text);
  const funds = amount('100');
  const exchange = new ScriptedExchange({
    rules,
    base: amount('0'),
    quote: funds,
    fee: settings.fee,
    feeAsset: 'base',
    price: ticks(6_399_999),
  });
  exchange.pass(Date.parse('2026-03-27T12:00Z') - exchange.at);
  const birth = recurring.initial(settings, { bot: 'page' as BotId, rules, allotted: { USDT: funds } });
  const play = new BotPlay<RecurringState>(exchange, birth, (state, event) => recurring.step(settings, state, event));
  play.send({ kind: 'started' });
  for (const [ask = '', ...shown] of page.table('ask')) {
    exchange.move(ticks(Number(ask) * 100 - 1), 100);
    const before = play.intents.length;
    play.wait();
    play.settle();
    const order = play.intents[before];
    const quantity = order?.kind === 'place-order' ? formatAmount(order.quantity) : '';
    const { held, pending } = play.state;
    const time = new Date(exchange.at).toISOString().slice(0, 16);
    assert.deepEqual([time, quantity, formatAmount(held.quantity), formatAmount(pending)], shown);
  }
});

test('the basket of the page buys by its weights', () => {
  const text = recurringSettings.parse({ size: '100', basket: 'BTC/USDT:60, ETH/USDT:30, SOL/USDT:10:250' });
  const settings = recurringBuys.readSettings([], text) as Basket;
  const rows = page.table('part');
  const exchanges = new Map(
    rows.map(([name = '', ask]) => {
      const rules = testRules(name, '0.01', '0.00001', '5');
      const price = ticks(Number(ask) * 100 - 1);
      const options = { rules, fee: settings.parts[0]!.settings.fee, feeAsset: 'base', price } as const;
      return [name as Pair, new ScriptedExchange({ ...options, base: amount('0'), quote: amount('10000') })];
    }),
  );
  const rules = Object.fromEntries([...exchanges].map(([pair, exchange]) => [pair, exchange.rules]));
  const quotes = new Map([...exchanges.values()].flatMap((exchange) => [...exchange.quotes]));
  const [funds] = recurringBuys.fundsNeeded(settings, rules, quotes, {});
  assert.equal(formatAmount(funds!.amount), '1203.6', 'twelve purchases with the slippage');
  let state = recurringBuys.initial(settings, { bot: 'page' as BotId, rules, allotted: { USDT: funds!.amount } }) as BasketState;
  let next: number | undefined;
  const send = (event: object, at: number): void => {
    const result = recurringBuys.step(settings, state, { ...event, at: epochMs(at), quotes } as unknown as BotEvent);
    if ('unchanged' in result) return;
    state = result.state as BasketState;
    next = result.wakes.flatMap((wake) => (wake.kind === 'time' ? [wake.at] : []))[0];
    for (const intent of result.intents) exchanges.get(intent.pair)!.submit([intent]);
  };
  const start = exchanges.get('BTC/USDT' as Pair)!.at;
  send({ kind: 'started' }, start);
  const at = next ?? start;
  assert.ok(at > start);
  send({ kind: 'woken', wake: { kind: 'time', at } }, at);
  const ids: string[] = [];
  const bought = new Map<string, string>();
  for (const [pair, exchange] of exchanges) {
    while (exchange.arriving > 0) exchange.arrive({ kind: 'take' }, 100);
    for (let answer = exchange.take(); answer !== undefined; answer = exchange.take()) {
      if (answer.kind === 'order-event' && answer.event.kind === 'order-filled') {
        ids.push(answer.event.clientOrderId);
        bought.set(pair, formatAmount(answer.event.quantity));
      }
      send(answer, at);
    }
  }
  assert.deepEqual(ids, ['page-1-b1', 'page-2-b1']);
  const shown = rows.map(([pair = '', ask = '']) => {
    const { state: part } = state.parts[pair as Pair]!;
    return [pair, ask, bought.get(pair) ?? '', formatAmount(part.held.quantity), formatAmount(part.pending)];
  });
  assert.deepEqual(shown, rows);
});

test('all faults of a basket are named at once', () => {
  const parsed = recurringSettings.safeParse({ size: '100', basket: 'BTC/USDT:60, BTC/USDT:0, ETH/EUR:30', maxPrice: '5' });
  assert.deepEqual(
    parsed.error!.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
    [
      'basket percents must make exactly 100',
      'basket names a pair twice',
      'basket has a part of 0 percent',
      'basket must have the same quote in all its pairs',
      'maxPrice is for one pair; name a highest price in the parts of the basket',
    ],
  );
});
