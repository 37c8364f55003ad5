/**
 * The seeded market: prices walk in proportion to themselves, in clusters of calm and wild minutes, one tick a second
 * and pair (the thin coin: now and then). Everything comes from the seed and the number of the second, so the same seed
 * is the same market; a position is where the walk stands.
 */
import { type Amount, amount, type EpochMs, type Pair, pair } from '@holdfast/domain';
import type { CandleRow, MarketRequest, MarketTick, TickFeed } from './port.ts';
import { hashText, mix, normalMilli } from './random.ts';

interface Recipe {
  readonly pair: Pair;
  readonly tick: Amount;
  readonly lot: Amount;
  /** Ticks, about where it starts and to which it is drawn. */
  readonly home: number;
  /** Standard deviation of one second's step, in millionths of the price. */
  readonly unrest: number;
  /** Mean lots of one tick. */
  readonly volume: number;
  /** One tick in so many seconds. */
  readonly every: number;
  readonly levelLots: number;
  readonly spreadTicks: number;
}

const recipes: readonly Recipe[] = [
  {
    pair: pair('BTC/USDT'),
    tick: amount('0.01'),
    lot: amount('0.00001'),
    home: 6_000_000,
    unrest: 260,
    volume: 40_000,
    every: 1,
    levelLots: 60_000,
    spreadTicks: 1,
  },
  {
    pair: pair('ETH/USDT'),
    tick: amount('0.01'),
    lot: amount('0.0001'),
    home: 300_000,
    unrest: 320,
    volume: 60_000,
    every: 1,
    levelLots: 90_000,
    spreadTicks: 1,
  },
  {
    pair: pair('SOL/USDT'),
    tick: amount('0.01'),
    lot: amount('0.001'),
    home: 15_000,
    unrest: 420,
    volume: 80_000,
    every: 1,
    levelLots: 100_000,
    spreadTicks: 1,
  },
  {
    pair: pair('ETH/BTC'),
    tick: amount('0.00001'),
    lot: amount('0.001'),
    home: 5_000,
    unrest: 180,
    volume: 2_000,
    every: 2,
    levelLots: 3_000,
    spreadTicks: 1,
  },
  {
    pair: pair('MOSS/USDT'),
    tick: amount('0.0001'),
    lot: amount('1'),
    home: 2_500,
    unrest: 900,
    volume: 120,
    every: 9,
    levelLots: 150,
    spreadTicks: 4,
  },
];

const millionths = 1_000_000;
/** How strongly the price is drawn home: one part in this per second. */
const drawHome = 14_400;
const minuteMs = 60_000;

/** Where the walk of one pair stands: price in millionths of a tick, kept as a safe integer. */
interface Walk {
  readonly recipe: Recipe;
  readonly seed: number;
  price: number;
}

/** Restlessness of a second, in 1/1000: calm for some minutes, wild for some, with a rare jump. */
function mood(seed: number, second: number): number {
  const slow = mix(mix(seed, 11), Math.floor(second / 240)) % 1000;
  const fast = mix(mix(seed, 12), Math.floor(second / 20)) % 1000;
  const base = 350 + slow + Math.floor((fast * fast) / 1500);
  return mix(mix(seed, 13), second) % 1801 === 0 ? base * 6 : base;
}

function step(walk: Walk, second: number): void {
  const { recipe, seed } = walk;
  const noise = normalMilli(seed, second);
  const change = Math.trunc((((walk.price / 1000) * recipe.unrest) / millionths) * noise * (mood(seed, second) / 1000));
  const home = Math.trunc((recipe.home * millionths - walk.price) / drawHome);
  const floor = Math.floor((recipe.home * millionths) / 8);
  walk.price = Math.max(floor, walk.price + change + home);
}

const ticksOf = (walk: Walk): number => Math.max(1, Math.round(walk.price / millionths));

/** Lots traded in a second: more when the price is wild. */
function volumeOf(walk: Walk, second: number): number {
  const { recipe, seed } = walk;
  const random = mix(mix(seed, 21), second) % 1000;
  return Math.max(1, Math.floor((recipe.volume * ((random * random) / 333_333 + 0.1) * mood(seed, second)) / 1000));
}

const isTraded = (walk: Walk, second: number): boolean =>
  walk.recipe.every === 1 || mix(mix(walk.seed, 31), second) % walk.recipe.every === 0;

export interface SyntheticOptions {
  readonly seed: number;
  /** Time of the first tick. */
  readonly start: number;
  /** Minutes of history before the start; default 1500. */
  readonly historyMinutes?: number;
  readonly volumeShareBps?: number;
  readonly fill?: 'touch' | 'through';
  /** Of `position()`: goes on there. */
  readonly position?: string | undefined;
}

/** Where the walks stood at the begin of a second. */
interface Mark {
  readonly second: number;
  readonly prices: readonly number[];
}

interface Position extends Mark {
  readonly seed: number;
  readonly start: number;
  readonly historyMinutes: number;
  readonly turn: number;
  /** From which the minutes before can be walked again: the older one is at least `historyMinutes` back. */
  readonly older: Mark;
  readonly newer: Mark;
}

/** The default market of the simulated exchange. A stored position carries its own seed and start. */
export class SyntheticFeed implements TickFeed {
  readonly markets: readonly MarketRequest[];
  readonly start: EpochMs;
  readonly #seed: number;
  readonly #historyMinutes: number;
  readonly #walks: Walk[];
  readonly #history = new Map<Pair, CandleRow[]>();
  #second: number;
  /** Pair whose turn it is in the second. */
  #turn = 0;
  #older: Mark;
  #newer: Mark;
  #peeked: { readonly tick: MarketTick; readonly before: Position } | undefined;

