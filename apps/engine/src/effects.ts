/**
 * What one event does: to orders, ledger, bots, deals and outbox, all of it into one batch. Nothing here waits or sends.
 *   F1  A bot's intents are in the outbox, with their funds reserved, in the same batch as the state that made them.
 *   F2  A fill is posted once, whoever says it and however often.
 *   F3  What is reserved for an order is released when the order can no longer trade.
 */
import { encodeState, readOrderName } from '@holdfast/bots';
import {
  type Amount,
  type Asset,
  amount,
  type BotId,
  baseOf,
  type ClientOrderId,
  type DoorEvent,
  type EpochMs,
  epochMs,
  formatAmount,
  type Intent,
  idsOf,
  invariant,
  multiply,
  type OrderEvent,
  ordersOf,
  type Pair,
  type PairRules,
  type PlaceOrder,
  type PlacingIntent,
  priceAmount,
  quoteOf,
  type RefusalCode,
  unreachable,
} from '@holdfast/domain';
import { type Book, botBook, orderBook, type Posting } from '@holdfast/ledger';
import { type EventBody, needs } from '@holdfast/runtime';
import type { Batch } from './batch.ts';
import { closeDeal, dealId, openDeal, refreshDeal, withFill } from './deals.ts';
import type { Bot, Memory, Order, Outbox } from './memory.ts';
import { writeIntent } from './memory.ts';

type Filled = Extract<OrderEvent, { kind: 'order-filled' }>;

const now = (batch: Batch): EpochMs => epochMs(batch.at);

function post(memory: Memory, batch: Batch, posting: Posting): void {
  invariant(posting.kind === 'posted', 'L2');
  batch.post(memory.ledger, posting.entries);
}

/** Calls the bot and takes in what it wants. @returns whether it changed: then it has also said what it is waiting for */
export function stepBot(memory: Memory, batch: Batch, id: BotId, body: EventBody): boolean {
  const bot = memory.bots.get(id);
  if (bot === undefined) return false;
  const outcome = memory.runtime.step(id, body, memory.accountState());
  if (!outcome.changed) return false;
  const { row, runtime } = bot;
  row.state = encodeState(outcome.after);
  row.wakes = JSON.stringify(outcome.wakes);
  row.updated_at = batch.at;
  batch.journal('step', body, id);
  for (const { intent, code, reason } of outcome.heldBack) refusedInWords(batch, bot, intent, code, `held back: ${reason}`);
  for (const { intent, reason } of outcome.shortened) batch.say('info', id, `Order ${intent.clientOrderId} ${reason}`);
  // A deal may close and the next one open in one step: the old one goes first.
  for (const closed of runtime.kind.closedDeals(outcome.before, outcome.after)) closeDeal(memory, batch, bot, closed);
  const used: Intent[] = [];
  for (const intent of outcome.intents) {
    if (isUsed(memory, intent)) used.push(intent);
    else plan(memory, batch, bot, intent);
  }
  refreshBot(memory, batch, bot);
  for (const intent of used) {
    const [code, reason] = [
      'E_DUPLICATE',
      'an order of this name is there already, placed after this database was backed up',
    ] as const;
    refusedInWords(batch, bot, intent, code, reason);
    stepBot(memory, batch, id, { kind: 'refused', at: now(batch), intent, code, reason });
  }
  return true;
}

/** Of a bot that was restored from before orders which are taken in by now: it names its next one as it named these. */
const isUsed = (memory: Memory, intent: Intent): boolean =>
  intent.kind !== 'cancel-order' && idsOf(intent).some((id) => memory.orders.has(id));

/** Writes the bot, with what it says about itself. */
export function refreshBot(memory: Memory, batch: Batch, bot: Bot): void {
  hearReport(memory, batch, bot);
  batch.put('bots', bot.row);
}

/** Takes in what the bot says about itself and its deals. @returns whether its row is another now */
function hearReport(memory: Memory, batch: Batch, bot: Bot): boolean {
  const { row, runtime } = bot;
  const { waitingFor, dust: left, state, deals } = runtime.kind.report(runtime.settings, runtime.state);
  for (const deal of deals) refreshDeal(memory, batch, bot, deal);
  const dust = JSON.stringify(left.map(({ pair, quantity }) => ({ pair, quantity: formatAmount(quantity) })));
  const status = state === 'stopped' ? 'stopped' : row.status;
  if (row.waiting_for === waitingFor && row.dust === dust && row.status === status) return false;
  row.waiting_for = waitingFor;
  row.dust = dust;
  row.status = status;
  return true;
}

