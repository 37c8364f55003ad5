/**
 * What is said of every kind of bot - profit by day, pair and deal, fees, funds, drawdown, time in the market - is what the exchange's own
 * trades add up to, by arithmetic that shares nothing with the bots or the views.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { amount, formatAmount } from '@holdfast/domain';
import { type EngineQueries, queries } from '@holdfast/storage';
import { readStatistics } from '../../apps/server/src/bots/statistics.ts';
import { createWorld, pair, type World } from '../simulation/world.ts';

const unit = 10n ** 18n;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const up = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;

/** One trade of the exchange, in its own words; amounts at 18 decimals. */
interface Trade {
  readonly at: number;
  readonly deal: number;
  readonly isBuy: boolean;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly feeBase: bigint;
  readonly feeQuote: bigint;
}

/** Quote and base that the trade moved, fees taken off. */
const quoteOf = ({ isBuy, price, quantity, feeQuote }: Trade): bigint =>
  (isBuy ? -up(price * quantity, unit) : (price * quantity) / unit) - feeQuote;
const baseOf = ({ isBuy, quantity, feeBase }: Trade): bigint => (isBuy ? quantity : -quantity) - feeBase;
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/** Profit by number of the deal. */
type Profits = (trades: readonly Trade[]) => ReadonlyMap<number, bigint>;

const add = (profits: Map<number, bigint>, deal: number, profit: bigint): void =>
  void profits.set(deal, (profits.get(deal) ?? 0n) + profit);

/** A sale earns what it brings less the average cost of its coins; what is left keeps its cost. */
const byAverageCost: Profits = (trades) => {
  const profits = new Map<number, bigint>();
  let [coins, cost] = [0n, 0n];
  for (const trade of trades) {
    if (trade.isBuy) {
      coins += baseOf(trade);
      cost -= quoteOf(trade);
      add(profits, trade.deal, 0n);
      continue;
    }
    const out = -baseOf(trade);
    const share = out >= coins ? cost : up(cost * out, coins);
    coins -= out;
    cost -= share;
    add(profits, trade.deal, quoteOf(trade) - share);
  }
  return profits;
};

/**
 * Each deal earns for itself: what its sales brought, less what as many of its own coins had cost. More than those count at their price;
 * in the first deal, which is what a grid did outside of its trips, at which it had balanced its coins.
 */
const byDealAlone: Profits = (trades) =>
  new Map(
    [...Map.groupBy(trades, ({ deal }) => deal)].map(([deal, own]) => {
      const [bought, sold] = [true, false].map((isBuy) => own.filter((trade) => trade.isBuy === isBuy)) as [Trade[], Trade[]];
      const [coins, out] = [sum(bought.map(baseOf)), -sum(sold.map(baseOf))];
      const spent = -sum(bought.map(quoteOf));
      const otherwise = deal === 1 ? own.findLast(({ at }) => at === own[0]!.at)!.price : up(spent * unit, coins);
      const cost = out <= coins ? up(spent * out, coins) : spent + up((out - coins) * otherwise, unit);
      return [deal, sum(sold.map(quoteOf)) - cost];
    }),
  );

/** Round trips that were not finished, and what brought coins and money into balance, are the first deal of a grid. */
function withRound(trades: readonly Trade[]): readonly Trade[] {
  const sides = Map.groupBy(trades, ({ deal }) => deal);
  const isTrip = ({ deal }: Trade): boolean => new Set(sides.get(deal)?.map(({ isBuy }) => isBuy)).size === 2;
  return trades.map((trade) => (isTrip(trade) ? trade : { ...trade, deal: 1 }));
}

/** Coins that came back too few or too many count at what was paid for those that did. */
const byCoinsBack: Profits = (trades) =>
  new Map(
    [...Map.groupBy(trades, ({ deal }) => deal)].map(([deal, own]) => {
      const back = own.filter(({ isBuy }) => isBuy);
      const [came, paid] = [sum(back.map(baseOf)), -sum(back.map(quoteOf))];
      const more = sum(own.map(baseOf)) * paid;
      return [deal, sum(own.map(quoteOf)) + (more >= 0n ? more / came : -up(-more, came))];
    }),
  );

