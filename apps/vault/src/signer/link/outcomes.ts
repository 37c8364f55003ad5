/** What an outcome of the exchange means for who waits for it. */
import type { Credentials, Outcome, SignedRequest } from '@holdfast/exchanges/trading';
import type { RequestPurpose } from '../../frames/frames.ts';

/** Signs with the account's key and hands to egress; the outcome comes once. */
export type Call = (purpose: RequestPurpose, build: (credentials: Credentials) => SignedRequest) => Promise<Outcome>;

/** Something newer has begun. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
/** The exchange refuses the key. */
export class Denied extends Error {
  override readonly name = 'Denied';
}

/** The value of an outcome that must be there. @throws Denied, Error */
export function demand(outcome: Outcome): unknown {
  if (outcome.kind === 'done') return outcome.value;
  throw failureOf(outcome);
}

const deniedCodes: ReadonlySet<string> = new Set(['-2014', '-2015', '-1022']);

export function failureOf(outcome: Exclude<Outcome, { kind: 'done' }>): Error {
  if (outcome.kind === 'unknown') return new Error(outcome.reason);
  const text = `the exchange answered ${outcome.code}: ${outcome.reason}`;
  return deniedCodes.has(outcome.code) ? new Denied(text) : new Error(text);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
