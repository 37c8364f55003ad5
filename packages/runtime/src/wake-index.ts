/**
 * All wakes of all bots, ordered so that a tick costs what it wakes and not what it could have woken.
 *   W1  A tick that wakes nobody compares with the topmost wake of each kind only, however many there are.
 *   W2  A wake that fired is used up; replacing a bot's wakes ends all it had.
 *   W3  Wakes that fire together are handed out in the order in which they were armed.
 *   W4  A wake armed on an event first looks at the next tick, also if the price is already there.
 */
import { type BotId, type EpochMs, type Pair, type Quote, unreachable, type Wake } from '@holdfast/domain';
import { Heap, type Mortal } from './heap.ts';
import { extremeOf, type RetraceEntry, Retraces } from './retraces.ts';

interface Armed extends Mortal {
  readonly bot: BotId;
  readonly wake: Wake;
  readonly order: number;
}
interface ByNumber extends Armed {
  /** Price or time: what the heap is ordered by. */
  readonly at: number;
}
type Retrace = Armed & RetraceEntry;

/** A wake that has come. Ask `stillDue` before calling the bot: an earlier call may have replaced its wakes. */
export interface Due {
  readonly bot: BotId;
  readonly wake: Wake;
  readonly order: number;
}

/** What no wake can be touched by: see `quiet`. */
export interface QuietPrices {
  readonly below: number | null;
  readonly above: number | null;
}
export interface Quiet {
  /** Earliest time wake; null for none. */
  readonly until: EpochMs | null;
  /** Pairs and intervals whose candle close somebody waits for. */
  readonly candles: readonly { readonly pair: Pair; readonly interval: string }[];
  /** Ticks of the last price: prices strictly between wake nobody. */
  readonly pairs: ReadonlyMap<Pair, QuietPrices>;
}

const sources = ['last', 'bid', 'ask'] as const;
const lowestFirst = (a: ByNumber, b: ByNumber): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
const highestFirst = (a: ByNumber, b: ByNumber): boolean => a.at > b.at || (a.at === b.at && a.order < b.order);

class PairWakes {
  readonly below = sources.map(() => new Heap<ByNumber>(highestFirst));
  readonly above = sources.map(() => new Heap<ByNumber>(lowestFirst));
  readonly falls = new Retraces<Retrace>();
  readonly rises = new Retraces<Retrace>();
  /** Bid of a last price can lie this far below it, and the ask above: the widest seen. */
  spreadBelow = 1;
  spreadAbove = 1;

  take(quote: Quote, due: Armed[]): void {
    sources.forEach((source, index) => {
      const price = quote[source];
      const [below, above] = [this.below[index]!, this.above[index]!];
      for (let top = below.peek(); top !== undefined && top.at >= price; top = below.peek()) due.push(below.pop()!);
      for (let top = above.peek(); top !== undefined && top.at <= price; top = above.peek()) due.push(above.pop()!);
    });
    for (const entry of this.falls.take(quote.last)) due.push(entry);
    for (const entry of this.rises.take(-quote.last)) due.push(entry);
    this.spreadBelow = Math.max(this.spreadBelow, quote.last - quote.bid);
    this.spreadAbove = Math.max(this.spreadAbove, quote.ask - quote.last);
  }

  quiet(): QuietPrices {
    let below = Number.NEGATIVE_INFINITY;
    let above = Number.POSITIVE_INFINITY;
    // A wake on bid or ask is promised in last prices: moved by the widest spread, on the safe side.
    const moved = [
      { below: 0, above: 0 },
      { below: this.spreadBelow, above: 0 },
      { below: 0, above: this.spreadAbove },
    ];
    sources.forEach((_source, index) => {
      below = Math.max(below, (this.below[index]!.peek()?.at ?? Number.NEGATIVE_INFINITY) + moved[index]!.below);
      above = Math.min(above, (this.above[index]!.peek()?.at ?? Number.POSITIVE_INFINITY) - moved[index]!.above);
    });
    const [falls, rises] = [this.falls.quiet(), this.rises.quiet()];
    below = Math.max(below, falls.below, -rises.above);
    above = Math.min(above, falls.above, -rises.below);
    return { below: Number.isFinite(below) ? below : null, above: Number.isFinite(above) ? above : null };
  }

  compact(): void {
    for (const heap of [...this.below, ...this.above]) heap.compact();
    this.falls.quiet();
    this.rises.quiet();
  }
}

export class WakeIndex {
  readonly #pairs = new Map<Pair, PairWakes>();
  readonly #times = new Heap<ByNumber>(lowestFirst);
  readonly #candles = new Map<string, Set<Armed>>();
  readonly #conditions = new Map<string, Set<Armed>>();
  readonly #armed = new Map<BotId, Set<Armed>>();
  /** Bots that follow an extreme. */
  readonly #following = new Set<BotId>();
  #order = 0;
  #living = 0;
  #dead = 0;

