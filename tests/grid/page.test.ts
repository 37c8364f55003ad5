import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GridState, grid } from '@holdfast/bots';
import { gridSettings } from '@holdfast/contracts';
import { amount, type BotId, formatAmount, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { fieldsOf, Page } from '../terminal/page.ts';

const page = new Page('grid');

test('the page names every setting with its unit and default, and no other', () => {
  assert.deepEqual(
    page.table('Field').map(([name, unit, , byDefault]) => [name, unit, byDefault]),
    fieldsOf(gridSettings),
  );
});

test('the worked example is what the bot does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const text = { lowerPrice: '62000', upperPrice: '66000', lines: 5, spacing: 'arithmetic', amountPerLine: '500' } as const;
  const settings = grid.readSettings(rules.pair, gridSettings.parse(text));
  const funds = amount('2100');
  const price = ticks(6_400_000);
  const exchange = new ScriptedExchange({ rules, base: amount('0'), quote: funds, fee: settings.fee, feeAsset: 'base', price });
  const birth = grid.initial(settings, { bot: 'page' as BotId, rules, allotted: { USDT: funds } });
  const play = new BotPlay<GridState>(exchange, birth, (state, event) => grid.step(settings, state, event));
  const placed = (from: number): string =>
    play.intents
      .slice(from)
      .flatMap((intent) =>
        intent.kind === 'place-order' ? [`${intent.side} ${formatAmount(intent.quantity)} at ${formatAmount(intent.limit)}`] : [],
      )
      .join(', ');
  play.send({ kind: 'started' });
  const [, bought] = /The balancing order buys (\S+), then/.exec(page.text) ?? [];
  assert.ok(placed(0).startsWith(`buy ${bought} at `), placed(0));
  play.settle();
  for (const order of play.orders) {
    const [, size, at] = order.split(/ (?:at )?/);
    assert.ok(page.text.replaceAll('\n', ' ').includes(`${size} at ${at}`), order);
  }
  for (const [index, [to = '', ...shown]] of page.table('price goes to').entries()) {
    const [asked, closed] = [play.intents.length, play.state.closed.length];
    if (index > 0) play.move(to);
    const profits = play.state.closed.slice(closed).map(({ profit }) => formatAmount(profit));
    const { BTC = 0n, USDT = 0n } = play.state.book;
    assert.deepEqual(
      [placed(asked), profits.join(', '), ...[BTC, USDT, play.state.realised].map(formatAmount)],
      shown,
      `row ${index + 1}`,
    );
  }
});
