/** Kernels against the bots: the same fills, one by one, and the same money, over markets and settings by chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, epochMs, type Lots, type Pair, type PairRules, pair, type Ticks } from '@holdfast/domain';
import fc from 'fast-check';
import type { Series } from '../data/series.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import type { Assumptions, RunRequest } from '../run/result.ts';
import { runBacktest } from '../run/run.ts';
import { sumsOf } from '../sweep/figures.ts';
import { chance } from '../sweep/random.ts';
import { kernelSums } from '../sweep/run-sums.ts';
import type { KernelFill } from './index.ts';

const btc = pair('BTC/USDT');
const rules: PairRules = {
  pair: btc,
  tick: amount('0.01'),
  lot: amount('0.00001'),
  minPrice: 1 as Ticks,
  maxPrice: 100_000_000 as Ticks,
  minQuantity: 1 as Lots,
  maxQuantity: 900_000_000 as Lots,
  minNotional: amount('5'),
  maxOrders: 200,
  maxAlgoOrders: 5,
  maxOrderLists: 20,
};

interface MarketShape {
  readonly seed: number;
  readonly rows: number;
  /** Price in ticks at the start. */
  readonly price: number;
  /** Largest move from one point of the path to the next, as a share. */
  readonly swing: number;
  readonly gapAt: number;
  readonly lots: number;
}

/** Candles of a walk, with flat ones, jumps between candles, a gap, and prices on whole hundreds so that limits are touched exactly. */
function series({ seed, rows, price: start, swing, gapAt, lots }: MarketShape): Series {
  const next = chance(seed);
  const column = () => new Int32Array(new SharedArrayBuffer(rows * 4));
  const [open, high, low, close] = [column(), column(), column(), column()];
  const volume = new Uint32Array(rows);
  let price = start;
  const move = (): number => {
    price = Math.max(1000, Math.round(price * (1 + (next() * 2 - 1) * swing)));
    if (next() < 0.2) price = Math.max(1000, Math.round(price / 100) * 100);
    return price;
  };
  for (let row = 0; row < rows; row++) {
    const points = next() < 0.1 ? [price, price, price, price] : [move(), move(), move(), move()];
    open[row] = points[0]!;
    close[row] = points[3]!;
    high[row] = Math.max(...points);
    low[row] = Math.min(...points);
    volume[row] = next() < 0.02 ? 0 : Math.floor(next() * lots);
  }
  const time = Date.UTC(2025, 0, 1, 23);
  const segments = [{ row: 0, time }];
  if (gapAt > 0 && gapAt < rows) segments.push({ row: gapAt, time: time + (gapAt + 37) * 60_000 });
  return {
    exchange: 'test',
    pair: btc,
    intervalMs: 60_000,
    priceDigits: 2,
    volumeDigits: 5,
    rows,
    segments,
    open,
    high,
    low,
    close,
    volume,
  };
}

const shapes = fc.record({
  seed: fc.integer(),
  rows: fc.integer({ min: 2, max: 900 }),
  price: fc.integer({ min: 20_000, max: 9_000_000 }),
  swing: fc.constantFrom(0.0005, 0.002, 0.01, 0.04),
  gapAt: fc.integer({ min: 0, max: 900 }),
  lots: fc.constantFrom(50_000, 5_000_000, 500_000_000),
});

const assumptions = fc.record({
  fill: fc.constantFrom('touch', 'through'),
  spreadTicks: fc.constantFrom(1, 7),
  fee: fc.constantFrom('0.001', '0', '0.00075', '0.0025'),
  feeIn: fc.constantFrom('received', 'quote'),
  volumeShare: fc.constantFrom(null, 1, 0.1),
  depth: fc.constantFrom('best', 'house'),
});

const percent = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((hundredths) => String(hundredths / 100));
const size = fc.integer({ min: 10, max: 500 }).map(String);

const dcaText = fc.record({
  baseOrderSize: size,
  averagingOrderSize: size,
  averagingOrders: fc.integer({ min: 0, max: 8 }),
  averagingOrdersActive: fc.integer({ min: 1, max: 4 }),
  stepPercent: percent(2, 300),
  stepMultiplier: fc.constantFrom('1', '0.7', '1.4'),
  sizeMultiplier: fc.constantFrom('1', '0.8', '1.5'),
  takeProfitPercent: percent(3, 300),
  cooldownSeconds: fc.constantFrom(0, 15, 60, 3600),
});

