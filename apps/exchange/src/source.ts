/** What the exchange plays: recorded candles, a seeded market, or the live prices of another exchange. */
import { createHash } from 'node:crypto';
import { pair as readPair } from '@holdfast/domain';
import { CandleFeed, SyntheticFeed, type TickFeed } from '@holdfast/exchanges/simulated';
import { type LiveFeed, openLive } from './live-source.ts';
import type { ServerOptions } from './server.ts';
import { StartError } from './start-error.ts';
import type { Store } from './store.ts';
import { readTape } from './tape-file.ts';
import { tapeMarkets } from './tape-markets.ts';

export interface Source {
  readonly feed: TickFeed;
  readonly live?: LiveFeed;
  /** What is played; must stay the same for a data directory. */
  readonly identity: string;
  readonly name: string;
  readonly seed: number;
}

export async function openSource(options: ServerOptions, store: Store): Promise<Source> {
  const position = store.meta('position');
  const seed = options.seed ?? Number(store.meta('seed') ?? 1);
  if (options.live !== undefined) return openLiveSource(options, options.live, seed);
  if (options.tapes === undefined) {
    const feed = new SyntheticFeed({
      seed,
      start: Date.now(),
      volumeShareBps: Math.round(options.volumeShare * 10_000),
      fill: options.touch,
      position,
    });
    return { feed, identity: `synthetic ${seed}`, name: `the synthetic market with seed ${seed}`, seed };
  }
  return openTapes(options, options.tapes, seed, position);
}

/** @throws StartError `usage` */
async function openTapes(
  options: ServerOptions,
  files: readonly string[],
  seed: number,
  position: string | undefined,
): Promise<Source> {
  const { from, to } = options;
  const pairs = options.pair?.split(',');
  if (pairs !== undefined && pairs.length !== files.length)
    throw new StartError(
      'usage',
      `--pair ${options.pair}: name as many pairs, with commas, as there are tapes (${files.length})`,
    );
  const tapes = await Promise.all(files.map((file, index) => readTape(file, pairs?.[index]?.trim())));
  const twice = tapes.find((tape, index) => tapes.findIndex((other) => other.pair === tape.pair) !== index);
  if (twice !== undefined) throw new StartError('usage', `${twice.file}: --tape is given twice for ${twice.pair}`);
  for (const { table, file } of tapes) {
    const firstRow = table.rowFrom(from ?? 0);
    if (firstRow >= table.rows || (to !== undefined && to <= (from ?? table.time(0))))
      throw new StartError('usage', `${file} has no candles from --from to --to`);
  }
  const fill = options.touch;
  const markets = tapeMarkets(tapes, { fill, spreadTicks: options.spreadTicks, volumeShare: options.volumeShare, seed, from });
  const [only] = tapes;
  const played = tapes.length === 1 ? [only?.digest, only?.pair, from, to] : [tapes.map((it) => [it.digest, it.pair]), from, to];
  const identity = `tape ${createHash('sha256').update(JSON.stringify(played)).digest('hex')}`;
  const tables = tapes.map(({ table }) => table);
  const name = `the ${files.length === 1 ? 'tape' : 'tapes'} ${files.join(', ')}`;
  return { feed: new CandleFeed(markets, tables, { from, to, position }), identity, name, seed };
}

async function openLiveSource(options: ServerOptions, from: string, seed: number): Promise<Source> {
  const pairs = (options.pair ?? 'BTC/USDT,ETH/USDT').split(',').map((text) => readPair(text.trim()));
  const house = {
    fill: options.touch,
    spreadTicks: options.spreadTicks,
    volumeShareBps: Math.round(options.volumeShare * 10_000),
  };
  const live = await openLive({ from, pairs, house, seed });
  return {
    feed: live,
    live,
    identity: `live ${from} ${pairs.join(',')}`,
    name: `the live prices of ${from} (${pairs.join(', ')})`,
    seed,
  };
}

/** A book that was made with one tape means nothing on another. @throws StartError `usage` */
export function requireSameSource(store: Store, source: Source, data: string): void {
  const before = store.meta('source');
  if (before === undefined || before === source.identity) return;
  const text = `${data} holds an exchange that plays ${store.meta('source-name')}, not ${source.name}: start it with that (and the same --pair, --from, --to, --seed), or use another --data`;
  throw new StartError('usage', text);
}

/** Before a tape is read or an exchange is asked. @throws StartError `usage` */
export function demandSameKind(store: Store, { data, tapes, live }: ServerOptions): void {
  const before = store.meta('source')?.split(' ')[0];
  const now = tapes !== undefined ? 'tape' : live !== undefined ? 'live' : 'synthetic';
  if (before === undefined || before === now) return;
  const option = before === 'synthetic' ? `leave --${now} out` : `give that --${before}`;
  throw new StartError(
    'usage',
    `${data} holds an exchange that plays ${store.meta('source-name')}: ${option}, or use another --data`,
  );
}
