/**
 * One bot of a run: its runtime, its sub-book, what it has asked for and what it is told. The order of things is that of the
 * engine in lockstep with the simulated exchange (docs/decisions/0002-lockstep.md):
 *   O1  Within a tick: candle closes and times with the prices before it, then its prices are known, fills, what prices wake, times.
 *   O2  Intents reach the exchange one after the other in the order in which they were planned, `latencyMs` after it; each is
 *       answered before anything else happens there.
 *   O3  What the bot's own orders did to prices is told when all of its intents are answered, as a further picture of the same time.
 *   O4  What comes from outside at a time is heard after all else of that time, wakes of times that passed since the last tick too.
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
import { type ConditionSignal, type ConditionSignals, holdsWith } from './conditions.ts';
import { FeeSchedule, feeOn } from './fee.ts';
import { askOf, refusalOf } from './filters.ts';
import type { Margin } from './margin.ts';
import type { Market } from './market.ts';
import type { MatchEvent } from './match.ts';
import type { Assumptions, Outside, RunFill, RunOrder } from './result.ts';
import { RunError } from './run-error.ts';

interface Planned {
  readonly intent: Intent;
  readonly due: number;
}

/** Orders and cancels of one moment; 199 deals of 200 orders each, and what they do at once, are far below it. */
const plannedMost = 200_000;

export interface SessionParts {
  readonly bot: RuntimeBot;
  readonly funds: Readonly<Record<string, Amount>>;
  readonly markets: readonly Market[];
  readonly assumptions: Assumptions;
  /** On perpetuals; its book is that of `account`. */
  readonly margin?: (account: Account) => Margin;
  readonly outside: readonly Outside[];
  readonly keepsOrders: boolean;
  /** Called after a fill, funding or liquidation changed what the bot holds. */
  readonly onFill: (market: Market, account: Account, at: EpochMs) => void;
}

export class Session {
  readonly runtime = new Runtime();
  readonly account: Account;
  readonly margin: Margin | undefined;
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
  /** How much was planned since time went on. */
  #planned = 0;
  #plannedAt = Number.NEGATIVE_INFINITY;
  /** Signals that conditions of a pair count: all that nobody refused. */
  readonly #signals = new Map<Pair, ConditionSignals>();
  #outside: readonly Outside[] = [];
  #heard = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#id = parts.bot.id;
    this.account = new Account(parts.funds);
    this.margin = parts.margin?.(this.account);
    this.#schedule = new FeeSchedule(parts.assumptions);
    const signals = parts.outside.flatMap((word) =>
      word.kind === 'signal' && word.signal.ask.kind === 'condition'
        ? [{ name: `${word.signal.ask.name}@${this.#id}`, at: word.at }]
        : [],
    );
    for (const { columns } of parts.markets) this.#signals.set(columns.pair, signals);
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

  /** Whether all was taken: nothing happens any more. */
  get isOver(): boolean {
    return this.margin !== undefined && this.margin.liquidation !== null;
  }

  /** When funding is due; Infinity on spot. It comes before all else of its time. */
  get fundingAt(): number {
    return this.margin?.fundingAt ?? Number.POSITIVE_INFINITY;
  }

  fund(): void {
    this.now = this.fundingAt as EpochMs;
    this.margin?.fund();
    this.#parts.onFill(this.#parts.markets[0]!, this.account, this.now);
  }

  /** Whether all is taken on the way to `price`, before anything else happens there. */
  isTakenBefore(market: Market, price: number): boolean {
    if (this.margin?.isTakenBefore(market, price) !== true) return false;
    this.#take(market, price);
    return true;
  }

