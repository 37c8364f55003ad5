import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { closeAll, codeOf, fair, robbery } from './robbery.ts';

after(closeAll);

test('7: database, code and environment of the application: not one accepted request elsewhere, not one secret', async () => {
  const it = await robbery({ victims: 2 });
  const { vault } = it.vaulted;
  // Everything the application has: its peers' keys and its bots' sub-keys, from another host.
  const codes = (await it.vaulted.fromElsewhere(0, fair(it))).map(codeOf);
  assert.deepEqual(codes, ['EXCHANGE_2014', 'E_SIG', 'E_REPLAY', 'E_TIME']);
  // And what the vault's own answers would tell him.
  const answers: string[] = [];
  for (const peer of ['engine', 'server', 'cli'] as const)
    for (const read of [
      { kind: 'status' },
      { kind: 'verdicts', limit: 100 },
      { kind: 'balances', account: it.vaulted.accounts[0] },
    ])
      answers.push(JSON.stringify((await vault.ask(vault.peer(peer), doorPaths.read, read)).body));
  const all = answers.join('\n');
  assert.ok(all.includes('account-1'), 'the answers were read');
  assert.doesNotMatch(all, /PRIVATE KEY|"secret"|signature=/);
  assert.ok(!all.includes(it.vaulted.botKey(0).secret.toString('hex')), 'a sub-key is shown once and never again');
  assert.ok(!all.includes(vault.peer('server').secret.toString('hex')));
  assert.equal(it.loss(), 0n);
});
