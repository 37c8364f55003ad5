/** Plays the runtime for one bot before a scripted exchange: events in, intents out, in the test's own order. */
import {
  type BotCommand,
  type BotEvent,
  formatAmount,
  type Intent,
  priceAmount,
  type Step,
  type Ticks,
  ticks,
  type Wake,
} from '@holdfast/domain';
import type { Answer, ScriptedExchange, Share } from './scripted-exchange.ts';

/** A step of a bot with its settings filled in; `unchanged` as in packages/bots. */
export type Stepper<State> = (state: State, event: BotEvent) => Step<State> | { readonly unchanged: true };

export class BotPlay<State> {
  readonly exchange: ScriptedExchange;
  readonly intents: Intent[] = [];
  readonly delivered: Answer[] = [];
  state: State;
  wakes: readonly Wake[] = [];
  quoteKnown = true;
  readonly #step: Stepper<State>;

  constructor(exchange: ScriptedExchange, state: State, step: Stepper<State>) {
    this.exchange = exchange;
    this.state = state;
    this.#step = step;
  }

  /** Gives the bot an event, with time and prices added. Whether anything changed. */
  send(event: { readonly kind: BotEvent['kind'] }): boolean {
    const quotes = this.quoteKnown ? this.exchange.quotes : new Map();
    const result = this.#step(this.state, { ...event, at: this.exchange.at, quotes } as BotEvent);
    if ('unchanged' in result) return false;
    this.state = result.state;
    this.wakes = result.wakes;
    this.intents.push(...result.intents);
    this.exchange.submit(result.intents);
    return true;
  }

  command(name: BotCommand['name']): boolean {
    return this.send({ kind: 'command', command: { name } } as { kind: 'command' });
  }

  /** Hands the next answer to the bot; false when none is on its way. */
  deliver(): boolean {
    const answer = this.exchange.take();
    if (answer === undefined) return false;
    this.delivered.push(answer);
    this.send(answer);
    return true;
  }

  /** Everything arrives and is answered; an ioc is filled by `share` hundredths. */
  settle(share: Share = 100): this {
    for (;;) {
      while (this.deliver());
      if (this.exchange.arriving === 0) return this;
      this.exchange.arrive({ kind: 'take' }, share);
    }
  }

  /**
   * The price goes there before a vault that takes no purchase whose limit lies more than `percent` above it, and wakes that the price
   * reaches are fired until nothing more happens.
   */
  inBand(price: Ticks, percent: bigint): this {
    this.exchange.move(price, 100);
    const highest = (priceAmount(price, this.exchange.rules) * (100n + percent)) / 100n;
    for (let turns = 0; turns < 200; turns++) {
      const intent = this.intents[this.intents.length - this.exchange.arriving];
      const isOut = intent?.kind === 'place-order' && intent.side === 'buy' && intent.limit > highest;
      if (this.exchange.arriving > 0) this.exchange.arrive(isOut ? { kind: 'refuse', code: 'E_BAND' } : { kind: 'take' }, 100);
      else if (!this.deliver() && !this.fire()) return this;
    }
    throw new Error('the bot wakes again and again');
  }

  /** The price goes there, touched orders are filled by `share` hundredths, and all is answered. */
  move(price: string, share: Share = 100): this {
    this.exchange.move(ticks(Math.round(Number(price) / Number(formatAmount(this.exchange.rules.tick)))), share);
    return this.settle(share);
  }

  /** Fires the oldest wake that the price of now reaches; false when there is none. */
  fire(): boolean {
    const quotes = this.exchange.quotes;
    const wake = this.wakes.find((each) => {
      const quote = each.kind === 'price' ? quotes.get(each.pair) : undefined;
      if (each.kind !== 'price' || quote === undefined) return false;
      return each.when === 'at-or-below' ? quote[each.of] <= each.price : quote[each.of] >= each.price;
    });
    if (wake === undefined) return false;
    this.wakes = this.wakes.filter((each) => each !== wake);
    this.send({ kind: 'woken', wake } as { kind: 'woken' });
    return true;
  }

  /** Lets time pass to the earliest time wake and fires it; false when there is none. */
  wait(): boolean {
    const wake = this.wakes.find((each) => each.kind === 'time');
    if (wake?.kind !== 'time') return false;
    this.exchange.pass(Math.max(wake.at - this.exchange.at, 0));
    this.wakes = this.wakes.filter((each) => each !== wake);
    this.send({ kind: 'woken', wake } as { kind: 'woken' });
    return true;
  }

  /** Resting orders as `sell 0.01 at 10100`, oldest first. */
  get orders(): readonly string[] {
    return [...this.exchange.resting.values()].map(
      ({ intent, filled }) => `${intent.side} ${formatAmount(intent.quantity - filled)} at ${formatAmount(intent.limit)}`,
    );
  }
}
