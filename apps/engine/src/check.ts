/** What would become of settings, said before a bot is made: every fault with its field, the funds, the mandate it needs. */
import { type FirstOrder, type RulesByPair, suggestGrid } from '@holdfast/bots';
import type { EngineCheck, EngineCommand, EngineFirstOrder, EngineGridSuggestion, EngineMandateNeeds } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type Candle,
  formatAmount,
  formatLots,
  formatTicks,
  type MandateNeeds,
  type Pair,
  type PairRules,
  quoteOf,
  zero,
} from '@holdfast/domain';
import { CommandError } from './command-error.ts';
import { examine, type FundRow } from './examine.ts';
import { writeRules } from './memory.ts';
import type { Founding } from './new-bot.ts';

/** What making the bot would need and refuse, all at once; nothing is made. @throws CommandError */
export async function checkBot(
  known: Pick<Founding, 'memory' | 'market'>,
  command: Extract<EngineCommand, { command: 'bot-check' }>,
): Promise<EngineCheck> {
  const { faults, stored, plan } = await examine(known, command);
  if (plan === null) return { settings: stored, faults, funds: null, needs: null, orders: null };
  return {
    settings: stored,
    faults,
    funds: plan.funds.map(fundsText),
    needs: needsText(plan.needs),
    orders: plan.orders?.map((each) => firstOrder(each, plan.rules)) ?? null,
  };
}

const fundsText = (row: FundRow): NonNullable<EngineCheck['funds']>[number] => ({
  asset: row.asset,
  needed: formatAmount(row.least),
  allotted: formatAmount(row.allotted),
  free: formatAmount(row.free ?? zero),
});

const firstOrder = ({ pair, order, reason }: FirstOrder, rules: RulesByPair): EngineFirstOrder => {
  const known = rules[pair];
  if (order === null || known === undefined) return { pair, side: null, quantity: null, limit: null, value: null, reason };
  return {
    pair,
    side: order.side,
    quantity: formatLots(order.quantity, known),
    limit: formatTicks(order.limit, known),
    value: formatAmount(order.value),
    reason,
  };
};

const needsText = (needs: MandateNeeds): EngineMandateNeeds => ({
  pairs: needs.pairs.map((each) => ({
    pair: each.pair,
    sides: each.sides,
    orders: each.orders,
    maxOrderQuote: formatAmount(each.maxOrderQuote),
    maxOrderBase: formatAmount(each.maxOrderBase),
    maxPositionQuote: formatAmount(each.maxPositionQuote),
    floor: formatAmount(each.floor),
    ceiling: formatAmount(each.ceiling),
    maxSellHeldBase24h: formatAmount(each.maxSellHeldBase24h),
  })),
  turnover24h: formatAmount(needs.turnover24h),
  openOrders: needs.openOrders,
  maxOpenQuote: formatAmount(needs.maxOpenQuote),
});

interface GridWish {
  readonly feePercent: string;
  readonly funds: Amount;
  readonly rules: PairRules;
  /** Candles of `intervalMs` to play the grid on. */
  readonly tape: readonly Candle[];
  readonly intervalMs: number;
}

/** The finest candles of so many days that are about two thousand: finer ones say more about a grid, more take longer. */
export function tapeInterval(days: number): { readonly name: string; readonly ms: number } {
  const minutes = days <= 7 ? 5 : days <= 21 ? 15 : 30;
  return { name: `${minutes}m`, ms: minutes * 60_000 };
}

/** @throws CommandError `candles-missing`, `funds-insufficient` */
export function suggestedGrid(
  of: Pair,
  candles: readonly Candle[],
  { feePercent, funds, rules, tape, intervalMs }: GridWish,
): EngineGridSuggestion {
  const [first] = candles;
  const made = suggestGrid(candles, amount(feePercent) / 100n, funds, rules.minNotional);
  if (made === null || first === undefined)
    throw new CommandError(
      'candles-missing',
      `The exchange has no candle of ${of} with a trade; a range cannot be taken from it`,
    );
  if (funds === 0n) throw new CommandError('funds-insufficient', `No ${quoteOf(of)} is free of other bots; name the funds`);
  return {
    settings: { ...made.settings, feePercent },
    meanMovePercent: formatAmount(shortened(made.meanMove * 100n)),
    stepPercent: formatAmount(shortened(made.step * 100n)),
    feePercent,
    funds: formatAmount(funds),
    candles: { interval: '1h', count: candles.length, from: first.openTime },
    tape: { intervalMs, rows: tape.map(rowOf), rules: JSON.parse(writeRules(rules)) as Record<string, unknown> },
  };
}

const rowOf = ({ openTime, open, high, low, close, volume }: Candle): EngineGridSuggestion['tape']['rows'][number] => [
  openTime,
  formatAmount(open),
  formatAmount(high),
  formatAmount(low),
  formatAmount(close),
  formatAmount(volume),
];

/** To four decimals: shown, not traded. */
const shortened = (percent: bigint): bigint => percent - (percent % 10n ** 14n);
