/**
 * The files of the owner's page: our own bytes, read once at start. Scripts are the TypeScript of `page/` and of the domain
 * package with its types taken out, so that what the browser runs is what stands in the repository.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

export interface Pages {
  /** By path as it stands in a request, e.g. `/page/main.ts`. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** SHA-256 in hex over paths and contents of all files: what an owner compares with the release. */
  readonly hash: string;
}

const pageFolder = join(import.meta.dirname, 'page');
const domainFolder = join(import.meta.dirname, '../../../../packages/domain/src');

/** A browser knows no package names: ours is a folder beside the page. */
const withBrowserImports = (script: string): string => script.replaceAll(/(from\s+)'@holdfast\/domain'/g, "$1'/domain/index.ts'");

const script = (path: string): PageFile => ({
  type: 'text/javascript; charset=utf-8',
  body: Buffer.from(withBrowserImports(stripTypeScriptTypes(readFileSync(path, 'utf8')))),
});

const scriptsOf = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

export function readPages(): Pages {
  const files = new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', body: readFileSync(join(pageFolder, 'index.html')) }],
    ['/page/style.css', { type: 'text/css; charset=utf-8', body: readFileSync(join(pageFolder, 'style.css')) }],
    ['/page/icon.svg', { type: 'image/svg+xml', body: readFileSync(join(pageFolder, 'icon.svg')) }],
    ...scriptsOf(pageFolder).map((name) => [`/page/${name}`, script(join(pageFolder, name))] as const),
    ...scriptsOf(domainFolder).map((name) => [`/domain/${name}`, script(join(domainFolder, name))] as const),
  ]);
  const hash = createHash('sha256');
  for (const [path, { body }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${body.length}\0`).update(body);
  }
  return { files, hash: hash.digest('hex') };
}