  #take(market: Market, price: number): void {
    this.margin?.take(market, price, this.now);
    this.#parts.onFill(market, this.account, this.now);
  }

  /** A tick of the market was played: its prices, its fills, what they wake. */
  ticked(market: Market, isHeard: boolean): void {
    const pictures = market.pictures(isHeard);
    const newest = pictures.at(-1);
    if (newest !== undefined) this.runtime.know(inside(newest));
    this.#deliver(market);
    if (this.margin?.isTaken() === true) {
      this.#take(market, market.matcher.anchor);
      return;
    }
    for (const quote of pictures) this.#wake(this.runtime.onQuote(quote));
    this.onTime();
    this.#atOnce();
  }

  /** What arrives next, and all that is due then. */
  arrive(): void {
    this.now = this.arrival as EpochMs;
    this.#afterOrders();
    if ((this.#outside[this.#heard]?.at ?? Number.POSITIVE_INFINITY) <= this.now) {
      this.onTime(); // Nobody calls between two ticks unless somebody speaks.
      this.#atOnce();
    }
    for (let word = this.#outside[this.#heard]; word !== undefined && word.at <= this.now; word = this.#outside[this.#heard]) {
      this.#heard++;
      this.#hear(word);
      this.#atOnce();
    }
  }

  #hear(word: Outside): void {
    const { kind, settings, state } = this.#parts.bot;
    if (word.kind === 'signal') {
      const of = word.pair === undefined ? {} : { pair: word.pair };
      const event = { kind: 'signal', at: this.now, signal: word.signal, ...of } as const;
      const answer = kind.hears?.(settings, state, { ...event, quotes: this.runtime.quotes });
      if (answer === undefined) this.#count('signal-unsupported');
      else if (answer.kind === 'refused') this.#count(answer.code);
      const { ask } = word.signal;
      const waits = ask.kind === 'condition' && answer?.kind === 'taken' ? this.#waitsFor(ask.name, word.pair) : null;
      if (waits?.length === 0) this.#count('signal-not-now');
      else if (answer !== undefined) this.#step(event);
      if (ask.kind === 'condition') this.#tellConditions(`${ask.name}@${this.#id}`, waits ?? []);
      return;
    }
    const { command, pair, deal } = word;
    const which = { ...(pair === undefined ? {} : { pair }), ...(deal === undefined ? {} : { deal }) };
    if (kind.refuses(settings, state, command, pair, deal) !== null) this.#count('command-refused');
    else this.#step({ kind: 'command', at: this.now, command, ...which });
  }

  /** Conditions of the bot that wait for a signal, of one pair or of all. */
  #waitsFor(name: string, of: Pair | undefined) {
    return this.runtime
      .wakesOf(this.#id)
      .flatMap((wake) => (wake.kind === 'condition' && wake.condition.includes(`"name":"${name}@${this.#id}"`) ? [wake] : []))
      .filter(({ pair }) => of === undefined || pair === of);
  }

  /** A signal counts where a condition waits for it, as in the engine; there it wakes the bot if the condition holds with it. */
  #tellConditions(name: string, waits: readonly { readonly pair: Pair; readonly condition: string }[]): void {
    const isIt = (signal: ConditionSignal): boolean => signal.name === name && signal.at === this.now;
    for (const [of, signals] of this.#signals)
      if (!waits.some(({ pair }) => pair === of))
        this.#signals.set(
          of,
          signals.filter((each) => !isIt(each)),
        );
    for (const { pair, condition } of waits) {
      const signals = this.signalsOf(pair);
      const signal = signals.find(isIt);
      if (signal !== undefined && holdsWith(this.#marketOf(pair).columns, condition, signals, signal))
        this.#wake(this.runtime.onCondition(pair, condition));
    }
  }

  /** Signals that conditions of the pair count. */
  signalsOf(pair: Pair): ConditionSignals {
    return this.#signals.get(pair) ?? [];
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
        const refused = refusalOf(market, intent, 0, this.#long(market)) ?? this.margin?.refusal(market, intent);
        if (refused === undefined) matcher.place(askOf(intent, columns.rules));
        else this.#rejected(intent, String(refused.code), refused.msg);
        return;
      }
      case 'place-oco': {
        const { limit, stop } = legsOf(intent);
        const held = this.#long(market);
        const filtered = refusalOf(market, stop, 0, held) ?? refusalOf(market, limit, 1, held);
        const refused = filtered ?? this.margin?.refusal(market, stop.limit > limit.limit ? stop : limit);
        if (refused === undefined) matcher.placeOco(askOf(limit, columns.rules), askOf(stop, columns.rules));
        else for (const leg of [limit, stop]) this.#rejected(leg, String(refused.code), refused.msg);
        return;
      }
      default:
        unreachable(intent);
    }
  }

  /** Base, free or reserved; on perpetuals the position, below zero where it is short. */
  held({ columns: { pair } }: Market): bigint {
    return this.margin?.position(pair) ?? this.account.total(baseOf(pair));
  }

  /** What filters count as held. */
  #long(market: Market): bigint {
    const held = this.held(market);
    return held < 0n ? 0n : held;
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
    market.traded(at, price, filledLots, maker);
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
    if (this.now !== this.#plannedAt) [this.#plannedAt, this.#planned] = [this.now, 0];
    if (++this.#planned > plannedMost)
      throw new RunError(
        'bot-restless',
        `The bot asked for more than ${plannedMost} orders and cancels at ${new Date(this.now).toISOString()}: it goes round in a circle, and time stands still`,
      );
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
