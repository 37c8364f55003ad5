/**
 * A paper market and the vault before it, inside the process: orders are taken, filled whole when the price is there, and answered
 * by numbered events as the intent door says them. It counts the time that it takes itself, which is not the engine's.
 */
import {
  type AccountId,
  type Amount,
  type Asset,
  amount,
  baseOf,
  type ClientOrderId,
  type DoorEvent,
  type EpochMs,
  epochMs,
  type Intent,
  type Mandate,
  type MandatePair,
  type MarketDataPort,
  type MarketEvent,
  multiply,
  type OrderEvent,
  ordersOf,
  type Pair,
  type PairRules,
  type PlaceOrder,
  priceAmount,
  quoteOf,
  type SubKeyId,
  type Ticks,
  type VaultStatus,
  type Verdict,
} from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import type { Held, VaultEvents, VaultPort } from '../../apps/engine/src/ports.ts';

interface Resting {
  readonly order: PlaceOrder;
  readonly limit: number;
  readonly trigger: number;
  readonly twin: ClientOrderId | null;
}

/** Orders of one pair by what touches them first: buys from the highest limit down, sales from the lowest up, stops from the highest trigger down. */
interface Book {
  readonly pair: Pair;
  readonly rules: PairRules;
  last: number;
  readonly buys: Resting[];
  readonly sells: Resting[];
  readonly stops: Resting[];
}

const tickSize = 10n ** 16n;
const ticksOf = (price: Amount): number => Number(price / tickSize);
const fee = amount('0.001');

export class PaperMarket {
  readonly account: AccountId;
  readonly pairs: readonly Pair[];
  /** Time spent in here, in ns. */
  spentNs = 0n;
  /** Told of each intent when it arrives. */
  onIntent: (intent: Intent) => void = () => {};
  fills = 0;
  readonly #books = new Map<Pair, Book>();
  readonly #bookOf = new Map<string, Resting>();
  readonly #balances = new Map<string, bigint>();
  #events: VaultEvents | undefined;
  #listener: (event: MarketEvent) => void = () => {};
  #outgoing: DoorEvent[] = [];
  #seq = 0;
  #trade = 0;
  #grants = 0;
  at: EpochMs;

