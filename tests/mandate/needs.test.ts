/**
 * The mandate that a bot asks for is enough and no more, for every kind: a bot under exactly that mandate is refused nothing while the
 * market stays where the kind's page gives it room, and with any one of its numbers cut the vault refuses something.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunResult, runBacktest, type Series, usualAssumptions } from '@holdfast/backtest';
import { type AskStrategy, botKinds, checkOwnSettings, type OwnDescription, ownKind, readDescription } from '@holdfast/bots';
import { botSettings } from '@holdfast/contracts';
import {
  type AllowedKind,
  type Amount,
  amount,
  type EpochMs,
  type Mandate,
  type MandatePair,
  type Pair,
  type PairRules,
  type Side,
} from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { type Row, random, seriesOf } from '../../packages/backtest/src/run/testing/tables.ts';
import { type AnyKind, type Judged, judged } from './judged.ts';

const rules = { ...testRules('BTC/USDT', '0.01', '0.00001', '5'), maxOrderLists: 20 };
/** Ticks; 1,000.00 USDT. */
const begin = 100_000;
/** Ticks that a minute moves at most. */
const step = 400;

/** Every pair moves as the first does, each from another of the points on. */
const pairRules: readonly PairRules[] = [rules, testRules('ETH/USDT', '0.01', '0.00001', '5')].map((each) => ({
  ...each,
  maxOrderLists: 20,
}));

/** Minutes that go from one percent of the first price to the next. */
function walk(points: readonly number[], of = 0): Series {
  const [next, rows]: [() => number, Row[]] = [random(7 + of), []];
  let last = begin;
  for (const point of [...points, points.at(-1) ?? 100]) {
    const [from, to] = [last, (begin * point) / 100];
    const minutes = Math.max(Math.ceil(Math.abs(to - from) / step), 40);
    for (let n = 1; n <= minutes; n++) {
      const close = Math.round(from + ((to - from) * n) / minutes + (next() - 0.5) * step);
      rows.push([last, Math.max(last, close) + 20, Math.min(last, close) - 20, close, 1e9]);
      last = close;
    }
  }
  return seriesOf(pairRules[of]!, rows);
}

/** By turns buys with all its funds at once, and spreads them over as many orders as it may have. */
const restless: AskStrategy = ({ state, event }) => {
  const n = ((state as number | null) ?? 0) + (event.kind === 'woken' ? 1 : 0);
  const out = { name: 'out', side: 'sell', order: 'limit', limit: Math.ceil(event.cost * 1.04), quantity: 'all' };
  const all = { name: 'in', side: 'buy', order: 'ioc', quote: '996' };
  const lines = Array.from({ length: 20 }, (_, line) => ({
    name: `line-${line}`,
    side: 'buy',
    order: line % 2 === 0 ? 'limit' : 'post-only',
    limit: Math.floor(event.bid * (1 - (line + 1) / 4000)),
    quote: '49.9',
  }));
  const orders = event.held > 0 ? [out] : n % 6 < 3 ? lines : [all];
  return { kind: 'answer', step: { state: n, orders, wakes: [{ kind: 'time', at: event.at + 900_000 }] } };
};
const ownText = readDescription({ name: 'restless', about: 'Buys and sells.' }) as OwnDescription;
const kinds: Readonly<Record<string, AnyKind>> = { ...botKinds, own: ownKind('own-restless-00000000', restless) };

function settingsOf(kind: string, text: object): unknown {
  if (kind !== 'own') return botSettings[kind as keyof typeof botSettings].parse(text);
  const checked = checkOwnSettings(ownText, text as Record<string, unknown>);
  assert.ok('values' in checked);
  return checked.values;
}

interface Case {
  readonly text: object;
  readonly funds?: Readonly<Record<string, Amount>>;
  /** How many pairs it trades; one when left out. */
  readonly pairs?: number;
  /** Percent of the first price between which nothing may be refused. */
  readonly within: readonly [low: number, high: number];
  /** Further prices at which a cut is tried. */
  readonly also?: readonly number[];
  readonly enters?: 'long' | 'short';
}

