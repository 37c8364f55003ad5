/** A DCA bot of several deals before one scripted exchange for each of its pairs, all on one clock and with one purse of quote. */
import assert from 'node:assert/strict';
import {
  type DcaPairsSettings,
  type DcaState,
  type Deal,
  dcaPairs,
  decodeState,
  encodeState,
  type SeveralPairs,
  type SeveralState,
} from '@holdfast/bots';
import { type DcaSettingsInput, dcaSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotCommand,
  type BotEvent,
  type BotId,
  baseOf,
  type ClosedDeal,
  multiply,
  type Pair,
  type Quote,
  ticks,
  type Wake,
} from '@holdfast/domain';
import { type Answer, ScriptedExchange, testRules } from '@holdfast/testkit';

export const names = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const as unknown as readonly [Pair, Pair, Pair];
/** More than any test spends: what the bot may spend is counted over all exchanges. */
const purse = amount('1000000');

export class PairsPlay {
  readonly settings: SeveralPairs;
  readonly exchanges: ReadonlyMap<Pair, ScriptedExchange>;
  readonly funds: Amount;
  readonly closed: ClosedDeal[] = [];
  readonly delivered: Answer[] = [];
  state: SeveralState;
  wakes: readonly Wake[] = [];

  readonly pairs: readonly Pair[];
  /** Base of each pair that a bot of short deals is given. */
  readonly coins: Amount;

  constructor(
    change: Partial<DcaSettingsInput> = {},
    funds = amount('1000'),
    pairs: readonly Pair[] = names,
    filters: object = {},
  ) {
    this.pairs = pairs;
    this.coins = amount(change.direction === 'short' ? '1' : '0');
    const text = dcaSettings.parse({
      baseOrderSize: '100',
      averagingOrderSize: '50',
      averagingOrders: 3,
      dealsAtOnce: 2,
      ...change,
    });
    this.settings = dcaPairs.readSettings(pairs, text) as SeveralPairs;
    const fee = this.settings.parts[0]!.fee;
    this.exchanges = new Map(
      pairs.map((name) => {
        const rules = { ...testRules(name, '0.01', '0.0001', '5'), maxOrderLists: 20, ...filters };
        const options = { rules, fee, feeAsset: 'base', base: this.coins, quote: purse, price: ticks(100_000) } as const;
        return [name, new ScriptedExchange(options)];
      }),
    );
    this.funds = funds;
    const rules = Object.fromEntries([...this.exchanges].map(([name, exchange]) => [name, exchange.rules]));
    const coins = Object.fromEntries(pairs.map((name) => [baseOf(name), this.coins]));
    const allotted = { ...coins, USDT: funds };
    this.state = dcaPairs.initial(this.settings, { bot: 'many' as BotId, rules, allotted }) as SeveralState;
  }

  on(pair: Pair): ScriptedExchange {
    return this.exchanges.get(pair) as ScriptedExchange;
  }

  get at() {
    return this.on(this.pairs[0]!).at;
  }

  get quotes(): ReadonlyMap<Pair, Quote> {
    return new Map([...this.exchanges.values()].flatMap((exchange) => [...exchange.quotes]));
  }

  /** Quote of the bot as the exchanges count it. */
  get quote(): bigint {
    return [...this.exchanges.values()].reduce((sum, exchange) => sum + exchange.quote - purse, this.funds as bigint);
  }

  /** Pairs with a deal, each as often as it has one. */
  get open(): readonly Pair[] {
    return this.pairs.flatMap((name) => this.dealsOn(name).map(() => name));
  }

  /** The places of a pair. */
  placesOn(pair: Pair): readonly DcaState[] {
    return Object.entries(this.state.parts)
      .filter(([name]) => name === pair || name.startsWith(`${pair}#`))
      .map(([, { state }]) => state);
  }

  dealsOn(pair: Pair): readonly Deal[] {
    return this.placesOn(pair).flatMap(({ deal }) => deal ?? []);
  }

  ordersOn(pair: Pair): DcaState['orders'] {
    return this.placesOn(pair).flatMap(({ orders }) => orders);
  }

  /** What places and pool hold, and what was released of it: of quote in all, of base on a pair. */
  get booked(): bigint {
    return Object.values(this.state.parts).reduce((sum, { state }) => sum + state.quote, this.state.pool + this.released.quote);
  }

  bookedOn(pair: Pair): bigint {
    const coins = (this.state.coins?.[pair] ?? 0n) + (this.released.base.get(pair) ?? 0n);
    return this.placesOn(pair).reduce((sum, { base }) => sum + base, coins);
  }

  /** What the owner has back by `release-kept`. */
  readonly released = { quote: 0n, base: new Map<Pair, bigint>() };

  send(event: { readonly kind: BotEvent['kind'] }): boolean {
    const settings: DcaPairsSettings = this.settings;
    const result = dcaPairs.step(settings, this.state, { ...event, at: this.at, quotes: this.quotes } as BotEvent);
    if ('unchanged' in result) return false;
    this.closed.push(...dcaPairs.closedDeals(this.state, result.state));
    this.state = decodeState<SeveralState>(encodeState(result.state));
    this.wakes = result.wakes;
    for (const intent of result.intents) this.on(intent.pair).submit([intent]);
    for (const intent of result.intents) if (intent.kind === 'place-order' && intent.side === 'buy') this.#spend(intent);
    this.#holds();
    return true;
  }

  readonly #asked = new Map<string, { readonly pair: Pair; readonly cost: bigint }>();

