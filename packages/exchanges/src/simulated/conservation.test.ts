import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type EpochMs, pair } from '@holdfast/domain';
import fc from 'fast-check';
import { createExchange } from './exchange.ts';
import { hasPrice } from './orders.ts';
import {
  type Change,
  type Exchange,
  feeUser,
  houseUser,
  type LegRequest,
  type MarketRequest,
  type Order,
  type OrderSide,
  type OrderType,
  type StpMode,
  type TimeInForce,
  type UserEvent,
} from './port.ts';
import { decodeState, encodeState, StateFold } from './state.ts';

const tape = pair('AAA/USDT');
const book = pair('BBB/USDT');
const pairs = [tape, book] as const;
const users = 3;

const markets: readonly MarketRequest[] = [
  {
    pair: tape,
    tick: amount('0.01'),
    lot: amount('0.001'),
    minNotional: amount('0.5'),
    house: { levels: 4, levelLots: 400, spreadTicks: 2 },
  },
  { pair: book, tick: amount('0.05'), lot: amount('0.01'), minNotional: amount('0.5'), price: amount('10') },
];

type Action =
  | { readonly do: 'tick'; readonly price: number; readonly volume: number }
  | {
      readonly do: 'order';
      readonly user: number;
      readonly pair: number;
      readonly side: OrderSide;
      readonly type: OrderType;
      readonly offset: number;
      readonly stop: number;
      readonly lots: number;
      readonly time: TimeInForce;
      readonly stp: StpMode;
      readonly iceberg: boolean;
      readonly byQuote: boolean;
      readonly trailing: boolean;
    }
  | {
      readonly do: 'oco';
      readonly user: number;
      readonly pair: number;
      readonly side: OrderSide;
      readonly offset: number;
      readonly lots: number;
      readonly market: boolean;
    }
  | {
      readonly do: 'oto';
      readonly user: number;
      readonly pair: number;
      readonly side: OrderSide;
      readonly offset: number;
      readonly lots: number;
      readonly oco: boolean;
    }
  | { readonly do: 'cancel' | 'amend'; readonly user: number; readonly pair: number; readonly index: number }
  | { readonly do: 'cancel-all'; readonly user: number; readonly pair: number };

const side = fc.constantFrom<OrderSide>('BUY', 'SELL');
const user = fc.integer({ min: 1, max: users });
const whichPair = fc.integer({ min: 0, max: 1 });
const lots = fc.integer({ min: 50, max: 3000 });
const offset = fc.integer({ min: -20, max: 20 });
const types: OrderType[] = ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'];

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('tick' as const), price: offset, volume: fc.integer({ min: 0, max: 4000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      user,
      pair: whichPair,
      side,
      type: fc.oneof({ weight: 3, arbitrary: fc.constant<OrderType>('LIMIT') }, fc.constantFrom(...types)),
      offset,
      stop: offset,
      lots,
      time: fc.constantFrom<TimeInForce>('GTC', 'GTC', 'IOC', 'FOK'),
      stp: fc.constantFrom<StpMode>('NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT'),
      iceberg: fc.boolean(),
      byQuote: fc.boolean(),
      trailing: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('oco' as const), user, pair: whichPair, side, offset, lots, market: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('oto' as const), user, pair: whichPair, side, offset, lots, oco: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'amend' as const), user, pair: whichPair, index: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel-all' as const), user, pair: whichPair }) },
);

/** An exchange under random orders, with everything that it said. */
class Run {
  readonly exchange: Exchange;
  readonly fold = new StateFold();
  readonly events: UserEvent[] = [];
  #time: number;

  constructor(restored?: { readonly exchange: Exchange; readonly time: number }) {
    this.exchange = restored?.exchange ?? createExchange({ markets });
    this.#time = restored?.time ?? Date.UTC(2026, 0, 1);
    if (restored !== undefined) return;
    for (let i = 0; i < users; i++)
      this.exchange.createUser({ USDT: amount('120'), AAA: amount('6'), BBB: amount('6') }, this.now());
    this.exchange.tick({ pair: tape, at: this.now(), price: 1000, volume: 100 });
    this.settle();
  }

