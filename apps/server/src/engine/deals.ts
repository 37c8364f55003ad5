/** Deals as the engine keeps them, in the words of the API. An open deal's profit is what its coins are worth now. */
import type { Deal, OpenDeal } from '@holdfast/contracts';
import { amount, asset, epochMs, formatAmount, type Pair, pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import { dealFigures, type FillRecord } from '@holdfast/views';
import { percent, valueAt } from './amounts.ts';

type DealRow = Row<'deals'>;

/** What one base is worth now, by pair. */
export type LastPrices = ReadonlyMap<string, string>;

/** The last trade, held inside the present spread: a trade outside of it is older than the spread. */
export const spreadPrice = ({ last, bid, ask }: Pick<Row<'prices'>, 'last' | 'bid' | 'ask'>): string =>
  amount(last) < amount(bid) ? bid : amount(last) > amount(ask) ? ask : last;

export async function lastPrices(db: EngineQueries): Promise<LastPrices> {
  const rows = await db.selectFrom('prices').selectAll().execute();
  return new Map(rows.map((row) => [row.pair, spreadPrice(row)]));
}

function openProfit(row: DealRow, held: string, last: string | undefined): string | null {
  if (last === undefined || (amount(row.bought) === 0n && amount(row.sold) === 0n)) return null;
  const worth = valueAt(amount(held), amount(last));
  return formatAmount(amount(row.received) + worth - amount(row.spent));
}

const isOpen = (row: DealRow): boolean => row.status === 'open';

const fillRecord = (row: Row<'fills'>, { number }: DealRow): FillRecord => ({
  pair: pair(row.pair),
  deal: number,
  side: row.side as FillRecord['side'],
  tradeId: row.trade_id,
  price: amount(row.price),
  quantity: amount(row.quantity),
  fee: amount(row.fee),
  feeAsset: asset(row.fee_asset),
  at: epochMs(row.at),
});

/** Base that each open deal holds, after fees in base, by deal. */
export async function heldBase(db: EngineQueries, deals: readonly DealRow[]): Promise<ReadonlyMap<string, string>> {
  const open = deals.filter(isOpen);
  if (open.length === 0) return new Map();
  const ids = open.map(({ id }) => id);
  const fills = await db.selectFrom('fills').selectAll().where('deal', 'in', ids).execute();
  return new Map(
    open.map((row) => {
      const own = fills.filter(({ deal }) => deal === row.id).map((fill) => fillRecord(fill, row));
      const { received, given } = dealFigures(own);
      return [row.id, formatAmount(received - given)];
    }),
  );
}

export function dealView(row: DealRow, held: string | undefined, last: string | undefined): Deal {
  const profit = isOpen(row) ? openProfit(row, held ?? '0', last) : row.profit;
  return {
    id: row.id,
    bot: row.bot,
    number: row.number,
    pair: row.pair,
    state: row.status as Deal['state'],
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    bought: row.bought,
    sold: row.sold,
    spent: row.spent,
    received: row.received,
    averagePrice: row.average_price,
    averagingOrders: { filled: row.averaging_filled, most: row.averaging_most },
    profit,
    profitPercent: profit === null ? null : percent(amount(profit), amount(row.spent)),
    fees: row.fees,
    quote: quoteOf(row.pair as Pair),
  };
}

export const openDealView = (row: DealRow, held: string | undefined, last: string | undefined): OpenDeal => ({
  ...dealView(row, held, last),
  ladder: JSON.parse(row.ladder) as OpenDeal['ladder'],
  takeProfit: row.take_profit === null ? null : (JSON.parse(row.take_profit) as OpenDeal['takeProfit']),
  lastPrice: last ?? null,
});

export interface DealsQuery {
  readonly bot?: string | undefined;
  readonly state?: Deal['state'] | undefined;
  readonly limit: number;
  /** Rows from before this one of the order in which deals were opened. */
  readonly before?: number | undefined;
}

/** Newest first. `next` is the `before` of the following page; deals opened at the same moment are never parted by a page. */
export async function listDeals(db: EngineQueries, { bot, state, limit, before }: DealsQuery) {
  let query = db.selectFrom('deals').selectAll().orderBy('opened_at', 'desc').orderBy('id', 'desc');
  if (bot !== undefined) query = query.where('bot', '=', bot);
  if (state !== undefined) query = query.where('status', '=', state);
  if (before !== undefined) query = query.where('opened_at', '<', before);
  const rows = await query.limit(limit + 1).execute();
  const more = rows.length > limit;
  const page = rows.slice(0, limit);
  const oldest = page.at(-1);
  if (more && oldest !== undefined)
    page.push(...(await query.where('opened_at', '=', oldest.opened_at).where('id', '<', oldest.id).execute()));
  const [prices, held] = [await lastPrices(db), await heldBase(db, page)];
  return {
    deals: page.map((row) => dealView(row, held.get(row.id), prices.get(row.pair))),
    next: more && oldest !== undefined ? oldest.opened_at : null,
  };
}
