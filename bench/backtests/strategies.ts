/** Strategies that act at closes: of one's own at every candle, and by conditions of indicators that are searched. */
import {
  type Columns,
  columnsOf,
  FillLog,
  type PlainRequest,
  type PlainResult,
  type PlainStrategy,
  plainKind,
  rowsWhere,
  runBacktest,
  runPlain,
  type Series,
  usualAssumptions,
} from '@holdfast/backtest';
import { amount, epochMs, unit } from '@holdfast/domain';
import { conditionText } from '@holdfast/indicators';
import { rules } from '../kernels/candles.ts';
import { fastWeight, lotsWanted, reach, runCrossLoop, slowWeight } from '../kernels/cross-loop.ts';
import { RunHash } from '../kernels/hash.ts';
import type { Row } from '../rows/row.ts';
import { cut, million } from './market.ts';
import { agree, row, timed } from './measure.ts';

const funds = { USDT: amount('100000') };
const lot = Number(rules.lot / 10n ** 10n);
const ofLot = Number((rules.tick * rules.lot) / unit / 10n ** 10n);
const assumptions = { ...usualAssumptions, depth: 'best' } as const;
const partRows = 20_000;

const buy = (close: number) => ({ side: 'buy', lots: lotsWanted, limit: Math.ceil(close * (1 + reach)), rests: false }) as const;
const sell = (close: number, base: number) =>
  ({ side: 'sell', lots: Math.floor(base / lot), limit: Math.floor(close * (1 - reach)), rests: false }) as const;

/** Two exponential averages, moved on at every close. */
function crossing({ close }: Columns): PlainStrategy {
  let [quick, late, above] = [close[0]!, close[0]!, false];
  return (at, _, { base }) => {
    const price = close[at]!;
    quick += (price - quick) * fastWeight;
    late += (price - late) * slowWeight;
    const isAbove = quick > late;
    if (isAbove === above) return null;
    above = isAbove;
    return isAbove ? buy(price) : sell(price, base);
  };
}

const cross = (when: 'crossing-up' | 'crossing-down'): string =>
  conditionText({ kind: 'indicator', indicator: 'ema-cross', parameters: [20, 100], timeframe: '1m', when, than: 0 });

interface Acting {
  readonly strategy: PlainStrategy;
  readonly at: Int32Array;
}

/** Buys where one condition holds, sells where the other does; called nowhere else. */
function byConditions(columns: Columns): Acting {
  const [ups, downs] = [rowsWhere(columns, cross('crossing-up')), rowsWhere(columns, cross('crossing-down'))];
  const at = Int32Array.from([...ups, ...downs]).sort();
  const isUp = new Uint8Array(columns.rows);
  for (const up of ups) isUp[up] = 1;
  return {
    at,
    strategy: (closed, { close }, { base }) => {
      if (isUp[closed] === 1) return base < lot ? buy(close[closed]!) : null;
      return base < lot ? null : sell(close[closed]!, base);
    },
  };
}

function hashOf(log: FillLog, columns: Columns, { quote, base, drawdown }: PlainResult): string {
  const hash = new RunHash();
  const start = columns.segments[0]!.time;
  for (const fill of log.over(columns)) hash.fill(fill.at - start, fill.side === 'buy', fill.price, fill.lots, fill.fee);
  return hash.end(0, quote, base, drawdown.most);
}

/** The same function as a bot; the drawdown is that of the other run when it is the same to twelve digits. */
function botHash(series: Series, parts: Pick<PlainRequest, 'strategy' | 'columns' | 'at'>, { drawdown }: PlainResult): string {
  const start = series.segments[0]!.time;
  const run = runBacktest({
    kind: 'plain',
    own: () => plainKind(parts),
    settings: null,
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: epochMs(start),
    to: epochMs(start + series.rows * series.intervalMs),
    funds,
    assumptions,
    driver: 'jump',
  });
  const hash = new RunHash();
  let [quote, base] = [funds.USDT as bigint, 0n];
  for (const { at, side, price, quantity, fee } of run.fills) {
    const value = (price * quantity) / unit;
    quote += side === 'buy' ? -value : value - fee;
    base += side === 'buy' ? quantity - fee : -quantity;
    hash.fill(at - start, side === 'buy', Number(price / rules.tick), Number(quantity / rules.lot), Number(fee / 10n ** 10n));
  }
  const isNear = Math.abs(run.drawdown.most - drawdown.most) <= 1e-12;
  return hash.end(0, Number(quote / 10n ** 10n), Number(base / 10n ** 10n), isNear ? drawdown.most : run.drawdown.most);
}

