/** Bots as the engine keeps them, in the words of the API. */
import type { BotDetail, BotSummary } from '@holdfast/contracts';
import { baseOf, type Pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import { ApiFailure } from '../failure.ts';
import { sum } from './amounts.ts';
import { heldBase, lastPrices, openDealView } from './deals.ts';

type BotRow = Row<'bots'>;
type DealMoney = Pick<Row<'deals'>, 'bot' | 'status' | 'profit' | 'fees'>;

function summary(row: BotRow, deals: readonly DealMoney[]): BotSummary {
  const closed = deals.filter(({ status }) => status !== 'open');
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    account: row.account,
    pair: row.pair,
    state: row.status as BotSummary['state'],
    waitingFor: row.waiting_for,
    createdAt: row.created_at,
    deals: { open: deals.length - closed.length, closed: closed.length },
    profit: sum(closed.flatMap(({ profit }) => (profit === null ? [] : [profit]))),
    fees: sum(closed.map(({ fees }) => fees)),
    quote: quoteOf(row.pair as Pair),
  };
}

/** Oldest first, without deleted ones. */
export async function listBots(db: EngineQueries): Promise<readonly BotSummary[]> {
  const rows = await db
    .selectFrom('bots')
    .selectAll()
    .where('status', '<>', 'deleted')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const deals = Map.groupBy(await db.selectFrom('deals').select(['bot', 'status', 'profit', 'fees']).execute(), ({ bot }) => bot);
  return rows.map((row) => summary(row, deals.get(row.id) ?? []));
}

/** What is free lies in the book `bot:ID`, what is reserved in one book `order:ID` per order that is not settled. */
async function fundsOf(db: EngineQueries, bot: string): Promise<BotDetail['funds']> {
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
export async function showBot(db: EngineQueries, id: string): Promise<BotDetail> {
  const row = await db.selectFrom('bots').selectAll().where('id', '=', id).where('status', '<>', 'deleted').executeTakeFirst();
  if (row === undefined) throw new ApiFailure(404, 'bot-unknown', `there is no bot "${id}"; GET /api/bots lists them`, 'id');
  const deals = await db.selectFrom('deals').selectAll().where('bot', '=', id).execute();
  const open = deals.find(({ status }) => status === 'open');
  const [prices, held] = [await lastPrices(db), await heldBase(db, deals)];
  return {
    ...summary(row, deals),
    settings: JSON.parse(row.settings) as Record<string, unknown>,
    funds: await fundsOf(db, id),
    dust: { asset: baseOf(row.pair as Pair), quantity: row.dust },
    deal: open === undefined ? null : openDealView(open, held.get(open.id), prices.get(open.pair)),
    problem: row.problem === null ? null : (JSON.parse(row.problem) as BotDetail['problem']),
  };
}
