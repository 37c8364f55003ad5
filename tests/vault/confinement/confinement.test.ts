/** What the signer cannot do, tried from the inside under the flags with which the warden starts it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const here = import.meta.dirname;
const root = resolve(here, '../../..');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-confinement-')));
let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
});
const unix = createServer((socket) => {
  connections += 1;
  socket.end();
});

interface Outcome {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly environment: readonly string[];
  readonly own: string;
}
let confined: Outcome;
let free: Outcome;
let parentSaid: { parentAlive: boolean; coreLimit: string };
let connectionsWhileConfined = 0;
let parentErrors = '';

function prepare(name: string, parent: boolean): string {
  const folder = join(base, name, 'signer');
  const outside = join(base, name, 'outside');
  for (const each of [folder, outside]) mkdirSync(each, { recursive: true, mode: 0o700 });
  const secretFile = join(base, name, 'secret');
  writeFileSync(secretFile, 'a key');
  const targets = {
    folder,
    tcpPort: (server.address() as AddressInfo).port,
    unixSocket: join(base, 's'),
    secretFile,
    outside,
    parent,
  };
  writeFileSync(join(folder, 'targets.json'), JSON.stringify(targets));
  return folder;
}

function run(args: readonly string[], env: Record<string, string>): Promise<{ out: string; err: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--disable-sigusr1', '--disable-warning=ExperimentalWarning', ...args], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', () => done({ out, err }));
  });
}

before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => unix.listen(join(base, 's'), done));
  const probe = join(here, 'probe.ts');
  const folder = prepare('confined', true);
  // What the warden's own environment holds must not reach the signer.
  const { out, err } = await run([join(here, 'parent.ts'), probe, folder], { HOLDFAST_CANARY: 'x', NODE_EXTRA_CA_CERTS: '' });
  const [first = '', second = ''] = out.trim().split('\n');
  assert.notEqual(first, '', err);
  confined = JSON.parse(first) as Outcome;
  parentSaid = JSON.parse(second) as typeof parentSaid;
  connectionsWhileConfined = connections;
  parentErrors = err;
  free = JSON.parse((await run([probe, prepare('free', false)], {})).out) as Outcome;
});
after(() => {
  server.close();
  unix.close();
  rmSync(base, { recursive: true, force: true });
});

/** The codes with which the runtime refuses: by permission, by a module that is not there, by a switched-off loader. */
const refusals: Readonly<Record<string, RegExp>> = {
  'loading node:sqlite': /^ERR_UNKNOWN_BUILTIN_MODULE$/,
  'node:sqlite by getBuiltinModule': /^ERR_UNKNOWN_BUILTIN_MODULE$/,
  'loading node:ffi': /^ERR_UNKNOWN_BUILTIN_MODULE$/,
  'native add-on': /^ERR_DLOPEN_DISABLED$/,
  'code from text': /disallowed/,
  WebSocket: /^(ERR_ACCESS_DENIED)?$/,
};
/** Attempts that cannot succeed here without flags either: no name server, no add-on, no WebSocket listener, not Linux. */
const uncontrolled = new Set([
  'DNS query',
  'native add-on',
  'WebSocket',
  ...(existsSync('/proc/self') ? [] : ['reading /proc/self/environ']),
]);

const attempts = [
  'TCP connection',
  'Unix socket connection',
  'TCP listener',
  'Unix socket listener',
  'HTTP request',
  'UDP datagram',
  'DNS lookup',
  'DNS query',
  'fetch',
  'WebSocket',
  'child process',
  'spawned child',
  'forked child',
  'worker thread',
  'child process by getBuiltinModule',
  'reading /etc/passwd',
  'reading /proc/self/environ',
  'reading the vault beside its folder',
  'reading up through its folder',
  'listing the folder above',
  'writing outside',
  'symbolic link to the outside',
  'hard link to the outside',
  'moving a file out',
  'loading node:sqlite',
  'node:sqlite by getBuiltinModule',
  'loading node:ffi',
  'inspector',
  'inspector session',
  'process.binding',
  'native add-on',
  'WASI',
  'code from text',
  'diagnostic report outside',
  'heap snapshot outside',
];

for (const attempt of attempts) {
  test(`the signer is refused: ${attempt}`, () => {
    assert.match(confined.outcomes[attempt] ?? 'not tried', refusals[attempt] ?? /^ERR_ACCESS_DENIED$/);
    if (!uncontrolled.has(attempt))
      assert.equal(free.outcomes[attempt], 'possible', 'the attempt works where nothing forbids it');
  });
}

test('every attempt of the probe is looked at', () => {
  assert.deepEqual(Object.keys(confined.outcomes).sort(), [...attempts].sort());
});

test('nothing of what the signer tried reached a listener', () => {
  assert.equal(connectionsWhileConfined, 0);
});

test('the signer reads and writes its own folder', () => {
  assert.equal(confined.own, 'mine');
});

test("the signer's environment is empty and it leaves no core dump", () => {
  assert.deepEqual(confined.environment, []);
  assert.match(parentSaid.coreLimit, /^0/);
});

test('SIGUSR1 of the signer opens no inspector in its parent', () => {
  assert.equal(parentSaid.parentAlive, true);
  assert.doesNotMatch(parentErrors, /Debugger/);
});

/** Every module that runs beside the keys. */
const trusted = [
  'apps/vault/src/{crypto,signer,warden,frames,unseal,unsealer}/**/*.ts',
  'packages/policy/src/**/*.ts',
  'packages/exchanges/src/trading/**/*.ts',
  'packages/domain/src/**/*.ts',
];
const own = ['@holdfast/domain', '@holdfast/policy', '@holdfast/exchanges/trading'];

test('signer, warden and what they import use no package', () => {
  const files = trusted
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  assert.ok(files.length > 30, `only ${files.length} files were seen`);
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:\bfrom\s+|(?<!-)\bimport\s*\(?\s*)'([^']+)'/g)) {
      const allowed = specifier.startsWith('.') || specifier.startsWith('node:') || own.includes(specifier);
      assert.ok(allowed, `${file} imports ${specifier}`);
    }
    if (!/\/(warden|unseal|unsealer)\//.test(file))
      assert.doesNotMatch(text, /node:(child_process|worker_threads|http|https|dgram|dns|tls|sqlite|inspector|vm)'/, file);
    assert.doesNotMatch(text, /getBuiltinModule|createRequire|\beval\(|new Function/, file);
  }
});

test('the warden stays small enough to be read in one sitting', () => {
  const files = globSync('apps/vault/src/warden/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  const lines = files.map((file) => readFileSync(join(root, file), 'utf8').split('\n').length);
  assert.ok(files.length > 0);
  const total = lines.reduce((sum, count) => sum + count, 0);
  assert.ok(total < 2500, `${total} lines`);
});
