/** One backtest: the bot's own step over recorded candles, matched by the simulated exchange's rules. */
import { botKinds } from '@holdfast/bots';
import {
  type Amount,
  type BotId,
  baseOf,
  type EpochMs,
  formatAmount,
  multiply,
  type Pair,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  type Ticks,
} from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import { gapsOf, intervalName, rowAt, type Series, timeOf } from '../data/series.ts';
import type { Account } from './account.ts';
import { coarseness } from './coarse.ts';
import { type Columns, columnsOf } from './columns.ts';
import { jump, step } from './drivers.ts';
import { EquityCurve } from './equity.ts';
import { definitionOf } from './filters.ts';
import { fundingOf } from './funding-schedule.ts';
import { hashOf } from './hash.ts';
import { houseOf, meanLots, shareOf } from './house.ts';
import { Margin } from './margin.ts';
import { Market } from './market.ts';
import type { MatchRules } from './match.ts';
import { checkPerpetual, type Means, meansOf, type Perpetual } from './perpetual.ts';
import { PortfolioCurve } from './portfolio.ts';
import type { Assumptions, Drawdown, MarginResult, RunRequest, RunResult } from './result.ts';
import { RunError } from './run-error.ts';
import { Session } from './session.ts';
import { tradesApart } from './trades-inside.ts';
import { toUnits } from './units.ts';

/** @throws RunError, ValueError when the settings are none */
export function runBacktest(request: RunRequest): RunResult {
  const run = new Run(request);
  run.drive();
  return run.result();
}

class Run {
  readonly #request: RunRequest;
  readonly #kind: AnyBotKind;
  readonly #settings: unknown;
  readonly #pairs: readonly Pair[];
  readonly #markets: readonly Market[];
  readonly #session: Session;
  readonly #curve: EquityCurve | undefined;
  readonly #portfolio: PortfolioCurve | undefined;
  readonly #startEquity: Amount;
  readonly #warnings: string[] = [];
  #heldMs = 0;
  #heldSince: number | undefined;