function plan(memory: Memory, batch: Batch, bot: Bot, intent: Intent): void {
  const row: Outbox = {
    seq: memory.nextOutbox++,
    bot: bot.row.id,
    sub_key: bot.row.sub_key ?? '',
    kind: intent.kind,
    client_order_id: intent.clientOrderId,
    intent: writeIntent(intent),
    planned_at: batch.at,
    state: 'planned',
    code: null,
    reason: null,
  };
  memory.addOutbox(row);
  batch.put('outbox', row);
  if (intent.kind !== 'cancel-order') planOrders(memory, batch, bot, intent);
}

function planOrders(memory: Memory, batch: Batch, bot: Bot, intent: PlacingIntent): void {
  const orders = ordersOf(intent);
  const oco = intent.kind === 'place-oco' ? intent.clientOrderId : null;
  const [order] = orders.map((each) => orderRow(memory, batch, bot, each, oco)) as [Order];
  const need = needs(intent);
  post(memory, batch, memory.ledger.reserve(bot.runtime.id, intent.clientOrderId, need.asset as Asset, need.amount, now(batch)));
  if (order.deal === null || memory.deals.has(order.deal)) return;
  const { kind, settings, state } = bot.runtime;
  const isOpen = kind.report(settings, state).deals.some(({ number }) => dealId(bot.runtime.id, number) === order.deal);
  if (isOpen) openDeal(memory, batch, bot, order);
}

function orderRow(memory: Memory, batch: Batch, bot: Bot, intent: PlaceOrder, oco: ClientOrderId | null = null): Order {
  const name = readOrderName(intent.clientOrderId);
  const row: Order = {
    client_order_id: intent.clientOrderId,
    bot: bot.row.id,
    deal: name === null ? null : dealId(bot.runtime.id, name.deal),
    pair: intent.pair,
    side: intent.side,
    kind: intent.order,
    role: name?.role ?? 'other',
    rung: 0,
    quantity: formatAmount(intent.quantity),
    price: formatAmount(intent.limit),
    trigger_price: intent.trigger === undefined ? null : formatAmount(intent.trigger),
    filled: '0',
    status: 'planned',
    exchange_order_id: null,
    oco,
    code: null,
    reason: null,
    planned_at: batch.at,
    placed_at: null,
    updated_at: batch.at,
  };
  memory.addOrder(row);
  batch.put('orders', row);
  return row;
}

/** An event with its place in the vault's stream. */
export type SettledEvent = Exclude<DoorEvent, { kind: 'sync' }>;
/** What the store already has of an order event: its order, closed or not, and its fill. */
export interface Known {
  readonly order: boolean;
  readonly fill: boolean;
}

/** One event of the vault's stream. The caller has made sure that it is the next one. */
export function vaultEvent(memory: Memory, batch: Batch, event: SettledEvent, known: Known): void {
  memory.engine.vault_seq = event.seq;
  batch.put('engine', memory.engine);
  batch.journal('vault', event, null, event.seq);
  switch (event.kind) {
    case 'order':
      orderEvent(memory, batch, event.event, event.seq, known);
      return;
    case 'balance':
      balanceEvent(memory, batch, event);
      return;
    case 'foreign':
      batch.say('warning', null, `Foreign: ${event.what}`);
      return;
    default:
      unreachable(event);
  }
}

function balanceEvent(memory: Memory, batch: Batch, event: Extract<DoorEvent, { kind: 'balance' }>): void {
  // Before the baseline the change is already part of the balances that the baseline reads.
  if (memory.engine.baseline === 0) return;
  const { ledger } = memory;
  const cause = `vault:${event.seq}`;
  const { asset, change, at } = event;
  const posting = change >= 0n ? ledger.deposit(asset, change, cause, at) : ledger.withdraw(asset, -change as Amount, cause, at);
  if (posting.kind === 'short') {
    batch.say(
      'error',
      null,
      `${formatAmount(-change)} ${asset} left the account, more than is free of bots; stop a bot to free it`,
    );
    return;
  }
  batch.post(ledger, posting.entries);
  batch.say(
    'info',
    null,
    `${change >= 0n ? 'Deposit of' : 'Withdrawal of'} ${formatAmount(change < 0n ? -change : change)} ${asset}`,
  );
}

/** An order that a bot of ours made but that this database never saw: it was restored from before. */
function adopt(memory: Memory, batch: Batch, event: OrderEvent): Order | undefined {
  const bot = memory.bots.get((readOrderName(event.clientOrderId)?.bot ?? '') as BotId);
  if (bot === undefined) return undefined;
  batch.say('warning', bot.row.id, `Order ${event.clientOrderId} was placed after this database was backed up; it is taken in`);
  const zero = 0n as Amount;
  const known = event.kind === 'order-filled' ? { quantity: event.filled, limit: event.price } : { quantity: zero, limit: zero };
  const { clientOrderId, pair, side } = event;
  return orderRow(memory, batch, bot, { kind: 'place-order', clientOrderId, pair, side, order: 'limit', ...known });
}

