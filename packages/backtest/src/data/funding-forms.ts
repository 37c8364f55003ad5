/**
 * Where the rates of funding stand in what exchanges give and programs keep. Names of columns and of JSON members are compared by
 * their small letters and digits alone.
 *
 *   Binance's archive       calc_time, funding_interval_hours, last_funding_rate
 *   Binance's answer        [{ symbol, fundingTime, fundingRate, markPrice }]
 *   Bybit's                 { result: { list: [{ symbol, fundingRate, fundingRateTimestamp }] } }, the newest first
 *   OKX's archive           instrument_name, funding_rate, funding_time
 *   OKX's answer            { data: [{ instId, fundingTime, fundingRate, realizedRate }] }, the newest first
 *   Kraken's                { rates: [{ timestamp, fundingRate, relativeFundingRate }] }: the first is an amount, the second the share
 *   freqtrade's files       date and funding_rate; until 2026-08 the rate stood in `open`, with 0 in the other columns of a candle
 */
import { instrumentNames, isOf } from './contracts.ts';
import { cellsOf, type FormOf, isHeader, plain } from './csv-forms.ts';
import { DataError } from './data-error.ts';
import type { FundingBuilder } from './funding-builder.ts';
import { readTime } from './time.ts';

/** Of several names that a row has, the first counts: what was paid before what was expected, a share before an amount. */
const rateNames = [
  'realizedrate',
  'actualfundingrate',
  'relativefundingrate',
  'lastfundingrate',
  'fundingrate',
  'rate',
  'funding',
  'r',
];
const timeNames = [
  'fundingtime',
  'fundingratetimestamp',
  'calctime',
  'settletime',
  'effectiveat',
  'timepoint',
  'timems',
  'timestamp',
  'time',
  'date',
  'datetime',
  'unix',
  't',
];
/** Names that only rates of funding have. */
const telling = /^(last|relative|actual)?fundingrate$|^realizedrate$/;

/** Members of a row by their plain names: time, rate, instrument. */
const placeOf = (names: readonly string[], wanted: readonly string[]): number =>
  wanted.map((it) => names.indexOf(it)).find((at) => at >= 0) ?? -1;

/** Whether a first line is one of rates of funding. */
export function isFunding(line: string): boolean {
  const cells = cellsOf(line);
  if (!isHeader(cells)) return false;
  const names = cells.map((cell) => plain(cell.replace(percent, '')));
  return names.some((name) => telling.test(name)) || (names.length === 2 && names[1] === 'rate');
}

/** Rates without a header: `time, rate`, or the order of Binance's archive. */
const bare = [0, 1];
const archive = [0, -1, 1];

/** A column that says in its name that it has percent: Funding Rate (%), funding_rate_pct. */
const percent = /\(?%\)?|_?(percent|pct)/;

/** @param builder takes the rates of the pair; those of others are left out */
export function fundingForm(builder: FundingBuilder, pair: string): FormOf {
  return (line, source) => {
    const cells = cellsOf(line);
    const names = cells.map((cell) => plain(cell.replace(percent, '')));
    const named = [timeNames, rateNames, instrumentNames].map((wanted) => placeOf(names, wanted));
    const columns = isHeader(cells) ? names.map((_, at) => named.indexOf(at)) : cells.length === 3 ? archive : bare;
    const missing = ['time', 'rate'].filter((_, meaning) => !columns.includes(meaning));
    if (missing.length > 0) return { missing };
    const hasInstrument = columns.includes(2);
    const isPercent = isHeader(cells) && percent.test(cells[columns.indexOf(1)]!);
    return {
      meanings: ['time', 'rate', 'instrument'].slice(0, hasInstrument ? 3 : 2),
      columns,
      loose: [],
      texts: 1,
      isHeader: isHeader(cells),
      take: (time, _, row, texts) => {
        if (hasInstrument && !isOf(texts[2]!, pair)) builder.leaveOut(texts[2]!);
        else builder.add({ time, rate: isPercent ? `${texts[1]!.replace('%', '')}%` : texts[1]! }, row, source);
      },
    };
  };
}

type Row = Readonly<Record<string, unknown>>;

/** Rows of an answer or a table: lists of time and rate, or objects. @throws DataError naming the row */
export function addFundingRows(rows: Iterable<unknown>, builder: FundingBuilder, pair: string, source: string): void {
  let number = 0;
  for (const row of rows) {
    number += 1;
    const fail = (what: string): never => {
      throw new DataError('data-malformed', `${source}, row ${number}: ${what}`);
    };
    const { time, rate, instrument } = Array.isArray(row)
      ? { time: row[0], rate: row[1], instrument: undefined }
      : typeof row === 'object' && row !== null
        ? membersOf(row as Row)
        : fail('it is neither a list of time and rate nor an object');
    if (!Array.isArray(row) && isOutlook(row as Row))
      fail('it tells what will be paid next; bring the rates that were paid, of which exchanges have an own list');
    if (typeof instrument === 'string' && !isOf(instrument, pair)) {
      builder.leaveOut(instrument);
      continue;
    }
    if (rate === undefined || rate === null) fail(`it has no rate: ${JSON.stringify(row).slice(0, 100)}`);
    if (time === undefined || time === null) fail(`it has no time: ${JSON.stringify(row).slice(0, 100)}`);
    const ms = time instanceof Date ? time.getTime() : readTime(String(time));
    if (Number.isNaN(ms)) fail(`the time is "${String(time).slice(0, 40)}", neither a number nor a date`);
    builder.add({ time: ms, rate: String(rate) }, number, source);
  }
}

/** Binance's premium index and the like: a rate of now beside the time at which it will be paid. */
function isOutlook(row: Row): boolean {
  const names = Object.keys(row).map(plain);
  return names.includes('nextfundingtime') && !names.some((name) => name === 'fundingtime' || name === 'fundingratetimestamp');
}

function membersOf(row: Row): { readonly time: unknown; readonly rate: unknown; readonly instrument: unknown } {
  // OKX leaves a rate empty that is not there yet.
  const given = Object.entries(row).filter(([, value]) => value !== '' && value !== null);
  const names = given.map(([name]) => plain(name));
  const member = (wanted: readonly string[]): unknown => given[placeOf(names, wanted)]?.[1];
  return { time: member(timeNames), rate: member(rateNames), instrument: member(instrumentNames) };
}

/** Answers have their rows not deeper than so. */
const depthMost = 5;

/** The list of rows within an exchange's answer, empty where it has none; undefined where there is no list. */
export function rowsWithin(answer: unknown, depth = depthMost): readonly unknown[] | undefined {
  if (Array.isArray(answer)) return answer;
  if (typeof answer !== 'object' || answer === null || depth === 0) return undefined;
  const lists = Object.values(answer).map((member) => rowsWithin(member, depth - 1));
  return lists.find((list) => list !== undefined && list.length > 0) ?? lists.find((list) => list !== undefined);
}

/** Whether rows of JSON are rates of funding. */
export const areFunding = ([first]: readonly unknown[]): boolean =>
  typeof first === 'object' &&
  first !== null &&
  !Array.isArray(first) &&
  Object.keys(first).some((it) => telling.test(plain(it)));
