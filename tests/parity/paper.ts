/**
 * One bot over candles as paper, in one process: the engine's core with its database, the signer with its journal and the simulated
 * exchange with its tape are the real ones, in lockstep by the real ring. What is left out of a real run:
 *   - processes, sockets and the gate: calls take the place of HTTP and websockets, so nothing is ever late, lost or cut in two;
 *   - egress: the reference price is the exchange's own last price, without the noise of three further exchanges;
 *   - disks: the journals are in memory;
 *   - the mandate's limits: it is as wide as the one that `holdfast parity` signs.
 * A handful of plays through real processes: tests/backtest/parity.test.ts.
 */
import { createPublicKey } from 'node:crypto';
import type { EngineCommand } from '@holdfast/contracts';
import {
  type AccountId,
  type Amount,
  type BotCommand,
  type BotId,
  baseOf,
  canonicalText,
  type DoorEvent,
  doorPaths,
  firstOwner,
  formatAmount,
  type Pair,
  type PairRules,
  quoteOf,
  type SubKeyId,
  type VaultStatus,
  type Verdict,
} from '@holdfast/domain';
import { binanceMarketData } from '@holdfast/exchanges/market-data';
import { engineMigrations, engineStore, openDatabase } from '@holdfast/storage';
import { act, newOwner } from '../../apps/cli/src/drill/owners.ts';
import { type BookedPlay, readPlay } from '../../apps/cli/src/parity/read-play.ts';
import { firstMandate, plenty, widestMandate } from '../../apps/cli/src/up/demo.ts';
import { createEngine, type Engine } from '../../apps/engine/src/engine.ts';
import { type EnginePorts, type VaultEvents, type VaultPort, VaultRefusal } from '../../apps/engine/src/ports.ts';
import { readQuiet } from '../../apps/exchange/src/ring.ts';
import type { TapeTerms } from '../../apps/exchange/src/tape-markets.ts';
import { parseDoor } from '../../apps/vault/src/client/decode.ts';
import { createDrillVault, type DoorKey, type DrillVault } from '../../apps/vault/src/drill/vault.ts';
import { type TapedExchange, type TapedMarket, tapedExchange } from './exchange.ts';

const account = 'paper' as AccountId;
const host = 'vault';

/** A command of the engine's door, given when all else of its time of the tape has happened. */
export interface Said {
  readonly at: number;
  readonly command: EngineCommand;
}

export interface PaperCase {
  readonly tapes: readonly TapedMarket[];
  readonly terms: TapeTerms;
  /** First moment that is not played any more, unix ms. */
  readonly to?: number;
  readonly bot: Pick<Extract<EngineCommand, { command: 'bot-create' }>, 'kind' | 'settings' | 'funds'> & {
    readonly pairs: string[];
  };
  readonly said?: readonly Said[];
  /** Where strategies of one's own run, and the text of the one that the bot is. */
  readonly own?: { readonly port: NonNullable<EnginePorts['strategies']>; readonly source: string };
}

export interface InProcessPlay extends BookedPlay {
  readonly to: number;
  readonly rules: ReadonlyMap<Pair, PairRules>;
  readonly rounds: number;
}

/** The engine does not make the bot: what it says of it. */
export class NotMade extends Error {
  readonly code: string;
  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** @throws NotMade */
export async function playInProcess(play: PaperCase): Promise<InProcessPlay> {
  const world = new World(play);
  try {
    return await world.run();
  } finally {
    await world.close();
  }
}

class World {
  readonly #play: PaperCase;
  readonly #taped: TapedExchange;
  readonly #vault: DrillVault;
  readonly #owner = newOwner(firstOwner);
  readonly #db = openDatabase(':memory:', engineMigrations);
  readonly #timers = new Set<NodeJS.Timeout>();
  #events: VaultEvents | undefined;
  #engine: Engine | undefined;
  #failed: Error | undefined;
  #made = 0;

  constructor(play: PaperCase) {
    this.#play = play;
    this.#taped = tapedExchange(play.tapes, { ...play.terms, to: play.to }, (round) => this.#tellVault(round));
    const { exchange } = this.#taped;
    this.#vault = createDrillVault({
      now: this.#taped.now,
      after: (ms, work) => void this.#after(ms, work),
      ownerKey: createPublicKey(this.#owner.privateKey),
      upstream: (_account, request) => exchange.request(request, host),
      line: (line) => this.#events?.event(parseDoor(line) as DoorEvent),
    });
    exchange.onUserEvent((event) => {
      if ('userId' in event) this.#vault.event(account, exchange.textOf(event));
    });
  }

