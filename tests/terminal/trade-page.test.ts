import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TradeState, trade } from '@holdfast/bots';
import { tradeSettings } from '@holdfast/contracts';
import { amount, type BotId, formatAmount, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { fieldsOf, Page } from './page.ts';

const page = new Page('trade');

test('the page names every setting with its unit and default, and no other', () => {
  assert.deepEqual(
    page.table('Field').map(([name, unit, , byDefault]) => [name, unit, byDefault]),
    fieldsOf(tradeSettings),
  );
});

test('the worked example is what the trade does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const text = tradeSettings.parse({
    size: '1000',
    takeProfits: '2%:50, 4%:50',
    stopLossPercent: '3',
    stopLossGapPercent: '0.5',
    breakevenAfterStep: 1,
  });
  const settings = trade.readSettings(rules.pair, text);
  const funds = amount('1010');
  const exchange = new ScriptedExchange({
    rules,
    base: amount('0'),
    quote: funds,
    fee: settings.fee,
    feeAsset: 'base',
    price: ticks(6_399_999),
  });
  const birth = trade.initial(settings, { bot: 'page' as BotId, rules, allotted: { USDT: funds } });
  const play = new BotPlay<TradeState>(exchange, birth, (state, event) => trade.step(settings, state, event));
  const calm = (): void => {
    play.settle();
    while (play.fire()) play.settle();
  };
  play.send({ kind: 'started' });
  calm();
  for (const [price = '', ...shown] of page.table('price goes to')) {
    if (price !== 'entry') play.move(price);
    calm();
    const resting = [...exchange.resting.values()].map(({ intent }) => intent)[0];
    const stop = resting === undefined ? ['', ''] : [formatAmount(resting.trigger!), formatAmount(resting.limit)];
    assert.deepEqual([formatAmount(play.state.sold), formatAmount(play.state.held.quantity), ...stop], shown, price);
  }
  const [, profit] = /The profit is (\S+) USDT/.exec(page.text) ?? [];
  assert.equal(formatAmount(play.state.closed!.profit), profit);
});

test('all faults of settings are named at once, with their fields', () => {
  const parsed = tradeSettings.safeParse({
    entry: 'limit',
    size: 'many',
    takeProfits: [{ percent: '2', price: '3', sharePercent: '60' }],
    stopLossTrailing: true,
    breakevenAfterStep: 2,
    colour: 'red',
  });
  assert.deepEqual(
    parsed.error!.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
    [
      'size must be a plain decimal with at most 8 places such as "0"',
      ' Unrecognized key: "colour"',
      'entryPrice must be above 0 for a limit or conditional entry',
      'takeProfits each step needs either a percent or a price above 0, and not both',
      'takeProfits shares must be above 0 and make exactly 100 percent together',
      'stopLossTrailing needs stopLossPercent',
      'breakevenAfterStep needs a stop loss',
      'breakevenAfterStep must be smaller than the number of take profit steps',
    ],
  );
});
