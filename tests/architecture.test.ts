/** Who may import whom, as data. Fails when it sees no file, so that a moved folder cannot pass unread. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/domain': [],
  'packages/contracts': ['domain', 'indicators'],
  'packages/bots': ['domain', 'indicators'],
  'packages/policy': ['domain'],
  'packages/ledger': ['domain'],
  'packages/views': ['domain', 'ledger'],
  'packages/exchanges': ['domain'],
  'packages/indicators': [],
  'packages/storage': ['domain', 'contracts'],
  'packages/backtest': ['domain', 'bots', 'indicators', 'ledger', 'views', 'runtime', 'exchanges/simulated/rules'],
  'packages/runtime': ['domain', 'bots', 'indicators', 'ledger', 'views'],
  'apps/vault/src/crypto': [],
  'apps/vault/src/unseal': ['vault/crypto', 'vault/frames', 'vault/unsealer'],
  'apps/vault/src/unsealer': ['vault/crypto', 'vault/frames'],
  'apps/vault/src/signer': ['domain', 'policy', 'exchanges/trading', 'vault/crypto', 'vault/frames'],
  'apps/vault/src/frames': ['domain'],
  'apps/vault/src/warden': ['domain', 'vault/crypto', 'vault/frames', 'vault/unseal', 'vault/unsealer'],
  'apps/vault/src/admin': ['vault/frames', 'vault/portal', 'vault/unseal', 'vault/unsealer', 'vault/warden'],
  'apps/vault/src/gate': ['domain', 'vault/frames'],
  'apps/vault/src/portal': ['domain', 'vault/frames'],
  'apps/vault/src/egress': ['domain', 'vault/frames'],
  'apps/vault/src/client': ['domain'],
  'apps/vault/src/audit': [],
  'apps/vault/src/drill': ['domain', 'vault/egress', 'vault/frames', 'vault/signer'],
  'apps/engine': [
    'domain',
    'contracts',
    'bots',
    'indicators',
    'ledger',
    'views',
    'runtime',
    'storage',
    'exchanges/market-data',
    'vault/client',
  ],
  'apps/server': ['domain', 'contracts', 'backtest', 'bots', 'policy', 'views', 'storage', 'vault/client'],
  'apps/dashboard': ['domain', 'contracts'],
  'apps/webhook': ['contracts', 'storage'],
  'apps/exchange': ['domain', 'contracts', 'exchanges/simulated', 'exchanges/market-data'],
  'apps/cli': [
    'domain',
    'contracts',
    'contracts/bot-settings',
    'bots',
    'runtime',
    'storage',
    'backtest',
    'backtest/data',
    'backtest/report',
    'exchanges/market-data',
    'vault/age',
    'vault/admin',
    'vault/audit',
    'vault/client',
    'vault/hpke',
    'vault/ssh',
    'vault/drill',
    'policy',
    'exchanges/simulated',
    'exchange/control',
    'exchange/in-process',
    'dashboard/build',
  ],
};

/** Third-party packages by row; a row that is not here may use none. Tests may use the development dependencies. */
const mayUse: Readonly<Record<string, readonly string[]>> = {
  'packages/contracts': ['zod'],
  'packages/storage': ['kysely'],
  'packages/backtest': ['@uwdata/flechette', 'hyparquet', 'yauzl'],
  'packages/exchanges': ['ws'],
  'apps/engine': ['pino', 'zod'],
  'apps/server': ['fastify', '@fastify/static', '@fastify/swagger', 'pino', 'zod', 'kysely'],
  'apps/exchange': ['ws', 'zod'],
  'apps/webhook': ['pino'],
  'apps/cli': ['@clack/prompts', 'ccxt', 'cli-progress', 'commander', 'tar', 'zod'],
  'apps/dashboard': [
    '@mantine/core',
    '@mantine/hooks',
    '@tanstack/react-query',
    '@vitejs/plugin-react',
    'lightweight-charts',
    'react',
    'react-dom',
    'vite',
    'zod',
  ],
};

/** No clock, no chance, no input or output: what they need comes in as an argument. */
const pure = ['packages/domain', 'packages/bots', 'packages/indicators', 'packages/policy', 'packages/ledger', 'packages/views'];
/** Inside these no package at all, not even for tests' sake. */
const bare = ['apps/vault/src', 'packages/policy', 'packages/domain', 'packages/exchanges/src/trading'];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const files = globSync(['packages/*/src/**/*.{ts,tsx}', 'apps/*/src/**/*.{ts,tsx}'], { cwd: root }).filter(
  (file) => !file.includes('node_modules') && !file.includes('/dist/'),
);
const isForTests = (file: string): boolean =>
  /\.test\.tsx?$/.test(file) || file.includes('/testing/') || file.startsWith('packages/testkit');