  constructor(account: string, prices: ReadonlyMap<string, number>, funds: Readonly<Record<string, string>>, at: number) {
    this.account = account as AccountId;
    this.at = epochMs(at);
    for (const [name, price] of prices) {
      const rules = { ...testRules(name, '0.01', '0.0001', '5'), maxOrderLists: this.#books.size % 2 === 0 ? 20 : 0 };
      this.#books.set(rules.pair, { pair: rules.pair, rules, last: Math.round(price * 100), buys: [], sells: [], stops: [] });
    }
    this.pairs = [...this.#books.keys()];
    for (const [asset, held] of Object.entries(funds)) this.#balances.set(asset, amount(held));
  }

  get resting(): number {
    return this.#bookOf.size;
  }

  lastOf(pair: Pair): number {
    return this.#book(pair).last;
  }

  /** A trade at `last` and the best prices after it: what it fills is said by the vault, then the market says the price. */
  tick(pair: Pair, last: number, at: number): void {
    const began = process.hrtime.bigint();
    const book = this.#book(pair);
    book.last = last;
    this.at = epochMs(at);
    this.#match(book);
    const price = priceAmount(last as Ticks, book.rules);
    const trade: MarketEvent = { kind: 'trade', pair, at: this.at, price, quantity: amount('1') };
    const best: MarketEvent = { kind: 'best', pair, bid: price, ask: priceAmount((last + 1) as Ticks, book.rules) };
    this.spentNs += process.hrtime.bigint() - began;
    this.#listener(trade);
    this.#listener(best);
  }

  candle(pair: Pair, openTime: number): void {
    const price = priceAmount(this.lastOf(pair) as Ticks, this.#book(pair).rules);
    const candle = { openTime: epochMs(openTime), open: price, high: price, low: price, close: price, volume: amount('1') };
    this.#listener({ kind: 'candle', pair, interval: '1m', candle, closed: true });
  }

  readonly market: MarketDataPort = {
    rules: async (pairs) => pairs.map((pair) => this.#book(pair).rules),
    candles: async () => [],
    prices: async (pairs) =>
      pairs.map((pair): MarketEvent => {
        const { last, rules } = this.#book(pair);
        return { kind: 'best', pair, bid: priceAmount(last as Ticks, rules), ask: priceAmount((last + 1) as Ticks, rules) };
      }),
    serverTime: async () => this.at,
    subscribe: (_pairs, listener) => {
      this.#listener = listener;
      return () => {};
    },
  };

  readonly vault: VaultPort = {
    subscribe: (_next, events) => {
      this.#events = events;
      setImmediate(() => events.state(true, null));
      return () => {};
    },
    intent: async (_subKey, _secret, intent) => {
      const began = process.hrtime.bigint();
      this.onIntent(intent);
      if (intent.kind === 'cancel-order') this.#cancel(intent.clientOrderId);
      else this.#place(intent);
      this.spentNs += process.hrtime.bigint() - began;
      return { kind: 'approved' } as Verdict;
    },
    balances: async () => [...this.#balances].map(([asset, total]): Held => ({ asset: asset as Asset, total: total as Amount })),
    status: async () =>
      ({ accounts: [{ account: this.account, connected: true, mandate: this.#mandate() }] }) as unknown as VaultStatus,
    grant: async () => ({ subKey: `key-${++this.#grants}` as SubKeyId, secret: 'paper' }),
    revoke: async () => {},
  };

  #mandate(): Mandate {
    const most = amount('1000000000000');
    const pairs = this.pairs.map((pair) => ({ pair, maxOrderQuote: most }) as MandatePair);
    return { pairs, turnover24h: most } as unknown as Mandate;
  }

  #book(pair: Pair): Book {
    const book = this.#books.get(pair);
    if (book === undefined) throw new Error(`no market ${pair}`);
    return book;
  }

  #place(intent: Exclude<Intent, { kind: 'cancel-order' }>): void {
    const book = this.#book(intent.pair);
    const orders = ordersOf(intent);
    for (const order of orders) this.#say(order, { kind: 'order-accepted', exchangeOrderId: order.clientOrderId });
    for (const [index, order] of orders.entries()) {
      const { limit, trigger } = order;
      const twin = orders[1 - index]?.clientOrderId ?? null;
      const resting = { order, limit: ticksOf(limit), trigger: trigger === undefined ? 0 : ticksOf(trigger), twin };
      if (order.order === 'ioc') this.#take(book, resting);
      else this.#rest(book, resting);
    }
    this.#match(book);
  }

  #take(book: Book, resting: Resting): void {
    const { side } = resting.order;
    const price = side === 'buy' ? book.last + 1 : book.last;
    const crosses = side === 'buy' ? resting.limit >= price : resting.limit <= price;
    if (crosses) this.#fill(book, resting, price, false);
    else this.#say(resting.order, { kind: 'order-cancelled', cause: 'expired', filled: 0n as Amount });
  }

  #rest(book: Book, resting: Resting): void {
    this.#bookOf.set(resting.order.clientOrderId, resting);
    const { list, key, rises } = this.#listOf(book, resting);
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = key(list[middle] as Resting);
      if (rises ? there <= key(resting) : there >= key(resting)) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, resting);
  }

  #listOf(
    book: Book,
    { order }: Resting,
  ): { readonly list: Resting[]; readonly key: (it: Resting) => number; readonly rises: boolean } {
    if (order.order === 'stop-limit') return { list: book.stops, key: (it) => it.trigger, rises: false };
    return order.side === 'buy'
      ? { list: book.buys, key: (it) => it.limit, rises: false }
      : { list: book.sells, key: (it) => it.limit, rises: true };
  }

  #remove(book: Book, resting: Resting): void {
    this.#bookOf.delete(resting.order.clientOrderId);
    const { list } = this.#listOf(book, resting);
    const at = list.indexOf(resting);
    if (at >= 0) list.splice(at, 1);
  }

  #cancel(id: ClientOrderId): void {
    const resting = this.#bookOf.get(id);
    if (resting === undefined) return;
    const both = [resting, this.#bookOf.get(resting.twin ?? '')].filter((it) => it !== undefined);
    for (const each of both) {
      this.#remove(this.#book(each.order.pair), each);
      this.#say(each.order, { kind: 'order-cancelled', cause: 'cancel', filled: 0n as Amount });
    }
  }

  #match(book: Book): void {
    const { last, buys, sells, stops } = book;
    for (let top = buys[0]; top !== undefined && top.limit >= last; top = buys[0]) this.#fill(book, top, top.limit, true);
    for (let top = sells[0]; top !== undefined && top.limit <= last; top = sells[0]) this.#fill(book, top, top.limit, true);
    for (let top = stops[0]; top !== undefined && top.trigger >= last; top = stops[0]) {
      this.#remove(book, top);
      this.#endTwin(book, top);
      const order: PlaceOrder = { ...top.order, order: 'limit' };
      if (top.limit <= last) this.#fill(book, { ...top, order, twin: null }, last, false);
      else this.#rest(book, { ...top, order, twin: null });
    }
  }

  #endTwin(book: Book, { twin }: Resting): void {
    const other = this.#bookOf.get(twin ?? '');
    if (other === undefined) return;
    this.#remove(book, other);
    this.#say(other.order, { kind: 'order-cancelled', cause: 'expired', filled: 0n as Amount });
  }

  #fill(book: Book, resting: Resting, at: number, maker: boolean): void {
    const { order } = resting;
    this.#remove(book, resting);
    const price = priceAmount(at as Ticks, book.rules);
    const { side, quantity, pair } = order;
    const [base, quote] = [baseOf(pair), quoteOf(pair)];
    const isBuy = side === 'buy';
    const value = multiply(quantity, price, isBuy ? 'up' : 'down');
    const taken = multiply(isBuy ? quantity : value, fee, 'down');
    this.#move(base, isBuy ? quantity - taken : -quantity);
    this.#move(quote, isBuy ? -value : value - taken);
    this.fills++;
    this.#endTwin(book, resting);
    this.#say(order, {
      kind: 'order-filled',
      tradeId: String(++this.#trade),
      price,
      quantity,
      filled: quantity,
      complete: true,
      fee: taken,
      feeAsset: isBuy ? base : quote,
      maker,
    });
  }

  #move(asset: string, change: bigint): void {
    this.#balances.set(asset, (this.#balances.get(asset) ?? 0n) + change);
  }

  #say({ clientOrderId, pair, side }: PlaceOrder, said: object): void {
    const event = { ...said, clientOrderId, pair, side, at: this.at } as OrderEvent;
    this.#seq += 1;
    if (this.#outgoing.length === 0) setImmediate(() => this.#send());
    this.#outgoing.push({ kind: 'order', seq: this.#seq, account: this.account, subKey: 'paper' as SubKeyId, event });
  }

  #send(): void {
    const events = this.#outgoing;
    this.#outgoing = [];
    for (const event of events) this.#events?.event(event);
  }
}
