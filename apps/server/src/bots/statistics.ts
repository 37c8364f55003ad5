/** Statistics of one bot or of all, from its deals and fills and the candles that the engine keeps. */
import type { Statistics } from '@holdfast/contracts';
import { type Amount, type Asset, amount, asset, type EpochMs, epochMs, formatAmount, pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';
import { type CountedDeal, type FillRecord, maxDrawdown, type PriceSample, statistics, valueOverTime } from '@holdfast/views';
import { fundsOf } from '../engine/bots.ts';
import { thin } from '../market/equity.ts';
import { fundsGiven, pairsOf } from './rows.ts';

type BotRow = Row<'bots'>;
type DealRow = Row<'deals'>;

const dealsShown = 200;
/** Closes of candles that a curve is drawn through, per pair. */
const pricesMost = 400;
const pointsMost = 300;
const minuteMs = 60_000;

const counted = (row: DealRow): CountedDeal => ({
  pair: pair(row.pair),
  openedAt: epochMs(row.opened_at),
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

/** Closes of evenly spaced candles of the pairs, oldest first. */
async function pricesOf(db: EngineQueries, pairs: readonly string[], from: number, until: number): Promise<PriceSample[]> {
  const apart = Math.max(1, Math.ceil((until - from) / minuteMs / pricesMost)) * minuteMs;
  const rows = await db
    .selectFrom('candles')
    .select(['pair', 'open_time', 'close'])
    .where('pair', 'in', pairs)
    .where('open_time', '>=', from - (from % minuteMs))
    .where('open_time', '<=', until)
    .where((eb) => eb(eb('open_time', '%', eb.val(apart)), '=', 0))
    .orderBy('open_time')
    .execute();
  return rows.map((row) => ({ at: epochMs(row.open_time + minuteMs), pair: pair(row.pair), price: amount(row.close) }));
}

interface Curve {
  readonly points: Statistics['curve'];
  readonly drawdown: Statistics['drawdown'];
}

async function curveOf(db: EngineQueries, bots: readonly BotRow[], quote: Asset, until: EpochMs): Promise<Curve> {
  const given = bots.flatMap((row) =>
    Object.entries(fundsGiven(row)).map(([name, text]) => ({ asset: asset(name), amount: amount(text) })),
  );
  const together = [...Map.groupBy(given, (each) => each.asset)].map(([of, some]) => ({
    asset: of,
    amount: some.reduce((sum, each) => (sum + each.amount) as Amount, 0n as Amount),
  }));
  const ids = bots.map(({ id }) => id);
  const pairs = [...new Set(bots.flatMap((row) => pairsOf(row)))].filter((of) => quoteOf(of) === quote);
  const from = Math.min(...bots.map(({ created_at }) => created_at));
  const fills = await db.selectFrom('fills').selectAll().where('bot', 'in', ids).orderBy('at').orderBy('vault_seq').execute();
  const own = fills.map(fillOf).filter((fill) => quoteOf(fill.pair) === quote);
  const samples = valueOverTime(together, quote, own, await pricesOf(db, pairs, from, until));
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

/** Of bots whose pairs are priced in one quote. `bots` is not empty. */
async function statisticsIn(db: EngineQueries, bots: readonly BotRow[], quote: Asset, until: EpochMs): Promise<Statistics> {
  const ids = bots.map(({ id }) => id);
  const rows = await db.selectFrom('deals').selectAll().where('bot', 'in', ids).orderBy('closed_at', 'desc').execute();
  const own = rows.filter((row) => quoteOf(pair(row.pair)) === quote);
  const from = epochMs(Math.min(...bots.map(({ created_at }) => created_at)));
  const { timeInMarketBps, ...sums } = statistics(own.map(counted), from, until);
  const { points, drawdown } = await curveOf(db, bots, quote, until);
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
