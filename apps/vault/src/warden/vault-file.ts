/** Files of the vault: written whole and durably, belonging to nobody else. */
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Writes a file of mode 0600 in one step, durably. */
export function writeWhole(folder: string, name: string, content: string | Uint8Array): void {
  const next = join(folder, `${name}.next`);
  rmSync(next, { force: true });
  const descriptor = openSync(next, 'wx', 0o600);
  writeSync(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(next, join(folder, name));
  syncFolder(folder);
}

/** No links, nothing of somebody else's, nothing open to others. @throws StartError corrupt-data */
export function demandOwn(path: string): void {
  const stat = lstatSync(path);
  const refuse = (why: string, remedy: string): never => {
    throw new StartError('corruptData', `${path} ${why}; ${remedy}`);
  };
  if (!stat.isDirectory() && !stat.isFile()) refuse('is neither a file nor a folder', 'a vault holds no links: remove it');
  if (stat.isFile() && stat.nlink !== 1) refuse('has a second name (a hard link)', 'remove the other one');
  if (stat.uid !== process.getuid?.()) refuse(`belongs to user ${stat.uid}`, 'a vault must belong to the user who runs it');
  if ((stat.mode & 0o077) !== 0)
    refuse(`is open to others (mode ${(stat.mode & 0o777).toString(8)})`, 'run: chmod -R go= on its folder');
  if (stat.isDirectory()) for (const name of readdirSync(path)) demandOwn(join(path, name));
}

export function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  demandOwn(path);
  return path;
}
