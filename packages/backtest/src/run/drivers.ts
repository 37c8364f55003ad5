/** What moves a run along its tape: tick by tick, or from one place where something can happen to the next. */
import type { EpochMs } from '@holdfast/domain';
import { openOf, type Timeframe, timeframes } from '@holdfast/indicators';
import { timeOf } from '../data/series.ts';
import { holdsAt, nextOf, rowsWhere } from './conditions.ts';
import type { Market } from './market.ts';
import type { Session } from './session.ts';

/** What the bot waits for of candles. */
interface Waits {
  readonly candles: readonly { readonly pair: string; readonly interval: string }[];
  readonly conditions: readonly { readonly pair: string; readonly condition: string }[];
}

export interface Drive {
  readonly session: Session;
  readonly markets: readonly Market[];
}

/** Every tick of every candle. */
export function step({ session, ...drive }: Drive): void {
  const markets = byName(drive.markets);
  while (!session.isOver) {
    const market = earliest(markets, (each) => each.place);
    if (market === undefined) return;
    const at = market.timeOf(market.place);
    if (session.arrival < Math.min(at, session.fundingAt)) session.arrive();
    else if (session.fundingAt <= at) session.fund();
    else tick(session, market, at);
  }
}

/** Only the ticks that can fill or set off an order or wake the bot. */
export function jump({ session, ...drive }: Drive): void {
  const markets = byName(drive.markets);
  while (!session.isOver) {
    const places = new Map(markets.map((market) => [market, nextPlace(session, market)]));
    const market = earliest(markets, (each) => places.get(each)!);
    const at = market === undefined ? Number.POSITIVE_INFINITY : market.timeOf(places.get(market)!);
    const fundingAt = session.fundingAt;
    if (session.arrival < Math.min(at, fundingAt)) {
      const due = session.arrival;
      for (const each of markets) {
        each.passTo(each.placeAt(due + 1));
        session.runtime.know(each.quote());
      }
      if (markets.some((each) => each.place < each.endPlace)) {
        session.arrive();
        continue;
      }
    }
    if (fundingAt <= at && fundingAt < Number.POSITIVE_INFINITY) {
      for (const each of markets) each.passTo(each.placeAt(fundingAt));
      session.fund();
      continue;
    }
    if (market === undefined) {
      for (const each of markets) each.passTo(each.endPlace);
      return;
    }
    let isBefore = true;
    for (const each of markets) {
      if (each === market) isBefore = false;
      else each.passTo(each.placeAt(isBefore ? at + 1 : at));
    }
    market.passTo(places.get(market)!);
    for (const each of markets) session.runtime.know(each.quote());
    tick(session, market, at as EpochMs);
  }
}

/** Of one time the price of the pair comes first whose name does, as on the simulated exchange. */
const byName = (markets: readonly Market[]): readonly Market[] =>
  [...markets].sort((a, b) => (a.columns.pair < b.columns.pair ? -1 : 1));

/** The market whose place comes next in time, of equals the first; undefined when all are at their end. */
function earliest(markets: readonly Market[], placeOf: (market: Market) => number): Market | undefined {
  let found: Market | undefined;
  let time = Number.POSITIVE_INFINITY;
  for (const market of markets) {
    const place = placeOf(market);
    if (place >= market.endPlace) continue;
    const at = market.timeOf(place);
    if (at < time) [found, time] = [market, at];
  }
  return found;
}

function tick(session: Session, market: Market, at: EpochMs): void {
  session.now = at;
  if (session.isTakenBefore(market, market.priceOf(market.place))) return;
  if (market.place > 0 && market.places.opens(market.place)) close(session, market);
  const isHeard = market.play();
  session.ticked(market, isHeard);
}

/** The candle before the one that begins now is over. */
function close(session: Session, market: Market): void {
  const { columns } = market;
  const row = market.places.rowOf(market.place) - 1;
  const { candles, conditions } = waitsOf(session);
  const mine = <Each extends { readonly pair: string }>(all: readonly Each[]): readonly Each[] =>
    all.filter(({ pair }) => pair === columns.pair);
  const end = timeOf(columns, row) + columns.intervalMs;
  const intervals = mine(candles).map(({ interval }) => interval);
  const held = mine(conditions)
    .map(({ condition }) => condition)
    .sort();
  session.closed(
    market,
    intervals.filter((interval) => isFrameEnd(interval, end)),
    held.filter((condition) => holdsAt(rowsWhere(columns, condition, session.signalsOf(columns.pair)), row)),
  );
}

function waitsOf(session: Session): Waits {
  const candles = new Map<string, { pair: string; interval: string }>();
  const conditions = new Map<string, { pair: string; condition: string }>();
  for (const wake of session.runtime.wakesOf(session.bot.id)) {
    if (wake.kind === 'candle-close') candles.set(`${wake.pair} ${wake.interval}`, wake);
    if (wake.kind === 'condition') conditions.set(`${wake.pair} ${wake.condition}`, wake);
  }
  return { candles: [...candles.values()], conditions: [...conditions.values()] };
}

const isFrame = (interval: string): interval is Timeframe => interval in timeframes;

/** Frames that nobody knows end with each candle. */
const isFrameEnd = (interval: string, end: number): boolean => !isFrame(interval) || openOf(end, interval) === end;

/** The next place at which something can happen. */
function nextPlace(session: Session, market: Market): number {
  const { runtime } = session;
  const { columns, matcher } = market;
  const { until, pairs } = runtime.quiet();
  const bounds = pairs.get(columns.pair);
  const margin = session.margin?.bounds(market);
  const below = Math.max(matcher.below, bounds?.below ?? 0, margin?.below ?? 0);
  // The last price may lie as far above the tick as the ask does, where no trade followed it down.
  const wakes = (bounds?.above ?? Number.POSITIVE_INFINITY) - market.spread;
  const above = Math.min(matcher.above, wakes, margin?.above ?? Number.POSITIVE_INFINITY);
  let limit = market.endPlace;
  if (until !== null) limit = Math.min(limit, Math.max(market.place, market.placeAt(until)));
  limit = Math.min(limit, nextClose(session, market));
  return market.nextOutside(below, above, limit);
}

/** The first place of the candle after the next close that somebody waits for. */
function nextClose(session: Session, market: Market): number {
  const { columns } = market;
  const { candles, conditions } = waitsOf(session);
  let row = Number.POSITIVE_INFINITY;
  const from = market.closesNext;
  for (const { pair, interval } of candles) if (pair === columns.pair) row = Math.min(row, nextFrameEnd(market, interval, from));
  for (const { pair, condition } of conditions)
    if (pair === columns.pair) row = Math.min(row, nextOf(rowsWhere(columns, condition, session.signalsOf(columns.pair)), from));
  return market.places.firstOf(row + 1);
}

function nextFrameEnd({ columns, endRow }: Market, interval: string, from: number): number {
  for (let row = Math.max(from, 0); row < endRow; row++)
    if (isFrameEnd(interval, timeOf(columns, row) + columns.intervalMs)) return row;
  return Number.POSITIVE_INFINITY;
}
