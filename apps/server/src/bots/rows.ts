/** One bot's row, parsed. */
import type { Pair } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';

/** @throws ApiFailure bot-unknown */
export async function botRow(db: EngineQueries, id: string, which?: 'also deleted'): Promise<Row<'bots'>> {
  const row = await db.selectFrom('bots').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined && (row.status !== 'deleted' || which === 'also deleted')) return row;
  throw new ApiFailure(404, 'bot-unknown', `there is no bot "${id}"; GET /api/bots lists them`, 'id');
}

export const pairsOf = (row: Row<'bots'>): readonly Pair[] => JSON.parse(row.pairs) as Pair[];
export const settingsOf = (row: Row<'bots'>): Record<string, unknown> => JSON.parse(row.settings) as Record<string, unknown>;
export const fundsGiven = (row: Row<'bots'>): Record<string, string> => JSON.parse(row.funds) as Record<string, string>;