  constructor(request: RunRequest) {
    this.#request = request;
    this.#kind = request.own === undefined ? kindOf(request.kind) : request.own(request.series);
    this.#settings = this.#kind.readSettings([...request.series.keys()], request.settings);
    this.#pairs = this.#kind.pairsOf(this.#settings);
    this.#markets = this.#pairs.map((pair) => this.#market(pair));
    const rules = Object.fromEntries(this.#pairs.map((pair) => [pair, rulesOf(request, pair)]));
    const problems = this.#kind.problems(this.#settings, rules);
    if (problems.length > 0) throw new RunError('settings-unfit', problems.join(' '));
    const { perpetual } = request.assumptions;
    const means = perpetual === undefined ? null : this.#means(perpetual, rules);
    const funds = means?.room ?? this.#funds(rules);
    const state = this.#kind.initial(this.#settings, { bot: this.#id, rules, allotted: funds });
    this.#session = new Session({
      bot: { id: this.#id, kind: this.#kind, settings: this.#settings, state },
      funds,
      markets: this.#markets,
      assumptions: request.assumptions,
      ...(means === null ? {} : { margin: (account) => this.#margin(perpetual!, means, account) }),
      outside: request.outside ?? [],
      keepsOrders: request.keepsOrders === true,
      onFill: (market, account, at) => this.#hold(market, account, at),
    });
    const [only] = this.#markets;
    if (this.#markets.length === 1 && only !== undefined)
      this.#curve = new EquityCurve(only.columns, only.firstRow, request.driver === 'jump');
    else this.#portfolio = new PortfolioCurve(this.#markets);
    this.#startEquity = means?.collateral ?? this.#equity(({ columns, firstRow }) => columns.open[firstRow]!);
  }

  get #id(): BotId {
    return this.#request.bot ?? ('backtest' as BotId);
  }

  #market(pair: Pair): Market {
    const { series: all, assumptions, from, to } = this.#request;
    const series = all.get(pair);
    if (series === undefined) throw new RunError('series-missing', `The bot trades ${pair}: give its candles`);
    const columns = columnsOf(series, rulesOf(this.#request, pair));
    const rows = { first: rowAt(series, from), end: rowAt(series, to) };
    if (rows.first >= rows.end)
      throw new RunError('no-candles', `There are no candles of ${pair} from ${iso(from)} to ${iso(to)}: choose another period`);
    return new Market(
      columns,
      definitionOf(columns.rules, assumptions),
      matchRules(columns, assumptions),
      rows,
      this.#lowIsWorse(() => this.#markets, pair),
    );
  }

  /** On the adverse path: the low comes first where it costs coins that are held, else the high. */
  #lowIsWorse(markets: () => readonly Market[], pair: Pair): ((low: number) => boolean) | undefined {
    if (this.#request.assumptions.path === 'published') return undefined;
    return (low) => {
      const market = markets().find(({ columns }) => columns.pair === pair);
      if (market === undefined || this.#session.held(market) < market.columns.rules.lot) return false;
      const below = this.#session.runtime.quiet().pairs.get(pair)?.below ?? 0;
      return Math.max(market.matcher.saleTrigger, below, this.#session.margin?.bounds(market).below ?? 0) >= low;
    };
  }

  /** @throws RunError `settings-unfit` */
  #means(perpetual: Perpetual, rules: Readonly<Record<Pair, PairRules>>): Means {
    const { assumptions, funds } = this.#request;
    checkPerpetual(perpetual, this.#pairs);
    if (assumptions.feeIn !== 'quote')
      throw new RunError('settings-unfit', 'fees of a perpetual are taken in quote: leave --fee-in received out');
    const quotes = new Map<Pair, Quote>(this.#markets.map((market) => [market.columns.pair, market.quote()]));
    const priceOf = (pair: Pair): Amount => priceAmount(quotes.get(pair)!.last, rules[pair]!);
    const means = meansOf(perpetual, funds, quotes, priceOf, (given) =>
      this.#kind.fundsNeeded(this.#settings, rules, quotes, given),
    );
    this.#warnings.push(...means.warnings);
    return means;
  }

  #margin(perpetual: Perpetual, means: Means, account: Account): Margin {
    const { series } = this.#request;
    // What is due as it begins is not the bot's.
    const from = Math.min(...this.#markets.map((market) => market.timeOf(market.firstPlace))) + 1;
    const to = Math.max(...this.#markets.map((market) => market.timeOf(market.endPlace - 1)));
    const funding = this.#pairs
      .flatMap((pair) => fundingOf(pair, series.get(pair)?.funding, perpetual.fundingRate, { from, to }))
      .sort((a, b) => a.at - b.at);
    return new Margin({ ...means, account, markets: this.#markets, perpetual, funding });
  }

  /** What is given, completed by what the settings need at the first prices. */
  #funds(rules: Readonly<Record<Pair, PairRules>>): Readonly<Record<string, Amount>> {
    const given = this.#request.funds ?? {};
    const quotes = new Map<Pair, Quote>(this.#markets.map((market) => [market.columns.pair, market.quote()]));
    const funds: Record<string, Amount> = {};
    for (const { asset, amount } of this.#kind.fundsNeeded(this.#settings, rules, quotes, given)) {
      const mine = given[asset];
      funds[asset] = mine ?? amount;
      if (mine !== undefined && mine < amount)
        this.#warnings.push(
          `The settings need up to ${formatAmount(amount)} ${asset} and ${formatAmount(mine)} are given: orders may be held back.`,
        );
    }
    const others = Object.keys(given).filter((asset) => funds[asset] === undefined);
    if (others.length > 0)
      throw new RunError(
        'settings-unfit',
        `This bot takes funds in ${Object.keys(funds).join(' and ')} only, not in ${others.join(', ')}`,
      );
    return funds;
  }

  drive(): void {
    const starts = this.#markets.map((market) => market.timeOf(market.firstPlace));
    this.#note(this.#session.account);
    this.#session.start(Math.min(...starts) as EpochMs);
    const drive = { session: this.#session, markets: this.#markets };
    if (this.#request.driver === 'jump') jump(drive);
    else step(drive);
    this.#curve?.flush(this.#markets[0]!.endRow);
    this.#portfolio?.flush(Number.MAX_SAFE_INTEGER);
    this.#holding(this.#end, false);
  }

  get #end(): number {
    return Math.max(...this.#markets.map(({ columns, endRow }) => timeOf(columns, endRow - 1) + columns.intervalMs));
  }

  #hold(market: Market, account: Account, at: EpochMs): void {
    const quote = toUnits(this.#session.margin?.money ?? account.total(quoteOf(market.columns.pair)));
    this.#curve?.hold(market.row, quote, toUnits(this.#session.held(market)));
    this.#portfolio?.hold(
      at,
      quote,
      this.#markets.map((each) => toUnits(this.#session.held(each))),
    );
    const holds = this.#markets.some((each) => {
      const held = this.#session.held(each);
      return (held < 0n ? -held : held) >= each.columns.rules.lot;
    });
    this.#holding(at, holds);
  }

  /** What it has at the start. */
  #note(account: Account): void {
    const [first] = this.#markets;
    this.#hold(first!, account, first!.timeOf(first!.firstPlace));
  }

  #holding(at: number, holds: boolean): void {
    if (this.#heldSince !== undefined && !holds) this.#heldMs += at - this.#heldSince;
    if (!holds) this.#heldSince = undefined;
    else this.#heldSince ??= at;
  }

  /** Exact value in quote, base at the prices given. */
  #equity(price: (market: Market) => number): Amount {
    const { account, margin } = this.#session;
    if (margin !== undefined) return margin.equity((market) => price(market as Market)) as Amount;
    let value = account.total(quoteOf(this.#pairs[0]!));
    for (const market of this.#markets) {
      const { pair, rules } = market.columns;
      value += multiply(account.total(baseOf(pair)), priceAmount(price(market) as Ticks, rules), 'down');
    }
    return value as Amount;
  }

  result(): RunResult {
    const { request, session } = { request: this.#request, session: this.#session };
    const [first] = this.#markets;
    const { columns, firstRow, endRow } = first!;
    const ofFirst = (ticks: number): Amount => priceAmount(ticks as Ticks, columns.rules);
    const report = this.#kind.report(this.#settings, session.bot.state);
    if (report.state === 'stopped') this.#warnings.push(`The bot stopped: ${report.waitingFor}`);
    for (const series of request.series.values()) {
      const said = stayedCoarse(series, request.from, request.to);
      if (said !== null) this.#warnings.push(said);
      this.#warnings.push(...tradesApart(series, request.from, request.to));
    }
    for (const { columns: of, matcher, firstRow: start, endRow: end } of this.#markets) {
      const warning = isPlayedByTrades(of, start, end) ? null : coarseness(of, start, end, matcher.leastDistance);
      if (warning !== null) this.#warnings.push(warning);
    }
    const refused = Object.fromEntries([...session.refused].sort(([a], [b]) => (a < b ? -1 : 1)));
    const sums = {
      fills: session.fills,
      deals: session.deals,
      ordersPlaced: session.ordersPlaced,
      refused,
      startEquity: this.#startEquity,
      endEquity: this.#equity(({ columns: of, endRow: end }) => of.close[end - 1]!),
      fees: session.fees as Amount,
      daily: (this.#curve ?? this.#portfolio)!.daily,
      drawdown: this.#drawdown(),
      heldMs: this.#heldMs,
      ...(session.margin === undefined ? {} : { margin: marginOf(session.margin) }),
    };
    return {
      kind: request.kind,
      settings: request.settings,
      pairs: this.#pairs,
      intervalMs: columns.intervalMs,
      from: timeOf(columns, firstRow) as EpochMs,
      to: this.#end as EpochMs,
      candles: this.#markets.reduce((sum, each) => sum + each.endRow - each.firstRow, 0),
      missing: this.#markets.reduce((sum, each) => sum + missingOf(request.series.get(each.columns.pair)!, each), 0),
      ...sums,
      ...(request.keepsOrders === true ? { orders: [...session.orders.values()] } : {}),
      firstPrice: ofFirst(columns.open[firstRow]!),
      lastPrice: ofFirst(columns.close[endRow - 1]!),
      report,
      assumptions: request.assumptions,
      warnings: this.#warnings,
      hash: hashOf(sums),
    };
  }

  #drawdown(): Drawdown {
    if (this.#portfolio !== undefined) {
      const { most, quote, from, to } = this.#portfolio.drawdown;
      return { most, quote, from: from as EpochMs, to: to as EpochMs };
    }
    const { columns, firstRow } = this.#markets[0]!;
    const { most, quote, from, to } = this.#curve!.drawdown;
    const closeOf = (row: number): EpochMs => (timeOf(columns, Math.max(row, firstRow)) + columns.intervalMs) as EpochMs;
    return { most, quote, from: closeOf(from), to: closeOf(to) };
  }
}

const marginOf = ({ collateral, funding, liquidation }: Margin): MarginResult => ({ collateral, funding, liquidation });

const iso = (time: number): string => (Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time));

function kindOf(name: string): AnyBotKind {
  const kind = (botKinds as Readonly<Record<string, AnyBotKind>>)[name];
  if (kind !== undefined) return kind;
  throw new RunError('bot-kind-unknown', `There is no kind of bot "${name}"; there are: ${Object.keys(botKinds).join(', ')}`);
}

function rulesOf(request: RunRequest, pair: Pair): PairRules {
  const rules = request.rules.get(pair);
  if (rules === undefined) throw new RunError('series-missing', `The bot trades ${pair}: give the exchange's rules of it`);
  return rules;
}

export function matchRules(columns: Columns, of: Assumptions): MatchRules {
  return {
    fill: of.fill,
    aheadLots: of.fill === 'queue' ? meanLots(columns) : 0,
    gaps: of.gaps ?? 'own',
    stops: of.stops ?? 'path',
    spreadTicks: of.spreadTicks,
    volumeShareBps: shareOf(of.volumeShare),
    slippageTicks: of.slippageTicks,
    house: of.depth === 'best' ? null : houseOf(columns, of),
    maxOrders: columns.rules.maxOrders,
    maxAlgoOrders: columns.rules.maxAlgoOrders,
    maxOrderLists: columns.rules.maxOrderLists,
  };
}

function stayedCoarse({ pair, intervalMs, blend }: Series, from: number, to: number): string | null {
  if (blend === undefined) return null;
  const count = (times: readonly number[]): number => times.filter((time) => time >= from && time < to).length;
  const [stayed, replaced] = [count(blend.stayed), count(blend.replaced)];
  const [coarse, fine] = [intervalName(blend.coarseMs), intervalName(intervalMs)];
  if (stayed === 0) return null;
  return `Of ${stayed + replaced} candles of ${coarse} of ${pair}, ${stayed} have no ${fine} candles that agree with them and were played whole, each in its last ${fine}.`;
}

const isPlayedByTrades = ({ trades }: Columns, from: number, to: number): boolean =>
  trades?.first.subarray(from, to).every((trade) => trade >= 0) ?? false;

function missingOf(series: Series, { firstRow, endRow, columns }: Market): number {
  const [from, to] = [timeOf(columns, firstRow), timeOf(columns, endRow - 1)];
  // Where coarse candles stayed, finer ones are not missing.
  if (series.blend !== undefined) return 0;
  return gapsOf(series)
    .filter((gap) => gap.from > from && gap.to < to)
    .reduce((sum, gap) => sum + gap.candles, 0);
}
