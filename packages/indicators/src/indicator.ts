/**
 * What an indicator is: fed closed candles one by one, it has zero or more lines. The batch form (`columnsOf`) feeds the same
 * object from columns, so streaming and batch give the same numbers bit by bit.
 *
 *   N1  A line is NaN until it has seen enough; what "enough" is, is `lookback` (candles before the first number).
 *   N2  Only closed candles go in: nothing here can see the future or an unfinished candle.
 *
 * Floating point is allowed here and nowhere else: every value ends in a comparison.
 */

/** Candles as columns of equal length, oldest first. */
export interface Columns {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** In base. */
  readonly volume: Float64Array;
}

export interface Indicator {
  /** Names of `lines`, in order. */
  readonly names: readonly string[];
  /** The newest values, in the order of `names`; the same array is reused. */
  readonly lines: Float64Array;
  /** Candles that go in before the first one that gives a number. */
  readonly lookback: number;
  update(open: number, high: number, low: number, close: number, volume: number): void;
}

/** One column per line of the indicator. */
export function columnsOf(indicator: Indicator, { open, high, low, close, volume }: Columns): readonly Float64Array[] {
  const { lines } = indicator;
  const columns = indicator.names.map(() => new Float64Array(close.length));
  for (let at = 0; at < close.length; at += 1) {
    indicator.update(open[at]!, high[at]!, low[at]!, close[at]!, volume[at]!);
    for (let line = 0; line < columns.length; line += 1) columns[line]![at] = lines[line]!;
  }
  return columns;
}

/** A fixed number of newest values, oldest first by `at(0)`. */
export class Ring {
  readonly #values: Float64Array;
  #next = 0;
  count = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  get size(): number {
    return this.#values.length;
  }

  get isFull(): boolean {
    return this.count === this.#values.length;
  }

  /** Adds a value and gives the one it pushed out; 0 while the ring is not full. */
  push(value: number): number {
    const out = this.isFull ? this.#values[this.#next]! : 0;
    this.#values[this.#next] = value;
    this.#next = this.#next + 1 === this.#values.length ? 0 : this.#next + 1;
    if (!this.isFull) this.count += 1;
    return out;
  }

  /** Of what is in it, oldest first. */
  sum(): number {
    let sum = 0;
    for (let back = this.count - 1; back >= 0; back -= 1) sum += this.newest(back);
    return sum;
  }

  /** The value `back` places before the newest; 0 is the newest. */
  newest(back: number): number {
    const at = this.#next - 1 - back;
    return this.#values[at < 0 ? at + this.#values.length : at]!;
  }
}

/** Running highest or lowest of the newest `size` values, in constant time on average. */
export class Extreme {
  readonly #size: number;
  readonly #sign: number;
  #values: number[] = [];
  #places: number[] = [];
  #first = 0;
  #count = 0;

  constructor(size: number, of: 'highest' | 'lowest') {
    this.#size = size;
    this.#sign = of === 'highest' ? 1 : -1;
  }

  get isFull(): boolean {
    return this.#count >= this.#size;
  }

  push(value: number): number {
    const signed = value * this.#sign;
    while (this.#values.length > this.#first && this.#values[this.#values.length - 1]! <= signed) {
      this.#values.pop();
      this.#places.pop();
    }
    this.#values.push(signed);
    this.#places.push(this.#count);
    this.#count += 1;
    if (this.#places[this.#first]! <= this.#count - 1 - this.#size) this.#first += 1;
    if (this.#first > 1024) {
      this.#values = this.#values.slice(this.#first);
      this.#places = this.#places.slice(this.#first);
      this.#first = 0;
    }
    return this.#values[this.#first]! * this.#sign;
  }
}