const gridText = fc.record({
  below: fc.integer({ min: 2, max: 60 }),
  above: fc.integer({ min: 2, max: 60 }),
  lines: fc.integer({ min: 2, max: 30 }),
  amountPerLine: size,
  amountIn: fc.constant('quote'),
  spacing: fc.constantFrom('arithmetic', 'geometric'),
  activeBuyLines: fc.integer({ min: 1, max: 12 }),
  activeSellLines: fc.integer({ min: 1, max: 12 }),
});

/** Plain settings as the schema would complete them. */
const dcaRest = {
  start: 'at-once',
  entryAttempts: 5,
  retrySeconds: 10,
  slippagePercent: '0.5',
};
const gridRest = {
  mode: 'normal',
  profitIn: 'quote',
  balance: true,
  balanceOrderLines: 5,
  trailingUp: false,
  trailingDown: false,
  stopUpperAction: 'stop',
  stopLowerAction: 'stop',
  slippagePercent: '0.5',
  retrySeconds: 10,
};

/** Amounts that are whole 10^-8 and such that are not. */
const quoteFunds = fc.constantFrom('100000', '100000.123456789012345678');
const baseFunds = fc.constantFrom('0', '0.000000000987654321');

const assume = ({ fee, ...rest }: { readonly fee: string }): Assumptions =>
  ({ ...usualAssumptions, ...rest, makerFee: amount(fee), takerFee: amount(fee) }) as Assumptions;

const feeText = ({ fee, feeIn }: { readonly fee: string; readonly feeIn: string }) => ({
  feeAsset: feeIn === 'received' ? 'base' : 'quote',
  feePercent: String(Number(fee) * 100),
});

function request(
  kind: string,
  settings: unknown,
  of: Series,
  given: Assumptions,
  funds: Readonly<Record<string, Amount>> | null,
) {
  return {
    kind,
    settings,
    series: new Map<Pair, Series>([[btc, of]]),
    rules: new Map([[btc, rules]]),
    from: epochMs(0),
    to: epochMs(4e12),
    funds,
    assumptions: given,
    driver: 'jump',
  } as const satisfies RunRequest;
}

let [known, declinedRuns, split] = [0, 0, 0];

function compare(asked: ReturnType<typeof request>): void {
  const fast = kernelSums(asked);
  if (fast === null) {
    declinedRuns++;
    return;
  }
  known++;
  const whole = runBacktest(asked);
  const slow = sumsOf(whole);
  assert.deepEqual(fillsOf(asked), linesOf(whole.fills));
  split += whole.fills.filter(({ complete, maker }) => !complete && !maker).length;
  // Sums of both are the same to their last bit.
  assert.deepEqual(fast, slow);
}

const linesOf = (fills: ReturnType<typeof runBacktest>['fills']): string[] =>
  fills.map(
    ({ at, side, price, quantity, fee, maker }) => `${at} ${side} ${price / rules.tick} ${quantity / rules.lot} ${fee} ${maker}`,
  );

function fillsOf(asked: ReturnType<typeof request>): string[] {
  const lines: string[] = [];
  const onFill = ({ at, side, price, lots, fee, maker }: KernelFill): void => {
    lines.push(`${at} ${side} ${price} ${lots} ${BigInt(fee) * 10n ** 10n} ${maker}`);
  };
  assert.notEqual(kernelSums(asked, onFill), null);
  return lines;
}

const ladder = {
  averagingOrderSize: '100',
  averagingOrders: 3,
  averagingOrdersActive: 2,
  stepPercent: '1',
  stepMultiplier: '1',
  sizeMultiplier: '1',
  cooldownSeconds: 0,
} as const;
const atBest = { fill: 'touch', spreadTicks: 1, fee: '0.001', feeIn: 'received', volumeShare: null, depth: 'best' } as const;

/** A base order of eight quotes. */
const splitting = [
  { seed: 1, rows: 300, price: 200_000, swing: 0.002, gapAt: 0, lots: 50_000 },
  { ...atBest, depth: 'house' },
  { ...ladder, baseOrderSize: '500', takeProfitPercent: '0.5' },
  '100000',
] as const;

/** What a deal carries from cheaper times brings its target down to the bid before its first averaging order takes. */
const carrying = [
  { seed: 520_075_900, rows: 61, price: 1_105_108, swing: 0.04, gapAt: 0, lots: 50_000 },
  atBest,
  {
    ...ladder,
    baseOrderSize: '10',
    averagingOrderSize: '10',
    averagingOrders: 1,
    averagingOrdersActive: 1,
    stepPercent: '0.02',
    takeProfitPercent: '0.03',
    cooldownSeconds: 3600,
  },
  '100000',
] as const;

