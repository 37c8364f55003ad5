/**
 * Runs over recorded candles with a frozen outcome: `golden/outcomes.json` holds the hash of all fills and sums of each, and a
 * summary to read. A difference is explained in the commit that renews it:
 *   HOLDFAST_GOLDEN=renew node_modules/.bin/node --test tests/backtest/golden.test.ts
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import {
  type Outside,
  type RunResult,
  readCandleFile,
  readFileName,
  rulesOf,
  runBacktest,
  type Series,
  usualAssumptions,
} from '@holdfast/backtest';
import { botSettings } from '@holdfast/contracts';
import { amount, epochMs, formatAmount, type Pair, pair } from '@holdfast/domain';
import { type GoldenRun, goldenRuns } from './golden/runs.ts';

const data = resolve(import.meta.dirname, '../../../shared/data');
const file = join(import.meta.dirname, 'golden/outcomes.json');
const renews = process.env.HOLDFAST_GOLDEN === 'renew';
const hourMs = 3_600_000;

type Outcome = Readonly<Record<string, string | number>>;
const frozen = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<string, Outcome>;

const read = new Map<string, Promise<Series>>();
const seriesOf = (name: string): Promise<Series> => {
  const known = read.get(name);
  if (known !== undefined) return known;
  const of = pair(readFileName(name).pair ?? '');
  const made = readCandleFile(join(data, name), { exchange: 'recorded', pair: of }).then(({ series }) => series);
  read.set(name, made);
  return made;
};

function wordsOf({ signals = {} }: GoldenRun, from: number): readonly Outside[] {
  const none = { targets: null, stop: null };
  return Object.entries(signals).map(([hours, what]) => ({
    kind: 'signal',
    at: epochMs(from + Number(hours) * hourMs),
    signal: {
      id: `after ${hours} h`,
      price: null,
      ask:
        what === 'enter'
          ? { kind: 'enter', direction: 'long', size: null, limit: null, exits: none }
          : { kind: 'exit', direction: 'long', size: null },
    },
  }));
}

async function runOf(golden: GoldenRun): Promise<RunResult> {
  const all = await Promise.all(golden.files.map(seriesOf));
  const schema = (botSettings as Readonly<Record<string, { parse(value: unknown): unknown }>>)[golden.kind]!;
  const from = epochMs(Date.parse(golden.from));
  return runBacktest({
    kind: golden.kind,
    settings: schema.parse(golden.settings),
    series: new Map(all.map((series) => [series.pair as Pair, series])),
    rules: new Map(
      all.map((series) => [series.pair as Pair, rulesOf(series, { tick: null, lot: null, minNotional: null }).rules]),
    ),
    from,
    to: epochMs(Date.parse(golden.to)),
    funds:
      golden.funds === undefined
        ? null
        : Object.fromEntries(Object.entries(golden.funds).map(([asset, text]) => [asset, amount(text)])),
    assumptions: usualAssumptions,
    outside: wordsOf(golden, from),
    driver: 'jump',
  });
}

const outcomeOf = ({
  fills,
  deals,
  ordersPlaced,
  refused,
  startEquity,
  endEquity,
  fees,
  drawdown,
  candles,
  hash,
}: RunResult): Outcome => {
  const endings = new Map<string, number>();
  for (const { ending } of deals) endings.set(ending, (endings.get(ending) ?? 0) + 1);
  return {
    candles,
    orders: ordersPlaced,
    fills: fills.length,
    refused: Object.entries(refused)
      .map(([code, count]) => `${count} ${code}`)
      .join(', '),
    deals: [...endings].map(([ending, count]) => `${count} ${ending}`).join(', '),
    startEquity: formatAmount(startEquity),
    endEquity: formatAmount(endEquity),
    fees: formatAmount(fees),
    largestFall: `${(drawdown.most * 100).toFixed(4)} %`,
    hash,
  };
};

for (const golden of goldenRuns) {
  const missing = golden.files.find((name) => !existsSync(join(data, name)));
  const skip = missing === undefined ? false : `${join(data, missing)} is not there`;
  test(`${golden.name} gives what it gave`, { skip }, async () => {
    const outcome = outcomeOf(await runOf(golden));
    assert.ok(Number(outcome.fills) > 2, JSON.stringify(outcome));
    if (renews) frozen[golden.name] = outcome;
    else assert.deepEqual(outcome, frozen[golden.name]);
  });
}

test('every frozen outcome is of a run', () => {
  const names = goldenRuns.map(({ name }) => name);
  if (renews) writeFileSync(file, `${JSON.stringify(Object.fromEntries(names.map((name) => [name, frozen[name]])), null, 2)}\n`);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object), names);
});
