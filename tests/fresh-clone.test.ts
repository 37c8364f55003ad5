/**
 * The README's first command on a fresh clone in an empty directory, with an empty HOME. It installs from the npm registry, so it
 * runs where HOLDFAST_FRESH_CLONE=1 says that there is one (.ci/run does) and is skipped visibly elsewhere.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const port = 27_430;
const skip = process.env.HOLDFAST_FRESH_CLONE === '1' ? false : 'set HOLDFAST_FRESH_CLONE=1 where the npm registry is reachable';

/** The machine's own tools: without the folders that npm put first for this repository. */
const systemPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

interface StatusAnswer {
  readonly processes: readonly { readonly name: string; readonly state: string }[];
  readonly deals: { readonly open: number; readonly closed: number };
}

async function until<Value>(what: string, seconds: number, attempt: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await attempt().catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

test('npm ci and npm start on a fresh clone show a bot with orders within a minute, and stop cleanly', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-clone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clone = join(folder, 'holdfast');
  const home = join(folder, 'home');
  mkdirSync(home);
  if (existsSync(join(root, '.git'))) execFileSync('git', ['clone', '--quiet', root, clone]);
  else cpSync(root, clone, { recursive: true, filter: (path) => !/node_modules|\.holdfast/.test(path) });
  const env = { PATH: systemPath, HOME: home, CI: 'true' };
  execFileSync('npm', ['ci', '--no-update-notifier'], { cwd: clone, env, stdio: ['ignore', 'ignore', 'pipe'] });

  const started = spawn('npm', ['start', '--', '--port', String(port)], {
    cwd: clone,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((done) => started.once('exit', done));
  t.after(() => {
    if (started.exitCode === null && started.signalCode === null && started.pid !== undefined)
      process.kill(-started.pid, 'SIGKILL');
  });

  await until(`the address of the dashboard in: ${output}`, 60, async () =>
    output.includes(`http://localhost:${port}`) ? true : undefined,
  );
  const status = await until('an open deal', 60, async () => {
    const answer = (await (await fetch(`http://127.0.0.1:${port}/api/status`)).json()) as StatusAnswer;
    return answer.deals.open + answer.deals.closed > 0 ? answer : undefined;
  });
  assert.deepEqual(
    status.processes.filter(({ state }) => state !== 'running'),
    [],
  );
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  assert.match(page, /<div id="root"/);

  process.kill(-(started.pid as number), 'SIGINT');
  await exited;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/api/status`));
});
