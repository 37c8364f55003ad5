import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defaultData } from './data-directory.ts';

/** Options of every command. */
export interface Common {
  readonly data: string;
  readonly json?: true;
}

export const common = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of the instance', (path: string) => resolve(path), defaultData)
    .option('--json', 'print JSON for programs');

/** @throws InvalidArgumentError unless a port number with room for the ports counted from it */
export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_525)
    throw new InvalidArgumentError(`a port is a whole number from 1 to 65525, got "${text}"`);
  return port;
}

/** @throws InvalidArgumentError unless `max` or a number above 0 */
export function readSpeed(text: string): string {
  if (text === 'max' || (/^\d{1,6}(\.\d{1,3})?$/.test(text) && Number(text) > 0)) return text;
  throw new InvalidArgumentError(`a speed is "max" or a number above 0, got "${text}"`);
}