/** Stretches of time in which something was at stake. */
type Stakes = (trades: readonly Trade[], lot: bigint, until: number) => readonly (readonly [number, number])[];

const whileDealsTrade: Stakes = (trades) =>
  [...Map.groupBy(trades, ({ deal }) => deal).values()].map((own) => [own[0]!.at, own.at(-1)!.at]);

const whileCoinsAreHeld: Stakes = (trades, lot, until) => {
  let base = 0n;
  return trades.flatMap((trade, index) => {
    base += baseOf(trade);
    return base >= lot ? [[trade.at, trades[index + 1]?.at ?? until] as const] : [];
  });
};

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly settings: object;
  readonly funds?: Readonly<Record<string, string>>;
  readonly profits: Profits;
  readonly stakes: Stakes;
  /** That must have ended at the least. */
  readonly deals: number;
  /** Asked of it before the last prices. */
  readonly closes: readonly ('stop' | 'close-now')[];
}

const deals = { stakes: whileDealsTrade, closes: ['stop', 'close-now'] } as const;
const dcaText = { baseOrderSize: '100', averagingOrderSize: '60', averagingOrders: 2, stepPercent: '1', takeProfitPercent: '1' };
const inCoins = { baseOrderSize: '1', baseOrderSizeIn: 'base', averagingOrders: 0, takeProfitPercent: '1' };
const exits = { takeProfits: '2%:50, 4%:50', stopLossPercent: '6' };
const cases: readonly Case[] = [
  { name: 'DCA', kind: 'dca', settings: dcaText, profits: byAverageCost, deals: 3, ...deals },
  {
    name: 'DCA, short, profit in quote',
    kind: 'dca',
    settings: { ...dcaText, ...inCoins, direction: 'short', profitIn: 'quote' },
    funds: { BTC: '4' },
    profits: byCoinsBack,
    ...deals,
    deals: 2,
    closes: ['stop'],
  },
  {
    name: 'grid',
    kind: 'grid',
    settings: { lowerPrice: '95', upperPrice: '105', lines: 9, amountPerLine: '100' },
    profits: byDealAlone,
    stakes: whileCoinsAreHeld,
    deals: 10,
    closes: ['stop', 'close-now'],
  },
  {
    name: 'trade that waits for its entry',
    kind: 'trade',
    settings: { ...exits, size: '1000', entry: 'limit', entryPrice: '99' },
    profits: byAverageCost,
    ...deals,
    deals: 1,
    closes: [],
  },
  {
    name: 'trade, short',
    kind: 'trade',
    settings: { ...exits, direction: 'short', size: '3', sizeIn: 'base' },
    funds: { BTC: '3', USDT: '50' },
    profits: byCoinsBack,
    ...deals,
    deals: 1,
    closes: [],
  },
  {
    name: 'signals',
    kind: 'signal',
    settings: { size: '300', maxEntryQuote: '500', maxInvestmentQuote: '500', takeProfitPercent: '2', stopLossPercent: '4' },
    profits: byAverageCost,
    deals: 3,
    ...deals,
  },
  {
    name: 'recurring buys',
    kind: 'recurring',
    settings: { size: '50', schedule: '*/5 * * * *', fundedPurchases: 80 },
    profits: byAverageCost,
    stakes: whileCoinsAreHeld,
    deals: 10,
    closes: ['stop'],
  },
  {
    name: 'rebalancing',
    kind: 'rebalance',
    settings: {
      targets: 'BTC/USDT:50',
      cashPercent: '50',
      schedule: '*/5 * * * *',
      thresholdPercent: '1',
      checkInterval: '1m',
      minTrade: '5',
    },
    funds: { USDT: '2000' },
    profits: byAverageCost,
    stakes: whileCoinsAreHeld,
    deals: 8,
    closes: ['stop'],
  },
];

const wave = Array.from({ length: 150 }, (_, i) => Math.round(10_000 + 400 * Math.sin(i / 7) + 150 * Math.sin(i / 2.3)));
const enter = { kind: 'enter', direction: 'long', size: null, limit: null, exits: { targets: null, stop: null } } as const;

