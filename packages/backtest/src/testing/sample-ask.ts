/** Asks that name a kind of bot and leave the rest as usual. Tests only. */
import type { BacktestAsk } from '../report/job.ts';
import type { SweepAsk } from '../sweep/ask.ts';

export const sampleAsk = (change: Pick<BacktestAsk, 'settings'> & Partial<BacktestAsk>): BacktestAsk => ({
  kind: 'dca',
  pairs: ['BTC/USDT'],
  exchange: null,
  intervalMs: null,
  from: null,
  to: null,
  funds: null,
  assumptions: {},
  rules: { tick: null, lot: null, minNotional: null },
  driver: 'jump',
  otherPath: true,
  dealOrders: 200,
  startDates: 4,
  seed: 1,
  ...change,
});

export const sampleSweepAsk = (change: Pick<SweepAsk, 'ask' | 'vary'> & Partial<SweepAsk>): SweepAsk => ({
  v: 1,
  periods: [],
  together: false,
  method: 'grid',
  trials: 1,
  goal: 'profit',
  require: [],
  over: 'mean',
  holdOut: 0.3,
  walk: 'usual',
  file: null,
  choosesBy: 'sweep',
  ...change,
});
