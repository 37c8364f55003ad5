/** The plain loop over all candles of the DCA benchmark: what one writes without an index. dca.c is the same in C. */
import type { Series } from '@holdfast/backtest';
import { averagingSize, type DcaSettings, deviation } from '@holdfast/bots';
import { type Amount, unit } from '@holdfast/domain';
import { rules } from './candles.ts';
import { Done } from './hash.ts';

/** Of settings, once, in plain numbers: quote and base in 10^-8. */
export interface DcaPlan {
  readonly value: number;
  readonly lot: number;
  readonly tick: number;
  readonly funds: number;
  readonly baseSize: number;
  /** Target price in ticks over cost over held. */
  readonly target: number;
  readonly cap: number;
  readonly feeNumerator: number;
  readonly feeDenominator: number;
  readonly pauseMs: number;
  readonly active: number;
  readonly sizes: readonly number[];
  /** Price of a level over that of the base order. */
  readonly shares: readonly number[];
}

const one = 1e18;
const ratio = (numerator: bigint, denominator: bigint): number => Number((numerator * 10n ** 25n) / denominator) / 1e25;

const common = (a: bigint, b: bigint): bigint => (b === 0n ? a : common(b, a % b));

/** A fee as a fraction of small whole numbers, so that products with it are exact. */
export function feeFraction(fee: bigint): { readonly feeNumerator: number; readonly feeDenominator: number } {
  const by = common(fee, unit);
  return { feeNumerator: Number(fee / by), feeDenominator: Number(unit / by) };
}

export function planOf(settings: DcaSettings, funds: Amount): DcaPlan {
  const levels = Array.from({ length: settings.averagingOrders }, (_, n) => n + 1);
  const lot = Number(rules.lot / 10n ** 10n);
  const value = Number((rules.tick * rules.lot) / unit / 10n ** 10n);
  return {
    value,
    lot,
    tick: Number(rules.tick) / one,
    funds: Number(funds) / 1e10,
    baseSize: Number(settings.baseOrderSize) / 1e10,
    target: (Number(unit + settings.takeProfit) / one / (Number(unit - settings.fee) / one) / value) * lot,
    cap: Number(unit + settings.slippage) / one,
    ...feeFraction(settings.fee),
    pauseMs: Math.max(settings.cooldownMs, 1000),
    active: settings.averagingOrdersActive,
    sizes: levels.map((n) => Number(averagingSize(settings, n)) / 1e10),
    shares: levels.map((n) => {
      const { numerator, denominator } = deviation(settings, n);
      return ratio(denominator - numerator, denominator);
    }),
  };
}

/** The line that dca.c reads. */
export const planText = (p: DcaPlan): string =>
  [
    ...[p.value, p.lot, p.tick, p.funds, p.baseSize, p.target, p.cap, p.feeNumerator, p.feeDenominator, p.pauseMs, p.active],
    p.sizes.length,
    ...p.sizes.flatMap((size, n) => [size, p.shares[n]]),
  ].join(' ');

// Quotients that are whole are not always so in floating point.
const up = (value: number): number => Math.ceil(value - 1e-7);
const down = (value: number): number => Math.floor(value + 1e-7);
const delays = [0, 15_000, 30_000, 59_999] as const;

export function runDcaLoop(plan: DcaPlan, { open, high, low, close, rows }: Series): Done {
  const done = new Done();
  const { value: ofLot, lot, tick, target, pauseMs, active, sizes, shares } = plan;
  const levels = sizes.length;
  const [prices, lots] = [new Float64Array(levels), new Float64Array(levels)];
  let { funds: quote } = plan;
  let [base, held, cost, deals, filled, resting, buyAt, sellAt, wake] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let [peak, worst, isOpen, last] = [-1, 0, true, open[0]!];

  const feeOf = (amount: number): number =>
    Math.floor((amount * plan.feeNumerator + plan.feeDenominator - 1) / plan.feeDenominator);
  const buy = (at: number, price: number, count: number): void => {
    const fee = feeOf(count * lot);
    quote -= price * count * ofLot;
    base += count * lot - fee;
    held += count * lot - fee;
    cost += price * count * ofLot;
    done.fill(at, true, price, count, fee);
  };
  const rest = (at: number, ask: number): void => {
    while (resting < levels && resting - filled < active) {
      const n = resting++;
      if (prices[n]! < ask) continue;
      buy(at, ask, lots[n]!);
      filled++;
    }
    buyAt = resting > filled ? prices[filled]! : 0;
    sellAt = up((cost * target) / held);
  };
  const begin = (at: number, known: number, ask: number): void => {
    const [heldBefore, costBefore] = [held, cost];
    buy(at, ask, up(plan.baseSize / (known * ofLot)));
    const [entry, spent] = [held - heldBefore, cost - costBefore];
    filled = 0;
    resting = 0;
    for (let n = 0; n < levels; n++) {
      prices[n] = down((spent * shares[n]! * lot) / (entry * ofLot));
      lots[n] = up(sizes[n]! / (prices[n]! * ofLot));
    }
    rest(at, ask);
  };
  const sell = (at: number): void => {
    const count = Math.floor(held / lot);
    const fee = feeOf(sellAt * count * ofLot);
    const left = held - count * lot;
    quote += sellAt * count * ofLot - fee;
    base -= count * lot;
    cost = left === 0 ? 0 : cost * (left / held);
    held = left;
    deals++;
    done.fill(at, false, sellAt, count, fee);
  };

  begin(0, last + 1, last + 1);
  for (let row = 0; row < rows; row++) {
    const start = row * 60_000;
    const isQuiet = isOpen ? low[row]! > buyAt && high[row]! < sellAt : start + 59_999 < wake;
    for (let step = isQuiet ? 4 : 0; step < 4; step++) {
      const at = start + delays[step]!;
      const isLow = (step === 1) === close[row]! >= open[row]!;
      const price = step === 0 ? open[row]! : step === 3 ? close[row]! : isLow ? low[row]! : high[row]!;
      if (!isOpen && wake <= at) {
        begin(at, (step === 0 ? last : price) + 1, price + 1);
        isOpen = true;
      } else if (isOpen && price >= sellAt) {
        sell(at);
        isOpen = false;
        wake = at + pauseMs;
      } else if (isOpen && price <= buyAt) {
        for (; filled < resting && price <= prices[filled]!; filled++) buy(at, prices[filled]!, lots[filled]!);
        rest(at, price + 1);
      }
      last = price;
    }
    last = close[row]!;
    const value = quote / 1e8 + (base / 1e8) * (close[row]! * tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  return done.end(deals, quote, base, worst);
}
