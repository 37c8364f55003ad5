/**
 * A signed request counts once and soon. Its time lies within 3 s of the vault's clock and not before the signer's start;
 * a smaller `recvWindow` binds, a larger one does not. A signature of the exchange covers neither method nor path, so one
 * that was seen once changes nothing any more. Reads may repeat: a client that asks twice within a millisecond signs alike.
 */
import { createOnce } from '../once.ts';
import { refusalError } from './dialect-error.ts';

/** How far a request's time may lie from ours, in ms. */
export const freshMs = 3000;

export interface FreshnessPorts {
  /** The operating system's clock, unix ms. */
  readonly now: () => number;
  /** The simulated exchange's clock, which an unmodified client may have asked for; null on a real vault. */
  readonly exchangeNow: (() => number) | null;
}

export interface SignedOnce {
  readonly timestamp: number;
  readonly recvWindow: number;
  readonly signature: string;
  readonly changes: boolean;
}

/** Throws unless the request is fresh and not a repetition. @throws DialectError `E_TIME`, `E_REPLAY` */
export type CheckFresh = (request: SignedOnce) => void;

export function createFreshness({ now, exchangeNow }: FreshnessPorts): CheckFresh {
  const clocks = [now, ...(exchangeNow === null ? [] : [exchangeNow])].map((clock) => {
    const startedAt = clock();
    return { clock, startedAt, seen: createOnce<boolean>(freshMs, startedAt) };
  });

  return ({ timestamp, recvWindow, signature, changes }) => {
    const window = Math.min(recvWindow, freshMs);
    for (const { clock, seen } of clocks) seen.turn(clock());
    const found = clocks.find(({ clock, startedAt, seen }) => {
      const age = clock() - timestamp;
      return age <= window && age >= -freshMs && timestamp >= startedAt && !seen.isForgotten(timestamp);
    });
    if (found === undefined)
      throw refusalError(
        'E_TIME',
        `the timestamp ${timestamp} is outside of ${window} ms from ${now()}, or from before the vault started`,
      );
    const changedBefore = found.seen.find(signature);
    if (changedBefore === true || (changes && changedBefore !== undefined))
      throw refusalError('E_REPLAY', 'the request was sent before');
    found.seen.remember(signature, timestamp, changes);
  };
}
