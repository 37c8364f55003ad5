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
import { hashOf } from './hash.ts';
import { houseOf, shareOf } from './house.ts';
import { Market } from './market.ts';
import type { MatchRules } from './match.ts';
import { PortfolioCurve } from './portfolio.ts';
import type { Assumptions, Drawdown, RunRequest, RunResult } from './result.ts';
import { RunError } from './run-error.ts';
import { Session } from './session.ts';

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
    const funds = this.#funds(rules);
    const state = this.#kind.initial(this.#settings, { bot: this.#id, rules, allotted: funds });
    this.#session = new Session({
      bot: { id: this.#id, kind: this.#kind, settings: this.#settings, state },
      funds,
      markets: this.#markets,
      assumptions: request.assumptions,
      outside: request.outside ?? [],
      keepsOrders: request.keepsOrders === true,
      onFill: (market, account, at) => this.#hold(market, account, at),
    });
    const [only] = this.#markets;
    if (this.#markets.length === 1 && only !== undefined)
      this.#curve = new EquityCurve(only.columns, only.firstPlace >>> 2, request.driver === 'jump');
    else this.#portfolio = new PortfolioCurve(this.#markets);
    this.#startEquity = this.#equity(({ columns, firstPlace }) => columns.open[firstPlace >>> 2]!);
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
      const held = this.#session.account.total(baseOf(pair));
      if (market === undefined || held < market.columns.rules.lot) return false;
      const below = this.#session.runtime.quiet().pairs.get(pair)?.below ?? 0;
      return Math.max(market.matcher.saleTrigger, below) >= low;
    };
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
    this.#curve?.flush(this.#markets[0]!.endPlace >>> 2);
    this.#portfolio?.flush(Number.MAX_SAFE_INTEGER);
    this.#holding(this.#end, false);
  }

  get #end(): number {
    return Math.max(...this.#markets.map(({ columns, endPlace }) => timeOf(columns, (endPlace >>> 2) - 1) + columns.intervalMs));
  }

  #hold(market: Market, account: Account, at: EpochMs): void {
    const quote = units(account.total(quoteOf(market.columns.pair)));
    this.#curve?.hold(market.row, quote, units(account.total(baseOf(market.columns.pair))));
    this.#portfolio?.hold(at, quote, this.#bases(account));
    const holds = this.#markets.some(({ columns: { pair, rules } }) => account.total(baseOf(pair)) >= rules.lot);
    this.#holding(at, holds);
  }

  /** What it has at the start. */
  #note(account: Account): void {
    const [first] = this.#markets;
    this.#hold(first!, account, first!.timeOf(first!.firstPlace));
  }

  #bases(account: Account): readonly number[] {
    return this.#markets.map(({ columns }) => units(account.total(baseOf(columns.pair))));
  }

  #holding(at: number, holds: boolean): void {
    if (this.#heldSince !== undefined && !holds) this.#heldMs += at - this.#heldSince;
    if (!holds) this.#heldSince = undefined;
    else this.#heldSince ??= at;
  }

  /** Exact value in quote, base at the prices given. */
  #equity(price: (market: Market) => number): Amount {
    const { account } = this.#session;
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
    const { columns, firstPlace, endPlace } = first!;
    const ofFirst = (ticks: number): Amount => priceAmount(ticks as Ticks, columns.rules);
    const report = this.#kind.report(this.#settings, session.bot.state);
    if (report.state === 'stopped') this.#warnings.push(`The bot stopped: ${report.waitingFor}`);
    for (const series of request.series.values()) {
      const said = stayedCoarse(series, request.from, request.to);
      if (said !== null) this.#warnings.push(said);
    }
    for (const { columns: of, matcher, firstPlace: start, endPlace: end } of this.#markets) {
      const warning = coarseness(of, start >>> 2, end >>> 2, matcher.leastDistance);
      if (warning !== null) this.#warnings.push(warning);
    }
    const refused = Object.fromEntries([...session.refused].sort(([a], [b]) => (a < b ? -1 : 1)));
    const sums = {
      fills: session.fills,
      deals: session.deals,
      ordersPlaced: session.ordersPlaced,
      refused,
      startEquity: this.#startEquity,
      endEquity: this.#equity(({ columns: of, endPlace: end }) => of.close[(end >>> 2) - 1]!),
      fees: session.fees as Amount,
      daily: (this.#curve ?? this.#portfolio)!.daily,
      drawdown: this.#drawdown(),
      heldMs: this.#heldMs,
    };
    return {
      kind: request.kind,
      settings: request.settings,
      pairs: this.#pairs,
      intervalMs: columns.intervalMs,
      from: timeOf(columns, firstPlace >>> 2) as EpochMs,
      to: this.#end as EpochMs,
      candles: this.#markets.reduce((sum, each) => sum + (each.endPlace - each.firstPlace) / 4, 0),
      missing: this.#markets.reduce((sum, each) => sum + missingOf(request.series.get(each.columns.pair)!, each), 0),
      ...sums,
      ...(request.keepsOrders === true ? { orders: [...session.orders.values()] } : {}),
      firstPrice: ofFirst(columns.open[firstPlace >>> 2]!),
      lastPrice: ofFirst(columns.close[(endPlace >>> 2) - 1]!),
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
    const { columns, firstPlace } = this.#markets[0]!;
    const { most, quote, from, to } = this.#curve!.drawdown;
    const closeOf = (row: number): EpochMs => (timeOf(columns, Math.max(row, firstPlace >>> 2)) + columns.intervalMs) as EpochMs;
    return { most, quote, from: closeOf(from), to: closeOf(to) };
  }
}

const units = (amount: bigint): number => Number(amount) / 1e18;
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

function missingOf(series: Series, { firstPlace, endPlace, columns }: Market): number {
  const [from, to] = [timeOf(columns, firstPlace >>> 2), timeOf(columns, (endPlace >>> 2) - 1)];
  // Where coarse candles stayed, finer ones are not missing.
  if (series.blend !== undefined) return 0;
  return gapsOf(series)
    .filter((gap) => gap.from > from && gap.to < to)
    .reduce((sum, gap) => sum + gap.candles, 0);
}
