/** The units as systemd reads them: whole, closed, and each with what custody asks of it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { unitsOf } from '../../apps/cli/src/service/units.ts';
import { usersFile } from '../../apps/cli/src/service/users.ts';
import { makeFolders } from '../../apps/cli/src/up/confinement.ts';
import { sweepHelpers } from '../../apps/cli/src/up/sweep-helpers.ts';

const root = realpathSync(resolve(import.meta.dirname, '../..'));
const bin = join(root, 'bin/holdfast.mjs');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-units-')));
after(() => rmSync(base, { recursive: true, force: true }));

/** Exposure that "systemd-analyze security" may find, of 100; the vault may make namespaces for the signer. */
const exposureMost = {
  vault: 20,
  engine: 16, // it belongs to the group of the strategies
  server: 15,
  exchange: 15,
  strategies: 15,
  backtests: 15,
  webhook: 15,
} as const;
type Name = keyof typeof exposureMost;

const holdfast = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', timeout: 180_000 });
const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
const noAnalyze = has('systemd-analyze') ? false : 'systemd-analyze is not installed';

/** One for each further core of this machine. */
const helpers = Array.from({ length: sweepHelpers() }, (_, at) => `backtests-${at + 1}`);
/** What a unit runs, and whose user it has: helpers are as those whom they help. */
const programOf = (unit: string): Name => unit.replace(/-\d+$/, '') as Name;

const kinds = {
  simulated: { args: [], units: ['vault', 'engine', 'server', 'exchange', 'strategies', 'backtests', ...helpers] },
  real: {
    args: ['--real', '--unseal-credential', '/etc/holdfast/unseal.cred', '--webhook-port', '8433', '--webhook-behind-proxy'],
    units: ['vault', 'engine', 'server', 'strategies', 'backtests', ...helpers, 'webhook'],
  },
} as const;

