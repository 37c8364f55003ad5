import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { createSecrets, type KeyFiles, SealDamage, type Secrets } from './secrets.ts';

function memoryFiles(): KeyFiles & { readonly records: Map<string, Buffer> } {
  const records = new Map<string, Buffer>();
  return {
    records,
    read: (account) => records.get(account) ?? null,
    write: (account, bytes) => void records.set(account, bytes),
    erase: (account) => void records.delete(account),
  };
}

const vault = (files: KeyFiles, byte = 1, vaultId = 'v'): Secrets =>
  createSecrets(createSecretKey(Buffer.alloc(32, byte)), vaultId, files);

test('an account key opens again with the unseal key and vault that sealed it', () => {
  const files = memoryFiles();
  vault(files).createAccountKey('paper');
  assert.equal(vault(files).accountKey('paper').asymmetricKeyType, 'ed25519');
});

test('it opens with no other unseal key, no other vault, no other name, and not when one bit is changed', () => {
  const files = memoryFiles();
  vault(files).createAccountKey('paper');
  const sealed = files.records.get('paper') as Buffer;
  assert.throws(() => vault(files, 2).accountKey('paper'), SealDamage);
  assert.throws(() => vault(files, 1, 'w').accountKey('paper'), SealDamage);
  files.records.set('other', sealed);
  assert.throws(() => vault(files).accountKey('other'), SealDamage);
  for (const at of [0, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    files.records.set('paper', changed);
    assert.throws(() => vault(files).accountKey('paper'), /sealed record of paper does not open/);
  }
  assert.throws(() => vault(memoryFiles()).accountKey('paper'), /missing/);
});
