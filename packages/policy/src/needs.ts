/**
 * The mandate that a bot needs, beside the one in force: what is missing, the smallest mandate for the bot alone, and the smallest
 * widening that holds both. Limits of a day are not known beforehand: burn is counted as the turnover at the fee and a slippage of
 * 0.1 %, and as what the largest position and the largest order hold for their own ends; the stop budget as the largest position at
 * the gap of its stops, twice: for one that was triggered and the one that rests after it.
 */
import {
  type AccountId,
  type Amount,
  type Asset,
  divide,
  draftMandate,
  draftMandatePair,
  formatAmount,
  type Mandate,
  type MandateNeeds,
  type MandatePair,
  type OwnerId,
  type Pair,
  roundTo,
  scaleDigits,
} from '@holdfast/domain';
import { exitBandBps, feeBps } from './book.ts';

export interface NeedTerms {
  readonly account: AccountId;
  readonly owner: OwnerId;
  readonly uid: string;
  readonly quote: Asset;
  /** Fee of one order in basis points. */
  readonly feeBps: number;
  /** Unix ms of the exchange's clock. */
  readonly now: number;
  /** Hash of the mandate in force, '' without one. */
  readonly prev: string;
}

export interface Shortfall {
  /** Field of the mandate, such as `maxOrderQuote`. */
  readonly field: string;
  /** Null for a limit of the whole account. */
  readonly pair: Pair | null;
  readonly needed: string;
  /** What the mandate in force says of it; null where it has no such pair, or there is no mandate. */
  readonly inForce: string | null;
  /** Whether the bot cannot be made at all; otherwise orders beyond the limit are refused, or wait for a new day. */
  readonly blocks: boolean;
}

const runMs = 90 * 86_400_000;
const slippageBps = 10;
const stopGapBps = 100;
const bandBps = 50;
const stopsPerDay = 2;

/** Mandates are signed with at most 8 decimals. */
const cut = (value: bigint): Amount => roundTo(value, 10n ** BigInt(scaleDigits - 8), 'up');
const share = (value: bigint, bps: number): Amount => cut(divide(value * BigInt(bps), 10_000n, 'up'));
const larger = <Value extends bigint | number>(a: Value, b: Value): Value => (a > b ? a : b);
const lower = (a: Amount, b: Amount): Amount => (a < b ? a : b);
const both = <Item>(a: readonly Item[], b: readonly Item[]): readonly Item[] => [...new Set([...a, ...b])];

const stops = (needs: MandateNeeds): Amount =>
  needs.pairs.reduce(
    (sum, it) =>
      it.orders.includes('stop-limit') ? ((sum + share(it.maxPositionQuote, stopsPerDay * stopGapBps)) as Amount) : sum,
    0n as Amount,
  );

/** Burn that is held at once: of what is bought for its exit, of an order for its limit at the edge of the band. */
const heldBurn = (needs: MandateNeeds): Amount =>
  needs.pairs.reduce((sum, it) => {
    const atEnd = share(it.maxPositionQuote, Number(exitBandBps + feeBps));
    return (sum + atEnd + share(it.maxOrderQuote, bandBps + Number(feeBps))) as Amount;
  }, 0n as Amount);

/** The smallest mandate under which the bot alone works. */
export function mandateOfNeeds(needs: MandateNeeds, of: NeedTerms): Mandate {
  const burn24h = (share(needs.turnover24h, of.feeBps + slippageBps) + heldBurn(needs)) as Amount;
  return draftMandate({
    account: of.account,
    owner: of.owner,
    uid: of.uid,
    prev: of.prev,
    nbf: of.now,
    exp: of.now + runMs,
    quote: of.quote,
    pairs: needs.pairs.map((it) => draftMandatePair({ ...it, bandBps, stopGapBps })),
    turnover24h: needs.turnover24h,
    burn24h,
    stopBudget24h: stops(needs),
    openOrders: needs.openOrders,
    maxOpenQuote: needs.maxOpenQuote,
    mayCancelStops: needs.pairs.some(({ orders }) => orders.includes('stop-limit')),
  });
}

const pairLimits = ['maxOrderQuote', 'maxOrderBase', 'maxPositionQuote', 'maxSellHeldBase24h'] as const;
const totalLimits = ['turnover24h', 'burn24h', 'stopBudget24h', 'maxOpenQuote'] as const;

