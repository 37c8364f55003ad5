/**
 * The simulated exchange's rules for the orders of one run on one market, in ticks and lots: no users but the bot, no bigint.
 * What an order costs and whether the bot has it is not looked at here.
 *   T1  A resting order fills at its own price (or the open, where a candle opens beyond it and the rules say so) when a tick
 *       reaches it, best price first, then the one that came first, within the tick's volume share; buys before sells.
 *   T2  A taker meets the house, whose bid is the tick's price and whose ask lies a spread above; never through an own order.
 *   T3  Every price that is printed or moved to may set off waiting stops, in the order in which they were placed. A stop that
 *       takes at its trigger takes at a point of the path that was passed: nobody hears of its price again.
 */
import type { ClientOrderId, Side } from '@holdfast/domain';
import { bestHouseQuote } from '@holdfast/exchanges/simulated/rules';
import type { Ask, Best, BookOrder, MatchEvent, MatchRules } from './match.ts';

export type { MatchEvent } from './match.ts';

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

const failed = (filter: string): Refusal => ({ code: '-1013', reason: `Filter failure: ${filter}` });
const wrongPrices: Refusal = { code: '-2010', reason: 'The relationship of the prices for the orders is not correct.' };

const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

const openOf = ({ price, lots, executed }: BookOrder): number => price * (lots - executed);

export class Matcher {
  readonly #rules: MatchRules;
  /** The next one to fill is at the end. */
  readonly #bids: BookOrder[] = [];
  readonly #asks: BookOrder[] = [];
  readonly #stops: BookOrder[] = [];
  readonly #byId = new Map<ClientOrderId, BookOrder>();
  readonly #consumed = new Map<number, number>();
  #rank = 1;
  #trade = 1;
  #lists = 0;
  #tickRank = 0;
  #tickCount = 0;
  #anchor: number;
  /** Whether the tick that is played opens a candle. */
  #opens = false;
  /** Whether what is traded now lies behind the price of the tick. */
  #isBehind = false;
  #pending: number[] = [];
  /** What was said last; undefined where that is the best of now. */
  #published: Best | undefined;
  /** Price of the newest trade or move, in ticks. */
  last: number;
  /** Smallest distance of two orders that rested on one side together, in ticks. */
  leastDistance = Number.POSITIVE_INFINITY;
  /** What happened since it was last taken away. */
  events: MatchEvent[] = [];
  /** Prices of trades since they were last taken away. */
  prints: number[] = [];

  /** @param price of before the first tick */
  constructor(rules: MatchRules, price: number) {
    this.#rules = rules;
    this.#anchor = price;
    this.last = price;
  }

  get openOrders(): number {
    return this.#byId.size;
  }

  /** Stops that wait for their trigger. */
  get waitingStops(): number {
    return this.#stops.length;
  }

