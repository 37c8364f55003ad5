/** Perpetuals: documented liquidation prices, small tables worked out by hand, and random bots against independent arithmetic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type ClientOrderId, formatAmount } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import type { FundingRates } from '../data/funding.ts';
import { rowAt } from '../data/series.ts';
import { Account } from './account.ts';
import { columnsOf } from './columns.ts';
import { fundingOf } from './funding-schedule.ts';
import { fillText } from './hash.ts';
import { Margin, type MarginMarket } from './margin.ts';
import { type MaintenanceTier, maintenanceOf, type Perpetual, usualPerpetual } from './perpetual.ts';
import { placesOf } from './places.ts';
import type { RunFill, RunRequest, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { RunError } from './run-error.ts';
import { type Play, requestOf } from './testing/play.ts';
import { randomKinds } from './testing/random-bots.ts';
import { randomRequest } from './testing/random-request.ts';
import { random, tableStart } from './testing/tables.ts';

const tiers = (text: string): readonly MaintenanceTier[] =>
  text.split(' ').map((each) => {
    const [from = '', share = ''] = each.split(':');
    return { from: amount(from), share: amount(share) };
  });
/** Brackets of Binance at the time of its example; each begins where its maintenance amount makes the margin go on without a step. */
const btcTiers = tiers('0:0.004 50000:0.005 250000:0.01 1000000:0.025 10000000:0.05');
const ethTiers = tiers('0:0.005 10000:0.0065 100000:0.01 500000:0.02 1000000:0.05 2000000:0.1');

test('tiers give the maintenance amounts that Binance lists: 16,300 at 2.5 %, 135,365 at 10 %', () => {
  const ofBinance = (value: string, share: string, cum: string): bigint =>
    (amount(value) * amount(share)) / 10n ** 18n - amount(cum);
  assert.equal(maintenanceOf(amount('3000000'), btcTiers), ofBinance('3000000', '0.025', '16300'));
  assert.equal(maintenanceOf(amount('4200000'), ethTiers), ofBinance('4200000', '0.1', '135365'));
  assert.equal(maintenanceOf(0n, ethTiers), 0n);
});

/** A margin account that bought these at their entries. */
function accountOf(
  wallet: string,
  held: readonly { pair: string; quantity: string; entry: string; price: string; tiers: readonly MaintenanceTier[] }[],
) {
  const quote = amount('100000000');
  const account = new Account({ USDT: quote });
  const markets = held.map(({ pair, quantity, entry, price }): MarginMarket & { anchor: number } => {
    const rules = testRules(pair, '0.0001', '0.001', '5');
    account.fill('x' as ClientOrderId, {
      pair: rules.pair,
      side: 'buy',
      price: amount(entry),
      quantity: amount(quantity),
      fee: 0n as Amount,
      feeAsset: 'USDT' as never,
    });
    const matcher = { anchor: Number(amount(price) / rules.tick), saleTrigger: 0, purchaseTrigger: Number.POSITIVE_INFINITY };
    return { columns: { pair: rules.pair, rules }, matcher, anchor: matcher.anchor } as never;
  });
  const perpetual = { ...usualPerpetual, leverage: 20 };
  const byPair = new Map(markets.map(({ columns }, at) => [columns.pair, held[at]!.tiers]));
  const margin = new Margin({
    account,
    room: { USDT: quote },
    collateral: amount(wallet),
    warnings: [],
    markets,
    perpetual,
    funding: [],
    tiers: byPair,
  });
  /** The highest price at which the account is taken while the other markets stay, to two decimals. */
  const takenAt = (at: number): string => {
    const market = markets[at]!;
    let [low, high] = [0, market.matcher.anchor];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (margin.isTaken((each) => (each === market ? middle : each.matcher.anchor))) low = middle;
      else high = middle;
    }
    assert.ok(margin.bounds(market).below >= low, 'the bounds keep outside of it');
    return (low / 10_000).toFixed(2);
  };
  return takenAt;
}

// Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": wallet 1,535,443.01, BTC 109.488 at 32,481.98 with
// 31,967.27 as mark price, ETH 3,683.979 at 1,456.84 with 1,335.18. Its results.
const btc = { pair: 'BTC/USDT', quantity: '109.488', entry: '32481.98', price: '31967.27', tiers: btcTiers };
const eth = { pair: 'ETH/USDT', quantity: '3683.979', entry: '1456.84', price: '1335.18', tiers: ethTiers };
test('the liquidation prices of Binance’s own example, one contract alone and two together', () => {
  assert.equal(accountOf('1535443.01', [btc])(0), '18778.73');
  assert.equal(accountOf('1535443.01', [eth])(0), '1114.78');
  const both = accountOf('1535443.01', [btc, eth]);
  assert.deepEqual([both(0), both(1)], ['26316.89', '1153.26']);
});

