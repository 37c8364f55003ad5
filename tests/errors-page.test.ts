/** docs/errors.md lists every code that people and programs can meet, and no code that does not exist. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { exitCode } from '../apps/cli/src/exit.ts';

const root = resolve(import.meta.dirname, '..');
const files = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root }).filter(
  (file) => !/\.test\.ts$|testkit|\/testing\/|node_modules/.test(file),
);
const sources = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** First argument of an error class that takes a code first. */
const thrown = [...sources.matchAll(/new [A-Z][A-Za-z]*(?:Error|Failure)\(\s*'([a-z]+(?:-[a-z]+)*)'/g)].map(
  (match) => match[1] ?? '',
);
const refusals = [...readFileSync(join(root, 'packages/domain/src/order.ts'), 'utf8').matchAll(/'(E_[A-Z_]+)'/g)].map(
  (match) => match[1] ?? '',
);
const listed = [...page.matchAll(/^\| `([A-Za-z_-]+)` \|/gm)].map((match) => match[1] ?? '');

test('the reader of codes sees both families', () => {
  assert.ok(new Set(thrown).size > 40, `${new Set(thrown).size} thrown codes`);
  assert.ok(new Set(refusals).size > 25, `${new Set(refusals).size} refusals`);
});

test('every code in the source is on the page', () => {
  const missing = [...new Set([...thrown, ...refusals])].filter((code) => !listed.includes(code)).sort();
  assert.deepEqual(missing, []);
});

test('every code on the page is in the source', () => {
  const gone = listed.filter((code) => !sources.includes(`'${code}'`));
  assert.deepEqual(gone, []);
  assert.equal(new Set(listed).size, listed.length, 'a code is listed twice');
});

test('every exit code is on the page', () => {
  for (const code of Object.values(exitCode)) assert.match(page, new RegExp(`^\\| ${code} \\|`, 'm'));
});