const dca = {
  baseOrderSize: '100',
  averagingOrderSize: '50',
  averagingOrders: 4,
  averagingOrdersActive: 4,
  stepPercent: '1',
  takeProfitPercent: '2',
};
const twoDeals = { dealsAtOnce: 2, dealsPerPair: 2, dealStepPercent: '2' };
const grid = { lowerPrice: '900', upperPrice: '1100', lines: 21, amountPerLine: '50', activeBuyLines: 20, activeSellLines: 20 };
const half = {
  targets: [{ pair: 'BTC/USDT', percent: '50' }],
  cashPercent: '50',
  schedule: '*/30 * * * *',
  thresholdPercent: '0',
  minTrade: '5',
};
const signal = { size: '500', maxEntryQuote: '500', maxInvestmentQuote: '500', takeProfitPercent: '5' };
const cover = { direction: 'short', size: '0.5', sizeIn: 'base' };
const cases: Readonly<Record<string, readonly Case[]>> = {
  dca: [
    { text: { ...dca, averagingOrders: 0 }, within: [80, 120], also: [122, 124] },
    { text: { ...dca, stopLossPercent: '6' }, within: [85, 118], also: [80, 78, 76] },
    { text: { ...dca, direction: 'short' }, within: [82, 115], also: [80, 125] },
  ],
  'dca of several deals': [
    { text: { ...dca, dealsAtOnce: 2 }, pairs: 2, within: [85, 118], also: [80, 122] },
    { text: { ...dca, ...twoDeals, stopLossPercent: '6' }, within: [85, 118], also: [80, 76, 74] },
    { text: { ...dca, ...twoDeals, dealsAtOnce: 4 }, pairs: 2, within: [82, 118], also: [76, 122] },
    { text: { ...dca, ...twoDeals, direction: 'short' }, within: [85, 117], also: [80, 125, 128] },
  ],
  grid: [
    { text: grid, within: [80, 130] },
    { text: grid, funds: { BTC: amount('0.6') }, within: [80, 130] },
    { text: { ...grid, amountIn: 'base', amountPerLine: '0.05', trailingUp: true }, within: [80, 150] },
  ],
  rebalance: [
    { text: half, funds: { USDT: amount('1000') }, within: [60, 180], also: [51, 195] },
    { text: half, funds: { USDT: amount('100'), BTC: amount('1') }, within: [60, 180], also: [51, 195] },
  ],
  recurring: [
    { text: { size: '50', schedule: '*/10 * * * *' }, within: [75, 150], also: [51, 195] },
    { text: { size: '50', schedule: '*/10 * * * *', maxPrice: '1020', aboveMaxPrice: 'carry' }, within: [75, 150] },
  ],
  signal: [
    { text: { ...signal, stopLossPercent: '5' }, enters: 'long', within: [80, 115], also: [76, 124] },
    { text: { ...signal, direction: 'short' }, enters: 'short', within: [85, 115], also: [76, 124] },
  ],
  'signal of several pairs': [
    {
      text: { ...signal, stopLossPercent: '5', positionsAtOnce: 2 },
      pairs: 2,
      enters: 'long',
      within: [80, 115],
      also: [76, 124],
    },
    {
      text: { ...signal, direction: 'short', positionsAtOnce: 2 },
      pairs: 2,
      enters: 'short',
      within: [85, 115],
      also: [76, 124],
    },
  ],
  trade: [
    { text: { size: '500', takeProfits: '1%:50, 3%:50', stopLossPercent: '5' }, within: [70, 150] },
    { text: { size: '500', entry: 'trailing', entryTrailingPercent: '1' }, within: [80, 120], also: [72, 124] },
    {
      text: {
        size: '500',
        entry: 'trailing',
        entryTrailingDistance: '10',
        takeProfits: '3%:100:limit:5 quote',
        stopLossDistance: '50',
        stopLossTrailing: true,
      },
      within: [80, 120],
    },
    { text: { entry: 'held', heldQuantity: '1', heldPrice: '1000', takeProfits: '1%:50, 20%:50' }, within: [70, 150] },
    {
      text: { ...cover, takeProfits: '1%:50, 3%:50', stopLossPercent: '5', rests: 'take-profit' },
      funds: { BTC: amount('0.5'), USDT: amount('50') },
      within: [70, 115],
      also: [124, 126],
    },
    // A stop that is bought rests only where the band around the price of now reaches.
    { text: { ...cover, takeProfits: '3%:100', stopLossPercent: '0.3', stopLossGapPercent: '0.1' }, within: [70, 115] },
    {
      text: {
        ...cover,
        size: '500',
        sizeIn: 'quote',
        profitIn: 'base',
        entry: 'trailing',
        entryTrailingPercent: '1',
        takeProfits: '4%:100',
      },
      within: [78, 120],
    },
    {
      text: {
        direction: 'short',
        entry: 'held',
        heldQuantity: '1',
        takeProfits: '1%:50, 20%:50',
        stopLossPercent: '5',
        rests: 'take-profit',
      },
      within: [65, 115],
    },
  ],
  own: [{ text: { funds: '1000' }, within: [60, 150], also: [51, 190] }],
};

type Markets = readonly Series[];

