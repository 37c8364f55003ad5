/**
 * Sweeps of a data directory, in DATA/backtests/sweeps/ID: plan.json (what was asked), trials.jsonl (a line for each trial as it is done) and,
 * once all are done, result.json. Plan and result are written beside their place and renamed; a line of trials that a stop cut off
 * is made again.
 */
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DataVersion } from '../report/document.ts';
import { replace } from '../report/store.ts';
import { askFromText, askText, type SweepAsk } from './ask.ts';
import { type SweepDocument, sweepFormat, sweepVersion } from './document.ts';
import { figureNames } from './figures.ts';
import type { Figures } from './formula.ts';
import type { Known, Trial } from './sweep.ts';
import { SweepError } from './sweep-error.ts';

export const sweepIdForm = /^[a-z0-9][a-z0-9-]{0,59}$/;

export interface SweepRecord {
  readonly asked: SweepAsk;
  /** Wall clock. */
  readonly madeAt: number;
  readonly data: readonly DataVersion[];
}

export interface SweepRow {
  readonly id: string;
  readonly madeAt: number;
  readonly kind: string;
  readonly pairs: readonly string[];
  readonly vary: readonly string[];
  readonly method: SweepAsk['method'];
  readonly goal: string;
  readonly state: 'done' | 'paused';
  /** Settings that were tried; of one that is not done, lines that were written. */
  readonly trials: number;
  /** Of the best; null while it is not done, or where none met what is required. */
  readonly best: {
    readonly varied: SweepDocument['top'][number]['varied'];
    readonly score: number;
    /** Mean over pairs and periods. */
    readonly train: number;
    readonly test: number | null;
  } | null;
  /** Profit of the walk-forward's tests. */
  readonly outOfSample: number | null;
}

const root = (data: string): string => join(data, 'backtests', 'sweeps');

function folder(data: string, id: string): string {
  if (sweepIdForm.test(id)) return join(root(data), id);
  throw new SweepError('sweep-unknown', `"${id.slice(0, 60)}" is no name of a sweep: small letters, digits and -, at most 60`);
}

/** @throws SweepError `sweep-taken` */
export function createSweep(data: string, id: string, sweep: SweepRecord): void {
  const path = folder(data, id);
  if (existsSync(path))
    throw new SweepError(
      'sweep-taken',
      `a sweep ${id} is there already; "holdfast sweep resume ${id}" goes on with it, or give another --name`,
    );
  mkdirSync(path, { recursive: true, mode: 0o750 });
  replace(join(path, 'plan.json'), askText(sweep));
}

/** @throws SweepError `sweep-unknown`, `sweep-damaged` */
export function readSweep(data: string, id: string): SweepRecord {
  const path = join(folder(data, id), 'plan.json');
  if (!existsSync(path))
    throw new SweepError('sweep-unknown', `there is no sweep ${id}; "holdfast sweep list" shows those that are`);
  let read: SweepRecord | undefined;
  try {
    read = askFromText(readFileSync(path, 'utf8')) as SweepRecord;
  } catch (cause) {
    throw new SweepError('sweep-damaged', `${path} is damaged: ${(cause as Error).message}; remove the sweep and begin it again`);
  }
  if (read?.asked?.v === 1) return read;
  throw new SweepError('sweep-damaged', `${path} is no plan of a sweep, or one of another version`);
}

/** A sweep goes on with the same candles only. @throws SweepError `sweep-data-changed` */
export function mustBeSameData(id: string, stored: Pick<SweepRecord, 'data'>, ready: Pick<SweepRecord, 'data'>): void {
  if (JSON.stringify(stored.data) === JSON.stringify(ready.data)) return;
  throw new SweepError(
    'sweep-data-changed',
    `the candles are not those that sweep ${id} was begun with; begin a new one with another --name`,
  );
}

export function storeSweepResult(data: string, document: SweepDocument): void {
  replace(join(folder(data, document.id), 'result.json'), JSON.stringify(document));
}

/** Undefined while it is not done. @throws SweepError `sweep-unknown`, `sweep-damaged` */
export function readSweepResult(data: string, id: string): SweepDocument | undefined {
  readSweep(data, id);
  const path = join(folder(data, id), 'result.json');
  if (!existsSync(path)) return undefined;
  let read: SweepDocument | undefined;
  try {
    read = JSON.parse(readFileSync(path, 'utf8')) as SweepDocument;
  } catch {
    // told below
  }
  if (read?.format === sweepFormat && read.version === sweepVersion) return read;
  throw new SweepError('sweep-damaged', `${path} is damaged; remove it, and "holdfast sweep resume ${id}" makes it again`);
}