/** A tick that fills so many lines that some orders wait for the answers to others. */
const waiting = [
  { seed: -1_378_463_396, rows: 22, price: 671_081, swing: 0.04, gapAt: 0, lots: 50_000 },
  { ...atBest, fee: '0.0025' },
  {
    below: 27,
    above: 2,
    lines: 28,
    amountPerLine: '140',
    amountIn: 'quote',
    spacing: 'arithmetic',
    activeBuyLines: 6,
    activeSellLines: 8,
  },
  '100000',
  '0',
] as const;

test('the DCA kernel does what the bot does, fill by fill and to the last bit of its sums', () => {
  fc.assert(
    fc.property(shapes, assumptions, dcaText, quoteFunds, (shape, given, text, funds) => {
      compare(request('dca', { ...dcaRest, ...text, ...feeText(given) }, series(shape), assume(given), { USDT: amount(funds) }));
    }),
    { numRuns: 150, examples: [[...splitting], [...carrying]] },
  );
  assert.ok(known > 60, `the kernel knew ${known} of ${known + declinedRuns}`);
  assert.ok(split > 0, `${split} fills of orders that took from several quotes`);
});

test('the grid kernel does what the bot does, fill by fill and to the last bit of its sums', () => {
  [known, declinedRuns] = [0, 0];
  fc.assert(
    fc.property(
      shapes,
      assumptions,
      gridText,
      quoteFunds,
      baseFunds,
      ({ rows, ...shape }, given, { below, above, ...text }, quote, base) => {
        const start = shape.price / 100;
        const settings = {
          ...gridRest,
          ...text,
          lowerPrice: (start * (1 - below / 100)).toFixed(2),
          upperPrice: (start * (1 + above / 100)).toFixed(2),
          ...feeText(given),
        };
        const funds = { BTC: amount(base), USDT: amount(quote) };
        compare(request('grid', settings, series({ ...shape, rows: Math.min(rows, 400) }), assume(given), funds));
      },
    ),
    { numRuns: 150, examples: [[...waiting]] },
  );
  assert.ok(known > 40, `the kernel knew ${known} of ${known + declinedRuns}`);
});

test('what a kernel does not know it declines', () => {
  const of = series({ seed: 1, rows: 50, price: 6_000_000, swing: 0.002, gapAt: 0, lots: 5_000_000 });
  const text = {
    ...dcaRest,
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 2,
    averagingOrdersActive: 2,
    stepPercent: '1',
    stepMultiplier: '1',
    sizeMultiplier: '1',
    takeProfitPercent: '1',
    cooldownSeconds: 0,
    feeAsset: 'base',
    feePercent: '0.1',
  };
  const sums = (change: object, given: Partial<Assumptions> = {}) =>
    kernelSums(request('dca', { ...text, ...change }, of, { ...usualAssumptions, ...given }, { USDT: amount('10000') }));
  assert.notEqual(sums({}), null);
  assert.equal(sums({ stopLossPercent: '5' }), null);
  assert.equal(sums({ trailingPercent: '0.5' }), null);
  assert.equal(sums({ direction: 'short' }), null);
  assert.equal(sums({ profitIn: 'base' }), null);
  assert.equal(sums({ dealsAtMost: 3 }), null);
  assert.equal(sums({ dealsPerPair: 2, dealsAtOnce: 2, dealStepPercent: '1' }), null);
  assert.equal(sums({}, { latencyMs: 50 }), null);
  assert.equal(sums({}, { path: 'adverse' }), null);
  assert.equal(sums({}, { fill: 'queue' }), null);
  assert.equal(sums({}, { gaps: 'open' }), null);
  const band = (down: string) => ({ priceBand: { up: amount('5'), down: amount(down) } });
  assert.notEqual(sums({}, band('0.9')), null);
  assert.equal(sums({}, band('0.97')), null);
  assert.notEqual(sums({}, { priceBand: null }), null);
  assert.equal(sums({ averagingOrders: 9, stepPercent: '9' }), null, '81 % below');
  assert.equal(sums({}, { maxNotional: amount('250') }), null);
  assert.equal(sums({}, { maxPosition: amount('1000') }), null);
  const tier = { from: amount('1000'), makerFee: amount('0.0005'), takerFee: amount('0.0005') };
  assert.equal(sums({}, { feeTiers: [tier] }), null);
  const plain = request('dca', text, of, usualAssumptions, { USDT: amount('10000') });
  assert.equal(kernelSums({ ...plain, outside: [] }), null);
});