function orderEvent(memory: Memory, batch: Batch, event: OrderEvent, seq: number, known: Known): void {
  const order = memory.orders.get(event.clientOrderId) ?? (known.order ? undefined : adopt(memory, batch, event));
  if (order === undefined && !known.order && event.kind === 'order-filled') {
    ownersFill(memory, batch, event);
    return;
  }
  if (order === undefined || known.fill) {
    // A late word on an order that is closed and posted: only the bot may still want to hear it.
    const name = readOrderName(event.clientOrderId);
    if (name !== null) stepBot(memory, batch, name.bot, { kind: 'order-event', at: now(batch), event });
    return;
  }
  settleOutbox(memory, batch, order, event);
  apply(memory, batch, order, event, seq);
  order.updated_at = batch.at;
  batch.put('orders', order);
  const bot = memory.bots.get(order.bot as BotId);
  if (isFinal(order)) {
    memory.dropOrder(order);
    releaseOf(memory, batch, order);
  }
  if (bot === undefined) return;
  if (stepBot(memory, batch, bot.runtime.id, { kind: 'order-event', at: now(batch), event })) return;
  if (hearReport(memory, batch, bot)) batch.put('bots', bot.row);
}

const finals: ReadonlySet<string> = new Set(['filled', 'cancelled', 'rejected', 'refused']);
const isFinal = (order: Order): boolean => finals.has(order.status);

/** Whose name funds are reserved in: the order's, or for both legs of an OCO that of the OCO. */
const reservedBy = ({ oco, client_order_id: id }: Order): ClientOrderId => (oco ?? id) as ClientOrderId;

/** F3: of an OCO when both legs are gone. */
function releaseOf(memory: Memory, batch: Batch, order: Order): void {
  const by = reservedBy(order);
  for (const other of order.oco === null ? [] : memory.ordersOf(order.bot)) if (reservedBy(other) === by) return;
  post(memory, batch, memory.ledger.release(order.bot as BotId, by, now(batch)));
  memory.ledger.forgetTrades(by); // whether a fill is known is asked of the store
}

/** The exchange has spoken of the order: what was asked for it needs no further answer. */
function settleOutbox(memory: Memory, batch: Batch, order: Order, event: OrderEvent): void {
  const ends =
    event.kind === 'order-cancelled' || event.kind === 'order-rejected' || (event.kind === 'order-filled' && event.complete);
  for (const entry of memory.outboxOf(order.bot)) {
    if (entry.client_order_id !== event.clientOrderId && entry.client_order_id !== order.oco) continue;
    const answered = entry.kind !== 'cancel-order' ? event.kind !== 'cancel-rejected' : ends || event.kind === 'cancel-rejected';
    if (!answered || (entry.kind === 'cancel-order' && entry.state === 'planned')) continue;
    entry.state = 'settled';
    memory.dropOutbox(entry);
    batch.put('outbox', entry);
  }
}

function apply(memory: Memory, batch: Batch, order: Order, event: OrderEvent, seq: number): void {
  switch (event.kind) {
    case 'order-accepted':
      order.exchange_order_id = event.exchangeOrderId;
      order.placed_at ??= event.at;
      if (order.status === 'planned' || order.status === 'approved' || order.status === 'unknown') order.status = 'resting';
      return;
    case 'order-rejected':
      order.status = 'rejected';
      order.code = event.code;
      order.reason = event.reason;
      problem(memory, batch, order, event.code, event.reason);
      return;
    case 'order-unknown':
      order.status = 'unknown';
      return;
    case 'order-filled':
      fill(memory, batch, order, event, seq);
      return;
    case 'order-cancelled':
      if (event.filled <= amount(order.filled)) order.status = 'cancelled';
      else order.code = endedAt + formatAmount(event.filled);
      return;
    case 'cancel-rejected':
      return;
    default:
      unreachable(event);
  }
}

/** Mark of an order that left the book before its last fill was said. */
const endedAt = 'ended-with:';
const hasEnded = ({ code, filled }: Order): boolean =>
  code?.startsWith(endedAt) === true && amount(code.slice(endedAt.length)) <= amount(filled);

const wordsOf = ({ side, quantity, pair, price }: Filled): string =>
  `${side === 'buy' ? 'Bought' : 'Sold'} ${formatAmount(quantity)} ${baseOf(pair)} at ${formatAmount(price)}`;

