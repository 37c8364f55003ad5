import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
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

test('an imported HMAC secret opens as it was, its source is overwritten, and erasing leaves nothing', () => {
  const files = memoryFiles();
  const given = Buffer.from('an-exchange-secret');
  const first = vault(files);
  first.importAccountKey('paper', 'hmac', given);
  assert.deepEqual(given, Buffer.alloc(given.length));
  assert.equal(vault(files).accountKey('paper').export().toString(), 'an-exchange-secret');
  first.eraseAccountKey('paper');
  assert.equal(files.records.size, 0);
  assert.throws(() => first.accountKey('paper'), SealDamage);
});

test('a private key of another kind, or one that is too short, is not taken in', () => {
  const files = memoryFiles();
  const pem = (bits: number): Buffer =>
    Buffer.from(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  assert.throws(() => vault(files).importAccountKey('paper', 'ed25519', pem(2048)), /not a private key of the kind ed25519/);
  assert.throws(() => vault(files).importAccountKey('paper', 'rsa', pem(1024)), /fewer than 2048 bits/);
  assert.equal(files.records.size, 0);
  vault(files).importAccountKey('paper', 'rsa', pem(2048));
  assert.equal(vault(files).accountKey('paper').asymmetricKeyType, 'rsa');
});

test('fingerprints, confirmations and the identity are of this vault alone and the same after a start', () => {
  const [one, again] = [vault(memoryFiles()), vault(memoryFiles())];
  const others = [vault(memoryFiles(), 2), vault(memoryFiles(), 1, 'w')];
  assert.equal(one.fingerprint('uid', 'x'), again.fingerprint('uid', 'x'));
  assert.notEqual(one.fingerprint('uid', 'x'), one.fingerprint('api-key', 'x'));
  assert.equal(one.identity().fingerprint, again.identity().fingerprint);
  for (const other of others) {
    assert.notEqual(other.fingerprint('uid', 'x'), one.fingerprint('uid', 'x'));
    assert.notEqual(other.confirmation('x'), one.confirmation('x'));
    assert.notEqual(other.identity().fingerprint, one.identity().fingerprint);
  }
});

test('another sealed record opens under its own name only and is no account key', () => {
  const files = memoryFiles();
  const secrets = vault(files);
  secrets.sealRecord('destinations.anna.1', Buffer.from('words'));
  assert.equal(secrets.openRecord('destinations.anna.1').toString(), 'words');
  files.records.set('destinations.bert.1', files.records.get('destinations.anna.1')!);
  assert.throws(() => secrets.openRecord('destinations.bert.1'), SealDamage);
  assert.throws(() => secrets.accountKey('destinations.anna.1'), SealDamage);
});