const shipped = files.filter((file) => !isForTests(file));
const source = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

function importsOf(file: string): Import[] {
  const text = source.get(file) ?? '';
  const pattern = /(?:^|[;\s])(?:import|export)\s+(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({ file, specifier: match[1] ?? match[2] ?? '' }));
}

const rowOf = (file: string): string | undefined => Object.keys(mayImport).find((row) => file.startsWith(`${row}/`));
const packageName = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** The zone a relative import lands in, in the words of the table: `vault/frames`, `domain`. */
function zoneOf(path: string): string {
  const [kind, name, src, folder] = path.split('/');
  return kind === 'apps' && name === 'vault' && src === 'src' && folder !== undefined
    ? `vault/${folder}`
    : (name ?? kind ?? path);
}

function complaint({ file, specifier }: Import): string | undefined {
  const row = rowOf(file);
  if (row === undefined) return `${file} is in no row of the table`;
  const allowed = mayImport[row] ?? [];
  if (isBuiltin(specifier)) return pure.includes(row) ? `${file}: a pure package imports ${specifier}` : undefined;
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file), specifier));
    if (target.startsWith(`${row}/`)) return undefined;
    return allowed.includes(zoneOf(target)) && target.split('/').slice(0, 2).join('/') === file.split('/').slice(0, 2).join('/')
      ? undefined
      : `${file}: reaches ${target} past its package's entry`;
  }
  if (specifier.startsWith('@holdfast/')) {
    const zone = specifier.slice('@holdfast/'.length);
    return allowed.includes(zone) ? undefined : `${file}: may not import ${specifier}`;
  }
  if (bare.some((folder) => file.startsWith(`${folder}/`))) return `${file}: no package is allowed here, found ${specifier}`;
  return (mayUse[row] ?? []).includes(packageName(specifier))
    ? undefined
    : `${file}: may not use the package ${packageName(specifier)}`;
}

test('every package and app is read, and every row of the table has files', () => {
  assert.ok(shipped.length > 80, `only ${shipped.length} files were seen`);
  const empty = Object.keys(mayImport).filter((row) => !shipped.some((file) => file.startsWith(`${row}/`)));
  assert.deepEqual(empty, []);
});

test('nobody imports what the map does not allow', () => {
  const complaints = shipped
    .flatMap((file) => importsOf(file))
    .map(complaint)
    .filter((text) => text !== undefined);
  assert.deepEqual(complaints, []);
});

test('nothing that is shipped is built from what only tests use', () => {
  const guilty = shipped
    .flatMap((file) => importsOf(file))
    .filter(({ specifier }) => /\/testing\/|@holdfast\/testkit/.test(specifier));
  assert.deepEqual(guilty, []);
});

test('the import reader sees imports of every form', () => {
  const seen = shipped.flatMap((file) => importsOf(file));
  assert.ok(seen.length > shipped.length, `only ${seen.length} imports in ${shipped.length} files`);
});

test('pure packages take no time and no chance from the machine', () => {
  const guilty = shipped
    .filter((file) => pure.includes(rowOf(file) ?? ''))
    .filter((file) =>
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bsetTimeout\b/.test(source.get(file) ?? ''),
    );
  assert.deepEqual(guilty, []);
});

test('only the vault reaches the trading connectors', () => {
  const reach = shipped.flatMap((file) => importsOf(file)).filter(({ specifier }) => specifier.includes('exchanges/trading'));
  assert.ok(reach.length > 0, 'nobody imports exchanges/trading: the test is blind');
  assert.deepEqual(
    reach.filter(({ file }) => !file.startsWith('apps/vault/src/signer/')).map(({ file }) => file),
    [],
  );
});

test('the repository names no machine path and no registry address', () => {
  const tracked = globSync(['**/*.{ts,tsx,mjs,json,md,css,html}', '.ci/run', '.npmrc'], {
    cwd: root,
    exclude: (name) => /node_modules|dist|\.holdfast/.test(name),
  });
  assert.ok(tracked.length > shipped.length);
  const guilty = tracked.filter(
    (file) =>
      file !== relative(root, import.meta.filename) &&
      /registry\.npmjs|\/work\/(main|shared)|\/root\//.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(guilty, []);
});
