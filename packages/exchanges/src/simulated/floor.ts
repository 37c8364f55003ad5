/** Tests only: an exchange with one or two markets and users, and orders written as a person would say them. */
import { type Amount, amount, type EpochMs, epochMs, formatAmount, pair } from '@holdfast/domain';
import { createExchange } from './exchange.ts';
import type {
  Batch,
  Change,
  Exchange,
  HouseRules,
  MarketFilters,
  Order,
  OrderRequest,
  OrderSide,
  OrderType,
  Placed,
  Refused,
  Result,
  UserEvent,
  UserId,
} from './port.ts';
import { StateFold } from './state.ts';

export const foo = pair('FOO/USDT');

export interface Floor {
  readonly exchange: Exchange;
  /** Time of the next operation; rises by one ms each. */
  now(): EpochMs;
  user(credit?: Readonly<Record<string, string>>): UserId;
  /** `floor.order(user, 'BUY', 'LIMIT', { quantity: '1', price: '10' })`: refused or placed. */
  order(user: UserId, side: OrderSide, type: OrderType, more?: Say): Result<Placed>;
  /** The same; fails the test when refused. */
  placed(user: UserId, side: OrderSide, type: OrderType, more?: Say): Placed;
  refused(user: UserId, side: OrderSide, type: OrderType, more?: Say): Refused;
  tick(price: string, volume?: string): void;
  balance(user: UserId, asset: string): string;
  /** The order as last reported. */
  latest(orderId: number): Order;
  /** User events since the last call. */
  events(): readonly UserEvent[];
  drain(): Batch;
  readonly fold: StateFold;
}

/** Numbers of an order as text; a LIMIT gets GTC unless it says otherwise. */
export interface Say {
  readonly quantity?: string;
  readonly quoteOrderQty?: string;
  readonly price?: string;
  readonly stopPrice?: string;
  readonly icebergQty?: string;
  readonly trailingDelta?: number;
  readonly timeInForce?: OrderRequest['timeInForce'];
  readonly stpMode?: OrderRequest['stpMode'];
  readonly id?: string;
}

const optional = (text: string | undefined): Amount | undefined => (text === undefined ? undefined : amount(text));

export function request(userId: UserId, side: OrderSide, type: OrderType, say: Say): OrderRequest {
  const wantsTime = type === 'LIMIT' || type.endsWith('_LIMIT');
  return {
    userId,
    pair: foo,
    side,
    type,
    clientOrderId: say.id,
    timeInForce: say.timeInForce ?? (wantsTime ? 'GTC' : undefined),
    quantity: optional(say.quantity),
    quoteOrderQty: optional(say.quoteOrderQty),
    price: optional(say.price),
    stopPrice: optional(say.stopPrice),
    icebergQty: optional(say.icebergQty),
    trailingDelta: say.trailingDelta,
    stpMode: say.stpMode,
  };
}

/** Tick 0.01, lot 0.001, smallest notional 1; no house unless given. */
export function openFloor(
  options: {
    readonly house?: Partial<HouseRules>;
    readonly filters?: Partial<MarketFilters>;
    readonly price?: string;
    readonly tick?: string;
    readonly lot?: string;
  } = {},
): Floor {
  const tick = amount(options.tick ?? '0.01');
  const lot = amount(options.lot ?? '0.001');
  const exchange = createExchange({
    markets: [
      {
        pair: foo,
        tick,
        lot,
        minNotional: amount('1'),
        house: options.house,
        filters: options.filters ?? {},
        ...(options.price === undefined ? {} : { price: amount(options.price) }),
      },
    ],
  });
  let time = Date.UTC(2026, 0, 1);
  let events: UserEvent[] = [];
  const orders = new Map<number, Order>();
  const fold = new StateFold();
  const drain = (): Batch => {
    const batch = exchange.drain();
    const changes: Change[] = [...batch.changes, ...exchange.checkpoint()];
    fold.apply(changes);
    for (const change of changes) if (change.kind === 'order') orders.set(change.order.orderId, change.order);
    events.push(...batch.userEvents);
    return { ...batch, changes };
  };
  const now = (): EpochMs => epochMs(++time);
  const floor: Floor = {
    exchange,
    now,
    fold,
    drain,
    user: (credit = { USDT: '1000000', FOO: '1000' }) =>
      exchange.createUser(Object.fromEntries(Object.entries(credit).map(([asset, value]) => [asset, amount(value)])), now()),
    order: (user, side, type, more = {}) => exchange.place(request(user, side, type, more), now()),
    placed: (user, side, type, more = {}) => {
      const result = floor.order(user, side, type, more);
      if (!result.ok) throw new Error(`refused: ${result.msg}`);
      return result;
    },
    refused: (user, side, type, more = {}) => {
      const result = floor.order(user, side, type, more);
      if (result.ok) throw new Error('was not refused');
      return result;
    },
    tick: (price, volume = '1000') =>
      exchange.tick({
        pair: foo,
        at: now(),
        price: Number(amount(price) / tick),
        volume: Number(amount(volume) / lot),
      }),
    balance: (user, asset) => {
      const found = exchange.balances(user).find((balance) => balance.asset === asset);
      return `${formatAmount(found?.free ?? 0n)}+${formatAmount(found?.locked ?? 0n)}`;
    },
    latest: (orderId) => {
      drain();
      const order = orders.get(orderId);
      if (order === undefined) throw new Error(`order ${orderId} was not reported`);
      return order;
    },
    events: () => {
      drain();
      const taken = events;
      events = [];
      return taken;
    },
  };
  return floor;
}

/** "NEW/NEW", "TRADE/FILLED", "account", "list/ALL_DONE": what was said, in order. */
export const said = (events: readonly UserEvent[], user?: UserId): string[] =>
  events
    .filter((event) => user === undefined || event.userId === user)
    .map((event) => {
      if (event.kind === 'execution') return `${event.execution}/${event.order.status}`;
      return event.kind === 'list' ? `list/${event.list.listStatusType}` : event.kind;
    });
