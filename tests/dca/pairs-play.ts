/** A DCA bot of several pairs before one scripted exchange for each, all on one clock and with one purse of quote. */
import assert from 'node:assert/strict';
import { type DcaPairsSettings, dcaPairs, decodeState, encodeState, type SeveralPairs, type SeveralState } from '@holdfast/bots';
import { type DcaSettingsInput, dcaSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotCommand,
  type BotEvent,
  type BotId,
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

  constructor(change: Partial<DcaSettingsInput> = {}, funds = amount('1000')) {
    const text = dcaSettings.parse({
      baseOrderSize: '100',
      averagingOrderSize: '50',
      averagingOrders: 3,
      dealsAtOnce: 2,
      ...change,
    });
    this.settings = dcaPairs.readSettings(names, text) as SeveralPairs;
    const fee = this.settings.parts[0]!.fee;
    this.exchanges = new Map(
      names.map((name) => {
        const rules = { ...testRules(name, '0.01', '0.0001', '5'), maxOrderLists: 20 };
        const options = { rules, fee, feeAsset: 'base', base: 0n as Amount, quote: purse, price: ticks(100_000) } as const;
        return [name, new ScriptedExchange(options)];
      }),
    );
    this.funds = funds;
    const rules = Object.fromEntries([...this.exchanges].map(([name, exchange]) => [name, exchange.rules]));
    this.state = dcaPairs.initial(this.settings, { bot: 'many' as BotId, rules, allotted: { USDT: funds } }) as SeveralState;
  }

  on(pair: Pair): ScriptedExchange {
    return this.exchanges.get(pair) as ScriptedExchange;
  }

  get at() {
    return this.on(names[0]).at;
  }

  get quotes(): ReadonlyMap<Pair, Quote> {
    return new Map([...this.exchanges.values()].flatMap((exchange) => [...exchange.quotes]));
  }

  /** Quote of the bot as the exchanges count it. */
  get quote(): bigint {
    return [...this.exchanges.values()].reduce((sum, exchange) => sum + exchange.quote - purse, this.funds as bigint);
  }

  get open(): readonly Pair[] {
    return names.filter((name) => this.state.parts[name]!.state.deal !== null);
  }

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
    const live = new Set(names.flatMap((name) => this.state.parts[name]!.state.orders.map(({ id }) => id as string)));
    let cost = 0n;
    for (const [id, order] of this.#asked) {
      if (!live.has(id)) this.#asked.delete(id);
      else {
        const { filled } = this.state.parts[order.pair]!.state.orders.find((each) => each.id === id)!;
        if (filled === 0n) cost += order.cost;
      }
    }
    const has = names.reduce((sum, name) => sum + this.state.parts[name]!.state.quote, this.state.pool as bigint);
    assert.ok(cost <= has, `orders of ${cost} with ${has}`);
  }

  #holds(): void {
    const { state, settings } = this;
    assert.ok(this.open.length <= settings.dealsAtOnce, 'M2');
    assert.ok(state.pool >= 0n, 'M1');
    for (const name of names) {
      const part = state.parts[name]!.state;
      assert.ok(part.quote >= 0n && part.base >= 0n);
      if (part.deal === null) assert.equal(part.quote, 0n, 'M1');
      else assert.ok(part.deal.number <= state.shared.dealNumber, 'M3');
    }
    const numbers = this.open.map((name) => state.parts[name]!.state.deal!.number);
    assert.equal(
      new Set([...numbers, ...this.closed.map(({ number }) => number)]).size,
      numbers.length + this.closed.length,
      'B6',
    );
  }

  command(command: BotCommand, pair?: Pair): string | null {
    const why = dcaPairs.refuses(this.settings, this.state, command, pair);
    if (why === null) this.send({ kind: 'command', command, ...(pair === undefined ? {} : { pair }) } as { kind: 'command' });
    return why;
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
      while (names.some((name) => this.deliver(name)));
      const waiting = names.find((name) => this.on(name).arriving > 0);
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
