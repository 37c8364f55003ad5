/** Takes rates of funding one by one, checks each, and makes columns of them. */
import { formatAmount, scaleDigits } from '@holdfast/domain';
import { DataError } from './data-error.ts';
import { iso, timeFault } from './exact-columns.ts';
import { dueAt, type FundingRates } from './funding.ts';

export interface RawFunding {
  /** Unix ms. */
  readonly time: number;
  /** Share of the position's value, a decimal such as "-0.0001" or "1E-4", or with a % sign behind. */
  readonly rate: string;
}

export interface FundingReport {
  /** Payments that stood twice with the same rate; one of each was kept. */
  readonly duplicates: number;
  /** Rates of other contracts, which were left out. */
  readonly ofOthers: number;
  /** Rates whose decimals after the 18th were cut off. */
  readonly cut: number;
  /** Half of the rates are above 0.3 % either way: they may be percent that was taken for shares. */
  readonly looksLikePercent: boolean;
}

/** More hours than 500 years have. */
const rowsMost = 5_000_000;
const othersNamed = 5;
/** Far above what exchanges let it come to: Binance paid 3.75 % at the most that its documentation shows. In 10^-18. */
const rateMost = 10n ** 17n;
const muchUsually = 3n * 10n ** 15n;

const form = /^([+-]?)(\d{0,40})(?:\.(\d{0,60}))?(?:e([+-]?\d{1,2}))?\s*(%?)$/i;

/** A rate in 10^-18, and whether digits were cut off; null when the text is no number. */
export function readRate(text: string): { readonly rate: bigint; readonly isCut: boolean } | null {
  const match = form.exec(text.trim());
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0', percent] = match;
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(whole + fraction);
  const shift = scaleDigits - fraction.length + Number(exponent) - (percent === '%' ? 2 : 0);
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / divisor;
  return { rate: sign === '-' ? -size : size, isCut: digits % divisor !== 0n };
}

const sizeOf = (rate: bigint): bigint => (rate < 0n ? -rate : rate);

interface Found {
  readonly time: number;
  readonly rate: bigint;
  readonly row: number;
  readonly file: string;
}

export class FundingBuilder {
  readonly #exchange: string;
  readonly #pair: string;
  readonly #source: string;
  readonly #until: number;
  readonly #found: Found[] = [];
  #cut = 0;
  #ofOthers = 0;
  /** Some of the other contracts, for messages. */
  readonly #others = new Set<string>();

  /** `source` names the file in messages; a payment at `until` or later is refused. */
  constructor(exchange: string, pair: string, source: string, until = Number.POSITIVE_INFINITY) {
    this.#exchange = exchange;
    this.#pair = pair;
    this.#source = source;
    this.#until = until;
  }

  get rows(): number {
    return this.#found.length;
  }

  /** @throws DataError naming the row of the source (`row` counts from 1); `file` is the one of several that it is in */
  add({ time, rate: text }: RawFunding, row: number, file = this.#source): void {
    const fail = (code: DataError['code'], what: string): never => {
      throw new DataError(code, `${file}, row ${row}: ${what}`);
    };
    const wrong = timeFault(time, this.#until);
    if (wrong !== null) fail('data-malformed', wrong);
    const read =
      readRate(text) ??
      fail(
        'data-malformed',
        `the rate is "${text.slice(0, 40)}", which is no number such as 0.0001${/^-?\d+,\d+$/.test(text) ? '; write a point before its decimals' : ''}`,
      );
    if (sizeOf(read.rate) > rateMost)
      fail(
        'data-malformed',
        `the rate is ${text}, more than 10 % of the position at once; rates are shares, 0.0001 for 0.01 %: divide percent by 100, or write a % sign behind them`,
      );
    if (this.#found.length === rowsMost) fail('data-too-large', `more than ${rowsMost} rates; split the file`);
    if (read.isCut) this.#cut += 1;
    this.#found.push({ time, rate: read.rate, row, file });
  }

  /** Counts the rate of another contract. */
  leaveOut(contract: string): void {
    this.#ofOthers += 1;
    if (this.#others.size < othersNamed) this.#others.add(contract);
  }

  /** @throws DataError `data-empty`, `data-not-ascending`, `data-conflict` */
  finish(): { readonly funding: FundingRates; readonly report: FundingReport } {
    if (this.#found.length === 0)
      throw new DataError('data-empty', `${this.#source} has no rates of funding${this.#onlyOthers()}`);
    const kept = eachOnce(oldestFirst(this.#found));
    const times = new Float64Array(new SharedArrayBuffer(kept.length * 8));
    const rates = new BigInt64Array(new SharedArrayBuffer(kept.length * 8));
    for (const [at, { time, rate }] of kept.entries()) {
      times[at] = time;
      rates[at] = rate;
    }
    const sizes = kept.map(({ rate }) => sizeOf(rate)).sort((a, b) => Number(a - b));
    return {
      funding: { exchange: this.#exchange, pair: this.#pair, rows: kept.length, times, rates },
      report: {
        duplicates: this.#found.length - kept.length,
        ofOthers: this.#ofOthers,
        cut: this.#cut,
        looksLikePercent: sizes[sizes.length >> 1]! > muchUsually,
      },
    };
  }

  #onlyOthers(): string {
    return this.#others.size === 0
      ? ''
      : ` of ${this.#pair}; it has those of ${[...this.#others].join(', ')}: give --pair for one of them, or take out the column that names them`;
  }
}

/** Bybit and OKX answer with the newest first: a file whose first row is later than its last is turned round. */
function oldestFirst(found: readonly Found[]): readonly Found[] {
  const files = Map.groupBy(found, ({ file }) => file);
  return [...files.values()].flatMap((rows) => (rows[0]!.time > rows.at(-1)!.time ? rows.reverse() : rows));
}

function eachOnce(found: readonly Found[]): readonly Found[] {
  const kept: Found[] = [];
  for (const it of found) {
    const last = kept.at(-1);
    const fail = (code: DataError['code'], what: string): never => {
      throw new DataError(code, `${it.file}, row ${it.row}: ${what}`);
    };
    if (last !== undefined && it.time < last.time)
      fail('data-not-ascending', `${iso(it.time)} comes after ${iso(last.time)}; sort the file by time`);
    if (last === undefined || dueAt(it.time) !== dueAt(last.time)) kept.push(it);
    else if (it.rate !== last.rate)
      fail(
        'data-conflict',
        `${iso(it.time)} has the rate ${formatAmount(it.rate)}, and row ${last.row}${last.file === it.file ? '' : ` of ${last.file}`} has ${formatAmount(last.rate)} for the same minute; remove the wrong one`,
      );
  }
  return kept;
}
