import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './data-directory.ts';

/** The version of this Holdfast, as its package file says. */
export const version: string = (JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string })
  .version;