function fill(memory: Memory, batch: Batch, order: Order, event: Filled, seq: number): void {
  const { ledger } = memory;
  const bot = order.bot as BotId;
  const id = event.clientOrderId;
  coverForeign(memory, batch, event, [orderBook(reservedBy(order)), botBook(bot), 'owner'], bot);
  const entries = ledger.fill({ ...event, bot, clientOrderId: reservedBy(order), at: event.at });
  batch.post(ledger, entries);
  order.filled = formatAmount(amount(order.filled) + event.quantity);
  order.placed_at ??= event.at;
  order.status = event.complete ? 'filled' : hasEnded(order) ? 'cancelled' : 'partly-filled';
  batch.say('info', bot, `${wordsOf(event)} (${order.role}, order ${id})`);
  batch.put('fills', {
    pair: event.pair,
    trade_id: event.tradeId,
    client_order_id: id,
    bot,
    deal: order.deal,
    side: event.side,
    price: formatAmount(event.price),
    quantity: formatAmount(event.quantity),
    fee: formatAmount(event.fee),
    fee_asset: event.feeAsset,
    maker: event.maker ? 1 : 0,
    at: event.at,
    vault_seq: seq,
  });
  if (order.deal !== null) withFill(memory, batch, order, event);
}

/**
 * A fill of an order that no bot here placed: of a program with a key of its own at the vault, or of a bot that was made after the
 * backup which this database was restored from. What it moved is the owner's.
 */
function ownersFill(memory: Memory, batch: Batch, event: Filled): void {
  const { ledger } = memory;
  coverForeign(memory, batch, event, ['owner'], null);
  batch.post(ledger, ledger.fill({ ...event, bot: null }));
  ledger.forgetTrades(event.clientOrderId); // each word of the vault is heard once (E6)
  batch.say('info', null, `${wordsOf(event)} by order ${event.clientOrderId}, which no bot here placed: it is the owner's`);
}

/** What the exchange has taken and none of these books holds came from outside: it is posted as such, and said. */
function coverForeign(memory: Memory, batch: Batch, event: Filled, books: readonly Book[], bot: BotId | null): void {
  const { ledger } = memory;
  const given = event.side === 'buy' ? multiply(event.price, event.quantity, 'up') : event.quantity;
  const asset = event.side === 'buy' ? quoteOf(event.pair) : baseOf(event.pair);
  const taken = event.side === 'buy' ? baseOf(event.pair) : quoteOf(event.pair);
  const lacking = (of: Asset, need: bigint): bigint => need - books.reduce((sum, book) => sum + ledger.balance(book, of), 0n);
  const fee = event.feeAsset === taken ? 0n : event.fee;
  const needed = new Map<Asset, bigint>([[asset, given]]);
  needed.set(event.feeAsset, (needed.get(event.feeAsset) ?? 0n) + fee);
  for (const [of, need] of needed) {
    const missing = lacking(of, need);
    if (missing <= 0n) continue;
    const what = `${formatAmount(missing)} ${of} that no book held were spent by order ${event.clientOrderId}`;
    batch.say('warning', bot, what);
    post(memory, batch, ledger.adjust(of, missing as Amount, `foreign:${event.tradeId}`, now(batch)));
  }
}

function problem(memory: Memory, batch: Batch, order: Order, code: string, reason: string): void {
  const bot = memory.bots.get(order.bot as BotId);
  if (bot === undefined) return;
  bot.row.problem = JSON.stringify({ at: batch.at, code, reason });
  batch.put('bots', bot.row);
  batch.say('warning', bot.row.id, `Order ${order.client_order_id} rejected by the exchange (${code}): ${reason}`);
}

function refusedInWords(batch: Batch, bot: Bot, intent: Intent, code: string, reason: string): void {
  bot.row.problem = JSON.stringify({ at: batch.at, code, reason });
  batch.put('bots', bot.row);
  const what = intent.kind === 'cancel-order' ? `Cancel of ${intent.clientOrderId}` : `Order ${intent.clientOrderId}`;
  batch.say('warning', bot.row.id, `${what} refused (${code}): ${reason}`);
}

