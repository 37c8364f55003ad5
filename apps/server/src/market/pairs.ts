/** Pairs that the engine knows, with their steps and newest prices. */
import type { PairView } from '@holdfast/contracts';
import type { EngineQueries } from '@holdfast/storage';
import { spreadPrice } from '../engine/deals.ts';

export async function readPairs(db: EngineQueries): Promise<PairView[]> {
  const rows = await db
    .selectFrom('pairs')
    .leftJoin('prices', 'prices.pair', 'pairs.pair')
    .select(['pairs.pair', 'tick', 'lot', 'min_notional', 'halted', 'last', 'bid', 'ask', 'at'])
    .orderBy('pairs.pair')
    .execute();
  return rows.map((row) => ({
    pair: row.pair,
    tick: row.tick,
    lot: row.lot,
    minNotional: row.min_notional,
    halted: row.halted === 1,
    price:
      row.last === null || row.bid === null || row.ask === null || row.at === null
        ? null
        : { last: spreadPrice({ last: row.last, bid: row.bid, ask: row.ask }), bid: row.bid, ask: row.ask, at: row.at },
  }));
}
