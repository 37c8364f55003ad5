/**
 * A model of an exchange and of the vault before it, for property tests of bots: it does what it is told to do, in the
 * order in which it is told, and refuses what a real one would. Every answer waits in a queue until the test takes it,
 * so a fill can be on its way while its cancel is.
 *   T1  base and quote are conserved: what an order gives, the market gets, and the other way round, less the fee.
 *   T2  An order that the balance does not cover is a failure of the bot under test, and throws.
 */
import {
  type Amount,
  amount,
  baseOf,
  type CancelOrder,
  type ClientOrderId,
  divide,
  type EpochMs,
  epochMs,
  type Intent,
  type Lots,
  legsOf,
  lots,
  multiply,
  type OrderEvent,
  ordersOf,
  type PairRules,
  type PlaceOco,
  type PlaceOrder,
  type PlacingIntent,
  pair,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type RefusalCode,
  type Ticks,
  takesAtOnce,
  ticks,
  toLots,
  toTicks,
  unit,
} from '@holdfast/domain';

/** What the bot is told: an event of an order, or a refusal. */
export type Answer =
  | { readonly kind: 'order-event'; readonly event: OrderEvent }
  | { readonly kind: 'refused'; readonly intent: Intent; readonly code: RefusalCode; readonly reason: string };

/** What happens to the next intent that arrives. */
export type Fate =
  | { readonly kind: 'take' }
  | { readonly kind: 'refuse'; readonly code: RefusalCode }
  | { readonly kind: 'reject' }
  /** The exchange's filter does not let it through: `MAX_NUM_ORDERS`. */
  | { readonly kind: 'filter'; readonly name: string }
  /** It arrives, and is first said to be unknown. */
  | { readonly kind: 'unknown' };

/** Share of what could be filled that is: in hundredths. */
export type Share = number;

interface Resting {
  readonly intent: PlaceOrder;
  filled: bigint;
  /** A stop-limit order whose trigger the price has not reached. */
  isAsleep: boolean;
  /** Of a leg of an OCO: the other one. */
  readonly twin: ClientOrderId | null;
}

export interface ScriptedOptions {
  readonly rules: PairRules;
  readonly base: Amount;
  readonly quote: Amount;
  /** Fee of a trade as a count of 10^-18 of its value. */
  readonly fee: bigint;
  /** Where the fee of a buy is taken from; of a sell, `third` or quote. */
  readonly feeAsset: 'base' | 'quote' | 'third';
  readonly price: Ticks;
}

/** Rules of a pair for tests; `tick` and `lot` as decimals. */
export function testRules(name: string, tick: string, lot: string, minNotional = '0'): PairRules {
  return {
    pair: pair(name),
    tick: amount(tick),
    lot: amount(lot),
    minPrice: ticks(1),
    maxPrice: ticks(10 ** 12),
    minQuantity: lots(1),
    maxQuantity: lots(10 ** 12),
    minNotional: amount(minNotional),
    maxOrders: 200,
    maxAlgoOrders: 5,
    maxOrderLists: 0,
  };
}

export class ScriptedExchange {
  readonly rules: PairRules;
  base: bigint;
  quote: bigint;
  /** Received by the market and as fees, so that everything can be added up. */
  readonly outside = { base: 0n, quote: 0n, feeBase: 0n, feeQuote: 0n };
  readonly resting = new Map<ClientOrderId, Resting>();
  readonly #options: ScriptedOptions;
  readonly #arriving: Intent[] = [];
  readonly #answers: Answer[] = [];
  readonly #seen = new Set<ClientOrderId>();
  #price: Ticks;
  #trades = 0;
  #at: EpochMs = epochMs(1_700_000_000_000);

  constructor(options: ScriptedOptions) {
    this.#options = options;
    this.rules = options.rules;
    this.base = options.base;
    this.quote = options.quote;
    this.#price = options.price;
  }

  get at(): EpochMs {
    return this.#at;
  }

