import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import fc from 'fast-check';
import { aes128, createRecipient, HpkeError, hpkeOpen, hpkeSeal, recipientOf, sealWith } from './hpke.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const info = Buffer.from('Ode on a Grecian Urn');
const aad = Buffer.from('Count-0');
const text = Buffer.from('Beauty is truth, truth beauty');

/** RFC 9180 A.3.1. */
const ephemeral = recipientOf(hex('4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb'));
const recipient = recipientOf(hex('f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2'));

test('the keys of RFC 9180 A.3.1 have the public points that it prints', () => {
  assert.equal(
    ephemeral.publicKey.toString('hex'),
    '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
  );
  assert.equal(
    recipient.publicKey.toString('hex'),
    '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0',
  );
});

test('sealing gives the first ciphertext of RFC 9180 A.3.1', () => {
  const sealed = sealWith(ephemeral, recipient.publicKey, info, aad, text, aes128);
  assert.deepEqual(sealed.subarray(0, 65), ephemeral.publicKey);
  assert.equal(
    sealed.subarray(65).toString('hex'),
    '5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434',
  );
});

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const arrayOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

test('what another implementation seals is opened, and it opens what is sealed here', async () => {
  const pair = await suite.kem.generateKeyPair();
  const theirs = Buffer.from(await suite.kem.serializePublicKey(pair.publicKey));
  for (const size of [0, 1, 1024, 5000]) {
    const plain = Buffer.alloc(size, 7);
    const sealed = hpkeSeal(theirs, info, aad, plain);
    const opener = { recipientKey: pair, enc: arrayOf(sealed.subarray(0, 65)), info: arrayOf(info) };
    assert.deepEqual(Buffer.from(await suite.open(opener, arrayOf(sealed.subarray(65)), arrayOf(aad))), plain);

    const mine = createRecipient();
    const recipientPublicKey = await suite.kem.deserializePublicKey(arrayOf(mine.publicKey));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: arrayOf(info) }, arrayOf(plain), arrayOf(aad));
    assert.deepEqual(hpkeOpen(mine, info, aad, Buffer.concat([Buffer.from(enc), Buffer.from(ct)])), plain);
  }
});

const refusesToOpen = (open: () => Buffer): void =>
  assert.throws(open, (error) => error instanceof HpkeError && error.code === 'hpke-not-opened');

test('nothing opens under another key, info or associated data', () => {
  const sealed = hpkeSeal(recipient.publicKey, info, aad, text);
  refusesToOpen(() => hpkeOpen(createRecipient(), info, aad, sealed));
  refusesToOpen(() => hpkeOpen(recipient, Buffer.from('other'), aad, sealed));
  refusesToOpen(() => hpkeOpen(recipient, info, Buffer.from('Count-1'), sealed));
  assert.deepEqual(hpkeOpen(recipient, info, aad, sealed), text);
});

test('no flipped bit and no missing or additional byte opens', () => {
  const sealed = hpkeSeal(recipient.publicKey, info, aad, text);
  fc.assert(
    fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      refusesToOpen(() => hpkeOpen(recipient, info, aad, changed));
    }),
    { numRuns: 300 },
  );
  for (let length = 0; length < sealed.length; length += 1)
    refusesToOpen(() => hpkeOpen(recipient, info, aad, sealed.subarray(0, length)));
  refusesToOpen(() => hpkeOpen(recipient, info, aad, Buffer.concat([sealed, Buffer.of(0)])));
});

test('a public key that is no uncompressed point of the curve is refused by name', () => {
  const offCurve = Buffer.from(recipient.publicKey);
  offCurve[64]! ^= 1;
  const compressed = Buffer.concat([Buffer.of(2), recipient.publicKey.subarray(1, 33)]);
  for (const wrong of [offCurve, compressed, Buffer.alloc(65), Buffer.alloc(0), Buffer.from([4, ...new Array(64).fill(0)])])
    assert.throws(
      () => hpkeSeal(wrong, info, aad, text),
      (error) => error instanceof HpkeError && error.code === 'hpke-public-key',
    );
});