  constructor(options: SyntheticOptions) {
    const stored = options.position === undefined ? undefined : (JSON.parse(options.position) as Position);
    this.#seed = stored?.seed ?? options.seed;
    this.start = (stored?.start ?? Math.ceil(options.start / 1000) * 1000) as EpochMs;
    this.#historyMinutes = stored?.historyMinutes ?? options.historyMinutes ?? 1500;
    this.markets = recipes.map((recipe) => marketOf(recipe, this.#seed, options));
    this.#walks = recipes.map((recipe) => newWalk(recipe, this.#seed));
    const startSecond = this.start / 1000;
    const first = Math.floor(startSecond / 60) * 60 - this.#historyMinutes * 60;
    this.#older = stored?.older ?? { second: first, prices: this.#prices() };
    this.#newer = stored?.newer ?? this.#older;
    this.#second = this.#older.second;
    this.#setPrices(this.#older.prices);
    this.#walkHistory(stored?.second ?? startSecond);
    if (stored === undefined) return;
    this.#turn = stored.turn;
    this.#setPrices(stored.prices);
  }

  #prices(): number[] {
    return this.#walks.map((walk) => walk.price);
  }

  #setPrices(prices: readonly number[]): void {
    for (const [i, price] of prices.entries()) (this.#walks[i] as Walk).price = price;
  }

  /** Walks unseen seconds up to `end` into minutes. */
  #walkHistory(end: number): void {
    for (const walk of this.#walks) this.#history.set(walk.recipe.pair, []);
    for (; this.#second < end; this.#second++) {
      for (const walk of this.#walks) {
        step(walk, this.#second);
        if (isTraded(walk, this.#second)) this.#addToHistory(walk);
      }
    }
  }

  #addToHistory(walk: Walk): void {
    const rows = this.#history.get(walk.recipe.pair) as CandleRow[];
    const price = ticksOf(walk);
    const volume = volumeOf(walk, this.#second);
    const openTime = Math.floor((this.#second * 1000) / minuteMs) * minuteMs;
    const last = rows[rows.length - 1];
    const close = last?.close ?? price;
    const taken = price >= close ? volume : 0;
    if (last === undefined || last.openTime !== openTime) {
      const row = { open: price, high: price, low: price, close: price, volume, quote: volume * price, trades: 1 };
      rows.push({ openTime, ...row, takerVolume: taken, takerQuote: taken * price, firstId: -1, lastId: -1 });
      return;
    }
    rows[rows.length - 1] = {
      ...last,
      high: Math.max(last.high, price),
      low: Math.min(last.low, price),
      close: price,
      volume: last.volume + volume,
      quote: last.quote + volume * price,
      trades: last.trades + 1,
      takerVolume: last.takerVolume + taken,
      takerQuote: last.takerQuote + taken * price,
    };
  }

  peek(): MarketTick | undefined {
    if (this.#peeked === undefined) {
      const before = this.#position();
      this.#peeked = { before, tick: this.#make() };
    }
    return this.#peeked.tick;
  }

  next(): MarketTick | undefined {
    const tick = this.#peeked?.tick ?? this.#make();
    this.#peeked = undefined;
    return tick;
  }

  #make(): MarketTick {
    for (;;) {
      const walk = this.#walks[this.#turn] as Walk;
      const second = this.#second;
      const turn = this.#turn;
      step(walk, second);
      this.#turn = (turn + 1) % this.#walks.length;
      if (this.#turn === 0) this.#endSecond();
      if (!isTraded(walk, second)) continue;
      // Pairs share the second: each has its own moment in it.
      const at = second * 1000 + Math.floor((turn * 1000) / this.#walks.length);
      return { pair: walk.recipe.pair, at: at as EpochMs, price: ticksOf(walk), volume: volumeOf(walk, second) };
    }
  }

  #endSecond(): void {
    this.#second++;
    if (this.#second - this.#newer.second < this.#historyMinutes * 60) return;
    this.#older = this.#newer;
    this.#newer = { second: this.#second, prices: this.#prices() };
  }

  position(): string {
    return JSON.stringify(this.#peeked?.before ?? this.#position());
  }

  #position(): Position {
    return {
      seed: this.#seed,
      start: this.start,
      historyMinutes: this.#historyMinutes,
      second: this.#second,
      turn: this.#turn,
      prices: this.#prices(),
      older: this.#older,
      newer: this.#newer,
    };
  }

  history(pair: Pair): Iterable<CandleRow> {
    return this.#history.get(pair) ?? [];
  }
}

const newWalk = (recipe: Recipe, seed: number): Walk => ({
  recipe,
  seed: mix(seed, hashText(recipe.pair)),
  price: recipe.home * millionths,
});

const marketOf = (recipe: Recipe, seed: number, options: SyntheticOptions): MarketRequest => ({
  pair: recipe.pair,
  tick: recipe.tick,
  lot: recipe.lot,
  minNotional: recipe.pair.endsWith('/BTC') ? amount('0.0001') : amount('5'),
  house: {
    seed: mix(seed, hashText(recipe.pair)),
    levelLots: recipe.levelLots,
    spreadTicks: recipe.spreadTicks,
    ...(options.volumeShareBps === undefined ? {} : { volumeShareBps: options.volumeShareBps }),
    ...(options.fill === undefined ? {} : { fill: options.fill }),
  },
});
