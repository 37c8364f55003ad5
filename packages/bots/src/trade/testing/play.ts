/** A trade before a scripted exchange. */
import assert from 'node:assert/strict';
import { amount, type BotId, type PairRules, ticks } from '@holdfast/domain';
import { BotPlay, ScriptedExchange, type ScriptedOptions, testRules } from '@holdfast/testkit';
import type { StepResult } from '../../bot-kind.ts';
import { decodeState, encodeState } from '../../codec.ts';
import type { TradeCommand } from '../commands.ts';
import { readTradeSettings, type TakeProfitText, type TradeSettings, type TradeSettingsText } from '../settings.ts';
import type { TradeState } from '../state.ts';
import { trade } from '../trade.ts';

export const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
/** The same on an exchange that takes OCOs. */
export const ocoRules: PairRules = { ...rules, maxOrderLists: 20 };
const bot = 'b1' as BotId;

export const target = (text: Partial<TakeProfitText> = {}): TakeProfitText => ({
  percent: text.price === undefined ? '2' : '0',
  price: '0',
  sharePercent: '100',
  order: 'limit',
  trailingPercent: '0',
  ...text,
});

/** A stop loss: three percent below the average cost. */
export const stop = { stopLossPercent: '3' } as const;

export const textOf = (text: Partial<TradeSettingsText> = {}): TradeSettingsText => ({
  entry: 'market',
  size: '1000',
  heldQuantity: '0',
  heldPrice: '0',
  entryPrice: '0',
  entryLimit: '0',
  entryWhen: 'at-or-below',
  entryPriceOf: 'last',
  entryTrailingPercent: '0',
  entryTimeoutSeconds: 0,
  takeProfits: [target()],
  stopLossPercent: '0',
  stopLossPrice: '0',
  stopLossOrder: 'market',
  stopLossGapPercent: '0.5',
  stopLossPriceOf: 'last',
  stopLossTimeoutSeconds: 0,
  stopLossTrailing: false,
  breakevenAfterStep: 0,
  rests: 'stop-loss',
  feeAsset: 'base',
  feePercent: '0.1',
  slippagePercent: '0.3',
  entryAttempts: 3,
  retrySeconds: 3,
  ...text,
});

export class Play extends BotPlay<TradeState> {
  readonly settings: TradeSettings;
  /** As typed. */
  readonly text: Partial<TradeSettingsText>;

  constructor(text: Partial<TradeSettingsText> = {}, options: Partial<ScriptedOptions> = {}) {
    const settings = readTradeSettings(rules.pair, textOf(text));
    const { fee, feeAsset } = settings;
    const quote = options.quote ?? amount('2000');
    const base = options.base ?? amount('0');
    const exchange = new ScriptedExchange({ rules, fee, feeAsset, price: ticks(10_000_00), ...options, base, quote });
    super(
      exchange,
      trade.initial(settings, { bot, rules: exchange.rules, allotted: { USDT: quote, BTC: base } }),
      (state, event) => stored(trade.step(settings, state, event)),
    );
    this.settings = settings;
    this.text = text;
  }

  get report() {
    const { deal } = trade.report(this.settings, this.state);
    if (deal === null) throw new Error('the trade is over');
    return deal;
  }

  get waitingFor(): string {
    return trade.report(this.settings, this.state).waitingFor;
  }

  order(command: TradeCommand): boolean {
    return this.send({ kind: 'command', command } as { kind: 'command' });
  }

  /** Everything is answered and every wake that the price reaches is fired. */
  calm(share = 100): this {
    this.settle(share);
    for (let fired = 0; this.fire(); fired++) {
      assert.ok(fired < 200, `the trade wakes again and again: ${this.waitingFor}`);
      this.settle(share);
    }
    return this;
  }

  to(price: string, share = 100): this {
    this.move(price, share);
    return this.calm(share);
  }

  get ending(): string | null {
    return this.state.closed?.ending ?? null;
  }
}

/** Every state goes through text and back, as it does in the engine. */
const stored = (result: StepResult<TradeState>): StepResult<TradeState> =>
  'unchanged' in result ? result : { ...result, state: decodeState<TradeState>(encodeState(result.state)) };

export const started = (text: Partial<TradeSettingsText> = {}, options: Partial<ScriptedOptions> = {}): Play => {
  const play = new Play(text, options);
  play.send({ kind: 'started' });
  return play;
};