for (const [kind, { args, units }] of Object.entries(kinds)) {
  const folder = join(base, kind);
  const unitFolder = join(folder, 'etc/systemd/system');
  const files = units.map((name) => `holdfast-${name}.service`);
  const textOf = (name: string): string => readFileSync(join(unitFolder, `holdfast-${name}.service`), 'utf8');

  test(`install --root writes the units of a ${kind} vault and a runtime that may be run and not be read`, () => {
    const { status, stderr } = holdfast('service', 'install', '--root', folder, ...args);
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(unitFolder).sort(), [...files].sort());
    assert.equal(statSync(join(folder, 'opt/holdfast/runtime/node')).mode & 0o777, 0o711);
  });

  test(`what --dry-run prints for a ${kind} vault is what --root writes`, () => {
    const { status, stdout } = holdfast('service', 'install', '--dry-run', '--json', ...args);
    assert.equal(status, 0);
    for (const { path, text } of JSON.parse(stdout) as { path: string; text: string }[])
      assert.equal(readFileSync(join(folder, path), 'utf8'), text, path);
  });

  test(`systemd accepts the units of a ${kind} vault`, { skip: noAnalyze }, () => {
    // What it looks up beside them: its own targets, and the program that a unit starts first.
    const own = ['/usr/lib/systemd/system', '/lib/systemd/system'].find((path) => existsSync(path)) ?? '';
    cpSync(own, join(folder, 'usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
    cpSync('/usr/bin/env', join(folder, 'usr/bin/env'), { dereference: true });
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', `--root=${folder}`, ...files], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('holdfast'));
    assert.deepEqual(complaints, []);
  });

  for (const name of units)
    test(`systemd finds the unit of the ${name} of a ${kind} vault exposed to at most ${exposureMost[programOf(name)] / 10}`, {
      skip: noAnalyze,
    }, () => {
      const found = spawnSync(
        'systemd-analyze',
        [
          'security',
          '--offline=true',
          '--no-pager',
          `--threshold=${exposureMost[programOf(name)]}`,
          `--root=${folder}`,
          `holdfast-${name}.service`,
        ],
        { encoding: 'utf8' },
      );
      const verdict = /Overall exposure level for \S+: ([\d.]+)/.exec(found.stdout)?.[1];
      assert.ok(verdict !== undefined, found.stderr);
      assert.equal(found.status, 0, `${verdict} of 10; more than ${exposureMost[programOf(name)] / 10}`);
    });

  test(`every unit of a ${kind} vault says what custody asks`, () => {
    for (const unit of units) {
      const name = programOf(unit);
      const lines = textOf(unit).split('\n');
      for (const wanted of [
        'NoNewPrivileges=yes',
        'CapabilityBoundingSet=',
        'ProtectSystem=strict',
        'ProtectHome=yes',
        'PrivateTmp=yes',
        'PrivateDevices=yes',
        'ProtectProc=invisible',
        'ProcSubset=pid',
        'RestrictSUIDSGID=yes',
        'LockPersonality=yes',
        'LimitCORE=0',
        'MemorySwapMax=0',
        `UMask=${name === 'backtests' ? '0027' : '0077'}`,
        'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
        'SystemCallFilter=@system-service',
        `User=holdfast-${name}`,
      ])
        assert.ok(lines.includes(wanted), `${unit}: ${wanted}`);
      const writable = lines.filter((line) => line.startsWith('ReadWritePaths='));
      const more = name === 'engine' ? ' /var/lib/holdfast/strategies /var/lib/holdfast/signals' : '';
      assert.deepEqual(writable, [`ReadWritePaths=/var/lib/holdfast${name === 'vault' ? '' : `/${name}`}${more}`]);
    }
  });

  test(`only vault and engine of a real vault reach beyond this machine (${kind})`, () => {
    for (const unit of units) {
      const name = programOf(unit);
      const isBound = textOf(unit).includes('IPAddressDeny=any\nIPAddressAllow=localhost');
      assert.equal(isBound, kind === 'simulated' || (name !== 'vault' && name !== 'engine'), unit);
      const isAlone = name === 'strategies' || name === 'backtests';
      assert.equal(textOf(unit).includes('PrivateNetwork=yes'), isAlone, unit);
    }
  });
}

test('the listener for signals is installed where a port is named for it, and sees nothing of the engine but its door', () => {
  const print = (...args: string[]) => holdfast('service', 'install', '--dry-run', ...args);
  assert.ok(!print().stdout.includes('holdfast-webhook'));
  const { status, stdout } = print('--webhook-port', '8433', '--webhook-host', '0.0.0.0');
  assert.equal(status, 0);
  const text = stdout.slice(stdout.indexOf('holdfast-webhook.service'));
  assert.match(
    text,
    /apps\/webhook\/src\/main\.ts \\\n {2}--data \\\n {2}\S+ \\\n {2}--port \\\n {2}8433 \\\n {2}--host \\\n {2}0\.0\.0\.0/,
  );
  assert.match(text, /InaccessiblePaths=.* -\S+\/engine /);
  assert.doesNotMatch(text, /InaccessiblePaths=.*\/signals|SupplementaryGroups/);
  assert.match(text, /SocketBindDeny=any\nSocketBindAllow=tcp:8433\nIPAddressDeny=link-local multicast\n/);
  const odd = print('--webhook-port', '8433', '--webhook-host', 'a b');
  assert.deepEqual([odd.status, odd.stderr.includes('--webhook-host a b is no address')], [64, true]);
});

test('a unit that helps with sweeps is that of backtests but for its number', () => {
  const withHelpers = (helpers: number) =>
    unitsOf({
      code: '/opt/holdfast/code',
      runtime: '/opt/holdfast/runtime/node',
      data: '/var/lib/holdfast',
      kind: 'simulated',
      ports: { dashboard: 1, portal: 2, gate: 3, exchange: 4 },
      unsealCredential: null,
      helpers,
    }).filter(({ name }) => name === 'backtests');
  const [first, ...others] = withHelpers(3);
  assert.deepEqual(
    others.map(({ file }) => file),
    [1, 2, 3].map((n) => `holdfast-backtests-${n}.service`),
  );
  for (const [at, { text, user }] of others.entries()) {
    assert.equal(user, first?.user);
    const as = text.replace(` \\\n  --helper \\\n  ${at + 1}\n`, '\n').replace(/^Description=.*$/m, '');
    assert.equal(as, first?.text.replace(/^Description=.*$/m, ''));
  }
  assert.equal(withHelpers(0).length, 1);
  assert.equal(usersFile(withHelpers(3)).match(/^u /gm)?.length, 1);
});

test('the unseal key comes to the vault as an encrypted credential, and to nobody else', () => {
  const texts = kinds.real.units.map(
    (name) => [name, readFileSync(join(base, `real/etc/systemd/system/holdfast-${name}.service`), 'utf8')] as const,
  );
  for (const [name, text] of texts)
    assert.equal(text.includes('LoadCredentialEncrypted=holdfast-unseal:/etc/holdfast/unseal.cred'), name === 'vault', name);
});

test('systemd makes the users and folders as they are meant', {
  skip: process.getuid?.() !== 0 || !has('systemd-sysusers') ? 'needs root and systemd-sysusers' : false,
}, () => {
  const folder = join(base, 'machine');
  assert.equal(holdfast('service', 'install', '--root', folder, '--webhook-port', '8433').status, 0);
  const data = join(folder, 'var/lib/holdfast');
  // As "vault init" leaves it, run by root.
  mkdirSync(join(data, 'vault/signer'), { recursive: true, mode: 0o700 });
  writeFileSync(join(data, 'vault/vault.json'), '{}', { mode: 0o600 });
  for (const [command, args] of [
    ['systemd-sysusers', []],
    ['systemd-tmpfiles', ['--create', '--prefix=/var/lib/holdfast']],
  ] as const) {
    const { status, stderr } = spawnSync(command, [`--root=${folder}`, ...args], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
  const passwd = readFileSync(join(folder, 'etc/passwd'), 'utf8');
  const uid = (name: string): number => Number(new RegExp(`^holdfast-${name}:[^:]*:(\\d+):`, 'm').exec(passwd)?.[1]);
  const groups = readFileSync(join(folder, 'etc/group'), 'utf8');
  const membersOf = (name: string) => new RegExp(`^holdfast-${name}:[^:]*:\\d+:(.*)$`, 'm').exec(groups)?.[1]?.split(',').sort();
  assert.deepEqual(membersOf('engine'), ['holdfast-server']);
  assert.deepEqual([membersOf('strategies'), membersOf('backtests')], [['holdfast-engine'], ['holdfast-server']]);
  assert.deepEqual(membersOf('webhook'), ['holdfast-server']);
  for (const [path, owner, mode] of [
    ['.', 0, 0o1771],
    ['vault', uid('vault'), 0o700],
    ['vault/signer', uid('vault'), 0o700],
    ['vault/vault.json', uid('vault'), 0o600],
    ['engine', uid('engine'), 0o750],
    ['engine/engine.db', uid('engine'), 0o640],
    ['signals', uid('engine'), 0o2750],
    ['server', uid('server'), 0o700],
    ['exchange', uid('exchange'), 0o700],
    ['strategies', uid('strategies'), 0o2770],
    ['strategies/code', uid('strategies'), 0o2770],
    ['strategies/ask', uid('strategies'), 0o660],
    ['market', 0, 0o755],
    ['backtests', uid('backtests'), 0o2750],
    ['webhook', uid('webhook'), 0o750],
    ['webhook/webhook.db', uid('webhook'), 0o640],
  ] as const) {
    const stat = statSync(join(data, path));
    assert.equal(stat.uid, owner, path);
    assert.equal(stat.mode & 0o7777, mode, path);
  }
});

test('install and uninstall say what they need', {
  skip: existsSync('/run/systemd/system') && process.getuid?.() === 0 ? 'this machine could be changed' : false,
}, () => {
  for (const what of ['install', 'uninstall']) {
    const { status, stderr } = holdfast('service', what);
    assert.equal(status, 1);
    assert.match(stderr, /needs a machine that systemd runs; here use "holdfast up"|run it as root/);
  }
});

test('a path that a unit cannot name is refused', () => {
  const { status, stderr } = holdfast('service', 'install', '--dry-run', '--data', '/var/lib/hold fast');
  assert.equal(status, 64);
  assert.match(stderr, /letters, digits/);
  const mixed = holdfast('service', 'install', '--dry-run', '--unseal-credential', '/etc/x.cred');
  assert.equal(mixed.status, 64);
  assert.match(mixed.stderr, /is for a real vault/);
});

const bwrap = process.env.HOLDFAST_BWRAP ?? 'bwrap';
test('a program serves where everything but its own folder is read-only and no other process is seen', {
  skip: has(bwrap) ? false : 'bubblewrap is not installed',
}, async (t) => {
  const data = join(base, 'bubble');
  makeFolders('exchange', data);
  chmodSync(dirname(data), 0o755);
  const ports = { dashboard: 0, portal: 0, gate: 0, exchange: 0 };
  const [unit] = unitsOf({
    code: root,
    runtime: realpathSync(process.execPath),
    data,
    kind: 'simulated',
    ports,
    unsealCredential: null,
    helpers: 0,
  });
  const words = (/^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit?.text ?? '')?.[1] ?? '').split(/[\s\\]+/);
  const own = join(data, 'exchange');
  const room = [
    '--ro-bind',
    '/',
    '/',
    '--bind',
    own,
    own,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
  ];
  const child = spawn(bwrap, [...room, '--', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const line = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('exit', (code) => fail(new Error(`ended with ${code}: ${log}`)));
  });
  const { url } = JSON.parse(line) as { url: string };
  assert.equal((await fetch(`${url}/api/v3/ping`)).status, 200);
});