  get time(): number {
    return this.#time;
  }

  now(): EpochMs {
    this.#time += 700;
    return this.#time as EpochMs;
  }

  settle(): readonly Change[] {
    const batch = this.exchange.drain();
    const changes = [...batch.changes, ...this.exchange.checkpoint()];
    this.fold.apply(changes);
    this.events.push(...batch.userEvents);
    return changes;
  }

  do(one: Action): void {
    switch (one.do) {
      case 'tick':
        this.exchange.tick({ pair: tape, at: this.now(), price: 1000 + one.price, volume: one.volume });
        break;
      case 'order':
        this.exchange.place(orderOf(this.exchange, one), this.now());
        break;
      case 'oco':
      case 'oto':
        this.#placeList(one);
        break;
      case 'cancel-all':
        this.exchange.cancelAll(one.user, pairs[one.pair] as never, this.now());
        break;
      default:
        this.#touch(one);
    }
  }

  #placeList(one: Extract<Action, { do: 'oco' | 'oto' }>): void {
    const market = pairs[one.pair] as (typeof pairs)[number];
    const { tick, lot } = this.exchange.market(market) as { tick: Amount; lot: Amount };
    const at = (ticks: number): Amount => (BigInt(Math.max(1, this.exchange.last(market) + ticks)) * tick) as Amount;
    const quantity = (BigInt(one.lots) * lot) as Amount;
    const distance = Math.abs(one.offset) + 1;
    const legs = legsOf(one.side, at, distance, one.do === 'oco' && one.market);
    const base = { userId: one.user, pair: market };
    if (one.do === 'oco') this.exchange.placeOco({ ...base, side: one.side, quantity, ...legs }, this.now());
    else
      this.exchange.placeOto(
        {
          ...base,
          working: { side: one.side, type: 'LIMIT', timeInForce: 'GTC', quantity, price: at(one.offset) },
          pendingSide: one.side === 'BUY' ? 'SELL' : 'BUY',
          pendingQuantity: quantity,
          pending: one.oco
            ? { kind: 'oco', ...legsOf(one.side === 'BUY' ? 'SELL' : 'BUY', at, distance, true) }
            : { kind: 'one', leg: { type: 'LIMIT', timeInForce: 'GTC', price: at(-one.offset) } },
        },
        this.now(),
      );
  }

  #touch(one: Extract<Action, { do: 'cancel' | 'amend' }>): void {
    const market = pairs[one.pair] as (typeof pairs)[number];
    const orders = this.exchange.openOrders(one.user, market);
    const order = orders[one.index % Math.max(1, orders.length)];
    if (order === undefined) return;
    const ask = { userId: one.user, pair: market, orderId: order.orderId };
    if (one.do === 'cancel') this.exchange.cancel(ask, this.now());
    else {
      const { lot } = this.exchange.market(market) as { lot: Amount };
      this.exchange.amend({ ...ask, newQty: (BigInt(order.quantity - 7) * lot) as Amount }, this.now());
    }
  }
}

function legsOf(
  ofSide: OrderSide,
  at: (ticks: number) => Amount,
  distance: number,
  market: boolean,
): { readonly above: LegRequest; readonly below: LegRequest } {
  const maker = (ticks: number): LegRequest => ({ type: 'LIMIT_MAKER', price: at(ticks) });
  const stop = (ticks: number): LegRequest =>
    market
      ? { type: 'STOP_LOSS', stopPrice: at(ticks) }
      : { type: 'STOP_LOSS_LIMIT', timeInForce: 'GTC', stopPrice: at(ticks), price: at(ticks + Math.sign(ticks) * 3) };
  return ofSide === 'SELL'
    ? { above: maker(distance), below: stop(-distance) }
    : { above: stop(distance), below: maker(-distance) };
}