/** The points of the first pair, and for each other pair the same ones begun later. */
const walks = (points: readonly number[], { pairs = 1 }: Case): Markets =>
  Array.from({ length: pairs }, (_, of) => walk([...points.slice(of), ...points.slice(0, of)], of));

/** `dca of several deals` is of the kind `dca`. */
const kindOf = (name: string): string => name.split(' ', 1)[0] as string;

function play(name: string, { text, funds, enters, pairs = 1 }: Case, markets: Markets, change?: (mandate: Mandate) => Mandate) {
  const kind = kindOf(name);
  const tell = (minute: number) =>
    minute % (40 / pairs) === 5
      ? { kind: 'signal', signal: { ...entered, id: `signal-${minute}`, ask: { ...enter, direction: enters } }, ...named(minute) }
      : null;
  /** Of several pairs each in turn. */
  const named = (minute: number) => (pairs === 1 ? {} : { pair: pairRules[Math.floor((minute * pairs) / 40) % pairs]?.pair });
  const it = judged(kinds[kind] as AnyKind, change, enters === undefined ? undefined : tell);
  const result = runBacktest({
    kind,
    own: () => it.kind,
    settings: settingsOf(kind, text),
    series: new Map(markets.map((series) => [series.pair as Pair, series])),
    rules: new Map(pairRules.slice(0, markets.length).map((each) => [each.pair, each])),
    from: 0 as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: funds ?? null,
    assumptions: { ...usualAssumptions, volumeShare: null, depth: 'best' },
    driver: 'step',
  });
  return { it, result };
}
const entered = { at: 0, instrument: 'BTC/USDT', price: null };
const enter = { kind: 'enter', size: null, limit: null, exits: { targets: null, stop: null } };

const said = ({ refused }: Judged): readonly string[] => refused.map(({ code, reason }) => `${code} ${reason}`);

const seeds = [1, 2, 3, 4, 5];
for (const [kind, all] of Object.entries(cases))
  test(`${kind}: under exactly the mandate that it asks for nothing is refused`, () => {
    for (const [number, each] of all.entries()) {
      const [low, high] = each.within;
      const results: RunResult[] = [];
      for (const seed of seeds) {
        const next = random(seed);
        const points = Array.from({ length: 5 }, () => low + next() * (high - low));
        const { it, result } = play(kind, each, walks(points, each));
        assert.deepEqual(said(it), [], `${kind} ${number + 1}, seed ${seed}, ${points.map((point) => point.toFixed(1))}`);
        results.push(result);
      }
      assert.ok(results.reduce((sum, { fills }) => sum + fills.length, 0) > 0, `${kind} ${number + 1} traded`);
    }
  });

type Cut = (mandate: Mandate, keep: bigint) => Mandate;
const ofPair =
  (field: 'maxOrderQuote' | 'maxOrderBase' | 'maxPositionQuote' | 'maxSellHeldBase24h' | 'ceiling'): Cut =>
  (mandate, keep) => ({ ...mandate, pairs: mandate.pairs.map((it) => ({ ...it, [field]: (it[field] * keep) / 100n })) });
const ofAll =
  (field: 'turnover24h' | 'maxOpenQuote' | 'burn24h' | 'stopBudget24h'): Cut =>
  (mandate, keep) => ({ ...mandate, [field]: (mandate[field] * keep) / 100n });
const cuts = {
  maxOrderQuote: ofPair('maxOrderQuote'),
  maxOrderBase: ofPair('maxOrderBase'),
  maxPositionQuote: ofPair('maxPositionQuote'),
  maxSellHeldBase24h: ofPair('maxSellHeldBase24h'),
  floor: (mandate: Mandate, keep: bigint) => ({
    ...mandate,
    pairs: mandate.pairs.map((it) => ({ ...it, floor: ((it.floor * 100n) / keep) as Amount })),
  }),
  ceiling: ofPair('ceiling'),
  turnover24h: ofAll('turnover24h'),
  burn24h: ofAll('burn24h'),
  stopBudget24h: ofAll('stopBudget24h'),
  maxOpenQuote: ofAll('maxOpenQuote'),
  openOrders: (mandate: Mandate, keep: bigint) => ({
    ...mandate,
    openOrders: Math.floor((mandate.openOrders * Number(keep)) / 100),
  }),
} satisfies Readonly<Record<string, Cut>>;

/**
 * Percent of each number that is too little for some bot of the kind: the nearer to 100, the tighter. Turnover and burn are estimates of a
 * busy day, corridors have the room that the page of the kind names, sizes in base are those of its lower end, and open orders count
 * when an entry is added to exits that rest. 0: the kind needs none of it.
 */
