/** Equity of several markets together, at every close of any of them. One market has a curve that skips: equity.ts. */
import { timeOf } from '../data/series.ts';
import type { Fall } from './equity.ts';
import type { Market } from './market.ts';

const dayMs = 86_400_000;

interface Part {
  readonly market: Market;
  readonly tickValue: number;
  /** The row whose close is counted next. */
  row: number;
  base: number;
  price: number;
}

export class PortfolioCurve {
  readonly #parts: readonly Part[];
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  #quote = 0;
  #peak = Number.NEGATIVE_INFINITY;
  #peakAt = 0;
  #most = 0;
  #fall = 0;
  #from = 0;
  #to = 0;

  constructor(markets: readonly Market[]) {
    this.#parts = markets.map((market) => ({
      market,
      tickValue: Number(market.columns.rules.tick) / 1e18,
      row: market.firstRow,
      base: 0,
      price: market.columns.open[market.firstRow]!,
    }));
  }

  /** From `at` on the bot has these; base in the order of the markets. */
  hold(at: number, quote: number, bases: readonly number[]): void {
    this.flush(at);
    this.#quote = quote;
    for (const [index, part] of this.#parts.entries()) part.base = bases[index]!;
  }

  /** Counts the closes up to `at`. */
  flush(at: number): void {
    for (;;) {
      let close = Number.POSITIVE_INFINITY;
      for (const part of this.#parts) close = Math.min(close, this.#closeOf(part));
      if (close > at || close === Number.POSITIVE_INFINITY) return;
      for (const part of this.#parts) if (this.#closeOf(part) === close) part.price = part.market.columns.close[part.row++]!;
      this.#count(close);
    }
  }

  get drawdown(): Fall {
    return { most: this.#most, quote: this.#fall, from: this.#from, to: this.#to };
  }

  get daily(): { readonly times: Float64Array; readonly values: Float64Array } {
    return { times: Float64Array.from(this.#times), values: Float64Array.from(this.#values) };
  }

  #closeOf({ market, row }: Part): number {
    if (row >= market.endRow) return Number.POSITIVE_INFINITY;
    return timeOf(market.columns, row) + market.columns.intervalMs;
  }

  #count(at: number): void {
    let value = this.#quote;
    for (const { base, price, tickValue } of this.#parts) value += base * (price * tickValue);
    const before = this.#times.at(-1);
    if (before !== undefined && Math.floor((before - 1) / dayMs) === Math.floor((at - 1) / dayMs)) {
      this.#times.pop();
      this.#values.pop();
    }
    this.#times.push(at);
    this.#values.push(value);
    if (value > this.#peak) [this.#peak, this.#peakAt] = [value, at];
    else if ((this.#peak - value) / this.#peak > this.#most) {
      this.#most = (this.#peak - value) / this.#peak;
      this.#fall = this.#peak - value;
      [this.#from, this.#to] = [this.#peakAt, at];
    }
  }
}