  /** What rests or is on its way never costs more than the bot has. */
  #spend({ clientOrderId, pair, quantity, limit }: { clientOrderId: string; pair: Pair; quantity: Amount; limit: Amount }): void {
    this.#asked.set(clientOrderId, { pair, cost: multiply(quantity, limit, 'up') });
    const live = new Map(this.pairs.flatMap((name) => this.ordersOn(name).map((order) => [order.id as string, order])));
    let cost = 0n;
    for (const [id, order] of this.#asked) {
      const known = live.get(id);
      if (known === undefined) this.#asked.delete(id);
      else if (known.filled === 0n) cost += order.cost;
    }
    assert.ok(cost <= this.booked, `orders of ${cost} with ${this.booked}`);
  }

  #holds(): void {
    const { state, settings } = this;
    assert.ok(this.open.length <= settings.dealsAtOnce, 'M2');
    assert.ok(state.pool >= 0n && Object.values(state.coins ?? {}).every((coins) => coins >= 0n), 'M1');
    for (const name of this.pairs) this.#holdsOn(name);
    const numbers = this.pairs.flatMap((name) => this.dealsOn(name).map(({ number }) => number));
    assert.equal(
      new Set([...numbers, ...this.closed.map(({ number }) => number)]).size,
      numbers.length + this.closed.length,
      'B6',
    );
  }

  #holdsOn(pair: Pair): void {
    const { state, settings } = this;
    const isShort = settings.parts[0]!.direction === 'short';
    assert.ok(this.dealsOn(pair).length <= settings.dealsPerPair, 'M2');
    for (const part of this.placesOn(pair)) {
      assert.ok(part.quote >= 0n && part.base >= 0n);
      assert.equal(part.beyond, undefined, 'what is shown to a place is not kept');
      assert.deepEqual(part.rules, this.on(pair).rules, 'M5: each place knows the filters as they are');
      if (part.deal === null) assert.equal(isShort ? part.base : part.quote, 0n, 'M1');
      else assert.ok(part.deal.number <= state.shared.dealNumber, 'M3');
      const held = (part.deal?.held.quantity ?? 0n) + part.dust.quantity + part.kept.quantity;
      assert.equal(held, isShort ? part.quote : part.base, 'D3 of each place: none holds what is of another');
      const exits = part.orders.filter(
        ({ side, twin, role }) => side === (isShort ? 'buy' : 'sell') && (twin === undefined || role === 'stop-loss'),
      );
      const given = exits.reduce(
        (sum, { quantity, filled, limit }) =>
          sum + (isShort ? multiply((quantity - filled) as Amount, limit, 'up') : quantity - filled),
        0n,
      );
      assert.ok(given <= held, `P1 of each place: exits of ${given} with ${held}`);
    }
  }

  command(command: BotCommand, pair?: Pair, deal?: number): string | null {
    const why = dcaPairs.refuses(this.settings, this.state, command, pair, deal);
    const of = { ...(pair === undefined ? {} : { pair }), ...(deal === undefined ? {} : { deal }) };
    if (why === null && command.name === 'release-kept')
      for (const name of pair === undefined ? this.pairs : [pair]) this.#release(name);
    if (why === null) this.send({ kind: 'command', command, ...of } as { kind: 'command' });
    return why;
  }

  #release(pair: Pair): void {
    const kept = this.placesOn(pair).reduce((sum, { kept: { quantity } }) => sum + quantity, 0n);
    if (this.settings.parts[0]!.direction === 'short') this.released.quote += kept;
    else this.released.base.set(pair, (this.released.base.get(pair) ?? 0n) + kept);
  }

  deliver(pair: Pair): boolean {
    const answer = this.on(pair).take();
    if (answer === undefined) return false;
    this.delivered.push(answer);
    this.send(answer);
    return true;
  }

  settle(share = 100): this {
    for (;;) {
      while (this.pairs.some((name) => this.deliver(name)));
      const waiting = this.pairs.find((name) => this.on(name).arriving > 0);
      if (waiting === undefined) return this;
      this.on(waiting).arrive({ kind: 'take' }, share);
    }
  }

  begin(): this {
    this.send({ kind: 'started' });
    return this.settle();
  }

  move(pair: Pair, price: number, share = 100): this {
    this.on(pair).move(ticks(Math.max(Math.round(price * 100), 1)), share);
    return this.calm(share);
  }

  /** Price wakes that are reached fire until nothing more happens. */
  calm(share = 100): this {
    this.settle(share);
    for (let i = 0; i < 30 && this.fire(); i++) this.settle(share);
    return this;
  }

  fire(): boolean {
    const { quotes } = this;
    const wake = this.wakes.find((each) => {
      if (each.kind !== 'price') return false;
      const quote = quotes.get(each.pair)!;
      return each.when === 'at-or-below' ? quote[each.of] <= each.price : quote[each.of] >= each.price;
    });
    return wake !== undefined && this.wake(wake);
  }

  wake(wake: Wake): boolean {
    this.wakes = this.wakes.filter((each) => each !== wake);
    return this.send({ kind: 'woken', wake } as { kind: 'woken' });
  }

  pass(ms: number): void {
    for (const exchange of this.exchanges.values()) exchange.pass(ms);
  }

  wait(): boolean {
    const wake = this.wakes.find((each) => each.kind === 'time');
    if (wake?.kind !== 'time') return false;
    this.pass(Math.max(wake.at - this.at, 0));
    return this.wake(wake);
  }
}
