/** From what a person or a program asks to a finished document: finds candles and rules, runs, runs again for what is beside it. */
import {
  type Amount,
  amount,
  type EpochMs,
  epochMs,
  type Pair,
  type PairRules,
  pair as readPair,
  ValueError,
} from '@holdfast/domain';
import { readSeries, writtenHash } from '../data/column-file.ts';
import { rowAt, type Series, timeOf } from '../data/series.ts';
import { toNumber } from '../metrics/returns.ts';
import { seededRandom } from '../monte-carlo/bands.ts';
import { dealPaths } from '../monte-carlo/deal-order.ts';
import { type PeriodOutcome, startDates, startPeriods } from '../monte-carlo/start-date.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import { withFiner } from '../run/inside.ts';
import type { Assumptions, RunRequest, RunResult } from '../run/result.ts';
import { sumsOf } from '../sweep/figures.ts';
import { kernelSums } from '../sweep/run-sums.ts';
import { AskError } from './ask-error.ts';
import { type BacktestDocument, type DataVersion, dataVersion, documentOf } from './document.ts';
import { findSeries } from './find-series.ts';
import { type RulesAsk, rulesOf } from './rules.ts';
import { count } from './words.ts';

/** All of it is plain data; null: the usual. */
export interface BacktestAsk {
  readonly kind: string;
  readonly pairs: readonly string[];
  /** Checked by the schema of the kind. */
  readonly settings: unknown;
  readonly exchange: string | null;
  readonly intervalMs: number | null;
  /** Interval of finer candles that are played inside those of `intervalMs` where there are any. */
  readonly insideMs?: number | null;
  readonly from: number | null;
  readonly to: number | null;
  /** Asset to decimal. */
  readonly funds: Readonly<Record<string, string>> | null;
  readonly assumptions: Partial<Assumptions>;
  readonly rules: RulesAsk;
  readonly driver: 'jump' | 'step';
  /** Whether the other path through each candle is run beside it. */
  readonly otherPath: boolean;
  /** How often deals are put in another order; 0: not. */
  readonly dealOrders: number;
  /** How many other beginnings are run; 0: none. */
  readonly startDates: number;
  readonly seed: number;
}

export interface Prepared {
  readonly request: RunRequest;
  readonly data: readonly DataVersion[];
  readonly rulesFrom: ReadonlyMap<string, string>;
}

export interface JobPorts {
  readonly run: (request: RunRequest) => RunResult;
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
}

const iso = (time: number): string => (Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().slice(0, 16) : String(time));

/** The part of the asked period that has candles. @throws AskError `backtest-period-empty` */
function periodOf(series: Series, ask: BacktestAsk): { from: EpochMs; to: EpochMs } {
  const [first, end] = [timeOf(series, 0), timeOf(series, series.rows - 1) + series.intervalMs];
  const [from, to] = [ask.from ?? first, ask.to ?? end];
  if (!(from < to))
    throw new AskError('backtest-period-empty', `the period is empty: --from ${iso(from)} is not before --to ${iso(to)}`, 'to');
  if (rowAt(series, from) >= rowAt(series, to))
    throw new AskError(
      'backtest-period-empty',
      `there are no candles of ${series.pair} from ${iso(from)} to ${iso(to)}: those of ${series.exchange} reach from ${iso(first)} to ${iso(end)}`,
      'from',
    );
  return { from: epochMs(Math.max(from, first)), to: epochMs(Math.min(to, end)) };
}

/** @throws AskError `backtest-value-malformed` */
function readFunds(funds: BacktestAsk['funds']): Readonly<Record<string, Amount>> | null {
  if (funds === null) return null;
  const read = ([asset, text]: [string, string]): [string, Amount] => {
    try {
      const value = amount(text);
      if (/^[A-Z0-9]{1,20}$/.test(asset) && value >= 0n) return [asset, value];
    } catch (cause) {
      if (!(cause instanceof ValueError)) throw cause;
    }
    throw new AskError('backtest-value-malformed', `--funds must be such as "1000 USDT", got "${text} ${asset}"`, 'funds');
  };
  return Object.fromEntries(Object.entries(funds).map(read));
}

function pairOf(text: string): Pair {
  try {
    return readPair(text);
  } catch (cause) {
    throw new AskError(
      'backtest-value-malformed',
      `--pair must be BASE/QUOTE such as BTC/USDT, got "${text.slice(0, 60)}"`,
      'pair',
      {
        cause,
      },
    );
  }
}