  get price(): Ticks {
    return this.#price;
  }

  get quotes(): ReadonlyMap<PairRules['pair'], Quote> {
    const { pair: of } = this.rules;
    return new Map([[of, { pair: of, last: this.#price, bid: this.#price, ask: ticks(this.#price + 1) }]]);
  }

  get arriving(): number {
    return this.#arriving.length;
  }

  pass(ms: number): void {
    this.#at = epochMs(this.#at + ms);
  }

  submit(intents: readonly Intent[]): void {
    this.#arriving.push(...intents);
  }

  /** The next answer on its way to the bot. */
  take(): Answer | undefined {
    return this.#answers.shift();
  }

  /** Lets the oldest intent arrive. `share` is how much of an ioc finds a counterpart; a fok needs all. */
  arrive(fate: Fate, share: Share): void {
    const intent = this.#arriving.shift();
    if (intent === undefined) return;
    if (fate.kind === 'refuse') {
      this.#answers.push({ kind: 'refused', intent, code: fate.code, reason: `The test refuses ${intent.clientOrderId}.` });
      return;
    }
    if (intent.kind === 'cancel-order') this.#cancel(intent);
    else if (intent.kind === 'place-oco') this.#placeOco(intent, fate);
    else this.#place(intent, fate, share);
  }

  /** The price goes to `price`; resting orders that it touches are filled by `share`. */
  move(price: Ticks, share: Share): void {
    this.#price = price;
    for (const order of [...this.resting.values()]) {
      if (!this.resting.has(order.intent.clientOrderId)) continue; // its other leg has traded
      if (order.isAsleep) {
        this.#awake(order, share);
        continue;
      }
      const limit = toTicks(order.intent.limit, this.rules, 'down');
      const touched = order.intent.side === 'buy' ? price <= limit : price >= limit;
      if (touched) this.#fill(order, order.intent.limit, share);
    }
  }

  /** A stop that the price has reached becomes a limit order, and takes what it can. */
  #awake(order: Resting, share: Share): void {
    if (!this.#reaches(order.intent)) return;
    order.isAsleep = false;
    this.#endTwin(order);
    const market = this.#market(order.intent);
    if (order.intent.side === 'buy' ? market <= order.intent.limit : market >= order.intent.limit)
      this.#fill(order, market, share);
  }

  #reaches({ side, trigger = 0n as Amount }: PlaceOrder): boolean {
    const price = priceAmount(this.#price, this.rules);
    return side === 'buy' ? price >= trigger : price <= trigger;
  }

  #market = ({ side }: PlaceOrder): Amount => priceAmount(side === 'buy' ? ticks(this.#price + 1) : this.#price, this.rules);

  /** Takes an order off the book without being asked. */
  expire(index: number): void {
    const order = [...this.resting.values()][index % Math.max(this.resting.size, 1)];
    if (order !== undefined) this.#end(order, 'expired');
  }

  #place(intent: PlaceOrder, fate: Fate, share: Share): void {
    if (this.#seen.has(intent.clientOrderId)) throw new Error(`the bot used ${intent.clientOrderId} twice`);
    this.#seen.add(intent.clientOrderId);
    this.#check(intent);
    const base = this.#eventBase(intent);
    if (fate.kind === 'unknown') this.#say({ ...base, kind: 'order-unknown' });
    const fault = this.#fault(fate);
    if (fault !== null) {
      this.#say({ ...base, kind: 'order-rejected', ...fault });
      return;
    }
    const isAsleep = intent.order === 'stop-limit';
    if (isAsleep && this.#reaches(intent)) {
      this.#say({ ...base, kind: 'order-rejected', code: '-2010', reason: 'Stop price would trigger immediately.' });
      return;
    }
    this.#say({ ...base, kind: 'order-accepted', exchangeOrderId: `x-${intent.clientOrderId}` });
    const order: Resting = { intent, filled: 0n, isAsleep, twin: null };
    this.resting.set(intent.clientOrderId, order);
    if (isAsleep) return;
    const market = this.#market(intent);
    const takes = intent.side === 'buy' ? market <= intent.limit : market >= intent.limit;
    if (takes && (intent.order !== 'fok' || share === 100)) this.#fill(order, market, share);
    if (takesAtOnce(intent.order) && this.resting.has(intent.clientOrderId)) this.#end(order, 'expired');
  }

  #placeOco(intent: PlaceOco, fate: Fate): void {
    const { limit, stop } = legsOf(intent);
    for (const id of [intent.clientOrderId, limit.clientOrderId, stop.clientOrderId]) {
      if (this.#seen.has(id)) throw new Error(`the bot used ${id} twice`);
      this.#seen.add(id);
    }
    this.#check(intent);
    const legs = [stop, limit];
    if (fate.kind === 'unknown') for (const leg of legs) this.#say({ ...this.#eventBase(leg), kind: 'order-unknown' });
    const fault = this.#ocoFault(limit, stop, fate);
    for (const leg of legs) {
      const base = this.#eventBase(leg);
      if (fault === null) this.#say({ ...base, kind: 'order-accepted', exchangeOrderId: `x-${leg.clientOrderId}` });
      else this.#say({ ...base, kind: 'order-rejected', ...fault });
    }
    if (fault !== null) return;
    const [stopId, limitId] = [stop.clientOrderId, limit.clientOrderId];
    this.resting.set(stopId, { intent: stop, filled: 0n, isAsleep: true, twin: limitId });
    this.resting.set(limitId, { intent: limit, filled: 0n, isAsleep: false, twin: stopId });
  }

  #fault(fate: Fate): { readonly code: string; readonly reason: string } | null {
    if (fate.kind === 'reject') return { code: '-2010', reason: 'The test rejects it.' };
    return fate.kind === 'filter' ? { code: '-1013', reason: `Filter failure: ${fate.name}` } : null;
  }

  #ocoFault(limit: PlaceOrder, stop: PlaceOrder, fate: Fate): { readonly code: string; readonly reason: string } | null {
    const fault = this.#fault(fate);
    if (fault !== null) return fault;
    if (this.rules.maxOrderLists === 0) throw new Error('the bot sends an OCO to an exchange without them');
    const algos = [...this.resting.values()].filter(({ intent }) => intent.order === 'stop-limit').length;
    if (algos >= this.rules.maxAlgoOrders) return { code: '-2010', reason: 'Filter failure: MAX_NUM_ALGO_ORDERS' };
    const price = priceAmount(this.#price, this.rules);
    const isApart = limit.side === 'sell' ? price < limit.limit : price > limit.limit;
    return isApart && !this.#reaches(stop)
      ? null
      : { code: '-2010', reason: 'The relationship of the prices for the orders is not correct.' };
  }

  /** The exchange ends the leg of an OCO whose other leg trades, is triggered or ends. */
  #endTwin({ twin }: Resting, cause: 'cancel' | 'expired' = 'expired'): void {
    const other = twin === null ? undefined : this.resting.get(twin);
    if (other === undefined) return;
    this.resting.delete(other.intent.clientOrderId);
    this.#say({ ...this.#eventBase(other.intent), kind: 'order-cancelled', cause, filled: other.filled as Amount });
  }

  /** T2, and the exchange's filters. */
  #check(placing: PlacingIntent): void {
    for (const each of ordersOf(placing)) this.#checkOrder(each);
  }

  #checkOrder(intent: PlaceOrder): void {
    const { tick, lot, minNotional, minQuantity } = this.rules;
    const cost = multiply(intent.limit, intent.quantity, 'up');
    if (intent.limit % tick !== 0n || intent.quantity % lot !== 0n) throw new Error('the bot left the tick or the lot');
    if (intent.quantity < quantityAmount(minQuantity, this.rules) || cost < minNotional)
      throw new Error('the bot ordered too little');
    let [base, quote] = [this.base, this.quote];
    for (const { intent: open, filled, twin } of this.resting.values()) {
      if (twin !== null && open.order === 'limit' && this.resting.has(twin)) continue; // locked once, by the stop leg
      const left = open.quantity - filled;
      if (open.side === 'sell') base -= left;
      else quote -= this.#withFee(multiply(open.limit, left, 'up'));
    }
    if (intent.side === 'sell' && intent.quantity > base) throw new Error('the bot sells more than it holds');
    if (intent.side === 'buy' && this.#withFee(cost) > quote) throw new Error('the bot spends more than it has');
  }

  #withFee(value: Amount): Amount {
    const { fee, feeAsset } = this.#options;
    return feeAsset === 'quote' ? multiply(value, unit + fee, 'up') : value;
  }