/** Forgets a sweep. @throws SweepError `sweep-unknown` */
export function removeSweep(data: string, id: string): void {
  readSweep(data, id);
  rmSync(folder(data, id), { recursive: true, force: true });
}

/** Sweeps by time, newest first; one whose plan cannot be read is left out. */
export function listSweeps(data: string): readonly SweepRow[] {
  if (!existsSync(root(data))) return [];
  return readdirSync(root(data))
    .flatMap((id) => {
      try {
        return [rowOf(data, id)];
      } catch {
        return [];
      }
    })
    .sort((a, b) => b.madeAt - a.madeAt || (a.id < b.id ? -1 : 1));
}

const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;

function rowOf(data: string, id: string): SweepRow {
  const { asked, madeAt } = readSweep(data, id);
  const done = readSweepResult(data, id);
  const best = done?.best ?? null;
  const tests = best?.cases.flatMap(({ test }) => (test === null ? [] : [test.figures.profit ?? 0])) ?? [];
  return {
    id,
    madeAt,
    kind: asked.ask.kind,
    pairs: asked.ask.pairs,
    vary: asked.vary,
    method: asked.method,
    goal: asked.goal,
    state: done === undefined ? 'paused' : 'done',
    trials: done?.trials ?? countLines(join(folder(data, id), trialsName)),
    best:
      best === null
        ? null
        : {
            varied: best.varied,
            score: best.score,
            train: mean(best.cases.map(({ train }) => train.figures.profit ?? 0)),
            test: tests.length === 0 ? null : mean(tests),
          },
    outOfSample: done?.walk?.outOfSample.profit ?? null,
  };
}

const trialsName = 'trials.jsonl';

/** The choice of the best, or the window of the walk that a trial belongs to. */
export type Stage = 'best' | number;

/** `[stage, point, figures of each case, fault]`, figures in the order of `figureNames`. */
type Line = readonly [Stage, readonly number[], readonly (readonly (number | null)[] | null)[], string | null];

/** Lines of a file that may be longer than a string can be. */
function* linesOf(path: string): Generator<string> {
  if (!existsSync(path)) return;
  const descriptor = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(1024 * 1024);
    let rest = '';
    for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
      const lines = (rest + chunk.toString('utf8', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(descriptor);
  }
}

const countLines = (path: string): number => linesOf(path).reduce((sum, text) => (text === '' ? sum : sum + 1), 0);

const toLine = (stage: Stage, { point, figures, fault }: Trial): string => {
  const rows = figures.map((it) => (it === null ? null : figureNames.map((name) => it[name] ?? null)));
  return JSON.stringify([stage, point, rows, fault] satisfies Line);
};

const toFigures = (row: readonly (number | null)[] | null): Figures | null =>
  row === null ? null : Object.fromEntries(figureNames.map((name, at) => [name, row[at] ?? Number.NaN]));

export interface TrialFile {
  known(stage: Stage): Known;
  append(stage: Stage, trials: readonly Trial[]): void;
}

/** The trials of a sweep that are written whole, and a place for more. */
export function openTrials(data: string, id: string): TrialFile {
  const path = join(folder(data, id), trialsName);
  const stages = new Map<Stage, Map<string, Pick<Trial, 'figures' | 'fault'>>>();
  for (const text of linesOf(path)) {
    if (text === '') continue;
    try {
      const [stage, point, rows, fault] = JSON.parse(text) as Line;
      const trials = stages.get(stage) ?? new Map<string, Pick<Trial, 'figures' | 'fault'>>();
      stages.set(stage, trials.set(point.join('.'), { figures: rows.map(toFigures), fault }));
    } catch {
      // Cut off in the middle: the same trial is made again and gives the same.
    }
  }
  let isFirst = true;
  return {
    known: (stage) => stages.get(stage) ?? new Map(),
    append(stage, trials) {
      if (trials.length === 0) return;
      // Whatever was cut off is ended first, so that it spoils no other line.
      const begin = isFirst && existsSync(path) ? '\n' : '';
      isFirst = false;
      appendFileSync(path, `${begin}${trials.map((trial) => toLine(stage, trial)).join('\n')}\n`, { mode: 0o640 });
    },
  };
}
