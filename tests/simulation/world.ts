/**
 * Engine, signer and simulated exchange in one process, on one clock that moves when told, with faults at their ports.
 * All three are the real ones: the exchange behind its own REST dialect with signatures checked, the signer with its
 * journal, the engine with its database. What was durable survives a crash, nothing else does.
 */
import { createHash, createHmac, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { EngineCommand } from '@holdfast/contracts';
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  canonicalText,
  type DoorEvent,
  doorPaths,
  draftMandate,
  draftMandatePair,
  epochMs,
  formatAmount,
  type Mandate,
  type MarketDataPort,
  type MarketEvent,
  macText,
  noRules,
  type OwnerAct,
  ownerActText,
  ownerSigningText,
  type Pair,
  type PairRules,
  type SubKeyId,
  type VaultStatus,
  type Verdict,
} from '@holdfast/domain';
import { createExchange } from '@holdfast/exchanges/simulated';
import { type EngineStore, engineMigrations, engineStore, openDatabase } from '@holdfast/storage';
import { createEngine, type Engine, type EngineResult } from '../../apps/engine/src/engine.ts';
import { type EnginePorts, type VaultEvents, type VaultPort, VaultRefusal } from '../../apps/engine/src/ports.ts';
import { dispatch } from '../../apps/exchange/src/dispatch.ts';
import { listenKeyEndpoints } from '../../apps/exchange/src/endpoints/account.ts';
import { milliseconds, userEventJson } from '../../apps/exchange/src/format.ts';
import { makeLimits } from '../../apps/exchange/src/limits.ts';
import { makeListenKeys } from '../../apps/exchange/src/listen-keys.ts';
import { readForm } from '../../apps/exchange/src/parameters.ts';
import { asApiError, errorBody, makeRoutes } from '../../apps/exchange/src/rest.ts';
import { restPayload } from '../../apps/exchange/src/signature.ts';
import { openStore } from '../../apps/exchange/src/store.ts';
import { makeVenue } from '../../apps/exchange/src/venue.ts';
import { ed25519Signer } from '../../apps/vault/src/client/client.ts';
import { parseDoor } from '../../apps/vault/src/client/decode.ts';
import { peerSecret, type SignerToEgress, type SignerToGate } from '../../apps/vault/src/frames/frames.ts';
import { createSecrets } from '../../apps/vault/src/signer/secrets.ts';
import { createSigner, type Signer } from '../../apps/vault/src/signer/signer.ts';

export const pair = 'BTC/USDT' as Pair;
const account = 'paper' as AccountId;
const vaultId = 'simulation';
const tick = amount('0.01');
const lot = amount('0.001');
const apiKey = 'k'.repeat(64);
/** Nothing here outlives the process, so the disk need not be waited for. */
const memoryFolder = '/dev/shm';
const restartMs = 40;
const repeatMs = 250;
const referenceMs = 1_000;
/** Where nobody waits for anybody, so long after a tick. */
const settleMs = 3_000;
/** Of the loop, between two moments: more than anything that is under way takes. */
const turnsPerMoment = 6;

/** Every call between two parts has a place where it can go wrong. */
export type Point =
  | 'commit-not-done'
  | 'commit-done'
  | 'intent-not-sent'
  | 'verdict-not-heard'
  | 'event-not-heard'
  | 'event-heard-twice'
  | 'journal-not-written'
  | 'journal-written'
  | 'request-not-sent'
  | 'request-lost'
  | 'answer-lost'
  | 'answer-and-signer-lost'
  | 'fill-and-signer-lost';

/** What fails: says for each passing of a point whether it fails this time. */
export type Faults = (point: Point) => boolean;

type Line = Extract<SignerToGate, { kind: 'lines' }>;
type Never = Promise<never>;
const never = (): Never => new Promise(() => undefined);

export interface World {
  command(command: EngineCommand): Promise<EngineResult>;
  /** One tick of the tape `ms` later (15 s when left out), of other pairs too, and rounds until nothing more happens at its time. */
  play(price: number, ms?: number, others?: ReadonlyMap<Pair, number>): Promise<void>;
  settle(): Promise<void>;
  /** The exchange stops trading of the pair, or begins again. */
  halt(halted: boolean): Promise<void>;
  /** Kills the engine and starts it on another database. */
  restartOn(other: EngineStore): Promise<void>;
  readonly db: DatabaseSync;
  vaultStatus(): Promise<VaultStatus>;
  journal(): string;
  engine(): Engine;
  held(): ReadonlyMap<string, bigint>;
  venue(): ReturnType<typeof makeVenue>;
  readonly userId: number;
  readonly crashes: { engine: number; vault: number };
  close(): void;
}

