/** The exchange as a server: data directory, tape, core and doors put together. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Amount, pair as readPair } from '@holdfast/domain';
import {
  CandleFeed,
  createExchange,
  type Exchange,
  houseLevelLots,
  SyntheticFeed,
  type TickFeed,
} from '@holdfast/exchanges/simulated';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeClock, type Speed } from './clock.ts';
import { runDriver } from './driver.ts';
import { listenKeyEndpoints } from './endpoints/account.ts';
import { makeLimits } from './limits.ts';
import { makeListenKeys } from './listen-keys.ts';
import { type LiveFeed, openLive } from './live-source.ts';
import { isReference, makeReferences } from './reference.ts';
import { addressOf, makeRestHandler, makeRoutes } from './rest.ts';
import { makeRing, type Ring, readQuiet } from './ring.ts';
import { makeSimControl } from './sim-control.ts';
import { makeSocketApi } from './socket-api.ts';
import { keepAlive, makeSyncListeners } from './sockets.ts';
import { StartError } from './start-error.ts';
import { openStore, type Store } from './store.ts';
import { makeStreams } from './streams.ts';
import { readTape } from './tape-file.ts';
import { makeVenue } from './venue.ts';

export interface ServerOptions {
  /** DATA; the exchange keeps its files in DATA/exchange. */
  readonly data: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tape?: string | undefined;
  /** An exchange whose public prices are followed; `pair` may then name several, with commas. */
  readonly live?: string | undefined;
  readonly pair?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly speed: Speed;
  readonly seed?: number | undefined;
  readonly lockstep: boolean;
  /** A new exchange's time stands still until POST /sim/release; one that was let go before goes on. */
  readonly hold?: boolean | undefined;
  readonly touch: 'touch' | 'through';
  /** Part of a tick's volume that orders can get. */
  readonly volumeShare: number;
  readonly spreadTicks: number;
}

export interface RunningExchange {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  stop(): Promise<void>;
}

const connectionsPer5MinMost = 300;
/** Those who keep step, and the other exchanges' streams, are not counted: a machine that restarts often needs them. */
const isOwn = (request: IncomingMessage): boolean => /[?&]sync=1|^\/sim\/|^\/reference\//.test(request.url ?? '');

/** @throws StartError */
export async function startExchange(options: ServerOptions): Promise<RunningExchange> {
  const directory = join(options.data, 'exchange');
  const token = prepareDirectory(directory);
  const store = openStore(join(directory, 'exchange.db'));
  try {
    return await serve(options, store, token);
  } catch (error) {
    store.close();
    throw error;
  }
}

function prepareDirectory(directory: string): string {
  const file = join(directory, 'control.token');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StartError('unwritable', `${directory} cannot be written (${code}): check its owner, or use another --data`, {
      cause,
    });
  }
}

interface Source {
  readonly feed: TickFeed;
  readonly live?: LiveFeed;
  /** What is played; must stay the same for a data directory. */
  readonly identity: string;
  readonly name: string;
  readonly seed: number;
}

