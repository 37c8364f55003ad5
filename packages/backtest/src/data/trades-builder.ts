/** Takes trades one by one, checks each, and makes columns of them. */
import type { Decimal } from './builder.ts';
import { DataError } from './data-error.ts';
import { compact, grown, int32Most, iso, PriceColumns, timeFault, uint32Most, VolumeColumn } from './exact-columns.ts';
import type { Prices, Volumes } from './series.ts';
import type { Trades } from './trades.ts';

export interface RawTrade {
  /** Unix ms. */
  readonly time: number;
  readonly price: Decimal;
  readonly quantity: Decimal;
  /** The exchange's number of it; null where it has none. */
  readonly id: number | null;
}

export interface SourceHole {
  /** Row of the source. */
  readonly row: number;
  readonly after: number;
  readonly missing: number;
}

export interface TradesReport {
  /** Trades that stood twice with the same id and numbers; one of each was kept. */
  readonly duplicates: number;
  /** Where ids are missing, and how many in all; the first of them with their rows. */
  readonly holes: number;
  readonly missing: number;
  readonly firstHoles: readonly SourceHole[];
  /** Decimals that quantities were cut to; null: none was cut. */
  readonly quantitiesCutTo: number | null;
}

/** Some days of a busy pair; 16 bytes each. */
export const tradesMost = 100_000_000;
const holesNamed = 10;

export class TradesBuilder {
  readonly #exchange: string;
  readonly #pair: string;
  #source: string;
  readonly #until: number;
  #rows = 0;
  #times = new Float64Array(4096);
  #ids = new Float64Array(4096);
  #hasIds = true;
  readonly #prices = new PriceColumns(1);
  readonly #quantities = new VolumeColumn();
  #duplicates = 0;
  #holes = 0;
  #missing = 0;
  readonly #firstHoles: SourceHole[] = [];
  /** The newest comes first, as in Bybit's older files; shows where time or id first changes. */
  #falls: boolean | undefined;

  /** `source` names the file in messages; a trade at `until` or later is refused. */
  constructor(exchange: string, pair: string, source: string, until = Number.POSITIVE_INFINITY) {
    this.#exchange = exchange;
    this.#pair = pair;
    this.#source = source;
    this.#until = until;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws DataError naming the row of the source (`row` counts from 1); `file` is the one of several that it is in */
  add({ time, price, quantity, id }: RawTrade, row: number, file = this.#source): void {
    this.#source = file;
    const wrong = timeFault(time, this.#until);
    if (wrong !== null) this.#fail('data-malformed', row, wrong);
    const coarse = this.#prices.refine(price.digits, this.#rows);
    if (coarse !== null) this.#fail('data-malformed', row, coarse);
    const p = this.#prices.steps(price);
    if (Number.isNaN(p)) this.#fail('data-malformed', row, 'a number has more digits than can be kept exactly');
    if (id !== null && !Number.isSafeInteger(id)) this.#fail('data-malformed', row, 'the id is no whole number');
    const q = this.#quantities.steps(quantity, this.#rows);
    if (p <= 0) this.#fail('data-malformed', row, 'the price is not above 0');
    if (quantity.mantissa <= 0) this.#fail('data-malformed', row, 'the quantity is not above 0');
    if (this.#follows(time, p, q, id, row)) this.#push(time, p, q, id);
  }

  /** Whether it comes after the one before; false for the same once more. */
  #follows(time: number, price: number, quantity: number, id: number | null, row: number): boolean {
    if (this.#rows === 0) this.#hasIds = id !== null;
    if ((id !== null) !== this.#hasIds) this.#fail('data-malformed', row, 'some trades have an id and others have none');
    if (this.#rows === 0) return true;
    const last = this.#rows - 1;
    const [lastTime, lastId] = [this.#times[last]!, this.#ids[last]!];
    if (id !== null && id === lastId) {
      if (time !== lastTime || price !== this.#prices.columns[0]![last] || quantity !== this.#quantities.values[last])
        this.#fail('data-conflict', row, `trade ${id} stands twice with different numbers; remove the wrong one`);
      this.#duplicates += 1;
      return false;
    }
    if (time !== lastTime || id !== null) this.#falls ??= time < lastTime || (time === lastTime && id !== null && id < lastId);
    const falls = this.#falls === true;
    const where = falls ? ' in a file that begins with the newest' : '';
    const step = id === null ? 0 : falls ? lastId - id : id - lastId;
    if (step < 0) this.#fail('data-not-ascending', row, `trade ${id} comes after ${lastId}${where}; sort the file by id`);
    if (falls ? time > lastTime : time < lastTime)
      this.#fail('data-not-ascending', row, `${iso(time)} comes after ${iso(lastTime)}${where}; sort the file by time`);
    if (step > 1) this.#hole({ row, after: falls ? id! : lastId, missing: step - 1 });
    return true;
  }

  #hole(hole: SourceHole): void {
    this.#holes += 1;
    this.#missing += hole.missing;
    if (this.#firstHoles.length < holesNamed) this.#firstHoles.push(hole);
  }

  #push(time: number, price: number, quantity: number, id: number | null): void {
    const at = this.#rows;
    if (at === tradesMost)
      throw new DataError('data-too-large', `${this.#source} has more than ${tradesMost} trades; import a part of it`);
    if (at === this.#times.length) {
      this.#times = grown(this.#times);
      this.#ids = grown(this.#ids);
      this.#prices.grow();
      this.#quantities.grow();
    }
    this.#times[at] = time;
    this.#ids[at] = id ?? 0;
    this.#prices.columns[0]![at] = price;
    this.#quantities.values[at] = quantity;
    this.#rows = at + 1;
  }

  /** @throws DataError `data-empty` */
  finish(): { readonly trades: Trades; readonly report: TradesReport } {
    if (this.#rows === 0) throw new DataError('data-empty', `${this.#source} has no trades`);
    if (this.#falls === true)
      for (const column of [this.#times, this.#ids, ...this.#prices.columns, this.#quantities.values])
        column.subarray(0, this.#rows).reverse();
    const [start, firstId] = [this.#times[0]!, this.#ids[0]!];
    const since = (values: Float64Array, first: number) => {
      for (let at = 0; at < this.#rows; at += 1) values[at]! -= first;
      return compact(values, this.#rows, Uint32Array, uint32Most);
    };
    const trades: Trades = {
      exchange: this.#exchange,
      pair: this.#pair,
      priceDigits: this.#prices.digits,
      quantityDigits: this.#quantities.digits,
      rows: this.#rows,
      start,
      times: since(this.#times, start),
      price: compact(this.#prices.columns[0]!, this.#rows, Int32Array, int32Most) as Prices,
      quantity: compact(this.#quantities.values, this.#rows, Uint32Array, uint32Most) as Volumes,
      firstId,
      ids: this.#hasIds ? since(this.#ids, firstId) : null,
    };
    const report = {
      duplicates: this.#duplicates,
      holes: this.#holes,
      missing: this.#missing,
      firstHoles: this.#firstHoles,
      quantitiesCutTo: this.#quantities.cutTo,
    };
    return { trades, report };
  }

  #fail(code: DataError['code'], row: number, what: string): never {
    throw new DataError(code, `${this.#source}, row ${row}: ${what}`);
  }
}
