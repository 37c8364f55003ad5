/** What an engine's database says of the only bot in it: orders and fills in the words that plays are compared in. */
import type { DatabaseSync } from 'node:sqlite';
import { type Amount, amount } from '@holdfast/domain';
import { CliError, exitCode } from '../exit.ts';
import type { Line, Play } from './compare.ts';

export interface BookedPlay extends Play {
  readonly bot: string;
  readonly settings: unknown;
  readonly funds: Readonly<Record<string, Amount>>;
  /** Time of the tape at which the bot was made. */
  readonly from: number;
  /** What the vault refused, in words, oldest first. Cancels of what is gone are none: a backtest's exchange refuses them as well. */
  readonly refusals: readonly string[];
  /** Time of the tape of the first of them; Infinity when there is none. */
  readonly refusedAt: number;
}

type Row = Readonly<Record<string, string | number | null>>;

/** @throws CliError when there is no bot */
export function readPlay(db: DatabaseSync): BookedPlay {
  const rows = (sql: string): Row[] => db.prepare(sql).all() as Row[];
  const [bot] = rows("select * from bots where status != 'deleted' order by created_at limit 1");
  if (bot === undefined) throw new CliError(exitCode.failed, 'the paper account has no bot');
  const funds = JSON.parse(String(bot.funds)) as Record<string, string>;
  const planned = rows("select intent from outbox where kind in ('place-order', 'place-oco') order by seq").flatMap(namesOf);
  const refused = rows("select * from outbox where state = 'refused' and kind != 'cancel-order' order by seq");
  const orders = new Map(rows('select * from orders').map((row) => [row.client_order_id, row]));
  return {
    name: 'paper',
    bot: String(bot.id),
    settings: JSON.parse(String(bot.settings)),
    funds: Object.fromEntries(Object.entries(funds).map(([asset, text]) => [asset, amount(text)])),
    from: Number(bot.created_at),
    refusals: refused.map((row) => `${row.client_order_id} at ${row.planned_at}: ${row.reason} (${row.code})`),
    refusedAt: Number(refused[0]?.planned_at ?? Number.POSITIVE_INFINITY),
    orders: planned.flatMap((id) => {
      const row = orders.get(id);
      return row === undefined ? [] : [orderLine(row)];
    }),
    fills: rows('select * from fills order by vault_seq').map(fillLine),
  };
}

/** Client order ids of a planned order, or of the two legs of a planned OCO. */
function namesOf({ intent }: Row): string[] {
  const planned = JSON.parse(String(intent)) as { readonly clientOrderId: string; readonly [leg: string]: unknown };
  const legs = ['limitLeg', 'stopLeg'].flatMap((name) => {
    const leg = planned[name] as { readonly clientOrderId?: string } | undefined;
    return typeof leg === 'object' && leg.clientOrderId !== undefined ? [leg.clientOrderId] : [];
  });
  return legs.length > 0 ? legs : [planned.clientOrderId];
}

const orderLine = (row: Row): Line => ({
  clientOrderId: String(row.client_order_id),
  pair: String(row.pair),
  side: String(row.side),
  price: String(row.price),
  quantity: String(row.quantity),
  status: String(row.status),
  filled: String(row.filled),
  time: String(row.planned_at),
});

const fillLine = (row: Row): Line => ({
  clientOrderId: String(row.client_order_id),
  pair: String(row.pair),
  side: String(row.side),
  fillPrice: String(row.price),
  fillQuantity: String(row.quantity),
  fee: `${row.fee} ${row.fee_asset}`,
  role: row.maker === 1 ? 'maker' : 'taker',
  time: String(row.at),
});