async function openSource(options: ServerOptions, store: Store): Promise<Source> {
  const position = store.meta('position');
  const seed = options.seed ?? Number(store.meta('seed') ?? 1);
  if (options.live !== undefined) return openLiveSource(options, options.live, seed);
  if (options.tape === undefined) {
    const feed = new SyntheticFeed({
      seed,
      start: Date.now(),
      volumeShareBps: Math.round(options.volumeShare * 10_000),
      fill: options.touch,
      position,
    });
    return { feed, identity: `synthetic ${seed}`, name: `the synthetic market with seed ${seed}`, seed };
  }
  const tape = await readTape(options.tape, options.pair);
  const { table, pair, minNotional } = tape;
  const house = {
    fill: options.touch,
    spreadTicks: options.spreadTicks,
    volumeShareBps: Math.round(options.volumeShare * 10_000),
    levelLots: houseLevelLots(table),
    seed,
  };
  const firstRow = table.rowFrom(options.from ?? 0);
  const price = (firstRow < table.rows ? BigInt(table.row(firstRow).open) * table.tick : 0n) as Amount;
  const market = { pair, tick: table.tick, lot: table.lot, minNotional, price, house };
  const range = { from: options.from, to: options.to, position };
  if (firstRow >= table.rows || (options.to !== undefined && options.to <= (options.from ?? table.time(0))))
    throw new StartError('usage', `${options.tape} has no candles from --from to --to`);
  const identity = `tape ${createHash('sha256')
    .update(JSON.stringify([tape.digest, pair, options.from, options.to]))
    .digest('hex')}`;
  return { feed: new CandleFeed([market], [table], range), identity, name: `the tape ${options.tape}`, seed };
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
function requireSameSource(store: Store, source: Source, data: string): void {
  const before = store.meta('source');
  if (before === undefined || before === source.identity) return;
  const text = `${data} holds an exchange that plays ${store.meta('source-name')}, not ${source.name}: start it with that (and the same --pair, --from, --to, --seed), or use another --data`;
  throw new StartError('usage', text);
}

/** Before a tape is read or an exchange is asked. @throws StartError `usage` */
function demandSameKind(store: Store, { data, tape, live }: ServerOptions): void {
  const before = store.meta('source')?.split(' ')[0];
  const now = tape !== undefined ? 'tape' : live !== undefined ? 'live' : 'synthetic';
  if (before === undefined || before === now) return;
  const option = before === 'synthetic' ? `leave --${now} out` : `give that --${before}`;
  throw new StartError(
    'usage',
    `${data} holds an exchange that plays ${store.meta('source-name')}: ${option}, or use another --data`,
  );
}

function buildExchange(store: Store, source: Source): Exchange {
  const isRestart = store.meta('source') !== undefined;
  const config = { markets: source.feed.markets, seed: source.seed };
  const exchange = createExchange(config, isRestart ? store.restored() : undefined);
  for (const { pair } of source.feed.markets) {
    const given = [...source.feed.history(pair)];
    // Of live prices what the followed exchange says of a minute counts, of a tape what was played.
    const before = source.live === undefined ? Number.POSITIVE_INFINITY : (given[0]?.openTime ?? Number.POSITIVE_INFINITY);
    if (source.live !== undefined)
      exchange.loadHistory(
        pair,
        [...store.candles(pair)].filter((row) => row.openTime < before),
      );
    exchange.loadHistory(pair, given);
    if (source.live === undefined) exchange.loadHistory(pair, store.candles(pair));
  }
  for (const { pair } of exchange.markets()) exchange.watchKline(pair, '1m');
  return exchange;
}

async function serve(options: ServerOptions, store: Store, token: string): Promise<RunningExchange> {
  demandSameKind(store, options);
  const source = await openSource(options, store);
  requireSameSource(store, source, options.data);
  const exchange = buildExchange(store, source);
  const { feed } = source;
  const stored = Number(store.meta('time') ?? feed.start);
  const start = source.live === undefined ? stored : Math.max(stored, feed.start);
  const clock = makeClock(start, options.speed, options.lockstep, Date.now);
  const listeners = makeSyncListeners();
  const firstRound = Number(store.meta('round') ?? 0);
  let ring: Ring | undefined;
  let held = options.hold === true && store.meta('released') === undefined;
  const position = (): Record<string, string> => ({
    position: feed.position(),
    time: String(clock.now()),
    round: String(ring?.round() ?? firstRound),
  });
  const limits = makeLimits({
    wall: Date.now,
    own: () => (options.lockstep || options.speed !== 1 ? clock.now() : undefined),
  });
  const venue = makeVenue({ exchange, store, limits, now: () => clock.now(), position });
  store.commit(exchange.checkpoint(), {
    ...position(),
    source: source.identity,
    'source-name': source.name,
    seed: String(source.seed),
  });

  const listenKeys = makeListenKeys(Date.now);
  const listenKeyCalls = listenKeyEndpoints(listenKeys);
  const streams = makeStreams(venue, listenKeys, listeners);
  const references = makeReferences(venue, source.seed, listeners);
  const socketApi = makeSocketApi(venue, listenKeyCalls, listeners);
  ring = options.lockstep
    ? makeRing({
        exchange,
        firstRound,
        persist: () => venue.checkpoint(),
        tell: (round) => listeners.tell(round),
        onChange: () => driver.wake(),
      })
    : undefined;
  listeners.onJoin(() => ring?.join());
  const driver = runDriver({
    venue,
    feed,
    isLive: source.live !== undefined,
    clock,
    ring,
    speed: options.speed,
    listeners,
    isHeld: () => held,
    setQuiet: (quiet) => {
      streams.setQuiet(quiet);
      references.setQuiet(quiet);
    },
  });

  source.live?.onTick(() => driver.wake());

  const clockJson = (): object => ({
    now: clock.now(),
    start: feed.start,
    speed: options.speed,
    lockstep: options.lockstep,
    ended: driver.ended(),
    held,
    round: ring?.round() ?? 0,
    open: ring?.isOpen() ?? false,
    engine: ring?.hasEngine() ?? false,
    source: source.name,
    tape: options.tape === undefined ? null : basename(options.tape),
  });
  const release = (): void => {
    held = false;
    store.commit([], { released: 'yes' });
    ring?.join(); // what was promised quiet was promised before the set-up that ends here
    driver.wake();
  };
  const control = makeSimControl(venue, token, clockJson, release, references);
  const rest = makeRestHandler(venue, makeRoutes(listenKeyCalls));
  const server = createServer({ keepAliveTimeout: 65_000, noDelay: true }, (request, response) => {
    const handle = request.url?.startsWith('/sim/') === true ? control.handle : rest;
    void handle(request, response);
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_000_000, perMessageDeflate: false });
  const connectClock = (socket: WebSocket): void => {
    keepAlive(socket);
    ring?.setEngine(true);
    ring?.repeat();
    socket.on('message', (data) => acknowledge(exchange, ring, String(data)));
    socket.on('close', () => ring?.setEngine(false));
  };
  const route = (socket: WebSocket, request: IncomingMessage): void => {
    const path = pathOf(request);
    if (path === '/sim/clock') connectClock(socket);
    else if (path.startsWith('/ws-api/v3')) socketApi.connect(socket, request);
    else if (path.startsWith('/reference/')) references.connect(socket, request, path.slice('/reference/'.length));
    else streams.connect(socket, request);
  };
  acceptUpgrades(server, sockets, route, (request) => pathOf(request) !== '/sim/clock' || control.isAuthorised(request));

  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    source.live?.stop();
    driver.stop();
    await driver.finished;
    streams.stop();
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    store.close();
  };
  let stopped: Promise<void> | undefined;
  writeFileSync(join(options.data, 'exchange', 'address.json'), `${JSON.stringify({ url })}\n`, { mode: 0o600 });
  return {
    url,
    port,
    token,
    stop(): Promise<void> {
      stopped ??= stop();
      return stopped;
    },
  };
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

function acknowledge(exchange: Exchange, ring: Ring | undefined, text: string): void {
  let message: { ack?: unknown; quiet?: unknown };
  try {
    message = JSON.parse(text) as typeof message;
    if (typeof message?.ack === 'number') ring?.acknowledge(message.ack, readQuiet(exchange, message.quiet));
  } catch {
    // An acknowledgement that cannot be read is none: the round is told again.
  }
}

const isSocketPath = (path: string): boolean =>
  path === '/ws' ||
  path.startsWith('/ws/') ||
  path === '/stream' ||
  path === '/ws-api/v3' ||
  path === '/ws-api/v3/' ||
  path === '/sim/clock' ||
  (path.startsWith('/reference/') && isReference(path.slice('/reference/'.length)));

function acceptUpgrades(
  server: Server,
  sockets: WebSocketServer,
  route: (socket: WebSocket, request: IncomingMessage) => void,
  mayConnect: (request: IncomingMessage) => boolean,
): void {
  const connects = new Map<string, number[]>();
  const isTooMany = (address: string): boolean => {
    const now = Date.now();
    const recent = (connects.get(address) ?? []).filter((at) => now - at < 300_000);
    connects.set(address, recent);
    if (recent.length >= connectionsPer5MinMost) return true;
    recent.push(now);
    return false;
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!isSocketPath(pathOf(request))) return refuseUpgrade(socket, '404 Not Found');
    if (!mayConnect(request)) return refuseUpgrade(socket, '401 Unauthorized');
    if (!isOwn(request) && isTooMany(addressOf(request))) return refuseUpgrade(socket, '429 Too Many Requests');
    sockets.handleUpgrade(request, socket, head, (accepted) => route(accepted, request));
  });
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(taken ? new StartError('port-taken', `port ${port} is taken: stop what uses it, or give another --port`) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
