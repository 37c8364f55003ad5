/** The rounds of a simulated exchange's clock: all that belongs to one is handled in one order, written, and acknowledged. */
import type { EpochMs } from '@holdfast/domain';
import type { Comparison } from './comparison.ts';
import type { Desk } from './desk.ts';
import type { SettledEvent } from './effects.ts';
import type { Prices } from './prices.ts';
import type { Quiet } from './quiet.ts';
import { lateWordMs, type Ring } from './round.ts';
import type { Sender } from './sender.ts';

/** How long a round waits for the exchange's first word on an approved order before it says so and goes on. */
const settleWaitMs = 5_000;

export interface RoundNeeds {
  readonly ring: Ring;
  readonly sender: Sender;
  readonly prices: Prices;
  readonly quiet: Quiet;
  readonly comparison: Comparison;
  takeIn(event: SettledEvent): Promise<void>;
  isCompareDue(): boolean;
  hasVault(): boolean;
}

export class Rounds {
  readonly #desk: Desk;
  readonly #needs: RoundNeeds;
  #settleBy: number | undefined;
  #outboxAtClose = 0;

  constructor(desk: Desk, needs: RoundNeeds) {
    this.#desk = desk;
    this.#needs = needs;
  }

  /** Called when nothing is left to handle: opens the next round of the exchange's clock, or ends the open one. */
  async turn(): Promise<void> {
    if (this.#needs.ring.open !== undefined) {
      await this.#end();
      return;
    }
    const next = this.#needs.ring.next(this.#desk.memory.bots.size > 0, this.#desk.ports.timers.now(), () => this.#isSettled());
    if (next.kind === 'wait') this.#desk.later(lateWordMs, async () => {});
    if (next.kind === 'again') this.#needs.quiet.acknowledge(next.round.n);
    else if (next.kind !== 'new' && this.#needs.ring.acknowledged !== undefined)
      this.#needs.quiet.renew(this.#needs.ring.acknowledged);
    if (next.kind !== 'new') return;
    this.#settleBy = undefined;
    await this.#handle(next.round.at);
    await this.#desk.write();
    if (!this.#desk.isBusy()) await this.#end();
  }

  /** Prices first, so that a fill is seen with the prices of its time; then fills; then what the prices wake. */
  async #handle(at: EpochMs): Promise<void> {
    const { market, vault } = this.#needs.ring.drain();
    // What was said in a stretch without rounds comes first: it is older than this round's time, prices and fills.
    const over = market.findLastIndex((event) => event.kind === 'quiet-over') + 1;
    for (const event of market.slice(0, over)) await this.#needs.prices.said(event);
    this.#desk.memory.heard(at);
    // Candles that close with a price are heard before it.
    const priced = market.findIndex((event, index) => index >= over && event.kind !== 'candle');
    const said = priced === -1 ? [] : market.slice(priced);
    for (const event of market.slice(over, market.length - said.length)) await this.#needs.prices.said(event);
    for (const event of said) this.#needs.prices.know(event);
    for (const event of vault) await this.#needs.takeIn(event);
    await this.#hear(said);
    this.#needs.prices.timePassed();
  }

  /** As in a backtest, the best prices that are left go with each trade; where nothing traded they are a picture of their own. */
  async #hear(said: ReturnType<Ring['drain']>['market']): Promise<void> {
    const { prices } = this.#needs;
    const best = new Map(said.flatMap((event) => (event.kind === 'best' ? [[event.pair, event] as const] : [])));
    const traded = new Set(said.flatMap((event) => (event.kind === 'trade' ? [event.pair] : [])));
    for (const event of said) {
      if (event.kind === 'trade') {
        if (prices.isPast(event)) continue;
        const left = best.get(event.pair);
        prices.priced(event.pair, { last: event.price, ...(left === undefined ? {} : { bid: left.bid, ask: left.ask }) });
      } else if (event.kind !== 'best' || (best.get(event.pair) === event && !traded.has(event.pair))) await prices.said(event);
    }
  }

  async #end(): Promise<void> {
    const round = this.#needs.ring.open;
    if (round === undefined || this.#desk.isBusy()) return;
    if (!this.#isSettled()) return;
    // After a round in which nothing was sent, every fill has been said: the books must agree to the last digit.
    if (this.#needs.isCompareDue() && this.#desk.memory.nextOutbox === this.#outboxAtClose) {
      await this.#needs.comparison.compare(true);
      if (this.#desk.isBusy() || this.#needs.ring.open !== round) return;
    }
    this.#needs.ring.close();
    this.#outboxAtClose = this.#desk.memory.nextOutbox;
    this.#needs.quiet.acknowledge(round.n);
  }

  /** Every intent has its verdict, and every approved one the exchange's first word. */
  #isSettled(): boolean {
    if (this.#desk.memory.outbox.size === 0 && !this.#needs.sender.isBusy) return true;
    const now = this.#desk.ports.timers.now();
    if (this.#settleBy === undefined) {
      this.#settleBy = now + settleWaitMs;
      this.#desk.later(settleWaitMs, async () => {});
    }
    if (now < this.#settleBy || !this.#needs.hasVault()) return false;
    this.#desk.ports.log(
      'warning',
      `the exchange has not answered ${this.#desk.memory.outbox.size} intents in ${settleWaitMs} ms; going on`,
    );
    return true;
  }
}