type Tight = Readonly<Record<keyof typeof cuts, number>>;
const tight = (change: Partial<Tight>): Tight => ({
  maxOrderQuote: 99,
  maxOrderBase: 90,
  maxPositionQuote: 99,
  maxSellHeldBase24h: 99,
  floor: 90,
  ceiling: 90,
  turnover24h: 25,
  burn24h: 25,
  stopBudget24h: 0,
  maxOpenQuote: 99,
  openOrders: 99,
  ...change,
});
const signalTight = tight({
  maxOrderQuote: 75,
  maxOrderBase: 50,
  floor: 75,
  turnover24h: 10,
  stopBudget24h: 10,
  maxOpenQuote: 75,
  openOrders: 2,
});
const tooLittle: Readonly<Record<string, Tight>> = {
  dca: tight({ maxOrderBase: 50, stopBudget24h: 25 }),
  'dca of several deals': tight({ maxOrderBase: 50, stopBudget24h: 25 }),
  grid: tight({ maxOrderQuote: 90, floor: 99, ceiling: 99 }),
  rebalance: tight({
    maxOrderQuote: 25,
    maxOrderBase: 10,
    maxPositionQuote: 50,
    maxSellHeldBase24h: 50,
    burn24h: 10,
    maxOpenQuote: 25,
  }),
  recurring: tight({ maxOrderQuote: 90, maxOrderBase: 25, maxSellHeldBase24h: 0, floor: 50, turnover24h: 10, maxOpenQuote: 90 }),
  signal: signalTight,
  'signal of several pairs': signalTight,
  trade: tight({ ceiling: 75, stopBudget24h: 25, openOrders: 25 }),
  own: tight({ maxOrderBase: 25, maxSellHeldBase24h: 0, floor: 50 }),
};

const without = <Item>(list: readonly Item[], item: Item): readonly Item[] => list.filter((each) => each !== item);
function listCuts({ pairs: [first] }: Mandate): readonly (readonly [string, (mandate: Mandate) => Mandate])[] {
  const { sides, orders } = first as MandatePair;
  const change = (part: Partial<MandatePair>) => (mandate: Mandate) => ({
    ...mandate,
    pairs: mandate.pairs.map((it) => ({ ...it, ...part })),
  });
  return [
    ...sides.map((side) => [side, change({ sides: without<Side>(sides, side) })] as const),
    ...orders.map((order) => [order, change({ orders: without<AllowedKind>(orders, order) })] as const),
  ];
}

/** Walks that go where a cut is felt, and under the whole mandate refuse nothing. */
const cleanWalks = (kind: string): readonly (readonly [Case, Markets, Mandate])[] =>
  (cases[kind] ?? []).flatMap((each) => {
    const [low, high] = each.within;
    const ends = [
      [low, high, low, 100],
      [high, low, high, 100],
      [103, 97, 103, 97, 103, 97],
      ...(each.also ?? []).map((end) => [end, 100, end]),
    ];
    return ends.flatMap((points) => {
      const series = walks(points, each);
      const { it } = play(kind, each, series);
      const mandate = it.mandate();
      return it.refused.length === 0 && mandate !== undefined ? [[each, series, mandate] as const] : [];
    });
  });

for (const kind of Object.keys(cases))
  test(`${kind}: with any one number of it cut, something is refused`, () => {
    const walks = cleanWalks(kind);
    const refuses = (change: (mandate: Mandate) => Mandate) =>
      walks.some(([each, series]) => play(kind, each, series, change).it.refused.length > 0);
    for (const [name, cut] of Object.entries(cuts)) {
      const keep = tooLittle[kind]?.[name as keyof typeof cuts] ?? 0;
      if (keep > 0)
        assert.ok(
          refuses((mandate) => cut(mandate, BigInt(keep))),
          `${name}: ${keep} % of it would do`,
        );
      else
        assert.ok(
          walks.every(([, , mandate]) => isNone(mandate, name)),
          `${name} is asked for`,
        );
    }
    const lists = new Map(walks.flatMap(([, , mandate]) => listCuts(mandate)));
    for (const [name, change] of lists) assert.ok(refuses(change), `it would do without ${name}`);
  });

const isNone = ({ pairs, stopBudget24h }: Mandate, name: string): boolean =>
  name === 'stopBudget24h' ? stopBudget24h === 0n : pairs.every((it) => it[name as 'maxSellHeldBase24h'] === 0n);

test('every kind of bot is judged here', () => {
  assert.deepEqual([...new Set(Object.keys(cases).map(kindOf))].sort(), [...Object.keys(botKinds), 'own'].sort());
});
