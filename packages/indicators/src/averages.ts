/**
 * Moving averages of a series of numbers, with TA-Lib's seeding: EMA seeded with the SMA of its first values (TA-Lib's default
 * compatibility), Wilder's average seeded the same way. Source: TA-Lib 0.6, ta_SMA.c, ta_EMA.c, ta_RSI.c.
 *
 * An SMA is summed anew for each value, as distances from it, where TA-Lib keeps a running sum: the digits that a running sum
 * leaves behind make averages of a market that stands still cross each other.
 */
import { Ring } from './indicator.ts';

/** Takes numbers, gives the average so far or NaN. NaN put in is not counted. */
export interface Average {
  next(value: number): number;
}

export class Sma implements Average {
  readonly #ring: Ring;

  constructor(period: number) {
    this.#ring = new Ring(period);
  }

  next(value: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    const ring = this.#ring;
    ring.push(value);
    if (!ring.isFull) return Number.NaN;
    let distance = 0;
    for (let back = ring.size - 1; back > 0; back -= 1) distance += ring.newest(back) - value;
    return value + distance / ring.size;
  }
}

export class Ema implements Average {
  readonly #period: number;
  readonly #weight: number;
  #seen = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
    this.#weight = 2 / (period + 1);
  }

  next(value: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    this.#seen += 1;
    if (this.#seen > this.#period) {
      this.#value += (value - this.#value) * this.#weight;
      return this.#value;
    }
    this.#value += value;
    if (this.#seen < this.#period) return Number.NaN;
    this.#value /= this.#period;
    return this.#value;
  }
}

/** Wilder's smoothing: 1/period of the new value. */
export class Wilder implements Average {
  readonly #period: number;
  #seen = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
  }

  next(value: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    this.#seen += 1;
    if (this.#seen > this.#period) {
      this.#value = (this.#value * (this.#period - 1) + value) / this.#period;
      return this.#value;
    }
    this.#value += value;
    if (this.#seen < this.#period) return Number.NaN;
    this.#value /= this.#period;
    return this.#value;
  }
}

/** Weights 1 to period, the newest most. Source: ta_WMA.c. */
export class Wma implements Average {
  readonly #ring: Ring;
  #sum = 0;
  #weighted = 0;

  constructor(period: number) {
    this.#ring = new Ring(period);
  }

  next(value: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    const { size } = this.#ring;
    const wasFull = this.#ring.isFull;
    const out = this.#ring.push(value);
    if (wasFull) {
      this.#weighted += value * size - this.#sum;
      this.#sum += value - out;
    } else {
      this.#sum += value;
      this.#weighted += value * this.#ring.count;
    }
    return this.#ring.isFull ? this.#weighted / ((size * (size + 1)) / 2) : Number.NaN;
  }
}

/** Hull: WMA(2 × WMA(n/2) − WMA(n), √n), with n/2 and √n rounded down (A. Hull, 2005). */
export class Hma implements Average {
  readonly #half: Wma;
  readonly #whole: Wma;
  readonly #last: Wma;

  constructor(period: number) {
    this.#half = new Wma(Math.max(1, Math.floor(period / 2)));
    this.#whole = new Wma(period);
    this.#last = new Wma(Math.max(1, Math.floor(Math.sqrt(period))));
  }

  next(value: number): number {
    const half = this.#half.next(value);
    return this.#last.next(2 * half - this.#whole.next(value));
  }
}
