import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCode } from './exit.ts';

/** A peer key of the vault, as the warden wrote it. @throws CliError when there is none yet */
export function readPeerKey(data: string, id: 'cli'): { readonly id: string; readonly secret: string } {
  const file = join(data, 'peers', `${id}.key`);
  try {
    return { id, secret: readFileSync(file, 'utf8').trim() };
  } catch (cause) {
    throw new CliError(exitCode.failed, `cannot read the vault's key ${file}; start the instance once with "npx holdfast up"`, {
      cause,
    });
  }
}
