/**
 * One bot of a run: its runtime, its sub-book, what it has asked for and what it is told. The order of things is that of the
 * engine in lockstep with the simulated exchange (docs/decisions/0002-lockstep.md):
 *   O1  Within a tick: candle closes and times with the prices before it, then its prices are known, fills, what prices wake, times.
 *   O2  Intents reach the exchange one after the other in the order in which they were planned, `latencyMs` after it; each is
 *       answered before anything else happens there.
 *   O3  What the bot's own orders did to prices is told when all of its intents are answered, as a further picture of the same time.
 *   O4  What comes from outside at a time is heard after all else of that time.
 */
import {
  type Amount,
  type Asset,
  type BotId,
  baseOf,
  type ClientOrderId,
  type ClosedDeal,
  type EpochMs,
  type Intent,
  InvariantError,
  type Lots,
  legsOf,
  lots,
  notional,
  type OrderEvent,
  ordersOf,
  type Pair,
  type PlaceOrder,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Ticks,
  unreachable,
} from '@holdfast/domain';
import { type Due, type EventBody, Runtime, type RuntimeBot } from '@holdfast/runtime';
import { Account } from './account.ts';
import { FeeSchedule, feeOn } from './fee.ts';
import { askOf, misfit } from './filters.ts';
import type { Market } from './market.ts';
import type { MatchEvent } from './match.ts';
import type { Assumptions, Outside, RunFill, RunOrder } from './result.ts';

interface Planned {
  readonly intent: Intent;
  readonly due: number;
}

export interface SessionParts {
  readonly bot: RuntimeBot;
  readonly funds: Readonly<Record<string, Amount>>;
  readonly markets: readonly Market[];
  readonly assumptions: Assumptions;
  readonly outside: readonly Outside[];
  readonly keepsOrders: boolean;
  /** Called after a fill changed what the bot holds. */
  readonly onFill: (market: Market, account: Account, at: EpochMs) => void;
}