  /** Arms exactly these wakes for a bot; what it had before ends. */
  replace(bot: BotId, wakes: readonly Wake[]): void {
    for (const entry of this.#armed.get(bot) ?? []) this.#end(entry);
    if (wakes.some(({ kind }) => kind === 'retrace')) this.#following.add(bot);
    else this.#following.delete(bot);
    if (wakes.length === 0) this.#armed.delete(bot);
    else this.#armed.set(bot, new Set(wakes.map((wake) => this.#arm(bot, wake))));
    if (this.#dead > 1000 && this.#dead > this.#living) this.#compact();
  }

  /** The wakes of a bot as they would be armed again: a retrace with its running extreme. */
  wakesOf(bot: BotId): readonly Wake[] {
    return [...(this.#armed.get(bot) ?? [])].map((entry) => {
      if (entry.wake.kind !== 'retrace') return entry.wake;
      const extreme = extremeOf(entry as Retrace);
      return { ...entry.wake, from: (entry.wake.extreme === 'high' ? extreme : -extreme) as typeof entry.wake.from };
    });
  }

  /** Bots whose wakes change with the price alone: those that follow an extreme. */
  get following(): Iterable<BotId> {
    return this.#following;
  }

  onQuote(quote: Quote): readonly Due[] {
    const wakes = this.#pairs.get(quote.pair);
    if (wakes === undefined) return none;
    const due: Armed[] = [];
    wakes.take(quote, due);
    return this.#inOrder(due);
  }

  onTime(now: EpochMs): readonly Due[] {
    const due: Armed[] = [];
    for (let top = this.#times.peek(); top !== undefined && top.at <= now; top = this.#times.peek()) due.push(this.#times.pop()!);
    return this.#inOrder(due);
  }

  onCandleClose(pair: Pair, interval: string): readonly Due[] {
    const waiting = this.#candles.get(`${pair} ${interval}`);
    return waiting === undefined ? none : this.#inOrder([...waiting]);
  }

  /** A condition of a pair holds. */
  onCondition(pair: Pair, condition: string): readonly Due[] {
    const waiting = this.#conditions.get(`${pair} ${condition}`);
    return waiting === undefined ? none : this.#inOrder([...waiting]);
  }

  /** Conditions that somebody waits for. */
  conditions(): readonly { readonly pair: Pair; readonly condition: string }[] {
    return [...this.#conditions]
      .filter(([, waiting]) => waiting.size > 0)
      .map(([key]) => ({ pair: key.slice(0, key.indexOf(' ')) as Pair, condition: key.slice(key.indexOf(' ') + 1) }));
  }

  /** Whether the bot's wakes are still those that this one was among; if so it is used up now. */
  stillDue(due: Due): boolean {
    const armed = due as Armed;
    if (!armed.alive) return false;
    this.#armed.get(armed.bot)?.delete(armed);
    this.#end(armed);
    return true;
  }

  quiet(): Quiet {
    const minutes = this.conditions().map(({ pair }) => ({ pair, interval: '1m' }));
    const candles = [...this.#candles]
      .filter(([, waiting]) => waiting.size > 0)
      .map(([key]) => {
        const [pair, interval] = key.split(' ') as [Pair, string];
        return { pair, interval };
      });
    const pairs = new Map([...this.#pairs].map(([pair, wakes]) => [pair, wakes.quiet()]));
    return { until: (this.#times.peek()?.at as EpochMs | undefined) ?? null, candles: [...candles, ...minutes], pairs };
  }

  #arm(bot: BotId, wake: Wake): Armed {
    const order = this.#order++;
    this.#living++;
    switch (wake.kind) {
      case 'price': {
        const entry: ByNumber = { alive: true, bot, wake, order, at: wake.price };
        const wakes = this.#pairWakes(wake.pair);
        const heaps = wake.when === 'at-or-below' ? wakes.below : wakes.above;
        heaps[sources.indexOf(wake.of)]!.push(entry);
        return entry;
      }
      case 'retrace': {
        const sign = wake.extreme === 'high' ? 1 : -1;
        const entry: Retrace = { alive: true, bot, wake, order, from: sign * wake.from, by: wake.by, group: undefined };
        const wakes = this.#pairWakes(wake.pair);
        (wake.extreme === 'high' ? wakes.falls : wakes.rises).add(entry);
        return entry;
      }
      case 'time': {
        const entry: ByNumber = { alive: true, bot, wake, order, at: wake.at };
        this.#times.push(entry);
        return entry;
      }
      case 'candle-close': {
        const entry: Armed = { alive: true, bot, wake, order };
        const key = `${wake.pair} ${wake.interval}`;
        const waiting = this.#candles.get(key) ?? new Set();
        this.#candles.set(key, waiting.add(entry));
        return entry;
      }
      case 'condition': {
        const entry: Armed = { alive: true, bot, wake, order };
        const key = `${wake.pair} ${wake.condition}`;
        const waiting = this.#conditions.get(key) ?? new Set();
        this.#conditions.set(key, waiting.add(entry));
        return entry;
      }
      default:
        return unreachable(wake);
    }
  }

  #end(entry: Armed): void {
    if (!entry.alive) return;
    entry.alive = false;
    this.#living--;
    this.#dead++;
    const { wake } = entry;
    if (wake.kind === 'candle-close') this.#candles.get(`${wake.pair} ${wake.interval}`)?.delete(entry);
    if (wake.kind === 'condition') this.#conditions.get(`${wake.pair} ${wake.condition}`)?.delete(entry);
  }

  #pairWakes(pair: Pair): PairWakes {
    let wakes = this.#pairs.get(pair);
    if (wakes === undefined) {
      wakes = new PairWakes();
      this.#pairs.set(pair, wakes);
    }
    return wakes;
  }

  #inOrder(due: readonly Armed[]): readonly Due[] {
    return due.length === 0 ? none : due.filter((entry) => entry.alive).sort((a, b) => a.order - b.order);
  }

  #compact(): void {
    for (const wakes of this.#pairs.values()) wakes.compact();
    this.#times.compact();
    this.#dead = 0;
  }
}

const none: readonly Due[] = Object.freeze([]);
