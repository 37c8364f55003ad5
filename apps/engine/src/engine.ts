/**
 * The engine's core: crash-only. Starting and recovering are one path: load, subscribe to the vault from the next event
 * on, send again what has no verdict, arm the stored wakes.
 *   E4  One thing at a time: every event, verdict and command is handled to its commit before the next begins.
 *   E5  Nothing leaves before the commit of what caused it; a failed commit ends the engine for good.
 *   E6  The vault's events are taken in by number, each once, in the same commit as their effects.
 *   E7  A time that goes back, as after the exchange was killed, is heard and not acted on twice.
 */
import type { Quotes, RulesByPair } from '@holdfast/bots';
import type { EngineCommand, EngineGridSuggestion, EngineStatus, LedgerMatch } from '@holdfast/contracts';
import {
  type Amount,
  type Asset,
  amount,
  type BotCommand,
  type DoorEvent,
  type EpochMs,
  epochMs,
  formatAmount,
  InvariantError,
  type MarketEvent,
  type Pair,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  type SubKeyId,
  toTicks,
} from '@holdfast/domain';
import { framesEndingAt } from '@holdfast/indicators';
import type { Due } from '@holdfast/runtime';
import { readAct } from './acts.ts';
import { Batch } from './batch.ts';
import { botOf, deleteBot, describeBot, editable, giveCommand } from './bot-commands.ts';
import { checkBot, suggestedGrid, tapeInterval } from './check.ts';
import { CommandError } from './command-error.ts';
import { barOf, readHistory } from './condition-history.ts';
import { approved, baseline, refused, type SettledEvent, sampleEquity, stepBot, vaultEvent } from './effects.ts';
import { actOnResume, actOnTrips } from './guard-trips.ts';
import { type Bot, loadMemory, type Memory, writeRules } from './memory.ts';
import { createBot, type Founding, readPair } from './new-bot.ts';
import { type EnginePorts, type QuietPromise, VaultRefusal } from './ports.ts';
import { lateWordMs, Ring } from './round.ts';
import { type Answer, Sender } from './sender.ts';
import { hearSignal } from './signals.ts';

