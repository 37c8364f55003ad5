/** What all benchmarks of backtests run on, and a whole run in the words of the kernels. */
import {
  type Assumptions,
  columnsOf,
  FillLog,
  type KernelResult,
  kernels,
  type RunRequest,
  runBacktest,
  type Series,
  usualAssumptions,
} from '@holdfast/backtest';
import { botKinds, readDcaSettings, readGridSettings } from '@holdfast/bots';
import { dcaSettings, gridSettings } from '@holdfast/contracts';
import { type Amount, amount, epochMs, type Ticks } from '@holdfast/domain';
import { candles, rules } from '../kernels/candles.ts';
import { RunHash } from '../kernels/hash.ts';

export const yearRows = 525_600;
export const millionRows = 1_000_000;
const unit = 10n ** 18n;
const cent = 10n ** 10n;

/** One walk; a year is the beginning of the million candles. */
export const million = candles(millionRows);

export function cut(rows: number): Series {
  const part = <Column extends { subarray(from: number, to: number): Column }>(column: Column): Column =>
    column.subarray(0, rows);
  return {
    ...million,
    rows,
    open: part(million.open as Int32Array),
    high: part(million.high as Int32Array),
    low: part(million.low as Int32Array),
    close: part(million.close as Int32Array),
    volume: part(million.volume as Uint32Array),
  };
}

export const year = cut(yearRows);

export const dcaText = {
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 5,
  averagingOrdersActive: 2,
  stepPercent: '0.8',
  stepMultiplier: '1.5',
  sizeMultiplier: '1.5',
  takeProfitPercent: '0.8',
  cooldownSeconds: 60,
  feeAsset: 'base',
  feePercent: '0.1',
} as const;
export const dcaFunds = { USDT: amount('20000') };

const gridText = {
  mode: 'normal',
  lowerPrice: '50000',
  upperPrice: '70000',
  lines: 50,
  amountPerLine: '100',
  amountIn: 'quote',
  profitIn: 'quote',
  spacing: 'geometric',
  activeBuyLines: 10,
  activeSellLines: 10,
  feeAsset: 'base',
  feePercent: '0.1',
} as const;

export const dcaOf = (change: Readonly<Record<string, unknown>> = {}) => {
  const text = dcaSettings.parse({ ...dcaText, ...change });
  return { text, settings: readDcaSettings(rules.pair, text as never) };
};

export const gridOf = (change: Readonly<Record<string, unknown>> = {}) => {
  const text = gridSettings.parse({ ...gridText, ...change });
  return { text, settings: readGridSettings(rules.pair, text as never) };
};

/** Lines so near to each other that one is reached every three candles; only with small fees do they earn. */
export const denseGrid = { spacing: 'arithmetic', lines: 500, lowerPrice: '44000', upperPrice: '76000', feePercent: '0.01' };
export const denseFee = '0.0001';

/** A stretch of candles that a bot runs over. */
export interface Task {
  readonly kind: 'dca' | 'grid';
  readonly text: unknown;
  readonly series: Series;
  readonly funds: Readonly<Record<string, Amount>>;
  /** Of makers and takers, as a share. */
  readonly fee: Amount;
  /** The loops take any quantity at the best price: what they are compared with does so, too. */
  readonly depth?: 'best' | 'house';
}

export const dcaTask = (series: Series, change: Readonly<Record<string, unknown>> = {}): Task => ({
  kind: 'dca',
  text: dcaOf(change).text,
  series,
  funds: dcaFunds,
  fee: amount('0.001'),
});

export function gridTask(series: Series, change: Readonly<Record<string, unknown>> = {}, fee = '0.001'): Task {
  const { text, settings } = gridOf(change);
  const last = series.open[0]! as Ticks;
  const quotes = new Map([[rules.pair, { pair: rules.pair, last, bid: last, ask: (last + 1) as Ticks }]]);
  const needed = botKinds.grid.fundsNeeded(settings, { [rules.pair]: rules }, quotes, {});
  const funds = Object.fromEntries(needed.map(({ asset, amount: of }) => [asset, of]));
  return { kind: 'grid', text, series, funds, fee: amount(fee) };
}

const assumptionsOf = ({ fee, depth = 'house' }: Task): Assumptions => ({
  ...usualAssumptions,
  makerFee: fee,
  takerFee: fee,
  depth,
});

export function requestOf(task: Task): Omit<RunRequest, 'driver'> {
  const { kind, text, series, funds } = task;
  const start = series.segments[0]!.time;
  return {
    kind,
    settings: text,
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: epochMs(start),
    to: epochMs(start + series.rows * series.intervalMs),
    funds,
    assumptions: assumptionsOf(task),
  };
}

/** What a kernel did. */
export interface KernelRan {
  readonly result: KernelResult;
  readonly log: FillLog;
  readonly task: Task;
}

/** All that is to be read before a run begins: what is timed is the run. */
export function kernelOf(task: Task): () => KernelRan {
  const { kind, text, series, funds } = task;
  const run = {
    columns: columnsOf(series, rules),
    assumptions: assumptionsOf(task),
    funds,
    from: 0,
    end: series.rows * 4,
    until: series.segments[0]!.time + series.rows * series.intervalMs,
  };
  const log = new FillLog();
  return () => {
    log.clear();
    const result = kernels[kind](rules.pair, text, { ...run, log });
    if (result === null) throw new Error(`no kernel knows this ${kind}`);
    return { result, log, task };
  };
}

export function hashOfKernel({ result, log, task: { series } }: KernelRan): string {
  const hash = new RunHash();
  const start = series.segments[0]!.time;
  for (const { at, side, price, lots, fee } of log.over(columnsOf(series, rules)))
    hash.fill(at - start, side === 'buy', price, lots, fee);
  return hash.end(result.deals, result.quote, result.base, result.drawdown.most);
}

/** The same run by the bot itself. */
export function wholeRun(task: Task, driver: 'jump' | 'step'): string {
  const run = runBacktest({ ...requestOf(task), driver });
  const hash = new RunHash();
  let [quote, base]: [bigint, bigint] = [task.funds.USDT ?? 0n, task.funds.BTC ?? 0n];
  for (const { at, side, price, quantity, fee } of run.fills) {
    const value = (price * quantity) / unit;
    quote += side === 'buy' ? -value : value - fee;
    base += side === 'buy' ? quantity - fee : -quantity;
    hash.fill(
      at - task.series.segments[0]!.time,
      side === 'buy',
      Number(price / rules.tick),
      Number(quantity / rules.lot),
      Number(fee / cent),
    );
  }
  return hash.end(run.deals.length, Number(quote / cent), Number(base / cent), run.drawdown.most);
}