  #after(ms: number, work: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
  }

  #tellVault({ n, at }: { readonly n: number; readonly at: number }): void {
    const { core } = this.#taped.exchange;
    const reference = core.markets().map(({ pair, tick }) => {
      const price = formatAmount((BigInt(core.last(pair)) * tick) as Amount);
      return { pair, price, sources: 3 };
    });
    this.#vault.fromEgress({ kind: 'sync', n, time: at, reference, own: [] });
  }

  async #ask(key: DoorKey, path: string, body: unknown): Promise<unknown> {
    const { status, body: answer } = await this.#vault.ask(key, path, canonicalText(body));
    if (status === 200) return parseDoor(JSON.stringify(answer));
    throw new VaultRefusal(answer.error.code, answer.error.reason);
  }

  #vaultPort(): VaultPort {
    const peer = this.#vault.peer('engine');
    return {
      subscribe: (next, events) => {
        this.#events = events;
        void this.#vault.ask(peer, `${doorPaths.events}?from=${next()}`, '', 'GET');
        queueMicrotask(() => events.state(true, null));
        return () => {
          this.#events = undefined;
        };
      },
      intent: async (id: SubKeyId, secret, intent) => {
        const answer = await this.#ask({ id, secret: Buffer.from(secret, 'hex') }, doorPaths.intent, intent);
        return (answer as { readonly verdict: Verdict }).verdict;
      },
      balances: async () =>
        ((await this.#ask(peer, doorPaths.read, { kind: 'balances', account })) as { readonly balances: never }).balances,
      status: async () => (await this.#ask(peer, doorPaths.read, { kind: 'status' })) as VaultStatus,
      grant: async (grant) => (await this.#ask(peer, doorPaths.grant, grant)) as { subKey: SubKeyId; secret: string },
      revoke: async (subKey) => void (await this.#ask(peer, doorPaths.revoke, { subKey })),
    };
  }

  async #connect(): Promise<void> {
    const { exchange, now } = this.#taped;
    this.#tellVault({ n: 0, at: now() });
    const { publicKey } = await act(this.#vault, this.#owner, {
      act: 'account-create',
      account,
      exchange: 'simulated',
      key: 'ed25519',
      at: now(),
    });
    const markets = exchange.core.markets();
    const assets = markets.flatMap(({ pair }) => [baseOf(pair), quoteOf(pair)]);
    const credit = Object.fromEntries(assets.map((asset) => [asset, plenty]));
    const { apiKey } = exchange.addKey({
      userId: exchange.command((core, at) => core.createUser(credit, at)),
      type: 'ed25519',
      secret: publicKey as string,
      permissions: ['reading', 'trading'],
      ips: [host],
    });
    const { uid } = await act(this.#vault, this.#owner, { act: 'account-connect', account, apiKey, at: now() });
    const traded = markets.map(({ pair, tick }) => ({ pair, price: (BigInt(exchange.core.last(pair)) * tick) as Amount }));
    const quote = quoteOf(traded[0]!.pair);
    const mandate = widestMandate(firstMandate(account, uid as string, quote, traded, now()));
    await act(this.#vault, this.#owner, { act: 'mandate', mandate, at: now() });
  }

  async run(): Promise<InProcessPlay> {
    const { fetch, WebSocket, ring, hold, driver } = this.#taped;
    await this.#connect();
    const market = binanceMarketData({
      restUrl: 'http://exchange',
      streamUrl: 'ws://exchange',
      simulated: true,
      fetch,
      WebSocket,
    });
    ring.setEngine(true);
    this.#engine = await createEngine({
      account,
      store: engineStore(this.#db),
      vault: this.#vaultPort(),
      market,
      ring: { acknowledge: (n, quiet) => ring.acknowledge(n, readPromise(this.#taped, quiet)) },
      timers: { now: () => performance.now(), after: (ms, work) => this.#after(ms, work) },
      ...(this.#play.own === undefined ? {} : { strategies: this.#play.own.port }),
      newBotId: () => `bot${this.#made++}` as BotId,
      notify: () => undefined,
      log: (level, text) => {
        if (level === 'error') this.#failed ??= new Error(text);
      },
      fatal: (error) => {
        this.#failed ??= error;
      },
    });
    await this.#make();
    const said = (this.#play.said ?? []).filter(({ at }) => at >= this.#taped.now());
    for (const [index, { at, command }] of said.entries()) {
      if (said[index - 1]?.at !== at) await this.#until(at);
      if (driver.ended()) break;
      await this.#engine.command(command);
    }
    await this.#until(undefined);
    const pairs = this.#taped.exchange.core.markets().map(({ pair }) => pair);
    const rules = await market.rules(pairs);
    hold.begin();
    return {
      ...readPlay(this.#db),
      to: this.#taped.now() + 1,
      rules: new Map(rules.map((each) => [each.pair, each])),
      rounds: ring.round(),
    };
  }

  async #make(): Promise<void> {
    const { own, bot } = this.#play;
    if (own !== undefined) await this.#command({ id: 'add', command: 'strategy-add', source: own.source });
    // A bot that stands still opens the streams: what the first orders do to prices is then heard in lockstep as well.
    const { pairs } = bot;
    const settings = { baseOrderSize: '100', averagingOrderSize: '100', takeProfitPercent: '1', stepPercent: '1' };
    await this.#command({ id: 'first', command: 'bot-create', name: 'first', start: false, kind: 'dca', pairs, settings });
    await this.#settled();
    await this.#command({ id: 'gone', command: 'bot-action', bot: 'bot0', action: 'delete' });
    await this.#command({ id: 'make', command: 'bot-create', name: 'parity', start: true, ...bot });
  }

  async #command(command: EngineCommand): Promise<void> {
    for (let turn = 0; ; turn++) {
      const answer = await this.#engine!.command(command);
      if (answer.ok) return;
      const { code, reason } = answer.error;
      if (turn > 200 || !['account-not-connected', 'pair-unpriced'].includes(code)) throw new NotMade(code, reason);
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  /** Lets the tape go on to a time, or to its end; resolves when all that happened until then is dealt with. */
  async #until(at: number | undefined): Promise<void> {
    const { hold, ring, driver } = this.#taped;
    hold.release(at);
    ring.join(); // what was promised quiet was promised before
    driver.wake();
    await this.#settled();
  }

  async #settled(): Promise<void> {
    const { hold, ring, driver } = this.#taped;
    const isThere = (): boolean => (hold.isHeld() || driver.ended()) && !ring.isOpen() && !ring.isAsked();
    for (let calm = 0; calm < 5; calm = isThere() ? calm + 1 : 0) {
      await new Promise((done) => setImmediate(done));
      if (this.#failed !== undefined) throw this.#failed;
    }
  }

  async close(): Promise<void> {
    this.#engine?.abandon();
    this.#vault.kill();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#taped.stop();
    this.#db.close();
  }
}

/** The promise as it crosses the wire. */
function readPromise(
  { exchange }: TapedExchange,
  { until, prices }: Parameters<NonNullable<EnginePorts['ring']>['acknowledge']>[1],
) {
  const pairs = Object.fromEntries(prices.map(({ pair, below, above }) => [pair.replace('/', ''), { below, above }]));
  return readQuiet(exchange.core, { until, pairs });
}

/** What a person types, as the engine's command. */
export function commandText(id: string, bot: string, command: BotCommand, pair?: Pair): EngineCommand {
  const of = pair === undefined ? {} : { pair };
  switch (command.name) {
    case 'start-deal':
    case 'stop':
    case 'resume':
    case 'close-now':
    case 'cancel-deal':
      return { id, command: 'bot-action', bot, action: command.name, ...of };
    case 'add-funds': {
      const price = command.limit === null ? {} : { price: formatAmount(command.limit) };
      return { id, command: 'deal-act', bot, act: { name: 'add-funds', quote: formatAmount(command.amount), ...price }, ...of };
    }
    case 'reduce-funds': {
      const price = command.limit === null ? {} : { price: formatAmount(command.limit) };
      const act = { name: 'reduce-funds', quantity: formatAmount(command.quantity), ...price } as const;
      return { id, command: 'deal-act', bot, act, ...of };
    }
    default:
      return { id, command: 'deal-act', bot, act: command as never, ...of };
  }
}