const perpetual = (leverage: number, more: Partial<Perpetual> = {}): Perpetual => ({
  ...usualPerpetual,
  fundingRate: 0n as Amount,
  leverage,
  ...more,
});
/** 10 coins at 100.01 are 1,000.10; of a collateral of 110 they leave -890.10, so half a percent of them is left at 89.457. */
const long = {
  kind: 'trade',
  settings: { feePercent: '0', feeAsset: 'quote', entry: 'market', size: '1000.1', takeProfits: '50%:100' },
};
/** 10 coins at 100 bring 1,000.00, which with the collateral are 1,110.00: half a percent of them is left at 110.447. */
const short = { ...long, settings: { ...long.settings, size: '1000', direction: 'short' } };
const stop = (percent: string) => ({ ...long, settings: { ...long.settings, stopLossPercent: percent } });

function run(play: Play, rates: readonly (readonly [minute: number, rate: string])[] = []): RunResult {
  const given = {
    assumptions: { feeIn: 'quote', perpetual: perpetual(10), ...play.assumptions },
    funds: { USDT: '110' },
  } as const;
  const request = requestOf({ ...given, ...play, assumptions: given.assumptions });
  return alike({
    ...request,
    keepsOrders: true,
    series: new Map([...request.series].map(([pair, of]) => [pair, { ...of, funding: funding(pair, rates) }])),
  });
}

const funding = (pair: string, rates: readonly (readonly [minute: number, rate: string])[]): FundingRates => ({
  exchange: 'x',
  pair,
  rows: rates.length,
  times: Float64Array.from(rates, ([minute]) => tableStart + minute * 60_000 + 3),
  rates: BigInt64Array.from(rates, ([, rate]) => amount(rate)),
});

/** Both drivers give the same. */
function alike(request: RunRequest, text = ''): RunResult {
  const step = runBacktest({ ...request, driver: 'step' });
  const jump = runBacktest({ ...request, driver: 'jump' });
  assert.deepEqual(jump.fills.map(fillText), step.fills.map(fillText), text);
  assert.deepEqual({ ...jump.margin, drawdown: jump.drawdown }, { ...step.margin, drawdown: step.drawdown }, text);
  assert.equal(jump.hash, step.hash, text);
  return step;
}

const at = (minute: number, second: number): number => tableStart + minute * 60_000 + second * 1000;
const taken = ({ margin }: RunResult) => {
  const liquidation = margin?.liquidation;
  if (liquidation == null) return null;
  const { price, value, equity, fee, left } = liquidation;
  return [liquidation.at, ...[price, value, equity, fee, left].map(formatAmount)];
};

test('a long position is taken at the tick at which maintenance is not left, and not a tick above', () => {
  const above = run({ ...long, candles: '100 100 100 100\n100 100 89.46 95' });
  assert.equal(taken(above), null);
  assert.equal(formatAmount(above.endEquity), '59.9', '-890.10 and 10 coins at 95');
  const result = run({ ...long, candles: '100 100 100 100\n100 100 89.45 95\n95 200 95 200' });
  assert.deepEqual(taken(result), [at(1, 30), '89.45', '894.5', '4.4', '4.4', '0']);
  assert.equal(result.endEquity, 0n);
  assert.equal(result.fills.length, 1, 'nothing is traded after it');
  assert.equal(result.drawdown.most, 1);
  assert.equal(result.heldMs, 90_000, 'held from the first price to the one that took it');
});

test('a short position is taken above', () => {
  assert.equal(taken(run({ ...short, candles: '100 100 100 100\n100 110.44 100 100' })), null);
  const result = run({ ...short, candles: '100 100 100 100\n100 110.45 100 100' });
  assert.deepEqual(taken(result), [at(1, 30), '110.45', '1104.5', '5.5', '5.5', '0']);
  const won = run({ ...short, candles: '100 100 100 100\n100 100 90 90' });
  assert.equal(formatAmount(won.endEquity), '210', 'ten coins that fell by ten');
  assert.ok(won.drawdown.most === 0);
});

