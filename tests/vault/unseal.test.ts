/** A real vault's life as processes: made, sealed, opened in each way, sealed again; what it refuses. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { askWarden, keyFileOption } from '@holdfast/vault/admin';
import { begin, newFolder, peer, type Running, start, stop, until, vaultMain } from './harness.ts';

const cli = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');
const passphrase = 'correct horse battery staple';
const folders: string[] = [];
const running: Running[] = [];
after(async () => {
  await Promise.all(running.map(stop));
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line with secrets on standard input, one a line. */
function holdfast(args: readonly string[], ...secrets: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [cli, ...args], (error, out, err) => {
      const code = error === null ? 0 : Number(error.code);
      done({ code, out, err });
    });
    child.stdin!.end(secrets.map((secret) => `${secret}\n`).join(''));
  });
}

async function made(): Promise<string> {
  const data = newFolder();
  folders.push(data);
  const { code, out, err } = await holdfast(['vault', 'init', '--json', '--data', data], passphrase);
  assert.equal(code, 0, err);
  const said = JSON.parse(out) as { fingerprint: string; pages: string };
  assert.match(said.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.match(said.pages, /^[0-9a-f]{64}$/);
  return data;
}

const args = (data: string): string[] => ['--data', data, '--port', '0'];
async function started(data: string, ...more: string[]): Promise<Running> {
  const vault = await start(vaultMain, [...args(data), ...more]);
  running.push(vault);
  return vault;
}
const state = async (data: string) =>
  (await askWarden(data, { do: 'status' })) as {
    state: string;
    reason: string | null;
    unsealedBy: string;
    wraps: { name: string }[];
    restarts: number;
    protections: { name: string; inForce: boolean }[];
  };
/** The keys of the peers are written when it opens. */
const opened = (data: string, vault: Running) =>
  until(
    'an open vault',
    async () => {
      if (!existsSync(join(data, 'peers', 'cli.key'))) return undefined;
      return peer(data, vault.port, 'cli')
        .status()
        .catch(() => undefined);
    },
    60_000,
  );
const sealedCode = async ({ port }: Running): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/read`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  return ((await response.json()) as { error: { code: string } }).error.code;
};

let data: string;
let vault: Running;
before(async () => {
  data = await made();
  vault = await started(data);
});

test('nothing in the folder of a real vault opens it', () => {
  assert.equal(existsSync(join(data, 'vault/unseal.key')), false);
  assert.equal(existsSync(join(data, 'owner')), false);
  assert.deepEqual(readdirSync(join(data, 'vault/unseal')), ['passphrase.json']);
  assert.equal(existsSync(join(data, 'peers')), false);
});

test('it starts sealed, and its door answers E_SEALED', async () => {
  assert.equal((await state(data)).state, 'sealed');
  assert.equal(await sealedCode(vault), 'E_SEALED');
});

test('wrong passphrases are refused in one way, each time later; the right one opens it', async () => {
  const wrong = await holdfast(['vault', 'unseal', '--data', data], 'wrong horse battery staple');
  assert.equal(wrong.code, 1);
  assert.equal(wrong.err, 'holdfast: that does not open this vault\n');
  const soon = await holdfast(['vault', 'unseal', '--data', data], passphrase);
  if (soon.code !== 0) assert.match(soon.err, /not tried: wait/);
  const right = await until('the right passphrase', async () => {
    const ran = await holdfast(['vault', 'unseal', '--data', data], passphrase);
    return ran.code === 0 || /open already/.test(ran.err) ? ran : undefined;
  });
  assert.equal(right.err.includes(passphrase), false);
  // What is in force is asked of each process, and told when all have answered.
  const status = await until('what is in force', async () => {
    const told = (await opened(data, vault)) as Awaited<ReturnType<ReturnType<typeof peer>['status']>>;
    return told.protections.some(({ name }) => name === 'core-dumps') ? told : undefined;
  });
  assert.equal(status.simulated, false);
  assert.equal(status.unsealedBy, 'passphrase');
  const inForce = new Map(status.protections.map((each) => [each.name, each.inForce]));
  assert.equal(inForce.get('unseal-key'), true);
  assert.equal(inForce.get('runtime'), true);
  assert.equal(inForce.get('core-dumps'), true);
  if (process.getuid?.() === 0) assert.equal(inForce.get('users'), false);
});

test('its pages are served over TLS with the certificate that was made with it', async () => {
  const ca = readFileSync(join(data, 'vault/pages/tls.pem'), 'utf8');
  const { portalPort } = JSON.parse(await readyLine(data)) as { portalPort: number };
  const status = await new Promise<number>((done, fail) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: portalPort,
        path: '/',
        ca,
        servername: 'localhost',
        headers: { host: `localhost:${portalPort}` },
        agent: false,
      },
      (response) => {
        response.resume().on('end', () => done(response.statusCode ?? 0));
      },
    );
    call.on('error', fail).end();
  });
  assert.equal(status, 200);
});

/** Restarts the vault of the test so that its ready line is seen, and opens it. */
async function readyLine(of: string): Promise<string> {
  await stop(vault);
  const { child, exit, log } = begin(vaultMain, args(of));
  const line = await new Promise<string>((done) => createInterface({ input: child.stdout! }).on('line', done));
  const { port, portalPort } = JSON.parse(line) as { port: number; portalPort: number };
  vault = { child, exit, log, port, portal: () => `http://localhost:${portalPort}` };
  running.push(vault);
  assert.equal((await holdfast(['vault', 'unseal', '--data', of], passphrase)).code, 0);
  await opened(of, vault);
  return line;
}

