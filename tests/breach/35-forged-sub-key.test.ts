import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalText, doorPaths } from '@holdfast/domain';
import { intentOf } from '../../apps/cli/src/drill/vaulted.ts';
import { closeAll, fair, robbery } from './robbery.ts';

after(closeAll);

test('35: the secret of one sub-key with the id of another, and macs cut, lengthened, in capitals or not hex, are refused', async () => {
  const it = await robbery({ victims: 2 });
  const { vault } = it.vaulted;
  const [mine, theirs] = [it.vaulted.botKey(0), it.vaulted.botKey(1)];
  const body = canonicalText(intentOf('x', fair(it)));
  const send = async (change: (mac: string) => string, key = mine) => {
    const headers = vault.headersOf(key, 'POST', doorPaths.intent, body);
    return (await vault.raw({ method: 'POST', path: doorPaths.intent, headers: { ...headers, mac: change(headers.mac) }, body }))
      .body;
  };
  assert.equal((await send((mac) => mac, { id: theirs.id, secret: mine.secret })).error.code, 'E_SIG');
  assert.equal((await send((mac) => `${mac.slice(0, -1)}${mac.endsWith('0') ? '1' : '0'}`)).error.code, 'E_SIG');
  for (const change of [
    (mac: string) => mac.slice(0, 63),
    (mac: string) => `${mac}0`,
    (mac: string) => mac.toUpperCase().replace(/\d/g, 'A'),
    (mac: string) => `z${mac.slice(1)}`,
    () => '',
  ])
    assert.ok(['E_PARAM', 'E_SIG'].includes((await send(change)).error.code));
  assert.equal(it.world.exchange.core.openOrders(it.world.victims[0]!).length, 0);
});

test('35: how long a wrong mac takes does not tell how much of it is right', async () => {
  const it = await robbery();
  const { vault } = it.vaulted;
  const key = it.vaulted.botKey(0);
  const body = canonicalText(intentOf('x', fair(it)));
  const time = async (right: number): Promise<number> => {
    const headers = vault.headersOf(key, 'POST', doorPaths.intent, body);
    const mac = headers.mac.slice(0, right) + [...headers.mac.slice(right)].map((digit) => (digit === '0' ? '1' : '0')).join('');
    const started = process.hrtime.bigint();
    await vault.raw({ method: 'POST', path: doorPaths.intent, headers: { ...headers, mac }, body });
    return Number(process.hrtime.bigint() - started);
  };
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const apart = async (): Promise<number> => {
    const none: number[] = [];
    const most: number[] = [];
    for (let trial = 0; trial < 4000; trial += 1) {
      none.push(await time(0));
      most.push(await time(62));
    }
    return Math.abs(median(none) / median(most) - 1);
  };
  // A busy machine may shift one measurement; a real difference shows in all of them.
  const all = [await apart()];
  while (all.at(-1)! > 0.05 && all.length < 4) all.push(await apart());
  assert.ok(Math.min(...all) <= 0.05, `medians differ by ${all.map((it) => (it * 100).toFixed(1)).join(', ')} %`);
});
