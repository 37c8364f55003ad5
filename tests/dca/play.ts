/** A DCA bot before a scripted exchange, with its wakes of price, time and condition fired as the runtime fires them. */
import { type DcaSettings, type DcaState, dca, decodeState, encodeState } from '@holdfast/bots';
import { type DcaSettingsInput, dcaSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotCommand,
  type BotId,
  baseOf,
  type ClosedDeal,
  formatAmount,
  type OpenDeal,
  quoteOf,
  ticks,
} from '@holdfast/domain';
import { BotPlay, ScriptedExchange, type ScriptedOptions, testRules } from '@holdfast/testkit';

export const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const tick = 0.01;

export interface PlayOptions extends Partial<ScriptedOptions> {
  readonly state?: DcaState;
}

export class DcaPlay extends BotPlay<DcaState> {
  readonly settings: DcaSettings;
  /** What the bot was given: quote, or base for short deals. */
  readonly funds: Amount;
  readonly closed: ClosedDeal[] = [];

  constructor(change: Partial<DcaSettingsInput> = {}, options: PlayOptions = {}) {
    const traded = options.rules ?? rules;
    const settings = dca.readSettings(
      traded.pair,
      dcaSettings.parse({ baseOrderSize: '100', averagingOrderSize: '50', averagingOrders: 3, ...change }),
    );
    const isShort = settings.direction === 'short';
    const funds = (isShort ? options.base : options.quote) ?? amount(isShort ? '0.1' : '1000');
    const { fee, feeAsset } = settings;
    const exchange = new ScriptedExchange({
      rules,
      fee,
      feeAsset,
      price: ticks(1_000_000),
      ...options,
      base: isShort ? funds : (0n as Amount),
      quote: isShort ? (0n as Amount) : funds,
    });
    const birth = dca.initial(settings, {
      bot: 'dca' as BotId,
      rules: exchange.rules,
      allotted: { [isShort ? baseOf(traded.pair) : quoteOf(traded.pair)]: funds },
    });
    super(exchange, options.state ?? birth, (state, event) => {
      const result = dca.step(settings, state, event);
      if ('unchanged' in result) return result;
      this.closed.push(...dca.closedDeals(state, result.state));
      return { ...result, state: decodeState<DcaState>(encodeState(result.state)) };
    });
    this.settings = settings;
    this.funds = funds;
  }

  begin(share = 100): this {
    this.send({ kind: 'started' });
    return this.settle(share);
  }

  /** The price goes there; fills and price wakes follow until nothing more happens. */
  tick(price: string | number, share = 100): this {
    this.exchange.move(ticks(Math.round(Number(price) / tick)), share);
    this.settle(share);
    for (let i = 0; i < 20 && this.fire(); i++) this.settle(share);
    return this;
  }

  /** Time passes, and every wake of it that is due is fired. */
  pass(seconds: number, share = 100): this {
    const until = this.exchange.at + seconds * 1000;
    for (let i = 0; i < 50; i++) {
      const next = this.wakes.find((wake) => wake.kind === 'time');
      if (next?.kind !== 'time' || next.at > until) break;
      this.wait();
      this.settle(share);
    }
    this.exchange.pass(Math.max(until - this.exchange.at, 0));
    return this;
  }

  /** The condition that is waited for holds as a candle closes; false when none is. */
  holds(text?: string | null): boolean {
    const wake = this.wakes.find((each) => each.kind === 'condition' && (text === undefined || each.condition === text));
    if (wake === undefined) return false;
    this.wakes = this.wakes.filter((each) => each !== wake);
    this.send({ kind: 'woken', wake } as { kind: 'woken' });
    return true;
  }

  /** What the bot answers; null when it did it. */
  ask(command: BotCommand): string | null {
    const why = dca.refuses(this.settings, this.state, command);
    this.send({ kind: 'command', command } as { kind: 'command' });
    return why;
  }

  get phase(): OpenDeal['phase'] | undefined {
    return this.state.deal?.phase;
  }

  get report(): OpenDeal {
    const { deal } = dca.report(this.settings, this.state);
    if (deal === null) throw new Error(`no deal is open: ${this.waitingFor}`);
    return deal;
  }

  get waitingFor(): string {
    return dca.report(this.settings, this.state).waitingFor;
  }

  /** Resting orders with kind and trigger: `stop-limit sell 0.01 at 9500 from 9550`. */
  get book(): readonly string[] {
    return [...this.exchange.resting.values()].map(({ intent, filled }) => {
      const from = intent.trigger === undefined ? '' : ` from ${formatAmount(intent.trigger)}`;
      const open = formatAmount(intent.quantity - filled);
      return `${intent.order} ${intent.side} ${open} at ${formatAmount(intent.limit)}${from}`;
    });
  }
}
