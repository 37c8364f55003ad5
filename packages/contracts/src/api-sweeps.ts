/** Schemas of sweeps and walk-forwards over the API: what is asked, how far one is, what is stored. The document is described in docs/sweeps.md. */
import { z } from 'zod';
import { askBacktest, comparisonAnswer } from './api-backtests.ts';
import { pairName, time } from './api-values.ts';

const formula = z.string().min(1).max(500);
const days = z.number().gt(0).max(10_000);
const span = z.strictObject({ from: time, to: time });
const sweepId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be the name of a sweep: small letters, digits and -');

/** Left out: the usual, as `holdfast sweep --help` says it. */
export const askSweep = askBacktest.omit({ settings: true }).extend({
  /** Those that do not vary. */
  settings: z.record(z.string(), z.unknown()).optional(),
  /** FIELD=FROM..TO/STEP or FIELD=VALUE,VALUE */
  vary: z.array(z.string().min(3).max(10_000)).min(1).max(20),
  /** Each by itself, in order of time. */
  periods: z.array(span).min(1).max(50).optional(),
  /** One bot of all pairs; each pair has a bot of its own when left out, but for kinds that need several. */
  together: z.boolean().optional(),
  method: z.enum(['grid', 'random', 'evolution']).optional(),
  trials: z.int().min(1).max(1_000_000).optional(),
  goal: formula.optional(),
  require: z.array(formula).max(20).optional(),
  over: z.enum(['mean', 'worst']).optional(),
  /** Share of each period, at its end, that the best is not chosen by. */
  holdOut: z.number().min(0).max(0.9).optional(),
  /** How settings are chosen again and again; null: not at all. */
  walk: z.strictObject({ trainDays: days, testDays: days, anchored: z.boolean().optional() }).nullable().optional(),
  /** Whether the best is that of the whole beginning, or that of the newest stretch of a walk-forward. */
  choosesBy: z.enum(['sweep', 'walk-forward']).optional(),
  name: sweepId.optional(),
});
export type AskSweep = z.infer<typeof askSweep>;

const varied = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export const sweepProgress = z.object({
  /** Settings tried, of all; over the choice and all windows. */
  done: z.int(),
  total: z.int(),
  /** A second; null while nothing is known. */
  rate: z.number().nullable(),
  leftMs: z.number().nullable(),
  /** The best so far; null before there is one. */
  best: z.object({ varied, score: z.number() }).nullable(),
});
export type SweepProgressAnswer = z.infer<typeof sweepProgress>;

export const sweepJob = z.object({
  id: sweepId,
  state: z.enum(['waiting', 'running', 'paused', 'done', 'failed']),
  /** Wall clock. */
  askedAt: time,
  /** What is done now, for people. */
  doing: z.string(),
  progress: sweepProgress.nullable(),
  error: z.object({ code: z.string(), reason: z.string(), field: z.string().nullable() }).nullable(),
});
export type SweepJob = z.infer<typeof sweepJob>;

/** Shares: 0.02 is 2 %. */
export const sweepRow = z.object({
  id: sweepId,
  madeAt: time,
  kind: z.string(),
  pairs: z.array(z.string()),
  vary: z.array(z.string()),
  method: z.string(),
  goal: z.string(),
  state: z.enum(['done', 'paused']),
  trials: z.int(),
  best: z.object({ varied, score: z.number(), train: z.number(), test: z.number().nullable() }).nullable(),
  outOfSample: z.number().nullable(),
});

export const sweepsAnswer = z.object({ sweeps: z.array(sweepRow), jobs: z.array(sweepJob) });

/** The parts that every reader needs are named; the rest of the document comes with them. */
export const sweepDocument = z.looseObject({
  format: z.literal('holdfast-sweep'),
  version: z.int(),
  id: sweepId,
  madeAt: time,
  kind: z.string(),
  pairs: z.array(z.string()),
  trials: z.int(),
  warnings: z.array(z.string()),
  best: z.looseObject({ varied, score: z.number(), settings: z.unknown() }).nullable(),
  top: z.array(z.looseObject({ varied, score: z.number().nullable() })),
  walk: z.looseObject({ outOfSample: z.looseObject({ profit: z.number(), buyAndHold: z.number() }) }).nullable(),
  hash: z.string(),
});

/** `result` is null until it is done; `job` is null for one that this server was not asked for. */
export const sweepAnswer = z.object({ job: sweepJob.nullable(), result: sweepDocument.nullable() });
export const sweepComparison = comparisonAnswer.extend({ ids: z.array(sweepId) });

export const botsOfSweep = z.strictObject({
  name: z.string().trim().min(1).max(60).optional(),
  /** Of which pairs, where each had a bot of its own; all when left out. */
  pairs: z.array(pairName).max(20).optional(),
});
export const botsMade = z.object({ ok: z.literal(true), bots: z.array(z.string()) });
export const bySweep = z.object({ id: sweepId });
