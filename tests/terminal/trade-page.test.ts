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

interface Example {
  readonly settings: object;
  readonly funds: Readonly<Record<'BTC' | 'USDT', string>>;
  /** Of the first price, in ticks; the ask is one more. */
  readonly bid: number;
  /** Of the table, and of the profit in the text. */
  readonly table: string;
  readonly profit: RegExp;
}

const steps = { takeProfits: '2%:50, 4%:50', stopLossPercent: '3', stopLossGapPercent: '0.5', breakevenAfterStep: 1 };
const examples: Readonly<Record<string, Example>> = {
  long: {
    settings: { size: '1000', ...steps },
    funds: { BTC: '0', USDT: '1010' },
    bid: 6_399_999,
    table: 'price goes to',
    profit: /The profit is (\S+) USDT/,
  },
  short: {
    settings: { direction: 'short', sizeIn: 'base', size: '0.1', ...steps },
    funds: { BTC: '0.1', USDT: '300' },
    bid: 6_400_000,
    table: 'short: price goes to',
    profit: /The profit of the short trade is\s+(\S+) USDT/,
  },
};

for (const [direction, { settings: text, funds, bid, table, profit }] of Object.entries(examples))
  test(`${direction}: the worked example is what the trade does`, () => {
    const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
    const settings = trade.readSettings(rules.pair, tradeSettings.parse(text));
    const [base, quote] = [amount(funds.BTC), amount(funds.USDT)];
    const { fee } = settings;
    const exchange = new ScriptedExchange({ rules, base, quote, fee, feeAsset: 'base', price: ticks(bid) });
    const birth = trade.initial(settings, { bot: 'page' as BotId, rules, allotted: { BTC: base, USDT: quote } });
    const play = new BotPlay<TradeState>(exchange, birth, (state, event) => trade.step(settings, state, event));
    const calm = (): void => {
      play.settle();
      while (play.fire()) play.settle();
    };
    play.send({ kind: 'started' });
    calm();
    for (const [price = '', ...shown] of page.table(table)) {
      if (price !== 'entry') play.move(price);
      calm();
      const resting = [...exchange.resting.values()].map(({ intent }) => intent)[0];
      const stop = resting === undefined ? ['', ''] : [formatAmount(resting.trigger!), formatAmount(resting.limit)];
      const held = direction === 'long' ? play.state.held.quantity : play.state.held.cost;
      assert.deepEqual([formatAmount(play.state.sold), formatAmount(held), ...stop], shown, price);
    }
    assert.equal(formatAmount(play.state.closed!.profit), profit.exec(page.text)?.[1]);
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
      'stopLossTrailing needs stopLossPercent or stopLossDistance',
      'breakevenAfterStep needs a stop loss',
      'breakevenAfterStep must be smaller than the number of take profit steps',
    ],
  );
});

test('what one entry or direction has and another has not is named too', () => {
  const faultsOf = (settings: object): readonly string[] =>
    tradeSettings.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];
  const far = 'targets must lie further from step to step: percents rise, and prices rise, or fall when short';
  assert.deepEqual(
    faultsOf({ direction: 'short', entry: 'held', heldQuantity: '1', sizeIn: 'base', takeProfits: '100%:50, 90:25, 95:25' }),
    [
      'sizeIn must be "quote" for coins already held or sold',
      'takeProfits percents must be below 100 when short',
      `takeProfits ${far}`,
    ],
  );
  assert.deepEqual(faultsOf({ direction: 'short', size: '10', takeProfits: '95:50, 90:50', profitIn: 'base' }), []);
  assert.deepEqual(faultsOf({ size: '10', takeProfits: '95:50, 90:50', profitIn: 'base' }), [
    `takeProfits ${far}`,
    'profitIn must be "quote" unless the trade is short',
  ]);
  assert.deepEqual(faultsOf({ size: '10', entryHoldSeconds: 5, entryTimeInForce: 'ioc', takeProfits: '2%:100:limit:0:bid' }), [
    'entryHoldSeconds needs the entry "conditional"',
    'entryTimeInForce must be "gtc" for an entry without a limit',
    'takeProfits a step at its limit that does not trail looks at no price: its order does',
  ]);
});
