/** The plain loop over all candles of the grid benchmarks: what one writes without an index. grid.c is the same in C. */
import type { Series } from '@holdfast/backtest';
import { type GridSettings, gridLayout, grossLots, type SubBook } from '@holdfast/bots';
import { baseOf, lots, quoteOf, type Ticks, unit } from '@holdfast/domain';
import { rules } from './candles.ts';
import { feeFraction } from './dca-loop.ts';
import { Done } from './hash.ts';

/** Of settings, once, in plain numbers: quote and base in 10^-8, prices in ticks. */
export interface GridPlan {
  readonly value: number;
  readonly lot: number;
  readonly tick: number;
  readonly quote: number;
  readonly base: number;
  readonly feeNumerator: number;
  readonly feeDenominator: number;
  readonly activeBuys: number;
  readonly activeSells: number;
  /** Cells below it buy. */
  readonly turn: number;
  /** Lots of each buy of the start. */
  readonly first: readonly number[];
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly lots: Float64Array;
  /** Lots before fees. */
  readonly gross: Float64Array;
}

/** @param first lots of each buy that the bot makes before its lines rest */
export function gridPlanOf(settings: GridSettings, funds: SubBook, price: number, first: readonly number[]): GridPlan {
  const { cells } = gridLayout(settings, rules, price as Ticks);
  const turn = cells.findIndex(({ leg }) => leg === 'sell');
  return {
    value: Number((rules.tick * rules.lot) / unit / 10n ** 10n),
    lot: Number(rules.lot / 10n ** 10n),
    tick: Number(rules.tick) / 1e18,
    quote: Number((funds[quoteOf(settings.pair)] ?? 0n) / 10n ** 10n),
    base: Number((funds[baseOf(settings.pair)] ?? 0n) / 10n ** 10n),
    ...feeFraction(settings.fee),
    activeBuys: settings.activeBuyLines,
    activeSells: settings.activeSellLines,
    turn: turn < 0 ? cells.length : turn,
    first,
    lower: Float64Array.from(cells, ({ lower }) => lower),
    upper: Float64Array.from(cells, ({ upper }) => upper),
    lots: Float64Array.from(cells, ({ quantity }) => quantity),
    gross: Float64Array.from(cells, ({ quantity }) => grossLots(settings, lots(quantity))),
  };
}

/** What grid.c reads. */
export const gridPlanText = (p: GridPlan): string =>
  [
    ...[p.value, p.lot, p.tick, p.quote, p.base, p.feeNumerator, p.feeDenominator, p.activeBuys, p.activeSells],
    ...[p.turn, p.first.length, p.lots.length],
    ...p.first,
    ...Array.from(p.lots, (count, n) => [p.lower[n], p.upper[n], count, p.gross[n]].join(' ')),
  ].join(' ');

const delays = [0, 15_000, 30_000, 59_999] as const;

