/** The server as a process: its ready line, its exit codes, and that it goes when its parent goes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-server-main-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly output: { out: string; error: string };
  /** Exit code. */
  readonly ended: Promise<number | null>;
}

function run(args: readonly string[]): Run {
  const flags = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')];
  const child = spawn(process.execPath, [...flags, ...args], { stdio: 'pipe' });
  const output = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.error += chunk.toString();
  });
  return { child, output, ended: new Promise((done) => child.once('close', done)) };
}

/** The port it says that it serves. */
async function ready({ child, output }: Run): Promise<number> {
  while (!output.out.includes('\n')) {
    assert.equal(child.exitCode, null, output.error);
    await new Promise((done) => setTimeout(done, 20));
  }
  const line = JSON.parse(output.out) as { ready: boolean; port: number };
  assert.equal(line.ready, true);
  return line.port;
}

test('it serves while engine and vault are away, and stops on SIGTERM with a listener connected', async () => {
  const server = run(['--data', folder, '--port', '0']);
  const port = await ready(server);
  const bots = await fetch(`http://127.0.0.1:${port}/api/bots`);
  assert.equal(bots.status, 503);
  writeFileSync(join(folder, 'cli.token'), `${'ab'.repeat(32)}\n`);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${'ab'.repeat(32)}` };
  const freeze = await fetch(`http://127.0.0.1:${port}/api/freeze`, { method: 'POST', headers, body: '{"reason":"x"}' });
  assert.match(await freeze.text(), /vault-unreachable/);
  const stop = await fetch(`http://127.0.0.1:${port}/api/bots/b1/stop`, { method: 'POST', headers, body: '{}' });
  assert.match(await stop.text(), /engine-unreachable/);
  const events = await fetch(`http://127.0.0.1:${port}/api/events`);
  assert.equal(events.status, 200);
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);
  await events.body?.cancel().catch(() => {});
});

test('it stops when its parent is gone', async () => {
  const server = run(['--data', folder, '--port', '0']);
  await ready(server);
  server.child.stdin?.end();
  assert.equal(await server.ended, 0);
});

test('a taken port and a wrong command line are one line each, with their exit codes', async (t) => {
  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const busy = run(['--data', folder, '--port', String((taken.address() as AddressInfo).port)]);
  const wrong = [
    run(['--port', '8430']),
    run(['--data', folder, '--port', 'x']),
    run(['--data', folder, '--vault', 'http://example.com']),
    run(['--data', folder, '--nonsense']),
  ];
  assert.equal(await busy.ended, 69);
  // Before it, a checkout whose page was never built logs that.
  assert.match(busy.output.error, /(^|\n)server: .*port.*\n$/);
  for (const { ended, output } of wrong) {
    assert.equal(await ended, 64);
    assert.match(output.error, /^server: .+\n$/);
  }
});