function orderOf(exchange: Exchange, one: Extract<Action, { do: 'order' }>) {
  const market = pairs[one.pair] as (typeof pairs)[number];
  const { tick, lot } = exchange.market(market) as { tick: Amount; lot: Amount };
  const at = (ticks: number): Amount => (BigInt(Math.max(1, exchange.last(market) + ticks)) * tick) as Amount;
  const quantity = (BigInt(one.lots) * lot) as Amount;
  const byQuote = one.type === 'MARKET' && one.byQuote;
  const isStop = one.type.startsWith('STOP') || one.type.startsWith('TAKE');
  const wantsTime = one.type === 'LIMIT' || one.type.endsWith('_LIMIT');
  return {
    userId: one.user,
    pair: market,
    side: one.side,
    type: one.type,
    timeInForce: wantsTime ? one.time : undefined,
    quantity: byQuote ? undefined : quantity,
    quoteOrderQty: byQuote ? ((quantity * 10n) as Amount) : undefined,
    price: hasPrice(one.type) ? at(one.offset) : undefined,
    stopPrice: isStop && !one.trailing ? at(one.stop) : undefined,
    trailingDelta: isStop && one.trailing ? 10 + Math.abs(one.stop) * 10 : undefined,
    icebergQty: one.iceberg && wantsTime && one.time === 'GTC' ? ((BigInt(Math.ceil(one.lots / 4)) * lot) as Amount) : undefined,
    stpMode: one.stp,
  };
}

const holders = [houseUser, feeUser, ...Array.from({ length: users }, (_, i) => i + 1)];

function assertConserved(exchange: Exchange): void {
  const sums = new Map<string, bigint>();
  for (const holder of holders)
    for (const { asset, free, locked } of exchange.balances(holder)) sums.set(asset, (sums.get(asset) ?? 0n) + free + locked);
  for (const [asset, sum] of sums) assert.equal(sum, 0n, `sum of ${asset}`);
}

function assertLockedIsNeeded(exchange: Exchange): void {
  for (let holder = 1; holder <= users; holder++) {
    const need = new Map<string, bigint>();
    for (const order of exchange.openOrders(holder)) {
      const { base, quote, tick, lot } = exchange.market(order.pair) as NonNullable<ReturnType<Exchange['market']>>;
      const asset = order.side === 'BUY' ? quote : base;
      need.set(asset, (need.get(asset) ?? 0n) + order.reserved);
      if (order.orderListId !== -1 || !hasPrice(order.type)) continue;
      const left = BigInt(order.quantity - order.executed - order.prevented) * lot;
      assert.equal(order.reserved, order.side === 'SELL' ? left : (left * tick * BigInt(order.price)) / 10n ** 18n);
    }
    for (const { asset, free, locked } of exchange.balances(holder)) {
      assert.ok(free >= 0n && locked >= 0n);
      assert.equal(locked, need.get(asset) ?? 0n, `locked ${asset} of ${holder}`);
    }
  }
}

/** No user order was passed over: at each trade of a taker, no resting order of another price or rank came first. */
function assertBookIsSound(exchange: Exchange): void {
  for (const market of pairs) {
    const { bid, ask } = exchange.best(market);
    assert.ok(bid === 0 || ask === 0 || bid < ask, `book of ${market} is crossed: ${bid} ${ask}`);
    const depth = exchange.depth(market, 1000);
    assert.deepEqual([depth.bids[0]?.[0] ?? 0, depth.asks[0]?.[0] ?? 0], [bid, ask]);
  }
}

/** Makers that one taker met came in the order of price, then rank. */
function assertPriority(before: readonly Order[], events: readonly UserEvent[]): void {
  const makers = events.flatMap((event) => (event.kind === 'execution' && event.trade?.maker === true ? [event] : []));
  const first = new Map(before.map((order) => [order.orderId, order]));
  for (const event of makers) {
    const met = first.get(event.order.orderId);
    if (met === undefined || met.icebergQuantity > 0) continue;
    for (const other of first.values()) {
      const isRival = other.pair === met.pair && other.side === met.side && other.working && other.icebergQuantity === 0;
      const wasUntouched = events.every((one) => one.kind !== 'execution' || one.order.orderId !== other.orderId);
      if (!isRival || !wasUntouched) continue;
      const isBetter: boolean = met.side === 'BUY' ? other.price > met.price : other.price < met.price;
      assert.ok(!isBetter && !(other.price === met.price && other.rank < met.rank), 'an order was passed over');
    }
  }
}

