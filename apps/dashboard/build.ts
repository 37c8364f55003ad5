/**
 * Builds the page into `dist`, only when something it is made from has changed. The hash of the sources and of the
 * installed versions lies in `dist/.source-hash`; a new build is made beside `dist` and renamed into its place, so that a
 * server never sees half of one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const here = import.meta.dirname;
const dist = join(here, 'dist');
/** Beside `dist`, so that a rename is enough; under a name that git and the linter pass over. */
const workshop = join(here, 'node_modules', '.builds');
const hashFile = join(dist, '.source-hash');

/** Own sources, and those of the workspaces that are bundled with them. */
const sourcePatterns = ['index.html', 'vite.config.ts', 'public/**/*', 'src/**/*', '../../packages/domain/src/**/*.ts'];
const dependencies = [
  '@mantine/core',
  '@mantine/hooks',
  '@tanstack/react-query',
  '@vitejs/plugin-react',
  'lightweight-charts',
  'react',
  'react-dom',
  'vite',
];

function versionOf(name: string): string {
  const folder = createRequire(import.meta.url)
    .resolve.paths(name)
    ?.find((path) => existsSync(join(path, name, 'package.json')));
  if (folder === undefined) return 'absent';
  return String(JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version);
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const name of dependencies) hash.update(`${name}@${versionOf(name)}\n`);
  const files = globSync(sourcePatterns, { cwd: here, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${file.slice(here.length)}\n${content.byteLength}\n`).update(content);
  }
  return hash.digest('hex');
}

function isFresh(hash: string): boolean {
  return existsSync(join(dist, 'index.html')) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash;
}

/** The folder that a server serves. */
export const dashboardFolder = dist;

/** Makes `dist` fit the sources; silent. `built` says whether anything had to be done. @throws what the bundler throws */
export async function buildDashboard(): Promise<{ built: boolean }> {
  const hash = sourceHash();
  if (isFresh(hash)) return { built: false };
  const [{ build }, { default: config }] = await Promise.all([import('vite'), import('./vite.config.ts')]);
  mkdirSync(workshop, { recursive: true });
  const next = join(workshop, randomBytes(4).toString('hex'));
  try {
    await build({
      ...config,
      configFile: false,
      logLevel: 'silent',
      mode: 'production',
      build: { ...config.build, outDir: next },
    });
    writeFileSync(join(next, '.source-hash'), hash);
    replaceFolder(next, hash);
  } finally {
    for (const folder of [next, `${next}.old`]) rmSync(folder, { recursive: true, force: true });
  }
  return { built: true };
}

/** A folder cannot be renamed over a full one: the old one steps aside first. Another start may have done the same just now. */
function replaceFolder(next: string, hash: string): void {
  try {
    if (existsSync(dist)) renameSync(dist, `${next}.old`);
    renameSync(next, dist);
  } catch (cause) {
    if (!isFresh(hash)) throw cause;
  }
}