  /** What open buys may still bring. */
  get openBuyLots(): number {
    let lots = 0;
    for (const { side, lots: all, executed } of this.#byId.values()) if (side === 'buy') lots += all - executed;
    return lots;
  }

  /** Price of the newest tick. */
  get anchor(): number {
    return this.#anchor;
  }

  /** A price at or below this one may fill or set off an order; 0 when none can. */
  get below(): number {
    const bid = this.#bids.at(-1)?.price ?? 0;
    let below = this.#rules.fill === 'through' ? bid - 1 : bid;
    for (const { side, trigger } of this.#stops) if (side === 'sell' && trigger > below) below = trigger;
    return below;
  }

  /** A price at or above this one may fill or set off an order; Infinity when none can. */
  get above(): number {
    const ask = this.#asks.at(-1)?.price ?? Number.POSITIVE_INFINITY;
    let above = this.#rules.fill === 'through' ? ask + 1 : ask;
    for (const { side, trigger } of this.#stops) if (side === 'buy' && trigger < above) above = trigger;
    return above;
  }

  /** Highest trigger of a sale that waits; 0 without one. */
  get saleTrigger(): number {
    let highest = 0;
    for (const { side, trigger } of this.#stops) if (side === 'sell' && trigger > highest) highest = trigger;
    return highest;
  }

  /** Lowest trigger of a purchase that waits; Infinity without one. */
  get purchaseTrigger(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const { side, trigger } of this.#stops) if (side === 'buy' && trigger < lowest) lowest = trigger;
    return lowest;
  }

  /** Ticks times lots that open orders of each side may still trade; of the two of an OCO the dearer counts. */
  get openValues(): { readonly buys: number; readonly sells: number } {
    const sums = { buys: 0, sells: 0 };
    for (const order of this.#byId.values()) {
      const value = openOf(order);
      const other = order.twin === undefined ? 0 : openOf(order.twin);
      if (value < other || (value === other && order.twin !== undefined && order.rank > order.twin.rank)) continue;
      sums[order.side === 'buy' ? 'buys' : 'sells'] += value;
    }
    return sums;
  }

  /** Ticks that touched nothing went by: the newest had this price and was the `count`th. */
  pass(price: number, count: number): void {
    this.last = price;
    this.#anchor = price;
    this.#tickCount = count;
    this.#tickRank = this.#rank;
    if (this.#consumed.size > 0) this.#consumed.clear();
    this.#published = undefined;
  }

  /** One tick of the tape, the `count`th, which may open a candle; whether it said anything to who listens to prices. */
  tick(price: number, volume: number, count: number, opens = false): boolean {
    if (volume === 0) this.#published ??= this.best();
    this.#opens = opens;
    this.#tickCount = count;
    this.#tickRank = this.#rank;
    this.#anchor = price;
    if (this.#consumed.size > 0) this.#consumed.clear();
    const filled = this.#fillReached(price, volume);
    if (volume > filled) this.#print(price);
    else if (filled === 0 || this.last !== price) this.#move(price);
    this.#finish();
    if (this.prints.length === 0) return this.takeBest();
    this.#published = undefined;
    return true;
  }

  place(ask: Ask): void {
    this.#published ??= this.best();
    const refused = this.#refusal(ask);
    if (refused !== undefined) {
      this.events.push({ kind: 'rejected', ask, ...refused });
      return;
    }
    const order = this.#create(ask);
    this.events.push({ kind: 'accepted', order });
    if (order.waits) this.#stops.push(order);
    else this.#work(order);
    this.#finish();
  }

  /** Two orders of which one at most trades: one that rests and a stop on the other side of the market. */
  placeOco(limit: Ask, stop: Ask): void {
    this.#published ??= this.best();
    const refused = this.#ocoRefusal(limit, stop);
    if (refused !== undefined) {
      for (const ask of [limit, stop]) this.events.push({ kind: 'rejected', ask, ...refused });
      return;
    }
    const list = ++this.#lists;
    const waiting = this.#create(stop, list);
    const resting = this.#create(limit, list);
    waiting.twin = resting;
    resting.twin = waiting;
    for (const order of [waiting, resting]) this.events.push({ kind: 'accepted', order });
    this.#stops.push(waiting);
    this.#queue(resting);
    this.#finish();
  }

  /** In the order in which the exchange looks: counts, prices, counts of OCOs, the book. */
  #ocoRefusal(limit: Ask, stop: Ask): Refusal | undefined {
    const counted = this.#overCount(stop, 0) ?? this.#overCount(limit, 1);
    if (counted !== undefined) return counted;
    const [upper, lower] = limit.side === 'sell' ? [limit.price, stop.trigger] : [stop.trigger, limit.price];
    if (upper <= this.last || lower >= this.last) return wrongPrices;
    if (this.#openLists() >= this.#rules.maxOrderLists) return failed('MAX_NUM_ORDER_LISTS');
    return this.#misplaced(stop) ?? this.#misplaced({ ...limit, kind: 'post-only' });
  }

  #openLists(): number {
    const open = new Set<number>();
    for (const { list } of this.#byId.values()) if (list > 0) open.add(list);
    return open.size;
  }

  #create(ask: Ask, list = 0): BookOrder {
    const waits = ask.kind === 'stop-limit';
    const order: BookOrder = { ...ask, executed: 0, rank: this.#rank++, ahead: 0, waits, twin: undefined, list };
    this.#byId.set(order.id, order);
    return order;
  }

  cancel(id: ClientOrderId): void {
    this.#published ??= this.best();
    const order = this.#byId.get(id);
    if (order === undefined) {
      this.events.push({ kind: 'cancel-rejected', id });
      return;
    }
    const { twin } = order;
    for (const each of twin === undefined ? [order] : [order, twin].sort((a, b) => a.rank - b.rank)) {
      each.twin = undefined;
      this.#unqueue(each);
      this.#end(each, 'cancel');
    }
    this.#finish();
  }

  /** The best prices of the visible book: the house's and the bot's own. */
  best(): Best {
    const bid = this.#bestOf('buy');
    const ask = this.#bestOf('sell');
    return { bid: bid.price, bidLots: bid.lots, ask: ask.price, askLots: ask.lots };
  }

  /** Whether the best prices differ from those taken before. */
  takeBest(): boolean {
    const before = this.#published;
    if (before === undefined) return false;
    const best = this.best();
    this.#published = undefined;
    return (
      before.bid !== best.bid || before.ask !== best.ask || before.bidLots !== best.bidLots || before.askLots !== best.askLots
    );
  }

  #refusal(ask: Ask): Refusal | undefined {
    return this.#overCount(ask, 0) ?? this.#misplaced(ask);
  }

  /** @param ahead orders of the same request that count as open */
  #overCount({ kind }: Ask, ahead: number): Refusal | undefined {
    const { maxOrders, maxAlgoOrders } = this.#rules;
    if (this.#byId.size + ahead >= maxOrders) return failed('MAX_NUM_ORDERS');
    if (kind === 'stop-limit' && this.#stops.length >= maxAlgoOrders) return failed('MAX_NUM_ALGO_ORDERS');
    return undefined;
  }

  #misplaced(ask: Ask): Refusal | undefined {
    if (ask.kind === 'stop-limit' && (ask.side === 'buy' ? ask.trigger <= this.last : ask.trigger >= this.last))
      return { code: '-2010', reason: 'Order would trigger immediately.' };
    if (ask.kind === 'post-only' && this.#wouldTake(ask))
      return { code: '-2010', reason: 'Order would immediately match and take.' };
    return undefined;
  }

  #wouldTake({ side, price }: Ask): boolean {
    const best = this.best();
    return side === 'buy' ? best.ask !== 0 && price >= best.ask : price <= best.bid;
  }

  // Resting orders

  #side(side: Side): BookOrder[] {
    return side === 'buy' ? this.#bids : this.#asks;
  }

  #queue(order: BookOrder): void {
    const orders = this.#side(order.side);
    const sign = order.side === 'buy' ? 1 : -1;
    // The end of the list is the front of the queue.
    let place = orders.length;
    while (place > 0 && this.#isBefore(orders[place - 1]!, order, sign)) place--;
    orders.splice(place, 0, order);
    order.ahead = this.#rules.aheadLots;
    for (const beside of [orders[place - 1], orders[place + 1]]) {
      const apart = beside === undefined ? 0 : Math.abs(beside.price - order.price);
      if (apart > 0 && apart < this.leastDistance) this.leastDistance = apart;
    }
  }

  #isBefore(a: BookOrder, b: BookOrder, sign: number): boolean {
    const difference = (a.price - b.price) * sign;
    return difference > 0 || (difference === 0 && a.rank < b.rank);
  }

  #unqueue(order: BookOrder): void {
    const orders = order.waits ? this.#stops : this.#side(order.side);
    const at = orders.indexOf(order);
    if (at >= 0) orders.splice(at, 1);
  }

  #end(order: BookOrder, cause: 'cancel' | 'expired'): void {
    this.#byId.delete(order.id);
    this.events.push({ kind: 'ended', order, cause });
  }

  /** One leg of an OCO goes on: the other is over. */
  #prevail(order: BookOrder): void {
    const { twin } = order;
    if (twin === undefined) return;
    order.twin = undefined;
    twin.twin = undefined;
    this.#unqueue(twin);
    this.#end(twin, 'expired');
  }

