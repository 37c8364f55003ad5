/**
 * Rate limits: request weight and raw requests per address, unfilled orders per user, in aligned windows, and the
 * ban of an address that goes on after 429. A window ends when either clock enters the next one: the operating
 * system's, or the exchange's own when that runs faster.
 */
import { ApiError } from './api-error.ts';

export interface LimitClocks {
  readonly wall: () => number;
  /** Undefined while the exchange's time is the operating system's pace. */
  readonly own: () => number | undefined;
}

export interface Limit {
  readonly rateLimitType: 'REQUEST_WEIGHT' | 'ORDERS' | 'RAW_REQUESTS';
  readonly interval: 'SECOND' | 'MINUTE' | 'DAY';
  readonly intervalNum: number;
  readonly limit: number;
}

export const weightLimit: Limit = { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 };
export const orderLimits: readonly Limit[] = [
  { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
  { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200_000 },
];
export const rawLimit: Limit = { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 };
export const allLimits: readonly Limit[] = [weightLimit, ...orderLimits, rawLimit];

const unitMs = { SECOND: 1000, MINUTE: 60_000, DAY: 86_400_000 } as const;
export const windowMs = (limit: Limit): number => unitMs[limit.interval] * limit.intervalNum;
/** "1M", "10S", "1D" as headers write it. */
export const windowLetters = (limit: Limit): string => `${limit.intervalNum}${limit.interval[0]}`;

const ban = { firstMs: 120_000, mostMs: 3 * 86_400_000, tolerated: 30 };

interface Window {
  key: string;
  used: number;
}
interface Offender {
  refusals: number;
  bans: number;
  bannedUntil: number;
}

export interface Limits {
  /** Counts a request before it is handled. @throws ApiError -1003 with 429 or 418 */
  charge(address: string, weight: number): void;
  /** Gives back the weight of an order request that succeeded. */
  refund(address: string, weight: number): void;
  usedWeight(address: string): number;
  /** Counts new orders of a user. @throws ApiError -1015 */
  chargeOrders(userId: number, count: number): void;
  /** An order that the exchange refused, or the first fill of one, no longer counts. */
  refundOrders(userId: number, count: number): void;
  usedOrders(userId: number): readonly number[];
}

export function makeLimits(clocks: LimitClocks): Limits {
  const windows = new Map<string, Window>();
  const offenders = new Map<string, Offender>();

  const windowKey = (lengthMs: number): string => {
    const own = clocks.own();
    const wall = Math.floor(clocks.wall() / lengthMs);
    return own === undefined ? String(wall) : `${wall}/${Math.floor(own / lengthMs)}`;
  };
  const windowOf = (who: string, limit: Limit): Window => {
    const name = `${limit.rateLimitType} ${windowLetters(limit)} ${who}`;
    const key = windowKey(windowMs(limit));
    const found = windows.get(name);
    if (found?.key === key) return found;
    const made = { key, used: 0 };
    windows.set(name, made);
    return made;
  };
  const secondsLeft = (limit: Limit): number => {
    const length = windowMs(limit);
    return Math.max(1, Math.ceil((length - (clocks.wall() % length)) / 1000));
  };

  const refuseBanned = (offender: Offender): void => {
    const left = offender.bannedUntil - clocks.wall();
    if (left > 0) throw banned(offender.bannedUntil, Math.ceil(left / 1000), clocks.wall());
  };
  const refuseWeight = (address: string, limit: Limit): never => {
    const offender = offenders.get(address) ?? { refusals: 0, bans: 0, bannedUntil: 0 };
    offenders.set(address, offender);
    offender.refusals += 1;
    if (offender.refusals > ban.tolerated) {
      offender.bannedUntil = clocks.wall() + Math.min(ban.mostMs, ban.firstMs * 2 ** offender.bans);
      offender.bans += 1;
      offender.refusals = 0;
      refuseBanned(offender);
    }
    throw new ApiError(-1003, tooMuch(limit), limitOptions(secondsLeft(limit), clocks.wall()));
  };

  return {
    charge(address, weight): void {
      const offender = offenders.get(address);
      if (offender !== undefined) refuseBanned(offender);
      const raw = windowOf(address, rawLimit);
      const used = windowOf(address, weightLimit);
      raw.used += 1;
      used.used += weight;
      if (used.used > weightLimit.limit) refuseWeight(address, weightLimit);
      if (raw.used > rawLimit.limit) refuseWeight(address, rawLimit);
    },
    refund(address, weight): void {
      const used = windowOf(address, weightLimit);
      used.used = Math.max(0, used.used - weight);
    },
    usedWeight: (address) => windowOf(address, weightLimit).used,
    chargeOrders(userId, count): void {
      const all = orderLimits.map((limit) => ({ limit, window: windowOf(String(userId), limit) }));
      const over = all.find(({ limit, window }) => window.used + count > limit.limit);
      if (over !== undefined) {
        const { limit } = over;
        const text = `Too many new orders; current limit is ${limit.limit} orders per ${limit.intervalNum} ${limit.interval}.`;
        throw new ApiError(-1015, text, limitOptions(secondsLeft(limit), clocks.wall()));
      }
      for (const { window } of all) window.used += count;
    },
    refundOrders(userId, count): void {
      for (const limit of orderLimits) {
        const window = windowOf(String(userId), limit);
        window.used = Math.max(0, window.used - count);
      }
    },
    usedOrders: (userId) => orderLimits.map((limit) => windowOf(String(userId), limit).used),
  };
}

const limitOptions = (seconds: number, now: number) => ({
  status: 429,
  retryAfter: seconds,
  data: { serverTime: now, retryAfter: now + seconds * 1000 },
});

function tooMuch(limit: Limit): string {
  const advice = 'Please use WebSocket Streams for live updates to avoid polling the API.';
  const what = limit.rateLimitType === 'RAW_REQUESTS' ? 'raw requests' : 'request weight';
  return `Too much request weight used; current limit is ${limit.limit} ${what} per ${limit.intervalNum} ${limit.interval}. ${advice}`;
}

const banned = (until: number, seconds: number, now: number): ApiError =>
  new ApiError(
    -1003,
    `Way too much request weight used; IP banned until ${until}. Please use WebSocket Streams for live updates to avoid bans.`,
    { status: 418, retryAfter: seconds, data: { serverTime: now, retryAfter: until } },
  );
