/** Comparison kernels in C: compiled where they are measured, in a folder of their own that goes away with the benchmark. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Series } from '@holdfast/backtest';

let folder: string | undefined;

/** A path in the benchmark's own folder. */
export function temporary(name: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return join(folder, name);
}

/** Compiles bench/kernels/NAME.c; undefined where there is no compiler. */
export function compile(name: string): string | undefined {
  const program = temporary(name);
  const source = join(import.meta.dirname, `${name}.c`);
  try {
    // Products and sums are rounded apart, as JavaScript does, or the hashes would differ.
    execFileSync('cc', ['-O3', '-march=native', '-ffp-contract=off', '-o', program, source, '-lm'], { stdio: 'pipe' });
    return program;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`bench/kernels/${name}.c does not compile: ${(error as { stderr?: Buffer }).stderr}`, { cause: error });
  }
}

/** Prices as the C kernels read them. */
export function writeColumns(name: string, { open, high, low, close }: Series): string {
  const path = temporary(name);
  writeFileSync(path, Buffer.concat([open, high, low, close].map((column) => Buffer.from(Int32Array.from(column).buffer))));
  return path;
}

export interface CompiledRun {
  /** CPU time of a round. */
  readonly ms: number;
  readonly hashes: readonly string[];
}

/** Runs a compiled kernel over plans, one line each. */
export function runCompiled(
  program: string,
  columns: string,
  rows: number,
  plans: readonly string[],
  rounds: number,
): CompiledRun {
  const text = temporary('plans.txt');
  writeFileSync(text, `${plans.join('\n')}\n`);
  const said = execFileSync(program, [columns, String(rows), text, String(rounds)], { encoding: 'utf8' });
  const [ns, ...hashes] = said.trim().split('\n');
  return { ms: Number(ns) / 1e6, hashes };
}
