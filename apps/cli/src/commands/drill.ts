/** `drill`: plays the robbery against throwaway instances. Needs no network and touches no data directory. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { drill } from '../drill/drill.ts';
import { htmlOf } from '../drill/html.ts';
import { jsonOf, terminalText } from '../drill/report.ts';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson } from '../output.ts';

interface DrillFlags {
  readonly seed: number;
  readonly orders: number;
  readonly html?: string;
  readonly json?: true;
  readonly processes: boolean;
}

/** @throws InvalidArgumentError unless a whole number in the range */
const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}, got "${text}"`);
    return value;
  };

export function addDrillCommand(program: Command): void {
  program
    .command('drill')
    .description(
      'play the robbery of 2022 against throwaway instances: what is lost with the vault, without it, and what was promised',
    )
    .option('--seed <n>', 'the same seed plays the same drill', whole(0, 4_294_967_295), 2022)
    .option('--orders <n>', 'orders of each search that reach the judge of the caps', whole(1, 1_000_000), 10_000)
    .option('--html <file>', 'write a page for people')
    .option('--no-processes', 'leave out the scenario that starts real processes')
    .option('--json', 'print JSON for programs')
    .action(async ({ seed, orders, html, json, processes }: DrillFlags) => {
      const result = await drill({
        seed,
        orders,
        processes,
        onScenario: (it) => {
          if (json === undefined) process.stderr.write(`played: ${it.name}\n`);
        },
      });
      if (html !== undefined) writeReport(resolve(html), htmlOf(result));
      if (json) printJson(jsonOf(result));
      else print(terminalText(result));
      if (!result.withinBound) throw new CliError(exitCode.failed, 'a measured loss passed the bound that was computed before');
    });
}

/** @throws CliError when the file cannot be written */
function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new CliError(exitCode.cannotWrite, `cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}
