/** The matcher of a run against the simulated exchange itself: the same orders and ticks, the same events, prints and best prices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, type ClientOrderId, epochMs, type Side } from '@holdfast/domain';
import {
  createExchange,
  type Exchange,
  type HouseRules,
  type LegRequest,
  type MarketEvent,
  type OrderRequest,
  type Refused,
  type UserEvent,
} from '@holdfast/exchanges/simulated';
import { testRules } from '@holdfast/testkit';
import type { Ask, MatchEvent } from './match.ts';
import { Matcher } from './matcher.ts';
import type { Chance } from './testing/random-bots.ts';
import { random } from './testing/tables.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '0');
const { pair } = rules;
const start = 10_000;
const limits = { maxOrders: 12, maxAlgoOrders: 3, maxOrderLists: 2 };
/** As the simulated exchange has it. */
const plain = { aheadLots: 0, gaps: 'own', stops: 'path', slippageTicks: 0 } as const;
const runs = Number(process.env.HOLDFAST_MATCHER_RUNS ?? 60);
const firstSeed = Number(process.env.HOLDFAST_MATCHER_SEED ?? 1);

/** One thing that is done to both. */
type Act =
  | { readonly kind: 'tick'; readonly price: number; readonly volume: number }
  | { readonly kind: 'place'; readonly ask: Ask }
  | { readonly kind: 'oco'; readonly limit: Ask; readonly stop: Ask }
  | { readonly kind: 'cancel'; readonly id: ClientOrderId };

/** What came of it, as lines. */
interface Answer {
  readonly events: readonly string[];
  readonly prints: readonly number[];
  readonly best: object;
}

interface Market {
  do(act: Act): Answer;
}

function ours(house: HouseRules, share: number | null): Market {
  const matcher = new Matcher(
    { ...plain, fill: house.fill, spreadTicks: house.spreadTicks, volumeShareBps: share, house, ...limits },
    start,
  );
  let count = 0;
  const line = (event: MatchEvent): string => {
    switch (event.kind) {
      case 'accepted':
        return `new ${event.order.id}`;
      case 'rejected':
        return `refused ${event.ask.id} ${event.code}`;
      case 'filled':
        return `fill ${event.order.id} ${event.lots} at ${event.price} ${event.maker ? 'maker' : 'taker'}, ${event.order.executed} of ${event.order.lots}`;
      case 'ended':
        return `${event.cause} ${event.order.id} ${event.order.executed}`;
      case 'cancel-rejected':
        return `uncancelled ${event.id}`;
    }
  };
  return {
    do: (act) => {
      if (act.kind === 'tick') matcher.tick(act.price, act.volume, ++count);
      if (act.kind === 'place') matcher.place(act.ask);
      if (act.kind === 'oco') matcher.placeOco(act.limit, act.stop);
      if (act.kind === 'cancel') matcher.cancel(act.id);
      const { events, prints } = matcher;
      matcher.events = [];
      matcher.prints = [];
      return { events: events.map(line), prints, best: matcher.best() };
    },
  };
}

const amountOf = (count: number, step: bigint): Amount => (BigInt(count) * step) as Amount;

function theirs(house: HouseRules): Market {
  const exchange: Exchange = createExchange({
    markets: [{ pair, tick: rules.tick, lot: rules.lot, minNotional: 0n as Amount, house, filters: limits }],
  });
  let time = Date.UTC(2026, 0, 1);
  const now = () => epochMs(++time);
  const rich = (10n ** 30n) as Amount;
  const userId = exchange.createUser({ BTC: rich, USDT: rich }, now());
  const legOf = (ask: Ask): LegRequest => ({
    clientOrderId: ask.id,
    type: ask.kind === 'stop-limit' ? 'STOP_LOSS_LIMIT' : ask.kind === 'post-only' ? 'LIMIT_MAKER' : 'LIMIT',
    price: amountOf(ask.price, rules.tick),
    ...(ask.kind === 'stop-limit' ? { stopPrice: amountOf(ask.trigger, rules.tick) } : {}),
    ...(ask.kind === 'post-only' ? {} : { timeInForce: times[ask.kind] ?? 'GTC' }),
  });
  const requestOf = (ask: Ask): OrderRequest => ({
    userId,
    pair,
    side: sideOf(ask.side),
    quantity: amountOf(ask.lots, rules.lot),
    ...legOf(ask),
  });
  const line = (event: UserEvent): string[] => {
    if (event.kind !== 'execution') return [];
    const { order, execution, trade } = event;
    const id = order.clientOrderId;
    // A stop is new when it comes; that it was set off is no event of the bot's.
    if (execution === 'NEW') return order.workingTime === -1 || order.workingTime === order.time ? [`new ${id}`] : [];
    if (execution === 'TRADE' && trade !== undefined)
      return [
        `fill ${id} ${trade.quantity} at ${trade.price} ${trade.maker ? 'maker' : 'taker'}, ${order.executed} of ${order.quantity}`,
      ];
    if (execution === 'TRADE_PREVENTION') return [`expired ${id} ${order.executed}`];
    return [`${execution === 'CANCELED' ? 'cancel' : 'expired'} ${id} ${order.executed}`];
  };
  const refusedLines = (asks: readonly Ask[], answer: { ok: true } | Refused): string[] =>
    answer.ok ? [] : asks.map(({ id }) => `refused ${id} ${answer.code}`);
  const run = (act: Act): string[] => {
    switch (act.kind) {
      case 'tick':
        exchange.tick({ pair, at: now(), price: act.price, volume: act.volume });
        return [];
      case 'place':
        return refusedLines([act.ask], exchange.place(requestOf(act.ask), now()));
      case 'oco': {
        const [limit, stop] = [legOf(act.limit), legOf(act.stop)];
        const [above, below] = act.limit.side === 'sell' ? [limit, stop] : [stop, limit];
        const quantity = amountOf(act.limit.lots, rules.lot);
        return refusedLines(
          [act.limit, act.stop],
          exchange.placeOco({ userId, pair, side: sideOf(act.limit.side), quantity, above, below }, now()),
        );
      }
      case 'cancel': {
        const answer = exchange.cancel({ userId, pair, origClientOrderId: act.id }, now());
        return answer.ok ? [] : [`uncancelled ${act.id}`];
      }
    }
  };
  return {
    do: (act) => {
      const refused = run(act);
      const { userEvents, marketEvents } = exchange.drain();
      const { bid, ask, bidQuantity, askQuantity } = exchange.best(pair);
      return {
        events: [...refused, ...userEvents.flatMap(line)],
        prints: marketEvents.flatMap((event: MarketEvent) => (event.kind === 'trade' ? [event.trade.price] : [])),
        best: { bid, bidLots: bidQuantity, ask, askLots: askQuantity },
      };
    },
  };
}

