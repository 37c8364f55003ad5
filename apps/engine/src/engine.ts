/**
 * The engine's core: crash-only. Starting and recovering are one path: load, subscribe to the vault from the next event
 * on, send again what has no verdict, arm the stored wakes.
 *   E4  One thing at a time: every event, verdict and command is handled to its end before the next begins.
 *   E5  Nothing leaves before the commit of what caused it: no intent, answer, notice or acknowledgement. Events that are there
 *       together are committed together. A failed commit ends the engine for good, as does an event that cannot be handled;
 *       what was handled before is kept.
 *   E6  The vault's events are taken in by number, each once, in the same commit as their effects.
 * Its parts, over desk.ts: prices.ts (the market), rounds.ts and quiet.ts (a lockstep clock),
 * comparison.ts, commands.ts.
 */
import type { EngineCommand, EngineStatus } from '@holdfast/contracts';
import {
  type DoorEvent,
  epochMs,
  formatAmount,
  InvariantError,
  type MarketEvent,
  type Pair,
  type PairRules,
} from '@holdfast/domain';
import { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import { Commands, type EngineResult } from './commands.ts';
import { Comparison, compareEveryMs } from './comparison.ts';
import type { Desk } from './desk.ts';
import { approved, baseline, refused, type SettledEvent, stepBot, vaultEvent } from './effects.ts';
import { Group } from './group.ts';
import { actOnTrips } from './guard-trips.ts';
import { loadMemory, type Memory, writeRules } from './memory.ts';
import type { EnginePorts } from './ports.ts';
import { Prices, putCandle } from './prices.ts';
import { Quiet } from './quiet.ts';
import { Ring } from './round.ts';
import { Rounds } from './rounds.ts';
import { type Answer, Sender } from './sender.ts';
import { textOf } from './text-of.ts';

export type { EngineResult };

export interface Engine {
  /** Answers after the commit; a repeated id gets the first answer again. */
  command(command: EngineCommand): Promise<EngineResult>;
  status(): EngineStatus;
  /** Writes what is only in memory and lets go; nothing else happens after it. */
  stop(): Promise<void>;
  /** Stops at once and writes nothing, as a kill would. */
  abandon(): void;
}

const candlesAtStart = 1000;
const connectRetryMs = 250;
/** Wall clock between two looks at the time on an exchange that tells none by itself. */
const beatMs = 1_000;

/** However many ticks are there that change nothing, what an earlier one of so many has changed is written. */
const unwrittenMost = 256;

interface Work {
  readonly run: () => Promise<void> | void;
  readonly joins: boolean;
}

export async function createEngine(ports: EnginePorts): Promise<Engine> {
  const memory = await loadMemory(ports.account, ports.store, ports.strategies);
  if (memory.engine.account !== ports.account) {
    const found = `the database belongs to account ${memory.engine.account}`;
    throw new CommandError('engine-other-account', `${found}, not to ${ports.account}; give --account ${memory.engine.account}`);
  }
  const engine = new Core(ports, memory);
  await engine.start();
  return engine;
}

class Core implements Engine {
  readonly #ports: EnginePorts;
  readonly #memory: Memory;
  readonly #ring = new Ring();
  readonly #sender: Sender;
  readonly #prices: Prices;
  readonly #quiet: Quiet;
  readonly #comparison: Comparison;
  readonly #commands: Commands;
  readonly #rounds: Rounds;
  readonly #inbox: Work[] = [];
  /** What is handled and not written yet, and the bots that may be asked on once it is. */
  readonly #group = new Group();
  #freed: string[] = [];
  #sinceWrite = 0;
  #working = false;
  #dead = false;
  #stopVault: () => void = () => {};
  #stopMarket: () => void = () => {};
  #subscribed: readonly Pair[] = [];
  #vault = { connected: false, reason: 'not reached yet' as string | null };
  #exchange = { connected: false, reason: 'not reached yet' as string | null };
  #connecting = false;
  /** The exchange's clock minus ours, in ms. */
  #clockOffset: number | undefined;

  constructor(ports: EnginePorts, memory: Memory) {
    this.#ports = ports;
    this.#memory = memory;
    const desk: Desk = {
      memory,
      ports,
      batch: () => this.#batch(),
      stage: (batch) => this.#stage(batch),
      write: () => this.#write(),
      later: (ms, run) => this.#later(ms, run),
      isBusy: () => this.#inbox.length > 0 || this.#dead,
    };
    this.#sender = new Sender(memory, ports.vault, ports.timers, (answer) => this.#arrived(() => this.#onAnswer(answer)));
    this.#prices = new Prices(desk);
    this.#comparison = new Comparison(desk);
    this.#quiet = new Quiet(desk, {
      prices: this.#prices,
      isSending: () => this.#sender.isBusy,
      isWritten: () => this.#group.isEmpty,
      subscribed: () => this.#subscribed,
    });
    this.#commands = new Commands(desk, {
      comparison: this.#comparison,
      status: () => this.status(),
      learn: (of) => this.#learn(of),
      flush: () => this.#prices.flush(),
      moved: () => this.#moved(),
    });
    this.#rounds = new Rounds(desk, {
      ring: this.#ring,
      sender: this.#sender,
      prices: this.#prices,
      quiet: this.#quiet,
      comparison: this.#comparison,
      takeIn: (event) => this.#takeIn(event),
      isCompareDue: () => this.#isCompareDue(),
      hasVault: () => this.#vault.connected,
    });
  }

  async start(): Promise<void> {
    const { engine } = this.#memory;
    engine.epoch += 1;
    const batch = new Batch(engine.time ?? 0);
    batch.put('engine', engine);
    batch.journal('start', { epoch: engine.epoch });
    this.#stage(batch);
    await this.#write();
    this.#stopVault = this.#ports.vault.subscribe(() => engine.vault_seq + 1, {
      event: (event) => this.#arrived(() => this.#onVault(event)),
      state: (connected, reason) => this.#enqueue(() => this.#onVaultState(connected, reason)),
    });
    this.#enqueue(() => this.#prepare());
    this.#later(compareEveryMs / 2, () => this.#lookForQuiet());
    if (this.#ports.ring === null) this.#later(beatMs, () => this.#beat());
  }

  command(command: EngineCommand): Promise<EngineResult> {
    return new Promise((resolve) => {
      this.#enqueue(async () => resolve(await this.#commands.answer(command)));
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => {
      this.#enqueue(async () => {
        this.#prices.flush();
        await this.#write();
        done();
      });
      if (this.#dead) done();
    });
    this.abandon();
  }

  abandon(): void {
    this.#dead = true;
    this.#sender.stop();
    this.#stopVault();
    this.#stopMarket();
    this.#inbox.length = 0;
  }

  // One thing at a time

  /** What waits for others, or is answered: it is written by itself. */
  #enqueue(run: Work['run']): void {
    this.#push({ run, joins: false });
  }

  /** An event or verdict: it is written together with others that are there. */
  #arrived(run: Work['run']): void {
    this.#push({ run, joins: true });
  }

  #push(work: Work): void {
    if (this.#dead) return;
    this.#inbox.push(work);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let work = this.#inbox.shift(); work !== undefined && !this.#dead; work = this.#inbox.shift()) {
        if (!work.joins) await this.#write();
        await work.run();
        this.#sinceWrite += 1;
        if (!work.joins || this.#group.isFull || this.#sinceWrite >= unwrittenMost) await this.#write();
        if (this.#inbox.length === 0 && !this.#dead) await this.#pause();
      }
    } catch (error) {
      await this.#end(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#working = false;
    }
  }

  /** Nothing is left to handle. In lockstep all of a round is there already; else what came meanwhile is of the same transaction. */
  async #pause(): Promise<void> {
    if (!this.#group.isEmpty && !this.#ring.isLockstep) await this.#ports.timers.turn?.();
    if (this.#inbox.length > 0) return;
    await this.#write();
    if (this.#inbox.length === 0 && !this.#dead) await this.#rounds.turn();
  }

  /** Stops for good. What was handled before the event at fault is kept; nothing of it leaves before the next start. */
  async #end(error: Error): Promise<void> {
    const isKilled = this.#dead;
    this.abandon();
    if (isKilled) return;
    await this.#group.write(this.#ports.store).catch(() => []); // the disk itself may be at fault
    this.#ports.fatal(error);
  }

  /** What an event did is complete. It is written with the next transaction. */
  #stage(batch: Batch): void {
    actOnTrips(this.#memory, batch);
    this.#memory.strategies.sayFailures(batch);
    if (batch.isEmpty) return;
    this.#group.add(batch);
  }

  /** Makes durable what is staged, then lets out what waited for it. */
  async #write(): Promise<void> {
    if (this.#dead) return;
    const freed = this.#freed;
    this.#freed = [];
    this.#sinceWrite = 0;
    if (!this.#group.isEmpty) {
      const changed = await this.#group.write(this.#ports.store);
      if (this.#dead) return;
      if (changed.length > 0) this.#ports.notify({ changed: [...changed] });
    }
    for (const bot of freed) this.#sender.free(bot);
    this.#sender.written(this.#memory.nextOutbox - 1);
  }

  #batch(): Batch {
    return new Batch(this.#memory.engine.time ?? 0);
  }

  // Connecting

  /** Rules, candles and prices of the pairs that bots trade, then the stream. Tried again until it works. */
  async #prepare(): Promise<void> {
    const wanted = this.#memory.pairs();
    try {
      const serverTime = await this.#ports.market.serverTime();
      this.#memory.heard(serverTime);
      this.#clockOffset = serverTime - this.#ports.timers.now();
      for (const of of wanted) await this.#learn(of);
      this.#exchange = { connected: true, reason: null };
    } catch (error) {
      this.#exchange = { connected: false, reason: textOf(error) };
      this.#later(connectRetryMs, () => this.#prepare());
      return;
    }
    if (wanted.every((of) => this.#subscribed.includes(of)) && this.#subscribed.length > 0) return;
    await this.#subscribe(wanted);
  }

  async #subscribe(wanted: readonly Pair[]): Promise<void> {
    this.#stopMarket();
    await this.#leaveRing();
    this.#subscribed = wanted;
    let current = true;
    const stop = this.#ports.market.subscribe(wanted, (event) => {
      if (current) this.#arrived(() => this.#onMarket(event));
    });
    this.#stopMarket = () => {
      current = false;
      stop();
    };
  }

  #later(ms: number, work: Work['run']): void {
    this.#ports.timers.after(ms, () => this.#enqueue(work));
  }

  /** Learns a pair's rules, its candles and its prices. @throws when the exchange does not answer */
  async #learn(of: Pair): Promise<void> {
    const [rules] = await this.#ports.market.rules([of]);
    if (rules === undefined) throw new CommandError('pair-unknown', `The exchange does not list ${of}`);
    const candles = await this.#ports.market.candles(of, '1m', candlesAtStart);
    const batch = this.#batch();
    this.#setRules(batch, rules);
    const newest = (await this.#ports.store.newestCandle(of)) ?? 0;
    for (const candle of candles) if (candle.openTime > newest) putCandle(batch, of, candle, true);
    for (const candle of candles) this.#memory.guards.minute(of, candle);
    for (const event of await this.#ports.market.prices([of])) this.#prices.know(event);
    this.#stage(batch);
    await this.#write();
  }

  #setRules(batch: Batch, rules: PairRules): void {
    const before = this.#memory.rules.get(rules.pair);
    const written = writeRules(rules);
    const row = {
      pair: rules.pair,
      tick: formatAmount(rules.tick),
      lot: formatAmount(rules.lot),
      min_notional: formatAmount(rules.minNotional),
      rules: written,
      halted: this.#memory.pairRows.get(rules.pair)?.halted ?? 0,
    };
    this.#memory.rules.set(rules.pair, rules);
    this.#memory.pairRows.set(rules.pair, row);
    batch.put('pairs', row);
    if (before === undefined || writeRules(before) === written) return;
    for (const bot of this.#memory.bots.values())
      if (bot.pairs.includes(rules.pair))
        stepBot(this.#memory, batch, bot.runtime.id, { kind: 'filters-changed', at: epochMs(batch.at), rules });
  }

  /** The balances present at connect, as soon as the account is there. */
  async #connect(): Promise<void> {
    if (this.#memory.engine.baseline !== 0 || this.#connecting || !this.#vault.connected) return;
    this.#connecting = true;
    try {
      const { accounts } = await this.#ports.vault.status();
      if (accounts.find((each) => each.account === this.#memory.account)?.connected !== true) {
        throw new CommandError('account-not-connected', `account ${this.#memory.account} is not connected to its exchange yet`);
      }
      const held = await this.#ports.vault.balances(this.#memory.account);
      const batch = this.#batch();
      baseline(
        this.#memory,
        batch,
        held.filter(({ total }) => total > 0n),
      );
      this.#stage(batch);
      this.#vault = { connected: true, reason: null };
      this.#saveStates();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#vault = { connected: true, reason: textOf(error) };
      this.#later(connectRetryMs, () => this.#connect());
    } finally {
      this.#connecting = false;
    }
  }

  // Events

  async #onVaultState(connected: boolean, reason: string | null): Promise<void> {
    const changed = this.#vault.connected !== connected;
    this.#vault = { connected, reason };
    if (changed) this.#saveStates();
    if (connected) await this.#connect();
  }

  #saveStates(): void {
    const { engine } = this.#memory;
    engine.vault_state = JSON.stringify(this.#vault);
    engine.exchange_state = JSON.stringify(this.#exchange);
    const batch = this.#batch();
    batch.put('engine', engine);
    this.#stage(batch);
  }

  async #onVault(event: DoorEvent): Promise<void> {
    if (event.kind === 'sync') {
      this.#ring.vaultSync(event);
      return;
    }
    const at = event.kind === 'order' ? event.event.at : event.at;
    if (!this.#ring.keepVault(event, at > (this.#memory.engine.time ?? 0))) await this.#takeIn(event);
  }

  async #takeIn(event: SettledEvent): Promise<void> {
    const { engine } = this.#memory;
    if (event.seq <= engine.vault_seq) return;
    if (event.seq !== engine.vault_seq + 1) throw new InvariantError(`E6: event ${event.seq} follows ${engine.vault_seq}`);
    if (event.account !== this.#memory.account) {
      engine.vault_seq = event.seq; // another account's: another engine's
      return;
    }
    const known = await this.#known(event);
    this.#memory.heard(event.kind === 'order' ? event.event.at : event.at);
    const batch = this.#batch();
    vaultEvent(this.#memory, batch, event, known);
    this.#stage(batch);
  }

  async #known(event: SettledEvent): Promise<{ readonly order: boolean; readonly fill: boolean }> {
    if (event.kind !== 'order') return { order: false, fill: false };
    const { event: said } = event;
    const { store } = this.#ports;
    const id = said.clientOrderId;
    const isKept = this.#memory.orders.has(id) || this.#group.has('orders', { client_order_id: id });
    const order = isKept || (await store.order(id)) !== undefined;
    if (said.kind !== 'order-filled') return { order, fill: false };
    const isStaged = this.#group.has('fills', { pair: said.pair, trade_id: said.tradeId, client_order_id: id });
    return { order, fill: isStaged || (await store.hasFill(said.pair, said.tradeId, id)) };
  }

  async #onMarket(event: MarketEvent): Promise<void> {
    if (event.kind === 'sync') {
      this.#sender.inOrder();
      this.#ring.marketSync(event);
    } else if (event.kind === 'connected' || event.kind === 'disconnected') await this.#onMarketState(event.kind);
    else if (!this.#ring.keepMarket(event, this.#quiet.isBrokenBy(event))) await this.#prices.said(event);
    else for (const early of this.#ring.surplus()) await this.#prices.said(early);
  }

  async #onMarketState(kind: 'connected' | 'disconnected'): Promise<void> {
    const connected = kind === 'connected';
    this.#exchange = { connected, reason: connected ? null : 'the market stream is lost; connecting again' };
    if (connected) await this.#catchUp();
    else await this.#leaveRing();
    this.#saveStates();
  }

  /** Candles that were missed while the stream was away. */
  async #catchUp(): Promise<void> {
    await this.#write();
    try {
      for (const of of this.#subscribed) await this.#learn(of);
    } catch (error) {
      this.#ports.log('warning', `candles cannot be read: ${textOf(error)}`);
    }
  }

  async #leaveRing(): Promise<void> {
    const kept = this.#ring.leave();
    for (const event of kept.vault) await this.#takeIn(event);
    for (const event of kept.market) await this.#prices.said(event);
  }

  /** On a real exchange: wakes of time are due when nothing trades, too. Says nothing while the exchange is away. */
  #beat(): void {
    this.#later(beatMs, () => this.#beat());
    if (!this.#exchange.connected || this.#clockOffset === undefined) return;
    this.#memory.heard(epochMs(Math.floor(this.#ports.timers.now() + this.#clockOffset)));
    this.#prices.timePassed();
  }

  #onAnswer({ seq, bot, intent, verdict }: Answer): void {
    const entry = this.#memory.outbox.get(seq);
    const batch = this.#batch();
    if (entry?.state === 'planned') {
      if (verdict.kind === 'approved') approved(this.#memory, batch, entry);
      else refused(this.#memory, batch, entry, intent, verdict.code, verdict.reason);
    }
    this.#stage(batch);
    this.#freed.push(bot);
  }

  // Ledger against exchange

  #isCompareDue(): boolean {
    return this.#comparison.isDue && this.#vault.connected;
  }

  /** Where no round ends, as on a real exchange or after the end of a tape, a comparison is made between events. */
  async #lookForQuiet(): Promise<void> {
    const isQuiet = this.#ring.open === undefined && this.#memory.outbox.size === 0;
    if (isQuiet && this.#isCompareDue()) await this.#comparison.compare(false);
    this.#later(compareEveryMs / 2, () => this.#lookForQuiet());
  }

  // Commands

  status(): EngineStatus {
    const { engine, bots, deals, closedDeals, outbox, account } = this.#memory;
    const running = [...bots.values()].filter((bot) => bot.row.status === 'running').length;
    return {
      pid: 0,
      rssBytes: 0,
      account,
      time: engine.time,
      vault: { connected: this.#vault.connected, reason: this.#sender.reason ?? this.#vault.reason },
      exchange: this.#exchange,
      bots: { total: bots.size, running, waiting: this.#sender.reason === null && this.#vault.connected ? 0 : running },
      deals: { open: deals.size, closed: [...closedDeals.values()].reduce((sum, count) => sum + count, 0) },
      outbox: outbox.size,
      ledgerMatchesExchange: this.#comparison.match,
    };
  }

  /** A command may need a new pair's stream, and may have moved the bounds within which time may run on. */
  async #moved(): Promise<void> {
    const wanted = this.#memory.pairs();
    if (wanted.some((of) => !this.#subscribed.includes(of))) await this.#subscribe(wanted);
    else if (this.#ring.acknowledged !== undefined) this.#quiet.acknowledge(this.#ring.acknowledged);
  }
}
