/** `backtest --kind FILE.ts`: a strategy of one's own in a backtest, run by the same confined processes as in the engine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunRequest } from '@holdfast/backtest';
import { checkOwnSettings, type OwnDescription, ownKind, readDescription } from '@holdfast/bots';
import { StrategyPipe } from '@holdfast/runtime';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';

const host = resolve(repositoryRoot, 'apps/engine/src/strategy-host.ts');

export interface OwnBacktest {
  /** As the engine would call it: own-NAME-HASH. */
  readonly kind: string;
  readonly source: string;
  /** With their defaults. @throws CliError usage, naming every setting at fault */
  settings(given: Record<string, unknown>): Record<string, unknown>;
  /** A strategy in place of a listed kind. */
  readonly own: NonNullable<RunRequest['own']>;
  end(): void;
}

/** The file loaded in a process of its own. Call `end` when all runs are done. @throws CliError */
export async function ownBacktest(file: string): Promise<OwnBacktest> {
  const source = readSource(file);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-own-')));
  const child = spawn(process.execPath, [host, '--data', folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const pipe = new StrategyPipe(join(folder, 'strategies'));
  const end = (): void => {
    pipe.close();
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child, file);
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    const store = (kind: string): string => {
      mkdirSync(join(folder, 'strategies', 'code'), { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, 'strategies', 'code', `${kind}.ts`), source, { mode: 0o600 });
      return kind;
    };
    const description = describe(pipe, store(`own-new-${hash}`), file);
    const kind = store(`own-${description.name}-${hash}`);
    return {
      kind,
      source,
      settings: (given) => checked(description, given),
      own: () =>
        ownKind(kind, (step) => {
          const answer = pipe.ask({ kind, step });
          if (answer.failed === undefined) return { kind: 'answer', step: answer.step };
          return { kind: 'failed', reason: String(answer.failed).slice(0, 300) };
        }),
      end,
    };
  } catch (error) {
    end();
    throw error;
  }
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(exitCode.usage, `the strategy ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

const ready = (child: ChildProcess, file: string): Promise<void> =>
  new Promise((done, fail) => {
    child.stdout?.once('data', () => done());
    child.once('exit', (code) =>
      fail(new CliError(exitCode.failed, `the process that would run ${file} ended with ${code}; its reason stands above`)),
    );
  });

function describe(pipe: StrategyPipe, kind: string, file: string): OwnDescription {
  const { failed, description } = pipe.ask({ kind });
  if (failed !== undefined) throw new CliError(exitCode.usage, `${file} cannot be loaded: ${String(failed).slice(0, 300)}`);
  const read = readDescription(description);
  if ('faults' in read) throw new CliError(exitCode.usage, `${file} does not describe itself: ${read.faults.join('; ')}`);
  return read;
}

/** Typed values are text: whole numbers and flags are read as such. */
function checked(description: OwnDescription, given: Record<string, unknown>): Record<string, unknown> {
  const read = Object.entries(given).map(([name, value]) => {
    const type = description.fields[name]?.type;
    if (typeof value !== 'string') return [name, value];
    if (type === 'whole' && /^\d{1,15}$/.test(value)) return [name, Number(value)];
    return [name, type === 'flag' && /^(true|false)$/.test(value) ? value === 'true' : value];
  });
  const answer = checkOwnSettings(description, Object.fromEntries(read) as Record<string, unknown>);
  if ('values' in answer) return { ...answer.values };
  const said = answer.faults.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new CliError(exitCode.usage, `settings: ${said}`);
}
