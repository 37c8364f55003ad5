/** `strategy check|add|list`: strategies of one's own, from a file. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StrategiesAnswer, StrategyAdded } from '@holdfast/contracts';
import type { Command } from 'commander';
import { type ApiClient, apiClient } from '../api-client.ts';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';

interface Checked {
  readonly ok: boolean;
  readonly faults: readonly string[];
  readonly name?: string;
  readonly title?: string;
  readonly about?: string;
  readonly minutes?: number;
  readonly buys?: number;
  readonly sales?: number;
  readonly slowestMs?: number;
  readonly schema?: { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

const checkMsMost = 120_000;

/** @throws CliError */
function readSource(file: string): string {
  if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no file ${file}`);
  return readFileSync(file, 'utf8');
}

/** @throws CliError when the file cannot be checked at all */
function check(file: string, settings: string): Checked {
  readSource(file);
  const main = resolve(repositoryRoot, 'apps/engine/src/strategy-check.ts');
  const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, resolve(file), settings], {
    encoding: 'utf8',
    timeout: checkMsMost,
    env: {},
  });
  if (run.status === 0) return JSON.parse(run.stdout) as Checked;
  throw new CliError(exitCode.failed, `the check of ${file} ended by itself: ${run.stderr.trim().split('\n').at(-1) ?? ''}`);
}

function describe({ ok, faults, title, about, minutes, buys, sales, slowestMs, schema }: Checked): string {
  if (!ok) return faults.map((fault) => `fault: ${fault}`).join('\n');
  const rows = Object.entries(schema?.properties ?? {}).map(([name, { default: initial, unit, description }]) => [
    name,
    initial === undefined ? 'needed' : String(initial),
    String(unit),
    String(description),
  ]);
  const said = `asked for ${minutes} invented minutes, twice: the same answers; ${buys} buys, ${sales} sales, slowest answer ${slowestMs} ms`;
  return [`${title}: ${about}`, said, '', table(['setting', 'default', 'unit', 'meaning'], rows)].join('\n');
}

/** The kind of bot of a strategy's file: what `bot create --kind FILE` makes. The same file again is the same kind. */
export async function kindOf(client: ApiClient, kind: string): Promise<string> {
  if (!kind.endsWith('.ts')) return kind;
  return (await client.post<StrategyAdded>('/api/strategies', { source: readSource(kind) })).kind;
}

export function addStrategyCommands(program: Command): void {
  const root = program.command('strategy').description("strategies of one's own, from a TypeScript file");
  common(root.command('check <file>').description('load it as the engine would and ask it for an invented day, twice'))
    .option('--settings <json>', 'settings as a JSON object; defaults and least values are taken for what is not named', '{}')
    .action((file: string, { json, settings }: Common & { settings: string }) => {
      const checked = check(file, settings);
      if (json) printJson(checked);
      else print(describe(checked));
      if (!checked.ok) throw new CliError(exitCode.failed, `${file} is no strategy that can run; the faults are named above`);
    });
  common(root.command('add <file>').description('keep it as a kind of bot')).action(
    async (file: string, { data, json }: Common) => {
      const added = await apiClient(data).post<StrategyAdded>('/api/strategies', { source: readSource(file) });
      if (json) printJson(added);
      else print(`${added.title}: kind ${added.kind}`);
    },
  );
  common(root.command('list').description('those that are kept')).action(async ({ data, json }: Common) => {
    const { strategies } = await apiClient(data).get<StrategiesAnswer>('/api/strategies');
    if (json) return printJson(strategies);
    const rows = strategies.map(({ kind, title, addedAt, about }) => [kind, title, timeText(addedAt), about]);
    print(
      rows.length === 0 ? 'none yet; "holdfast strategy add FILE" keeps one' : table(['kind', 'title', 'added', 'about'], rows),
    );
  });
}
