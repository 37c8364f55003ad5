/** `backtest --kind FILE.ts`: a strategy of one's own in a backtest, run by the same confined processes as in the engine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { OwnFolders, RunRequest } from '@holdfast/backtest';
import { checkOwnSettings, type OwnDescription, ownKind, readDescription } from '@holdfast/bots';
import { StrategyPipe, stepOf } from '@holdfast/runtime';
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
  /** Further processes for it, as confined; each has its folder, and one who asks. @throws CliError */
  more(count: number): Promise<OwnFolders>;
  end(): void;
}

/** The process that runs strategies, in a folder of its own. */
interface Host {
  /** Of its pipes and the files of strategies. */
  readonly folder: string;
  end(): void;
}

/** @throws CliError */
async function openHost(file: string): Promise<Host> {
  const data = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-own-')));
  const child = spawn(process.execPath, [host, '--data', data], { stdio: ['pipe', 'pipe', 'inherit'] });
  const end = (): void => {
    child.kill('SIGTERM');
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await ready(child, file);
    return { folder: join(data, 'strategies'), end };
  } catch (error) {
    end();
    throw error;
  }
}

function store({ folder }: Host, kind: string, source: string): string {
  mkdirSync(join(folder, 'code'), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'code', `${kind}.ts`), source, { mode: 0o600 });
  return kind;
}

/** The file loaded in a process of its own. Call `end` when all runs are done. @throws CliError */
export async function ownBacktest(file: string): Promise<OwnBacktest> {
  const source = readSource(file);
  const first = await openHost(file);
  const hosts = [first];
  const pipe = new StrategyPipe(first.folder);
  const end = (): void => {
    pipe.close();
    for (const each of hosts) each.end();
  };
  try {
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    const description = describe(pipe, store(first, `own-new-${hash}`, source), file);
    const kind = store(first, `own-${description.name}-${hash}`, source);
    return {
      kind,
      source,
      settings: (given) => checked(description, given),
      own: () => ownKind(kind, (step) => stepOf(pipe.ask({ kind, step }))),
      more: async (count) => {
        const one = async (): Promise<string> => {
          const further = await openHost(file);
          hosts.push(further);
          store(further, kind, source);
          return further.folder;
        };
        return { kind, folders: await Promise.all(Array.from({ length: count }, one)) };
      },
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
