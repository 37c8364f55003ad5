/** Bots as the engine keeps them, in the words of the API. */
import type { BotDetail, BotSummary } from '@holdfast/contracts';
import { baseOf, formatAmount, type Pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';
import { sum } from './amounts.ts';
import type { DealTotals, TotalsByBot } from './closed-deals.ts';
import { heldBase, lastPrices, openDealView } from './deals.ts';

type BotRow = Row<'bots'>;
function summary(row: BotRow, open: number, totals: DealTotals | undefined): BotSummary {
  const pairs = JSON.parse(row.pairs) as Pair[];
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    account: row.account,
    pairs,
    state: row.status as BotSummary['state'],
    waitingFor: row.waiting_for,
    createdAt: row.created_at,
    deals: { open, closed: totals?.closed ?? 0 },
    profit: formatAmount(totals?.profit ?? 0n),
    fees: formatAmount(totals?.fees ?? 0n),
    quote: quoteOf(pairs[0] as Pair),
  };
}

/** Oldest first, without deleted ones. */
export async function listBots(db: EngineQueries, totals: TotalsByBot): Promise<readonly BotSummary[]> {
  const rows = await db
    .selectFrom('bots')
    .selectAll()
    .where('status', '<>', 'deleted')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const open = await db.selectFrom('deals').select('bot').where('status', '=', 'open').execute();
  const openOf = Map.groupBy(open, ({ bot }) => bot);
  return rows.map((row) => summary(row, openOf.get(row.id)?.length ?? 0, totals.get(row.id)));
}

/** What is free lies in the book `bot:ID`, what is reserved in one book `order:ID` per order that is not settled. */
export async function fundsOf(db: EngineQueries, bot: string): Promise<BotDetail['funds']> {
  const orders = await db.selectFrom('orders').select('client_order_id').where('bot', '=', bot).execute();
  const reserving = new Set(orders.map(({ client_order_id }) => `order:${client_order_id}`));
  const books = await db.selectFrom('books').selectAll().orderBy('asset').execute();
  const free = books.filter(({ book }) => book === `bot:${bot}`);
  const reserved = books.filter(({ book }) => reserving.has(book));
  const assets = [...new Set([...free, ...reserved].map(({ asset }) => asset))].sort();
  const total = (rows: typeof books, of: string): string =>
    sum(rows.flatMap(({ asset, balance }) => (asset === of ? [balance] : [])));
  return assets.map((asset) => ({ asset, available: total(free, asset), reserved: total(reserved, asset) }));
}

/** @throws ApiFailure bot-unknown */
export async function showBot(db: EngineQueries, id: string, totals: TotalsByBot): Promise<BotDetail> {
  const row = await db.selectFrom('bots').selectAll().where('id', '=', id).where('status', '<>', 'deleted').executeTakeFirst();
  if (row === undefined) throw new ApiFailure(404, 'bot-unknown', `there is no bot "${id}"; GET /api/bots lists them`, 'id');
  const open = await db
    .selectFrom('deals')
    .selectAll()
    .where('bot', '=', id)
    .where('status', '=', 'open')
    .orderBy('number')
    .execute();
  const dust = JSON.parse(row.dust) as { readonly pair: Pair; readonly quantity: string }[];
  const [prices, held] = [await lastPrices(db), await heldBase(db, open)];
  return {
    ...summary(row, open.length, totals.get(id)),
    settings: JSON.parse(row.settings) as Record<string, unknown>,
    funds: await fundsOf(db, id),
    dust: dust.map(({ pair, quantity }) => ({ asset: baseOf(pair), quantity })),
    openDeals: open.map((each) => openDealView(each, held.get(each.id), prices.get(each.pair))),
    problem: row.problem === null ? null : (JSON.parse(row.problem) as BotDetail['problem']),
  };
}
