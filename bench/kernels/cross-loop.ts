/** The plain loop of the strategy benchmark: two moving averages at every close, all in or all out at the next open. */
import type { Series } from '@holdfast/backtest';
import { Done } from './hash.ts';

/** Exponential averages over so many closes. */
export const [fast, slow] = [50, 200];
export const [fastWeight, slowWeight] = [2 / (fast + 1), 2 / (slow + 1)];
/** Lots that are bought, and how far from the close a limit lies, as a share. */
export const lotsWanted = 5_000;
export const reach = 0.005;

/** Lot and value in 10^-8; fees are a thousandth of what is received. */
export function runCrossLoop({ open, close, rows }: Series, funds: number, lot: number, ofLot: number, tick: number): Done {
  const done = new Done();
  const feeOf = (amount: number): number => Math.floor((amount + 999) / 1000);
  let [quote, base, peak, worst] = [funds, 0, -1, 0];
  let [quick, late, above] = [close[0]!, close[0]!, false];
  for (let row = 0; row < rows; row++) {
    if (row > 0) {
      const price = close[row - 1]!;
      quick += (price - quick) * fastWeight;
      late += (price - late) * slowWeight;
      const isAbove = quick > late;
      if (isAbove !== above && isAbove) {
        const [paid, fee] = [(open[row]! + 1) * lotsWanted * ofLot, feeOf(lotsWanted * lot)];
        quote -= paid;
        base += lotsWanted * lot - fee;
        done.fill(row * 60_000, true, open[row]! + 1, lotsWanted, fee);
      } else if (isAbove !== above) {
        const lots = Math.floor(base / lot);
        const value = open[row]! * lots * ofLot;
        const fee = feeOf(value);
        quote += value - fee;
        base -= lots * lot;
        done.fill(row * 60_000, false, open[row]!, lots, fee);
      }
      above = isAbove;
    }
    const value = quote / 1e8 + (base / 1e8) * (close[row]! * tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  return done.end(0, quote, base, worst);
}
