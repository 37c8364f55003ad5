/** What a sweep was asked, as it is stored and gone on with: plain data, and what is made of it for running. */
import type { Axis, BacktestAsk, Case, Method, SweepPlan, ValueForm } from '@holdfast/backtest';
import * as backtest from '@holdfast/backtest';
import { botSettings } from '@holdfast/contracts';
import { epochMs } from '@holdfast/domain';
import { z } from 'zod';
import { checkedSettings } from '../commands/backtest-ask.ts';
import { CliError, exitCode } from '../exit.ts';

export interface SweepAsk {
  readonly v: 1;
  readonly ask: BacktestAsk;
  /** As typed: FIELD=FROM..TO/STEP. */
  readonly vary: readonly string[];
  readonly method: Method;
  readonly trials: number;
  readonly goal: string;
  readonly require: readonly string[];
  readonly over: 'mean' | 'worst';
  /** Share of the period, at its end, that nothing is chosen by. */
  readonly holdOut: number;
}

/** A stretch of one pair. */
export interface Stretch {
  readonly pair: string;
  readonly part: 'train' | 'test';
  readonly from: number;
  readonly to: number;
}

export interface Ready {
  readonly axes: readonly Axis[];
  readonly plan: SweepPlan;
  /** Train stretches of all pairs, then their tests. */
  readonly cases: readonly Case[];
  readonly stretches: readonly Stretch[];
  /** SHA-256 of each pair's candles: a sweep goes on with the same ones only. */
  readonly data: readonly string[];
}

/** Runs at most; a sweep of more is a slip, or a matter for chance or evolution. */
const runsMost = 1_000_000n;

interface JsonField {
  readonly type?: string;
  readonly enum?: readonly unknown[];
}

/** What values the settings of a kind take. */
export function formsOf(kind: string): (field: string) => ValueForm | undefined {
  const schema: z.ZodType | undefined = Object.hasOwn(botSettings, kind)
    ? botSettings[kind as keyof typeof botSettings]
    : undefined;
  const json =
    schema === undefined ? {} : (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { properties?: object });
  const fields = (json.properties ?? {}) as Readonly<Record<string, JsonField>>;
  return (name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return undefined;
    if (field.enum !== undefined) return 'choice';
    if (field.type === 'integer') return 'whole';
    if (field.type === 'boolean') return 'flag';
    return field.type === 'string' ? 'decimal' : undefined;
  };
}

/** @throws CliError usage; SweepError, AskError, DataError */
export function ready(asked: SweepAsk, data: string): Ready {
  const forms = formsOf(asked.ask.kind);
  const axes = asked.vary.map((text) => backtest.readAxis(text, forms));
  const twice = axes.find(({ field }, at) => axes.findIndex((other) => other.field === field) !== at);
  if (twice !== undefined)
    throw new CliError(exitCode.usage, `${twice.field} is varied twice; name all its values in one --vary`);
  const points = backtest.pointsOf(axes);
  if (asked.method === 'grid' && points > runsMost)
    throw new CliError(
      exitCode.usage,
      `a grid of ${points} settings is more than ${runsMost}; use --method evolution or random with --trials, or larger steps`,
    );
  const figures = backtest.figureNames;
  const stretches: Stretch[] = [];
  const cases: Case[] = [];
  const hashes: string[] = [];
  const parts = asked.ask.pairs.map((pair) => partsOf(asked, pair, data));
  for (const [part, of] of [
    ['train', parts.map(({ train }) => train)],
    ['test', parts.flatMap(({ test }) => (test === null ? [] : [test]))],
  ] as const)
    for (const [at, one] of of.entries()) {
      cases.push(one);
      stretches.push({ pair: asked.ask.pairs[at]!, part, from: one.from, to: one.to });
    }
  for (const { hash } of parts) hashes.push(...hash);
  const base = asked.ask.settings as Readonly<Record<string, unknown>>;
  return {
    axes,
    cases,
    stretches,
    data: hashes,
    plan: {
      axes,
      base,
      cases: parts.map((_, at) => at),
      goal: backtest.readFormula(asked.goal, figures),
      constraints: asked.require.map((text) => backtest.readFormula(text, figures)),
      over: asked.over,
      check: (settings) => checkedSettings(asked.ask.kind, settings as Record<string, unknown>),
    },
  };
}

function partsOf({ ask, holdOut }: SweepAsk, pair: string, data: string) {
  const { request, data: versions } = backtest.prepare({ ...ask, pairs: [pair] }, data);
  const { settings: _, driver: __, ...whole } = request;
  const split = epochMs(Math.round(request.to - (request.to - request.from) * holdOut));
  const hash = versions.map((version) => JSON.stringify(version));
  if (holdOut === 0) return { train: whole, test: null, hash };
  return { train: { ...whole, to: split }, test: { ...whole, from: split }, hash };
}

/** A new search as asked. */
export function searchOf({ method, trials, ask }: SweepAsk, axes: readonly Axis[]): backtest.Search {
  if (method === 'grid') return backtest.gridSearch(axes);
  return (method === 'random' ? backtest.randomSearch : backtest.evolutionSearch)(axes, trials, ask.seed);
}

/** Amounts inside are written as decimal counts with an n behind. */
export const toText = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each), 2);

export const fromText = (text: string): unknown =>
  JSON.parse(text, (_, each: unknown) =>
    typeof each === 'string' && /^-?\d{1,40}n$/.test(each) ? BigInt(each.slice(0, -1)) : each,
  );