export class Session {
  readonly runtime = new Runtime();
  readonly account: Account;
  readonly fills: RunFill[] = [];
  readonly deals: ClosedDeal[] = [];
  readonly refused = new Map<string, number>();
  /** All orders by id, where they are kept. */
  readonly orders = new Map<string, RunOrder>();
  ordersPlaced = 0;
  fees = 0n;
  now = 0 as EpochMs;
  readonly #parts: SessionParts;
  readonly #id: BotId;
  readonly #schedule: FeeSchedule;
  readonly #outbox: Planned[] = [];
  readonly #orders = new Map<string, PlaceOrder>();
  /** The OCO of each open leg. */
  readonly #ocos = new Map<ClientOrderId, ClientOrderId>();
  #sent = 0;
  #outside: readonly Outside[] = [];
  #heard = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#id = parts.bot.id;
    this.account = new Account(parts.funds);
    this.#schedule = new FeeSchedule(parts.assumptions);
    this.runtime.add(parts.bot, []);
  }

  get bot(): RuntimeBot {
    return this.#parts.bot;
  }

  /** When the oldest intent reaches the exchange or the next word from outside the bot; Infinity when neither is on its way. */
  get arrival(): number {
    return Math.min(this.#due, this.#outside[this.#heard]?.at ?? Number.POSITIVE_INFINITY);
  }

  get #due(): number {
    return this.#outbox[this.#sent]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Begins with the prices of now. */
  start(at: EpochMs): void {
    this.now = at;
    this.#outside = this.#parts.outside.filter((word) => word.at >= at);
    for (const market of this.#parts.markets) this.runtime.know(market.quote());
    this.#step({ kind: 'started', at });
    this.#atOnce();
  }

  /** A candle of the market closed; the prices are still those of before. */
  closed(market: Market, intervals: readonly string[], held: readonly string[]): void {
    const { pair } = market.columns;
    for (const interval of intervals) this.#wake(this.runtime.onCandleClose(pair, interval));
    for (const condition of held) this.#wake(this.runtime.onCondition(pair, condition));
    this.onTime();
  }

  onTime(): void {
    this.#wake(this.runtime.onTime(this.now));
  }

  /** A tick of the market was played: its prices, its fills, what they wake. */
  ticked(market: Market, isHeard: boolean): void {
    const pictures = market.pictures(isHeard);
    const newest = pictures.at(-1);
    if (newest !== undefined) this.runtime.know(inside(newest));
    this.#deliver(market);
    for (const quote of pictures) this.#wake(this.runtime.onQuote(quote));
    this.onTime();
    this.#atOnce();
  }

  /** What arrives next, and all that is due then. */
  arrive(): void {
    this.now = this.arrival as EpochMs;
    this.#afterOrders();
    for (let word = this.#outside[this.#heard]; word !== undefined && word.at <= this.now; word = this.#outside[this.#heard]) {
      this.#heard++;
      this.#hear(word);
      this.#atOnce();
    }
  }

  #hear(word: Outside): void {
    const { kind, settings, state } = this.#parts.bot;
    if (word.kind === 'signal') {
      const event = { kind: 'signal', at: this.now, signal: word.signal } as const;
      const answer = kind.hears?.(settings, state, { ...event, quotes: this.runtime.quotes });
      if (answer === undefined) this.#count('signal-unsupported');
      else if (answer.kind === 'refused') this.#count(answer.code);
      if (answer !== undefined) this.#step(event);
      return;
    }
    const { command, pair } = word;
    if (kind.refuses(settings, state, command, pair) !== null) this.#count('command-refused');
    else this.#step({ kind: 'command', at: this.now, command, ...(pair === undefined ? {} : { pair }) });
  }

  /** Without latency intents are there at once, also between the ticks of two pairs at one time; else after all ticks of it. */
  #atOnce(): void {
    if (this.#parts.assumptions.latencyMs === 0) this.#afterOrders();
  }

  /** Everything that is due reaches the exchange and is answered, until nothing new comes of it. */
  #afterOrders(): void {
    while (this.#settle()) {
      const pictures: Quote[] = [];
      for (const market of this.#parts.markets) pictures.push(...market.pictures(market.matcher.takeBest()));
      for (const quote of pictures) this.runtime.know(inside(quote));
      for (const quote of pictures) this.#wake(this.runtime.onQuote(quote));
      this.onTime();
    }
  }

  /** Sends what is due and hands out the answers; whether anything was sent. */
  #settle(): boolean {
    let any = false;
    while (this.#due <= this.now) {
      const { intent } = this.#outbox[this.#sent++]!;
      if (this.#sent === this.#outbox.length) {
        this.#outbox.length = 0;
        this.#sent = 0;
      }
      any = true;
      const market = this.#marketOf(intent.pair);
      this.#send(market, intent);
      this.#deliver(market);
    }
    return any;
  }

  #marketOf(pair: Pair): Market {
    const market = this.#parts.markets.find(({ columns }) => columns.pair === pair);
    if (market === undefined) throw new InvariantError(`the bot trades ${pair}, of which there are no candles`);
    return market;
  }

  #send(market: Market, intent: Intent): void {
    const { matcher, columns } = market;
    switch (intent.kind) {
      case 'cancel-order':
        matcher.cancel(this.#legOf(intent.clientOrderId));
        return;
      case 'place-order': {
        const wrong = misfit(columns.rules, intent);
        if (wrong === undefined) matcher.place(askOf(intent, columns.rules));
        else this.#rejected(intent, '-1013', wrong);
        return;
      }
      case 'place-oco': {
        const { limit, stop } = legsOf(intent);
        const wrong = misfit(columns.rules, limit) ?? misfit(columns.rules, stop);
        if (wrong === undefined) matcher.placeOco(askOf(limit, columns.rules), askOf(stop, columns.rules));
        else for (const leg of [limit, stop]) this.#rejected(leg, '-1013', wrong);
        return;
      }
      default:
        unreachable(intent);
    }
  }

  /** An OCO is cancelled by its own name or by that of a leg. */
  #legOf(id: ClientOrderId): ClientOrderId {
    for (const [leg, oco] of this.#ocos) if (oco === id) return leg;
    return id;
  }

  #deliver(market: Market): void {
    while (market.matcher.events.length > 0) {
      const events = market.matcher.events;
      market.matcher.events = [];
      for (const event of events) this.#tell(market, event);
    }
  }

  #tell(market: Market, event: MatchEvent): void {
    switch (event.kind) {
      case 'accepted':
        this.#mark(event.order.id, { status: 'resting' });
        this.#say(this.#order(event.order.id), { kind: 'order-accepted', exchangeOrderId: String(event.order.rank) });
        return;
      case 'rejected':
        this.#rejected(this.#order(event.ask.id), event.code, event.reason);
        return;
      case 'filled':
        this.#filled(market, event);
        return;
      case 'ended': {
        const { id, executed } = event.order;
        const filled = quantityAmount(executed as Lots, market.columns.rules);
        const order = this.#order(id);
        this.#mark(id, { status: 'cancelled' });
        this.#close(id);
        this.#say(order, { kind: 'order-cancelled', cause: event.cause, filled });
        return;
      }
      case 'cancel-rejected': {
        const order = this.#orders.get(event.id);
        const side = order?.side ?? 'buy';
        const said = { kind: 'cancel-rejected', code: '-2011', reason: 'Unknown order sent.' } as const;
        const base = { clientOrderId: event.id, pair: market.columns.pair, side, at: this.now };
        this.#step({ kind: 'order-event', at: this.now, event: { ...base, ...said } });
        return;
      }
    }
  }

  #filled(market: Market, { order, price, lots: filledLots, maker, trade }: Extract<MatchEvent, { kind: 'filled' }>): void {
    const { rules, pair } = market.columns;
    const { assumptions, onFill } = this.#parts;
    const quantity = quantityAmount(lots(filledLots), rules);
    const at = this.now;
    const value = notional(price as Ticks, lots(filledLots), rules, order.side === 'buy' ? 'up' : 'down');
    const isInBase = order.side === 'buy' && assumptions.feeIn === 'received';
    const fee = feeOn(isInBase ? quantity : value, this.#schedule.shareOf(maker, value, at));
    const feeAsset: Asset = isInBase ? baseOf(pair) : quoteOf(pair);
    const complete = order.executed === order.lots;
    const fill: RunFill = {
      clientOrderId: order.id,
      pair,
      side: order.side,
      price: priceAmount(price as Ticks, rules),
      quantity,
      complete,
      fee,
      feeAsset,
      maker,
      at,
    };
    this.fills.push(fill);
    this.account.fill(this.#ocos.get(order.id) ?? order.id, fill);
    // Fees of all assets are counted in quote at the price of their fill.
    this.fees += isInBase ? (fee * fill.price) / 10n ** 18n : fee;
    const placed = this.#order(order.id);
    if (complete) this.#close(order.id);
    onFill(market, this.account, at);
    const filled = quantityAmount(lots(order.executed), rules);
    this.#mark(order.id, { status: complete ? 'filled' : 'partly-filled', filled });
    const { price: paid } = fill;
    this.#say(placed, {
      kind: 'order-filled',
      tradeId: String(trade),
      price: paid,
      quantity,
      filled,
      complete,
      fee,
      feeAsset,
      maker,
    });
  }

  #rejected(intent: PlaceOrder, code: string, reason: string): void {
    this.#count(code);
    this.#mark(intent.clientOrderId, { status: 'rejected' });
    this.#close(intent.clientOrderId);
    this.#say(intent, { kind: 'order-rejected', code, reason });
  }

  #order(id: string): PlaceOrder {
    const order = this.#orders.get(id);
    if (order === undefined) throw new InvariantError(`order ${id} was never placed`);
    return order;
  }

  /** Funds of an OCO are free when both legs are gone. */
  #close(id: ClientOrderId): void {
    this.#orders.delete(id);
    const oco = this.#ocos.get(id);
    this.#ocos.delete(id);
    if (oco === undefined) this.account.release(id);
    else if (![...this.#ocos.values()].includes(oco)) this.account.release(oco);
  }

  #say({ clientOrderId, pair, side }: PlaceOrder, said: Said): void {
    const event = { clientOrderId, pair, side, at: this.now, ...said } as OrderEvent;
    this.#step({ kind: 'order-event', at: this.now, event });
  }

  // The bot

  #wake(dues: readonly Due[]): void {
    for (const due of dues) if (this.runtime.stillDue(due)) this.#step({ kind: 'woken', at: this.now, wake: due.wake });
  }

  #step(body: EventBody): void {
    const outcome = this.runtime.step(this.#id, body, this.account.state);
    if (!outcome.changed) return;
    for (const { code } of outcome.heldBack) this.#count(code);
    const { kind } = this.#parts.bot;
    for (const deal of kind.closedDeals(outcome.before, outcome.after)) this.deals.push(deal);
    for (const intent of outcome.intents) this.#plan(intent);
  }

  #plan(intent: Intent): void {
    if (intent.kind !== 'cancel-order') {
      this.account.reserve(intent);
      for (const order of ordersOf(intent)) {
        this.#orders.set(order.clientOrderId, order);
        if (intent.kind === 'place-oco') this.#ocos.set(order.clientOrderId, intent.clientOrderId);
        this.ordersPlaced++;
        this.#keep(order);
      }
    }
    this.#outbox.push({ intent, due: this.now + this.#parts.assumptions.latencyMs });
  }

  #keep({ clientOrderId, pair, side, order: kind, limit, quantity }: PlaceOrder): void {
    if (!this.#parts.keepsOrders) return;
    const plannedAt = this.now;
    const filled = 0n as Amount;
    this.orders.set(clientOrderId, { clientOrderId, pair, side, kind, limit, quantity, filled, status: 'planned', plannedAt });
  }

  #mark(id: string, change: Partial<Pick<RunOrder, 'status' | 'filled'>>): void {
    const order = this.orders.get(id);
    if (order !== undefined) this.orders.set(id, { ...order, ...change });
  }

  #count(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}

/** A last price that the best prices have left behind is the nearer of the two. */
const inside = (quote: Quote): Quote =>
  quote.last < quote.bid ? { ...quote, last: quote.bid } : quote.last > quote.ask ? { ...quote, last: quote.ask } : quote;

type Said = OrderEvent extends infer Each
  ? Each extends OrderEvent
    ? Omit<Each, 'clientOrderId' | 'pair' | 'side' | 'at'>
    : never
  : never;
