/** Signals with their outcome, from the listener's own database. */
import type { SignalsAnswer } from '@holdfast/contracts';
import { readSignals, type SignalsSeen, StorageError } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';

/** Nothing where no listener ever ran. @throws ApiFailure signals-unreadable */
export function signalsView(file: string, limit: number, bot: string | undefined): SignalsAnswer {
  let seen: SignalsSeen | undefined;
  try {
    seen = readSignals(file, limit, bot);
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    const reason = 'what became of signals cannot be read here; "holdfast signal log" shows it';
    throw new ApiFailure(503, 'signals-unreadable', reason, undefined, { cause });
  }
  return {
    signals: (seen?.signals ?? []).map((it) => ({
      seq: it.seq,
      receivedAt: it.received_at,
      token: it.name ?? it.token,
      address: it.address,
      bot: it.bot,
      instrument: it.instrument,
      price: it.price,
      outcome: it.state,
      code: it.code,
      reason: it.reason,
      repeats: it.repeats,
    })),
    turnedAway: (seen?.refusals ?? []).map(({ day, code, address, count }) => ({ day, code, address, count })),
  };
}
