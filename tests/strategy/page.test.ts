/** docs/strategies.md: its tables and limits are the code's, and its example plays as it stands. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  type AskStrategy,
  checkOwnSettings,
  commonFields,
  type OwnDescription,
  type OwnState,
  ownKind,
  readDescription,
  readStep,
} from '@holdfast/bots';
import { amount, type BotId, type ClosedDeal, formatAmount, type Intent, ticks, zero } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { startMsMost, stepMsMost } from '../../apps/engine/src/strategy-run.ts';
import { description, step } from '../../docs/examples/strategy.ts';
import { Page } from '../terminal/page.ts';

const page = new Page('../strategies');

test('the page lists the fields that every strategy has', () => {
  const rows = Object.entries(commonFields).map(([name, { unit, least, most, values, initial, about }]) => [
    name,
    unit,
    values.length > 0 ? values.join(', ') : `${least} to ${most}`,
    String(initial ?? ''),
    about,
  ]);
  assert.deepEqual(page.table('Field'), rows);
});

test('the page names every part of an event, every wake and the limits', () => {
  const protocol = readFileSync(new URL('../../packages/bots/src/own/protocol.ts', import.meta.url), 'utf8');
  const event = /interface StrategyEvent \{([\s\S]*?)\n\}/.exec(protocol)?.[1] ?? '';
  const named = [...event.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name);
  assert.ok(named.length > 10);
  assert.deepEqual(
    page
      .table('of the event')
      .flatMap(([names = '']) => names.split(', '))
      .sort(),
    named.sort(),
  );
  for (const [named = ''] of page.table('wake')) {
    const kind = /kind: '(\w+)'/.exec(named)?.[1];
    const wake = { kind, at: 5, of: 'last', when: 'at-or-below', price: 5, extreme: 'high', from: 5, by: 1 };
    assert.equal(typeof readStep({ wakes: [wake] }), 'object', named);
  }
  assert.equal(page.table('wake').length, 4);
  for (const text of [`within ${stepMsMost} ms`, `more than ${startMsMost / 1000} seconds to load`])
    assert.ok(page.text.includes(text), text);
  const lines = readFileSync(new URL('../../docs/examples/strategy.ts', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n').length;
  assert.ok(lines <= 60, `the example has ${lines} lines`);
});

test('the example of the page is what the bot does', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const checked = checkOwnSettings(readDescription(description) as OwnDescription, { funds: '1000', closes: 3 });
  assert.ok('values' in checked);
  const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
  const ask: AskStrategy = (call) => {
    const { settings, state, event } = plain(call);
    return { kind: 'answer', step: plain(step(settings as never, state as never, event)) };
  };
  const kind = ownKind('own-dip-00000000', ask);
  const settings = kind.readSettings([rules.pair], checked.values);
  const funds = { base: zero, quote: amount('1000') };
  const exchange = new ScriptedExchange({ rules, ...funds, fee: settings.fee, feeAsset: 'base', price: ticks(1_000_000) });
  const deals: ClosedDeal[] = [];
  const birth = kind.initial(settings, {
    bot: 'page' as BotId,
    rules: { [rules.pair]: rules },
    allotted: { USDT: funds.quote },
  });
  const play = new BotPlay<OwnState>(exchange, birth, (state, event) => {
    const result = kind.step(settings, state, event);
    if (!('unchanged' in result)) deals.push(...kind.closedDeals(state, result.state));
    return result;
  });
  play.send({ kind: 'started' });
  const said = (intent: Intent): string =>
    intent.kind === 'place-order'
      ? `${intent.side} ${formatAmount(intent.quantity)} at ${formatAmount(intent.limit)}`
      : `cancel ${intent.clientOrderId}`;
  for (const [close = '', ...shown] of page.table('close')) {
    const [orders, ended] = [play.intents.length, deals.length];
    exchange.pass(60_000);
    play.move(close);
    while (play.wakes.some((wake) => wake.kind === 'time' && wake.at <= exchange.at)) play.wait();
    const wake = play.wakes.find((each) => each.kind === 'candle-close');
    play.send({ kind: 'woken', wake } as { kind: 'woken' });
    play.settle();
    const { BTC = zero, USDT = zero } = play.state.book;
    assert.deepEqual(
      [
        play.intents.slice(orders).map(said).join(', '),
        play.orders.join(', '),
        formatAmount(BTC),
        formatAmount(USDT),
        deals
          .slice(ended)
          .map(({ profit }) => formatAmount(profit))
          .join(', '),
      ],
      shown,
      close,
    );
  }
});
