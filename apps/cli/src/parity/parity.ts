/** One bot over one tape three ways: tick by tick, in jumps, and as paper through exchange, vault and engine. */
import { type RunRequest, type RunResult, readCandleFile, runBacktest, type Series, usualAssumptions } from '@holdfast/backtest';
import type { BotId } from '@holdfast/domain';
import { epochMs, formatAmount, type Pair } from '@holdfast/domain';
import { byMarket, type Difference, firstDifference, type Line, type Play } from './compare.ts';
import { type PaperOptions, type PaperPlay, playPaper } from './paper.ts';
import { outsideOf } from './signals.ts';

export interface ParityResult {
  readonly plays: readonly { readonly name: string; readonly orders: number; readonly fills: number }[];
  /** Null: all that is compared is equal. */
  readonly difference: (Difference & { readonly between: readonly [string, string] }) | null;
  /** What the vault refused the paper bot, oldest first. A backtest has no vault: there it would have passed. */
  readonly refusals: readonly string[];
  readonly bot: string;
}

/** @param own the strategy of one's own that the bot's kind is @throws CliError, DataError, RunError */
export async function compareRuns(options: PaperOptions, own?: RunRequest['own']): Promise<ParityResult> {
  // Signals of another pair are refused before anything is started.
  const traded = options.tapes.map(({ pair }) => pair);
  const outside = outsideOf(options.signals ?? [], options.bot.kind, traded);
  const paper = await playPaper(options);
  const request = { ...(await requestOf(options, paper)), outside, ...(own === undefined ? {} : { own }) };
  const step = playOf('step', runBacktest(request));
  const jump = playOf('jump', runBacktest({ ...request, driver: 'jump' }));
  const pairs: readonly (readonly [Play, Play])[] = [
    [step, jump],
    [byMarket(jump), byMarket(paper)],
  ];
  let difference: ParityResult['difference'] = null;
  for (const [a, b] of pairs) {
    const found = firstDifference(a, b);
    if (found !== null) difference ??= { ...found, between: [a.name, b.name] };
  }
  const plays = [step, jump, paper].map(({ name, orders, fills }) => ({ name, orders: orders.length, fills: fills.length }));
  return { plays, difference, refusals: paper.refusals, bot: paper.bot };
}

async function requestOf({ tapes, bot }: PaperOptions, paper: PaperPlay): Promise<RunRequest> {
  const series = new Map<Pair, Series>();
  for (const { file, pair } of tapes) series.set(pair, (await readCandleFile(file, { exchange: 'tape', pair })).series);
  return {
    kind: bot.kind,
    settings: paper.settings,
    series,
    rules: paper.rules,
    from: epochMs(paper.from),
    to: epochMs(paper.to),
    funds: paper.funds,
    assumptions: usualAssumptions,
    driver: 'step',
    keepsOrders: true,
    bot: paper.bot as BotId,
  };
}

export function playOf(name: string, { orders = [], fills }: RunResult): Play {
  return {
    name,
    orders: orders.map(
      (order): Line => ({
        clientOrderId: order.clientOrderId,
        pair: order.pair,
        side: order.side,
        price: formatAmount(order.limit),
        quantity: formatAmount(order.quantity),
        status: order.status,
        filled: formatAmount(order.filled),
        time: String(order.plannedAt),
      }),
    ),
    fills: fills.map(
      (fill): Line => ({
        clientOrderId: fill.clientOrderId,
        pair: fill.pair,
        side: fill.side,
        fillPrice: formatAmount(fill.price),
        fillQuantity: formatAmount(fill.quantity),
        fee: `${formatAmount(fill.fee)} ${fill.feeAsset}`,
        role: fill.maker ? 'maker' : 'taker',
        time: String(fill.at),
      }),
    ),
  };
}
