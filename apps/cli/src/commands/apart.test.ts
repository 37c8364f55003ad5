/** What an owner does against a thief needs no code of bots, backtests or pages: it works while these are broken. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../../..');

/** Files that a module loads when it is loaded, below the root of the repository. */
function loadedBy(main: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, type, specifier = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm,
    )) {
      if (type !== undefined) continue;
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
      else if (specifier.startsWith('@holdfast/')) visit(createRequire(file).resolve(specifier));
    }
  };
  visit(join(import.meta.dirname, main));
  return new Set([...seen].map((file) => relative(root, file)));
}

const foreign = /^(?:packages\/(?:backtest|bots|runtime|ledger|views|storage)|apps\/(?:engine|server|dashboard))\//;

for (const file of ['kill', 'vault', 'vault-admin', 'owner', 'sub-key', 'audit', 'incident', 'unsealer'])
  test(`${file} loads neither bots nor backtests nor the server`, () => {
    const loaded = [...loadedBy(`${file}.ts`)];
    assert.ok(loaded.length > 5, `only ${loaded.length} files were seen`);
    assert.deepEqual(
      loaded.filter((it) => foreign.test(it)),
      [],
    );
  });

test('the command line loads these without the others', () => {
  const main = readFileSync(join(import.meta.dirname, '../main.ts'), 'utf8');
  for (const name of ['kill', 'freeze', 'unfreeze', 'vault', 'owner', "'sub-key'", 'audit', 'incident', 'unsealer'])
    assert.match(main, new RegExp(`^  ${name}: async \\(\\) =>`, 'm'));
  assert.ok([...loadedBy('../main.ts')].length < 20, 'the others are loaded only where they are asked for');
});
