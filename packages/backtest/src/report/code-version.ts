/** Which code made a report: the version of the package, and the commit where the tree is a clone. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);

/** Commit that HEAD names, without asking git; null in a release. */
function commitOf(root: string): string | null {
  const head = read(join(root, '.git', 'HEAD'));
  if (head === undefined) return null;
  const ref = /^ref: (\S+)$/.exec(head)?.[1];
  if (ref === undefined) return /^[0-9a-f]{40}$/.test(head) ? head : null;
  const packed = read(join(root, '.git', 'packed-refs'))?.split('\n');
  const found = read(join(root, '.git', ...ref.split('/'))) ?? packed?.find((line) => line.endsWith(` ${ref}`))?.slice(0, 40);
  return found !== undefined && /^[0-9a-f]{40}$/.test(found) ? found : null;
}

export const codeVersion = (root: string, version: string): { version: string; commit: string | null } => {
  try {
    return { version, commit: commitOf(root) };
  } catch {
    return { version, commit: null }; // a folder that is a clone only in part
  }
};
