/** What the page seals: by the published vectors' rules, openable by an independent implementation and by the signer's own. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sealAadText, sealedText, sealInfoText } from '@holdfast/domain';
import { createRecipient, hpkeOpen, hpkeSeal as sealAtTerminal } from '@holdfast/vault/hpke';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';

type Seal = (recipient: Uint8Array, info: Uint8Array, aad: Uint8Array, text: Uint8Array) => Promise<Uint8Array>;
// The page is checked with the browser's types, so here it is loaded by its address.
const page = new URL('../../apps/vault/src/portal/page/hpke.ts', import.meta.url).href;
const { hpkeSeal: sealInPage } = (await import(page)) as { readonly hpkeSeal: Seal };

const sealers: Readonly<Record<string, Seal>> = {
  'the page': sealInPage,
  'the command line': async (...it) => sealAtTerminal(...it),
};
const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const info = Buffer.from(sealInfoText('vault', 'ticket'));
const aad = Buffer.from(sealAadText('credential', 'simulated'));
const text = Buffer.from(
  sealedText({ exchange: 'simulated', apiKey: 'k', secret: 's', passphrase: '', keyType: 'hmac', owner: 'credential', at: 1 }),
);
const arrayOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

for (const [who, seal] of Object.entries(sealers)) {
  test(`what ${who} seals is opened by another implementation`, async () => {
    const recipientKey = await suite.kem.generateKeyPair();
    const point = new Uint8Array(await suite.kem.serializePublicKey(recipientKey.publicKey));
    const sealed = await seal(point, plain(info), plain(aad), plain(text));
    const opened = await suite.open(
      { recipientKey, enc: arrayOf(sealed.subarray(0, 65)), info: arrayOf(info) },
      arrayOf(sealed.subarray(65)),
      arrayOf(aad),
    );
    assert.deepEqual(Buffer.from(opened), text);
  });

  test(`what ${who} seals is opened by the signer, with the same ticket, credential and exchange alone`, async () => {
    const recipient = createRecipient();
    const sealed = await seal(plain(recipient.publicKey), plain(info), plain(aad), plain(text));
    assert.equal(sealed.length, 65 + text.length + 16);
    assert.deepEqual(hpkeOpen(recipient, info, aad, sealed), text);
    const wrong = [
      [createRecipient(), info, aad],
      [recipient, Buffer.from(sealInfoText('vault', 'other')), aad],
      [recipient, Buffer.from(sealInfoText('other', 'ticket')), aad],
      [recipient, info, Buffer.from(sealAadText('other', 'simulated'))],
      [recipient, info, Buffer.from(sealAadText('credential', 'binance'))],
    ] as const;
    for (const [key, otherInfo, otherAad] of wrong)
      assert.throws(() => hpkeOpen(key, otherInfo, otherAad, sealed), { code: 'hpke-not-opened' });
  });

  test(`${who} seals twice to the same ticket without repeating a byte of the key`, async () => {
    const { publicKey } = createRecipient();
    const [one, two] = [
      await seal(plain(publicKey), plain(info), plain(aad), plain(text)),
      await seal(plain(publicKey), plain(info), plain(aad), plain(text)),
    ];
    assert.notDeepEqual(one.subarray(0, 65), two.subarray(0, 65));
    assert.notDeepEqual(one.subarray(65), two.subarray(65));
  });

  test(`${who} seals to nothing that is not a point of the curve`, async () => {
    for (const bad of [randomBytes(65), new Uint8Array(65), createRecipient().publicKey.subarray(1), new Uint8Array(0)])
      await assert.rejects(seal(plain(bad), plain(info), plain(aad), plain(text)));
  });
}
