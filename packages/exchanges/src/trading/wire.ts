/** Reading the exchange's JSON: what is missing or of another type is an error, never a zero. */
import { type Amount, amount, type EpochMs, epochMs, type Pair, ValueError } from '@holdfast/domain';

/** The exchange said something that is not its dialect. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
  readonly code = 'malformed-reply';
}

export type Json = Readonly<Record<string, unknown>>;

/** @throws MalformedReply */
export function parse(body: string): unknown {
  try {
    return JSON.parse(body);
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

/** An id that the exchange writes as a number (or a text, where it is larger than a safe integer). @throws MalformedReply */
export function idOf(from: Json, key: string): string {
  const value = from[key];
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return value;
  throw new MalformedReply(`${key} is not an id`);
}

/** @throws MalformedReply */
export function timeOf(from: Json, key: string): EpochMs {
  const value = from[key];
  if (!Number.isSafeInteger(value)) throw new MalformedReply(`${key} is not a time`);
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

/** @throws MalformedReply */
export function flagOf(from: Json, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new MalformedReply(`${key} is not true or false`);
  return value;
}

/** The exchange's spelling of a pair: `BTCUSDT`. */
export const symbolOf = (pair: Pair): string => pair.replace('/', '');
