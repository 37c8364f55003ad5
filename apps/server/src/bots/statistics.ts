/** Statistics of one bot or of all, from its deals and fills and the candles that the engine keeps. */
import { holdsBetweenDeals, type Statistics } from '@holdfast/contracts';
import { type Amount, type Asset, amount, asset, type EpochMs, epochMs, formatAmount, pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import {
  type CountedDeal,
  type FillRecord,
  maxDrawdown,
  type PriceSample,
  type Span,
  spansHeld,
  statistics,
  valueOverTime,
} from '@holdfast/views';
import { fundsOf } from '../engine/bots.ts';
import { thin } from '../market/equity.ts';
import { fundsGiven, pairsOf } from './rows.ts';

type BotRow = Row<'bots'>;
type DealRow = Row<'deals'>;

const dealsShown = 200;
/** Stretches of time of which the highest and the lowest close of each pair count, so that no peak and no fall is missed; of all pairs. */
const stretchesMost = 200;
/** Fills that part them. */
const fillsMost = 1000;
const pointsMost = 300;
const minuteMs = 60_000;

const counted = (row: DealRow, filledAt: number | undefined): CountedDeal => ({
  pair: pair(row.pair),
  openedAt: epochMs(row.opened_at),
  filledAt: filledAt === undefined ? null : epochMs(filledAt),
  closedAt: row.closed_at === null ? null : epochMs(row.closed_at),
  profit: row.closed_at === null ? null : amount(row.profit ?? '0'),
  fees: amount(row.fees),
  traded: amount(row.bought) > 0n || amount(row.sold) > 0n,
});

const fillOf = (row: Row<'fills'>): FillRecord => ({
  pair: pair(row.pair),
  deal: 0,
  side: row.side as FillRecord['side'],
  tradeId: row.trade_id,
  price: amount(row.price),
  quantity: amount(row.quantity),
  fee: amount(row.fee),
  feeAsset: asset(row.fee_asset),
  at: epochMs(row.at),
});

/** Starts of stretches of time in which nothing is bought or sold, and the end of the last, ms; long ones are cut, of many fills some are passed. */
function stretchesOf(fills: readonly FillRecord[], from: number, until: number, pairs: number): readonly number[] {
  const minuteOf = (at: number): number => at - (at % minuteMs);
  const length = Math.max(1, Math.ceil(((until - from) / minuteMs / stretchesMost) * pairs)) * minuteMs;
  const even = Array.from({ length: Math.floor((until - from) / length) + 1 }, (_, n) => minuteOf(from) + n * length);
  const traded = [...new Set(fills.map(({ at }) => minuteOf(at)))];
  const apart = Math.ceil((traded.length / fillsMost) * pairs);
  const starts = new Set([...even, ...traded.filter((_, n) => n % apart === 0)]);
  return [...[...starts].sort((a, b) => a - b), until + 1];
}

/** Minutes at which a pair closed highest and lowest of each stretch. One short question at a time: a year has half a million. */
async function extremesOf(db: EngineQueries, of: string, stretches: readonly number[]): Promise<readonly number[]> {
  const minutes: number[] = [];
  for (const [index, start] of stretches.slice(0, -1).entries())
    for (const most of ['min', 'max'] as const) {
      // SQLite takes the other column from the row that has the least or the most.
      const found = await db
        .selectFrom('candles')
        .select((eb) => ['open_time', eb.fn<number | null>(most, [eb.cast('close', 'real')]).as('close')])
        .where('pair', '=', of)
        .where('open_time', '>=', start)
        .where('open_time', '<', stretches[index + 1] as number)
        .executeTakeFirst();
      if (found !== undefined && found.close !== null) minutes.push(found.open_time);
    }
  return minutes;
}

/** Closes of all pairs at the minutes in which one of them stood highest or lowest for a while, and at the newest; oldest first. */
async function pricesOf(
  db: EngineQueries,
  pairs: readonly string[],
  fills: readonly FillRecord[],
  from: number,
  until: number,
): Promise<PriceSample[]> {
  const candles = db.selectFrom('candles').where('pair', 'in', pairs).where('open_time', '<=', until);
  const newest = await candles.select((eb) => eb.fn.max('open_time').as('open_time')).executeTakeFirst();
  const times = new Set<number>([newest?.open_time ?? from]);
  const stretches = stretchesOf(fills, from, until, pairs.length);
  for (const of of pairs) for (const minute of await extremesOf(db, of, stretches)) times.add(minute);
  const rows = await candles
    .select(['pair', 'open_time', 'close'])
    .where('open_time', 'in', [...times])
    .orderBy('open_time')
    .execute();
  return rows.map((row) => ({ at: epochMs(row.open_time + minuteMs), pair: pair(row.pair), price: amount(row.close) }));
}

interface Curve {
  readonly points: Statistics['curve'];
  readonly drawdown: Statistics['drawdown'];
}

type Given = readonly { readonly asset: Asset; readonly amount: Amount }[];

const givenTo = (row: BotRow): Given =>
  Object.entries(fundsGiven(row)).map(([name, text]) => ({ asset: asset(name), amount: amount(text) }));

type OwnFill = FillRecord & { readonly bot: string; readonly of: string | null };

/** Of the bots in pairs of that quote, oldest first. */
async function fillsOf(db: EngineQueries, bots: readonly BotRow[], quote: Asset): Promise<readonly OwnFill[]> {
  const ids = bots.map(({ id }) => id);
  const rows = await db.selectFrom('fills').selectAll().where('bot', 'in', ids).orderBy('at').orderBy('vault_seq').execute();
  const fills = rows.map((row): OwnFill => ({ ...fillOf(row), bot: row.bot, of: row.deal }));
  return fills.filter((fill) => quoteOf(fill.pair) === quote);
}

async function curveOf(
  db: EngineQueries,
  bots: readonly BotRow[],
  quote: Asset,
  fills: readonly OwnFill[],
  until: EpochMs,
): Promise<Curve> {
  const together = [...Map.groupBy(bots.flatMap(givenTo), (each) => each.asset)].map(([of, some]) => ({
    asset: of,
    amount: some.reduce((sum, each) => (sum + each.amount) as Amount, 0n as Amount),
  }));
  const pairs = [...new Set(bots.flatMap((row) => pairsOf(row)))].filter((of) => quoteOf(of) === quote);
  const from = epochMs(Math.min(...bots.map(({ created_at }) => created_at)));
  const samples = valueOverTime(together, quote, fills, await pricesOf(db, pairs, fills, from, until), from);
  const { fraction, fall, peak, trough } = maxDrawdown(samples);
  const points = samples.map(({ at, value }) => ({ at, value: formatAmount(value), realised: '0' }));
  return {
    points: thin(points, pointsMost).map(({ at, value }) => ({ at, value })),
    drawdown: {
      fraction: formatAmount(fraction - (fraction % 10n ** 12n)),
      fall: formatAmount(fall),
      peakAt: peak?.at ?? null,
      troughAt: trough?.at ?? null,
    },
  };
}

/** Coins that bots hold whose deals do not say so. */
async function heldBy(db: EngineQueries, bots: readonly BotRow[], fills: readonly OwnFill[]): Promise<readonly Span[]> {
  const holding = bots.filter(({ kind }) => holdsBetweenDeals.has(kind));
  if (holding.length === 0) return [];
  const pairs = await db.selectFrom('pairs').select(['pair', 'lot']).execute();
  const lots = new Map(pairs.map((row) => [pair(row.pair), amount(row.lot)]));
  return holding.flatMap((row) => {
    const own = new Map(pairsOf(row).flatMap((of) => (lots.has(of) ? [[of, lots.get(of) as Amount] as const] : [])));
    const mine = fills.filter(({ bot }) => bot === row.id);
    return spansHeld(givenTo(row), own, mine, epochMs(row.created_at));
  });
}

/** Those whose funds are theirs still: what a deleted bot had may be another's now, and would count twice. Of deleted ones alone, all. */
function funded(bots: readonly BotRow[]): readonly BotRow[] {
  const there = bots.filter(({ status }) => status !== 'deleted');
  return there.length === 0 ? bots : there;
}

/** Of bots whose pairs are priced in one quote. `bots` is not empty. */
async function statisticsIn(db: EngineQueries, bots: readonly BotRow[], quote: Asset, until: EpochMs): Promise<Statistics> {
  const ids = bots.map(({ id }) => id);
  const rows = await db.selectFrom('deals').selectAll().where('bot', 'in', ids).orderBy('closed_at', 'desc').execute();
  const own = rows.filter((row) => quoteOf(pair(row.pair)) === quote);
  const from = epochMs(Math.min(...bots.map(({ created_at }) => created_at)));
  const fills = await fillsOf(db, bots, quote);
  const first = new Map(fills.toReversed().map(({ of, at }) => [of, at]));
  const deals = own.map((row) => counted(row, first.get(row.id)));
  const there = funded(bots);
  const theirs = fills.filter(({ bot }) => there.some(({ id }) => id === bot));
  const { timeInMarketBps, ...sums } = statistics(deals, from, until, await heldBy(db, there, theirs));
  const { points, drawdown } = await curveOf(db, there, quote, theirs, until);
  const text = <Sums extends { readonly profit: Amount; readonly fees: Amount }>(of: Sums) => ({
    ...of,
    profit: formatAmount(of.profit),
    fees: formatAmount(of.fees),
  });
  const funds = (await Promise.all(ids.map((id) => fundsOf(db, id)))).flat();
  return {
    quote,
    ...text(sums),
    best: sums.best === null ? null : formatAmount(sums.best),
    worst: sums.worst === null ? null : formatAmount(sums.worst),
    byDay: sums.byDay.map(text),
    byPair: sums.byPair.map(text),
    byDeal: own
      .filter(({ closed_at }) => closed_at !== null)
      .slice(0, dealsShown)
      .map(({ id, bot, number, pair: of, closed_at, profit, fees }) => ({
        id,
        bot,
        number,
        pair: of,
        closedAt: closed_at,
        profit,
        fees,
      })),
    timeInMarketPercent: timeInMarketBps === null ? null : String(timeInMarketBps / 100),
    funds: [...Map.groupBy(funds, (each) => each.asset)].map(([of, some]) => ({
      asset: of,
      available: total(some.map(({ available }) => available)),
      reserved: total(some.map(({ reserved }) => reserved)),
    })),
    curve: points,
    drawdown,
  };
}

const total = (texts: readonly string[]): string => formatAmount(texts.reduce((sum, text) => sum + amount(text), 0n));

/** One part for each asset that the bots' pairs are priced in; none without a bot. */
export async function readStatistics(db: EngineQueries, bots: readonly BotRow[]): Promise<readonly Statistics[]> {
  const engine = await db.selectFrom('engine').select('time').executeTakeFirst();
  const until = epochMs(engine?.time ?? 0);
  const quotes = [...new Set(bots.flatMap((row) => pairsOf(row).map(quoteOf)))].sort();
  const parts: Statistics[] = [];
  for (const quote of quotes) {
    const own = bots.filter((row) => pairsOf(row).some((of) => quoteOf(of) === quote));
    parts.push(await statisticsIn(db, own, quote, until));
  }
  return parts;
}
