/** The series that a backtest means: by pair, and by exchange and interval where that is said. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { intervalMsOf, intervalName, seriesPath } from '../data/index.ts';
import { AskError } from './ask-error.ts';

export interface FoundSeries {
  readonly exchange: string;
  readonly pair: string;
  readonly intervalMs: number;
  readonly path: string;
}

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

/** Intervals of a pair in the library, finest first, by the names of the files alone. */
function intervalsOf(data: string, exchange: string, pair: string): readonly FoundSeries[] {
  const folder = join(data, 'market', exchange, pair.replace('/', '-'));
  return namesIn(folder)
    .filter((name) => name.endsWith('.candles'))
    .map((name) => ({ exchange, pair, intervalMs: intervalMsOf(basename(name, '.candles')), path: join(folder, name) }))
    .sort((a, b) => a.intervalMs - b.intervalMs);
}

const describe = (found: readonly FoundSeries[]): string =>
  found.map(({ exchange, intervalMs }) => `${exchange} ${intervalName(intervalMs)}`).join(', ');

/**
 * The finest series of a pair. @throws AskError `backtest-data-missing`, `backtest-data-ambiguous` when several exchanges have it
 * and none was named; DataError when a name could leave the folder
 */
export function findSeries(data: string, pair: string, exchange: string | null, intervalMs: number | null): FoundSeries {
  seriesPath(data, { exchange: exchange ?? 'any', pair, intervalMs: intervalMs ?? 60_000 });
  const exchanges = exchange === null ? namesIn(join(data, 'market')) : [exchange];
  const all = exchanges.flatMap((name) => intervalsOf(data, name, pair));
  const fitting = all.filter((it) => intervalMs === null || it.intervalMs === intervalMs);
  const [first] = fitting;
  if (first === undefined) {
    const what = `${exchange === null ? '' : `${exchange} `}${pair}${intervalMs === null ? '' : ` ${intervalName(intervalMs)}`}`;
    const there = all.length > 0 ? `there are: ${describe(all)}` : pairsThere(data);
    throw new AskError(
      'backtest-data-missing',
      `there are no candles of ${what}; ${there}. "holdfast data import" or "holdfast data download" brings more`,
      'pair',
    );
  }
  const others = fitting.filter((it) => it.exchange !== first.exchange);
  if (others.length > 0)
    throw new AskError(
      'backtest-data-ambiguous',
      `several exchanges have candles of ${pair}: ${describe(fitting)}; name one with --data-set EXCHANGE`,
      'exchange',
    );
  return first;
}

function pairsThere(data: string): string {
  const pairs = new Set(namesIn(join(data, 'market')).flatMap((exchange) => namesIn(join(data, 'market', exchange))));
  const shown = [...pairs].slice(0, 12).map((name) => name.replace('-', '/'));
  return shown.length === 0 ? 'there are none at all' : `there are: ${shown.join(', ')}${pairs.size > shown.length ? ', …' : ''}`;
}

/** Every series of the library, by the names of the files alone. */
export const seriesThere = (data: string): readonly FoundSeries[] =>
  namesIn(join(data, 'market')).flatMap((exchange) =>
    namesIn(join(data, 'market', exchange)).flatMap((pair) => intervalsOf(data, exchange, pair.replace('-', '/'))),
  );
