/** What a run on perpetuals takes for granted beside what every run does: linear contracts, settled in quote, one-way mode, cross margin. */
import {
  type Amount,
  amount,
  baseOf,
  divide,
  formatAmount,
  multiply,
  type Pair,
  type Quote,
  quoteOf,
  unit,
} from '@holdfast/domain';
import { RunError } from './run-error.ts';

/** Maintenance margin of the part of a position's value that lies above `from`. */
export interface MaintenanceTier {
  /** Quote. */
  readonly from: Amount;
  /** Share of 1 in 10^-18. */
  readonly share: Amount;
}

export interface Perpetual {
  /** Value that may be opened for each quote of collateral, 1 to 125. */
  readonly leverage: number;
  /** Lowest first, the first from 0; shares rise. Those of the exchange's brackets. */
  readonly maintenance: readonly MaintenanceTier[];
  /** Share of a position's value that is taken when it is liquidated, of 1 in 10^-18. */
  readonly liquidationFee: Amount;
  /** What longs pay shorts each eight hours where no rate is stored, of the position's value, share of 1 in 10^-18. */
  readonly fundingRate: Amount;
}

/**
 * Maintenance: half a percent, as Bybit's first tier of BTC (Binance's first bracket of BTC is 0.4 %). Clearance fee: 1.25 %, as
 * `liquidationFee` of BTCUSDT in Binance's fapi/v1/exchangeInfo. Funding: 0.01 % each eight hours is the interest part of the rate
 * at Binance and Bybit, which the rate is when perpetual and index agree.
 */
export const usualPerpetual: Omit<Perpetual, 'leverage'> = {
  maintenance: [{ from: 0n as Amount, share: amount('0.005') }],
  liquidationFee: amount('0.0125'),
  fundingRate: amount('0.0001'),
};

/** Maintenance margin of a position of this value in quote; rounded up. */
export function maintenanceOf(value: bigint, tiers: readonly MaintenanceTier[]): bigint {
  let [sum, before] = [0n, 0n];
  for (const { from, share } of tiers) {
    if (value > from) sum += (value - from) * (share - before);
    before = share;
  }
  return divide(sum, unit, 'up');
}

/** @throws RunError `settings-unfit` */
export function checkPerpetual({ leverage, maintenance }: Perpetual, pairs: readonly Pair[]): void {
  const refuse = (what: string): RunError => new RunError('settings-unfit', what);
  if (!(Number.isInteger(leverage) && leverage >= 1 && leverage <= 125))
    throw refuse(`leverage must be a whole number from 1 to 125, got ${leverage}`);
  if (maintenance[0]?.from !== 0n) throw refuse('the first maintenance tier must begin at 0, such as 0:0.5%');
  for (const [at, { from, share }] of maintenance.entries()) {
    const before = maintenance[at - 1];
    if (before !== undefined && !(from > before.from && share > before.share))
      throw refuse(
        `maintenance tiers must rise: ${formatAmount(from)}:${formatAmount(share)} follows ${formatAmount(before.from)}:${formatAmount(before.share)}`,
      );
    if (share <= 0n || share >= unit) throw refuse(`a maintenance share lies between 0 and 1, got ${formatAmount(share)}`);
  }
  if (BigInt(leverage) * maintenance[0].share >= unit)
    throw refuse(
      `at a leverage of ${leverage} a position is liquidated as it is opened: its margin is 1/${leverage} and ${formatAmount(maintenance[0].share)} must be left; take less leverage`,
    );
  const quotes = new Set(pairs.map((pair) => quoteOf(pair)));
  if (quotes.size > 1) throw refuse(`all pairs must be settled in one asset, got ${[...quotes].join(' and ')}`);
}

type Room = Readonly<Record<string, Amount>>;

/** What the bot may trade with, and the collateral that it needs. */
export interface Means {
  readonly room: Room;
  readonly collateral: Amount;
  readonly warnings: readonly string[];
}

/**
 * The room of a bot is what it would be given on spot: quote to buy with, and, where it sells first, base. Given is collateral
 * alone; left out it is the room's value at the first prices by the leverage.
 * @throws RunError `settings-unfit`
 */
export function meansOf(
  { leverage }: Perpetual,
  given: Room | null,
  quotes: ReadonlyMap<Pair, Quote>,
  priceOf: (pair: Pair) => Amount,
  needs: (given: Room) => readonly { readonly asset: string; readonly amount: Amount }[],
): Means {
  const quote = quoteOf([...quotes.keys()][0]!);
  const others = Object.keys(given ?? {}).filter((asset) => asset !== quote);
  if (others.length > 0)
    throw new RunError('settings-unfit', `collateral of a perpetual is given in ${quote}, not in ${others.join(', ')}`);
  const collateral = given?.[quote];
  const most = collateral === undefined ? undefined : ((collateral * BigInt(leverage)) as Amount);
  const needed = needs(most === undefined ? {} : { [quote]: most });
  const room = Object.fromEntries(needed.map(({ asset, amount: least }) => [asset, asset === quote ? (most ?? least) : least]));
  const valueOfRoom = (of: Room): bigint =>
    [...quotes.keys()].reduce((sum, pair) => sum + multiply(of[baseOf(pair)] ?? 0n, priceOf(pair), 'up'), of[quote] ?? 0n);
  const wanted = valueOfRoom(Object.fromEntries(needed.map(({ asset, amount: least }) => [asset, least])));
  const least = divide(wanted, BigInt(leverage), 'up') as Amount;
  if (collateral === undefined) return { room, collateral: least, warnings: [] };
  const lacks = `The settings need a collateral of up to ${formatAmount(least)} ${quote} and ${formatAmount(collateral)} are given: orders may be held back.`;
  return { room, collateral, warnings: collateral < least ? [lacks] : [] };
}
