/**
 * Sums over closed deals, per bot and quote. A closed deal never changes, so each is read once; a year of them costs what
 * has closed since the last question.
 */
import { type Amount, add, amount, type Pair, quoteOf, zero } from '@holdfast/domain';
import type { EngineQueries, Row } from '@holdfast/storage';

export interface DealTotals {
  readonly quote: string;
  readonly closed: number;
  readonly profit: Amount;
  readonly fees: Amount;
}

/** Totals by bot; a bot trades one pair, so it has one quote. */
export type TotalsByBot = ReadonlyMap<string, DealTotals>;

const endings = ['closed', 'cancelled', 'failed'];

type ClosedRow = Pick<Row<'deals'>, 'id' | 'bot' | 'pair' | 'profit' | 'fees' | 'closed_at'>;

const withDeal = (before: DealTotals | undefined, row: ClosedRow): DealTotals => ({
  quote: quoteOf(row.pair as Pair),
  closed: (before?.closed ?? 0) + 1,
  profit: add(before?.profit ?? zero, amount(row.profit ?? '0')),
  fees: add(before?.fees ?? zero, amount(row.fees)),
});

/** Remembers what it has summed. Questions wait for each other, so that no deal is counted twice. */
export function closedDeals(database: () => EngineQueries): () => Promise<TotalsByBot> {
  const totals = new Map<string, DealTotals>();
  let newest = 0;
  /** Deals of the moment `newest` that are counted; more of that moment may come. */
  let counted = new Set<string>();
  async function take(): Promise<TotalsByBot> {
    const rows = await database()
      .selectFrom('deals')
      .select(['id', 'bot', 'pair', 'profit', 'fees', 'closed_at'])
      .where('status', 'in', endings)
      .where('closed_at', '>=', newest)
      .orderBy('closed_at')
      .execute();
    for (const row of rows) {
      const at = row.closed_at ?? newest;
      if (at === newest && counted.has(row.id)) continue;
      if (at > newest) counted = new Set();
      newest = at;
      counted.add(row.id);
      totals.set(row.bot, withDeal(totals.get(row.bot), row));
    }
    return totals;
  }
  let turn: Promise<unknown> = Promise.resolve();
  return () => {
    const next = turn.then(take, take);
    turn = next;
    return next;
  };
}
