/** What engine, server and exchange cannot do: tried from the inside under the flags with which `up` starts them. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import {
  farSocketFolder,
  grantsOf,
  makeFolders,
  type Program,
  permissionFlags,
  runtimeFlags,
} from '../../apps/cli/src/up/confinement.ts';

const root = realpathSync(resolve(import.meta.dirname, '../..'));
const programs = ['exchange', 'engine', 'server', 'backtests', 'webhook'] as const satisfies readonly Program[];
type Confined = (typeof programs)[number];
const data = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-confined-')));
after(() => rmSync(data, { recursive: true, force: true }));

/** Files of a vault's data directory, and of the machine, by the name they have in a verdict of the probe. */
const files: Readonly<Record<string, string>> = {
  'the vault': 'vault/vault.json',
  'the unseal key': 'vault/unseal.key',
  'the owner key': 'owner/owner.key',
  'the key of the command line': 'peers/cli.key',
  'the key of the engine': 'peers/engine.key',
  'the key of the server': 'peers/server.key',
  'the token of the exchange': 'exchange/control.token',
  'the database of the engine': 'engine/engine.db',
  'the token of the page': 'cli.token',
};

/** Bytes of a data directory so long that a socket beside the engine's data could not be made. */
const longDataBytes = 88;

const probe = `
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const { files, own } = JSON.parse(process.argv[1]);
const tried = async (act) => { try { await act(); return true; } catch (error) { return error.code; } };
const reads = {};
for (const [name, path] of Object.entries(files)) reads[name] = await tried(() => readFileSync(path));
const writes = {};
for (const [name, path] of Object.entries(files)) writes[name] = await tried(() => writeFileSync(path, readFileSync(path)));
const out = {
  reads, writes,
  own: await tried(() => writeFileSync(own, 'mine')),
  passwd: await tried(() => readFileSync('/etc/passwd')),
  environ: await tried(() => readFileSync('/proc/self/environ')),
  memory: await tried(() => readFileSync('/proc/' + process.ppid + '/maps')),
  process: await tried(async () => (await import('node:child_process')).spawnSync('/bin/true').error?.code === undefined),
  worker: await tried(async () => new (await import('node:worker_threads')).Worker('0', { eval: true })),
  inspector: await tried(async () => (await import('node:inspector')).open(0, '127.0.0.1')),
  addon: await tried(() => process.dlopen({ exports: {} }, own)),
  ffi: await tried(() => import('node:ffi')),
};
process.stdout.write(JSON.stringify(out));
`;

interface Verdict {
  readonly reads: Readonly<Record<string, true | string>>;
  readonly writes: Readonly<Record<string, true | string>>;
  readonly [attempt: string]: unknown;
}
const verdicts = {} as Record<Confined, Verdict>;

before(() => {
  for (const path of Object.values(files)) {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), 'x');
  }
  for (const program of programs) {
    makeFolders(program, data);
    const flags = [...runtimeFlags, ...permissionFlags(grantsOf(program, { code: root, data, named: [] }))];
    const asked = {
      files: Object.fromEntries(Object.entries(files).map(([name, path]) => [name, join(data, path)])),
      own: join(data, program, 'own'),
    };
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, '--input-type=module', '-e', probe, JSON.stringify(asked)],
      {
        encoding: 'utf8',
        env: {},
        cwd: '/',
      },
    );
    assert.notEqual(stdout, '', stderr);
    verdicts[program] = JSON.parse(stdout) as Verdict;
  }
});

/** Everything else is refused. */
const mayRead: Readonly<Record<Confined, readonly string[]>> = {
  exchange: ['the token of the exchange'],
  engine: ['the key of the engine', 'the token of the exchange', 'the database of the engine'],
  server: ['the key of the server', 'the database of the engine', 'the token of the page'],
  backtests: [],
  webhook: [],
};
const mayWrite: Readonly<Record<Confined, readonly string[]>> = {
  exchange: ['the token of the exchange'],
  engine: ['the database of the engine'],
  server: [],
  backtests: [],
  webhook: [],
};
const allowed = (verdict: Readonly<Record<string, true | string>>): string[] =>
  Object.keys(verdict).filter((name) => verdict[name] === true);

for (const program of programs) {
  test(`the ${program} reads what it is told to and nothing else of the data directory`, () => {
    assert.deepEqual(allowed(verdicts[program].reads), mayRead[program]);
    assert.deepEqual(allowed(verdicts[program].writes), mayWrite[program]);
    assert.equal(verdicts[program].own, true, 'its own folder is writable');
  });
  for (const attempt of ['passwd', 'environ', 'memory', 'process', 'worker', 'inspector', 'addon', 'ffi'])
    test(`the ${program} is refused: ${attempt}`, () => {
      assert.match(String(verdicts[program][attempt]), /^ERR_(ACCESS_DENIED|DLOPEN_DISABLED|UNKNOWN_BUILTIN_MODULE)$/);
    });
}

test('`up` starts all three so, with an empty environment', { skip: !existsSync('/proc/self/cmdline') }, async (t) => {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-confined-up-')));
  const dir = join(parent, 'd'.repeat(Math.max(1, longDataBytes - parent.length - 1))); // the engine's socket lies elsewhere then
  const port = 10_100 + Math.floor(Math.random() * 9_000);
  const { TMPDIR: _agreedUpon, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      join(root, 'apps/cli/src/main.ts'),
      'up',
      '--json',
      '--no-demo',
      '--data',
      dir,
      '--port',
      String(port),
      '--webhook-port',
      String(port + 3),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...env, HOLDFAST_CANARY: 'seen', NODE_NO_WARNINGS: '1' } },
  );
  const gone = new Promise((done) => child.once('exit', done));
  t.after(async () => {
    child.kill('SIGTERM');
    await gone;
    for (const folder of [parent, farSocketFolder(dir) ?? parent]) rmSync(folder, { recursive: true, force: true });
  });
  await new Promise<void>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"ready": true')) done();
    });
    child.once('exit', (code) => fail(new Error(`up ended with ${code}`)));
  });
  const rows = JSON.parse(readFileSync(join(dir, 'processes.json'), 'utf8')) as { name: string; pid: number }[];
  for (const program of programs) {
    const pid = rows.find(({ name }) => name === program)?.pid;
    const flags = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    for (const flag of permissionFlags(grantsOf(program, { code: root, data: dir, named: [] })))
      assert.ok(flags.includes(flag), `${program}: ${flag}`);
    assert.ok(!flags.some((flag) => /^--allow-(child|worker|addons|wasi|ffi)/.test(flag)), program);
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '', program);
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^State:\s+[SRD]/m, program);
  }
  assert.ok(existsSync(join(farSocketFolder(dir) ?? '', 'engine.sock')), 'the engine listens in the folder for temporary files');
  const status = (await (await fetch(`http://127.0.0.1:${port}/api/status`)).json()) as {
    processes: { name: string; rssBytes: number | null }[];
  };
  for (const { name, rssBytes } of status.processes) assert.ok((rssBytes ?? 0) > 10_000_000, `${name}: memory is told`);
});
