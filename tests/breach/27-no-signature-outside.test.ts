import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, doorPaths } from '@holdfast/domain';
import { hostile } from '../../apps/cli/src/drill/attacks/attack.ts';
import { btc } from '../../apps/cli/src/drill/markets.ts';
import { closeAll, fair, robbery } from './robbery.ts';

after(closeAll);

test('27: what the vault signed for the exchange is seen by egress alone: no answer, event, log or journal line holds it', async () => {
  const signatures: string[] = [];
  let loseNext = false;
  const it = await robbery({
    onRequest: ({ query }) => {
      const found = /signature=([^&]+)/.exec(query)?.[1];
      if (found !== undefined) signatures.push(decodeURIComponent(found));
    },
    weather: (purpose, send) => (purpose === 'place' && loseNext ? 'answer-lost' : send()),
  });
  const { vault } = it.vaulted;
  const said: string[] = [];
  void vault.ask(vault.peer('engine'), `${doorPaths.events}?from=1`, '', 'GET');
  await it.stage.attacker.rob(0, hostile(it.stage, btc, 'buy', amount('500'), 20));
  await it.vaulted.botOrder(0, fair(it, '1000000'));
  loseNext = true;
  await it.vaulted.botOrder(0, fair(it));
  await it.world.pass(20_000);
  for (const read of [
    { kind: 'status' },
    { kind: 'verdicts', limit: 100 },
    { kind: 'open-orders', account: it.vaulted.accounts[0] },
  ])
    said.push(JSON.stringify((await vault.ask(vault.peer('cli'), doorPaths.read, read)).body));
  const all = [...said, ...vault.lines, ...vault.logged, vault.journal().toString('utf8')].join('\n');
  assert.ok(signatures.length > 8, `${signatures.length} signed requests`);
  for (const signature of signatures) assert.ok(!all.includes(signature) && !all.includes(encodeURIComponent(signature)));
});
