/**
 * One run as sums, by the shortest way that gives the same numbers: a kernel where one knows the settings, else the bot itself.
 * Whoever reports a result runs the bot itself; sweeps rank by this.
 */
import { botKinds } from '@holdfast/bots';
import { type Amount, baseOf, multiply, type Pair, priceAmount, type Quote, quoteOf, type Ticks, zero } from '@holdfast/domain';
import { rowAt, timeOf } from '../data/series.ts';
import { FillLog, type KernelFill, type KernelResult, type KernelRun, kernels } from '../kernels/index.ts';
import { everyDay, toNumber } from '../metrics/returns.ts';
import { type Columns, columnsOf } from '../run/columns.ts';
import type { RunRequest, RunResult } from '../run/result.ts';
import { runBacktest } from '../run/run.ts';
import { type Sums, sumsOf } from './figures.ts';

export type SumsRequest = Omit<RunRequest, 'driver'>;

/** @throws RunError, ValueError as `runBacktest` */
export function runSums(request: SumsRequest): Sums {
  return kernelSums(request) ?? sumsOfRun(request, runBacktest({ ...request, driver: 'jump' }));
}

/** Sums of the bot's own run. What holding would have given is, for a bot of several pairs, that of equal parts in each. */
export function sumsOfRun({ series, from, to }: Pick<SumsRequest, 'series' | 'from' | 'to'>, result: RunResult): Sums {
  const sums = sumsOf(result);
  if (series.size < 2) return sums;
  const changes = [...series.values()].map((of) => {
    const [first, end] = [rowAt(of, from), rowAt(of, to)];
    return end > first ? (of.close[end - 1] as number) / (of.open[first] as number) : 1;
  });
  return { ...sums, firstPrice: 1, lastPrice: changes.reduce((sum, it) => sum + it, 0) / changes.length };
}

/** The same, or null where no kernel knows the request. */
export function kernelSums(request: SumsRequest, onFill?: (fill: KernelFill) => void): Sums | null {
  const kernel = Object.hasOwn(kernels, request.kind) ? kernels[request.kind as keyof typeof kernels] : undefined;
  const [pair, ...others] = request.series.keys();
  if (kernel === undefined || pair === undefined || others.length > 0) return null;
  // What is said to the bot meanwhile is its own run alone.
  if (request.outside !== undefined) return null;
  const [series, rules] = [request.series.get(pair), request.rules.get(pair)];
  if (series === undefined || rules === undefined) return null;
  // Kernels play candles.
  if (series.inner !== undefined) return null;
  const columns = columnsOf(series, rules);
  const [first, end] = [rowAt(series, request.from), rowAt(series, request.to)];
  if (first >= end) return null;
  const funds = fundsOf(request, columns, first);
  if (funds === null) return null;
  const log = onFill === undefined ? undefined : new FillLog();
  const run: KernelRun = {
    columns,
    assumptions: request.assumptions,
    funds,
    from: first * 4,
    end: end * 4,
    until: timeOf(columns, end - 1) + columns.intervalMs,
    ...(log === undefined ? {} : { log }),
  };
  const result = kernel(pair, request.settings, run);
  if (result !== null) for (const fill of log?.over(columns) ?? []) onFill?.(fill);
  return result === null ? null : sumsOfKernel(result, run, pair);
}

/** What the run begins with; null where the settings cannot work or want more than is given, of which the bot itself says why. */
function fundsOf({ kind, settings, rules, funds: given }: SumsRequest, { pair, open, rules: of }: Columns, row: number) {
  const bot = botKinds[kind as keyof typeof kernels];
  const read = bot.readSettings([pair], settings as never);
  const byPair = { [pair]: of } as Readonly<Record<Pair, typeof of>>;
  if (rules.size !== 1 || bot.problems(read as never, byPair).length > 0) return null;
  const last = open[row]! as Quote['last'];
  const quotes = new Map([[pair, { pair, last, bid: last, ask: (last + 1) as Quote['ask'] }]]);
  const funds: Record<string, Amount> = {};
  for (const { asset, amount } of bot.fundsNeeded(read as never, byPair, quotes, given ?? {})) {
    const mine = given?.[asset];
    if (mine !== undefined && mine < amount) return null;
    funds[asset] = mine ?? amount;
  }
  return Object.keys(given ?? {}).every((asset) => funds[asset] !== undefined) ? funds : null;
}

function sumsOfKernel(result: KernelResult, { columns, funds, from, end, until }: KernelRun, pair: Pair): Sums {
  const priceOf = (ticks: number): Amount => priceAmount(ticks as Ticks, columns.rules);
  const first = priceOf(columns.open[from / 4]!);
  const start = (funds[quoteOf(pair)] ?? 0n) + multiply(funds[baseOf(pair)] ?? zero, first, 'down');
  const [begin, worth] = [timeOf(columns, from / 4), toNumber(start as Amount)];
  return {
    from: begin,
    to: until,
    start: worth,
    end: toNumber(result.endEquity),
    drawdown: result.drawdown.most,
    deals: result.deals,
    wins: result.wins,
    fees: toNumber(result.fees),
    heldMs: result.heldMs,
    fills: result.fills,
    firstPrice: toNumber(first),
    lastPrice: toNumber(priceOf(columns.close[end / 4 - 1]!)),
    daily: everyDay(worth, begin, result.daily),
  };
}
