/**
 * What the engine knows, as loaded from its store and kept equal to it: every change goes through a batch that is
 * committed before anything leaves.
 */
import { decodeState } from '@holdfast/bots';
import {
  type AccountId,
  type Amount,
  type Asset,
  amount,
  type BotId,
  type ClientOrderId,
  type EpochMs,
  type Intent,
  type OrderKind,
  type Pair,
  type PairRules,
  pair,
  priceAmount,
  type Side,
  takesAtOnce,
  type Wake,
} from '@holdfast/domain';
import { type Book, type BookBalance, botBook, Ledger } from '@holdfast/ledger';
import { type AccountState, type PairPrices, Runtime, type RuntimeBot } from '@holdfast/runtime';
import type { EngineSnapshot, EngineStore, Row } from '@holdfast/storage';
import { amounts } from './batch.ts';
import { Guards } from './guards.ts';
import { botKind, readSettings } from './kinds.ts';
import { LiveOrders } from './live-orders.ts';
import type { StrategyPort } from './ports.ts';
import { Strategies } from './strategies.ts';

export interface Bot {
  readonly row: Row<'bots'>;
  readonly pairs: readonly Pair[];
  readonly runtime: RuntimeBot;
  readonly secret: string;
}

export type Outbox = Row<'outbox'>;
export type Order = Row<'orders'>;
export type DealRow = Row<'deals'>;

export const unsettled: ReadonlySet<string> = new Set(['planned', 'approved', 'resting', 'partly-filled', 'unknown']);

/** An intent as it is stored, and back. */
export const writeIntent = (intent: Intent): string => JSON.stringify(intent, amounts);
export function readIntent(text: string): Intent {
  const raw = JSON.parse(text) as Record<string, unknown>;
  if (raw.kind === 'cancel-order') return raw as unknown as Intent;
  const { limitLeg, stopLeg } = raw;
  if (raw.kind === 'place-oco')
    return { ...withAmounts(raw), limitLeg: withAmounts(limitLeg), stopLeg: withAmounts(stopLeg) } as unknown as Intent;
  return withAmounts(raw) as unknown as Intent;
}

const amountNames = ['quantity', 'limit', 'trigger'];
const withAmounts = (raw: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(raw as object).map(([name, value]) => [name, amountNames.includes(name) ? amount(String(value)) : value]),
  );

/** Rules of a pair as they are stored, and back. */
export const writeRules = (rules: PairRules): string => JSON.stringify(rules, amounts);
export function readRules(text: string): PairRules {
  const raw = JSON.parse(text) as Record<string, unknown>;
  const money = { tick: amount(String(raw.tick)), lot: amount(String(raw.lot)), minNotional: amount(String(raw.minNotional)) };
  // Rules that were stored before the exchange's numbers for these were read allow none.
  return { maxAlgoOrders: 0, maxOrderLists: 0, ...(raw as unknown as Partial<PairRules>), ...money } as PairRules;
}

export class Memory {
  readonly account: AccountId;
  readonly runtime = new Runtime();
  readonly bots = new Map<BotId, Bot>();
  /** Planned or approved, by number, oldest first. */
  readonly outbox = new Map<number, Outbox>();
  /** Of these what the vault has not approved yet. */
  readonly planned = new Map<number, Outbox>();
  readonly orders = new Map<string, Order>();
  /** Open deals by id. */
  readonly deals = new Map<string, DealRow>();
  readonly rules = new Map<Pair, PairRules>();
  readonly pairRows = new Map<Pair, Row<'pairs'>>();
  readonly closedDeals: Map<string, number>;
  /** Profit of closed deals per quote. */
  readonly realised = new Map<string, bigint>();
  readonly ledger: Ledger;
  readonly engine: Row<'engine'>;
  readonly guards: Guards;
  readonly strategies: Strategies;
  readonly isNew: boolean;
  readonly #live = new LiveOrders();
  /** `orders`, `outbox` and `deals` by bot: what one event looks through must not grow with all the others. */
  readonly #ordersByBot = new Map<string, Map<string, Order>>();
  readonly #outboxByBot = new Map<string, Map<number, Outbox>>();
  readonly #dealsByBot = new Map<string, Map<string, DealRow>>();
  /** How many bots trade each pair. */
  readonly #botsByPair = new Map<Pair, number>();
  nextOutbox: number;

  constructor(account: AccountId, snapshot: EngineSnapshot, strategies?: StrategyPort) {
    this.account = account;
    this.isNew = snapshot.engine === undefined;
    this.engine = snapshot.engine ?? {
      only: 1,
      account,
      epoch: 0,
      vault_seq: 0,
      time: null,
      baseline: 0,
      quote: 'USDT',
      ledger_match: null,
      vault_state: '{"connected":false,"reason":null}',
      exchange_state: '{"connected":false,"reason":null}',
    };
    this.guards = new Guards(this, snapshot.guards);
    this.strategies = new Strategies(snapshot.strategies, strategies);
    this.nextOutbox = snapshot.nextOutbox;
    this.closedDeals = new Map(snapshot.closedDeals);
    for (const [quote, profits] of snapshot.realised)
      this.realised.set(
        quote,
        profits.reduce((sum, text) => sum + amount(text), 0n),
      );
    this.ledger = new Ledger({ balances: snapshot.books.map(bookBalance) });
    for (const row of snapshot.pairs) {
      this.rules.set(pair(row.pair), readRules(row.rules));
      this.pairRows.set(pair(row.pair), row);
    }
    for (const row of snapshot.outbox) this.addOutbox(row);
    for (const row of snapshot.orders) this.addOrder(row);
    for (const row of snapshot.openDeals) this.addDeal(row);
    const secrets = new Map(snapshot.subKeys.map((row) => [row.sub_key, row.secret]));
    for (const row of snapshot.bots) this.addBot(row, secrets.get(row.sub_key ?? '') ?? '');
  }

