/**
 * What a suggested grid would have made over the days that it was made from. About two thousand candles, some tens of
 * milliseconds: short enough to be played where it is asked for.
 */
import { addRows, DataError, RunError, runBacktest, SeriesBuilder, usualAssumptions } from '@holdfast/backtest';
import { type EngineGridSuggestion, gridSettings, type SuggestionAnswer } from '@holdfast/contracts';
import { amount, epochMs, formatAmount, type Pair, type PairRules, quoteOf } from '@holdfast/domain';

type Tried = Pick<SuggestionAnswer, 'backtest' | 'backtestMissing'>;

/** Rules of a pair as the engine writes them. */
function readRules({ tick, lot, minNotional, ...rest }: Readonly<Record<string, unknown>>): PairRules {
  return { ...rest, tick: amount(String(tick)), lot: amount(String(lot)), minNotional: amount(String(minNotional)) } as PairRules;
}

const percent = (part: bigint, whole: bigint): number => (whole === 0n ? 0 : Number((part * 1_000_000n) / whole) / 10_000);

export function triedGrid(pair: Pair, { settings, feePercent, funds, tape }: EngineGridSuggestion): Tried {
  try {
    return { backtest: play(pair, settings, feePercent, funds, tape), backtestMissing: null };
  } catch (error) {
    if (!(error instanceof RunError) && !(error instanceof DataError)) throw error;
    return { backtest: null, backtestMissing: error.message };
  }
}

function play(
  pair: Pair,
  settings: EngineGridSuggestion['settings'],
  feePercent: string,
  funds: string,
  { rows, rules, intervalMs }: EngineGridSuggestion['tape'],
): NonNullable<Tried['backtest']> {
  const source = `the candles of ${pair}`;
  const builder = new SeriesBuilder('exchange', pair, source);
  addRows(rows, builder, source);
  const { series } = builder.finish(intervalMs);
  const fee = amount(feePercent);
  const share = (fee / 100n) as typeof fee;
  const to = epochMs((rows.at(-1)?.[0] ?? 0) + intervalMs);
  const result = runBacktest({
    kind: 'grid',
    settings: gridSettings.parse(settings),
    series: new Map([[pair, series]]),
    rules: new Map([[pair, readRules(rules)]]),
    from: epochMs(rows[0]?.[0] ?? 0),
    to,
    funds: { [quoteOf(pair)]: amount(funds) },
    assumptions: { ...usualAssumptions, makerFee: share, takerFee: share },
    driver: 'jump',
  });
  const { startEquity, endEquity, firstPrice, lastPrice, drawdown, deals, report } = result;
  return {
    intervalMs,
    candles: result.candles,
    from: result.from,
    to: result.to,
    roundTrips: deals.filter(({ ending }) => ending === 'round-trip').length,
    realised: formatAmount(report.realised),
    profit: formatAmount(endEquity - startEquity),
    fees: formatAmount(result.fees),
    profitPercent: percent(endEquity - startEquity, startEquity),
    drawdownPercent: drawdown.most * 100,
    pricePercent: percent(lastPrice - firstPrice, firstPrice),
    warnings: [...result.warnings],
  };
}
