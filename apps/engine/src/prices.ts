/**
 * Prices and candles as the exchange says them: what they wake, and what of them is kept. Nothing here waits for the disk: rows that
 * can be read again are staged once a second.
 *   E7  A time that goes back, as after the exchange was killed, is heard and not acted on twice.
 */
import {
  type Amount,
  type EpochMs,
  epochMs,
  formatAmount,
  type MarketEvent,
  type Pair,
  priceAmount,
  type Quote,
  toTicks,
} from '@holdfast/domain';
import { framesEndingAt } from '@holdfast/indicators';
import type { Due } from '@holdfast/runtime';
import { Batch } from './batch.ts';
import { barOf, readHistory } from './condition-history.ts';
import type { Desk } from './desk.ts';
import { sampleEquity, stepBot } from './effects.ts';
import { actOnResume } from './guard-trips.ts';
import type { Memory } from './memory.ts';
import type { EnginePorts } from './ports.ts';
import { textOf } from './text-of.ts';

type Said = Exclude<MarketEvent, { kind: 'sync' }>;
interface Change {
  readonly last?: Amount;
  readonly bid?: Amount;
  readonly ask?: Amount;
}

const minuteMs = 60_000;
const flushMs = 1_000;

export class Prices {
  readonly #desk: Desk;
  readonly #memory: Memory;
  readonly #ports: EnginePorts;
  /** The close of each pair's newest closed minute: what the account was worth then is counted with it. */
  readonly #closes = new Map<Pair, { readonly at: number; readonly price: Amount }>();
  readonly #dirtyPrices = new Set<Pair>();
  readonly #lastTrade = new Map<Pair, EpochMs>();
  readonly #knownQuotes = new Map<Pair, { last?: Amount; bid?: Amount; ask?: Amount }>();
  #unsaved = new Batch(0);
  #flushSoon = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#memory = desk.memory;
    this.#ports = desk.ports;
  }

  /** E7: whether a later trade of its pair was heard already; if not this is the newest. */
  isPast({ pair, at }: { readonly pair: Pair; readonly at: EpochMs }): boolean {
    if (at < (this.#lastTrade.get(pair) ?? 0)) return true;
    this.#lastTrade.set(pair, at);
    return false;
  }

  /** How far a pair has been heard of; 0 until one of its minutes has closed. */
  heardUntil(of: Pair): number {
    const closed = this.#closes.get(of)?.at;
    return closed === undefined ? 0 : Math.max(closed, this.#lastTrade.get(of) ?? 0);
  }

  /** Something of the market, handled as it comes. */
  async said(event: Said): Promise<void> {
    switch (event.kind) {
      case 'trade': {
        if (this.isPast(event)) return;
        this.#memory.heard(event.at);
        this.priced(event.pair, { last: event.price });
        return this.timePassed();
      }
      case 'best':
        return this.priced(event.pair, { bid: event.bid, ask: event.ask });
      case 'candle':
        return this.#onCandle(event);
      case 'pair-status':
        return this.#onHalt(event.pair, event.halted);
      default:
        return;
    }
  }

  /** A new price, or best prices: wakes whom they reach. */
  priced(of: Pair, change: Change): void {
    const quote = this.#quoteWith(of, change);
    if (quote === undefined) return;
    const rules = this.#memory.rules.get(of);
    const due = this.#memory.runtime.onQuote(quote);
    this.#memory.guards.priced(quote);
    if (this.#memory.guards.hasTripped) this.#desk.stage(this.#desk.batch());
    this.#dirtyPrices.add(of);
    this.#flushLater();
    const say = (price: Quote['last']): string => formatAmount(rules === undefined ? 0n : priceAmount(price, rules));
    const at = this.#memory.engine.time ?? 0;
    this.#ports.notify({ changed: [], tick: { pair: of, last: say(quote.last), bid: say(quote.bid), ask: say(quote.ask), at } });
    this.#wake(due);
  }

  #quoteWith(of: Pair, change: Change): Quote | undefined {
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
  know(event: MarketEvent): void {
    if (event.kind !== 'trade' && event.kind !== 'best') return;
    const change = event.kind === 'trade' ? { last: event.price } : { bid: event.bid, ask: event.ask };
    const quote = this.#quoteWith(event.pair, change);
    if (quote !== undefined) this.#memory.runtime.know(quote);
  }

  /** Wakes whom the time that was heard has come for. */
  timePassed(): void {
    const { time } = this.#memory.engine;
    if (time !== null) this.#wake(this.#memory.runtime.onTime(epochMs(time)));
  }

  #wake(dues: readonly Due[]): void {
    for (const due of dues) {
      if (!this.#memory.runtime.stillDue(due)) continue;
      const batch = this.#desk.batch();
      stepBot(this.#memory, batch, due.bot, { kind: 'woken', at: epochMs(batch.at), wake: due.wake });
      this.#desk.stage(batch);
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
    const closedAt = candle.openTime + minuteMs;
    this.#memory.heard(epochMs(closedAt));
    this.#closes.set(of, { at: closedAt, price: candle.close });
    sampleEquity(this.#memory, this.#unsaved, closedAt, this.#closes);
    this.#memory.guards.minute(of, candle);
    if (this.#memory.guards.hasTripped) this.#desk.stage(this.#desk.batch());
    const { runtime } = this.#memory;
    for (const frame of framesEndingAt(closedAt)) this.#wake(runtime.onCandleClose(of, frame));
    await this.#warmConditions();
    for (const held of runtime.onMinute(of, barOf(candle))) this.#wake(runtime.onCondition(of, held));
    this.timePassed();
  }

  /** Conditions that bots began to wait for get the candles that they look back on; tried again a minute later. */
  async #warmConditions(): Promise<void> {
    const { runtime } = this.#memory;
    for (const unwarmed of runtime.unwarmed()) {
      await this.#desk.write();
      try {
        const { frames, minutes } = await readHistory(this.#ports.market, unwarmed);
        runtime.warm(unwarmed, frames, minutes);
      } catch (error) {
        this.#ports.log('warning', `candles for a condition on ${unwarmed.pair} cannot be read: ${textOf(error)}`);
        return;
      }
    }
  }

  #onHalt(of: Pair, halted: boolean): void {
    const row = this.#memory.pairRows.get(of);
    if (row === undefined || (row.halted === 1) === halted) return;
    row.halted = halted ? 1 : 0;
    const batch = this.#desk.batch();
    batch.put('pairs', row);
    const closes = !halted && this.#memory.guards.haltCloses ? '; what is open on it is closed' : '';
    batch.say('warning', null, `${of} is ${halted ? 'halted' : `trading again${closes}`}`);
    for (const bot of this.#memory.bots.values())
      if (bot.pairs.includes(of))
        stepBot(this.#memory, batch, bot.runtime.id, { kind: 'pair-halted', at: epochMs(batch.at), pair: of, halted });
    if (!halted) actOnResume(this.#memory, batch, of);
    this.#desk.stage(batch);
  }

  #flushLater(): void {
    if (this.#flushSoon) return;
    this.#flushSoon = true;
    this.#desk.later(flushMs, () => this.flush());
  }

  /** Stages what can be read again: prices, candles, samples of equity, extremes. */
  flush(): void {
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
    for (const id of runtime.following) {
      const row = this.#memory.bots.get(id)?.row;
      const wakes = JSON.stringify(runtime.wakesOf(id));
      if (row === undefined || row.wakes === wakes) continue;
      row.wakes = wakes;
      batch.put('bots', row);
    }
    batch.put('engine', engine);
    this.#desk.stage(batch);
  }
}

/** Writes a candle down. */
export function putCandle(
  batch: Batch,
  of: Pair,
  candle: Extract<MarketEvent, { kind: 'candle' }>['candle'],
  closed: boolean,
): void {
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
