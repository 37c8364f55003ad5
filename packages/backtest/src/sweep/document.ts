/**
 * A finished sweep as it is stored, sent and printed: plain JSON. Shares are numbers (0.02 is 2 %), times are unix ms UTC, absent
 * is null. Everything a report shows is made from this alone; docs/sweeps.md describes it.
 */
import type { SharpeSample } from '../metrics/sharpe-tests.ts';
import type { DealPaths } from '../monte-carlo/deal-order.ts';
import type { Sensitivity } from '../monte-carlo/sensitivity.ts';
import type { StartDates } from '../monte-carlo/start-date.ts';
import type { BacktestDocument, DataVersion, OtherPath, Text } from '../report/document.ts';
import type { Span, SweepAsk } from './ask.ts';
import type { Figures } from './formula.ts';
import type { Axis, SettingValue } from './space.ts';

export const sweepFormat = 'holdfast-sweep';
export const sweepVersion = 1;
/** Best trials that a document keeps; trials.jsonl has all. */
export const trialsKept = 100;

/** Settings that were varied, by field. */
export type Varied = Readonly<Record<string, SettingValue>>;

export interface TrialRow {
  readonly varied: Varied;
  /** Null where a constraint or the settings fail. */
  readonly score: number | null;
  /** Of each pair and period; null where the settings cannot trade. */
  readonly figures: readonly (Figures | null)[];
  readonly fault: string | null;
}

/** How the bot itself did on a stretch. */
export interface Part extends Span {
  readonly figures: Figures;
  /** Its deals in other orders; null where there are too few. */
  readonly dealPaths: DealPaths | null;
  /** The same run on the other path through each candle; null where it was left out. */
  readonly otherPath: OtherPath | null;
  /** SHA-256 over fills and sums. */
  readonly hash: string;
  /** When all of its margin was taken, unix ms; left out where it was not. */
  readonly liquidatedAt?: number;
}

/** The best on one pair (or all pairs of one bot) and one period. */
export interface BestCase {
  readonly pairs: readonly string[];
  readonly period: number;
  /** What it was chosen by. */
  readonly train: Part;
  /** What it was not chosen by; null where nothing was held out. */
  readonly test: Part | null;
  /** Begun on other days, over both; null where the period is too short. */
  readonly startDates: StartDates | null;
  /** How likely its Sharpe ratio where it was chosen is better than the best of so many worthless trials; null where its days say nothing. */
  readonly deflatedSharpe: number | null;
}

export interface Best {
  readonly varied: Varied;
  /** Complete, as a bot takes them. */
  readonly settings: unknown;
  readonly score: number;
  readonly cases: readonly BestCase[];
  /** Null below nine trials. */
  readonly sensitivity: Sensitivity | null;
}

export interface WalkWindow extends Span {
  /** First moment of the test. */
  readonly split: number;
  readonly trials: number;
  /** Null where no settings met what is required; its test then earns nothing. */
  readonly varied: Varied | null;
  /** By pair, as in `SweepDocument.groups`. */
  readonly train: readonly Figures[];
  readonly test: readonly (Figures | null)[];
}

/** All tests one after the other, the money in equal parts on the pairs. */
export interface OutOfSample {
  readonly profit: number;
  /** What the same settings make in all tests on the other path through each candle; null where it was left out. */
  readonly otherPath: { readonly path: OtherPath['path']; readonly profit: number } | null;
  /** What the chosen settings made where they were chosen. */
  readonly inSample: number;
  /** Yearly rate of the tests / of the train stretches; null when the latter is not above 0. */
  readonly efficiency: number | null;
  readonly testsWon: number;
  /** Largest fall: over the ends of days of all tests, or inside one, whichever is deeper. */
  readonly drawdown: number;
  readonly buyAndHold: number;
  readonly deals: number;
  /** Of daily returns, by the root of 365 a year. */
  readonly sharpe: number | null;
  /** Probability that the true Sharpe ratio of the tests is above 0. */
  readonly probabilisticSharpe: number | null;
  readonly sample: SharpeSample | null;
  /** Deals of all tests; money as shares of what each test began with. */
  readonly dealPaths: DealPaths | null;
  /** What 1 became, at the end of each day. */
  readonly daily: readonly (readonly [time: number, value: number])[];
  /** How often the settings changed from one window to the next. */
  readonly changes: number;
}

export interface WalkReport {
  readonly windows: readonly WalkWindow[];
  readonly trials: number;
  readonly outOfSample: OutOfSample;
}

export interface SweepDocument {
  readonly format: typeof sweepFormat;
  readonly version: typeof sweepVersion;
  readonly id: string;
  /** Wall clock. */
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
  readonly data: readonly DataVersion[];
  readonly kind: string;
  readonly pairs: readonly string[];
  /** Pairs by bot: one each, or all together. */
  readonly groups: readonly (readonly string[])[];
  readonly periods: readonly Span[];
  readonly asked: Text<SweepAsk>;
  readonly axes: readonly Axis[];
  /** How many settings there are; exact, so it may be long. */
  readonly space: string;
  /** Settings that were tried, that cannot trade, and that did not meet what is required. */
  readonly trials: number;
  readonly impossible: number;
  readonly unfit: number;
  /** Why the first of the impossible is. */
  readonly fault: string | null;
  /** Sentences that a reader must see. */
  readonly warnings: readonly string[];
  readonly best: Best | null;
  readonly top: readonly TrialRow[];
  readonly walk: WalkReport | null;
  /** SHA-256 over the runs of the best and of the walk. */
  readonly hash: string;
}
