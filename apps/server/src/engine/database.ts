/** The engine's database, read-only, opened when it is first needed: the server may run before the engine has made it. */
import { existsSync } from 'node:fs';
import { type EngineQueries, openEngineQueries } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';

export interface EngineDatabaseFile {
  /** @throws ApiFailure engine-data-missing */
  open(): EngineQueries;
  close(): Promise<void>;
}

export function engineDatabase(file: string): EngineDatabaseFile {
  let db: EngineQueries | undefined;
  return {
    open() {
      if (db !== undefined) return db;
      if (!existsSync(file)) throw missing();
      try {
        db = openEngineQueries(file);
      } catch (cause) {
        throw missing(cause);
      }
      return db;
    },
    close: async () => {
      await db?.destroy();
      db = undefined;
    },
  };
}

const missing = (cause?: unknown): ApiFailure =>
  new ApiFailure(503, 'engine-data-missing', 'the engine has no data yet; wait until it has started', undefined, { cause });
