/** 68: what is installed is what the lock file names, by hash; no package runs code when it is installed. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}
type Wanted = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

const root = resolve(import.meta.dirname, '../..');
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { packages } = readJson('package-lock.json') as { packages: Readonly<Record<string, Locked>> };
const foreign = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true);

test('68: every package has a hash, and none comes from a repository, a file or an address of its own', () => {
  assert.ok(foreign.length > 200);
  const wrong = foreign.filter(([, it]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(it.integrity ?? '') || it.resolved !== undefined);
  assert.deepEqual(wrong, []);
  const links = Object.entries(packages).filter(([, { link }]) => link === true);
  for (const [path, { resolved = '' }] of links) assert.match(resolved, /^(apps|packages)\/[a-z-]+$/, path);
});

test('68: no package runs code when it is installed', () => {
  assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m);
  const scripted = foreign.filter(([, it]) => it.hasInstallScript).map(([path]) => path);
  // Neither needs it: ccxt prints a note, and bufferutil compiles what ws does without.
  assert.deepEqual(scripted, ['node_modules/bufferutil', 'node_modules/ccxt']);
  for (const [path] of foreign) assert.doesNotMatch(path, /^(apps|packages)\//, 'one version for all');
});

test('68: every version is named exactly, and the lock file has that one', () => {
  const files = ['package.json', ...globSync('{apps,packages}/*/package.json', { cwd: root })];
  const wanted = files.flatMap((file) => {
    const of = readJson(file) as Wanted;
    return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.entries(of[kind] ?? {}));
  });
  assert.ok(wanted.length > 30);
  for (const [name, version] of wanted) {
    if (name.startsWith('@holdfast/')) continue;
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.equal(packages[`node_modules/${name}`]?.version, version, `${name} drifted from the lock file`);
  }
});
