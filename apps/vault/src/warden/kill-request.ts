/**
 * A kill that was asked for when no gate answered: DATA/vault/kill.json. The next signer revokes everything before it does
 * anything else; then the file goes. A file that cannot be understood kills all the same.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (folder: string): string => join(folder, 'kill.json');
/** Longest reason that is kept, in characters. */
const reasonMax = 200;

/** Why everything is to be revoked; '' when nobody asked. `folder` is DATA/vault. */
export function readKillRequest(folder: string): string {
  let text: string;
  try {
    text = readFileSync(fileOf(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { reason } = JSON.parse(text) as { reason?: unknown };
    if (typeof reason === 'string' && reason !== '') return reason.slice(0, reasonMax);
  } catch {
    // what was meant is plain from the file's being there
  }
  return 'asked for while no signer ran';
}

/** After the signer has recorded the kill. */
export const dropKillRequest = (folder: string): void => rmSync(fileOf(folder), { force: true });
