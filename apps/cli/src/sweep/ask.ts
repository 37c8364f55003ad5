/** What a person types of a sweep, as the backtest package is asked. */

import { resolve } from 'node:path';
import type { SettingsOf, Span, SweepAsk, WalkAsk } from '@holdfast/backtest';
import { settingForms } from '@holdfast/contracts/bot-settings';
import type { AskFlags } from '../commands/backtest-ask.ts';
import { askOf } from '../commands/backtest-ask.ts';
import type { OwnBacktest } from '../commands/backtest-own.ts';
import { listedKind } from '../commands/listed-kind.ts';

export interface SweepFlags extends AskFlags {
  readonly vary: readonly string[];
  readonly method?: SweepAsk['method'];
  readonly trials: number;
  readonly goal: string;
  readonly require: readonly string[];
  readonly over: 'mean' | 'worst';
  readonly period: readonly Span[];
  readonly together?: true;
  readonly workers?: number;
  readonly pauseAfter?: number;
  readonly top: number;
  readonly name?: string;
  readonly html?: string;
  readonly csv?: string;
  readonly force?: true;
  readonly asBot?: string | true;
}

/** How a sweep chooses and what it is tried on. */
export interface Choosing {
  readonly walk: WalkAsk | 'usual' | null;
  readonly holdOut: number;
  readonly choosesBy: SweepAsk['choosesBy'];
}

/** A grid of at most so many points is tried whole when no method is named. */
const wholeGridMost = 5000n;

/** Kinds whose settings name several pairs. */
const tradesSeveral = (kind: string, settings: unknown): boolean =>
  kind === 'rebalance' || (typeof settings === 'object' && settings !== null && 'basket' in settings);

/** What the settings of a kind are. @throws CliError usage for one that there is not */
export async function settingsOf(kind: string, own: OwnBacktest | undefined): Promise<SettingsOf> {
  if (own !== undefined) return { formOf: () => 'decimal', check: (settings) => own.settings({ ...settings }), own: own.own };
  const { schema, settings: checked } = await listedKind(kind);
  return { formOf: settingForms(schema), check: (settings) => checked({ ...settings }) };
}

/** The strategy of one's own that a kind is the file of; the caller ends it. */
export async function ownOf(file: string | null): Promise<OwnBacktest | undefined> {
  if (file === null) return undefined;
  const { ownBacktest } = await import('../commands/backtest-own.ts');
  return ownBacktest(file);
}

export const fileOf = (kind: string): string | null => (kind.endsWith('.ts') ? resolve(kind) : null);

/** @throws CliError usage, SweepError */
export async function sweepAskOf(flags: SweepFlags, own: OwnBacktest | undefined, choosing: Choosing): Promise<SweepAsk> {
  const { readAxis, pointsOf } = await import('@holdfast/backtest');
  const kind = own?.kind ?? flags.kind;
  const { formOf } = await settingsOf(kind, own);
  // What varies is not checked before it has its values.
  const ask = askOf(flags, { kind, settings: (given) => given });
  const axes = flags.vary.map((text) => readAxis(text, formOf, ask.settings));
  const { vary, trials, goal, require, over, period } = flags;
  return {
    v: 1,
    ask: { ...ask, driver: 'jump' },
    periods: period,
    together: flags.together ?? tradesSeveral(kind, ask.settings),
    vary,
    method: flags.method ?? (pointsOf(axes) <= wholeGridMost ? 'grid' : 'evolution'),
    trials,
    goal,
    require,
    over,
    file: fileOf(flags.kind),
    ...choosing,
  };
}
