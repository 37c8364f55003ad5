/** Sweeps of a data directory: DATA/sweeps/ID with what was asked, and one line for each trial as it is done. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Known, SweepTrial } from '@holdfast/backtest';
import { CliError, exitCode } from '../exit.ts';
import { fromText, type SweepAsk, toText } from './plan.ts';

const idForm = /^[a-z0-9][a-z0-9-]{0,59}$/;

export interface StoredSweep {
  readonly asked: SweepAsk;
  readonly madeAt: number;
  /** Of the candles. */
  readonly data: readonly string[];
}

const folder = (data: string, id: string): string => {
  if (!idForm.test(id))
    throw new CliError(exitCode.usage, `"${id.slice(0, 60)}" is no name of a sweep: small letters, digits and -`);
  return join(data, 'sweeps', id);
};

export function create(data: string, id: string, sweep: StoredSweep): void {
  const path = folder(data, id);
  if (existsSync(path))
    throw new CliError(
      exitCode.usage,
      `a sweep ${id} is there already; "holdfast sweep resume ${id}" goes on with it, or give another --name`,
    );
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'plan.json'), toText(sweep));
  writeFileSync(join(path, 'trials.jsonl'), '');
}

export function read(data: string, id: string): StoredSweep {
  const path = join(folder(data, id), 'plan.json');
  if (!existsSync(path))
    throw new CliError(exitCode.failed, `there is no sweep ${id}; "holdfast sweep list" shows those that are`);
  try {
    return fromText(readFileSync(path, 'utf8')) as StoredSweep;
  } catch (cause) {
    throw new CliError(exitCode.corruptData, `${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Sweeps by name. */
export function list(data: string): readonly string[] {
  const root = join(data, 'sweeps');
  return existsSync(root)
    ? readdirSync(root)
        .filter((id) => existsSync(join(root, id, 'plan.json')))
        .sort()
    : [];
}

export function append(data: string, id: string, trials: readonly SweepTrial[]): void {
  if (trials.length === 0) return;
  const lines = trials.map(({ point, figures, fault }) => JSON.stringify({ point, figures, fault }));
  const path = join(folder(data, id), 'trials.jsonl');
  const isCutOff = !/(^|\n)$/.test(readFileSync(path, 'utf8').slice(-1));
  appendFileSync(path, `${isCutOff ? '\n' : ''}${lines.join('\n')}\n`);
}

/** Trials that are written whole; a line that a stop cut off is made again. */
export function known(data: string, id: string): Known {
  const path = join(folder(data, id), 'trials.jsonl');
  const found = new Map<string, Pick<SweepTrial, 'figures' | 'fault'>>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      const { point, figures, fault } = JSON.parse(line) as SweepTrial;
      found.set(point.join('.'), { figures, fault });
    } catch {
      // Cut off in the middle: the same trial is made again and gives the same.
    }
  }
  return found;
}
