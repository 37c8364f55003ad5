/** Reading the exchange's JSON: what is missing or of another type is an error, never a zero. */
import { type Amount, amount, type EpochMs, epochMs, type Pair, ValueError } from '@holdfast/domain';

/** The exchange said something that is not its dialect. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
  readonly code = 'malformed-reply';
}

export type Json = Readonly<Record<string, unknown>>;

/** A text may hold a whole number that a number cannot. */
const hasLongNumber = /[[,:]\s*-?\d{16}/;

/** Such a number: all its digits, and neither a text nor a number to who expects one of these. */
class LongInteger {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

const keepLong: (key: string, value: unknown, context: { readonly source?: string }) => unknown = (_, value, { source = '' }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? new LongInteger(source) : value;

/** @throws MalformedReply */
export function parse(body: string): unknown {
  try {
    return hasLongNumber.test(body) ? JSON.parse(body, keepLong as (key: string, value: unknown) => unknown) : JSON.parse(body);
  } catch {
    throw new MalformedReply(`the exchange sent ${body.length} bytes that are not JSON`);
  }
}

/** @throws MalformedReply */
export function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedReply('expected an object');
  return value as Json;
}

/** @throws MalformedReply */
export function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedReply('expected a list');
  return value;
}

/** @throws MalformedReply */
export function textOf(from: Json, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new MalformedReply(`${key} is not a text`);
  return value;
}

/** An id that the exchange writes as a number, of whatever length, or as a text. @throws MalformedReply */
export function idOf(from: Json, key: string): string {
  const value = from[key] instanceof LongInteger ? from[key].digits : from[key];
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return value;
  throw new MalformedReply(`${key} is not an id`);
}

/** Later than any time in ms that makes sense: a time in microseconds is. */
const latestMs = 1e14;

/** @throws MalformedReply */
export function timeOf(from: Json, key: string): EpochMs {
  const value = from[key];
  if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) >= latestMs)
    throw new MalformedReply(`${key} is not a time in ms`);
  return epochMs(value as number);
}

/** @throws MalformedReply */
export function amountOf(from: Json, key: string): Amount {
  try {
    return amount(textOf(from, key));
  } catch (error) {
    if (error instanceof ValueError) throw new MalformedReply(`${key} is not a decimal`);
    throw error;
  }
}

/** A price or quantity of a trade. @throws MalformedReply */
export function positiveOf(from: Json, key: string): Amount {
  const value = amountOf(from, key);
  if (value <= 0n) throw new MalformedReply(`${key} is not more than 0`);
  return value;
}

/** What an order has executed so far. @throws MalformedReply */
export function executedOf(from: Json, key: string): Amount {
  const value = amountOf(from, key);
  if (value < 0n) throw new MalformedReply(`${key} is less than 0`);
  return value;
}

/** @throws MalformedReply */
export function flagOf(from: Json, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new MalformedReply(`${key} is not true or false`);
  return value;
}

/** The exchange's spelling of a pair: `BTCUSDT`. */
export const symbolOf = (pair: Pair): string => pair.replace('/', '');