/** Prices as they were played, unix ms and ticks. */
type Tape = readonly (readonly [at: number, ticks: number])[];

async function playOut(world: World, { kind, settings, funds, closes }: Case): Promise<{ bot: EngineBot; tape: Tape }> {
  const tape: [number, number][] = [];
  const play = async (price: number, ms?: number): Promise<void> => {
    await world.play(price, ms);
    tape.push([Number((world.db.prepare('select time from engine').get() as { time: number }).time), price]);
  };
  await play(10_000);
  const own = funds === undefined ? {} : { funds };
  const made = await world.command({
    id: 'make',
    command: 'bot-create',
    name: kind,
    kind,
    pair,
    settings: { ...settings },
    ...own,
    start: true,
  });
  assert.ok(made.ok, JSON.stringify(made));
  const bot = made.result as EngineBot;
  for (const [index, price] of wave.entries()) {
    if (kind === 'signal' && index % 10 === 3)
      await world.command({
        id: `signal-${index}`,
        command: 'signal',
        bots: [bot.id],
        source: 'alert',
        instrument: pair,
        price: null,
        ask: enter,
      });
    // Deals close on two days.
    await play(price, index === 100 ? dayMs : 2 * minuteMs);
  }
  for (const action of closes) await world.command({ id: action, command: 'bot-action', bot: bot.id, action });
  for (const price of [10_100, 10_100, 9_500, 10_100, 10_100]) await play(price);
  await world.settle();
  return { bot, tape };
}

/** The newest price of each minute, as its candle closes. */
const closesOf = (tape: Tape): ReadonlyMap<number, number> => new Map(tape.map(([at, ticks]) => [at - (at % minuteMs), ticks]));

function tradesOf(world: World): readonly Trade[] {
  const { exchange, store } = world.venue();
  const { tick, lot } = exchange.market(pair)!;
  const query = { userId: world.userId, pair, limit: 1000 };
  const orders = world.db.prepare('select exchange_order_id as id, client_order_id as name from orders').all();
  const names = new Map(orders.map(({ id, name }) => [String(id), String(name)]));
  return store.trades(query).map(
    ({ orderId, time, side, price, quantity, commission, commissionAsset }): Trade => ({
      at: Number(time),
      // Ours is `<bot>-<deal>-<role><sequence>`, numbers in base 36; the exchange knows the vault's name for it.
      deal: Number.parseInt(names.get(String(orderId))!.split('-')[1]!, 36),
      isBuy: side === 'BUY',
      price: BigInt(price) * tick,
      quantity: BigInt(quantity) * lot,
      feeBase: commissionAsset === 'BTC' ? commission : 0n,
      feeQuote: commissionAsset === 'USDT' ? commission : 0n,
    }),
  );
}

/** Milliseconds in at least one of the stretches. */
function covered(stretches: readonly (readonly [number, number])[]): number {
  let [total, reached] = [0, 0];
  for (const [from, until] of stretches.toSorted(([a], [b]) => a - b)) {
    total += Math.max(until - Math.max(from, reached), 0);
    reached = Math.max(reached, until);
  }
  return total;
}

/** Largest fall from a peak as a fraction of it, of what the funds are worth at each close and after each trade. */
function fallOf(trades: readonly Trade[], closes: ReadonlyMap<number, number>, given: { base: bigint; quote: bigint }): number {
  let [base, quote] = [Number(given.base), Number(given.quote)];
  const heard = [
    ...[...closes].map(([minute, ticks]) => ({ at: minute + minuteMs, price: ticks / 100, trade: null as Trade | null })),
    ...trades.map((trade) => ({ at: trade.at, price: Number(trade.price) / 1e18, trade })),
  ].sort((a, b) => a.at - b.at || Number(a.trade !== null) - Number(b.trade !== null));
  let [peak, worst] = [given.base === 0n ? quote : 0, 0];
  for (const { price, trade } of heard) {
    if (trade !== null) {
      base += Number(baseOf(trade));
      quote += Number(quoteOf(trade));
    }
    const value = quote + base * price;
    peak = Math.max(peak, value);
    worst = Math.max(worst, 1 - value / peak);
  }
  return worst;
}

