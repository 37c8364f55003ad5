/** Random bots over random candles, as a backtest and as a paper account are asked for them. */
import { createHash } from 'node:crypto';
import { type Outside, type RunRequest, type Series, usualAssumptions } from '@holdfast/backtest';
import { botSettings } from '@holdfast/contracts';
import { type BotId, epochMs, formatAmount, type Pair, type PairRules } from '@holdfast/domain';
import { CandleTable } from '@holdfast/exchanges/simulated';
import { testRules } from '@holdfast/testkit';
import type { TapeTerms } from '../../apps/exchange/src/tape-markets.ts';
import { askOwn, ownBot, ownDescription } from '../../packages/backtest/src/run/testing/own-bot.ts';
import { type RandomKind, randomOutside, randomSettings } from '../../packages/backtest/src/run/testing/random-bots.ts';
import { type Row, random, seriesOf, tableStart, walkRows } from '../../packages/backtest/src/run/testing/tables.ts';
import { commandText, type InProcessPlay, type PaperCase, type Said } from './paper.ts';
import { askText } from './signals.ts';

const minuteMs = 60_000;
const allRules = [
  testRules('BTC/USDT', '0.01', '0.00001', '5'),
  testRules('ETH/USDT', '0.01', '0.0001', '5'),
  testRules('XRP/USDT', '0.1', '0.01', '5'),
];

function tableOf({ pair, tick, lot }: PairRules, rows: readonly Row[]): CandleTable {
  const table = new CandleTable({ pair, tick, lot });
  const text = (count: number, step: bigint): string => formatAmount(BigInt(count) * step);
  for (const [at, row] of rows.entries()) {
    if (row === null) continue;
    const [open, high, low, close, volume] = row;
    const prices = [open, high, low, close].map((price) => text(price, tick));
    table.push([tableStart + at * minuteMs, ...prices, text(volume, lot)].join(','));
  }
  return table;
}

/** The strategy answers where it is asked: no file, no process. */
export const ownPort: NonNullable<PaperCase['own']>['port'] = {
  store: () => undefined,
  ask: ({ step }) => (step === undefined ? { description: ownDescription } : { step: stepOf(askOwn(step as never)) }),
};
const stepOf = (answer: ReturnType<typeof askOwn>): unknown => (answer.kind === 'answer' ? answer.step : undefined);
export const ownSource = 'sample';
export const ownKindName = `own-sample-${createHash('sha256').update(ownSource).digest('hex').slice(0, 8)}`;

export interface Case {
  readonly paper: PaperCase;
  readonly series: ReadonlyMap<Pair, Series>;
  readonly outside: readonly Outside[];
}

/** Where nothing was traded a candle is flat at the last trade: recorded prices are those of trades. */
function flat(): (row: Row) => Row {
  let last: number | undefined;
  return (row) => {
    if (row === null) return null;
    const at = last ?? row[0];
    const isQuiet = row[4] < 4;
    last = isQuiet ? at : row[3];
    return isQuiet ? [at, at, at, at, 0] : row;
  };
}

/** Id of the bot in each play. */
const bot = 'bot1';

export function caseOf(of: RandomKind, seed: number): Case {
  const next = random(seed);
  const rows = 60 + Math.floor(next() * 240);
  const move = [30, 150, 400][Math.floor(next() * 3)]!;
  const volume = [5_000, 500_000][Math.floor(next() * 2)]!;
  const gaps = next() < 0.4 ? 0.02 : 0;
  const quiet = next() < 0.4 ? 0.3 : 0;
  const rules = allRules.slice(0, of.pairs);
  const pairs = rules.map(({ pair }) => pair);
  const walks = rules.map((each, at) => {
    const price = Math.round((100_000 * Number(10n ** 16n)) / Number(each.tick));
    return walkRows({ rows, seed: seed + 1 + at, price, move: Math.ceil((move * price) / 100_000), gaps, quiet, volume }).map(
      flat(),
    );
  });
  const outside = randomOutside(next, of, tableStart, tableStart + rows * minuteMs, pairs);
  const settings = randomSettings(of, next, pairs, botSettings) as Record<string, unknown>;
  const terms: TapeTerms = {
    fill: next() < 0.3 ? 'through' : 'touch',
    spreadTicks: next() < 0.5 ? 1 : 20,
    volumeShare: next() < 0.5 ? 1 : 0.05,
    seed: Math.floor(next() * 1000),
  };
  const tapes = rules.map((each, at) => ({ table: tableOf(each, walks[at]!), minNotional: each.minNotional }));
  return {
    paper: {
      tapes,
      terms,
      bot: { kind: of.kind === 'own' ? ownKindName : of.kind, pairs, settings },
      said: outside.map(saidOf),
      ...(of.kind === 'own' ? { own: { port: ownPort, source: ownSource } } : {}),
    },
    series: new Map(rules.map((each, at) => [each.pair, seriesOf(each, walks[at]!)])),
    outside,
  };
}

function saidOf(word: Outside, index: number): Said {
  const { at } = word;
  if (word.kind === 'command') return { at, command: commandText(`word-${index}`, bot, word.command, word.pair) };
  const { id, ask } = word.signal;
  return {
    at,
    command: {
      id,
      command: 'signal',
      bots: [bot],
      source: 'parity',
      instrument: word.pair ?? null,
      price: null,
      ask: askText(ask),
    },
  };
}

/** The backtest of what was played as paper. */
export function requestOf({ kind }: RandomKind, { paper: asked, series, outside }: Case, paper: InProcessPlay): RunRequest {
  const { fill, spreadTicks, volumeShare, seed } = asked.terms;
  return {
    kind,
    ...(kind === 'own' ? { own: () => ownBot } : {}),
    settings: paper.settings,
    series,
    rules: paper.rules,
    from: epochMs(paper.from),
    to: epochMs(paper.to),
    funds: paper.funds,
    assumptions: { ...usualAssumptions, fill, spreadTicks, volumeShare, seed },
    outside,
    driver: 'step',
    keepsOrders: true,
    bot: bot as BotId,
  };
}
