/** What a sweep is asked, as it is stored and gone on with: plain data but for fees, which are amounts. */
import type { BacktestAsk } from '../report/job.ts';
import type { Method } from './search.ts';

/** How settings are chosen again and again and tried on what came after; ms. */
export interface WalkAsk {
  readonly trainMs: number;
  readonly testMs: number;
  /** Whether each choice sees everything from the first day. */
  readonly anchored: boolean;
}

/** Unix ms, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface SweepAsk {
  readonly v: 1;
  /** What every run shares. Its `settings` are those that do not vary, as given; `from` and `to` count where no period is named. */
  readonly ask: BacktestAsk;
  /** Each by itself, in order of time; empty: all candles that `ask` means. */
  readonly periods: readonly Span[];
  /** Whether all pairs belong to one bot; else each pair is run by a bot of its own. */
  readonly together: boolean;
  /** As typed: FIELD=FROM..TO/STEP or FIELD=VALUE,VALUE. */
  readonly vary: readonly string[];
  readonly method: Method;
  /** Settings that random and evolution try. */
  readonly trials: number;
  readonly goal: string;
  readonly require: readonly string[];
  /** How the scores of several pairs and periods make one. */
  readonly over: 'mean' | 'worst';
  /** Share of each period, at its end, that the best is not chosen by. */
  readonly holdOut: number;
  /** `usual`: windows that fit the shortest period; null: none. */
  readonly walk: WalkAsk | 'usual' | null;
  /** File of a strategy of one's own; its kind is in `ask`. */
  readonly file: string | null;
  /** `sweep`: the best of each period's beginning; `walk-forward`: the best of the last stretch as long as a train stretch. */
  readonly choosesBy: 'sweep' | 'walk-forward';
}

/** Amounts inside are written as decimal counts with an n behind. */
export const askText = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each), 2);

export const askFromText = (text: string): unknown =>
  JSON.parse(text, (_, each: unknown) =>
    typeof each === 'string' && /^-?\d{1,40}n$/.test(each) ? BigInt(each.slice(0, -1)) : each,
  );