for (const each of cases)
  test(`${each.name}: statistics are what the trades of the exchange add up to`, async (t) => {
    const world = await createWorld(() => false, { base: '10', maxSellHeld: '10' });
    t.after(() => world.close());
    const { bot, tape } = await playOut(world, each);
    const [closes, insert] = [
      closesOf(tape),
      world.db.prepare("insert or replace into candles values ('BTC/USDT', ?, ?, ?, ?, ?, '1', 1)"),
    ];
    for (const [minute, ticks] of closes) insert.run(minute, ...Array.from({ length: 4 }, () => String(ticks / 100)));

    const db = queries(world.db) as unknown as EngineQueries;
    const rows = await db.selectFrom('bots').selectAll().execute();
    const [figures] = await readStatistics(db, rows);
    assert.ok(figures !== undefined && figures.deals >= each.deals, JSON.stringify(figures));
    const trades = each.kind === 'grid' ? withRound(tradesOf(world)) : tradesOf(world);
    const lot = world.venue().exchange.market(pair)!.lot;

    // What the exchange took and gave is what the funds are now.
    const given = { base: amount(bot.funds.BTC ?? '0'), quote: amount(bot.funds.USDT ?? '0') };
    const now = new Map(figures.funds.map((it) => [it.asset as string, amount(it.available) + amount(it.reserved)]));
    assert.equal(now.get('USDT') ?? 0n, given.quote + sum(trades.map(quoteOf)), 'quote');
    assert.equal(now.get('BTC') ?? 0n, given.base + sum(trades.map(baseOf)), 'coins');
    const locked = figures.funds.map(({ reserved }) => amount(reserved));
    assert.ok(
      world.venue().exchange.openOrders(world.userId, pair).length > 0 || sum(locked) === 0n,
      'nothing is locked without an order',
    );

    // Profit and fees, whole and in parts.
    const feesOf = (own: readonly Trade[]): bigint =>
      sum(own.map(({ feeBase, feeQuote, price }) => feeQuote + up(feeBase * price, unit)));
    const profits = each.profits(trades);
    const closed = figures.byDeal.filter(({ profit }) => profit !== null);
    for (const { number, profit, fees } of closed) {
      const own = trades.filter(({ deal }) => deal === number);
      assert.equal(profit, formatAmount(profits.get(number) as never), `profit of deal ${number}`);
      assert.equal(fees, formatAmount(feesOf(own) as never), `fees of deal ${number}`);
    }
    assert.equal(closed.length, figures.deals);
    assert.equal(figures.profit, formatAmount(sum([...profits.values()]) as never), 'profit');
    assert.equal(figures.fees, formatAmount(feesOf(trades) as never), 'fees');
    const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
    const lastOf = (number: number): number => Math.max(...trades.filter(({ deal }) => deal === number).map(({ at }) => at));
    const days = [...Map.groupBy(closed, ({ number }) => dayOf(lastOf(number)))].map(
      ([day, own]) => `${day} ${own.length} ${formatAmount(sum(own.map(({ number }) => profits.get(number)!)) as never)}`,
    );
    assert.deepEqual(
      figures.byDay.map((row) => `${row.day} ${row.deals} ${row.profit}`),
      days.sort(),
    );
    assert.deepEqual(
      figures.byPair.map((row) => `${row.pair} ${row.deals} ${row.profit}`),
      [`${pair} ${figures.deals} ${figures.profit}`],
    );
    assert.ok(each.deals < 2 || figures.byDay.length >= 2, 'deals closed on two days');

    // Time in the market and the largest fall.
    const { created_at: from } = rows[0]!;
    const until = tape.at(-1)![0];
    const share = covered(each.stakes(trades, lot, until)) / (until - from);
    assert.ok(share > 0.01 && share < 1);
    assert.equal(figures.timeInMarketPercent, String(Math.floor(share * 10_000) / 100));
    const fall = fallOf(trades, closes, given);
    assert.ok(fall > 0.0005);
    assert.ok(Math.abs(Number(figures.drawdown.fraction) - fall) <= 1.1e-6, `${figures.drawdown.fraction}, not ${fall}`);
  });
