import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { passphraseDraft, readWrap, secretFault, unwrapKey, type Wrap, type WrapDraft, wrapKey } from './wraps.ts';

const vaultId = '00112233445566778899aabbccddeeff';
const unsealKey = randomBytes(32);
const secret = randomBytes(32);
const text = (bytes: number): string => randomBytes(bytes).toString('base64');
const drafts: readonly WrapDraft[] = [
  { ...passphraseDraft('typed', 1), memoryKiB: 64, passes: 1 } as WrapDraft,
  { kind: 'credential', name: 'tpm', madeAt: 1 },
  { kind: 'passkey', name: 'phone', madeAt: 1, credential: 'abc', salt: randomBytes(32).toString('base64url') },
  {
    kind: 'network',
    name: 'router',
    madeAt: 1,
    url: 'http://10.0.0.2:8433',
    identity: text(44),
    clientKey: text(48),
    share: text(32),
  },
];

const flipped = (value: string): string => `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`;

for (const draft of drafts) {
  test(`a ${draft.kind} wrap opens with its secret and no other, in its vault and no other`, async () => {
    const wrap = await wrapKey(draft, vaultId, secret, unsealKey);
    const file = readWrap(JSON.stringify(wrap));
    assert.deepEqual(file, wrap);
    assert.deepEqual(await unwrapKey(wrap, vaultId, secret), unsealKey);
    assert.equal(await unwrapKey(wrap, vaultId, randomBytes(32)), null);
    assert.equal(await unwrapKey(wrap, vaultId.replace('0', '1'), secret), null);
  });

  test(`a ${draft.kind} wrap with any field changed does not open`, async () => {
    const wrap = await wrapKey(draft, vaultId, secret, unsealKey);
    const other = await wrapKey({ ...draft, name: 'other' }, vaultId, secret, randomBytes(32));
    for (const [field, value] of Object.entries(wrap)) {
      if (field === 'v' || field === 'kind') continue;
      const was = other[field as keyof Wrap];
      const changed = typeof value === 'number' ? value + 1 : was === value ? flipped(value) : was;
      assert.equal(await unwrapKey({ ...wrap, [field]: changed } as Wrap, vaultId, secret), null, field);
    }
  });
}

test('the cost of a passphrase is 64 MiB and 3 passes', async () => {
  const draft = passphraseDraft('typed', 1);
  assert.deepEqual(draft, { ...draft, memoryKiB: 65_536, passes: 3 });
  const wrap = await wrapKey(draft, vaultId, Buffer.from('correct horse battery'), unsealKey);
  assert.deepEqual(await unwrapKey(wrap, vaultId, Buffer.from('correct horse battery')), unsealKey);
  assert.equal(await unwrapKey(wrap, vaultId, Buffer.from('correct horse batterz')), null);
});

test('secrets of a wrong length are named before they are used', () => {
  for (const length of [0, 31, 33]) assert.match(secretFault('credential', Buffer.alloc(length)) ?? '', /instead of 32/);
  assert.equal(secretFault('credential', Buffer.alloc(32)), undefined);
  assert.match(secretFault('passphrase', Buffer.from('short')) ?? '', /shorter than 12/);
  assert.match(secretFault('passphrase', Buffer.alloc(2000)) ?? '', /longer/);
  assert.equal(secretFault('passphrase', Buffer.from('long enough here')), undefined);
});

test('a file that is not exactly a wrap is none', async () => {
  const good = await wrapKey(drafts[0]!, vaultId, secret, unsealKey);
  const wrong: unknown[] = [
    null,
    [],
    'text',
    { ...good, v: 2 },
    { ...good, kind: 'toString' },
    { ...good, kind: 'credential' },
    { ...good, extra: 1 },
    { ...good, name: '../x' },
    { ...good, sealed: good.sealed.slice(4) },
    { ...good, memoryKiB: 2 ** 31 },
    { ...good, passes: 0 },
  ];
  for (const value of wrong) assert.equal(readWrap(JSON.stringify(value)), null, JSON.stringify(value));
  const whole = JSON.stringify(good);
  fc.assert(fc.property(fc.nat(whole.length - 1), (length) => assert.equal(readWrap(whole.slice(0, length)), null)));
});