/** The vault has approved; what then becomes of the order comes as events. */
export function approved(memory: Memory, batch: Batch, entry: Outbox): void {
  entry.state = 'approved';
  memory.planned.delete(entry.seq);
  const order = memory.orders.get(entry.client_order_id);
  if (entry.kind === 'cancel-order' && order === undefined) {
    // Its order has closed meanwhile: no further answer will come.
    entry.state = 'settled';
    memory.dropOutbox(entry);
  }
  batch.put('outbox', entry);
  if (entry.kind !== 'cancel-order') {
    const planned = placedBy(memory, entry).filter(({ status }) => status === 'planned');
    if (planned.length === 0) return;
    for (const each of planned) {
      each.status = 'approved';
      each.updated_at = batch.at;
      batch.put('orders', each);
    }
    const bot = memory.bots.get(entry.bot as BotId);
    if (bot !== undefined && bot.row.problem !== null) {
      bot.row.problem = null;
      batch.put('bots', bot.row);
    }
  }
}

/** The orders that an intent of the outbox places: one, or both legs of an OCO. */
const placedBy = (memory: Memory, entry: Outbox): readonly Order[] =>
  entry.kind === 'place-oco'
    ? [...memory.ordersOf(entry.bot)].filter(({ oco }) => oco === entry.client_order_id)
    : [memory.orders.get(entry.client_order_id)].filter((order) => order !== undefined);

/** The vault has refused for good: nothing of it will happen. */
export function refused(memory: Memory, batch: Batch, entry: Outbox, intent: Intent, code: RefusalCode, reason: string): void {
  entry.state = 'refused';
  entry.code = code;
  entry.reason = reason;
  memory.dropOutbox(entry);
  batch.put('outbox', entry);
  batch.journal('verdict', { clientOrderId: intent.clientOrderId, code, reason }, entry.bot);
  const bot = memory.bots.get(entry.bot as BotId);
  for (const order of entry.kind === 'cancel-order' ? [] : placedBy(memory, entry)) {
    order.status = 'refused';
    order.code = code;
    order.reason = reason;
    order.updated_at = batch.at;
    batch.put('orders', order);
    memory.dropOrder(order);
    releaseOf(memory, batch, order);
  }
  if (bot === undefined) return;
  refusedInWords(batch, bot, intent, code, reason);
  const step = { kind: 'refused', at: now(batch), intent, code, reason } as const;
  if (!stepBot(memory, batch, bot.runtime.id, step)) refreshBot(memory, batch, bot);
}

/** Posts what the account holds at connect. */
export function baseline(memory: Memory, batch: Batch, held: readonly { readonly asset: Asset; readonly total: Amount }[]): void {
  for (const { asset, total } of held) post(memory, batch, memory.ledger.baseline(asset, total, 'connect', now(batch)));
  memory.engine.baseline = 1;
  batch.put('engine', memory.engine);
  batch.say(
    'info',
    null,
    `Connected: ${held.map(({ asset, total }) => `${formatAmount(total)} ${asset}`).join(', ') || 'no balance'}`,
  );
}

/** Close of the newest closed minute per pair, in quote, with the time of the close. */
export type Closes = ReadonlyMap<Pair, { readonly at: number; readonly price: Amount }>;

/**
 * Value of everything held in assets that can be priced in the account's quote, at the close of the minute that ended at `at` or,
 * for pairs that closed none then, at the last price; undefined while a bot's pair has no price.
 */
export function equity(memory: Memory, at: number, closes: Closes): Amount | undefined {
  const quote = memory.engine.quote as Asset;
  const totals = memory.ledger.totals();
  let value = totals.get(quote) ?? 0n;
  for (const [of, rules] of memory.rules) {
    const total = totals.get(baseOf(of)) ?? 0n;
    if (quoteOf(of) !== quote || total === 0n) continue;
    const close = closes.get(of);
    const price = close?.at === at ? close.price : lastPrice(memory, of, rules);
    if (price === undefined) return undefined;
    value += multiply(total, price, 'down');
  }
  return value as Amount;
}

/** A tape that is skipped over publishes best prices but not every trade: a trade outside the spread is older than it. */
function lastPrice(memory: Memory, of: Pair, rules: PairRules): Amount | undefined {
  const known = memory.runtime.quote(of);
  if (known === undefined) return undefined;
  return priceAmount(known.last < known.bid ? known.bid : known.last > known.ask ? known.ask : known.last, rules);
}

/**
 * What the account was worth when a minute closed. Only then: between closes the newest price that was heard may be older or younger
 * than the fill beside it, and the fall from a peak would depend on which came first.
 */
export function sampleEquity(memory: Memory, batch: Batch, at: number, closes: Closes): void {
  const value = equity(memory, at, closes);
  if (value === undefined || memory.engine.baseline === 0) return;
  const quote = memory.engine.quote;
  const realised = formatAmount(memory.realised.get(quote) ?? 0n);
  batch.put('equity', { at, quote, value: formatAmount(value), realised });
}
