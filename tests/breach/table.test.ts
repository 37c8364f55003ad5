/** The table of docs/custody.md names every test of a breach, and no test that is not there. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const [, section = ''] = readFileSync(join(root, 'docs/custody.md'), 'utf8').split('## Tests of a breach');
const rows = section
  .split('### The drill')[0]!
  .split('\n')
  .filter((line) => /^\| (R?\d+)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const named = new Set(rows.flatMap((cells) => [...(cells[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!)));

/** `signer/orders/rules`, `policy/compare`, `dialect/parser`: below the folders where tests are. */
const places = (name: string): readonly string[] => [
  join(root, 'tests', `${name}.test.ts`),
  join(root, 'apps/vault/src', `${name}.test.ts`),
  join(root, 'apps', `${name}.test.ts`),
  join(root, 'packages', `${name.replace('/', '/src/')}.test.ts`),
];

test('the table has rows', () => assert.ok(rows.length > 50 && named.size > 60, `${rows.length} rows, ${named.size} tests`));

test('every test that the table names exists', () => {
  const missing = [...named].filter((name) => !places(name).some((file) => existsSync(file)));
  assert.deepEqual(missing, []);
});

test('every numbered test of a breach stands in the table', () => {
  const tests = globSync('[0-9]*.test.ts', { cwd: import.meta.dirname }).map((file) => `breach/${basename(file, '.test.ts')}`);
  assert.ok(tests.length > 20);
  assert.deepEqual(
    tests.filter((name) => !named.has(name)),
    [],
  );
});
