/** The exchange as a server: data directory, tape, core and doors put together. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createExchange, type Exchange } from '@holdfast/exchanges/simulated';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeClock, type Speed } from './clock.ts';
import { runDriver } from './driver.ts';
import { listenKeyEndpoints } from './endpoints/account.ts';
import { makeHold } from './hold.ts';
import { makeLimits } from './limits.ts';
import { makeListenKeys } from './listen-keys.ts';
import { isReference, makeReferences } from './reference.ts';
import { addressOf, makeRestHandler, makeRoutes } from './rest.ts';
import { makeRing, type Ring, readQuiet } from './ring.ts';
import { makeSimControl } from './sim-control.ts';
import { makeSocketApi } from './socket-api.ts';
import { keepAlive, makeSyncListeners } from './sockets.ts';
import { demandSameKind, openSource, requireSameSource, type Source } from './source.ts';
import { StartError } from './start-error.ts';
import { openStore, type Store } from './store.ts';
import { makeStreams } from './streams.ts';
import { makeVenue } from './venue.ts';

export interface ServerOptions {
  /** DATA; the exchange keeps its files in DATA/exchange. */
  readonly data: string;
  /** 0: any free one. */
  readonly port: number;
  /** Files of recorded candles, each of another pair; none: the synthetic market. */
  readonly tapes?: readonly string[] | undefined;
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
  const hold = makeHold(options.hold === true && store.meta('released') === undefined);
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
    hold,
    setQuiet: (quiet, leavesOut) => {
      streams.setQuiet(quiet, leavesOut);
      references.setQuiet(leavesOut);
    },
  });

  source.live?.onTick(() => driver.wake());

  const clockJson = (): object => ({
    now: clock.now(),
    start: feed.start,
    speed: options.speed,
    lockstep: options.lockstep,
    ended: driver.ended(),
    held: hold.isHeld(),
    round: ring?.round() ?? 0,
    open: ring?.isOpen() ?? false,
    engine: ring?.hasEngine() ?? false,
    source: source.name,
    tape: options.tapes?.map((file) => basename(file)).join(', ') ?? null,
  });
  const release = (until?: number): void => {
    hold.release(until);
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
