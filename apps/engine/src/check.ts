/** What would become of settings, said before a bot is made: every fault with its field, the funds, the mandate it needs. */
import { type Allotment, type FirstOrder, type MandateNeeds, type RulesByPair, type SubBook, suggestGrid } from '@holdfast/bots';
import type { EngineCheck, EngineCommand, EngineFirstOrder, EngineGridSuggestion, EngineMandateNeeds } from '@holdfast/contracts';
import {
  type Amount,
  type Asset,
  amount,
  type Candle,
  formatAmount,
  formatLots,
  formatTicks,
  type Pair,
  type PairRules,
  quoteOf,
} from '@holdfast/domain';
import { CommandError } from './command-error.ts';
import { botKind, checkSettingsOf, readSettings } from './kinds.ts';
import { writeRules } from './memory.ts';
import { type Founding, namedPairs } from './new-bot.ts';

/** What making the bot would need and refuse, all at once; nothing is made. @throws CommandError */
export async function checkBot(
  { memory, market }: Pick<Founding, 'memory' | 'market'>,
  command: Extract<EngineCommand, { command: 'bot-check' }>,
): Promise<EngineCheck> {
  const named = namedPairs(command);
  const read = (text: Record<string, unknown>) => readSettings(command.kind, text, named);
  const { settings, stored, faults } = checkSettings(command.kind, command.settings, read);
  if (settings === undefined || stored === null) return { settings: stored, faults, funds: null, needs: null, orders: null };
  const kind = botKind(command.kind);
  const { rules, quotes } = await market(kind.pairsOf(settings));
  const money = checkFunds(
    command.funds ?? {},
    (given) => kind.fundsNeeded(settings, rules, quotes, given),
    (asset) => memory.ledger.balance('owner', asset),
  );
  return {
    settings: stored,
    faults: [...faultsOf(kind.problems(settings, rules), stored), ...money.faults],
    funds: money.funds,
    needs: needsText(kind.mandateNeeds(settings, rules, quotes, money.allotted)),
    orders: kind.firstOrders?.(settings, rules, quotes, money.allotted).map((each) => firstOrder(each, rules)) ?? null,
  };
}

type Fault = EngineCheck['faults'][number];

interface CheckedSettings {
  readonly stored: Record<string, unknown> | null;
  /** Undefined while there is a fault that keeps them from being read. */
  readonly settings: unknown;
  readonly faults: readonly Fault[];
}

/** `read` makes exact settings of completed ones. @throws CommandError `bot-kind-unknown` */
function checkSettings(name: string, settings: unknown, read: (stored: Record<string, unknown>) => unknown): CheckedSettings {
  const checked = checkSettingsOf(name, settings);
  if ('faults' in checked) {
    return { stored: null, settings: undefined, faults: checked.faults };
  }
  const stored = checked.settings;
  try {
    return { stored, settings: read(stored), faults: [] };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { stored, settings: undefined, faults: faultsOf([error.message], stored) };
  }
}

/** Sentences of a kind such as `lines, upperPrice: …` or `takeProfits.0.price: …`, by the first field that they name. */
function faultsOf(sentences: readonly string[], stored: Record<string, unknown>): readonly Fault[] {
  return sentences.map((text) => {
    // Of a bot of several pairs a sentence may begin with its pair.
    const [of = ''] = /^[A-Z0-9]+\/[A-Z0-9]+: /.exec(text) ?? [];
    const said = text.slice(of.length);
    const colon = said.indexOf(': ');
    const [first = ''] = said.slice(0, Math.max(0, colon)).split(', ');
    const isField = (first.split('.')[0] ?? '') in stored;
    return isField ? { field: first, reason: of + said.slice(colon + 2) } : { field: null, reason: text };
  });
}

interface CheckedFunds {
  readonly funds: NonNullable<EngineCheck['funds']>;
  /** Given, or needed where nothing is given: what the mandate has to be enough for. */
  readonly allotted: SubBook;
  readonly faults: readonly Fault[];
}

function checkFunds(
  given: Readonly<Record<string, string>>,
  neededWith: (given: SubBook) => readonly Allotment[],
  freeOf: (asset: Asset) => Amount,
): CheckedFunds {
  const amounts = Object.fromEntries(Object.entries(given).map(([asset, text]) => [asset, amount(text)]));
  const needed = neededWith(amounts);
  const taken: readonly string[] = needed.map(({ asset }) => asset);
  const others = Object.keys(given).filter((asset) => !taken.includes(asset));
  const rows = needed.map(({ asset, amount: least }) => ({
    asset,
    least,
    allotted: amounts[asset] ?? least,
    free: freeOf(asset),
  }));
  return {
    funds: rows.map(({ asset, least, allotted, free }) => ({
      asset,
      needed: formatAmount(least),
      allotted: formatAmount(allotted),
      free: formatAmount(free),
    })),
    allotted: Object.fromEntries(rows.map(({ asset, allotted }) => [asset, allotted])),
    faults: [
      ...others.map((asset) => ({ field: `funds.${asset}`, reason: `this bot takes funds in ${taken.join(' and ')} only` })),
      ...rows.flatMap(fundFaults),
    ],
  };
}

interface FundRow {
  readonly asset: Asset;
  readonly least: Amount;
  readonly allotted: Amount;
  readonly free: Amount;
}

function fundFaults({ asset, least, allotted, free }: FundRow): readonly Fault[] {
  const field = `funds.${asset}`;
  const text = (value: Amount): string => `${formatAmount(value)} ${asset}`;
  const little = allotted < least ? [{ field, reason: `${text(allotted)} are given, and ${text(least)} are needed` }] : [];
  const short =
    allotted > free ? [{ field, reason: `${text(allotted)} are needed, and ${text(free)} are free of other bots` }] : [];
  return [...little, ...short];
}

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