export function runGridLoop(plan: GridPlan, { open, high, low, close, rows }: Series): Done {
  const done = new Done();
  const { value: ofLot, lot, tick, lower, upper, lots: wanted, gross, activeBuys, activeSells } = plan;
  const cells = wanted.length;
  const orders = new Float64Array(cells);
  const begun = new Uint8Array(cells);
  /** What the bot has not heard of yet: cell (-1: a cancelled order), quote, base, base no longer reserved. */
  const queue: number[] = [];
  let { quote, base, turn } = plan;
  let [counted, reserved, deals, peak, worst] = [0, 0, 0, -1, 0];

  const feeOf = (amount: number): number =>
    Math.floor((amount * plan.feeNumerator + plan.feeDenominator - 1) / plan.feeDenominator);
  const bought = (at: number, price: number, count: number): number => {
    const fee = feeOf(count * lot);
    done.fill(at, true, price, count, fee);
    return count * lot - fee;
  };
  const fillBuy = (at: number, cell: number, price: number): void => {
    queue.push(cell, -price * orders[cell]! * ofLot, bought(at, price, orders[cell]!), 0);
  };
  const fillSell = (at: number, cell: number): void => {
    const base = orders[cell]! * lot;
    const value = upper[cell]! * orders[cell]! * ofLot;
    const fee = feeOf(value);
    done.fill(at, false, upper[cell]!, orders[cell]!, fee);
    queue.push(cell, value - fee, -base, base);
  };
  const placeBuy = (at: number, price: number, cell: number): void => {
    if (orders[cell]! > 0) return;
    orders[cell] = base - counted >= (gross[cell]! - wanted[cell]!) * lot ? wanted[cell]! : gross[cell]!;
    if (lower[cell]! >= price + 1) fillBuy(at, cell, price + 1);
  };
  const placeSell = (cell: number): void => {
    if (orders[cell]! > 0) return;
    orders[cell] = Math.min(wanted[cell]!, Math.floor((base - reserved) / lot));
    reserved += orders[cell]! * lot;
  };
  const cancel = (cell: number): void => {
    if (orders[cell] === 0) return;
    queue.push(-1, 0, 0, cell < turn ? 0 : orders[cell]! * lot);
    orders[cell] = 0;
  };
  const hear = (at: number, price: number): void => {
    for (let head = 0; head < queue.length; head += 4) {
      const cell = queue[head]!;
      reserved -= queue[head + 3]!;
      if (cell < 0) continue;
      quote += queue[head + 1]!;
      base += queue[head + 2]!;
      orders[cell] = 0;
      deals += begun[cell]!;
      begun[cell]! ^= 1;
      const [sells, buys] = [cell + activeSells, cell - activeBuys];
      if (queue[head + 2]! > 0) {
        turn = cell;
        counted += wanted[cell]! * lot;
        if (sells < cells) cancel(sells);
        if (buys >= 0) placeBuy(at, price, buys);
        placeSell(cell);
      } else {
        turn = cell + 1;
        counted -= wanted[cell]! * lot;
        if (buys >= 0) cancel(buys);
        placeBuy(at, price, cell);
        if (sells < cells) placeSell(sells);
      }
    }
    queue.length = 0;
  };

  const start = open[0]!;
  for (const count of plan.first) {
    quote -= (start + 1) * count * ofLot;
    base += bought(0, start + 1, count);
  }
  for (let cell = turn; cell < cells; cell++) counted += wanted[cell]! * lot;
  for (let cell = turn - 1; cell >= Math.max(0, plan.turn - activeBuys); cell--) placeBuy(0, start, cell);
  for (let cell = plan.turn; cell < Math.min(cells, plan.turn + activeSells); cell++) placeSell(cell);
  hear(0, start);
  for (let row = 0; row < rows; row++) {
    const buyAt = turn > 0 && orders[turn - 1]! > 0 ? lower[turn - 1]! : 0;
    const sellAt = turn < cells && orders[turn]! > 0 ? upper[turn]! : Number.POSITIVE_INFINITY;
    const isQuiet = low[row]! > buyAt && high[row]! < sellAt;
    for (let step = isQuiet ? 4 : 0; step < 4; step++) {
      const at = row * 60_000 + delays[step]!;
      const isLow = (step === 1) === close[row]! >= open[row]!;
      const price = step === 0 ? open[row]! : step === 3 ? close[row]! : isLow ? low[row]! : high[row]!;
      for (let cell = turn - 1; cell >= 0 && orders[cell]! > 0 && price <= lower[cell]!; cell--) fillBuy(at, cell, lower[cell]!);
      for (let cell = turn; cell < cells && orders[cell]! > 0 && price >= upper[cell]!; cell++) fillSell(at, cell);
      if (queue.length > 0) hear(at, price);
    }
    const value = quote / 1e8 + (base / 1e8) * (close[row]! * tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  return done.end(deals, quote, base, worst);
}
