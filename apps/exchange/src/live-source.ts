/**
 * Live public prices as the market of the exchange: paper trading on what another exchange trades now. Only its public data
 * is read; no key is needed and nothing is sent there.
 *
 *   L1  Every trade heard is one tick, in the order heard; time never falls and is the machine's.
 *   L2  While nothing trades, a tick without volume a second says that time goes on.
 *   L3  Minutes in which there was no connection stay empty: nothing is filled in.
 */
import {
  type Amount,
  type Candle,
  divide,
  type EpochMs,
  epochMs,
  formatAmount,
  type MarketDataPort,
  type MarketEvent,
  type Pair,
  type PairRules,
} from '@holdfast/domain';
import { binanceMarketData, exchangeHelp, marketDataPlaces } from '@holdfast/exchanges/market-data';
import {
  type CandleRow,
  CandleTable,
  houseLevelLots,
  type MarketRequest,
  type MarketTick,
  type TickFeed,
} from '@holdfast/exchanges/simulated';
import { StartError } from './start-error.ts';

const candlesWanted = 1000;
const pulseMs = 1000;
/** More than this waits only when those in lockstep cannot follow; then single trades are left out, newest kept. */
const backlogMost = 20_000;

export interface LiveOptions {
  /** `binance`, or the origin of an exchange on this machine. */
  readonly from: string;
  readonly pairs: readonly Pair[];
  readonly house: { readonly fill: 'touch' | 'through'; readonly spreadTicks: number; readonly volumeShareBps: number };
  readonly seed: number;
}

export interface LiveFeed extends TickFeed {
  /** Calls back when there is a tick to take. */
  onTick(listener: () => void): void;
  stop(): void;
}

/** The port of an exchange that is followed. @throws StartError `usage` */
export function liveMarketData(from: string): MarketDataPort {
  const places = marketDataPlaces(from, { hasAccount: false });
  if (places === undefined) throw new StartError('usage', `--live ${from}: ${exchangeHelp}`);
  return binanceMarketData(places);
}

/** Reads rules and recent minutes, then follows. @throws StartError `unreachable` when the exchange does not answer */
export async function openLive(options: LiveOptions, source = liveMarketData(options.from)): Promise<LiveFeed> {
  const { pairs } = options;
  let read: { readonly rules: readonly PairRules[]; readonly candles: readonly (readonly Candle[])[] };
  try {
    const rules = await source.rules(pairs);
    read = { rules, candles: await Promise.all(pairs.map((pair) => source.candles(pair, '1m', candlesWanted))) };
  } catch (cause) {
    const text = `the live prices of ${options.from} cannot be read (${(cause as Error).message}): check the network and the pairs ${pairs.join(', ')}, or leave --live out`;
    throw new StartError('unreachable', text, { cause });
  }
  const tables = new Map<Pair, CandleTable>();
  const markets = read.rules.map((rules, at) => {
    const table = tableOf(rules, read.candles[at] ?? []);
    tables.set(rules.pair, table);
    return marketOf(rules, table, options);
  });
  return follow(source, markets, tables);
}

function tableOf({ pair, tick, lot }: PairRules, candles: readonly Candle[]): CandleTable {
  const table = new CandleTable({ pair, tick, lot });
  for (const { openTime, open, high, low, close, volume } of candles)
    table.push([openTime, ...[open, high, low, close, volume].map(formatAmount)].join(','));
  return table;
}

function marketOf(rules: PairRules, table: CandleTable, { house, seed }: LiveOptions): MarketRequest {
  const { pair, tick, lot, minNotional } = rules;
  const price = table.rows === 0 ? {} : { price: (BigInt(table.row(table.rows - 1).close) * tick) as Amount };
  return { pair, tick, lot, minNotional, ...price, house: { ...house, levelLots: houseLevelLots(table), seed } };
}

function follow(source: MarketDataPort, markets: readonly MarketRequest[], tables: ReadonlyMap<Pair, CandleTable>): LiveFeed {
  const steps = new Map(markets.map((market) => [market.pair, market]));
  const last = new Map<Pair, number>();
  let waiting: MarketTick[] = [];
  let taken = 0;
  let at: EpochMs = epochMs(Date.now());
  let listener = (): void => {};

  const push = (pair: Pair, price: number, volume: number): void => {
    at = epochMs(Math.max(at, Date.now()));
    last.set(pair, price);
    if (taken >= backlogMost || waiting.length - taken >= backlogMost) {
      waiting = waiting.slice(Math.max(taken, waiting.length - backlogMost / 2));
      taken = 0;
    }
    waiting.push({ pair, at, price, volume });
    listener();
  };
  const hear = (event: MarketEvent): void => {
    if (event.kind !== 'trade') return;
    const market = steps.get(event.pair);
    if (market === undefined) return;
    const price = nearest(event.price, market.tick);
    if (price >= 1) push(event.pair, price, Number(divide(event.quantity, market.lot, 'down')));
  };
  const pulse = setInterval(() => {
    if (Date.now() - at < pulseMs) return;
    for (const [pair, price] of last) push(pair, price, 0);
  }, pulseMs);
  const stopHearing = source.subscribe([...steps.keys()], hear);

  return {
    markets,
    start: at,
    peek: () => waiting[taken],
    next: () => {
      const tick = waiting[taken];
      if (tick !== undefined) taken += 1;
      return tick;
    },
    position: () => JSON.stringify({ at }),
    *history(pair): Iterable<CandleRow> {
      const table = tables.get(pair);
      for (let row = 0; row < (table?.rows ?? 0); row += 1) yield table!.row(row);
    },
    onTick: (hear) => {
      listener = hear;
    },
    stop: () => {
      clearInterval(pulse);
      stopHearing();
    },
  };
}

const nearest = (price: Amount, tick: Amount): number => Number(divide(price * 2n + tick, tick * 2n, 'down'));