test('a crashed signer comes back without a human, and the vault stays open', async () => {
  const { processes } = (await opened(data, vault)) as Awaited<ReturnType<ReturnType<typeof peer>['status']>>;
  const signer = processes.find(({ name }) => name === 'signer')!;
  process.kill(signer.pid, 'SIGKILL');
  const again = await until('another signer', async () => {
    const status = await peer(data, vault.port, 'cli')
      .status()
      .catch(() => undefined);
    return status?.processes.find(({ name, pid }) => name === 'signer' && pid !== signer.pid);
  });
  assert.notEqual(again.pid, signer.pid);
  assert.equal((await state(data)).unsealedBy, 'passphrase');
});

test('after 20 crashes in a row it is sealed and says why; unsealed again it runs', async () => {
  // Each as soon as the warden has started it: what it waits between them is all that this takes.
  const childNow = (): number | undefined => {
    const { children } = JSON.parse(readFileSync(join(data, 'vault', 'lock'), 'utf8')) as { children: { pid: number }[] };
    return children[0]?.pid;
  };
  let last = 0;
  for (let crashes = (await state(data)).restarts; crashes < 20; crashes += 1) {
    last = await until('the next process of the vault', () => {
      const pid = childNow();
      return pid === last ? undefined : pid;
    });
    process.kill(last, 'SIGKILL');
  }
  const sealed = await until('the sealed state', async () => {
    const now = await state(data);
    return now.state === 'sealed' ? now : undefined;
  });
  assert.match(sealed.reason ?? '', /crashed 20 times in a row/);
  await until('the sealed door', async () => ((await sealedCode(vault).catch(() => '')) === 'E_SEALED' ? true : undefined));
  assert.equal((await holdfast(['vault', 'unseal', '--data', data], passphrase)).code, 0);
  await opened(data, vault);
});

test('another way is added and removed only by who knows one, and the last one stays', async () => {
  const file = join(data, 'credential');
  const add = ['vault', 'wrap', 'add', 'credential', '--name', 'tpm', '--out', file, '--data', data];
  assert.match((await holdfast(add, 'not the passphrase')).err, /does not open this vault/);
  const added = await holdfast(add, passphrase);
  assert.equal(added.code, 0, added.err);
  assert.equal(readFileSync(file).length, 32);
  assert.equal((await holdfast(['vault', 'wrap', 'remove', 'passphrase', '--data', data], 'not the passphrase')).code, 1);
  assert.deepEqual(
    (await state(data)).wraps.map(({ name }) => name),
    ['passphrase', 'tpm'],
  );
});

test('sealed by hand it forgets the key; a credential opens it again', async () => {
  assert.equal((await holdfast(['vault', 'seal', '--data', data])).code, 0);
  await until('the sealed door', async () => ((await sealedCode(vault).catch(() => '')) === 'E_SEALED' ? true : undefined));
  assert.equal((await state(data)).state, 'sealed');
  const ran = await holdfast(['vault', 'unseal', '--credential', join(data, 'credential'), '--data', data]);
  assert.equal(ran.code, 0, ran.err);
  await opened(data, vault);
  assert.equal((await state(data)).unsealedBy, 'credential');
});

test('a descriptor, a folder of credentials and a key file open it at the start, each said by its name', async () => {
  await stop(vault);
  const secret = join(data, 'credential');
  const how = async (more: string[], env: Record<string, string>, fd?: number): Promise<string> => {
    const flags = [
      '--disable-sigusr1',
      '--disable-warning=ExperimentalWarning',
      resolve(import.meta.dirname, '../..', vaultMain),
    ];
    const stdio = ['pipe', 'pipe', 'inherit', ...(fd === undefined ? [] : [fd])] as ('pipe' | 'inherit' | number)[];
    const child = spawn(process.execPath, [...flags, ...args(data), ...more], { env, stdio });
    const exit = new Promise<void>((done) => child.on('exit', () => done()));
    await new Promise<void>((done) => createInterface({ input: child.stdout! }).on('line', () => done()));
    const { unsealedBy } = await state(data);
    child.kill('SIGTERM');
    await exit;
    return unsealedBy;
  };
  const descriptor = openSync(secret, 'r');
  assert.equal(await how(['--unseal-fd', '3'], {}, descriptor), 'credential');
  closeSync(descriptor);
  mkdirSync(join(data, 'creds'));
  writeFileSync(join(data, 'creds', 'holdfast-unseal'), readFileSync(secret));
  assert.equal(await how([], { CREDENTIALS_DIRECTORY: join(data, 'creds') }), 'credential');
  assert.equal(await how([`--${keyFileOption}`, secret], {}), 'key-file');
  for (const length of [0, 31, 33]) {
    writeFileSync(join(data, 'wrong'), randomBytes(length));
    assert.equal(await how([`--${keyFileOption}`, join(data, 'wrong')], {}), '', `${length} bytes`);
  }
});

