/** Decisions hang on nothing that comes later, and a bot that reads ahead is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotKind } from '@holdfast/bots';
import { dcaSettings, gridSettings } from '@holdfast/contracts';
import { amount, type BotEvent, type BotReport, type ClientOrderId, type EpochMs, type PlaceOrder, zero } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { rowAt, type Series } from '../data/series.ts';
import { checkLookahead } from '../report/lookahead.ts';
import { usualAssumptions } from './assumptions.ts';
import type { RunRequest } from './result.ts';
import { runBacktest } from './run.ts';
import { walkSeries } from './testing/tables.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const series = walkSeries(rules, { rows: 3000, seed: 3 });

const requestOf = (change: Partial<RunRequest>): RunRequest => ({
  kind: 'dca',
  settings: {},
  series: new Map([[rules.pair, series]]),
  rules: new Map([[rules.pair, rules]]),
  from: 0 as EpochMs,
  to: Number.MAX_SAFE_INTEGER as EpochMs,
  funds: { USDT: amount('100000') },
  assumptions: usualAssumptions,
  driver: 'jump',
  ...change,
});

interface Seen {
  readonly sequence: number;
}
const silent: BotReport = {
  state: 'idle',
  waitingFor: 'the next candle',
  dealsClosed: 0,
  realised: zero,
  holdings: [],
  deals: [],
  dust: [],
  kept: [],
};

/** Buys at each candle before which `wants` says so; `row` is that of the candle that begins. */
function buyer(wants: (row: number) => boolean, of: Series): BotKind<unknown, unknown, Seen> {
  const { pair } = rules;
  return {
    name: 'buyer',
    readSettings: () => null,
    pairsOf: () => [pair],
    problems: () => [],
    fundsNeeded: (_settings, _rules, _quotes, given) => [{ asset: 'USDT' as never, amount: given.USDT ?? zero }],
    mandateNeeds: () => ({ pairs: [], turnover24h: zero, openOrders: 0, maxOpenQuote: zero }),
    initial: () => ({ sequence: 0 }),
    step: (_settings, state, event: BotEvent) => {
      const wakes = [{ kind: 'candle-close', pair, interval: '1m' }] as const;
      if (event.kind === 'order-event' || !wants(rowAt(of, event.at))) return { state, intents: [], wakes };
      const intent: PlaceOrder = {
        kind: 'place-order',
        clientOrderId: `own-${state.sequence}` as ClientOrderId,
        pair,
        side: 'buy',
        order: 'ioc',
        quantity: amount('0.01'),
        limit: amount('2000'),
      };
      return { state: { sequence: state.sequence + 1 }, intents: [intent], wakes };
    },
    refuses: () => null,
    report: () => silent,
    closedDeals: () => [],
  };
}

test('a bot that reads the close of the candle that begins is found', () => {
  const cheat = requestOf({
    own: (all) => {
      const of = all.get(rules.pair)!;
      return buyer((row) => of.close[row + 3]! > of.open[row]!, of);
    },
  });
  assert.equal(checkLookahead(cheat, runBacktest, 8).holds, false);
});

test('the same bot on closed candles alone is not', () => {
  const honest = requestOf({
    own: (all) => {
      const of = all.get(rules.pair)!;
      return buyer((row) => row > 0 && of.close[row - 1]! > of.open[row - 1]!, of);
    },
  });
  assert.ok(runBacktest(honest).fills.length > 500);
  assert.ok(checkLookahead(honest, runBacktest, 8).holds);
});

const dca = dcaSettings.parse({
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 3,
  stepPercent: '0.3',
  takeProfitPercent: '0.3',
  start: 'conditions',
  startConditions: 'rsi(14) 5m < 50',
});

for (const driver of ['step', 'jump'] as const)
  test(`a DCA bot that waits for conditions decides on closed candles: ${driver}`, () => {
    const request = requestOf({ settings: dca, driver, funds: null });
    const { holds, cuts } = checkLookahead(request, runBacktest, 5);
    assert.ok(holds);
    assert.ok(cuts.some(({ fills }) => fills > 5));
  });

test('a grid finer than its candles is warned of', () => {
  const settings = gridSettings.parse({ lowerPrice: '990', upperPrice: '1010', lines: 8, amountPerLine: '50' });
  const { warnings } = runBacktest(requestOf({ kind: 'grid', settings, funds: null }));
  assert.match(warnings.join(' '), /Levels lie .* apart and the median candle of 1m is .* long/);
});
