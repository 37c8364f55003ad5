/** Rows of deals: sums of their fills, and the ladder as the bot shows it, for people to read. */
import type { LadderLevel as ApiLevel } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotId,
  baseOf,
  type ClosedDeal,
  formatAmount,
  multiply,
  type OpenDeal,
  type OrderFill,
  type Pair,
  quoteOf,
  ratio,
  type Side,
} from '@holdfast/domain';
import type { Batch } from './batch.ts';
import type { Bot, DealRow, Memory, Order } from './memory.ts';

type LevelState = ApiLevel['state'];

const endings: Readonly<Record<ClosedDeal['ending'], string>> = {
  'take-profit': 'closed',
  closed: 'closed',
  'too-small': 'closed',
  'round-trip': 'closed',
  'stop-loss': 'closed',
  bought: 'closed',
  'timed-out': 'closed',
  condition: 'closed',
  rebalanced: 'closed',
  cancelled: 'cancelled',
  'no-entry': 'failed',
};

/** As the row of a deal is named. */
export const dealId = (bot: BotId, number: number): string => `${bot}-${number}`;

export function openDeal(memory: Memory, batch: Batch, bot: Bot, order: Order): void {
  const id = order.deal ?? '';
  const row: DealRow = {
    id,
    bot: bot.row.id,
    number: Number(id.slice(id.lastIndexOf('-') + 1)),
    pair: order.pair,
    status: 'open',
    opened_at: batch.at,
    closed_at: null,
    bought: '0',
    sold: '0',
    spent: '0',
    received: '0',
    average_price: null,
    fees: '0',
    profit: null,
    averaging_filled: 0,
    averaging_most: 0,
    ladder: '[]',
    take_profit: null,
  };
  memory.addDeal(row);
  batch.put('deals', row);
  batch.say('info', bot.row.id, `Deal ${row.number} opens on ${row.pair}`);
}

const plus = (text: string, change: bigint): string => formatAmount(amount(text) + change);

/** Adds a fill to the sums of its deal. A fill that comes after its deal closed changes no row of a deal. */
export function withFill(memory: Memory, batch: Batch, order: Order, fill: OrderFill & { readonly side: Side }): void {
  const row = memory.deals.get(order.deal ?? '');
  if (row === undefined) return;
  const of = row.pair as Pair;
  const value = multiply(fill.price, fill.quantity, fill.side === 'buy' ? 'up' : 'down');
  const inQuote = fill.feeAsset === quoteOf(of);
  const inBase = fill.feeAsset === baseOf(of);
  const fee = inQuote ? fill.fee : inBase ? multiply(fill.fee, fill.price, 'up') : (0n as Amount);
  if (fill.side === 'buy') {
    row.bought = plus(row.bought, fill.quantity);
    row.spent = plus(row.spent, inQuote ? value + fill.fee : value);
    row.average_price = formatAmount(ratio(amount(row.spent), amount(row.bought), 'down'));
  } else {
    row.sold = plus(row.sold, fill.quantity);
    row.received = plus(row.received, inQuote ? value - fill.fee : value);
  }
  row.fees = plus(row.fees, fee);
  batch.put('deals', row);
}

function levelState(order: Order | undefined, fallback: LevelState): LevelState {
  switch (order?.status) {
    case 'planned':
    case 'approved':
      return 'sent';
    case 'resting':
    case 'partly-filled':
    case 'unknown':
      return order.status;
    default:
      return fallback;
  }
}

/** Rewrites what is shown of an open deal from the bot's own report. */
export function refreshDeal(memory: Memory, batch: Batch, bot: Bot, deal: OpenDeal): void {
  const row = memory.deals.get(dealId(bot.runtime.id, deal.number));
  if (row === undefined) return;
  const levels = deal.ladder.map(
    (level): ApiLevel => ({
      index: level.index,
      kind: level.kind ?? 'averaging',
      price: formatAmount(level.price),
      quantity: formatAmount(level.quantity),
      filled: formatAmount(level.filled),
      state: levelState(memory.orders.get(level.clientOrderId ?? ''), level.state),
    }),
  );
  const ladder = JSON.stringify([baseLevel(memory, row, deal), ...levels]);
  const takesProfit = deal.takeProfit === null ? null : JSON.stringify(takeProfit(memory, deal.takeProfit));
  if (row.ladder === ladder && row.take_profit === takesProfit) return;
  row.ladder = ladder;
  const averaging = deal.ladder.filter(({ kind }) => kind === undefined);
  row.averaging_most = averaging.length;
  row.averaging_filled = averaging.filter((level) => level.state === 'filled').length;
  row.take_profit = takesProfit;
  batch.put('deals', row);
}

