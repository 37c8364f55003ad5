/** In lockstep the vault's event stream says each round after everything that happened before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlToken } from '@holdfast/exchange/control';
import { connectAccount, follow, launch, newSubKey, order, priceNear, until, vaultOpen } from './harness.ts';

test('rounds come in order, a fill comes before the round it belongs to, and time waits for us', async () => {
  const instance = await launch(['--lockstep', '--speed', 'max']);
  const clock = new WebSocket(`ws://127.0.0.1:${instance.exchange.port}/sim/clock?role=engine`, {
    headers: { 'x-sim-token': controlToken(instance.data) },
  });
  await new Promise((resolve, reject) => {
    clock.addEventListener('open', resolve);
    clock.addEventListener('error', () => reject(new Error('no clock')));
  });
  const events = follow(instance);
  try {
    /** Nothing is quiet: every tick of the market makes a round. */
    const acknowledge = (n: number): void => clock.send(JSON.stringify({ ack: n, quiet: { until: 0, pairs: {} } }));
    const rounds = () => events.events.flatMap((it) => (it.kind === 'sync' ? [it] : []));
    await connectAccount(instance);
    await until('a first round', () => rounds().at(-1));
    let last = rounds().at(-1)!.n;
    for (let step = 0; step < 5; step += 1) {
      acknowledge(last);
      const before = last;
      last = (await until('the next round', () => rounds().find(({ n }) => n > before))).n;
    }
    await vaultOpen(instance);
    const key = await newSubKey(instance);
    const verdict = await instance.engine.subKey(key).submit(order('step-1', await priceNear(instance, 50n)));
    assert.deepEqual(verdict, { kind: 'approved' });
    const fill = await events.of('step-1', 'order-filled');
    acknowledge(last);
    const after = await until('the round after the fill', () => rounds().find(({ n }) => n > last));
    assert.ok(events.events.indexOf(fill) < events.events.indexOf(after));
    const heard = rounds();
    assert.deepEqual(
      heard.map(({ n }) => n),
      heard.map(({ n }) => n).sort((a, b) => a - b),
    );
    assert.deepEqual(
      heard.map(({ at }) => at),
      heard.map(({ at }) => at).sort((a, b) => a - b),
    );
  } finally {
    events.stop();
    clock.close();
    await instance.close();
  }
});