const canonical = (exchange: Exchange): string =>
  encodeState({
    balances: holders.map((holder) => exchange.balances(holder)),
    orders: holders.map((holder) => exchange.openOrders(holder)),
    lists: holders.map((holder) => exchange.openLists(holder)),
    depth: pairs.map((market) => exchange.depth(market, 1000)),
    last: pairs.map((market) => exchange.last(market)),
  });

const restoredOf = (run: Run): Exchange => createExchange({ markets }, decodeState(encodeState(run.fold.state())));

test('over random order flow nothing is made or lost, locks are what orders need, and nobody is passed over', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
      const run = new Run();
      for (const one of actions) {
        const before = holders.flatMap((holder) => run.exchange.openOrders(holder));
        const from = run.events.length;
        run.do(one);
        run.settle();
        assertConserved(run.exchange);
        assertLockedIsNeeded(run.exchange);
        assertBookIsSound(run.exchange);
        assertPriority(before, run.events.slice(from));
      }
    }),
    { numRuns: 300 },
  );
});

test('a tick that touches nothing changes nothing of a user', () => {
  const ofUser = new Set(['balance', 'order', 'trade', 'list', 'prevented-match']);
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40, size: 'max' }), fc.array(offset, { maxLength: 20 }), (actions, prices) => {
      const run = new Run();
      for (const one of actions) run.do(one);
      run.settle();
      for (const price of prices) {
        const touches = run.exchange.touches(tape, 1000 + price);
        run.do({ do: 'tick', price, volume: 500 });
        const changes = run.settle().filter((change) => ofUser.has(change.kind));
        assert.ok(touches || changes.length === 0, 'an untouched user changed');
      }
    }),
    { numRuns: 150 },
  );
});

test('a market order pays exactly what the shown book says, level by level', () => {
  const quoting = fc.record({ side, offset, lots, iceberg: fc.constant(false) });
  fc.assert(
    fc.property(
      fc.array(quoting, { maxLength: 15, size: 'max' }),
      side,
      fc.integer({ min: 50, max: 9000 }),
      (quotes, taking, wanted) => {
        const run = new Run();
        const [maker, taker] = [2, 3];
        for (const quote of quotes) {
          const say = { do: 'order', user: maker, pair: 0, type: 'LIMIT', stop: 0, time: 'GTC', stp: 'NONE' } as const;
          run.do({ ...say, ...quote, byQuote: false, trailing: false });
        }
        const depth = run.exchange.depth(tape, 1000);
        let left = wanted;
        let quote = 0n;
        for (const [price, quantity] of taking === 'BUY' ? depth.asks : depth.bids) {
          const take = Math.min(left, quantity);
          left -= take;
          quote += BigInt(price) * BigInt(take) * 10n ** 13n;
        }
        const quantity = (BigInt(wanted) * 10n ** 15n) as Amount;
        const order = { userId: taker, pair: tape, side: taking, type: 'MARKET', quantity } as const;
        const result = run.exchange.place(order, run.now());
        if (!result.ok) return;
        assert.equal(result.order.executed, wanted - left);
        assert.equal(result.order.executedQuote, quote);
        assert.equal(result.order.status, left === 0 ? 'FILLED' : 'EXPIRED');
      },
    ),
    { numRuns: 200 },
  );
});

test('an exchange rebuilt from its changes is the same, and goes on the same', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 40, size: 'max' }),
      fc.array(action, { maxLength: 15, size: 'max' }),
      (actions, later) => {
        const run = new Run();
        for (const one of actions) {
          run.do(one);
          run.settle();
        }
        const twin = new Run({ exchange: restoredOf(run), time: run.time });
        assert.ok(canonical(twin.exchange) === canonical(run.exchange), 'the twin is the same');
        for (const one of later) {
          run.do(one);
          twin.do(one);
          assert.deepEqual(decodeState(encodeState(twin.settle())), decodeState(encodeState(run.settle())));
        }
        assert.ok(canonical(twin.exchange) === canonical(run.exchange), 'the twin is the same');
      },
    ),
    { numRuns: 150 },
  );
});
