/**
 * The engine's database: its tables as types, and the numbered migrations that make them. The engine is the only writer;
 * the server reads. Amounts are plain decimal strings (exact), times unix ms of the exchange's clock, flags 0 or 1,
 * JSON is text. Absent is NULL.
 *   S1  Migrations are numbered from 1 without gaps and never change once released.
 *   S2  All effects of one event are one transaction: journal, state, orders, outbox, entries, place in the vault's stream.
 */
import type { ColumnType, Generated } from 'kysely';

/** 0 or 1. */
type Flag = ColumnType<number, number, number>;

/** One row: which account this is, how far the vault's events are posted, and where the exchange's clock stands. */
export interface EngineTable {
  readonly only: Generated<number>;
  readonly account: string;
  /** Rises with each start; a part of nothing that is traded, kept so that two engines on one database are noticed. */
  epoch: number;
  /** Sequence of the last event of the vault whose effects are here; the next start resubscribes from one more. */
  vault_seq: number;
  /** Newest time heard from the exchange. */
  time: number | null;
  /** Whether the balances present at connect have been posted. */
  baseline: Flag;
  /** Asset that equity is counted in. */
  quote: string;
  /** JSON of a `LedgerMatch`, as last compared. */
  ledger_match: string | null;
  /** JSON `{"connected":bool,"reason":string|null}` of vault and exchange. */
  vault_state: string;
  exchange_state: string;
}

/** One row per bot. `state` and `wakes` are what recovery arms again; `waiting_for` is one sentence for people. */
export interface BotsTable {
  readonly id: string;
  readonly account: string;
  readonly kind: string;
  name: string;
  /** JSON array of its pairs; the first stands for the bot where one is shown. */
  readonly pairs: string;
  /** JSON, as the person gave it and the strategy's schema completed it. */
  settings: string;
  /** JSON of the strategy's state; readable by the strategy only. */
  state: string;
  /** JSON array of `Wake`. */
  wakes: string;
  /** `running`, `stopping` (starts nothing new, the open deal goes on), `stopped`, `deleted`. */
  status: string;
  waiting_for: string | null;
  /** The vault's sub-key of this bot; its secret is in `sub_keys`. */
  sub_key: string | null;
  /** JSON asset → amount set aside at creation. */
  funds: string;
  /** JSON array of `{"pair","quantity"}`: base below one lot that could not be sold, carried to the next deal. */
  dust: string;
  /** JSON `{"at","code","reason"}` of the last refusal that still matters. */
  problem: string | null;
  readonly created_at: number;
  updated_at: number;
}

/** Secrets of sub-keys, by sub-key id. They work at the vault only, inside their grant; the database file is 0600. */
export interface SubKeysTable {
  readonly sub_key: string;
  readonly bot: string;
  readonly secret: string;
}

/** The engine's journal: every event that had an effect, in the order in which it had it. Append-only. */
export interface JournalTable {
  readonly seq: Generated<number>;
  readonly at: number;
  /** `vault`, `market`, `verdict`, `command`, `start`. Ticks are here only if they woke a bot. */
  readonly source: string;
  readonly bot: string | null;
  /** Sequence in the vault's stream, for source `vault`. */
  readonly vault_seq: number | null;
  readonly body: string;
}

/** Every intent planned, before it is sent; `state` goes from `planned` to a verdict, and to `settled` when the exchange answered. */
export interface OutboxTable {
  readonly seq: Generated<number>;
  readonly bot: string;
  readonly sub_key: string;
  /** `place-order`, `place-oco` or `cancel-order`. */
  readonly kind: string;
  readonly client_order_id: string;
  /** JSON of the intent with amounts as decimal strings. */
  readonly intent: string;
  readonly planned_at: number;
  /** `planned`, `approved`, `refused`, `settled`. */
  state: string;
  code: string | null;
  reason: string | null;
}

/** One row per order of ours, planned or on the book. */
export interface OrdersTable {
  readonly client_order_id: string;
  readonly bot: string;
  readonly deal: string | null;
  readonly pair: string;
  readonly side: string;
  /** As `OrderKind`. */
  readonly kind: string;
  /** Part that it plays in the deal: `base`, `averaging`, `take-profit`, `close`. */
  readonly role: string;
  /** Averaging orders count from 1; else 0. */
  readonly rung: number;
  readonly quantity: string;
  readonly price: string;
  /** Of a stop-limit. */
  readonly trigger_price: string | null;
  filled: string;
  /** `planned`, `approved`, `resting`, `partly-filled`, `filled`, `cancelled`, `rejected`, `refused`, `unknown`. */
  status: string;
  exchange_order_id: string | null;
  /** Of a leg of an OCO, the client order id of the OCO: both legs spend one reservation, which bears this name. */
  readonly oco: string | null;
  code: string | null;
  reason: string | null;
  readonly planned_at: number;
  /** When the exchange accepted it. */
  placed_at: number | null;
  updated_at: number;
}