test('of what is taken the clearance fee is paid, and the rest is left', () => {
  const deep = perpetual(10, { maintenance: [{ from: 0n as Amount, share: amount('0.05') }] });
  const result = run({ ...long, candles: '100 100 100 100\n100 100 93.69 95', assumptions: { perpetual: deep } });
  assert.deepEqual(taken(result), [at(1, 30), '93.69', '936.9', '46.8', '11.71125', '35.08875']);
  assert.equal(formatAmount(result.endEquity), '35.08875');
});

test('a stop that is reached first trades first; what is less than nothing is not owed', () => {
  const first = run({ ...stop('5'), candles: '100 100 100 100\n100 100 88 89', assumptions: { stops: 'trigger' } });
  assert.equal(taken(first), null);
  assert.equal(formatAmount(first.endEquity), '60', 'ten coins sold at 95.01');
  const late = run({ ...stop('5'), candles: '100 100 100 100\n100 100 80 81' });
  assert.deepEqual(taken(late), [at(1, 30), '80', '800', '-90.1', '0', '0'], 'the price fell through the limit of the stop');
  const never = run({ ...stop('11'), candles: '100 100 100 100\n100 100 88 89' });
  assert.deepEqual(taken(never)?.slice(0, 2), [at(1, 30), '88']);
  assert.equal(never.fills.length, 1, 'all was taken before the stop at 89');
});

test('longs pay what is positive and get what is negative, on the value at the price before; nobody pays for nothing', () => {
  const candles = '100 100 100 100\n98 98 98 98\n97 97 97 97';
  const rates = [
    [-1, '0.5'],
    [0, '0.5'],
    [1, '0.001'],
    [2, '-0.0005'],
  ] as const;
  const result = run({ ...long, candles }, rates);
  assert.deepEqual(result.margin?.funding, { paid: amount('1'), received: amount('0.49'), times: 2, assumed: 0 });
  assert.equal(formatAmount(result.endEquity), '79.39', '-890.10, ten coins at 97, less 0.51');
  const other = run({ ...short, candles }, rates);
  assert.deepEqual(other.margin?.funding, { paid: amount('0.49'), received: amount('1'), times: 2, assumed: 0 });
});

test('funding counts toward liquidation', () => {
  const candles = '100 100 100 100\n100 100 89.5 95';
  assert.equal(taken(run({ ...long, candles })), null);
  assert.deepEqual(taken(run({ ...long, candles }, [[1, '0.001']]))?.slice(0, 2), [at(1, 30), '89.5']);
});

test('what is not stored is paid at the assumed rate every eight hours', () => {
  const eight = 8 * 3_600_000;
  const stored = {
    ...funding('FOO/USDT', [
      [480, '0.0002'],
      [1440, '0.0003'],
    ]),
    exchange: 'x',
  };
  const dues = fundingOf('FOO/USDT' as never, stored, 7n, { from: tableStart + 1, to: tableStart + 4 * eight });
  assert.deepEqual(
    dues.map((due) => [(due.at - tableStart) / eight, due.isAssumed]),
    [
      [1, false],
      [2, true],
      [3, false],
      [4, true],
    ],
  );
});

test('an order that wants more margin than is left is rejected as Binance does, and what closes never is', () => {
  const dca = {
    kind: 'dca',
    settings: {
      feePercent: '0',
      feeAsset: 'quote',
      baseOrderSize: '500',
      averagingOrderSize: '500',
      averagingOrders: 2,
      averagingOrdersActive: 1,
      stepPercent: '10',
      takeProfitPercent: '1',
      cooldownSeconds: 3600,
    },
    assumptions: { feeIn: 'quote', perpetual: perpetual(10) },
    candles: '100 100 100 100\n100 100 90 90\n90 90 86 86\n86 120 86 120',
  } as const;
  const tight = run(dca);
  assert.ok((tight.refused['-2019'] ?? 0) > 0, JSON.stringify(tight.refused));
  assert.deepEqual(
    tight.fills.map(({ side }) => side),
    ['buy', 'buy', 'sell'],
    'the second averaging order was never there',
  );
  const rejected = tight.orders!.filter(({ status }) => status === 'rejected');
  assert.deepEqual(new Set(rejected.map(({ side }) => side)), new Set(['buy']), 'no sale of what is held was rejected');
  const candles = '100 100 100 100\n100 100 100 100';
  const poor = run({ ...short, candles, funds: { USDT: '90' } });
  assert.ok((poor.refused['-2019'] ?? 0) > 0 && poor.fills.length === 0, 'nor may a sale open more');
  const wide = run({ ...dca, candles: dca.candles.replace('90 90 86 86', '90 90 79 86'), funds: { USDT: '400' } });
  assert.equal(wide.refused['-2019'], undefined);
  assert.equal(wide.fills.filter(({ side }) => side === 'buy').length, 3);
});

