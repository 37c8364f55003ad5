/** What the engine did, in words, newest first. */
import type { LogEntry } from '@holdfast/contracts';
import type { EngineQueries } from '@holdfast/storage';

export interface LogQuery {
  readonly limit: number;
  readonly before?: number | undefined;
  readonly bot?: string | undefined;
}

export async function readLog(db: EngineQueries, { limit, before, bot }: LogQuery) {
  let query = db.selectFrom('log').selectAll().orderBy('seq', 'desc');
  if (before !== undefined) query = query.where('seq', '<', before);
  if (bot !== undefined) query = query.where('bot', '=', bot);
  const rows = await query.limit(limit + 1).execute();
  const entries = rows.slice(0, limit).map((row) => ({ ...row, level: row.level as LogEntry['level'] }));
  return { entries, next: rows.length > limit ? (entries.at(-1)?.seq ?? null) : null };
}
