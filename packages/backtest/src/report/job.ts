/** From what a person or a program asks to a finished document: finds candles and rules, runs, runs again for what is beside it. */
import {
  type Amount,
  amount,
  epochMs,
  type Pair,
  type PairRules,
  pair as readPair,
  type SignalAsk,
  ValueError,
} from '@holdfast/domain';
import { readSeries, writtenHash } from '../data/column-file.ts';
import type { Series } from '../data/series.ts';
import { toNumber } from '../metrics/returns.ts';
import { seededRandom } from '../monte-carlo/bands.ts';
import { dealPaths } from '../monte-carlo/deal-order.ts';
import { type PeriodOutcome, startDates, startPeriods } from '../monte-carlo/start-date.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import { withFiner } from '../run/inside.ts';
import { type Perpetual, usualPerpetual } from '../run/perpetual.ts';
import type { Assumptions, Outside, RunRequest, RunResult } from '../run/result.ts';
import { withTrades } from '../run/trades-inside.ts';
import { sumsOf } from '../sweep/figures.ts';
import { kernelSums } from '../sweep/run-sums.ts';
import { AskError } from './ask-error.ts';
import { type BacktestDocument, type DataVersion, dataVersion, documentOf, fundingVersion, tradesVersion } from './document.ts';
import { findFunding, findSeries, findTrades } from './find-series.ts';
import { iso, periodOf } from './period.ts';
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
  /** Whether recorded trades are played inside candles where there are any. */
  readonly insideTrades?: boolean;
  readonly from: number | null;
  readonly to: number | null;
  /** Signals that come meanwhile, in the order of time; none when left out. */
  readonly signals?: readonly AskedSignal[];
  /** Asset to decimal. */
  readonly funds: Readonly<Record<string, string>> | null;
  readonly assumptions: AskedAssumptions;
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

/** What is left out is usual; of a perpetual everything but its leverage may be. */
export type AskedAssumptions = Partial<Omit<Assumptions, 'perpetual'>> & {
  readonly perpetual?: Pick<Perpetual, 'leverage'> & Partial<Perpetual>;
};

/** What a message from outside asks. */
export interface AskedSignal {
  /** Unix ms. */
  readonly at: number;
  /** Of a signal bot an entry or exit such as `enter-long`, of others the name that conditions wait for. */
  readonly name: string;
  /** Which of several pairs it is for. */
  readonly pair?: string | undefined;
}

export interface Prepared {
  readonly request: RunRequest;
  readonly data: readonly DataVersion[];
  readonly rulesFrom: ReadonlyMap<string, string>;
  /** Of the period (period.ts). */
  readonly shortened: readonly string[];
}

export interface JobPorts {
  readonly run: (request: RunRequest) => RunResult;
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
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
    const inner = finer === null ? null : readSeries(finer.path);
    const filled = inner === null ? whole : withFiner(whole, inner);
    const trades = ask.insideTrades === true ? findTrades(data, pair, found.exchange) : null;
    const traded = trades === null ? filled : withTrades(filled, trades.trades);
    const funding = ask.assumptions.perpetual === undefined ? null : findFunding(data, pair, found.exchange);
    const columns = funding === null ? traded : { ...traded, funding: funding.funding };
    const { rules: of, source } = rulesOf(columns, ask.rules);
    series.set(pair, columns);
    rules.set(pair, of);
    rulesFrom.set(pair, source);
    versions.push(dataVersion(whole, writtenHash(found.path)));
    if (finer !== null && inner !== null) versions.push(dataVersion(inner, writtenHash(finer.path)));
    if (trades !== null) versions.push(tradesVersion(trades.trades, trades.sha256));
    if (funding !== null) versions.push(fundingVersion(funding.funding, funding.sha256));
  }
  const [first, ...others] = series.values();
  if (first === undefined) throw new AskError('backtest-value-malformed', 'give a pair with --pair BASE/QUOTE', 'pair');
  const { from, to, shortened } = periodOf([first, ...others], ask);
  const request: RunRequest = {
    kind: ask.kind,
    settings: ask.settings,
    series,
    rules,
    from,
    to,
    funds: readFunds(ask.funds),
    assumptions: assumptionsOf(ask.assumptions),
    driver: ask.driver,
    ...((ask.signals ?? []).length === 0 ? {} : { outside: outsideOf(ask, [...series.keys()]) }),
  };
  return { request, data: versions, rulesFrom, shortened };
}

function assumptionsOf({ perpetual, ...asked }: AskedAssumptions): Assumptions {
  if (perpetual === undefined) return { ...usualAssumptions, ...asked };
  return { ...usualAssumptions, feeIn: 'quote', ...asked, perpetual: { ...usualPerpetual, ...perpetual } };
}

const entries: ReadonlyMap<string, SignalAsk> = new Map(
  (['long', 'short'] as const).flatMap((direction): [string, SignalAsk][] => [
    [`enter-${direction}`, { kind: 'enter', direction, size: null, limit: null, exits: { targets: null, stop: null } }],
    [`exit-${direction}`, { kind: 'exit', direction, size: null }],
  ]),
);

/** @throws AskError `backtest-value-malformed` naming the signal */
function outsideOf({ kind, signals = [] }: BacktestAsk, pairs: readonly Pair[]): readonly Outside[] {
  return signals.map(({ at, name, pair }, place): Outside => {
    const refuse = (what: string): AskError =>
      new AskError('backtest-value-malformed', `signal ${place + 1} (${iso(at)} ${name.slice(0, 40)}): ${what}`, 'signals');
    const before = signals[place - 1];
    if (before !== undefined && before.at > at)
      throw refuse(`it comes before the one above it, ${iso(before.at)}; sort them by time`);
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(name)) throw refuse('its name must be letters, digits, _ and -');
    const ask: SignalAsk | undefined = kind === 'signal' ? entries.get(name) : { kind: 'condition', name };
    if (ask === undefined) throw refuse(`a signal bot is asked one of ${[...entries.keys()].join(', ')}`);
    const of = pairs.find((each) => each === pair);
    if (pair !== undefined && of === undefined) throw refuse(`the bot does not trade ${pair}; it trades ${pairs.join(', ')}`);
    if (pair === undefined && kind === 'signal' && pairs.length > 1)
      throw refuse(`it names none of the pairs ${pairs.join(', ')}; a line is TIME,NAME,PAIR`);
    const named = of === undefined || pairs.length === 1 ? {} : { pair: of };
    return { at: epochMs(at), ...named, kind: 'signal', signal: { id: `asked-${place + 1}`, price: null, ask } };
  });
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
  // Who was liquidated lost what no deal shows.
  const isWhole = result.margin?.liquidation == null;
  const paths = ask.dealOrders > 0 && isWhole ? dealPaths(toNumber(result.startEquity), profits, runs, random) : null;
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