/** What the account holds beside its quote, and how much of it the mandate lets be sold in 24 hours. */
export interface Coins {
  readonly base: string;
  readonly maxSellHeld: string;
}

export interface WorldOptions extends Pick<EnginePorts, 'strategies'> {
  /** Unix ms; now when left out. */
  readonly start?: number;
  /** What the account has of it; 10000 when left out. */
  readonly quote?: string;
  /** Further pairs, with the ticks, lots and limits of the first. */
  readonly others?: readonly Pair[];
  /** What the market offers at one price, about, in lots; much when left out. */
  readonly levelLots?: number;
  /** Whether the market also says each minute when it has closed. */
  readonly candles?: boolean;
  /** Nobody waits for anybody, as on a real exchange: it says no rounds, references come once a second and time passes. */
  readonly free?: boolean;
}

/** `signed`: what the owner signs instead of the usual mandate, which has no rule and hardly a limit. */
export async function createWorld(
  faults: Faults,
  coins: Coins = { base: '0', maxSellHeld: '0' },
  signed: (usual: Mandate) => Mandate = (usual) => usual,
  more: WorldOptions = {},
): Promise<World> {
  const folder = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'holdfast-simulation-'));
  let now = more.start ?? Date.now();
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  const after = (ms: number, act: () => void): (() => void) => {
    const timer = { at: now + ms, act };
    timers.push(timer);
    return () => {
      timers = timers.filter((each) => each !== timer);
    };
  };
  const crashes = { engine: 0, vault: 0 };
  const fatal: { error: Error | undefined } = { error: undefined };

  // The exchange
  const pairs = [pair, ...(more.others ?? [])];
  const house = more.levelLots === undefined ? {} : { levelLots: more.levelLots };
  const exchange = createExchange({
    markets: pairs.map((of) => ({ pair: of, tick, lot, minNotional: amount('5'), price: amount('100'), house })),
  });
  const venue = makeVenue({
    exchange,
    store: openStore(join(folder, 'exchange.db')),
    limits: makeLimits({ wall: () => now, own: () => undefined }),
    now: () => epochMs(now),
    position: () => ({}),
  });
  const routes = makeRoutes(listenKeyEndpoints(makeListenKeys(() => now)));
  const userId = venue.command((at) =>
    exchange.createUser({ USDT: amount(more.quote ?? '10000'), ...(coins.base === '0' ? {} : { BTC: amount(coins.base) }) }, at),
  );
  const rulesOf = (of: Pair): PairRules => ({
    pair: of,
    tick,
    lot,
    minPrice: 1 as never,
    maxPrice: 100_000_000 as never,
    minQuantity: 1 as never,
    maxQuantity: 9_000_000 as never,
    minNotional: amount('5'),
    maxOrders: 200,
    maxAlgoOrders: 5,
    maxOrderLists: 20,
  });

  // The signer, and egress in its place
  const unsealKey = Buffer.alloc(32, 7);
  const owner = generateKeyPairSync('ed25519');
  const keyFiles = new Map<string, Buffer>();
  /** What was written, in the parts it came in: a week has thousands. */
  let journal: Buffer[] = [];
  let vaultLife = 0;
  let vaultIsUp = false;
  let signer: Signer;
  let streamOpen = false;
  let lastRequest = 0;
  const waiting = new Map<number, { answer: (status: number, body: string) => void; lost: () => void }>();
  const streams = new Map<number, (text: string) => void>();

  const killVault = (): void => {
    crashes.vault += 1;
    vaultLife += 1;
    vaultIsUp = false;
    streamOpen = false;
    for (const each of [...waiting.values()]) queueMicrotask(each.lost);
    waiting.clear();
    streams.clear();
    const { events } = engineSide;
    queueMicrotask(() => events?.state(false, 'the vault was killed'));
    after(restartMs, startVault);
  };

  const egress = (frame: SignerToEgress): void => {
    const life = vaultLife;
    const say = (answer: Parameters<Signer['fromEgress']>[0]): void =>
      queueMicrotask(() => {
        if (life === vaultLife && vaultIsUp) signer.fromEgress(answer);
      });
    if (frame.kind === 'open-stream') {
      streamOpen = true;
      say({ kind: 'stream-open', account: frame.account });
    }
    if (frame.kind !== 'request') return;
    if (faults('request-not-sent')) {
      killVault();
      return;
    }
    if (faults('request-lost')) {
      say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: true });
      return;
    }
    const { status, body } = request(frame.request);
    if (faults('answer-and-signer-lost')) {
      killVault();
      return;
    }
    const unheard = { kind: 'failed', id: frame.id, cause: 'timeout', sent: true } as const;
    say(faults('answer-lost') ? unheard : { kind: 'answer', id: frame.id, status, body });
  };

  const request = ({ method, path, query, headers, body }: Extract<SignerToEgress, { kind: 'request' }>['request']) => {
    const endpoint = routes.get(`${method} ${path}`);
    if (endpoint === undefined) throw new Error(`the exchange has no ${method} ${path}`);
    const names = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const sent = new Map([...readForm(body), ...readForm(query)]);
    try {
      const { result } = dispatch(venue, endpoint, {
        sent,
        credentials: {
          apiKey: names.get('x-mbx-apikey'),
          timestamp: sent.get('timestamp'),
          recvWindow: sent.get('recvWindow'),
          signature: sent.get('signature'),
          payload: restPayload(query, body),
        },
        address: 'simulation',
        time: milliseconds,
        session: undefined,
      });
      return { status: 200, body: JSON.stringify(result) };
    } catch (error) {
      const refused = asApiError(error);
      return { status: refused.status, body: JSON.stringify(errorBody(refused)) };
    }
  };

  venue.onUserEvent((event) => {
    if (!streamOpen || !('userId' in event) || event.userId !== userId) return;
    if (event.kind === 'execution' && event.trade !== undefined && faults('fill-and-signer-lost')) return killVault();
    const life = vaultLife;
    const text = JSON.stringify(userEventJson(event, (of) => exchange.market(of) as never, milliseconds));
    queueMicrotask(() => {
      if (life === vaultLife && vaultIsUp) signer.fromEgress({ kind: 'event', account, event: text });
    });
  });

  const startVault = (): void => {
    const mine = vaultLife;
    vaultIsUp = true;
    signer = createSigner({
      journal: {
        load: () => Buffer.concat(journal),
        truncate: (length) => {
          journal = [Buffer.concat(journal).subarray(0, length)];
        },
        write: async (bytes) => {
          if (mine !== vaultLife) return never();
          if (faults('journal-not-written')) {
            killVault();
            return never();
          }
          journal.push(bytes);
          if (!faults('journal-written')) return;
          killVault();
          return never();
        },
      },
      journalName: 'journal',
      clock: { now: () => now, after: (ms, act) => void after(ms, () => mine === vaultLife && act()) },
      gate: (frame) => mine === vaultLife && fromSigner(frame),
      egress: (frame) => mine === vaultLife && egress(frame),
      portal: () => undefined,
      warden: () => undefined,
      secrets: createSecrets(createSecretKey(unsealKey), vaultId, {
        read: (name) => keyFiles.get(name) ?? null,
        write: (name, bytes) => void keyFiles.set(name, bytes),
        erase: (name) => void keyFiles.delete(name),
      }),
      config: { vaultId, simulated: true, ownerKey: owner.publicKey, portalOrigin: 'http://localhost:8431', kill: '' },
      log: () => undefined,
      fatal: (error) => {
        fatal.error = error;
      },
    });
    follow();
  };

  const fromSigner = (frame: SignerToGate): void => {
    if (frame.kind === 'answer') {
      const pending = waiting.get(frame.id);
      waiting.delete(frame.id);
      queueMicrotask(() => pending?.answer(frame.status, frame.body));
    } else if (frame.kind === 'lines') streams.get(frame.id)?.((frame as Line).text);
  };

  const ask = (key: string, secret: Buffer, method: string, path: string, body: string, id: number): void => {
    const headers = { key, time: String(now), nonce: randomBytes(16).toString('hex'), mac: '' };
    const text = macText(method, path, headers.time, headers.nonce, createHash('sha256').update(body).digest('hex'));
    headers.mac = createHmac('sha256', secret).update(text).digest('hex');
    queueMicrotask(() => vaultIsUp && signer.fromGate({ kind: 'request', id, method, path, headers, body }));
  };

  const post = (key: string, secret: Buffer, path: string, body: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!vaultIsUp) return reject(new Error('the vault is down'));
      lastRequest += 1;
      waiting.set(lastRequest, {
        answer: (status, text) => {
          const value = parseDoor(text) as { error?: { code: string; reason: string } };
          if (status === 200) resolve(value);
          else reject(new VaultRefusal(value.error?.code ?? 'E_STATE', value.error?.reason ?? text));
        },
        lost: () => reject(new Error('the vault was killed')),
      });
      ask(key, secret, 'POST', path, canonicalText(body), lastRequest);
    });
  const peer = (name: 'engine' | 'cli', path: string, body: unknown): Promise<unknown> =>
    post(name, peerSecret(unsealKey, vaultId, name), path, body);

  // The engine
  const db = openDatabase(':memory:', engineMigrations);
  let store = engineStore(db);
  const engineSide: { events: VaultEvents | undefined; next: () => number; market: ((event: MarketEvent) => void) | undefined } =
    {
      events: undefined,
      next: () => 1,
      market: undefined,
    };
  let engine: Engine | undefined;
  let engineLife = 0;
  let acknowledged = 0;
  let round = 0;

  const killEngine = (): void => {
    crashes.engine += 1;
    engineLife += 1;
    engine?.abandon();
    engine = undefined;
    engineSide.events = undefined;
    engineSide.market = undefined;
    streams.clear();
    after(restartMs, () => void startEngine());
  };

  const follow = (): void => {
    const { events, next } = engineSide;
    if (events === undefined || !vaultIsUp) return;
    const life = engineLife;
    lastRequest += 1;
    streams.clear();
    streams.set(lastRequest, (text) => {
      for (const line of text.split('\n')) {
        if (line === '' || life !== engineLife) continue;
        const event = parseDoor(line) as DoorEvent;
        if (event.kind !== 'sync' && faults('event-not-heard')) return killEngine();
        const times = event.kind !== 'sync' && faults('event-heard-twice') ? 2 : 1;
        for (let n = 0; n < times; n++) queueMicrotask(() => life === engineLife && events.event(event));
      }
    });
    ask('engine', peerSecret(unsealKey, vaultId, 'engine'), 'GET', `${doorPaths.events}?from=${next()}`, '', lastRequest);
    queueMicrotask(() => events.state(true, null));
  };

  const vaultPort = (life: number): VaultPort => ({
    subscribe: (next, events) => {
      engineSide.events = events;
      engineSide.next = next;
      follow();
      return () => undefined;
    },
    intent: async (subKey: SubKeyId, secret: string, intent) => {
      if (life !== engineLife) return never();
      if (faults('intent-not-sent')) {
        killEngine();
        return never();
      }
      const answer = await post(subKey, Buffer.from(secret, 'hex'), doorPaths.intent, intent);
      if (life !== engineLife) return never();
      if (faults('verdict-not-heard')) {
        killEngine();
        return never();
      }
      return (answer as { verdict: Verdict }).verdict;
    },
    balances: async () => ((await peer('engine', doorPaths.read, { kind: 'balances', account })) as { balances: never }).balances,
    status: async () => (await peer('engine', doorPaths.read, { kind: 'status' })) as VaultStatus,
    grant: async (grant) => (await peer('engine', doorPaths.grant, grant)) as { subKey: SubKeyId; secret: string },
    revoke: async (subKey) => void (await peer('engine', doorPaths.revoke, { subKey })),
  });

  const storePort = (life: number): EngineStore => ({
    ...store,
    commit: async (changes) => {
      if (life !== engineLife) return never();
      if (faults('commit-not-done')) {
        killEngine();
        return never();
      }
      await store.commit(changes);
      if (!faults('commit-done')) return;
      killEngine();
      return never();
    },
  });

  const market: MarketDataPort = {
    rules: async (asked) => asked.map(rulesOf),
    candles: async () => [],
    prices: async (asked) => asked.flatMap(pricesOf),
    serverTime: async () => epochMs(now),
    subscribe: (_pairs, listener) => {
      engineSide.market = listener;
      queueMicrotask(() => {
        listener({ kind: 'connected' });
        sayBest();
      });
      return () => {
        if (engineSide.market === listener) engineSide.market = undefined;
      };
    },
  };
  const say = (event: MarketEvent): void => {
    const { market: listener } = engineSide;
    queueMicrotask(() => listener?.(event));
  };
  const price = (ticks: number): Amount => (BigInt(ticks) * tick) as Amount;
  const pricesOf = (of: Pair): readonly MarketEvent[] => {
    const best = exchange.best(of);
    return [
      { kind: 'trade', pair: of, at: epochMs(now), price: price(exchange.last(of)), quantity: lot },
      { kind: 'best', pair: of, bid: price(best.bid), ask: price(best.ask) },
    ];
  };
  const sayBest = (): void => {
    for (const event of pairs.flatMap(pricesOf)) say(event);
  };
  venue.onMarketEvent((event) => {
    if (event.kind === 'trade') {
      const { trade } = event;
      const quantity = (BigInt(trade.quantity) * lot) as Amount;
      say({ kind: 'trade', pair: event.pair, at: epochMs(trade.time), price: price(trade.price), quantity });
    }
    if (event.kind === 'book-ticker')
      say({ kind: 'best', pair: event.pair, bid: price(event.best.bid), ask: price(event.best.ask) });
  });

  let botNumber = 0;
  const startEngine = async (): Promise<void> => {
    const mine = engineLife;
    const ports: EnginePorts = {
      ...more,
      account,
      store: storePort(mine),
      vault: vaultPort(mine),
      market,
      ring: more.free
        ? null
        : {
            acknowledge: (n) => {
              if (mine === engineLife) acknowledged = Math.max(acknowledged, n);
            },
          },
      timers: { now: () => now, after: (ms, act) => after(ms, () => mine === engineLife && act()) },
      newBotId: () => `bot${++botNumber}` as BotId,
      notify: () => undefined,
      log: () => undefined,
      fatal: (error) => {
        if (mine === engineLife) fatal.error = error;
      },
    };
    const made = await createEngine(ports);
    if (mine === engineLife) engine = made;
    else made.abandon();
  };

  const runDue = (): void => {
    const due = timers.filter((timer) => timer.at <= now);
    timers = timers.filter((timer) => timer.at > now);
    for (const timer of due) timer.act();
  };
  /** Runs everything that can run without the clock, then lets the clock jump to what is due next, until `done`. */
  const until = async (done: () => boolean, what: string): Promise<void> => {
    for (let turn = 0; turn < 4000; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (fatal.error !== undefined) throw fatal.error;
      if (timers.some((timer) => timer.at <= now)) {
        runDue();
        continue;
      }
      if (done()) return;
      const next = timers.reduce((soonest, timer) => Math.min(soonest, timer.at), Number.POSITIVE_INFINITY);
      if (next === Number.POSITIVE_INFINITY) continue;
      now = Math.max(now, next);
      runDue();
    }
    throw new Error(`stuck waiting for ${what}: ${JSON.stringify(engine?.status())}`);
  };

  const tellVault = (frame: Parameters<Signer['fromEgress']>[0]): void => {
    const life = vaultLife;
    queueMicrotask(() => {
      if (life === vaultLife && vaultIsUp) signer.fromEgress(frame);
    });
  };
  const reference = () => pairs.map((of) => ({ pair: of, price: formatAmount(price(exchange.last(of))), sources: 3 }));
  const tellRound = (): void => {
    say({ kind: 'sync', n: round, at: epochMs(now) });
    tellVault({ kind: 'sync', n: round, time: now, reference: reference() });
  };
  const tellReference = (): void => {
    tellVault({ kind: 'reference', time: now, reference: reference() });
    after(referenceMs, tellReference);
  };
  /** Time passes, and everything in it that can happen does. */
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; ; ) {
      for (let turn = 0; turn < turnsPerMoment; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (fatal.error !== undefined) throw fatal.error;
      }
      const next = timers.reduce((soonest, timer) => Math.min(soonest, timer.at), Number.POSITIVE_INFINITY);
      if (next > end) {
        now = end;
        return;
      }
      now = Math.max(now, next);
      runDue();
    }
  };
  const playRound = async (): Promise<void> => {
    round += 1;
    const mine = round;
    const repeat = (): void => {
      if (acknowledged >= mine) return;
      tellRound();
      after(repeatMs, repeat);
    };
    repeat();
    await until(() => acknowledged >= mine, `round ${mine}`);
  };
  const rounds = async (): Promise<void> => {
    if (more.free) return pass(settleMs);
    for (let changes = -1; changes !== venue.userChanges(); ) {
      changes = venue.userChanges();
      await playRound();
    }
  };

  /** The minutes that are open, in ticks. */
  const bars = new Map<Pair, { readonly openTime: number; open: number; high: number; low: number; close: number }>();
  const sayCandle = (of: Pair, ticks: number): void => {
    const openTime = now - (now % 60_000);
    let bar = bars.get(of);
    if (bar !== undefined && bar.openTime < openTime) {
      const [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(price) as [Amount, Amount, Amount, Amount];
      const candle = { openTime: epochMs(bar.openTime), open, high, low, close, volume: amount('50') };
      say({ kind: 'candle', pair: of, interval: '1m', candle, closed: true });
      bar = undefined;
    }
    bar ??= { openTime, open: ticks, high: ticks, low: ticks, close: ticks };
    bars.set(of, { ...bar, high: Math.max(bar.high, ticks), low: Math.min(bar.low, ticks), close: ticks });
  };

  const world: World = {
    command: async (command) => {
      let answer: EngineResult | undefined;
      let life = -1;
      await until(() => {
        if (answer === undefined && life !== engineLife && engine !== undefined) {
          life = engineLife;
          void engine.command(command).then((given) => {
            answer = given;
          });
        }
        return answer !== undefined;
      }, `an answer to ${command.id}`);
      return answer as EngineResult;
    },
    play: async (ticks, ms = 15_000, others = new Map()) => {
      if (more.free) await pass(ms - settleMs);
      else now += ms;
      for (const [of, at] of [[pair, ticks] as const, ...others]) {
        if (more.candles) sayCandle(of, at);
        venue.tick({ pair: of, at: epochMs(now), price: at, volume: 50_000 });
      }
      await rounds();
    },
    settle: rounds,
    halt: async (halted) => {
      venue.command((at) => exchange.halt(pair, halted, at));
      say({ kind: 'pair-status', pair, halted });
      await rounds();
    },
    restartOn: async (other) => {
      store = other;
      killEngine();
      await until(() => engine !== undefined, 'the engine');
    },
    db,
    vaultStatus: async () => (await peer('engine', doorPaths.read, { kind: 'status' })) as VaultStatus,
    journal: () => Buffer.concat(journal).toString('utf8'),
    engine: () => engine as Engine,
    held: () =>
      new Map(
        exchange
          .balances(userId)
          .map(({ asset, free, locked }) => [asset as string, free + locked] as const)
          .filter(([, sum]) => sum !== 0n),
      ),
    venue: () => venue,
    userId,
    crashes,
    close: () => {
      engineLife += 1;
      vaultLife += 1;
      engine?.abandon();
      db.close();
      venue.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  startVault();
  if (more.free) tellReference();
  const act = async (what: OwnerAct): Promise<unknown> => {
    const text = ownerActText(what);
    return peer('cli', doorPaths.owner, {
      act: text,
      proof: await ed25519Signer(owner.privateKey)(ownerSigningText(vaultId, text)),
    });
  };
  const made = (await act({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: now })) as {
    publicKey: string;
  };
  venue.addKey({
    apiKey,
    userId,
    type: 'ed25519',
    secret: made.publicKey,
    permissions: ['reading', 'trading'],
    createdAt: now,
    ips: ['simulation'],
  });
  const { uid } = (await act({ act: 'account-connect', account, apiKey, at: now })) as { uid: string };
  await act({ act: 'mandate', mandate: signed(mandate(now, uid, coins.maxSellHeld, pairs)), at: now });
  for (const of of pairs) venue.tick({ pair: of, at: epochMs(now), price: 10_000, volume: 50_000 });
  await startEngine();
  await until(() => (db.prepare('select baseline from engine').get() as { baseline: number }).baseline === 1, 'the baseline');
  return world;
}

/** A world without faults for one test, gone after it. */
export async function inWorld(work: (world: World) => Promise<void>, more: WorldOptions = {}): Promise<void> {
  const world = await createWorld(() => false, undefined, undefined, more);
  try {
    await work(world);
  } finally {
    world.close();
  }
}

const mandate = (now: number, uid: string, maxSellHeld: string, pairs: readonly Pair[]): Mandate =>
  draftMandate({
    account,
    uid,
    exp: now + 10 * 86_400_000,
    quote: 'USDT' as Mandate['quote'],
    pairs: pairs.map((of) =>
      draftMandatePair({
        pair: of,
        sides: ['buy', 'sell'],
        orders: ['limit', 'post-only', 'ioc', 'stop-limit'],
        maxOrderQuote: amount('5000'),
        maxOrderBase: amount('100'),
        floor: amount('1'),
        ceiling: amount('1000'),
        bandBps: 500,
        maxSellHeldBase24h: amount(maxSellHeld),
      }),
    ),
    turnover24h: amount('1000000'),
    burn24h: amount('10000'),
    ordersPerMinute: 600,
    openOrders: 50,
    rules: noRules,
  });
