/**
 * The same bot over the same recorded candles as a backtest, candle by candle and in jumps, and as paper through vault and simulated
 * exchange: equal orders and fills. More kinds and days by hand: docs/backtest.md.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { compareRuns } from '../../apps/cli/src/parity/parity.ts';

const tape = resolve(import.meta.dirname, '../../../shared/data/BINANCE-BTC-USDT-1m.20250520.csv.gz');
const skip = existsSync(tape) ? false : `${tape} is not there`;

interface Case {
  readonly what: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly funds?: Readonly<Record<string, string>>;
  readonly to: string;
  readonly fills: number;
}

const cases: readonly Case[] = [
  {
    what: 'DCA that starts, averages and closes on conditions',
    kind: 'dca',
    settings: {
      baseOrderSize: '100',
      baseOrderType: 'limit',
      averagingOrderSize: '100',
      averagingOrders: 4,
      averagingOrdersActive: 2,
      stepPercent: '0.15',
      takeProfitPercent: '0.3',
      start: 'conditions',
      startConditions: 'rsi(7) 1m < 45',
      averagingConditions: 'rsi(7) 3m > 55',
      closeConditions: 'rsi(14) 5m > 60',
    },
    to: '2025-05-20T06:00',
    fills: 20,
  },
  {
    what: 'grid',
    kind: 'grid',
    settings: { lowerPrice: '104500', upperPrice: '106500', lines: 8, amountPerLine: '100' },
    to: '2025-05-20T12:00',
    fills: 10,
  },
  {
    what: 'trade that enters on a retrace and rests targets and stop as OCOs',
    kind: 'trade',
    settings: {
      entry: 'trailing',
      entryTrailingPercent: '0.2',
      size: '500',
      takeProfits: '0.2%:50, 0.5%:50',
      stopLossPercent: '0.6',
    },
    to: '2025-05-20T04:00',
    fills: 3,
  },
  {
    what: 'recurring buys',
    kind: 'recurring',
    settings: { size: '20', schedule: '*/20 * * * *' },
    to: '2025-05-20T05:00',
    fills: 10,
  },
  {
    what: 'rebalancing by time and by threshold',
    kind: 'rebalance',
    settings: {
      targets: 'BTC/USDT:50',
      cashPercent: '50',
      schedule: '0 */2 * * *',
      thresholdPercent: '0.1',
      checkInterval: '5m',
      minTrade: '1',
    },
    funds: { USDT: '20000' },
    to: '2025-05-20T08:00',
    fills: 4,
  },
];

for (const { what, kind, settings, funds, to, fills } of cases)
  test(`${what}: backtest and paper give the same`, { skip }, async (t) => {
    const bot = { kind, pair: 'BTC/USDT', settings, ...(funds === undefined ? {} : { funds }) };
    const { plays, difference, refusals } = await compareRuns({ tape, from: '2025-05-20', to, bot });
    t.diagnostic(plays.map((play) => `${play.name}: ${play.orders} orders, ${play.fills} fills`).join('; '));
    assert.deepEqual(difference, null);
    assert.deepEqual(refusals, []);
    assert.equal(plays.length, 3);
    for (const play of plays) assert.ok(play.fills >= fills, `${play.fills} fills of ${play.name}`);
  });
