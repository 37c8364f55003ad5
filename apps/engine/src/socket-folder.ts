/** A folder for a socket where everybody may make folders: its name can be known beforehand, so somebody else may have made it. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';

/** Makes the folder, or takes our own that is there; mode 0700. @throws Error naming it when it is a link or of somebody else */
export function ownSocketFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw Object.assign(new Error(`${path} is a link or belongs to somebody else; remove it`), { code: 'EPERM' });
  chmodSync(path, 0o700);
}
