/** Files that a command writes besides what it prints. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, exitCode } from './exit.ts';

/** Names a file that would be overwritten before anything runs. @throws CliError usage, unless `force` */
export function refuseOverwriting(files: readonly (string | undefined)[], force: true | undefined): void {
  const there = files.filter((file) => file !== undefined).find((file) => existsSync(file));
  if (there !== undefined && force !== true)
    throw new CliError(exitCode.usage, `${there} is there already; give --force or another name`);
}

/** Folders on the way are made. @throws CliError cannotWrite */
export function writeReport(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    throw new CliError(exitCode.cannotWrite, `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
