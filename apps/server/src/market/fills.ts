/** Fills of a pair as marks and our orders on its book as lines. */
import type { Fill, RestingOrder } from '@holdfast/contracts';
import type { EngineQueries } from '@holdfast/storage';

export interface FillsQuery {
  readonly limit: number;
  /** From this time on. */
  readonly from?: number | undefined;
}

/** The newest `limit` fills, oldest first. */
export async function readFills(db: EngineQueries, pair: string, { limit, from }: FillsQuery): Promise<Fill[]> {
  let query = db.selectFrom('fills').selectAll().where('pair', '=', pair);
  if (from !== undefined) query = query.where('at', '>=', from);
  const rows = await query.orderBy('at', 'desc').orderBy('vault_seq', 'desc').limit(limit).execute();
  return rows.toReversed().map((row) => ({
    tradeId: row.trade_id,
    clientOrderId: row.client_order_id,
    bot: row.bot,
    deal: row.deal,
    pair: row.pair,
    side: row.side as Fill['side'],
    price: row.price,
    quantity: row.quantity,
    fee: row.fee,
    feeAsset: row.fee_asset,
    maker: row.maker === 1,
    at: row.at,
  }));
}

/** Our orders that rest at the exchange, highest price first. */
export async function readRestingOrders(db: EngineQueries, pair: string): Promise<RestingOrder[]> {
  const rows = await db
    .selectFrom('orders')
    .selectAll()
    .where('pair', '=', pair)
    .where('status', 'in', ['resting', 'partly-filled'])
    .execute();
  return rows
    .map((row) => ({
      clientOrderId: row.client_order_id,
      bot: row.bot,
      pair: row.pair,
      side: row.side as RestingOrder['side'],
      kind: row.kind,
      role: row.role,
      price: row.price,
      quantity: row.quantity,
      filled: row.filled,
      placedAt: row.placed_at ?? row.planned_at,
    }))
    .sort((a, b) => Number(b.price) - Number(a.price));
}