/** One row per fill of an order of ours, by trade id within the pair; a fill that is known is never posted again. */
export interface FillsTable {
  readonly pair: string;
  readonly trade_id: string;
  readonly client_order_id: string;
  readonly bot: string;
  readonly deal: string | null;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  readonly fee: string;
  readonly fee_asset: string;
  readonly maker: Flag;
  readonly at: number;
  readonly vault_seq: number;
}

/** One row per deal of a bot; rebuilt from fills and the bot's state with each event. */
export interface DealsTable {
  /** `BOT-NUMBER`. */
  readonly id: string;
  readonly bot: string;
  /** Counts the bot's deals from 1. */
  readonly number: number;
  readonly pair: string;
  /** `open`, `closed`, `cancelled`, `failed`. */
  status: string;
  readonly opened_at: number;
  closed_at: number | null;
  /** Base bought and sold, before fees. */
  bought: string;
  sold: string;
  /** Quote spent and received, fees in quote included. */
  spent: string;
  received: string;
  /** Quote per base over all buys, rounded down. */
  average_price: string | null;
  /** All fees, counted in quote at the price of their fill. */
  fees: string;
  /** After fees, in quote; closed deals only. */
  profit: string | null;
  averaging_filled: number;
  averaging_most: number;
  /** JSON array of the API's `LadderLevel`. */
  ladder: string;
  /** JSON `{"price","quantity","filled","state"}` or NULL. */
  take_profit: string | null;
}

/** The ledger's entries: each moves one amount of one asset from one book to another. Append-only. */
export interface EntriesTable {
  readonly seq: Generated<number>;
  readonly at: number;
  /** The ledger's `EntryKind`. */
  readonly kind: string;
  /** Books as the ledger names them: `owner`, `bot:ID`, `order:ID`, `market`, `fees`, `outside`. */
  readonly from_book: string;
  readonly to_book: string;
  readonly asset: string;
  readonly amount: string;
  /** What caused it: a trade id, a client order id, `vault:SEQ`. */
  readonly cause: string;
}

/** Balance of each book and asset after the last entry: the sum of `entries`. A book without balance has no row. */
export interface BooksTable {
  readonly book: string;
  readonly asset: string;
  balance: string;
}

/** One-minute candles of pairs that bots trade; the newest may still be open (`closed` 0). Volume in base. */
export interface CandlesTable {
  readonly pair: string;
  readonly open_time: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  closed: Flag;
}

/** Newest known price per pair, about once a second of real time; live prices come over the command socket. */
export interface PricesTable {
  readonly pair: string;
  last: string;
  bid: string;
  ask: string;
  at: number;
}

/** The exchange's rules per pair: tick, lot (decimal strings). */
export interface PairsTable {
  readonly pair: string;
  readonly tick: string;
  readonly lot: string;
  readonly min_notional: string;
  /** JSON of the whole `PairRules`. */
  readonly rules: string;
  halted: Flag;
}

/** Value of the account over time in `quote`: at most one per minute of the exchange's time, and one at each fill. */
export interface EquityTable {
  readonly at: number;
  readonly quote: string;
  value: string;
  /** Profit of closed deals up to then, after fees. */
  realised: string;
}

/** What the engine did, in words. `level` is `info`, `warning` or `error`. */
export interface LogTable {
  readonly seq: Generated<number>;
  readonly at: number;
  readonly level: string;
  readonly bot: string | null;
  readonly text: string;
}

/** Answers given to commands, by the caller's id: a repeated id gets the same answer. `body` is the command's text. */
export interface CommandsTable {
  readonly id: string;
  readonly body: string;
  readonly answer: string;
  readonly at: number;
}

/** One row: the limits over all bots. `record` is JSON of the contracts' `GuardRecord`, `state` is readable by the guards only. */
export interface GuardsTable {
  readonly only: Generated<number>;
  record: string;
  state: string;
}

/** Files of strategies of one's own, by the kind of bot that they make; never changed, since the kind has their hash in its name. */
export interface StrategiesTable {
  readonly kind: string;
  readonly source: string;
  /** JSON of what the file says of itself, checked. */
  readonly description: string;
  /** JSON Schema of its settings. */
  readonly schema: string;
  readonly added_at: number;
}

export interface EngineDatabase {
  strategies: StrategiesTable;
  engine: EngineTable;
  guards: GuardsTable;
  bots: BotsTable;
  sub_keys: SubKeysTable;
  journal: JournalTable;
  outbox: OutboxTable;
  orders: OrdersTable;
  fills: FillsTable;
  deals: DealsTable;
  entries: EntriesTable;
  books: BooksTable;
  candles: CandlesTable;
  prices: PricesTable;
  pairs: PairsTable;
  equity: EquityTable;
  log: LogTable;
  commands: CommandsTable;
}

