/** A difference between ledger and exchange is said when it is one, and not while fills are still on their way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Asset, amount, type Pair, type VaultStatus } from '@holdfast/domain';
import type { VaultPort } from './ports.ts';
import { begin } from './testing/begin.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-comparison-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const subscribe: VaultPort['subscribe'] = (_, listener) => {
  listener.state(true, null);
  return () => {};
};

test('while the vault does not hear the account’s stream a difference is none; after it, it is said once', async () => {
  let [connected, held] = [true, '100'];
  const { engine, store, pass } = await begin({
    ring: null,
    file: join(folder, 'engine.db'),
    vault: {
      subscribe,
      status: async () => ({ accounts: [{ account: 'real', connected }] }) as unknown as VaultStatus,
      balances: async () => [{ asset: 'USDT' as Asset, total: amount(held) }],
    },
  });
  const match = () => engine.status().ledgerMatchesExchange;
  await pass(15_000);
  assert.equal(match().matches, true);
  [connected, held] = [false, '90'];
  await pass(30_000);
  assert.equal(match().matches, true, 'the vault has not read yet what it missed');
  connected = true;
  await pass(4_000);
  assert.equal(match().matches, true, 'seen once');
  await pass(15_000);
  assert.deepEqual(match().differences, [{ asset: 'USDT', ledger: '100', exchange: '90' }]);
  await engine.stop();
  await store.close();
});

test('a comparison that something came in between of is made again soon', async () => {
  const compared: number[] = [];
  let heard = (): void => {};
  let passed = 0;
  const { engine, store, pass, say } = await begin({
    ring: null,
    file: join(folder, 'between.db'),
    vault: {
      subscribe,
      status: async () => ({ accounts: [{ account: 'real', connected: true }] }) as unknown as VaultStatus,
      balances: async () => {
        compared.push(passed);
        if (compared.length === 2) heard();
        return [{ asset: 'USDT' as Asset, total: amount('100') }];
      },
    },
  });
  heard = () => say({ kind: 'pair-status', pair: 'BTC/USDT' as Pair, halted: false });
  for (; engine.status().ledgerMatchesExchange.matches === null && passed < 20_000; passed += 100) await pass(100);
  const [, disturbed = 0, again = 0] = compared;
  assert.ok(again - disturbed < 5_000, `compared at ${compared.join(', ')} ms`);
  assert.equal(engine.status().ledgerMatchesExchange.matches, true);
  await engine.stop();
  await store.close();
});
