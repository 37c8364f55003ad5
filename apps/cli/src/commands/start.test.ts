/** A command loads what it needs and no more: what is loaded for nothing is most of the time of a short one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { storeSeries } from '@holdfast/backtest';
import { readCandleFile } from '@holdfast/backtest/data';

const start = resolve(import.meta.dirname, '../../../../bin/start.mjs');

/** Written into the command's process: the files that it loaded, and what was not found by name alone, on the last line of its errors. */
const told = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; const files = []; const sought = []; registerHooks({ load(url, context, next) { files.push(url); return next(url, context); }, resolve(specifier, context, next) { sought.push(specifier); return next(specifier, context); } }); process.on('exit', () => process.stderr.write('\\n' + JSON.stringify([files, sought])));",
)}`;

/** Files that a command loads, and what it had to look for on the disk. */
function tellOf(...asked: readonly string[]): readonly [files: readonly string[], sought: readonly string[]] {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', told, start, ...asked], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.notEqual(stdout, '');
  return JSON.parse(stderr.trim().split('\n').at(-1)!) as [string[], string[]];
}

const loadedBy = (...asked: readonly string[]): readonly string[] => tellOf(...asked)[0];

test('the version is said without loading a command', () => {
  const files = loadedBy('--version');
  assert.ok(files.some((file) => file.endsWith('/apps/cli/src/main.ts')));
  assert.deepEqual(
    files.filter((file) => /\/packages\/|\/commands\//.test(file)),
    [],
  );
});

test('a command that checks settings loads zod without the messages of other languages', () => {
  const files = loadedBy('backtest', 'list', '--data', tmpdir());
  assert.ok(files.some((file) => file.endsWith('/zod/v4/classic/schemas.js')));
  assert.deepEqual(
    files.filter((file) => /\/zod\/v4\/locales\/(?!en\.js$)/.test(file)),
    [],
  );
});

/** A data directory with a hundred minutes. */
const data = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
after(() => rmSync(data, { recursive: true }));
before(async () => {
  const csv = join(data, 'candles.csv');
  const rows = Array.from({ length: 100 }, (_, row) => `${1_735_689_600_000 + row * 60_000},100,101,99,100,5`);
  writeFileSync(csv, ['time_ms,open,high,low,close,volume', ...rows, ''].join('\n'));
  const { series, report } = await readCandleFile(csv, { exchange: 'binance', pair: 'BTC/USDT' });
  storeSeries(data, series, report);
});
const sets = ['baseOrderSize=20', 'averagingOrderSize=20'].flatMap((set) => ['--set', set]);
const asked = ['--data', data, '--pair', 'BTC/USDT', ...sets];

test('a backtest loads its own kind of settings, and neither sweeps nor imports nor the exchange', () => {
  const [files, sought] = tellOf('backtest', ...asked, '--no-store');
  assert.ok(files.some((file) => file.endsWith('/backtest/src/run/run.ts')));
  const spared = [
    /\/contracts\/src\/(?!bot-settings\/(?:by-kind|dca|dca-faults|conditions|fields|faults|forms)\.ts)/,
    /\/exchanges\/src\/simulated\/(?:exchange|core|state|tape)\.ts/,
    /\/backtest\/src\/(?:sweep\/(?:pool|conduct|store)|data\/(?:files|csv|index)|report\/(?:html|compare|lookahead))\.ts/,
  ];
  assert.deepEqual(
    files.filter((file) => spared.some((form) => form.test(file))),
    [],
  );
  // Packages are looked for once each; our files, and those of what every command loads, lie where they are named.
  const packages = sought.filter((specifier) => !specifier.startsWith('node:') && !specifier.startsWith('file:'));
  assert.ok(packages.includes('zod') && packages.includes('commander'));
  assert.deepEqual(packages, [...new Set(packages)]);
  assert.deepEqual(
    packages.filter((specifier) => specifier.startsWith('.')),
    [],
  );
});

/** Written into each thread of a command: where it keeps what it compiled, on a line of its errors. */
const toldCaches = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; import { getCompileCacheDir } from 'node:module'; import { isMainThread } from 'node:worker_threads'; if (!isMainThread) writeSync(2, 'cache ' + getCompileCacheDir() + '\\n');",
)}`;

test('workers of a sweep compile nothing that was compiled before', () => {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const vary = ['--vary', 'takeProfitPercent=1,2', '--no-walk-forward', '--workers', '1'];
  const { stderr, status } = spawnSync(process.execPath, ['--import', toldCaches, start, 'sweep', ...asked, ...vary], {
    encoding: 'utf8',
    env,
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^cache \/.*\/node_modules\/\.cache\/holdfast\/[^/]+$/m);
});

test('what handles keys or stops a thief is read from its sources alone', () => {
  const [, named = ''] = /fromSources = new Set\(\[([^\]]+)\]\)/.exec(readFileSync(start, 'utf8')) ?? [];
  const names = ['audit', 'freeze', 'incident', 'kill', 'owner', 'sub-key', 'unfreeze', 'unsealer', 'vault'];
  assert.deepEqual(
    named.split(', '),
    names.map((name) => `'${name}'`),
  );
});
