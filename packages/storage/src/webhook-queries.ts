/** What became of signals, read only: for whoever shows it while the listener writes. */
import { existsSync } from 'node:fs';
import { openForReading } from './database.ts';
import type { RefusalCount, SignalRow } from './webhook-store.ts';

export interface SignalsSeen {
  /** Newest first, each with the name of its token. */
  readonly signals: readonly (Omit<SignalRow, 'ask' | 'id'> & { readonly name: string | null })[];
  readonly refusals: readonly RefusalCount[];
}

/** Undefined where there is no listener's database. @throws StorageError when it cannot be read */
export function readSignals(file: string, limit: number, bot?: string): SignalsSeen | undefined {
  if (!existsSync(file)) return undefined;
  const db = openForReading(file);
  try {
    const columns =
      'seq, token, received_at, due_at, expires_at, address, format, instrument, price, state, bot, code, reason, settled_at, repeats';
    const shown = `select ${columns}, (select name from tokens where tokens.id = signals.token) as name from signals`;
    const found =
      bot === undefined
        ? db.prepare(`${shown} order by seq desc limit ?`).all(limit)
        : db.prepare(`${shown} where bot = ? order by seq desc limit ?`).all(bot, limit);
    const refusals = bot === undefined ? db.prepare('select * from refusals order by last_at desc limit 200').all() : [];
    return {
      signals: found as unknown as SignalsSeen['signals'],
      refusals: refusals as unknown as readonly RefusalCount[],
    };
  } finally {
    db.close();
  }
}
