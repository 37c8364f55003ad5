/** Runs over recorded candles whose outcome is frozen: each kind of bot, markets of different tick, volume and gaps. */
export interface GoldenRun {
  readonly name: string;
  readonly kind: string;
  /** File names in ../shared/data. */
  readonly files: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly funds?: Readonly<Record<string, string>>;
  /** Signals at whole hours after the first candle: enter long, or exit. */
  readonly signals?: Readonly<Record<number, 'enter' | 'exit'>>;
}

const crash = [
  'BINANCE-BTC-USDT-1m.20210420.csv.gz',
  'BINANCE-ETH-USDT-1m.20210420.csv.gz',
  'BINANCE-DOGE-USDT-1m.20210420.csv.gz',
];

export const goldenRuns: readonly GoldenRun[] = [
  {
    name: 'DCA of BTC over three months',
    kind: 'dca',
    files: ['BINANCE-BTC-USDT-1m.20250520.csv.gz'],
    from: '2025-05-20',
    to: '2025-08-18',
    settings: {
      baseOrderSize: '100',
      averagingOrderSize: '150',
      averagingOrders: 5,
      stepPercent: '0.8',
      stepMultiplier: '1.2',
      sizeMultiplier: '1.3',
      takeProfitPercent: '1.2',
    },
  },
  {
    name: 'DCA of thin BTT through a crash, trailing and stopped',
    kind: 'dca',
    files: ['BINANCE-BTT-USDT-1m.20210420.csv.gz'],
    from: '2021-04-20',
    to: '2021-05-21',
    settings: {
      baseOrderSize: '200',
      averagingOrderSize: '200',
      averagingOrders: 3,
      stepPercent: '2',
      takeProfitPercent: '2',
      trailingPercent: '0.5',
      stopLossPercent: '12',
      cooldownSeconds: 300,
    },
  },
  {
    name: 'DCA of LTO in BTC on conditions, candles missing',
    kind: 'dca',
    files: ['BINANCE-LTO-BTC-1m.20200208.csv.gz'],
    from: '2020-02-10',
    to: '2020-03-15',
    settings: {
      baseOrderSize: '0.002',
      averagingOrderSize: '0.002',
      averagingOrders: 4,
      stepPercent: '1.5',
      takeProfitPercent: '1.5',
      start: 'conditions',
      startConditions: 'rsi(14) 15m < 35',
    },
  },
  {
    name: 'DCA of three pairs, two deals at once',
    kind: 'dca',
    files: crash,
    from: '2021-04-21',
    to: '2021-05-05',
    settings: {
      baseOrderSize: '100',
      averagingOrderSize: '100',
      averagingOrders: 3,
      stepPercent: '1.5',
      takeProfitPercent: '1',
      dealsAtOnce: 2,
    },
  },
  {
    name: 'DCA of two pairs, up to three deals on each, a step apart',
    kind: 'dca',
    files: crash.slice(1),
    from: '2021-04-21',
    to: '2021-05-05',
    settings: {
      baseOrderSize: '100',
      averagingOrderSize: '100',
      averagingOrders: 2,
      stepPercent: '3',
      takeProfitPercent: '1',
      stopLossPercent: '12',
      dealsAtOnce: 5,
      dealsPerPair: 3,
      dealStepPercent: '1.5',
    },
  },
  {
    name: 'grid of 50 lines on BTC',
    kind: 'grid',
    files: ['BINANCE-BTC-USDT-1m.20230316.csv.gz'],
    from: '2023-03-17',
    to: '2023-05-01',
    settings: { lowerPrice: '24000', upperPrice: '31000', lines: 50, amountPerLine: '200' },
  },
  {
    name: 'grid of XTZ in BTC that follows the price',
    kind: 'grid',
    files: ['BINANCE-XTZ-BTC-1m.20200207.csv.gz'],
    from: '2020-02-08',
    to: '2020-03-12',
    settings: {
      lowerPrice: '0.0002',
      upperPrice: '0.0003',
      lines: 20,
      amountPerLine: '0.002',
      trailingUp: true,
      trailingDown: true,
    },
  },
  {
    name: 'trade of BTC with targets and a trailing stop',
    kind: 'trade',
    files: ['BINANCE-BTC-USDT-1m.20240726.csv.gz'],
    from: '2024-08-06',
    to: '2024-08-25',
    settings: {
      entry: 'trailing',
      entryTrailingPercent: '1',
      size: '1000',
      takeProfits: '3%:50, 6%:50',
      stopLossPercent: '4',
      stopLossTrailing: true,
    },
  },
  {
    name: 'trade that covers BTC in steps, with a stop that follows',
    kind: 'trade',
    files: ['BINANCE-BTC-USDT-1m.20240726.csv.gz'],
    from: '2024-07-31',
    to: '2024-08-25',
    settings: {
      direction: 'short',
      entry: 'trailing',
      entryTrailingPercent: '0.8',
      size: '0.5',
      sizeIn: 'base',
      takeProfits: '3%:40, 6%:30, 8%:30:limit:1',
      stopLossPercent: '6',
      stopLossTrailing: true,
      breakevenAfterStep: 2,
    },
    funds: { BTC: '0.5', USDT: '2000' },
  },
  {
    name: 'recurring buys of BTC, weekly for eight years',
    kind: 'recurring',
    files: ['BINANCE-BTC-USDT-1h.csv.gz'],
    from: '2018-01-01',
    to: '2026-04-30',
    settings: { size: '100', schedule: '0 9 * * 1', fundedPurchases: 440 },
  },
  {
    name: 'rebalancing of three pairs',
    kind: 'rebalance',
    files: crash,
    from: '2021-04-21',
    to: '2021-05-20',
    settings: {
      targets: 'BTC/USDT:40, ETH/USDT:30, DOGE/USDT:20',
      cashPercent: '10',
      schedule: '0 0 * * 1',
      thresholdPercent: '2',
      checkInterval: '15m',
    },
    funds: { USDT: '10000' },
  },
  {
    name: 'signals on SOL',
    kind: 'signal',
    files: ['BINANCEUSDM-SOL-USDT-1m.20250504.csv.gz'],
    from: '2025-05-05',
    to: '2025-06-01',
    settings: {
      size: '300',
      maxEntryQuote: '500',
      maxInvestmentQuote: '500',
      takeProfitPercent: '4',
      stopLossPercent: '3',
    },
    signals: { 5: 'enter', 60: 'enter', 100: 'exit', 200: 'enter', 420: 'enter', 500: 'exit' },
  },
];
