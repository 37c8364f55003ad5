/** `holdfast account check` against the simulated exchange, and against one that lies about the time or is not there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { start, stop } from '../vault/harness.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
after(() => rmSync(data, { recursive: true, force: true }));
const cli = join(import.meta.dirname, '../../apps/cli/src/main.ts');

interface Run {
  readonly ok: boolean;
  readonly findings: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

const check = (exchange: string, ...more: string[]): Promise<{ code: number; run: Run }> =>
  new Promise((resolve) => {
    const args = [cli, 'account', 'check', '--json', '--data', data, '--exchange', exchange, '--seconds', '2', ...more];
    const child = execFile(process.execPath, args, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, run: JSON.parse(stdout) as Run }),
    );
  });

test('everything public is read from a working exchange, and the run is recorded', async () => {
  const exchange = await start('apps/exchange/src/main.ts', ['--data', data, '--port', '0', '--seed', '5']);
  const record = join(data, 'run.jsonl');
  try {
    const { code, run } = await check(`http://127.0.0.1:${exchange.port}`, '--record', record);
    assert.deepEqual(
      run.findings.map(({ name, ok }) => [name, ok]),
      ['server time', 'rules', 'candles', 'prices', 'live streams'].map((name) => [name, true]),
      JSON.stringify(run.findings),
    );
    assert.equal(code, 0);
    assert.equal((JSON.parse(readFileSync(record, 'utf8')) as Run).ok, true);
    const other = await check(`http://127.0.0.1:${exchange.port}`, '--pair', 'NIX/USDT');
    assert.equal(other.code, 1);
    assert.match(other.run.findings.find(({ name }) => name === 'rules')?.detail ?? '', /Invalid symbol.*NIX\/USDT/);
  } finally {
    await stop(exchange);
  }
});

test('a clock that is off and an exchange that is gone are named', async () => {
  const liar = createServer((_, response) => response.end(JSON.stringify({ serverTime: Date.now() - 5000 })));
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  const { port } = liar.address() as AddressInfo;
  const { run } = await check(`http://127.0.0.1:${port}`);
  assert.match(run.findings[0]?.detail ?? '', /behind this machine's, limit 1000 ms: set this machine's clock/);
  liar.closeAllConnections();
  liar.close();
  const gone = await check('http://127.0.0.1:1');
  assert.equal(gone.code, 1);
  assert.ok(gone.run.findings.every(({ ok }) => !ok));
  assert.match(gone.run.findings[1]?.detail ?? '', /127\.0\.0\.1:1 did not answer/);
});
