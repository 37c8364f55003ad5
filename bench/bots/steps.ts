/** Each kind's `step` on events that it had in a market that walks: recorded once with their states, then called again and again. */
import { type BotKind, botKinds, type RulesByPair } from '@holdfast/bots';
import { botSettings } from '@holdfast/contracts';
import { amount, type BotEvent, type BotId, type Pair, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { quantile, type Row } from '../rows/row.ts';

const rounds = 9;
const moves = 2000;
const callsPerRound = 20_000;

// biome-ignore lint/suspicious/noExplicitAny: the three types belong together; only the kind itself looks inside
type AnyKind = BotKind<any, any, any>;

const pair = 'BTC/USDT' as Pair;
const settings: Readonly<Record<string, { readonly text: object; readonly needsPair: boolean }>> = {
  dca: {
    text: {
      baseOrderSize: '100',
      averagingOrderSize: '100',
      averagingOrders: 5,
      averagingOrdersActive: 3,
      stepPercent: '0.4',
      takeProfitPercent: '0.6',
      stopLossPercent: '4',
    },
    needsPair: true,
  },
  grid: { text: { lowerPrice: '9500', upperPrice: '10500', lines: 41, amountPerLine: '100' }, needsPair: true },
  trade: { text: { size: '100000', takeProfits: '300%:100', stopLossPercent: '50', stopLossTrailing: true }, needsPair: true },
  signal: {
    text: { size: '1000', maxEntryQuote: '2000', maxInvestmentQuote: '2000', takeProfitPercent: '0.6', stopLossPercent: '0.6' },
    needsPair: true,
  },
  recurring: { text: { size: '100', schedule: '* * * * *' }, needsPair: true },
  rebalance: {
    text: { targets: 'BTC/USDT:50', cashPercent: '50', thresholdPercent: '0.2', checkInterval: '1m', minTrade: '6' },
    needsPair: false,
  },
};

interface Call {
  readonly state: unknown;
  readonly event: BotEvent;
}

class Recording extends BotPlay<unknown> {
  readonly calls: Call[] = [];
  #seed = 11;

  constructor(kind: AnyKind, read: unknown, rules: RulesByPair) {
    const funds = { quote: amount('1000000'), base: amount('0') };
    const exchange = new ScriptedExchange({
      rules: rules[pair]!,
      ...funds,
      fee: 10n ** 15n,
      feeAsset: 'base',
      price: ticks(10_000_00),
    });
    const calls: Call[] = [];
    super(exchange, kind.initial(read, { bot: 'b1' as BotId, rules, allotted: { USDT: funds.quote } }), (state, event) => {
      calls.push({ state, event: { ...event, quotes: new Map(event.quotes) } as BotEvent });
      return kind.step(read, state, event);
    });
    this.calls = calls;
  }

  random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#seed >>> 8) % below;
  }

  /** The price goes on, what it touches fills, wakes that came are fired, time passes. */
  walk(): void {
    const to = Math.min(10_450_00, Math.max(9_550_00, this.exchange.price + this.random(4001) - 2000));
    this.exchange.move(ticks(to), 100);
    this.exchange.pass(15_000);
    this.settle();
    for (let fired = 0; fired < 4 && this.fire(); fired++) this.settle();
    const due = this.wakes.find((wake) => wake.kind === 'candle-close' || (wake.kind === 'time' && wake.at <= this.exchange.at));
    if (due === undefined) return;
    this.wakes = this.wakes.filter((each) => each !== due);
    this.send({ kind: 'woken', wake: due } as { kind: 'woken' });
    this.settle();
  }
}

function record(name: string): { readonly kind: AnyKind; readonly read: unknown; readonly calls: readonly Call[] } {
  const kind = (botKinds as unknown as Record<string, AnyKind>)[name]!;
  const { text, needsPair } = settings[name]!;
  const parsed = (botSettings as unknown as Record<string, { parse(text: object): object }>)[name]!.parse(text);
  const read = kind.readSettings(needsPair ? [pair] : [], parsed);
  const play = new Recording(kind, read, { [pair]: testRules(pair, '0.01', '0.00001', '5') });
  play.send({ kind: 'started' });
  play.settle();
  for (let n = 0; n < moves; n++) {
    if (name === 'signal' && kind.refuses(read, play.state, { name: 'start-deal' }) === null) play.command('start-deal');
    play.walk();
  }
  return { kind, read, calls: play.calls };
}

export function stepRows(): readonly Row[] {
  return Object.keys(settings).map((name) => {
    const { kind, read, calls } = record(name);
    const speeds: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const began = process.hrtime.bigint();
      for (let n = 0; n < callsPerRound; n++) {
        const { state, event } = calls[n % calls.length]!;
        kind.step(read, state, event);
      }
      // The first round is the compiler's.
      if (round > 0) speeds.push((callsPerRound * 1e9) / Number(process.hrtime.bigint() - began));
    }
    speeds.sort((a, b) => a - b);
    return {
      name: `step of ${name}, ${calls.length.toLocaleString('en-US')} events`,
      median: quantile(speeds, 0.5),
      p99: speeds[0] ?? null,
      unit: 'events/s',
      aim: null,
      reached: null,
    };
  });
}
