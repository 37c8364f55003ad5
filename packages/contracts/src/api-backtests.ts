/** Schemas of backtests over the API: what is asked, how far a run is, what is stored. The document is described in docs/backtest-reports.md. */
import { z } from 'zod';
import { assetName, decimal, pairName, positiveDecimal, time } from './api-values.ts';

/** A share of one, below 0.5, such as "0.001"; negative, above -0.01: a rebate. */
const feeShare = z.string().regex(/^(0(\.[0-4]\d{0,17})?|-0\.00\d{1,16})$/, 'must be a share such as "0.001"');
const feeTier = z.strictObject({
  /** Quote traded in the 30 days before, at least. */
  from: positiveDecimal,
  makerFee: feeShare,
  takerFee: feeShare,
});
const steps = z.int().min(0).max(1_000_000);
const name = z.string().regex(/^[a-z0-9_-]{1,30}$/, 'must be a name of small letters and digits such as binance');
const interval = z.string().regex(/^[1-9]\d{0,3}[smhdw]$/, 'must be an interval such as 1m, 4h, 1d');
const backtestId = z.string().regex(/^[a-z0-9-]{1,80}$/, 'must be the id of a stored run');

/** Left out: the usual, as `holdfast backtest --help` says it. */
export const askBacktest = z.strictObject({
  kind: z.string().min(1).max(40),
  pairs: z.array(pairName).min(1).max(20),
  /** Checked against the schema of the kind. */
  settings: z.record(z.string(), z.unknown()),
  exchange: name.optional(),
  /** Candles to run on; the finest there are when left out. */
  interval: interval.optional(),
  /** What is played inside those candles where there is any: finer ones, trades, or both. */
  inside: z
    .string()
    .regex(/^([1-9]\d{0,3}[smhdw](,trades)?|trades)$/, 'must be an interval such as 1m, trades, or both: 1m,trades')
    .optional(),
  /**
   * Signals that come meanwhile, in the order of time: names that conditions wait for; of a signal bot enter-long and so on, and with
   * several pairs the one that it is for.
   */
  signals: z
    .array(
      z.strictObject({
        at: time,
        name: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be letters, digits, _ and -'),
        pair: pairName.optional(),
      }),
    )
    .max(10_000)
    .optional(),
  from: time.optional(),
  to: time.optional(),
  funds: z.record(assetName, positiveDecimal).optional(),
  assumptions: z
    .strictObject({
      path: z.enum(['published', 'adverse']),
      fill: z.enum(['touch', 'through', 'queue']),
      gaps: z.enum(['own', 'open']),
      stops: z.enum(['path', 'trigger']),
      depth: z.enum(['house', 'best']),
      makerFee: feeShare,
      takerFee: feeShare,
      /** Fees that take their place as more is traded. */
      feeTiers: z.array(feeTier).min(1).max(20),
      feeIn: z.enum(['received', 'quote']),
      spreadTicks: steps,
      slippageTicks: steps,
      /** Share of a candle's volume; null: any quantity. */
      volumeShare: z.number().gt(0).max(1).nullable(),
      latencyMs: z.int().min(0).max(86_400_000),
      /** How far from the average price an order may lie, times it; null: any distance. */
      priceBand: z
        .strictObject({ up: positiveDecimal, down: positiveDecimal })
        .refine(({ up, down }) => Number(up) > Number(down), 'up must be above down')
        .nullable(),
      /** Largest order in quote. */
      maxNotional: positiveDecimal,
      /** Most base that may be held. */
      maxPosition: positiveDecimal,
      /** A perpetual in place of spot. */
      perpetual: z.strictObject({
        /** Value of positions for each quote of collateral. */
        leverage: z.int().min(1).max(125),
        /** Margin that must be left of a position's value, by what lies above `from`; the first from 0. */
        maintenance: z
          .array(z.strictObject({ from: z.union([z.literal('0'), positiveDecimal]), share: feeShare }))
          .min(1)
          .max(20)
          .optional(),
        liquidationFee: feeShare.optional(),
        /** What longs pay shorts each eight hours where no rates are stored. */
        fundingRate: feeShare.optional(),
      }),
    })
    .partial()
    .optional(),
  /** Steps of the exchange. */
  rules: z.strictObject({ tick: positiveDecimal, lot: positiveDecimal, minNotional: positiveDecimal }).partial().optional(),
  /** Whether the other path through each candle is run beside it; yes when left out. */
  otherPath: z.boolean().optional(),
  dealOrders: z.int().min(0).max(10_000).optional(),
  startDates: z.int().min(0).max(100).optional(),
  seed: z.int().min(0).max(4_294_967_295).optional(),
});
export type AskBacktest = z.infer<typeof askBacktest>;

export const backtestJob = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  kind: z.string(),
  pairs: z.array(z.string()),
  /** Wall clock. */
  askedAt: time,
  /** 0 to 1. */
  share: z.number(),
  /** What is done now, for people. */
  doing: z.string(),
  /** Id of the stored run, once it is done. */
  run: z.string().nullable(),
  error: z.object({ code: z.string(), reason: z.string(), field: z.string().nullable() }).nullable(),
});
export type BacktestJob = z.infer<typeof backtestJob>;

/** One stored run in a list. Shares: 0.02 is 2 %. */
export const backtestRow = z.object({
  id: backtestId,
  madeAt: time,
  kind: z.string(),
  pairs: z.array(z.string()),
  from: time,
  to: time,
  candles: z.int(),
  quote: z.string(),
  startEquity: decimal,
  profit: decimal,
  totalReturn: z.number().nullable(),
  buyAndHold: z.number(),
  drawdown: z.number(),
  sharpe: z.number().nullable(),
  deals: z.int(),
  winRate: z.number().nullable(),
  warnings: z.int(),
  settings: z.unknown(),
  hash: z.string(),
});

export const backtestsAnswer = z.object({ runs: z.array(backtestRow), jobs: z.array(backtestJob) });
export type BacktestsAnswer = z.infer<typeof backtestsAnswer>;

/** The parts that every reader needs are named; the rest of the document comes with them. */
export const backtestDocument = z.looseObject({
  format: z.literal('holdfast-backtest'),
  version: z.int(),
  madeAt: time,
  kind: z.string(),
  pairs: z.array(z.string()),
  from: time,
  to: time,
  warnings: z.array(z.string()),
  assumed: z.array(z.string()),
  metrics: z.looseObject({ quote: z.string(), startEquity: decimal, endEquity: decimal, profit: decimal }),
  deals: z.array(z.looseObject({ number: z.int(), profit: decimal })),
  fills: z.array(z.looseObject({ price: decimal, quantity: decimal })),
  dealCount: z.int(),
  fillCount: z.int(),
  hash: z.string(),
});

export const comparisonAnswer = z.object({
  ids: z.array(backtestId),
  rows: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
  /** What of the asks is not the same in all. */
  differing: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
});

const pairOfExchange = z.object({ exchange: z.string(), pair: z.string() });

/** Candles that runs can use, and the pairs of which there are recorded trades and rates of funding. */
export const candleSeriesAnswer = z.object({
  series: z.array(pairOfExchange.extend({ interval: z.string() })),
  trades: z.array(pairOfExchange),
  funding: z.array(pairOfExchange),
});

export const namedBot = z.strictObject({ name: z.string().trim().min(1).max(80).optional() });
export const byBacktest = z.object({ id: backtestId });
export const byJob = z.object({ id: z.string().regex(/^[0-9a-f-]{1,40}$/, 'must be the id of a job') });