/** What of the needed mandate goes beyond the one in force; empty when it lies inside. */
export function missingOf(needed: Mandate, inForce: Mandate | null): readonly Shortfall[] {
  if (inForce === null) return [{ field: 'mandate', pair: null, needed: 'one', inForce: null, blocks: true }];
  const totals = totalLimits
    .filter((field) => needed[field] > inForce[field])
    .map(
      (field): Shortfall => ({
        field,
        pair: null,
        needed: formatAmount(needed[field]),
        inForce: formatAmount(inForce[field]),
        blocks: false,
      }),
    );
  const orders = needed.openOrders > inForce.openOrders;
  const stopRight = needed.mayCancelStops && !inForce.mayCancelStops;
  return [
    ...needed.pairs.flatMap((it) => missingOfPair(it, inForce)),
    ...totals,
    ...(orders
      ? [
          {
            field: 'openOrders',
            pair: null,
            needed: String(needed.openOrders),
            inForce: String(inForce.openOrders),
            blocks: false,
          },
        ]
      : []),
    ...(stopRight ? [{ field: 'mayCancelStops', pair: null, needed: 'yes', inForce: 'no', blocks: true }] : []),
  ];
}

function missingOfPair(needed: MandatePair, { pairs }: Mandate): readonly Shortfall[] {
  const of = needed.pair;
  const has = pairs.find((it) => it.pair === of);
  if (has === undefined) return [{ field: 'pairs', pair: of, needed: of, inForce: null, blocks: true }];
  const short = (field: string, need: string, is: string): Shortfall => ({
    field,
    pair: of,
    needed: need,
    inForce: is,
    blocks: false,
  });
  const lists = (['sides', 'orders'] as const)
    .filter((field) => needed[field].some((each) => !(has[field] as readonly string[]).includes(each)))
    .map((field) => short(field, needed[field].join(', '), has[field].join(', ')));
  const limits = pairLimits
    .filter((field) => needed[field] > has[field])
    .map((field) => short(field, formatAmount(needed[field]), formatAmount(has[field])));
  return [
    ...lists,
    ...limits,
    ...(needed.floor < has.floor ? [short('floor', formatAmount(needed.floor), formatAmount(has.floor))] : []),
    ...(needed.ceiling > has.ceiling ? [short('ceiling', formatAmount(needed.ceiling), formatAmount(has.ceiling))] : []),
  ];
}

/** The smallest widening of the mandate in force that holds the needed one; that one itself where there is none. */
export function widenedBy(needed: Mandate, inForce: Mandate | null): Mandate {
  if (inForce === null) return needed;
  const added = needed.pairs.filter((it) => !inForce.pairs.some(({ pair }) => pair === it.pair));
  return {
    ...inForce,
    seq: inForce.seq + 1,
    prev: needed.prev,
    nbf: needed.nbf,
    exp: needed.nbf > inForce.exp ? needed.exp : inForce.exp,
    pairs: [
      ...inForce.pairs.map((it) =>
        widenedPair(
          it,
          needed.pairs.find(({ pair }) => pair === it.pair),
        ),
      ),
      ...added,
    ],
    turnover24h: larger(inForce.turnover24h, needed.turnover24h),
    burn24h: larger(inForce.burn24h, needed.burn24h),
    burn7d: larger(inForce.burn7d, needed.burn7d),
    stopBudget24h: larger(inForce.stopBudget24h, needed.stopBudget24h),
    openOrders: larger(inForce.openOrders, needed.openOrders),
    maxOpenQuote: larger(inForce.maxOpenQuote, needed.maxOpenQuote),
    mayCancelStops: inForce.mayCancelStops || needed.mayCancelStops,
  };
}

function widenedPair(has: MandatePair, needed: MandatePair | undefined): MandatePair {
  if (needed === undefined) return has;
  return {
    ...has,
    sides: both(has.sides, needed.sides),
    orders: both(has.orders, needed.orders),
    maxOrderQuote: larger(has.maxOrderQuote, needed.maxOrderQuote),
    maxOrderBase: larger(has.maxOrderBase, needed.maxOrderBase),
    maxPositionQuote: larger(has.maxPositionQuote, needed.maxPositionQuote),
    floor: lower(has.floor, needed.floor),
    ceiling: larger(has.ceiling, needed.ceiling),
    maxSellHeldBase24h: larger(has.maxSellHeldBase24h, needed.maxSellHeldBase24h),
  };
}
