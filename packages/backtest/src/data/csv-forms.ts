/**
 * What the columns of a CSV mean, by its first line: the names of a header, or the order of an exchange's archive. Candles and
 * trades are told apart by them.
 */
import type { Decimal, SeriesBuilder } from './builder.ts';
import { instrumentNames, isOfOtherCoin } from './contracts.ts';
import { DataError } from './data-error.ts';
import type { TradesBuilder } from './trades-builder.ts';

export interface CsvForm {
  /** What a row has, for messages; the time first. */
  readonly meanings: readonly string[];
  /** Number of the meaning of each column of the file; -1: none. */
  readonly columns: readonly number[];
  /** Meanings that may lose their last digits. */
  readonly loose: readonly number[];
  /** The first meaning that is given as it is written; none when left out. */
  readonly texts?: number;
  readonly isHeader: boolean;
  /** Takes a row: time in unix ms, and the other fields by meaning. */
  readonly take: (time: number, fields: readonly Decimal[], row: number, texts: readonly string[]) => void;
}

/** The form of a file named `source` by its first line, or what the header lacks. */
export type FormOf = (line: string, source: string) => CsvForm | { readonly missing: readonly string[] };

type Names = Readonly<Record<string, number>>;

/** Names of columns are compared by their small letters and digits alone; OKX once wrote them in two tongues, with a slash between. */
export const plain = (name: string): string =>
  name
    .replace(/\/[^\x20-\x7e].*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

const times: Names = {
  timems: 0,
  time: 0,
  timestamp: 0,
  opentime: 0,
  transacttime: 0,
  createdtime: 0,
  tradetime: 0,
  date: 0,
  datetime: 0,
  unix: 0,
  utctime: 0,
  start: 0,
  dateutc: 0,
  t: 0,
  ts: 0,
  unixtime: 0,
  unixtimestamp: 0,
  timestampms: 0,
  timeopen: 0,
  starttime: 0,
  startat: 0,
  timeperiodstart: 0,
  windowstart: 0,
  gmttime: 0,
};
export const candleMeanings = ['time', 'open', 'high', 'low', 'close', 'volume'];
const volumeMeaning = 5;
const candleNames: Names = { ...times, open: 1, high: 2, low: 3, close: 4, o: 1, h: 2, l: 3, c: 4, v: volumeMeaning };

/** Volume in base, beside or before that in quote (Volume USD, Volume BTC; Volume_(BTC), Volume_(Currency)). */
function isVolume(name: string, pair: string): boolean {
  const [base, quote] = pair.toLowerCase().split('/');
  if (name === `volume${base}`) return true;
  return /^(base)?volume/.test(name) && name !== `volume${quote}` && !/usd|quote|currency|notional|to$/.test(name);
}

/** Meanings of the columns of candles by their names; -1: none. */
export function candleColumns(all: readonly string[], pair: string): readonly number[] {
  const names = all.map(plain);
  // Beside an amount `vol` counts coins for some and money for others, HTX among them.
  const isPlainVolume = (name: string): boolean => name === 'vol' && !names.includes('amount');
  return once(
    names.map((name) => {
      const price = name.replace(/^price|price$/, '');
      return candleNames[price] ?? (isPlainVolume(name) || isVolume(name, pair) ? volumeMeaning : -1);
    }),
  );
}

const tradeNames: Names = {
  ...times,
  price: 1,
  quantity: 2,
  qty: 2,
  amount: 2,
  size: 2,
  volume: 2,
  homenotional: 2,
  id: 3,
  aggid: 3,
  aggtradeid: 3,
  aggregatetradeid: 3,
  tradeid: 3,
};
const tradeMeanings = ['time', 'price', 'quantity', 'id'];

/**
 * Trades without a header. Binance's archive: aggregate trades `id, price, quantity, first id, last id, time, maker[, best]`, trades
 * `id, price, quantity, quote, time, maker[, best]`; Kraken's: `time, price, quantity`.
 */
const aggregates = [3, 1, 2, -1, -1, 0];
const singles = [3, 1, 2, -1, 0];
const bare = [0, 1, 2];

/** What stands between the cells of a file, by its first line. */
export const separatorOf = (line: string): string => [';', '\t'].find((it) => line.includes(it)) ?? ',';

export const cellsOf = (line: string): readonly string[] =>
  line.split(separatorOf(line)).map((cell) =>
    cell
      .trim()
      .replaceAll('"', '')
      .replace(/^\uFEFF/, '')
      .toLowerCase(),
  );

/** Rows begin with a time, and times with a digit. */
export const isHeader = ([first]: readonly string[]): boolean => first !== undefined && !/^\d/.test(first);

/** Of several columns with one meaning the first counts. */
const once = (columns: readonly number[]): readonly number[] =>
  columns.map((meaning, at) => (columns.indexOf(meaning) === at ? meaning : -1));

const isFlag = (cell: string | undefined): boolean => cell === 'true' || cell === 'false';

/** Order of the columns of trades without a header; undefined for candles. */
function tradeColumns(cells: readonly string[]): readonly number[] | undefined {
  if (isFlag(cells[6])) return isFlag(cells[5]) ? singles : aggregates;
  if (isFlag(cells[5])) return singles;
  return cells.length === 3 ? bare : undefined;
}

/** Whether a first line is one of trades. */
export function isTrades(line: string): boolean {
  const cells = cellsOf(line);
  if (!isHeader(cells)) return tradeColumns(cells) !== undefined;
  const names = cells.map(plain);
  return names.some((name) => tradeNames[name] === 1) && !names.includes('open');
}

export function candleForm(builder: SeriesBuilder, pair: string): FormOf {
  return (line, source) => {
    const cells = cellsOf(line);
    const columns = isHeader(cells) ? candleColumns(cells, pair) : candleMeanings.map((_, at) => at);
    const missing = candleMeanings.filter((_, meaning) => !columns.includes(meaning));
    if (missing.length > 0) return { missing };
    const form: CsvForm = {
      meanings: candleMeanings,
      columns,
      loose: [candleMeanings.indexOf('volume')],
      isHeader: isHeader(cells),
      take: (time, [, open, high, low, close, volume], row) =>
        builder.add({ time, open: open!, high: high!, low: low!, close: close!, volume: volume! }, row, source),
    };
    return ofOneContract(withCoins(form, cells), cells, source, pair);
  };
}

/** Bybit and BitMEX give coins as homeNotional beside a size that may count dollars. */
function namedTradeColumns(cells: readonly string[]): readonly number[] {
  const names = cells.map(plain);
  const coins = names.includes('homenotional') ? names.map((name) => (name === 'size' ? '' : name)) : names;
  return once(coins.map((name) => tradeNames[name] ?? -1));
}

export function tradeForm(builder: TradesBuilder, pair: string): FormOf {
  return (line, source) => {
    const cells = cellsOf(line);
    const columns = isHeader(cells) ? namedTradeColumns(cells) : (tradeColumns(cells) ?? bare);
    const missing = tradeMeanings.filter((name, meaning) => name !== 'id' && !columns.includes(meaning));
    if (missing.length > 0) return { missing };
    const hasId = columns.includes(tradeMeanings.indexOf('id'));
    const form: CsvForm = {
      meanings: hasId ? tradeMeanings : tradeMeanings.slice(0, 3),
      columns,
      loose: [tradeMeanings.indexOf('quantity')],
      isHeader: isHeader(cells),
      take: (time, [, price, quantity, id], row) =>
        builder.add({ time, price: price!, quantity: quantity!, id: hasId ? wholeId(id!) : null }, row, source),
    };
    return ofOneContract(form, cells, source, pair, (name) =>
      isSwap(name) ? `sizes of ${name} are counts of contracts, not of coins: multiply them by what one contract is` : null,
    );
  };
}

/** NaN for what is no whole number. */
const wholeId = ({ mantissa, digits }: Decimal): number => (digits === 0 ? mantissa : Number.NaN);

/** A form whose rows name their contract, which must be one. `wrong` says why it cannot be taken at all. */
function ofOneContract(
  form: CsvForm,
  cells: readonly string[],
  source: string,
  pair: string,
  wrong: (name: string) => string | null = () => null,
): CsvForm {
  const at = cells.findIndex((cell) => instrumentNames.includes(plain(cell)));
  if (!form.isHeader || at < 0) return form;
  const meaning = form.meanings.length;
  let first: string | undefined;
  return {
    ...form,
    meanings: [...form.meanings, 'contract'],
    columns: form.columns.map((it, column) => (column === at ? meaning : it)),
    texts: meaning,
    take: (time, fields, row, texts) => {
      const name = texts[meaning]!;
      if (name !== first) {
        const isSame = first === undefined || plain(name) === plain(first);
        const why = !isSame
          ? `it is of ${name}, and those before are of ${first}: bring a file of one contract`
          : isOfOtherCoin(name, pair)
            ? `it is of ${name}, not of ${pair}: give its pair with --pair`
            : wrong(name);
        if (why !== null) throw new DataError('data-malformed', `${source}, row ${row}: ${why}`);
        first = name;
      }
      form.take(time, fields, row, texts);
    },
  };
}

/** Perpetuals of OKX, which counts their contracts. */
const isSwap = (name: string): boolean => /-SWAP$/i.test(name);

/**
 * OKX's candles: `vol` counts contracts where there are any, and `vol_ccy` coins; of a spot pair `vol` counts coins, and `vol_ccy`
 * what they cost.
 */
function withCoins(form: CsvForm, cells: readonly string[]): CsvForm {
  const at = cells.map(plain).indexOf('volccy');
  if (!form.isHeader || at < 0) return form;
  const meaning = form.meanings.length;
  return {
    ...form,
    meanings: [...form.meanings, 'vol_ccy'],
    columns: form.columns.map((it, column) => (column === at ? meaning : it)),
    loose: [...form.loose, meaning],
    take: (time, fields, row, texts) =>
      form.take(
        time,
        isSwap(texts[meaning + 1] ?? '') ? [...fields.slice(0, meaning - 1), fields[meaning]!] : fields,
        row,
        texts,
      ),
  };
}
