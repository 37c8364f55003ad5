import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { AgeError, ageEncrypt, isAgeRecipient } from './age.ts';

async function opened(identity: string, file: Buffer): Promise<Buffer> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return Buffer.from(await decrypter.decrypt(new Uint8Array(file)));
}

test('another implementation of age opens files of every size about a chunk', async () => {
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
    const plain = randomBytes(size);
    assert.deepEqual(await opened(identity, ageEncrypt([recipient], plain)), plain, `${size} bytes`);
  }
});

test('each of several recipients opens it, nobody else does', async () => {
  const identities = await Promise.all([generateIdentity(), generateIdentity()]);
  const file = ageEncrypt(await Promise.all(identities.map(identityToRecipient)), Buffer.from('report'));
  for (const identity of identities) assert.equal((await opened(identity, file)).toString(), 'report');
  await assert.rejects(opened(await generateIdentity(), file));
});

test('a changed header or content opens for nobody', async () => {
  const identity = await generateIdentity();
  const file = ageEncrypt([await identityToRecipient(identity)], Buffer.from('report'));
  for (const at of [30, 100, file.indexOf('---') + 6, file.length - 1]) {
    const changed = Buffer.from(file);
    changed[at]! ^= 1;
    await assert.rejects(opened(identity, changed), `byte ${at}`);
  }
});

test('only age1 recipients with a right checksum are taken', async () => {
  const recipient = await identityToRecipient(await generateIdentity());
  assert.ok(isAgeRecipient(recipient));
  const last = recipient.endsWith('q') ? 'p' : 'q';
  const wrong = [
    '',
    'age1',
    recipient.toUpperCase(),
    `${recipient.slice(0, -1)}${last}`,
    recipient.slice(0, -1),
    `${recipient}q`,
    ` ${recipient}`,
    recipient.replace('age1', 'abc1'),
  ];
  for (const text of wrong) assert.equal(isAgeRecipient(text), false, text);
  const isRefusal = (error: unknown): boolean => error instanceof AgeError && error.code === 'age-recipient';
  assert.throws(() => ageEncrypt([], Buffer.alloc(1)), isRefusal);
  assert.throws(() => ageEncrypt([recipient, 'age1nobody'], Buffer.alloc(1)), isRefusal);
});
