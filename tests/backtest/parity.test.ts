/**
 * The same bot over the same recorded candles as a backtest, candle by candle and in jumps, and as paper through vault and simulated
 * exchange, each a process of its own: equal orders and fills. In one process, so that there can be many: tests/parity. By hand:
 * docs/backtest.md.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pair } from '@holdfast/domain';
import { compareRuns } from '../../apps/cli/src/parity/parity.ts';
import { type RecordedSignal, readSignals } from '../../apps/cli/src/parity/signals.ts';

const data = resolve(import.meta.dirname, '../../../shared/data');
const tapeOf = (base: string, day: string) => ({
  file: resolve(data, `BINANCE-${base}-USDT-1m.${day}.csv.gz`),
  pair: pair(`${base}/USDT`),
});
const one = [tapeOf('BTC', '20250520')];
const three = ['BTC', 'ETH', 'DOGE'].map((base) => tapeOf(base, '20210420'));
const missing = [...one, ...three].find(({ file }) => !existsSync(file));
const skip = missing === undefined ? false : `${missing.file} is not there`;

/** Alerts as they are posted to the listener, by their minute. */
const alerts: readonly (readonly [minute: number, message: Readonly<Record<string, unknown>>])[] = [
  [20.1, { action: 'enter_long' }],
  [50, { action: 'exit_long', order: { amount: 50, currency_type: 'position_percent' } }],
  [50, { action: 'enter_long', order: { amount: '200', currency_type: 'quote' } }],
  [80.777, { action: 'disable', positions_sub_action: 'market_close' }],
  [81, { action: 'enable' }],
  [110.6, { action: 'enter_long', order: { amount: '150', currency_type: 'quote', order_type: 'limit', price_percent: -0.05 } }],
];

/** @returns the signals as a file of them is read */
function recorded(from: string): readonly RecordedSignal[] {
  const file = join(mkdtempSync(join(tmpdir(), 'holdfast-signals-')), 'signals.jsonl');
  const lines = alerts.map(([minute, message]) =>
    JSON.stringify({
      time: Date.parse(`${from}Z`) + minute * 60_000,
      message: { ...message, tv_exchange: 'BINANCE', tv_instrument: 'BTCUSDT' },
    }),
  );
  writeFileSync(file, [...lines, `${new Date(Date.parse(`${from}Z`) + 140 * 60_000).toISOString()},exit-long`].join('\n'));
  return readSignals(file, 'BTC/USDT');
}

interface Case {
  readonly what: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly funds?: Readonly<Record<string, string>>;
  /** One pair when left out. */
  readonly tapes?: typeof one;
  readonly hears?: true;
  readonly from?: string;
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
    what: 'signals of the listener, two at one time and some between two prices',
    kind: 'signal',
    settings: { size: '100', maxEntryQuote: '500', maxInvestmentQuote: '1500', takeProfitPercent: '0.4', stopLossPercent: '0.3' },
    hears: true,
    to: '2025-05-20T03:00',
    fills: 4,
  },
  {
    what: 'recurring buys of a basket',
    kind: 'recurring',
    settings: { size: '100', schedule: '*/20 * * * *', basket: 'BTC/USDT:50, ETH/USDT:30, DOGE/USDT:20' },
    tapes: three,
    from: '2021-04-21T00:00',
    to: '2021-04-21T03:00',
    fills: 20,
  },
  {
    what: 'rebalancing of three coins by time and by threshold',
    kind: 'rebalance',
    settings: {
      targets: 'BTC/USDT:40, ETH/USDT:20, DOGE/USDT:10',
      cashPercent: '30',
      schedule: '0 */2 * * *',
      thresholdPercent: '0.2',
      checkInterval: '5m',
      minTrade: '1',
    },
    funds: { USDT: '20000' },
    tapes: three,
    from: '2021-04-21T00:00',
    to: '2021-04-21T05:00',
    fills: 8,
  },
];

for (const { what, kind, settings, funds, tapes = one, hears, from = '2025-05-20T00:00', to, fills } of cases)
  test(`${what}: backtest and paper give the same`, { skip }, async (t) => {
    const bot = { kind, settings, ...(funds === undefined ? {} : { funds }) };
    const signals = hears === true ? { signals: recorded(from) } : {};
    const { plays, difference, refusals } = await compareRuns({ tapes, from, to, bot, ...signals });
    t.diagnostic(plays.map((play) => `${play.name}: ${play.orders} orders, ${play.fills} fills`).join('; '));
    assert.deepEqual(difference, null);
    assert.deepEqual(refusals, []);
    assert.equal(plays.length, 3);
    for (const play of plays) assert.ok(play.fills >= fills, `${play.fills} fills of ${play.name}`);
  });