  /** Takes a stored bot in and arms its wakes again. */
  addBot(row: Row<'bots'>, secret: string): Bot {
    const id = row.id as BotId;
    const pairs = (JSON.parse(row.pairs) as string[]).map(pair);
    const settings = readSettings(row.kind, JSON.parse(row.settings) as Record<string, unknown>, pairs);
    const runtime: RuntimeBot = { id, kind: botKind(row.kind), settings, state: decodeState(row.state) };
    const bot: Bot = { row, pairs, runtime, secret };
    this.bots.set(id, bot);
    for (const each of new Set(pairs)) this.#botsByPair.set(each, (this.#botsByPair.get(each) ?? 0) + 1);
    this.runtime.add(runtime, JSON.parse(row.wakes) as Wake[]);
    // Conditions that wait for signals know again which have come.
    for (const { pair, name, at } of runtime.kind.heard?.(runtime.settings, runtime.state) ?? [])
      this.runtime.onSignal(pair, name, at);
    return bot;
  }

  removeBot(id: BotId): void {
    for (const each of new Set(this.bots.get(id)?.pairs)) {
      const left = (this.#botsByPair.get(each) ?? 0) - 1;
      if (left > 0) this.#botsByPair.set(each, left);
      else this.#botsByPair.delete(each);
    }
    this.bots.delete(id);
    this.runtime.remove(id);
  }

  openDealsOf(bot: BotId): readonly DealRow[] {
    return [...(this.#dealsByBot.get(bot)?.values() ?? [])];
  }

  addDeal(row: DealRow): void {
    this.deals.set(row.id, row);
    put(this.#dealsByBot, row.bot, row.id, row);
  }

  dropDeal(row: DealRow): void {
    this.deals.delete(row.id);
    drop(this.#dealsByBot, row.bot, row.id);
  }

  /** Time goes on to `at`, never back. */
  heard(at: EpochMs): void {
    this.engine.time = Math.max(this.engine.time ?? 0, at);
  }

  /** Pairs of all bots. */
  pairs(): readonly Pair[] {
    return [...this.#botsByPair.keys()].sort();
  }

  accountState(): AccountState {
    return {
      available: (bot, asset) => this.ledger.balance(botBook(bot), asset as Asset),
      orders: (pair, side) => this.#live.of(pair, side),
      stops: (pair, side) => this.#live.stops(pair, side),
      prices: (pair) => this.#pricesOf(pair),
      guards: this.guards.view(),
    };
  }

  #pricesOf(of: Pair): PairPrices | undefined {
    const [quote, rules] = [this.runtime.quote(of), this.rules.get(of)];
    if (quote === undefined || rules === undefined) return undefined;
    const [last, bid, ask] = [quote.last, quote.bid, quote.ask].map((price) => priceAmount(price, rules)) as [
      Amount,
      Amount,
      Amount,
    ];
    return { last, bid, ask, tick: rules.tick };
  }

  ordersOf(bot: string): Iterable<Order> {
    return this.#ordersByBot.get(bot)?.values() ?? [];
  }

  outboxOf(bot: string): Iterable<Outbox> {
    return this.#outboxByBot.get(bot)?.values() ?? [];
  }

  addOutbox(row: Outbox): void {
    this.outbox.set(row.seq, row);
    if (row.state === 'planned') this.planned.set(row.seq, row);
    put(this.#outboxByBot, row.bot, row.seq, row);
  }

  dropOutbox(row: Outbox): void {
    this.outbox.delete(row.seq);
    this.planned.delete(row.seq);
    drop(this.#outboxByBot, row.bot, row.seq);
  }

  addOrder(row: Order): void {
    this.orders.set(row.client_order_id, row);
    put(this.#ordersByBot, row.bot, row.client_order_id, row);
    this.#live.add({
      clientOrderId: row.client_order_id as ClientOrderId,
      bot: row.bot as BotId,
      pair: row.pair as Pair,
      side: row.side as Side,
      limit: amount(row.price),
      trigger: row.trigger_price === null ? undefined : amount(row.trigger_price),
      takesAtOnce: takesAtOnce(row.kind as OrderKind),
    });
  }

  /** Forgets an order that can no longer change; its row stays in the store. */
  dropOrder(row: Order): void {
    this.orders.delete(row.client_order_id);
    drop(this.#ordersByBot, row.bot, row.client_order_id);
    this.#live.drop(row.pair as Pair, row.side as Side, row.client_order_id as ClientOrderId);
  }
}

function put<Key, Value>(groups: Map<string, Map<Key, Value>>, group: string, key: Key, value: Value): void {
  const members = groups.get(group) ?? new Map<Key, Value>();
  groups.set(group, members.set(key, value));
}

function drop<Key, Value>(groups: Map<string, Map<Key, Value>>, group: string, key: Key): void {
  const members = groups.get(group);
  members?.delete(key);
  if (members?.size === 0) groups.delete(group);
}

const bookBalance = (row: Row<'books'>): BookBalance => ({
  book: row.book as Book,
  asset: row.asset as Asset,
  balance: amount(row.balance) as Amount,
});

export async function loadMemory(account: AccountId, store: EngineStore, strategies?: StrategyPort): Promise<Memory> {
  return new Memory(account, await store.load(), strategies);
}