test('collateral is asked for by the leverage, and what cannot be is refused', () => {
  const candles = '100 100 100 100\n100 100 100 100';
  const play = { ...long, candles, assumptions: { feeIn: 'quote', perpetual: perpetual(10) } } as const;
  const spot = runBacktest(requestOf({ ...play, assumptions: { feeIn: 'quote' } }));
  const usual = runBacktest(requestOf(play));
  assert.ok(usual.startEquity * 10n >= spot.startEquity && usual.startEquity * 10n < spot.startEquity + 10n);
  const refused = (more: object, what: RegExp): void => {
    assert.throws(() => runBacktest(requestOf({ ...play, ...more })), { code: 'settings-unfit', message: what });
  };
  refused({ funds: { FOO: '1' } }, /collateral of a perpetual is given in USDT, not in FOO/);
  refused({ assumptions: { perpetual: perpetual(10) } }, /fees of a perpetual are taken in quote/);
  refused(
    { assumptions: { feeIn: 'quote', perpetual: perpetual(126) } },
    /leverage must be a whole number from 1 to 125, got 126/,
  );
  refused(
    { assumptions: { feeIn: 'quote', perpetual: perpetual(10, { maintenance: tiers('0:0.1') }) } },
    /liquidated as it is opened/,
  );
  refused({ assumptions: { feeIn: 'quote', perpetual: perpetual(10, { maintenance: tiers('0:0.01 5:0.005') }) } }, /must rise/);
  refused({ assumptions: { feeIn: 'quote', perpetual: perpetual(10, { maintenance: tiers('5:0.005') }) } }, /begin at 0/);
});

const runs = Number(process.env.HOLDFAST_EQUAL_RUNS ?? 2);
const firstSeed = Number(process.env.HOLDFAST_EQUAL_SEED ?? 1);

/** Collateral, what the fills moved, funding, and what is held at the last close: all by itself. */
function equityOf({ fills, margin, pairs }: RunResult, request: RunRequest): bigint {
  let money = margin!.collateral - margin!.funding.paid + margin!.funding.received;
  const held = new Map<string, bigint>();
  for (const fill of fills) {
    money += moneyOf(fill);
    held.set(fill.pair, (held.get(fill.pair) ?? 0n) + (fill.side === 'buy' ? fill.quantity : -fill.quantity));
  }
  for (const pair of pairs) {
    const { close, priceDigits, rows } = request.series.get(pair)!;
    const value = (held.get(pair) ?? 0n) * BigInt(close[rows - 1]!) * 10n ** BigInt(18 - priceDigits);
    money += value < 0n ? -((-value + 10n ** 18n - 1n) / 10n ** 18n) : value / 10n ** 18n;
  }
  return money;
}

/** Every point of the published paths: time, pair and price in ticks, in the order in which they are played. */
function pointsOf({ series, rules, from }: RunRequest) {
  const points = [...series].flatMap(([pair, of]) => {
    const columns = columnsOf(of, rules.get(pair)!);
    const places = placesOf(columns);
    const first = places.firstOf(rowAt(of, from));
    return Array.from({ length: places.firstOf(of.rows) - first }, (_, at) => ({
      at: places.timeOf(first + at),
      pair,
      price: BigInt(places.priceOf(first + at)) * columns.rules.tick,
    }));
  });
  return points.sort((a, b) => a.at - b.at || (a.pair < b.pair ? -1 : 1));
}

/**
 * A walk over every point that knows the fills alone. Where a point has fills, those of the bot's answers come after the look at
 * the account, so it is looked at without them, with those that rested, and with all: taken in all three it must be taken, taken in
 * none it must not.
 */