/** @throws AskError, DataError */
export function prepare(ask: BacktestAsk, data: string): Prepared {
  const [series, rules] = [new Map<Pair, Series>(), new Map<Pair, PairRules>()];
  const rulesFrom = new Map<string, string>();
  const versions: DataVersion[] = [];
  for (const name of ask.pairs) {
    const pair = pairOf(name);
    const found = findSeries(data, pair, ask.exchange, ask.intervalMs);
    const whole = readSeries(found.path);
    const finer = ask.insideMs == null ? null : findSeries(data, pair, found.exchange, ask.insideMs);
    const columns = finer === null ? whole : withFiner(whole, readSeries(finer.path));
    const { rules: of, source } = rulesOf(columns, ask.rules);
    series.set(pair, columns);
    rules.set(pair, of);
    rulesFrom.set(pair, source);
    versions.push(dataVersion(whole, writtenHash(found.path)));
    if (finer !== null) versions.push(dataVersion(readSeries(finer.path), writtenHash(finer.path)));
  }
  const [first] = series.values();
  if (first === undefined) throw new AskError('backtest-value-malformed', 'give a pair with --pair BASE/QUOTE', 'pair');
  const request: RunRequest = {
    kind: ask.kind,
    settings: ask.settings,
    series,
    rules,
    ...periodOf(first, ask),
    funds: readFunds(ask.funds),
    assumptions: { ...usualAssumptions, ...ask.assumptions },
    driver: ask.driver,
  };
  return { request, data: versions, rulesFrom };
}

/** Steps that the paths of deals take at most. */
const stepsMost = 20_000_000;

export interface Finished {
  readonly document: BacktestDocument;
  readonly result: RunResult;
}

/** How far a job is: the share of its work that is done, 0 to 1, and what is done next. */
export interface Progress {
  readonly share: number;
  readonly doing: string;
}

/**
 * A job in steps of one run each, so that a program can do other things between them, or stop.
 * @throws AskError, DataError, RunError, ValueError
 */
export function* jobSteps(ask: BacktestAsk, data: string, ports: JobPorts): Generator<Progress, Finished> {
  yield { share: 0, doing: 'reading candles' };
  const prepared = prepare(ask, data);
  const { request } = prepared;
  const random = seededRandom(ask.seed);
  const periods = ask.startDates > 0 ? startPeriods(request, ask.startDates, random) : [];
  const work = 1 + (ask.otherPath ? 1 : 0) + periods.length / 2;
  yield { share: 0, doing: 'running' };
  const result = ports.run(request);
  const otherPath = request.assumptions.path === 'published' ? 'adverse' : 'published';
  let other: RunResult | null = null;
  if (ask.otherPath) {
    yield { share: 1 / work, doing: `running on the ${otherPath} path` };
    other = ports.run({ ...request, assumptions: { ...request.assumptions, path: otherPath } });
  }
  const outcomes: PeriodOutcome[] = [];
  for (const [at, period] of periods.entries()) {
    yield { share: 1 - (periods.length - at) / 2 / work, doing: `beginning ${at + 1} of ${count(periods.length, 'other day')}` };
    outcomes.push(outcomeOf({ ...request, from: epochMs(period.from), to: epochMs(period.to) }, ports));
  }
  const profits = result.deals.filter((deal) => deal.sold > 0n).map(({ profit }) => toNumber(profit));
  const runs = Math.min(ask.dealOrders, Math.max(100, Math.floor(stepsMost / Math.max(1, profits.length))));
  const paths = ask.dealOrders > 0 ? dealPaths(toNumber(result.startEquity), profits, runs, random) : null;
  const isRandom = paths !== null || outcomes.length > 0;
  const document = documentOf({
    ...prepared,
    result,
    madeAt: ports.madeAt,
    code: ports.code,
    other,
    dealPaths: paths,
    startDates: startDates(outcomes),
    seed: isRandom ? ask.seed : null,
  });
  yield { share: 1, doing: 'done' };
  return { document, result };
}

/** All of its steps at once. @throws as `jobSteps` */
export function runJob(ask: BacktestAsk, data: string, ports: JobPorts, onProgress?: (progress: Progress) => void): Finished {
  const steps = jobSteps(ask, data, ports);
  while (true) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onProgress?.(step.value);
  }
}

/** By a kernel where one knows the settings: it gives what the bot gives, in a hundredth of the time. */
function outcomeOf(request: RunRequest, { run }: JobPorts): PeriodOutcome {
  const sums = kernelSums(request) ?? sumsOf(run(request));
  const holding = (sums.lastPrice / sums.firstPrice) * (1 - toNumber(request.assumptions.takerFee)) - 1;
  return {
    from: sums.from,
    to: sums.to,
    return: sums.start > 0 ? sums.end / sums.start - 1 : 0,
    drawdown: sums.drawdown,
    buyAndHold: sums.firstPrice > 0 ? holding : 0,
  };
}
