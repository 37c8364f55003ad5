/** What is promised to the clock of a simulated exchange with each acknowledgement: until when, and between which prices, nothing can wake a bot. */
import { amount, formatAmount, invariant, type MarketEvent, type Pair } from '@holdfast/domain';
import type { Desk } from './desk.ts';
import type { Memory } from './memory.ts';
import type { EnginePorts, QuietPromise } from './ports.ts';
import type { Prices } from './prices.ts';

const minuteMs = 60_000;

export interface QuietNeeds {
  readonly prices: Prices;
  isSending(): boolean;
  /** Whether all that was handled is on disk. */
  isWritten(): boolean;
  subscribed(): readonly Pair[];
}

export class Quiet {
  readonly #memory: Memory;
  readonly #ports: EnginePorts;
  readonly #prices: Prices;
  readonly #isSending: () => boolean;
  readonly #isWritten: () => boolean;
  readonly #subscribed: () => readonly Pair[];
  /** What was promised last, and as text. */
  #promise: QuietPromise | undefined;
  #promised: string | undefined;

  constructor({ memory, ports }: Desk, { prices, isSending, isWritten, subscribed }: QuietNeeds) {
    this.#memory = memory;
    this.#ports = ports;
    this.#prices = prices;
    this.#isSending = isSending;
    this.#isWritten = isWritten;
    this.#subscribed = subscribed;
  }

  /** Acknowledges round `n`: all that it caused is on disk. */
  acknowledge(n: number): void {
    this.#say(n, this.#now());
  }

  /** What happened between rounds (a command, a late verdict) may have armed wakes inside the quiet that was promised. */
  renew(n: number): void {
    const promise = this.#now();
    if (JSON.stringify(promise) !== this.#promised) this.#say(n, promise);
  }

  #say(n: number, promise: QuietPromise): void {
    invariant(this.#isWritten(), 'E5');
    this.#promise = promise;
    this.#promised = JSON.stringify(promise);
    this.#ports.ring?.acknowledge(n, promise);
  }

  /** Whether the exchange will open a round for it: it reaches a time or a price at which somebody may wake. */
  isBrokenBy(event: MarketEvent): boolean {
    if (this.#promise === undefined) return false;
    const { until, prices } = this.#promise;
    if (event.kind === 'candle') return event.closed && until !== null && event.candle.openTime + minuteMs >= until;
    if (event.kind !== 'trade' && event.kind !== 'best') return false;
    if (event.kind === 'trade' && until !== null && event.at >= until) return true;
    const bounds = prices.find((each) => each.pair === event.pair);
    const [least, most] = event.kind === 'trade' ? [event.price, event.price] : [event.bid, event.ask];
    const isBelow = typeof bounds?.below === 'string' && least <= amount(bounds.below);
    return isBelow || (typeof bounds?.above === 'string' && most >= amount(bounds.above));
  }

  #now(): QuietPromise {
    if (this.#memory.outbox.size > 0 || this.#isSending()) return { until: 0, prices: [] };
    const { until, candles, pairs } = this.#memory.runtime.quiet();
    const hearsMinutes = candles.length > 0 || this.#memory.guards.needsMinutes;
    const minuteEnd = hearsMinutes ? this.#nextClose() : null;
    const ends = [until, minuteEnd].filter((time) => time !== null);
    const prices = this.#subscribed().flatMap((of) => {
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

  /** When the first of the minutes that the pairs are in ends: each closes with its own pair's next price. At any, until one has closed. */
  #nextClose(): number {
    const reached = this.#subscribed().map((of) => this.#prices.heardUntil(of));
    return (Math.floor(Math.min(...reached) / minuteMs) + 1) * minuteMs;
  }
}
