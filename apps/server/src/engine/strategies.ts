/** Strategies of one's own as the engine keeps them. */
import type { OwnDescription } from '@holdfast/bots';
import type { StrategyView } from '@holdfast/contracts';
import type { EngineQueries } from '@holdfast/storage';

/** Oldest first. */
export async function listStrategies(db: EngineQueries): Promise<readonly StrategyView[]> {
  const rows = await db.selectFrom('strategies').select(['kind', 'description', 'added_at']).orderBy('added_at').execute();
  return rows.map(({ kind, description, added_at: addedAt }) => {
    const { title, about } = JSON.parse(description) as OwnDescription;
    return { kind, title, about, addedAt };
  });
}

/** As kinds of bots, each with the JSON Schema of its settings. */
export async function ownKinds(db: EngineQueries) {
  const rows = await db.selectFrom('strategies').select(['kind', 'description', 'schema']).orderBy('added_at').execute();
  return rows.map(({ kind, description, schema }) => {
    const { title, about } = JSON.parse(description) as OwnDescription;
    return { kind, title, description: about, pairs: 'one' as const, schema: JSON.parse(schema) as Record<string, unknown> };
  });
}