/** One step of a database's shape. Statements run in one transaction with the new number. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export const engineMigrations: readonly Migration[] = [
  {
    number: 1,
    name: 'the spine',
    statements: [
      `create table engine (only integer primary key default 1 check (only = 1), account text not null, epoch integer not null,
         vault_seq integer not null, time integer, baseline integer not null, quote text not null, ledger_match text,
         vault_state text not null, exchange_state text not null) strict`,
      `create table bots (id text primary key, account text not null, kind text not null, name text not null, pair text not null,
         settings text not null, state text not null, wakes text not null, status text not null, waiting_for text,
         sub_key text, funds text not null, dust text not null, problem text, created_at integer not null,
         updated_at integer not null) strict`,
      'create table sub_keys (sub_key text primary key, bot text not null, secret text not null) strict',
      `create table journal (seq integer primary key autoincrement, at integer not null, source text not null, bot text,
         vault_seq integer unique, body text not null) strict`,
      `create table outbox (seq integer primary key autoincrement, bot text not null, sub_key text not null, kind text not null,
         client_order_id text not null, intent text not null, planned_at integer not null, state text not null, code text,
         reason text) strict`,
      "create index outbox_open on outbox (seq) where state in ('planned', 'approved')",
      'create index outbox_order on outbox (client_order_id)',
      `create table orders (client_order_id text primary key, bot text not null, deal text, pair text not null, side text not null,
         kind text not null, role text not null, rung integer not null, quantity text not null, price text not null,
         filled text not null, status text not null, exchange_order_id text, code text, reason text,
         planned_at integer not null, placed_at integer, updated_at integer not null) strict, without rowid`,
      'create index orders_pair on orders (pair, status)',
      'create index orders_bot on orders (bot, deal)',
      `create table fills (pair text not null, trade_id text not null, client_order_id text not null, bot text not null, deal text,
         side text not null, price text not null, quantity text not null, fee text not null, fee_asset text not null,
         maker integer not null, at integer not null, vault_seq integer not null,
         primary key (pair, trade_id, client_order_id)) strict, without rowid`,
      'create index fills_time on fills (pair, at)',
      'create index fills_deal on fills (deal)',
      `create table deals (id text primary key, bot text not null, number integer not null, pair text not null,
         status text not null, opened_at integer not null, closed_at integer, bought text not null, sold text not null,
         spent text not null, received text not null, average_price text, fees text not null, profit text,
         averaging_filled integer not null, averaging_most integer not null, ladder text not null, take_profit text,
         unique (bot, number)) strict`,
      'create index deals_closed on deals (status, closed_at)',
      `create table entries (seq integer primary key autoincrement, at integer not null, kind text not null, from_book text not null,
         to_book text not null, asset text not null, amount text not null, cause text not null) strict`,
      `create table books (book text not null, asset text not null, balance text not null,
         primary key (book, asset)) strict, without rowid`,
      `create table candles (pair text not null, open_time integer not null, open text not null, high text not null,
         low text not null, close text not null, volume text not null, closed integer not null,
         primary key (pair, open_time)) strict, without rowid`,
      `create table prices (pair text primary key, last text not null, bid text not null, ask text not null,
         at integer not null) strict, without rowid`,
      `create table pairs (pair text primary key, tick text not null, lot text not null, min_notional text not null,
         rules text not null, halted integer not null) strict, without rowid`,
      `create table equity (at integer not null, quote text not null, value text not null, realised text not null,
         primary key (quote, at)) strict, without rowid`,
      `create table log (seq integer primary key autoincrement, at integer not null, level text not null, bot text,
         text text not null) strict`,
      'create table commands (id text primary key, body text not null, answer text not null, at integer not null) strict, without rowid',
    ],
  },
  {
    number: 2,
    name: 'several pairs of a bot',
    statements: [
      "alter table bots add column pairs text not null default '[]'",
      'update bots set pairs = json_array(pair)',
      "update bots set dust = case dust when '0' then '[]' else json_array(json_object('pair', pair, 'quantity', dust)) end",
      'alter table bots drop column pair',
    ],
  },
  {
    number: 3,
    name: 'limits over all bots',
    statements: [
      'create table guards (only integer primary key default 1 check (only = 1), record text not null, state text not null) strict',
    ],
  },
  { number: 4, name: 'orders of which one cancels the other', statements: ['alter table orders add column oco text'] },
  {
    number: 5,
    name: "strategies of one's own",
    statements: [
      `create table strategies (kind text primary key, source text not null, description text not null, schema text not null,
         added_at integer not null) strict, without rowid`,
    ],
  },
  {
    number: 6,
    name: 'triggers of stops',
    statements: [
      'alter table orders add column trigger_price text',
      `update orders set trigger_price = (
         select coalesce(json_extract(intent, '$.trigger'), json_extract(intent, '$.stopLeg.trigger')) from outbox
         where outbox.client_order_id = coalesce(orders.oco, orders.client_order_id) and outbox.kind <> 'cancel-order')
       where kind = 'stop-limit'`,
    ],
  },
];