/** The first level of deals that have entered: it changes no more, and to read it out of the row is dear. */
const entered = new WeakMap<DealRow, ApiLevel>();

function baseLevel(memory: Memory, row: DealRow, deal: OpenDeal): ApiLevel {
  const { price: average, quantity: filled } = enteredWith(row, deal);
  const known = entered.get(row);
  if (deal.phase !== 'entering' && known !== undefined) return known;
  const [first] = JSON.parse(row.ladder) as ApiLevel[];
  if (deal.phase !== 'entering') {
    const level: ApiLevel =
      first?.state === 'filled' ? first : { index: 0, kind: 'base', price: average, quantity: filled, filled, state: 'filled' };
    entered.set(row, level);
    return level;
  }
  const order = [...memory.ordersOf(row.bot)].find((each) => each.deal === row.id && each.role === 'base');
  const quantity = order?.quantity ?? first?.quantity ?? '0';
  return {
    index: 0,
    kind: 'base',
    price: order?.price ?? first?.price ?? null,
    quantity,
    filled,
    state: levelState(order, 'waiting'),
  };
}

/** Base that the deal has entered with so far, and its average price: bought, or sold where it is short. */
function enteredWith(row: DealRow, { direction }: OpenDeal): { readonly price: string | null; readonly quantity: string } {
  if (direction !== 'short') return { price: row.average_price, quantity: row.bought };
  const sold = amount(row.sold);
  return { price: sold === 0n ? null : formatAmount(ratio(amount(row.received), sold, 'down')), quantity: row.sold };
}

function takeProfit(memory: Memory, planned: NonNullable<OpenDeal['takeProfit']>): unknown {
  const order = memory.orders.get(planned.clientOrderId ?? '');
  return {
    price: formatAmount(planned.price),
    quantity: formatAmount(planned.quantity),
    filled: order?.filled ?? '0',
    state: levelState(order, 'waiting'),
  };
}

/** A deal that was never shown as open, such as a round trip of a grid. */
const closedRow = (bot: Bot, closed: ClosedDeal): DealRow => ({
  id: dealId(bot.runtime.id, closed.number),
  bot: bot.row.id,
  number: closed.number,
  pair: closed.pair,
  status: 'closed',
  opened_at: closed.openedAt,
  closed_at: closed.closedAt,
  bought: formatAmount(closed.bought),
  sold: formatAmount(closed.sold),
  spent: formatAmount(closed.spent),
  received: formatAmount(closed.proceeds),
  average_price: closed.bought > 0n ? formatAmount(ratio(closed.spent, closed.bought, 'down')) : null,
  fees: formatAmount(closed.fees ?? 0n),
  profit: formatAmount(closed.profit),
  averaging_filled: 0,
  averaging_most: 0,
  ladder: '[]',
  take_profit: null,
});

export function closeDeal(memory: Memory, batch: Batch, bot: Bot, closed: ClosedDeal): void {
  const open = memory.deals.get(dealId(bot.runtime.id, closed.number));
  // What traded nothing and was never shown as open is no news.
  if (open === undefined && closed.bought === 0n && closed.sold === 0n) return;
  const row = open ?? closedRow(bot, closed);
  row.status = endings[closed.ending];
  row.closed_at = closed.closedAt;
  row.profit = formatAmount(closed.profit);
  row.averaging_filled = closed.averagingOrdersFilled;
  row.take_profit = null;
  memory.dropDeal(row);
  memory.closedDeals.set(bot.row.id, (memory.closedDeals.get(bot.row.id) ?? 0) + 1);
  const quote = quoteOf(closed.pair);
  memory.realised.set(quote, (memory.realised.get(quote) ?? 0n) + closed.profit);
  memory.guards.closed(quote, closed.profit, closed.closedAt);
  batch.put('deals', row);
  batch.say('info', bot.row.id, `Deal ${row.number} closed (${closed.ending}), profit ${formatAmount(closed.profit)} ${quote}`);
}