  #isReached({ price, side }: BookOrder, at: number): boolean {
    if (this.#rules.fill !== 'through' && price === at) return true;
    return side === 'buy' ? price > at : price < at;
  }

  #fillReached(price: number, volume: number): number {
    const share = this.#rules.volumeShareBps;
    let available = share === null ? Number.POSITIVE_INFINITY : Math.floor((volume * share) / 10_000);
    let filled = 0;
    for (const orders of [this.#bids, this.#asks]) {
      for (;;) {
        const order = orders.at(-1);
        if (order === undefined || available <= 0 || !this.#isReached(order, price)) break;
        const lots = Math.min(available, order.lots - order.executed, this.#turnOf(order, price, volume - filled));
        if (lots <= 0) break;
        const paid = this.#rules.gaps === 'open' && this.#opens ? price : order.price;
        this.#prevail(order);
        this.#fill(order, paid, lots, true);
        this.#print(paid);
        available -= lots;
        filled += lots;
      }
    }
    if (this.#rules.fill === 'queue') this.#shorten(price, volume);
    return filled;
  }

  /** Lots that reach an order in its queue; who is passed waits for nobody. */
  #turnOf({ price, ahead }: BookOrder, at: number, volume: number): number {
    return this.#rules.fill === 'queue' && price === at ? volume - ahead : Number.POSITIVE_INFINITY;
  }

  /** What traded at a price stood ahead of who waits there. */
  #shorten(price: number, volume: number): void {
    for (const orders of [this.#bids, this.#asks])
      for (let at = orders.length - 1; at >= 0 && this.#isReached(orders[at]!, price); at--) {
        const order = orders[at]!;
        order.ahead = order.price === price ? Math.max(0, order.ahead - volume) : 0;
      }
  }

  #fill(order: BookOrder, price: number, lots: number, maker: boolean): void {
    order.executed += lots;
    const isDone = order.executed === order.lots;
    if (isDone) {
      if (maker) this.#unqueue(order);
      this.#byId.delete(order.id);
    }
    // The event keeps what the order had then: another fill may follow before it is read.
    this.events.push({ kind: 'filled', order: { ...order }, price, lots, maker, trade: this.#trade++ });
  }

  // Prices and stops

  #print(price: number): void {
    if (this.#isBehind) return;
    this.prints.push(price);
    this.#move(price);
  }

  #move(price: number): void {
    this.last = price;
    if (this.#stops.length > 0) this.#pending.push(price);
  }

  #finish(): void {
    for (let price = this.#pending.shift(); price !== undefined; price = this.#pending.shift()) {
      const set = this.#stops.filter(({ side, trigger }) => (side === 'buy' ? trigger <= price! : trigger >= price!));
      if (set.length > 1) set.sort((a, b) => a.rank - b.rank);
      for (const order of set) this.#trigger(order);
    }
  }

  #trigger(order: BookOrder): void {
    if (!order.waits || !this.#byId.has(order.id)) return;
    this.#unqueue(order);
    this.#prevail(order);
    order.waits = false;
    order.rank = this.#rank++;
    if (this.#rules.stops === 'path' || this.#opens) this.#work(order);
    else this.#workAtTrigger(order);
  }

  /** The path was there on its way to the price of now. */
  #workAtTrigger(order: BookOrder): void {
    const anchor = this.#anchor;
    this.#anchor = order.trigger;
    this.#isBehind = true;
    this.#work(order);
    this.#isBehind = false;
    this.#anchor = anchor;
  }

  // Taking

  #work(order: BookOrder): void {
    if (order.kind === 'fok' && !this.#fillsWhole(order)) {
      this.#end(order, 'expired');
      return;
    }
    this.#match(order);
    if (order.executed === order.lots) return;
    if (order.kind === 'ioc') this.#end(order, 'expired');
    else this.#queue(order);
  }

  #match(taker: BookOrder): void {
    const side = opposite(taker.side);
    while (taker.executed < taker.lots) {
      const own = this.#side(side).at(-1);
      const quote = this.#houseBest(side);
      const isHouse = quote !== undefined && (own === undefined || this.#comesFirst(quote.price, own));
      const price = isHouse ? this.#slipped(quote.price, taker.side) : own?.price;
      if (price === undefined || (taker.side === 'buy' ? price > taker.price : price < taker.price)) return;
      if (!isHouse) {
        // Self-trade prevention: the order that rests gives way.
        this.#unqueue(own!);
        this.#end(own!, 'expired');
        this.#prevail(own!);
        continue;
      }
      const lots = Math.min(taker.lots - taker.executed, quote.lots);
      if (this.#rules.house !== null) consume(this.#consumed, side, quote.price, lots);
      this.#fill(taker, price, lots, false);
      this.#print(price);
    }
  }

  /** Whether the house offers all of it within its limit; orders of the bot's own would give way. */
  #fillsWhole({ side, price: limit, lots }: BookOrder): boolean {
    const of = opposite(side);
    const consumed = new Map(this.#consumed);
    for (let left = lots; left > 0; ) {
      const quote = this.#houseBest(of, consumed);
      const price = quote === undefined ? undefined : this.#slipped(quote.price, side);
      if (quote === undefined || price === undefined || (side === 'buy' ? price > limit : price < limit)) return false;
      left -= Math.min(left, quote.lots);
      consume(consumed, of, quote.price, quote.lots);
    }
    return true;
  }

  #slipped(price: number, side: Side): number {
    return side === 'buy' ? price + this.#rules.slippageTicks : Math.max(1, price - this.#rules.slippageTicks);
  }

  #comesFirst(price: number, own: BookOrder): boolean {
    if (price === own.price) return own.rank >= this.#tickRank;
    return own.side === 'buy' ? price > own.price : price < own.price;
  }

  /** The house's best quote of a side, never at or through the bot's best order of the other. */
  #houseBest(
    side: Side,
    consumed: ReadonlyMap<number, number> = this.#consumed,
  ): { readonly price: number; readonly lots: number } | undefined {
    const { house, spreadTicks } = this.#rules;
    const limit = this.#side(opposite(side)).at(-1)?.price ?? 0;
    if (house === null) {
      const price =
        side === 'buy'
          ? limit === 0
            ? this.#anchor
            : Math.min(this.#anchor, limit - 1)
          : Math.max(this.#anchor + spreadTicks, limit + 1);
      return price > 0 ? { price, lots: Number.POSITIVE_INFINITY } : undefined;
    }
    const state = { anchor: this.#anchor, tickCount: this.#tickCount, consumed };
    const best = bestHouseQuote(side === 'buy' ? 'BUY' : 'SELL', house, state, limit);
    return best === undefined ? undefined : { price: best.price, lots: best.quantity };
  }

  #bestOf(side: Side): { readonly price: number; readonly lots: number } {
    const quote = this.#houseBest(side);
    const orders = this.#side(side);
    const own = orders.at(-1);
    if (own === undefined) return quote ?? { price: 0, lots: 0 };
    if (quote !== undefined && (side === 'buy' ? quote.price > own.price : quote.price < own.price)) return quote;
    let lots = quote?.price === own.price ? quote.lots : 0;
    for (let at = orders.length - 1; at >= 0 && orders[at]!.price === own.price; at--)
      lots += orders[at]!.lots - orders[at]!.executed;
    return { price: own.price, lots };
  }
}

/** Counts what a taker has taken of the house's quote at a price. */
function consume(consumed: Map<number, number>, side: Side, price: number, lots: number): void {
  const key = side === 'buy' ? -price : price;
  consumed.set(key, (consumed.get(key) ?? 0) + lots);
}
