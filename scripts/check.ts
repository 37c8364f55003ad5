/**
 * What `npm test` runs: types, lint and format, then every test file of the tree.
 *   check.ts          all of it
 *   check.ts types | lint | tests [PATH ...] | kill
 * A step that finds nothing to read fails: a glob that matches no file must not pass for a passed test.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const node = process.execPath;

/** Test files at once: two cores, and most files wait for processes rather than compute. */
const concurrency = 3;

/** Sources without their types, compiled: each of the many processes that tests start would strip and compile them anew. */
const compiled = join(root, 'node_modules/.cache/compiled');

/** No step may hang the run. The longest, the tests, takes about eleven minutes on two cores, and longer where they are shared. */
const timeoutMs = 2_400_000;
const fileTimeoutMs = 900_000;

function run(title: string, command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  process.stdout.write(`\n── ${title}\n`);
  const { NODE_OPTIONS: _dropped, ...inherited } = process.env;
  const started = process.hrtime.bigint();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', timeout: timeoutMs, env: { ...inherited, ...env } });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(`── ${title}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s\n`);
  return status === 0;
}

const tsc = require.resolve('typescript/bin/tsc');
const biome = require.resolve('@biomejs/biome/bin/biome');

const types = (): boolean =>
  ['tsconfig.json', 'tsconfig.pure.json', 'tsconfig.browser.json', 'apps/dashboard/tsconfig.json'].every((project) =>
    run(`types of ${project}`, node, [tsc, '-p', join(root, project)]),
  );

const lint = (): boolean => run('lint and format', node, [biome, 'ci', '--reporter=summary', '.']);

function testFiles(paths: readonly string[]): string[] {
  const patterns = ['apps', 'packages', 'tests', 'scripts'].map((folder) => `${folder}/**/*.test.ts`);
  const found = globSync(patterns, { cwd: root, exclude: (name) => name.includes('node_modules') }).sort();
  return paths.length === 0 ? found : found.filter((file) => paths.some((path) => file.startsWith(path.replace(/^\.\//, ''))));
}

function tests(paths: readonly string[], env: Record<string, string> = {}): boolean {
  const files = testFiles(paths);
  if (files.length === 0) {
    process.stderr.write(`check: no test file matches ${paths.join(' ') || 'the tree'}\n`);
    return false;
  }
  if (!existsSync(join(root, '../shared/data')))
    process.stdout.write('check: ../shared/data is absent; tests over recorded data are skipped\n');
  const flags = [
    '--disable-sigusr1',
    '--disable-warning=ExperimentalWarning',
    `--import=${new URL('whole-reports.mjs', import.meta.url).href}`,
    '--test',
    '--test-force-exit',
    `--test-timeout=${fileTimeoutMs}`,
    `--test-concurrency=${concurrency}`,
  ];
  return run(`${files.length} test files`, node, [...flags, ...files], { NODE_COMPILE_CACHE: compiled, ...env });
}

function main([step, ...rest]: readonly string[]): boolean {
  switch (step) {
    case undefined:
      return types() && lint() && tests([]);
    case 'types':
      return types();
    case 'lint':
      return lint();
    case 'tests':
      return tests(rest);
    case 'kill':
      return tests(['tests/kill'], { HOLDFAST_KILLS: '200' });
    default:
      process.stderr.write(`check: unknown step ${JSON.stringify(step)}; use types, lint, tests or kill\n`);
      return false;
  }
}

process.exit(main(process.argv.slice(2)) ? 0 : 1);
