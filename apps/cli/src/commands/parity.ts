/** `parity`: shows that a backtest and a paper account give the same, for one bot over one tape. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readFileName } from '@holdfast/backtest';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import type { Line } from '../parity/compare.ts';
import { compareRuns, type ParityResult } from '../parity/parity.ts';

interface ParityFlags {
  readonly tape: string;
  readonly pair?: string;
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
    .requiredOption('--tape <file>', 'recorded candles of one minute (CSV or gzip)', (path: string) => resolve(path))
    .option('--pair <pair>', 'pair of the tape; read off the file name when left out')
    .option('--kind <kind>', 'kind of bot', 'dca')
    .requiredOption('--settings <json>', 'settings of the bot: JSON, or a file of it', readSettings)
    .option('--from <time>', 'first moment of the tape to play: ISO date or unix ms')
    .option('--to <time>', 'last moment of the tape to play')
    .option('--json', 'print JSON for programs')
    .action(async ({ tape, pair: given, kind, settings, from, to, json }: ParityFlags) => {
      const pair = given ?? readFileName(tape).pair;
      if (pair === undefined)
        throw new CliError(exitCode.usage, `the name of ${tape} does not say the pair; give --pair BASE/QUOTE`);
      const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
      const result = await compareRuns({ tape, ...range, bot: { kind, pair, settings } });
      if (json) printJson(result);
      else print(textOf(result));
      if (result.difference !== null) throw new CliError(exitCode.failed, 'the plays differ');
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
