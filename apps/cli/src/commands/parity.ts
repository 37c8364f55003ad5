/** `parity`: shows that a backtest and a paper account give the same, for one bot over one tape. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readFileName } from '@holdfast/backtest';
import { pair as readPair } from '@holdfast/domain';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import type { Line } from '../parity/compare.ts';
import type { PaperOptions } from '../parity/paper.ts';
import { compareRuns, type ParityResult } from '../parity/parity.ts';
import { readSignals } from '../parity/signals.ts';

interface ParityFlags {
  readonly tape: readonly string[];
  readonly pair?: string;
  readonly signals?: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

function readSettings(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text.startsWith('{') ? text : readFileSync(resolve(text), 'utf8')) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new InvalidArgumentError(`neither JSON nor a file of it: ${(cause as Error).message}`);
  }
}

export function addParityCommand(program: Command): void {
  program
    .command('parity')
    .description(
      'play one bot over recorded candles as a backtest, tick by tick and in jumps, and as paper; show that they agree',
    )
    .requiredOption(
      '--tape <file>',
      'recorded candles of one minute (CSV or gzip); may be given for several pairs',
      (path: string, before?: readonly string[]) => [...(before ?? []), resolve(path)],
    )
    .option('--pair <pair>', 'pair of the tape, several with commas; read off the file name when left out')
    .option('--kind <kind>', 'kind of bot, or the file of a strategy of your own', 'dca')
    .option('--signals <file>', 'recorded signals that the bot hears, see docs/backtest.md')
    .requiredOption('--settings <json>', 'settings of the bot: JSON, or a file of it', readSettings)
    .option('--from <time>', 'first moment of the tape to play: ISO date or unix ms')
    .option('--to <time>', 'last moment of the tape to play')
    .option('--json', 'print JSON for programs')
    .action(async (flags: ParityFlags) => {
      const result = await played(flags);
      if (flags.json) printJson(result);
      else print(textOf(result));
      if (result.difference !== null) throw new CliError(exitCode.failed, 'the plays differ');
    });
}

async function played({ tape: files, pair, kind, settings, from, to, signals }: ParityFlags): Promise<ParityResult> {
  const tapes = tapesOf(files, pair);
  const options = {
    tapes,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(signals === undefined ? {} : { signals: readSignals(signals, tapes[0]?.pair ?? '') }),
  };
  if (!kind.endsWith('.ts')) return compareRuns({ ...options, bot: { kind, settings } });
  const { ownBacktest } = await import('./backtest-own.ts');
  const own = await ownBacktest(kind);
  try {
    const bot = { kind: own.kind, source: own.source, settings: own.settings(settings) };
    return await compareRuns({ ...options, bot }, own.own);
  } finally {
    own.end();
  }
}

/** @throws CliError usage */
function tapesOf(files: readonly string[], pair: string | undefined): PaperOptions['tapes'] {
  const named = pair?.split(',');
  if (named !== undefined && named.length !== files.length)
    throw new CliError(exitCode.usage, `--pair ${pair}: name as many pairs, with commas, as there are tapes (${files.length})`);
  return files.map((file, index) => {
    const name = named?.[index]?.trim() ?? readFileName(file).pair;
    if (name === undefined)
      throw new CliError(exitCode.usage, `the name of ${file} does not say the pair; give --pair BASE/QUOTE`);
    return { file, pair: readPair(name) };
  });
}

function textOf({ plays, difference, refusals }: ParityResult): string {
  const rows = plays.map(({ name, orders, fills }) => [name, String(orders), String(fills)]);
  const lines = [table(['play', 'orders', 'fills'], rows), ''];
  if (difference === null) lines.push('All orders and fills are equal.');
  else {
    const { between, of, number, what, first, second } = difference;
    lines.push(`The first difference is ${of} ${number}, in ${what}:`);
    lines.push(`  ${between[0]}  ${lineText(first)}`, `  ${between[1]}  ${lineText(second)}`);
  }
  if (refusals.length > 0) lines.push(`The vault refused ${refusals.length} of the paper bot's orders, first ${refusals[0]}`);
  return lines.join('\n');
}

const lineText = (line: Line | null): string =>
  line === null
    ? 'has none'
    : Object.entries(line)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ');