const sideOf = (side: Side) => (side === 'buy' ? 'BUY' : 'SELL');
const near = (next: Chance, price: number, by: number): number => price + Math.round((next() - 0.5) * 2 * by);
const times: Readonly<Record<string, 'IOC' | 'FOK'>> = { ioc: 'IOC', fok: 'FOK' };
const kinds = ['limit', 'post-only', 'ioc', 'fok', 'stop-limit'] as const;

/** Ticks that wander by a few prices, orders close around them, more of them than the filters let rest. */
function* acts(next: Chance, count: number): Generator<Act> {
  let price = start;
  const ids: ClientOrderId[] = [];
  const named = (): ClientOrderId => {
    const id = `order-${ids.length}` as ClientOrderId;
    ids.push(id);
    return id;
  };
  const askOf = (kind: (typeof kinds)[number], side: Side, lots: number): Ask => {
    const trigger = kind === 'stop-limit' ? near(next, price, 12) : 0;
    const limit = kind === 'stop-limit' ? near(next, trigger, 4) : near(next, price, 10);
    return { id: named(), side, kind, price: limit, trigger, lots };
  };
  yield { kind: 'tick', price, volume: 100 };
  for (let n = 0; n < count; n++) {
    const roll = next();
    const side: Side = next() < 0.5 ? 'buy' : 'sell';
    const lots = 1 + Math.floor(next() * 400);
    if (roll < 0.45) {
      price = near(next, price, next() < 0.1 ? 15 : 4);
      yield { kind: 'tick', price, volume: Math.floor(next() * 3) * Math.floor(next() * 300) };
    } else if (roll < 0.7) yield { kind: 'place', ask: askOf(kinds[Math.floor(next() * 4)]!, side, lots) };
    else if (roll < 0.87) yield { kind: 'oco', limit: askOf('post-only', side, lots), stop: askOf('stop-limit', side, lots) };
    else if (ids.length > 0) yield { kind: 'cancel', id: ids[Math.floor(next() * ids.length)]! };
  }
}

test(`${runs} random days of orders: events, prints and best prices are those of the simulated exchange`, (t) => {
  const seen = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const next = random(seed * 77);
    const share = [10_000, 2_500, 10_000][seed % 3]!;
    const house: HouseRules = {
      fill: next() < 0.3 ? 'through' : 'touch',
      spreadTicks: [1, 1, 3][Math.floor(next() * 3)]!,
      levels: 20,
      levelLots: [20, 200, 5_000][Math.floor(next() * 3)]!,
      volumeShareBps: share,
      seed,
    };
    const [mine, other] = [ours(house, share), theirs(house)];
    let number = 0;
    for (const act of acts(next, 250)) {
      const expected = other.do(act);
      assert.deepEqual(mine.do(act), expected, `seed ${seed}, act ${number}: ${JSON.stringify(act)}`);
      for (const line of expected.events) {
        const [word, , code] = line.split(' ');
        const what = word === 'refused' ? `refused ${code}` : word!;
        seen.set(what, (seen.get(what) ?? 0) + 1);
      }
      number++;
    }
  }
  t.diagnostic([...seen].map(([what, count]) => `${count} ${what}`).join(', '));
  for (const what of ['new', 'fill', 'cancel', 'expired', 'uncancelled', 'refused -2010', 'refused -1013'])
    assert.ok((seen.get(what) ?? 0) > runs / 4, `${seen.get(what)} of ${what}`);
});