test('the unsealer on another host opens it unattended, and not when it is switched off', async () => {
  const other = join(newFolder(), 'unsealer');
  folders.push(other);
  const { line } = JSON.parse((await holdfast(['unsealer', 'init', '--json', '--folder', other])).out) as { line: string };
  const serving = spawn(process.execPath, [cli, 'unsealer', 'serve', '--folder', other, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(() => serving.kill('SIGTERM'));
  const ready = await new Promise<string>((done) => createInterface({ input: serving.stdout! }).on('line', done));
  const url = `http://127.0.0.1:${(JSON.parse(ready) as { port: number }).port}`;

  vault = await started(data);
  assert.equal((await holdfast(['vault', 'unseal', '--data', data], passphrase)).code, 0);
  await opened(data, vault);
  const added = await holdfast(
    ['vault', 'wrap', 'add', 'network', '--json', '--unsealer', line, '--url', url, '--data', data],
    passphrase,
  );
  assert.equal(added.code, 0, added.err);
  const [card = ''] = /hfv1\.\S+/.exec((JSON.parse(added.out) as { after: string }).after) ?? [];
  const introduced = await holdfast(['unsealer', 'add', '--folder', other, '--from', '127.0.0.1', card]);
  assert.equal(introduced.code, 0, introduced.err);

  await stop(vault);
  vault = await started(data);
  await opened(data, vault);
  assert.equal((await state(data)).unsealedBy, 'network');

  // What was sealed on purpose is opened by a person, although the other host would.
  const killed = await holdfast(['kill', '--data', data, '--vault', `http://127.0.0.1:${vault.port}`]);
  assert.equal(killed.code, 0, killed.err);
  await vault.exit;
  vault = await started(data);
  assert.match(vault.log(), /stays sealed: the vault was killed/);
  assert.match((await state(data)).reason ?? '', /was killed: a person unseals it/);
  assert.equal((await holdfast(['vault', 'unseal', '--data', data], passphrase)).code, 0);
  await opened(data, vault);
  await askWarden(data, { do: 'seal' });
  await until('the sealed vault', async () => ((await state(data)).state === 'sealed' ? true : undefined));
  await new Promise((done) => setTimeout(done, 1500));
  assert.equal((await state(data)).state, 'sealed');
  const late = await holdfast(['kill', '--data', data, '--vault', `http://127.0.0.1:${vault.port}`]);
  assert.match(late.out, /once it is unsealed it revokes everything before it signs anything/);
  assert.ok(existsSync(join(data, 'vault', 'kill.json')), 'a sealed vault has nobody who could revoke now');
  assert.equal(vault.log().match(/unsealed by/g)?.length, 1, vault.log());

  const { vaultId } = (await askWarden(data, { do: 'status' })) as { vaultId: string };
  assert.equal((await holdfast(['unsealer', 'off', '--folder', other, vaultId])).code, 0);
  await stop(vault);
  vault = await started(data);
  await until('the refusal', () => (/switched off/.test(vault.log()) ? true : undefined));
  assert.equal((await state(data)).state, 'sealed');
  assert.equal(await stop(vault), 0);
});

test('a real vault refuses keys beside its data, a loopback exchange and to be made twice', async () => {
  for (const file of ['vault/unseal.key', 'owner/owner.key']) {
    mkdirSync(join(data, 'owner'), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, file), randomBytes(32), { mode: 0o600 });
    const { exit, log } = begin(vaultMain, args(data));
    assert.equal(await exit, 65, log());
    assert.match(log(), new RegExp(`${file.split('/')[1]} lies beside the data of a real vault`));
    rmSync(join(data, file));
  }
  const { exit, log } = begin(vaultMain, [...args(data), '--exchange', 'http://127.0.0.1:8440']);
  assert.equal(await exit, 64, log());
  const twice = await holdfast(['vault', 'init', '--data', data], passphrase);
  assert.equal(twice.code, 75);
  const short = await holdfast(['vault', 'init', '--data', newFolder()], 'short');
  assert.match(short.err, /shorter than 12/);
});
