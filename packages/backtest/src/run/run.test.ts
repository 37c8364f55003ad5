/** The drivers over synthetic candles: both give the same, and the ledger agrees with what a run says it did. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botKinds } from '@holdfast/bots';
import { dcaSettings, gridSettings } from '@holdfast/contracts';
import {
  type Amount,
  type Asset,
  amount,
  type BotId,
  baseOf,
  type ClientOrderId,
  type EpochMs,
  multiply,
  priceAmount,
  quoteOf,
  type Ticks,
  zero,
} from '@holdfast/domain';
import { botBook, Ledger } from '@holdfast/ledger';
import type { AnyBotKind } from '@holdfast/runtime';
import { testRules } from '@holdfast/testkit';
import { usualAssumptions } from './assumptions.ts';
import { fillText } from './hash.ts';
import type { RunRequest, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { walkSeries } from './testing/tables.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const dca = dcaSettings.parse({
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 3,
  stepPercent: '0.3',
  takeProfitPercent: '0.3',
});
const grid = gridSettings.parse({ lowerPrice: '900', upperPrice: '1100', lines: 40, amountPerLine: '50' });

function both(
  kind: string,
  settings: unknown,
): { readonly request: RunRequest; readonly step: RunResult; readonly jump: RunResult } {
  const series = walkSeries(rules, { rows: 5000, seed: 7 });
  const request: RunRequest = {
    kind,
    settings,
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: 0 as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: null,
    assumptions: usualAssumptions,
    driver: 'step',
  };
  return { request, step: runBacktest(request), jump: runBacktest({ ...request, driver: 'jump' }) };
}

/** Posts the fills of a run to a ledger of its own; gives what the bot has then, in quote. */
function booked({ startEquity, fills, lastPrice }: RunResult, base: Amount, quote: Amount): Amount {
  const bot = 'backtest' as BotId;
  const [coin, money] = [baseOf(rules.pair), quoteOf(rules.pair)];
  const ledger = new Ledger({
    balances: [
      { book: botBook(bot), asset: coin, balance: base },
      { book: botBook(bot), asset: money, balance: quote },
    ],
  });
  assert.ok(startEquity > 0n);
  for (const [n, fill] of fills.entries()) ledger.fill({ ...fill, bot, tradeId: String(n) });
  const held = (asset: Asset): Amount => ledger.total(asset);
  return (held(money) + multiply(held(coin), lastPrice, 'down')) as Amount;
}

for (const [kind, settings] of [
  ['dca', dca],
  ['grid', grid],
] as const) {
  test(`a ${kind} bot: both drivers give the same fills and sums, and the ledger agrees`, () => {
    const { request, step, jump } = both(kind, settings);
    assert.ok(step.fills.length > 20, `${step.fills.length} fills`);
    assert.deepEqual(jump.fills.map(fillText), step.fills.map(fillText));
    assert.deepEqual(jump.daily, step.daily);
    assert.deepEqual(jump.drawdown, step.drawdown);
    assert.equal(jump.hash, step.hash);
    const given = { USDT: amount('20000') };
    const funded = runBacktest({ ...request, funds: given });
    const spare = funded.startEquity - given.USDT;
    const first = priceAmount(Number(funded.firstPrice / rules.tick) as Ticks, rules);
    const base = spare === 0n ? zero : (((spare * 10n ** 18n) / first) as Amount);
    assert.equal(booked(funded, base, given.USDT), funded.endEquity);
  });
}

test('a bot that goes round in a circle at one moment is ended, with the reason', () => {
  const step: AnyBotKind['step'] = (_, state, event) => {
    const { held } = state as { readonly held: number };
    const id = (n: number) => `backtest-${n}` as ClientOrderId;
    const order = { kind: 'place-order', pair: rules.pair, side: 'buy', order: 'limit' } as const;
    const says = event.kind === 'order-event' ? event.event.kind : event.kind;
    const limit = amount('500');
    const placed = { ...order, clientOrderId: id(held + 1), quantity: amount('1'), limit };
    const cancelled = { kind: 'cancel-order', pair: rules.pair, clientOrderId: id(held) } as const;
    return {
      state: { held: says === 'order-accepted' ? held : held + 1 },
      intents: [says === 'order-accepted' ? cancelled : placed],
      wakes: [],
    };
  };
  const kind = Object.create(botKinds.dca, { step: { value: step }, initial: { value: () => ({ held: 0 }) } }) as AnyBotKind;
  const series = walkSeries(rules, { rows: 5, seed: 7 });
  const request: RunRequest = {
    kind: 'own',
    own: () => kind,
    settings: dca,
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: 0 as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: { USDT: amount('1000') },
    assumptions: usualAssumptions,
    driver: 'jump',
  };
  assert.throws(() => runBacktest(request), {
    code: 'bot-restless',
    message: /more than 200000 orders and cancels at 2025-01-01/,
  });
});
