/** Candles as a table of text, and what a bot did over them as lines. Tests only. */
import { botSettings } from '@holdfast/contracts';
import { type Amount, amount, type BotCommand, type EpochMs, epochMs, formatAmount, type PairRules } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { usualAssumptions } from '../assumptions.ts';
import type { Assumptions, RunRequest, RunResult } from '../result.ts';
import { runBacktest } from '../run.ts';
import { withTrades } from '../trades-inside.ts';
import { type Row, seriesOf, tableStart } from './tables.ts';
import { tradesFrom } from './trades.ts';

/** Prices in 0.01, coins in 0.001, orders of at least 5. */
export const rules: PairRules = { ...testRules('FOO/USDT', '0.01', '0.001', '5'), maxAlgoOrders: 5, maxOrderLists: 20 };

/** No fees, any quantity at the touch and a spread of one tick: what a table shows is the order of things alone. */
export const bare: Assumptions = {
  ...usualAssumptions,
  makerFee: 0n as Amount,
  takerFee: 0n as Amount,
  volumeShare: null,
  depth: 'best',
};

export interface Play {
  readonly kind: string;
  readonly settings: object;
  /** One line a minute: open, high, low, close and volume (1000 when left out); `-` for a minute that is missing. */
  readonly candles: string;
  /** Trades inside them, one a line (testing/trades.ts). */
  readonly trades?: string;
  readonly assumptions?: Partial<Assumptions>;
  readonly funds?: Readonly<Record<string, string>>;
  /** The exchange's; `rules` when left out. */
  readonly traded?: PairRules;
  /** Commands of a person, by ms after the first candle opens. */
  readonly commands?: Readonly<Record<number, BotCommand>>;
}

function rowOf(line: string, { tick, lot }: PairRules): Row {
  if (line === '-') return null;
  const [open = '', high = '', low = '', close = '', volume = '1000'] = line.split(/\s+/);
  const ticks = (price: string): number => Number(amount(price) / tick);
  return [ticks(open), ticks(high), ticks(low), ticks(close), Number(amount(volume) / lot)];
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** `1:15` is a quarter into the second minute. */
const clock = (at: number): string => {
  const seconds = Math.ceil((at - tableStart) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

export function requestOf({
  kind,
  settings,
  candles,
  trades,
  assumptions,
  funds,
  traded = rules,
  commands = {},
}: Play): RunRequest {
  const schema = (botSettings as Readonly<Record<string, { parse(value: unknown): unknown }>>)[kind]!;
  const rows = linesOf(candles).map((line) => rowOf(line, traded));
  const series = seriesOf(traded, rows);
  return {
    kind,
    settings: schema.parse(settings),
    series: new Map([[traded.pair, trades === undefined ? series : withTrades(series, tradesFrom(linesOf(trades), traded))]]),
    rules: new Map([[traded.pair, traded]]),
    from: 0 as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: funds === undefined ? null : Object.fromEntries(Object.entries(funds).map(([asset, text]) => [asset, amount(text)])),
    assumptions: { ...bare, ...assumptions },
    outside: Object.entries(commands).map(([ms, command]) => ({
      at: epochMs(tableStart + Number(ms)),
      kind: 'command',
      command,
    })),
    driver: 'step',
  };
}

/** Fills and ends of deals in the order of time, each a line; both drivers must say the same. */
export function played(play: Play): { readonly lines: readonly string[]; readonly result: RunResult } {
  const request = requestOf(play);
  const result = runBacktest(request);
  const jumped = runBacktest({ ...request, driver: 'jump' });
  if (jumped.hash !== result.hash) throw new Error('jumping and stepping differ');
  const fills = result.fills.map(({ at, side, quantity, price, maker, complete, fee, feeAsset }) => ({
    at,
    line: `${clock(at)} ${side} ${formatAmount(quantity)} at ${formatAmount(price)} ${maker ? 'maker' : 'taker'}${
      complete ? '' : ' in part'
    }${fee === 0n ? '' : ` fee ${formatAmount(fee)} ${feeAsset}`}`,
  }));
  const deals = result.deals.map(({ closedAt, number, ending, profit }) => ({
    at: closedAt,
    line: `${clock(closedAt)} deal ${number} ${ending} ${formatAmount(profit)}`,
  }));
  return { lines: [...fills, ...deals].sort((a, b) => a.at - b.at).map(({ line }) => line), result };
}

/** The expected lines, one below the other. */
export const expected = linesOf;
