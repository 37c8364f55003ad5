/**
 * The limits over all bots as the engine keeps them: fed with minutes, prices and closed deals, written down in the transaction
 * of what changed them, and acted on before that transaction is committed.
 *   G6  A trip is in the journal and the log, and the orders that it closes deals by are planned, in the commit of what caused it.
 */
import { decodeState, encodeState } from '@holdfast/bots';
import { type GuardRecord, guardSettings } from '@holdfast/contracts';
import {
  type Amount,
  type Asset,
  baseOf,
  type Candle,
  type EpochMs,
  epochMs,
  formatAmount,
  multiply,
  type Pair,
  priceAmount,
  type Quote,
  quoteOf,
  ratio,
  type Ticks,
  toTicks,
  unit,
} from '@holdfast/domain';
import { orderBook } from '@holdfast/ledger';
import {
  crashFloor,
  dayMs,
  dealClosed,
  type Guarding,
  type GuardSettings,
  type GuardState,
  type GuardTrip,
  type GuardView,
  guardsAnything,
  guardsAtFirst,
  minuteClosed,
  priceSaid,
  readGuardSettings,
  resumed,
  tripWords,
} from '@holdfast/runtime';
import type { Row } from '@holdfast/storage';
import type { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import type { Memory } from './memory.ts';

const minuteMs = 60_000;

export class Guards {
  readonly #memory: Memory;
  #text: GuardRecord['settings'];
  #settings: GuardSettings;
  #state: GuardState;
  #trips: GuardTrip[] = [];
  #changed = false;

  constructor(memory: Memory, row: Row<'guards'> | undefined) {
    this.#memory = memory;
    this.#text = guardSettings.parse(row === undefined ? {} : (JSON.parse(row.record) as GuardRecord).settings);
    this.#settings = readGuardSettings(this.#text);
    this.#state = row === undefined ? guardsAtFirst : decodeState<GuardState>(row.state);
  }

  /** What the guard stage judges by; undefined while no limit is set. */
  view(): GuardView | undefined {
    if (!guardsAnything(this.#settings)) return undefined;
    const { ledger, engine } = this.#memory;
    return {
      settings: this.#settings,
      state: this.#state,
      at: epochMs(engine.time ?? 0),
      quote: this.#quote,
      deals: () => this.#deals(),
      price: (asset) => this.#price(asset),
      held: (asset) => (ledger.total(asset) - ledger.balance('owner', asset)) as Amount,
      buying: (coin) => this.#buying(coin),
    };
  }

  get #quote(): Asset {
    return this.#memory.engine.quote as Asset;
  }

  /** Deals shown as open, and those whose first order is on its way. */
  #deals(): ReadonlySet<string> {
    const { deals, orders } = this.#memory;
    const starting = [...orders.values()].flatMap(({ role, deal }) => (role === 'base' && deal !== null ? [deal] : []));
    return new Set([...[...deals.values()].map(({ id }) => id), ...starting]);
  }

  /** What is left reserved by orders that buy a coin. */
  *#buying(coin: Asset): Iterable<{ readonly asset: Asset; readonly amount: Amount }> {
    for (const { client_order_id: id, pair, side } of this.#memory.orders.values()) {
      if (side !== 'buy' || baseOf(pair as Pair) !== coin) continue;
      const asset = quoteOf(pair as Pair);
      yield { asset, amount: this.#memory.ledger.balance(orderBook(id as never), asset) };
    }
  }

  /** One of an asset in the account's quote, by its own pair, by the pair turned round, or over one asset in between. */
  #price(asset: Asset, over = true): Amount | undefined {
    if (asset === this.#quote) return unit as Amount;
    const known = this.#last(`${asset}/${this.#quote}` as Pair);
    if (known !== undefined) return known;
    const turned = this.#last(`${this.#quote}/${asset}` as Pair);
    if (turned !== undefined) return ratio(unit, turned, 'up');
    if (!over) return undefined;
    for (const of of this.#memory.runtime.quotes.keys()) {
      if (baseOf(of) !== asset) continue;
      const [first, second] = [this.#last(of), this.#price(quoteOf(of), false)];
      if (first !== undefined && second !== undefined) return multiply(first, second, 'up');
    }
    return undefined;
  }

  #last(of: Pair): Amount | undefined {
    const [quote, rules] = [this.#memory.runtime.quote(of), this.#memory.rules.get(of)];
    return quote === undefined || rules === undefined ? undefined : priceAmount(quote.last, rules);
  }

  // What happens

  priced({ pair: of, last }: Quote): void {
    const rules = this.#memory.rules.get(of);
    if (this.#settings.crash === null || rules === undefined) return;
    this.#take(priceSaid(this.#settings, this.#state, of, priceAmount(last, rules), epochMs(this.#memory.engine.time ?? 0)));
  }

  /** A closed minute, seen now or, after a while away, later. */
  minute(of: Pair, { openTime, high, close }: Candle): void {
    if (this.#settings.crash === null) return;
    this.#take(minuteClosed(this.#settings, this.#state, of, { at: openTime + minuteMs, high, close }));
  }

  /** The result of a deal, in `quote`. */
  closed(quote: Asset, profit: Amount, at: EpochMs): void {
    const account = { quote: this.#quote, price: (asset: Asset) => this.#price(asset) };
    this.#take(dealClosed(this.#settings, this.#state, { quote, profit, at }, account));
  }

  #take({ state, trip }: Guarding): void {
    if (state !== this.#state) this.#changed = true;
    this.#state = state;
    if (trip !== null) this.#trips.push(trip);
  }

  /** Trips that nobody has acted on yet, but for pauses that are over before they were heard of. */
  takeTrips(): readonly GuardTrip[] {
    const trips = this.#trips;
    this.#trips = [];
    const now = this.#memory.engine.time ?? 0;
    return trips.filter((trip) => trip.kind !== 'crash' || trip.pause.until > now);
  }

  get hasTripped(): boolean {
    return this.#trips.length > 0;
  }

  /** Writes down what changed. */
  write(batch: Batch): void {
    if (!this.#changed) return;
    this.#changed = false;
    batch.put('guards', { only: 1, state: encodeState(this.#state), record: JSON.stringify(this.record()) });
  }

  words(trip: GuardTrip): string {
    return tripWords(trip, this.#settings);
  }

  /** Pairs whose open deals a trip closes; null for all. Undefined when it closes none. */
  closes(trip: GuardTrip): ReadonlySet<Pair> | null | undefined {
    const { crash, dailyLoss } = this.#settings;
    if (trip.kind === 'daily-loss') return dailyLoss?.closes ? null : undefined;
    if (!crash?.closes) return undefined;
    return crash.scope === 'pair' ? new Set([trip.pause.pair]) : null;
  }

  /** Whether what is open on a pair is sold when it trades again after a halt. */
  get haltCloses(): boolean {
    return this.#settings.haltCloses;
  }

  /** Below it the breaker of a pair trips, in ticks; null where none can. */
  floor(of: Pair): Ticks | null {
    const rules = this.#memory.rules.get(of);
    const floor = crashFloor(this.#settings, this.#state, of, this.#memory.engine.time ?? 0);
    return floor === null || rules === undefined || floor.price < rules.tick ? null : toTicks(floor.price, rules, 'down');
  }

  /** Whether each closed minute has to be heard of. */
  get needsMinutes(): boolean {
    return this.#settings.crash !== null;
  }

  // What the owner asks

  /** What readers are shown. */
  record(): GuardRecord {
    const { day, pauses } = this.#state;
    return {
      settings: this.#text,
      quote: this.#quote,
      pauses: pauses.map(({ pair, at, until, from, to }) => ({
        pair,
        from: formatAmount(from),
        to: formatAmount(to),
        since: at,
        until,
      })),
      day: {
        start: day.number * dayMs,
        results: Object.fromEntries(Object.entries(day.results).map(([asset, result]) => [asset, formatAmount(result)])),
        stopped: day.stopped,
      },
    };
  }

  /** Changes what is named; the rest stays. @throws CommandError `settings-malformed`, naming every field at fault */
  set(batch: Batch, changes: Readonly<Record<string, unknown>>): GuardRecord {
    const parsed = guardSettings.safeParse({ ...this.#text, ...changes });
    if (!parsed.success) {
      const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'object'}: ${message}`);
      throw new CommandError('settings-malformed', `Settings: ${faults.join('; ')}`);
    }
    this.#text = parsed.data;
    this.#settings = readGuardSettings(this.#text);
    this.#changed = true;
    batch.journal('guards', { settings: this.#text });
    batch.say('info', null, `Guards changed: ${Object.keys(changes).join(', ') || 'nothing'}`);
    this.write(batch);
    return this.record();
  }

  /** Ends pauses and the day's stop. */
  resume(batch: Batch): GuardRecord {
    this.#state = resumed(this.#state);
    this.#changed = true;
    batch.journal('guards', { resumed: true });
    batch.say('info', null, 'Guards: the owner lets deals start again; losses of today are counted anew');
    this.write(batch);
    return this.record();
  }
}
