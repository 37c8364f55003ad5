/** What a market is: steps, filters and house, with the exchange's usual values where the request says nothing. */
import { type Amount, type Asset, amount, baseOf, type Lots, type Pair, quoteOf, type Ticks } from '@holdfast/domain';
import type { HouseRules, MarketDefinition, MarketFilters, MarketRequest, OrderType, Refused, Result, StpMode } from './port.ts';
import { hashText } from './random.ts';

/** Sums of money are multiples of this: the exchange counts 8 decimals. */
export const cent: bigint = 10n ** 10n;

const orderTypes: readonly OrderType[] = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
];
const stpModes: readonly StpMode[] = ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT'];

/** Largest count that still multiplies with 10^4 inside a safe integer (trailing stops do). */
const countMax = 900_000_000_000;

const smallest: Readonly<Record<string, Amount>> = { BTC: amount('0.0001'), ETH: amount('0.001'), BNB: amount('0.01') };
/** Smallest notional of a market that names none. */
export const usualMinNotional = (pair: Pair): Amount => smallest[quoteOf(pair)] ?? amount('5');

const countOf = (value: Amount, step: Amount): number => Math.min(Number(value / step), countMax);

function usualFilters(request: MarketRequest): MarketFilters {
  return {
    minPrice: 1 as Ticks,
    maxPrice: countOf(amount('1000000'), request.tick) as Ticks,
    minQuantity: 1 as Lots,
    maxQuantity: countOf(amount('100000000'), request.lot) as Lots,
    minMarketQuantity: 0 as Lots,
    maxMarketQuantity: countOf(amount('10000000'), request.lot) as Lots,
    bidUp: amount('5'),
    bidDown: amount('0.2'),
    askUp: amount('5'),
    askDown: amount('0.2'),
    averageMinutes: 5,
    minNotional: request.minNotional ?? usualMinNotional(request.pair),
    maxNotional: amount('9000000'),
    applyMinToMarket: true,
    applyMaxToMarket: false,
    icebergParts: 10,
    maxOrders: 200,
    maxAlgoOrders: 5,
    maxOrderLists: 20,
    maxAmends: 10,
    maxPosition: undefined,
    minTrailingAbove: 10,
    maxTrailingAbove: 2000,
    minTrailingBelow: 10,
    maxTrailingBelow: 2000,
  };
}

const usualHouse = (request: MarketRequest): HouseRules => ({
  fill: 'touch',
  spreadTicks: 1,
  levels: 20,
  levelLots: 1000,
  volumeShareBps: 10_000,
  seed: hashText(request.pair),
});

const refused = (msg: string): Refused => ({ ok: false, code: -1130, msg });

/** The market that a request describes, or why there can be none. */
export function defineMarket(request: MarketRequest): Result<{ readonly market: MarketDefinition }> {
  const { tick, lot } = request;
  if (tick <= 0n || tick % cent !== 0n) return refused('tick must be a positive multiple of 0.00000001.');
  if (lot <= 0n || lot % cent !== 0n) return refused('lot must be a positive multiple of 0.00000001.');
  if ((tick * lot) % (cent * 10n ** 18n) !== 0n) return refused('tick times lot must be a multiple of 0.00000001.');
  return { ok: true, market: describeMarket(request) };
}

/** The same without looking whether its steps are such as an exchange has. */
export function describeMarket(request: MarketRequest): MarketDefinition {
  const { tick, lot } = request;
  const base = baseOf(request.pair);
  const quote = quoteOf(request.pair);
  const house: HouseRules | undefined = request.house === undefined ? undefined : { ...usualHouse(request), ...request.house };
  return {
    pair: request.pair,
    symbol: `${base}${quote}`,
    base: base as Asset,
    quote: quote as Asset,
    tick,
    lot,
    filters: { ...usualFilters(request), ...request.filters },
    orderTypes,
    defaultStpMode: 'EXPIRE_MAKER',
    allowedStpModes: request.allowedStpModes ?? ['NONE', ...stpModes],
    house,
    halted: false,
  };
}