type Command<Name extends EngineCommand['command']> = Extract<EngineCommand, { command: Name }>;
export type EngineResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly reason: string } };

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
const minuteMs = 60_000;
const dayMs = 86_400_000;
const flushMs = 1_000;
const connectRetryMs = 250;
/** How long a round waits for the exchange's first word on an approved order before it says so and goes on. */
const settleWaitMs = 5_000;
/** Wall clock between two looks at the time on an exchange that tells none by itself. */
const beatMs = 1_000;
/** Wall clock between two comparisons with the exchange. */
const compareEveryMs = 5_000;

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
  readonly #founding: Founding;
  readonly #inbox: (() => Promise<void>)[] = [];
  #working = false;
  #dead = false;
  #stopVault: () => void = () => {};
  #stopMarket: () => void = () => {};
  #subscribed: readonly Pair[] = [];
  #vault = { connected: false, reason: 'not reached yet' as string | null };
  #exchange = { connected: false, reason: 'not reached yet' as string | null };
  #match: LedgerMatch;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #doubted = '';
  #settleBy: number | undefined;
  /** The close of each pair's newest closed minute: what the account was worth then is counted with it. */
  readonly #closes = new Map<Pair, { readonly at: number; readonly price: Amount }>();
  /** The quiet promised last, and as text. */
  #quiet: QuietPromise | undefined;
  #promised: string | undefined;
  #outboxAtClose = 0;
  #connecting = false;
  #flushSoon = false;
  /** The exchange's clock minus ours, in ms. */
  #clockOffset: number | undefined;
  readonly #dirtyPrices = new Set<Pair>();
  readonly #lastTrade = new Map<Pair, EpochMs>();
  readonly #knownQuotes = new Map<Pair, { last?: Amount; bid?: Amount; ask?: Amount }>();
  #unsaved = new Batch(0);

  constructor(ports: EnginePorts, memory: Memory) {
    this.#ports = ports;
    this.#memory = memory;
    this.#match = readMatch(memory.engine.ledger_match);
    this.#founding = {
      memory,
      vault: ports.vault,
      newBotId: () => ports.newBotId(),
      market: (pairs) => this.#market(pairs),
    };
    this.#sender = new Sender(memory, ports.vault, ports.timers, (answer) => this.#enqueue(() => this.#onAnswer(answer)));
  }

  async start(): Promise<void> {
    const { engine } = this.#memory;
    engine.epoch += 1;
    const batch = new Batch(engine.time ?? 0);
    batch.put('engine', engine);
    batch.journal('start', { epoch: engine.epoch });
    await this.#commit(batch);
    this.#stopVault = this.#ports.vault.subscribe(() => engine.vault_seq + 1, {
      event: (event) => this.#enqueue(() => this.#onVault(event)),
      state: (connected, reason) => this.#enqueue(() => this.#onVaultState(connected, reason)),
    });
    this.#enqueue(() => this.#prepare());
    this.#later(compareEveryMs / 2, () => this.#lookForQuiet());
    if (this.#ports.ring === null) this.#later(beatMs, () => this.#beat());
    this.#sender.pump();
  }

  command(command: EngineCommand): Promise<EngineResult> {
    return new Promise((resolve) => {
      this.#enqueue(async () => resolve(await this.#answer(command)));
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => {
      this.#enqueue(async () => {
        await this.#flush();
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

  #enqueue(work: () => Promise<void>): void {
    if (this.#dead) return;
    this.#inbox.push(work);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let work = this.#inbox.shift(); work !== undefined && !this.#dead; work = this.#inbox.shift()) {
        await work();
        if (this.#inbox.length === 0 && !this.#dead) await this.#turn();
      }
    } catch (error) {
      this.abandon();
      this.#ports.fatal(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#working = false;
    }
  }

  async #commit(batch: Batch): Promise<void> {
    actOnTrips(this.#memory, batch);
    this.#memory.strategies.sayFailures(batch);
    if (batch.isEmpty) return;
    // Readers follow the curve by its newest time, so no sample may come after a later one.
    if (batch.topics.includes('equity')) batch.takeOver(this.#unsaved, 'equity');
    await this.#ports.store.commit(batch.changes);
    if (this.#dead) return;
    if (batch.topics.length > 0) this.#ports.notify({ changed: [...batch.topics] });
    this.#sender.pump();
  }

  #batch(): Batch {
    return new Batch(this.#memory.engine.time ?? 0);
  }

  #heard(at: EpochMs): void {
    this.#memory.engine.time = Math.max(this.#memory.engine.time ?? 0, at);
  }

  // Connecting

  /** Rules, candles and prices of the pairs that bots trade, then the stream. Tried again until it works. */
  async #prepare(): Promise<void> {
    const wanted = this.#memory.pairs();
    try {
      const serverTime = await this.#ports.market.serverTime();
      this.#heard(serverTime);
      this.#clockOffset = serverTime - this.#ports.timers.now();
      for (const of of wanted) await this.#learn(of);
      this.#exchange = { connected: true, reason: null };
    } catch (error) {
      this.#exchange = { connected: false, reason: text(error) };
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
      if (current) this.#enqueue(() => this.#onMarket(event));
    });
    this.#stopMarket = () => {
      current = false;
      stop();
    };
  }

  #later(ms: number, work: () => Promise<void>): void {
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
    for (const event of await this.#ports.market.prices([of])) this.#know(event);
    await this.#commit(batch);
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
      await this.#commit(batch);
      this.#vault = { connected: true, reason: null };
      await this.#saveStates();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#vault = { connected: true, reason: text(error) };
      this.#later(connectRetryMs, () => this.#connect());
    } finally {
      this.#connecting = false;
    }
  }

  // Events

  async #onVaultState(connected: boolean, reason: string | null): Promise<void> {
    const changed = this.#vault.connected !== connected;
    this.#vault = { connected, reason };
    if (changed) await this.#saveStates();
    if (connected) {
      await this.#connect();
      this.#sender.pump();
    }
  }

  async #saveStates(): Promise<void> {
    const { engine } = this.#memory;
    engine.vault_state = JSON.stringify(this.#vault);
    engine.exchange_state = JSON.stringify(this.#exchange);
    const batch = this.#batch();
    batch.put('engine', engine);
    await this.#commit(batch);
  }

  async #onVault(event: DoorEvent): Promise<void> {
    if (event.kind === 'sync') {
      this.#ring.vaultSync(event);
      return;
    }
    if (!this.#ring.keepVault(event)) await this.#takeIn(event);
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
    this.#heard(event.kind === 'order' ? event.event.at : event.at);
    const batch = this.#batch();
    vaultEvent(this.#memory, batch, event, known);
    if (event.kind === 'order' && event.event.kind === 'order-filled') sampleEquity(this.#memory, batch);
    await this.#commit(batch);
  }

  async #known(event: SettledEvent): Promise<{ readonly order: boolean; readonly fill: boolean }> {
    if (event.kind !== 'order') return { order: false, fill: false };
    const { event: said } = event;
    const { store } = this.#ports;
    const order = this.#memory.orders.has(said.clientOrderId) || (await store.order(said.clientOrderId)) !== undefined;
    const fill = said.kind === 'order-filled' && (await store.hasFill(said.pair, said.tradeId, said.clientOrderId));
    return { order, fill };
  }

  async #onMarket(event: MarketEvent): Promise<void> {
    if (event.kind === 'sync') {
      this.#sender.inOrder();
      this.#ring.marketSync(event);
    } else if (event.kind === 'connected' || event.kind === 'disconnected') await this.#onMarketState(event.kind);
    else if (!this.#ring.keepMarket(event, this.#breaksQuiet(event))) await this.#onSaid(event);
    else for (const early of this.#ring.surplus()) await this.#onSaid(early);
  }

  async #onMarketState(kind: 'connected' | 'disconnected'): Promise<void> {
    const connected = kind === 'connected';
    this.#exchange = { connected, reason: connected ? null : 'the market stream is lost; connecting again' };
    if (connected) await this.#catchUp();
    else await this.#leaveRing();
    await this.#saveStates();
  }

  /** Candles that were missed while the stream was away. */
  async #catchUp(): Promise<void> {
    try {
      for (const of of this.#subscribed) await this.#learn(of);
    } catch (error) {
      this.#ports.log('warning', `candles cannot be read: ${text(error)}`);
    }
  }

  async #leaveRing(): Promise<void> {
    const kept = this.#ring.leave();
    for (const event of kept.vault) await this.#takeIn(event);
    for (const event of kept.market) await this.#onSaid(event);
  }

  async #onSaid(event: Exclude<MarketEvent, { kind: 'sync' }>): Promise<void> {
    switch (event.kind) {
      case 'trade': {
        if (event.at < (this.#lastTrade.get(event.pair) ?? 0)) return; // E7
        this.#lastTrade.set(event.pair, event.at);
        this.#heard(event.at);
        await this.#priced(event.pair, { last: event.price });
        return this.#onTime();
      }
      case 'best':
        return this.#priced(event.pair, { bid: event.bid, ask: event.ask });
      case 'candle':
        return this.#onCandle(event);
      case 'pair-status':
        return this.#onHalt(event.pair, event.halted);
      default:
        return;
    }
  }

  async #priced(of: Pair, change: { readonly last?: Amount; readonly bid?: Amount; readonly ask?: Amount }): Promise<void> {
    const quote = this.#quoteWith(of, change);
    if (quote === undefined) return;
    const rules = this.#memory.rules.get(of);
    const due = this.#memory.runtime.onQuote(quote);
    this.#memory.guards.priced(quote);
    if (this.#memory.guards.hasTripped) await this.#commit(this.#batch());
    this.#dirtyPrices.add(of);
    this.#flushLater();
    const say = (price: Quote['last']): string => formatAmount(rules === undefined ? 0n : priceAmount(price, rules));
    const at = this.#memory.engine.time ?? 0;
    this.#ports.notify({ changed: [], tick: { pair: of, last: say(quote.last), bid: say(quote.bid), ask: say(quote.ask), at } });
    await this.#wake(due);
  }

  #quoteWith(of: Pair, change: { readonly last?: Amount; readonly bid?: Amount; readonly ask?: Amount }): Quote | undefined {
    const rules = this.#memory.rules.get(of);
    if (rules === undefined) return undefined;
    const known = { ...this.#knownQuotes.get(of), ...change };
    // Best prices that have left the last trade behind say more than it: the stream may have left trades out.
    if (change.last === undefined && known.last !== undefined) known.last = inside(known.last, known.bid, known.ask);
    this.#knownQuotes.set(of, known);
    const last = known.last ?? known.bid ?? known.ask;
    if (last === undefined) return undefined;
    const at = (price: Amount | undefined, rounding: 'up' | 'down') =>
      price === undefined || price <= 0n ? toTicks(last, rules, rounding) : toTicks(price, rules, rounding);
    return { pair: of, last: toTicks(last, rules, 'down'), bid: at(known.bid, 'down'), ask: at(known.ask, 'up') };
  }

  /** Makes a price known without waking anybody. */
  #know(event: MarketEvent): void {
    if (event.kind !== 'trade' && event.kind !== 'best') return;
    const change = event.kind === 'trade' ? { last: event.price } : { bid: event.bid, ask: event.ask };
    const quote = this.#quoteWith(event.pair, change);
    if (quote !== undefined) this.#memory.runtime.know(quote);
  }

  /** On a real exchange: wakes of time are due when nothing trades, too. Says nothing while the exchange is away. */
  async #beat(): Promise<void> {
    this.#later(beatMs, () => this.#beat());
    if (!this.#exchange.connected || this.#clockOffset === undefined) return;
    this.#heard(epochMs(Math.floor(this.#ports.timers.now() + this.#clockOffset)));
    await this.#onTime();
  }

  async #onTime(): Promise<void> {
    const { time } = this.#memory.engine;
    if (time !== null) await this.#wake(this.#memory.runtime.onTime(epochMs(time)));
  }

  async #wake(dues: readonly Due[]): Promise<void> {
    for (const due of dues) {
      if (!this.#memory.runtime.stillDue(due)) continue;
      const batch = this.#batch();
      stepBot(this.#memory, batch, due.bot, { kind: 'woken', at: epochMs(batch.at), wake: due.wake });
      await this.#commit(batch);
    }
  }

  async #onCandle(event: Extract<MarketEvent, { kind: 'candle' }>): Promise<void> {
    const { pair: of, candle, closed } = event;
    if (event.interval !== '1m') return;
    putCandle(this.#unsaved, of, candle, closed);
    this.#flushLater();
    const [open, high, low, close, volume] = [candle.open, candle.high, candle.low, candle.close, candle.volume].map(
      formatAmount,
    );
    this.#ports.notify({
      changed: closed ? ['candles'] : [],
      candle: {
        pair: of,
        openTime: candle.openTime,
        open: open ?? '',
        high: high ?? '',
        low: low ?? '',
        close: close ?? '',
        volume: volume ?? '',
        closed,
      },
    });
    if (!closed) return;
    this.#heard(epochMs(candle.openTime + minuteMs));
    const sample = new Batch(candle.openTime + minuteMs);
    this.#closes.set(of, { at: sample.at, price: candle.close });
    sampleEquity(this.#memory, sample, this.#closes);
    for (const change of sample.changes) if (change.table === 'equity') this.#unsaved.put('equity', change.row);
    this.#memory.guards.minute(of, candle);
    if (this.#memory.guards.hasTripped) await this.#commit(this.#batch());
    const { runtime } = this.#memory;
    for (const frame of framesEndingAt(candle.openTime + minuteMs)) await this.#wake(runtime.onCandleClose(of, frame));
    await this.#warmConditions();
    for (const held of runtime.onMinute(of, barOf(candle))) await this.#wake(runtime.onCondition(of, held));
    await this.#onTime();
  }

  /** Conditions that bots began to wait for get the candles that they look back on; tried again a minute later. */
  async #warmConditions(): Promise<void> {
    const { runtime } = this.#memory;
    for (const unwarmed of runtime.unwarmed()) {
      try {
        const { frames, minutes } = await readHistory(this.#ports.market, unwarmed);
        runtime.warm(unwarmed, frames, minutes);
      } catch (error) {
        this.#ports.log('warning', `candles for a condition on ${unwarmed.pair} cannot be read: ${text(error)}`);
        return;
      }
    }
  }

  async #onHalt(of: Pair, halted: boolean): Promise<void> {
    const row = this.#memory.pairRows.get(of);
    if (row === undefined || (row.halted === 1) === halted) return;
    row.halted = halted ? 1 : 0;
    const batch = this.#batch();
    batch.put('pairs', row);
    const closes = !halted && this.#memory.guards.haltCloses ? '; what is open on it is closed' : '';
    batch.say('warning', null, `${of} is ${halted ? 'halted' : `trading again${closes}`}`);
    for (const bot of this.#memory.bots.values())
      if (bot.pairs.includes(of))
        stepBot(this.#memory, batch, bot.runtime.id, { kind: 'pair-halted', at: epochMs(batch.at), pair: of, halted });
    if (!halted) actOnResume(this.#memory, batch, of);
    await this.#commit(batch);
  }

  async #onAnswer({ seq, bot, intent, verdict }: Answer): Promise<void> {
    const entry = this.#memory.outbox.get(seq);
    const batch = this.#batch();
    if (entry?.state === 'planned') {
      if (verdict.kind === 'approved') approved(this.#memory, batch, entry);
      else refused(this.#memory, batch, entry, intent, verdict.code, verdict.reason);
    }
    await this.#commit(batch);
    this.#sender.free(bot);
    this.#sender.pump();
  }

  // Writing what can be read again: prices, candles, samples of equity

  #flushLater(): void {
    if (this.#flushSoon) return;
    this.#flushSoon = true;
    this.#later(flushMs, () => this.#flush());
  }

  async #flush(): Promise<void> {
    this.#flushSoon = false;
    const { engine, runtime, rules } = this.#memory;
    const batch = this.#unsaved;
    this.#unsaved = new Batch(0);
    for (const of of this.#dirtyPrices) {
      const quote = runtime.quote(of);
      const known = rules.get(of);
      if (quote === undefined || known === undefined) continue;
      const [last, bid, ask] = [quote.last, quote.bid, quote.ask].map((price) => formatAmount(priceAmount(price, known)));
      batch.put('prices', { pair: of, last: last ?? '', bid: bid ?? '', ask: ask ?? '', at: engine.time ?? 0 });
    }
    this.#dirtyPrices.clear();
    for (const { row, runtime: bot } of this.#memory.bots.values()) {
      if (!row.wakes.includes('"retrace"')) continue;
      row.wakes = JSON.stringify(runtime.wakesOf(bot.id));
      batch.put('bots', row);
    }
    batch.put('engine', engine);
    await this.#commit(batch);
  }

  // Rounds

  /** Called when nothing is left to handle: opens the next round of the exchange's clock, or ends the open one. */
  async #turn(): Promise<void> {
    if (this.#ring.open !== undefined) {
      await this.#endRound();
      return;
    }
    const next = this.#ring.next(this.#memory.bots.size > 0, this.#ports.timers.now());
    if (next.kind === 'wait') this.#later(lateWordMs, async () => {});
    if (next.kind === 'again') this.#acknowledge(next.round.n);
    else if (next.kind !== 'new') this.#promiseAgain();
    if (next.kind !== 'new') return;
    this.#settleBy = undefined;
    await this.#handleRound(next.round.at);
    if (this.#inbox.length === 0) await this.#endRound();
  }

  /** Prices first, so that a fill is seen with the prices of its time; then fills; then what the prices wake. */
  async #handleRound(at: EpochMs): Promise<void> {
    const { market, vault } = this.#ring.drain();
    // Candles that closed in a stretch without rounds come first: they are older than this round's time, prices and fills.
    const passed = market.findIndex((event) => event.kind !== 'candle');
    const older = passed === -1 ? market : market.slice(0, passed);
    const said = market.slice(older.length);
    for (const event of older) await this.#onSaid(event);
    this.#heard(at);
    for (const event of said) this.#know(event);
    for (const event of vault) await this.#takeIn(event);
    for (const [index, event] of said.entries()) {
      if (event.kind !== 'trade') {
        await this.#onSaid(event);
        continue;
      }
      // A trade and the best prices that follow it are one picture.
      const after = said[index + 1];
      const best = after?.kind === 'best' && after.pair === event.pair ? { bid: after.bid, ask: after.ask } : {};
      if (event.at < (this.#lastTrade.get(event.pair) ?? 0)) continue; // E7
      this.#lastTrade.set(event.pair, event.at);
      await this.#priced(event.pair, { last: event.price, ...best });
    }
    await this.#onTime();
  }

  async #endRound(): Promise<void> {
    const round = this.#ring.open;
    if (round === undefined || this.#inbox.length > 0 || this.#dead) return;
    if (!this.#isSettled()) return;
    // After a round in which nothing was sent, every fill has been said: the books must agree to the last digit.
    if (this.#isCompareDue() && this.#memory.nextOutbox === this.#outboxAtClose) {
      await this.#compare(true);
      if (this.#inbox.length > 0 || this.#dead || this.#ring.open !== round) return;
    }
    this.#ring.close();
    this.#outboxAtClose = this.#memory.nextOutbox;
    this.#acknowledge(round.n);
  }

  /** What happened between rounds (a command, a late verdict) may have armed wakes inside the quiet that was promised. */
  #promiseAgain(): void {
    const { acknowledged } = this.#ring;
    if (acknowledged === undefined) return;
    const promise = this.#quietPromise();
    if (JSON.stringify(promise) === this.#promised) return;
    this.#promise(acknowledged, promise);
  }

  #acknowledge(n: number): void {
    this.#promise(n, this.#quietPromise());
  }

  #promise(n: number, promise: QuietPromise): void {
    this.#quiet = promise;
    this.#promised = JSON.stringify(promise);
    this.#ports.ring?.acknowledge(n, promise);
  }

  /** Whether the exchange will open a round for it: it reaches a time or a price at which somebody may wake. */
  #breaksQuiet(event: MarketEvent): boolean {
    if (this.#quiet === undefined) return false;
    const { until, prices } = this.#quiet;
    if (event.kind === 'candle') return event.closed && until !== null && event.candle.openTime + minuteMs >= until;
    if (event.kind !== 'trade' && event.kind !== 'best') return false;
    if (event.kind === 'trade' && until !== null && event.at >= until) return true;
    const bounds = prices.find((each) => each.pair === event.pair);
    const [least, most] = event.kind === 'trade' ? [event.price, event.price] : [event.bid, event.ask];
    const isBelow = typeof bounds?.below === 'string' && least <= amount(bounds.below);
    return isBelow || (typeof bounds?.above === 'string' && most >= amount(bounds.above));
  }

  #quietPromise(): QuietPromise {
    if (this.#memory.outbox.size > 0 || this.#sender.isBusy) return { until: 0, prices: [] };
    const { until, candles, pairs } = this.#memory.runtime.quiet();
    const now = this.#memory.engine.time ?? 0;
    const hearsMinutes = candles.length > 0 || this.#memory.guards.needsMinutes;
    const minuteEnd = hearsMinutes ? (Math.floor(now / minuteMs) + 1) * minuteMs : null;
    const ends = [until, minuteEnd].filter((time) => time !== null);
    const prices = this.#subscribed.flatMap((of) => {
      const rules = this.#memory.rules.get(of);
      const bounds = pairs.get(of);
      if (rules === undefined) return [];
      const say = (price: number | null | undefined): string | null =>
        price === null || price === undefined ? null : formatAmount(BigInt(price) * rules.tick);
      const floor = this.#memory.guards.floor(of);
      const below = floor === null ? bounds?.below : Math.max(floor, bounds?.below ?? 0);
      return [{ pair: of, below: say(below), above: say(bounds?.above) }];
    });
    return { until: ends.length === 0 ? null : Math.min(...ends), prices };
  }

  /** Every intent has its verdict, and every approved one the exchange's first word. */
  #isSettled(): boolean {
    if (this.#memory.outbox.size === 0 && !this.#sender.isBusy) return true;
    const now = this.#ports.timers.now();
    if (this.#settleBy === undefined) {
      this.#settleBy = now + settleWaitMs;
      this.#later(settleWaitMs, async () => {});
    }
    if (now < this.#settleBy || !this.#vault.connected) return false;
    this.#ports.log(
      'warning',
      `the exchange has not answered ${this.#memory.outbox.size} intents in ${settleWaitMs} ms; going on`,
    );
    return true;
  }

  // Ledger against exchange

  #isCompareDue(): boolean {
    const due = this.#comparedAt + compareEveryMs <= this.#ports.timers.now();
    return due && this.#memory.engine.baseline === 1 && this.#vault.connected;
  }

  /** Where no round ends, as on a real exchange or after the end of a tape, a comparison is made between events. */
  async #lookForQuiet(): Promise<void> {
    const isQuiet = this.#ring.open === undefined && this.#memory.outbox.size === 0;
    if (isQuiet && this.#isCompareDue()) await this.#compare(false);
    this.#later(compareEveryMs / 2, () => this.#lookForQuiet());
  }

  /** Compares what the ledger holds with what the exchange holds. A difference counts at rest, or when it is there twice. */
  async #compare(atRest: boolean): Promise<void> {
    this.#comparedAt = this.#ports.timers.now();
    const { engine, ledger } = this.#memory;
    const seq = engine.vault_seq;
    let held: Awaited<ReturnType<EnginePorts['vault']['balances']>>;
    try {
      held = await this.#ports.vault.balances(this.#memory.account);
    } catch (error) {
      this.#ports.log('warning', `balances cannot be read: ${text(error)}`);
      return;
    }
    const there = new Map<Asset, bigint>(held.map(({ asset, total }) => [asset, total]));
    const ours = ledger.totals();
    const assets = [...new Set([...there.keys(), ...ours.keys()])].sort();
    const differences = assets
      .filter((asset) => (there.get(asset) ?? 0n) !== (ours.get(asset) ?? 0n))
      .map((asset) => ({
        asset,
        ledger: formatAmount(ours.get(asset) ?? 0n),
        exchange: formatAmount(there.get(asset) ?? 0n),
      }));
    const doubt = differences.length === 0 ? '' : `${seq} ${JSON.stringify(differences)}`;
    const counts = differences.length === 0 || atRest || doubt === this.#doubted;
    this.#doubted = doubt;
    if (!counts || this.#inbox.length > 0) return;
    const before = this.#match.matches;
    this.#match = { matches: differences.length === 0, at: engine.time, differences };
    engine.ledger_match = JSON.stringify(this.#match);
    const batch = this.#batch();
    batch.put('engine', engine);
    if (before !== false && differences.length > 0) {
      const words = differences.map((each) => `${each.asset} ledger ${each.ledger}, exchange ${each.exchange}`);
      batch.say('error', null, `Ledger and exchange differ: ${words.join('; ')}`);
    }
    if (before === false && differences.length === 0) batch.say('info', null, 'Ledger and exchange agree again');
    await this.#commit(batch);
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
      ledgerMatchesExchange: this.#match,
    };
  }

  async #answer(command: EngineCommand): Promise<EngineResult> {
    const body = JSON.stringify(command);
    const before = await this.#ports.store.answered(command.id);
    if (before !== undefined) {
      if (before.body === body) return JSON.parse(before.answer) as EngineResult;
      return no('command-id-reused', `The id ${command.id} was used by another command; give each command an id of its own`);
    }
    const batch = this.#batch();
    let answer: EngineResult;
    let after: () => Promise<void> = async () => {};
    try {
      const done = await this.#do(batch, command);
      answer = { ok: true, result: done.result };
      after = done.after ?? after;
    } catch (error) {
      if (!(error instanceof CommandError) && !(error instanceof VaultRefusal)) throw error;
      // A refusal changes nothing and is not remembered: the same may be asked again when its reason is gone.
      return no(error.code, error.message);
    }
    if (!batch.isEmpty) {
      batch.put('commands', { id: command.id, body, answer: JSON.stringify(answer), at: batch.at });
      await this.#commit(batch);
    }
    await after();
    return answer;
  }

  async #do(batch: Batch, command: EngineCommand): Promise<{ readonly result: unknown; readonly after?: () => Promise<void> }> {
    switch (command.command) {
      case 'status':
        return { result: this.status() };
      case 'bot-list':
        return { result: [...this.#memory.bots.values()].map((bot) => describeBot(this.#memory, bot)) };
      case 'strategy-add':
        return { result: this.#memory.strategies.add(batch, command.source) };
      case 'guards-set':
        return { result: this.#memory.guards.set(batch, command.changes) };
      case 'guards-resume':
        return { result: this.#memory.guards.resume(batch) };
      case 'reconcile':
        // A difference that is seen twice with nothing in between is one.
        await this.#compare(false);
        await this.#compare(false);
        return { result: this.#match };
      case 'backup':
        await this.#flush();
        await this.#ports.store.backup(command.file);
        return { result: { file: command.file } };
      case 'bot-create':
        return this.#create(batch, command);
      case 'bot-check':
        return { result: await checkBot(this.#founding, command) };
      case 'grid-suggest':
        return { result: await this.#suggest(command) };
      case 'signal':
        return this.#hear(batch, command);
      case 'deal-act':
        return this.#actOnDeal(batch, command);
      default:
        return this.#act(batch, command);
    }
  }

  async #create(batch: Batch, command: Command<'bot-create'>) {
    const bot = await createBot(this.#founding, batch, command);
    return { result: describeBot(this.#memory, bot), after: () => this.#moved() };
  }

  async #suggest({ pair: name, funds, days, feePercent }: Command<'grid-suggest'>): Promise<EngineGridSuggestion> {
    const of = readPair(name);
    const { rules } = await this.#marketOf(of);
    const candles = await this.#ports.market.candles(of, '1h', days * 24);
    const money = funds === undefined ? this.#memory.ledger.balance('owner', quoteOf(of)) : amount(funds);
    const { name: interval, ms: intervalMs } = tapeInterval(days);
    const tape = await this.#ports.market.candles(of, interval, Math.floor((days * dayMs) / intervalMs));
    return suggestedGrid(of, candles, { feePercent, funds: money, rules, tape, intervalMs });
  }

  /** Rules and prices of the pairs, read where they are not known yet. */
  async #market(pairs: readonly Pair[]): Promise<{ readonly rules: RulesByPair; readonly quotes: Quotes }> {
    const rules: Record<Pair, PairRules> = {};
    const quotes = new Map<Pair, Quote>();
    for (const of of pairs) {
      const known = await this.#marketOf(of);
      rules[of] = known.rules;
      quotes.set(of, known.quote);
    }
    return { rules, quotes };
  }

  async #marketOf(of: Pair): Promise<{ readonly rules: PairRules; readonly quote: Quote }> {
    try {
      if (!this.#memory.rules.has(of) || this.#memory.runtime.quote(of) === undefined) await this.#learn(of);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError('exchange-unreachable', `The exchange does not say what ${of} is: ${text(error)}`);
    }
    const rules = this.#memory.rules.get(of);
    const quote = this.#memory.runtime.quote(of);
    if (rules === undefined || quote === undefined)
      throw new CommandError('pair-unpriced', `${of} has no price yet; try again soon`);
    return { rules, quote };
  }

  async #act(batch: Batch, { bot: id, action, pair: of }: Command<'bot-action'>) {
    const bot = botOf(this.#memory, id);
    if (action === 'delete') {
      const subKey = deleteBot(this.#memory, batch, bot);
      return { result: { id, deleted: true }, after: () => this.#revoke(subKey) };
    }
    giveCommand(this.#memory, batch, bot, { name: action === 'start' ? 'resume' : action }, of === undefined ? of : readPair(of));
    return { result: describeBot(this.#memory, bot), after: () => this.#moved() };
  }

  async #actOnDeal(batch: Batch, { bot: id, act, pair: of }: Command<'deal-act'>) {
    const bot = botOf(this.#memory, id);
    const given = readAct(act, bot.row.kind, (settings) => editable(this.#memory, bot, settings));
    giveCommand(this.#memory, batch, bot, given, of === undefined ? of : readPair(of));
    if (given.name === 'edit') bot.row.settings = JSON.stringify(given.settings);
    return { result: describeBot(this.#memory, bot), after: () => this.#moved() };
  }

  #hear(batch: Batch, command: Command<'signal'>) {
    const give = (bot: Bot, each: BotCommand, of?: Pair): void => giveCommand(this.#memory, batch, bot, each, of);
    return { result: hearSignal(this.#memory, batch, command, give), after: () => this.#moved() };
  }

  async #revoke(subKey: SubKeyId | null): Promise<void> {
    if (subKey === null) return;
    try {
      await this.#ports.vault.revoke(subKey);
    } catch (error) {
      this.#ports.log('warning', `sub-key ${subKey} is not revoked: ${text(error)}`);
    }
  }

  /** A command may need a new pair's stream, and may have moved the bounds within which time may run on. */
  async #moved(): Promise<void> {
    const wanted = this.#memory.pairs();
    if (wanted.some((of) => !this.#subscribed.includes(of))) await this.#subscribe(wanted);
    else if (this.#ring.acknowledged !== undefined) this.#acknowledge(this.#ring.acknowledged);
  }
}

function putCandle(batch: Batch, of: Pair, candle: Extract<MarketEvent, { kind: 'candle' }>['candle'], closed: boolean): void {
  batch.put('candles', {
    pair: of,
    open_time: candle.openTime,
    open: formatAmount(candle.open),
    high: formatAmount(candle.high),
    low: formatAmount(candle.low),
    close: formatAmount(candle.close),
    volume: formatAmount(candle.volume),
    closed: closed ? 1 : 0,
  });
}

/** `price`, or the nearer of two bounds that it lies outside of. A bound of 0 is an empty side of the book. */
function inside(price: Amount, bid: Amount | undefined, ask: Amount | undefined): Amount {
  if (bid !== undefined && bid > 0n && price < bid) return bid;
  return ask !== undefined && ask > 0n && price > ask ? ask : price;
}

const no = (code: string, reason: string): EngineResult => ({ ok: false, error: { code, reason } });
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function readMatch(stored: string | null): LedgerMatch {
  return stored === null ? { matches: null, at: null, differences: [] } : (JSON.parse(stored) as LedgerMatch);
}