function plainly(columns: Columns, parts: () => Pick<PlainRequest, 'strategy' | 'at'>) {
  const log = new FillLog();
  return () => {
    log.clear();
    const result = runPlain({ ...parts(), columns, assumptions, funds, log });
    if (result === null) throw new Error('plain numbers do not hold this market');
    return { result, log };
  };
}

/** Whether the quick run over a beginning of the candles is that of the bot. */
function isAsBot(what: string, partsOf: (columns: Columns) => Pick<PlainRequest, 'strategy' | 'at'>): boolean {
  const series = cut(partRows);
  const columns = columnsOf(series, rules);
  const { result, log } = plainly(columns, () => partsOf(columns))();
  return agree(`${what}, ${partRows} candles`, {
    plain: hashOf(log, columns, result),
    bot: botHash(series, { ...partsOf(columns), columns }, result),
  });
}

const speedOf = (ms: number): number => million.rows / ms / 1000;

/** How both change with the number of candles. */
export function strategyGrowthRows(): readonly Row[] {
  return [125_000, 500_000].flatMap((count) => {
    const columns = columnsOf(cut(count), rules);
    const acting = byConditions(columns);
    const speed = (what: string, parts: () => Pick<PlainRequest, 'strategy' | 'at'>): Row => {
      const { ms, result } = timed(5, 8, plainly(columns, parts));
      const once = plainly(columns, parts)();
      const name = `${what} over ${count.toLocaleString('en-US')} candles`;
      const hashes = { timed: hashOf(result.log, columns, result.result), 'run once': hashOf(once.log, columns, once.result) };
      const isSame = agree(name, hashes);
      return row(
        `${name}, ${result.result.fills.toLocaleString('en-US')} fills`,
        isSame ? count / ms / 1000 : Number.NaN,
        'M candles/s',
      );
    };
    return [speed('own strategy', () => ({ strategy: crossing(columns) })), speed('indicator strategy', () => acting)];
  });
}

export function strategyRows(): readonly Row[] {
  const columns = columnsOf(million, rules);
  const partsOf = (of: Columns) => ({ strategy: crossing(of) });
  const plain = timed(
    9,
    8,
    plainly(columns, () => partsOf(columns)),
  );
  const loop = timed(5, 4, () => runCrossLoop(million, Number(funds.USDT / 10n ** 10n), lot, ofLot, 0.01));
  const { result, log } = plain.result;
  const isSame = [
    agree('own strategy', { plain: hashOf(log, columns, result), loop: loop.result.hash }),
    isAsBot('own strategy', partsOf),
  ].every(Boolean);
  const speed = speedOf(plain.ms);
  return [
    row('own strategy, called at every candle', speed, 'M candles/s', '>= 20 M candles/s', isSame && speed >= 20),
    row(`  its fills, two averages moved on at every close`, result.fills, 'fills'),
    row('  a plain loop', speedOf(loop.ms), 'M candles/s'),
  ];
}

export function conditionRows(): readonly Row[] {
  const columns = columnsOf(million, rules);
  const began = process.threadCpuUsage();
  const acting = byConditions(columns);
  const { user, system } = process.threadCpuUsage(began);
  const plain = timed(
    9,
    8,
    plainly(columns, () => acting),
  );
  const { result, log } = plain.result;
  const again = plainly(columns, () => byConditions(columns))();
  const isSame = [
    agree('indicator strategy', {
      plain: hashOf(log, columns, result),
      'with conditions made anew': hashOf(again.log, columns, again.result),
    }),
    isAsBot('indicator strategy', byConditions),
  ].every(Boolean);
  const speed = speedOf(plain.ms);
  return [
    row('indicator strategy, acting at closes', speed, 'M candles/s', '>= 50 M candles/s', isSame && speed >= 50),
    row('  its fills', result.fills, 'fills'),
    row('  its two conditions, made once per series', speedOf((user + system) / 1000) * 2, 'M candles/s'),
  ];
}
