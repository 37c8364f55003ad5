/** The engine's way to a strategy and back: synchronous, bounded in time, and whole again after either side was killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { StrategyPipe } from '@holdfast/runtime';
import { stepMsMost } from '../../apps/engine/src/strategy-run.ts';

const main = resolve(import.meta.dirname, '../../apps/engine/src/strategy-host.ts');
const head = "export const description = { name: 'x', about: 'x' };\n";

async function host(data: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, '--data', data], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((done) => child.stdout?.once('data', () => done()));
  return child;
}

test('a strategy is asked and answers; one that hangs disturbs no other, and a killed host comes back', async (t) => {
  const data = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-pipe-')));
  const code = join(data, 'strategies', 'code');
  mkdirSync(code, { recursive: true });
  writeFileSync(
    join(code, 'own-good.ts'),
    `${head}export const step = (settings, state, event) => ({ state: event, orders: [], wakes: [] });`,
  );
  writeFileSync(join(code, 'own-hang.ts'), `${head}export const step = () => { for (;;); };`);
  let child = await host(data);
  t.after(() => {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });
  const pipe = new StrategyPipe(join(data, 'strategies'));
  const step = (event: unknown) => ({ settings: {}, state: null, event });
  assert.deepEqual(pipe.ask({ kind: 'own-good' }).description, { name: 'x', about: 'x' });
  const long = 'x'.repeat(300_000);
  assert.equal(
    (pipe.ask({ kind: 'own-good', step: step(long) }).step as { state: string }).state,
    long,
    'more than the pipe holds at once',
  );
  pipe.ask({ kind: 'own-hang' });
  const since = performance.now();
  assert.equal(pipe.ask({ kind: 'own-hang', step: step(1) }).failed, `it did not answer within ${stepMsMost} ms`);
  assert.ok(performance.now() - since < stepMsMost + 20_000, `${performance.now() - since} ms`);
  const times: number[] = [];
  for (let n = 0; n < 300; n++) {
    const begun = performance.now();
    assert.equal((pipe.ask({ kind: 'own-good', step: step(n) }).step as { state: number }).state, n);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  t.diagnostic(`asked and answered: p50 ${times[150]?.toFixed(2)} ms, p99 ${times[297]?.toFixed(2)} ms`);
  assert.match(String(pipe.ask({ kind: 'own-none' }).failed), /file of own-none is not there/);
  child.kill('SIGKILL');
  await new Promise((done) => child.once('exit', done));
  // While nobody is there it waits; whoever comes back in time answers.
  const again = spawn(process.execPath, [main, '--data', data], { stdio: ['pipe', 'ignore', 'inherit'] });
  child = again;
  assert.equal((pipe.ask({ kind: 'own-good', step: step('back') }).step as { state: string }).state, 'back');
  // Another engine, after the first was killed in the middle of a line.
  const other = new StrategyPipe(join(data, 'strategies'));
  pipe.close();
  assert.equal((other.ask({ kind: 'own-good', step: step('other') }).step as { state: string }).state, 'other');
  other.close();
});