function mustBeTakenWhere(result: RunResult, request: RunRequest, text: string): void {
  const { fills, margin, pairs } = result;
  const tiersOf = request.assumptions.perpetual!.maintenance;
  const points = pointsOf(request);
  const dues = pairs
    .flatMap((pair) => fundingOf(pair, request.series.get(pair)!.funding, 0n, { from: points[0]!.at + 1, to: points.at(-1)!.at }))
    .sort((a, b) => a.at - b.at);
  const held = new Map<string, bigint>();
  const prices = new Map(pairs.map((pair) => [pair, points.find((point) => point.pair === pair)!.price]));
  let [money, fill, due] = [margin!.collateral as bigint, 0, 0];
  const isTaken = (extra: readonly RunFill[]): boolean => {
    let [equity, wanted, isHeld] = [money, 0n, false];
    for (const pair of pairs) {
      let position = held.get(pair) ?? 0n;
      for (const each of extra) if (each.pair === pair) position += each.side === 'buy' ? each.quantity : -each.quantity;
      const value = position * prices.get(pair)!;
      equity += value < 0n ? -((-value + one - 1n) / one) : value / one;
      wanted += maintenanceOf(((value < 0n ? -value : value) + one - 1n) / one, tiersOf);
      isHeld ||= position !== 0n;
    }
    for (const each of extra) equity += moneyOf(each);
    return isHeld ? equity <= wanted : equity < 0n;
  };
  const settle = (each: RunFill): void => {
    money += moneyOf(each);
    held.set(each.pair, (held.get(each.pair) ?? 0n) + (each.side === 'buy' ? each.quantity : -each.quantity));
  };
  for (const [index, { at, pair, price }] of points.entries()) {
    const isNewTime = points[index - 1]?.at !== at;
    if (isNewTime) for (; fill < fills.length && fills[fill]!.at < at; fill++) settle(fills[fill]!);
    for (; due < dues.length && dues[due]!.at <= at; due++) {
      const share = (held.get(dues[due]!.pair) ?? 0n) * prices.get(dues[due]!.pair)! * dues[due]!.rate;
      money -= share > 0n ? (share + one * one - 1n) / (one * one) : -(-share / (one * one));
    }
    prices.set(pair, price);
    let end = fill;
    while (fills[end]?.at === at) end++;
    const now = fills.slice(fill, end);
    const looks = end === fill ? [isTaken(now)] : [[], now.filter(({ maker }) => maker), now].map(isTaken);
    const isDeclared = margin!.liquidation?.at === at;
    if (isDeclared && looks.some((look) => look)) return;
    const where = `${text}, at ${new Date(at).toISOString()}`;
    // Another pair may follow at the same time.
    assert.ok(!isDeclared || points[index + 1]?.at === at, `${where}: taken, and there was enough`);
    assert.ok(isDeclared || !looks.every((look) => look), `${where}: not taken, and there was too little`);
  }
}

const one = 10n ** 18n;
/** What a fill adds to the quote. */
const moneyOf = ({ side, price, quantity, fee }: RunFill): bigint =>
  (side === 'buy' ? -((price * quantity + one - 1n) / one) : (price * quantity) / one) - fee;

for (const [name, kind] of Object.entries(randomKinds))
  test(`${name}: ${runs} random bots on perpetuals, stepping and jumping alike, and every coin accounted for`, (t) => {
    let [fills, liquidated, payments, short] = [0, 0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const spot = randomRequest(kind, seed * 1000);
      const next = random(seed * 77);
      const rates = Array.from({ length: 60 }, (_, at) => [at * 20, (next() * 0.004 - 0.002).toFixed(6)] as const);
      const request: RunRequest = {
        ...spot,
        series: new Map([...spot.series].map(([pair, of]) => [pair, { ...of, funding: funding(pair, rates) }])),
        assumptions: {
          ...spot.assumptions,
          feeIn: 'quote',
          perpetual: perpetual([5, 25, 60, 125][Math.floor(next() * 4)]!, { maintenance: tiers('0:0.004 300:0.007') }),
        },
      };
      try {
        const result = alike(request, `${name}, seed ${seed}`);
        const { liquidation, funding: paid } = result.margin!;
        fills += result.fills.length;
        payments += paid.times;
        if (liquidation !== null) liquidated++;
        if (liquidation === null) assert.equal(result.endEquity, equityOf(result, request), `${name}, seed ${seed}`);
        else {
          assert.equal(result.endEquity, liquidation.left);
          assert.ok(result.fills.every((fill) => fill.at <= liquidation.at));
        }
        assert.ok(result.endEquity >= 0n);
        const isPublished = request.assumptions.path === 'published' && [...request.series.values()].every(({ inner }) => !inner);
        if (isPublished) mustBeTakenWhere(result, request, `${name}, seed ${seed}`);
        if (result.fills[0]?.side === 'sell') short++;
      } catch (error) {
        if (!(error instanceof RunError) || error.code !== 'settings-unfit') throw error;
      }
    }
    t.diagnostic(`${fills} fills, ${liquidated} liquidated, ${payments} payments of funding, ${short} began short`);
  });