  #cancel(intent: CancelOrder): void {
    const order = this.resting.get(intent.clientOrderId);
    if (order !== undefined) {
      this.#end(order, 'cancel');
      return;
    }
    const base = { clientOrderId: intent.clientOrderId, pair: intent.pair, side: 'buy', at: this.#at } as const;
    this.#say({ ...base, kind: 'cancel-rejected', code: '-2011', reason: 'Unknown order sent.' });
  }

  #fill(order: Resting, price: Amount, share: Share): void {
    const { intent } = order;
    const left = toLots((intent.quantity - order.filled) as Amount, this.rules, 'down');
    const count = lots(Number(divide(BigInt(left) * BigInt(Math.min(Math.max(share, 0), 100)), 100n, 'down')));
    if (count > 0) this.#trade(order, price, count);
  }

  #trade(order: Resting, price: Amount, count: Lots): void {
    const { intent } = order;
    this.#endTwin(order);
    const { base, quote } = { base: baseOf(intent.pair), quote: quoteOf(intent.pair) };
    const quantity = quantityAmount(count, this.rules);
    const buy = intent.side === 'buy';
    const value = multiply(price, quantity, buy ? 'up' : 'down');
    const { fee: rate, feeAsset } = this.#options;
    const feeIn = feeAsset === 'third' ? 'third' : buy ? feeAsset : 'quote';
    const fee = feeIn === 'third' ? amount('0.0001') : multiply(feeIn === 'base' ? quantity : value, rate, 'down');
    const sign = buy ? 1n : -1n;
    this.base += sign * quantity - (feeIn === 'base' ? fee : 0n);
    this.quote -= sign * value + (feeIn === 'quote' ? fee : 0n);
    this.outside.base -= sign * quantity;
    this.outside.quote += sign * value;
    if (feeIn === 'base') this.outside.feeBase += fee;
    if (feeIn === 'quote') this.outside.feeQuote += fee;
    order.filled += quantity;
    const complete = order.filled === intent.quantity;
    if (complete) this.resting.delete(intent.clientOrderId);
    this.#say({
      ...this.#eventBase(intent),
      kind: 'order-filled',
      tradeId: String(++this.#trades),
      price,
      quantity,
      filled: order.filled as Amount,
      complete,
      fee,
      feeAsset: feeIn === 'third' ? ('BNB' as typeof base) : feeIn === 'base' ? base : quote,
      maker: !takesAtOnce(intent.order),
    });
  }

  #end(order: Resting, cause: 'cancel' | 'expired'): void {
    this.resting.delete(order.intent.clientOrderId);
    this.#say({ ...this.#eventBase(order.intent), kind: 'order-cancelled', cause, filled: order.filled as Amount });
    this.#endTwin(order, cause);
  }

  #eventBase = (intent: PlaceOrder) => ({
    clientOrderId: intent.clientOrderId,
    pair: intent.pair,
    side: intent.side,
    at: this.#at,
  });

  #say(event: OrderEvent): void {
    this.#answers.push({ kind: 'order-event', event });
  }
}
