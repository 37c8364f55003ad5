import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RecurringState, recurring } from '@holdfast/bots';
import { recurringSettings } from '@holdfast/contracts';
import { amount, type BotId, formatAmount, ticks } from '@holdfast/domain';
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
