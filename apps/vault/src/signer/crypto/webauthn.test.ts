import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import fc from 'fast-check';
import {
  assert as assertWith,
  type Ceremony,
  coseKey,
  register,
  type SoftPasskey,
  signed,
  softPasskey,
} from '../testing/authenticator.ts';
import { type Assertion, verifyAssertion, verifyRegistration } from './webauthn.ts';

const place = { rpId: 'localhost', origin: 'http://localhost:8431' };
const challenge = randomBytes(32);
const passkeys = ([-7, -8, -257] as const).map((algorithm) => softPasskey(algorithm));
const names = { '-7': 'ES256', '-8': 'EdDSA', '-257': 'RS256' } as const;
const [es256] = passkeys as [SoftPasskey, SoftPasskey, SoftPasskey];

const outcome = (verdict: { kind: string; fault?: string }): string => verdict.fault ?? verdict.kind;
const judge = (passkey: SoftPasskey, assertion: Assertion, signCount = 0): string =>
  outcome(verifyAssertion(place, challenge, { publicKey: passkey.publicKey, signCount }, assertion));

for (const passkey of passkeys) {
  test(`a passkey of ${names[passkey.algorithm]} is registered and proves itself`, () => {
    const verified = verifyRegistration(place, challenge, register(passkey, place, challenge));
    assert.equal(verified.kind, 'verified');
    if (verified.kind !== 'verified') return;
    assert.equal(verified.algorithm, passkey.algorithm);
    assert.equal(verified.credentialId, passkey.id.toString('base64url'));
    assert.ok(verified.publicKey.equals(passkey.publicKey));
    assert.equal(verified.pem, passkey.publicKey.export({ format: 'pem', type: 'spki' }));
    const proof = verifyAssertion(
      place,
      challenge,
      { publicKey: verified.publicKey, signCount: 0 },
      assertWith(passkey, place, challenge),
    );
    assert.deepEqual(proof, { kind: 'verified', signCount: 0, regressed: false, backedUp: true });
  });
}

/** What is wrong, what is changed, what is said, and what another implementation says of the assertion. */
const wrong: readonly (readonly [string, Partial<Ceremony>, string, 'refuses' | 'accepts'])[] = [
  ['the origin of the app', { clientData: { origin: 'http://localhost:8430' } }, 'origin', 'refuses'],
  ['an origin that begins alike', { clientData: { origin: 'http://localhost:8431.evil.example' } }, 'origin', 'refuses'],
  ['a list of origins', { clientData: { origin: ['http://localhost:8431'] } }, 'origin', 'refuses'],
  ['a page inside another page', { clientData: { crossOrigin: true } }, 'cross-origin', 'accepts'],
  ['a page inside another page, as a text', { clientData: { crossOrigin: 'false' } }, 'cross-origin', 'accepts'],
  ['a page on top', { clientData: { topOrigin: 'https://evil.example' } }, 'cross-origin', 'refuses'],
  ['the parent domain as relying party', { rpId: 'host' }, 'rp-id', 'refuses'],
  ['no user verification', { flags: 0x19 }, 'user-verification', 'refuses'],
  ['nobody present', { flags: 0x1c }, 'flags', 'refuses'],
  ['backed up but not eligible', { flags: 0x15 }, 'flags', 'refuses'],
  ['a reserved flag', { flags: 0x1f }, 'flags', 'accepts'],
  ['another challenge', { clientData: { challenge: randomBytes(32).toString('base64url') } }, 'challenge', 'refuses'],
  ['a short challenge', { clientData: { challenge: challenge.subarray(1).toString('base64url') } }, 'challenge', 'refuses'],
  ['a padded challenge', { clientData: { challenge: `${challenge.toString('base64url')}=` } }, 'challenge', 'refuses'],
  ['no challenge', { clientData: { challenge: undefined } }, 'challenge', 'refuses'],
  ['bytes after the end', { extra: Buffer.of(0) }, 'form', 'refuses'],
  ['an extension flag without extensions', { flags: 0x9d }, 'form', 'refuses'],
  ['extensions that are no map', { flags: 0x9d, extra: Buffer.of(0x01) }, 'form', 'refuses'],
];

const oracle = async (passkey: SoftPasskey, assertion: Assertion): Promise<'accepts' | 'refuses'> => {
  const id = passkey.id.toString('base64url');
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response: assertion },
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
      requireUserVerification: true,
      credential: { id, publicKey: new Uint8Array(coseKey(passkey)), counter: 0 },
    });
    return verified ? 'accepts' : 'refuses';
  } catch {
    return 'refuses';
  }
};

for (const [what, change, fault, others] of wrong) {
  test(`refused with "${fault}": ${what}`, async () => {
    const assertion = assertWith(es256, place, challenge, change);
    assert.equal(judge(es256, assertion), fault);
    assert.equal(await oracle(es256, assertion), others);
    const flags = (change.flags ?? 0x1d) | 0x40;
    assert.equal(outcome(verifyRegistration(place, challenge, register(es256, place, challenge, { ...change, flags }))), fault);
  });
}

test('another implementation accepts what is accepted here', async () => {
  for (const passkey of passkeys) assert.equal(await oracle(passkey, assertWith(passkey, place, challenge)), 'accepts');
  const extended = { flags: 0x9d, extra: Buffer.from('a1616101', 'hex') };
  for (const change of [extended, { clientData: { crossOrigin: undefined } }, { clientData: { other: 'x' } }]) {
    const assertion = assertWith(es256, place, challenge, change);
    assert.equal(judge(es256, assertion), 'verified');
    assert.equal(await oracle(es256, assertion), 'accepts');
  }
});

test('a registration is no assertion and an assertion no registration', () => {
  assert.equal(judge(es256, assertWith(es256, place, challenge, { clientData: { type: 'webauthn.create' } })), 'type');
  const created = register(es256, place, challenge, { clientData: { type: 'webauthn.get' } });
  assert.equal(outcome(verifyRegistration(place, challenge, created)), 'type');
  assert.equal(judge(es256, assertWith(es256, place, challenge, { flags: 0x5d })), 'flags');
  assert.equal(outcome(verifyRegistration(place, challenge, register(es256, place, challenge, { flags: 0x1d }))), 'flags');
});

test('another passkey, another algorithm or another kind of key proves nothing', () => {
  const assertion = assertWith(es256, place, challenge);
  assert.equal(judge(softPasskey(), assertion), 'signature');
  for (const passkey of passkeys.slice(1)) assert.equal(judge(passkey, assertion), 'signature');
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  for (const { publicKey, privateKey } of [weak, otherCurve])
    assert.equal(judge({ ...es256, publicKey, privateKey }, assertion), 'algorithm');
});

test('client data is taken only as a browser writes it', () => {
  const authenticatorData = Buffer.from(assertWith(es256, place, challenge).authenticatorData, 'base64url');
  const usual = Buffer.from(assertWith(es256, place, challenge).clientDataJSON, 'base64url').toString();
  const spellings = [
    usual.replace('{', '{ '),
    `${usual}\n`,
    usual.replace('{', '{"origin":"https://evil.example",'),
    usual.replace('webauthn', '\\u0077ebauthn'),
    usual.replace('"crossOrigin":false', '"crossOrigin":true,"crossOrigin":false'),
    `[${usual}]`,
    'null',
    '',
    '{',
  ];
  for (const text of spellings) assert.equal(judge(es256, signed(es256, authenticatorData, Buffer.from(text))), 'form', text);
  assert.equal(judge(es256, signed(es256, authenticatorData, Buffer.from(usual))), 'verified');
});

test('texts that are not canonical base64url are refused', () => {
  const good = assertWith(es256, place, challenge);
  for (const field of ['authenticatorData', 'clientDataJSON', 'signature'] as const)
    for (const text of ['', `${good[field]}=`, `${good[field]}\n`, '*', 'A'.repeat(10_000)])
      assert.notEqual(judge(es256, { ...good, [field]: text }), 'verified', field);
});

test('a counter that does not rise is reported', () => {
  const counters = [
    [0, 0, false],
    [0, 1, false],
    [7, 8, false],
    [7, 7, true],
    [7, 6, true],
    [7, 0, true],
  ] as const;
  for (const [before, now, regressed] of counters) {
    const proof = verifyAssertion(
      place,
      challenge,
      { publicKey: es256.publicKey, signCount: before },
      assertWith(es256, place, challenge, { signCount: now }),
    );
    assert.deepEqual(proof, { kind: 'verified', signCount: now, regressed, backedUp: true }, `${before} then ${now}`);
  }
});

test('a registration whose parts do not belong together is refused by name', () => {
  const good = register(es256, place, challenge);
  const other = register(softPasskey(), place, challenge);
  assert.equal(outcome(verifyRegistration(place, challenge, { ...good, publicKey: other.publicKey })), 'key');
  assert.equal(outcome(verifyRegistration(place, challenge, { ...good, id: other.id })), 'credential');
  assert.equal(outcome(verifyRegistration(place, challenge, { ...good, algorithm: -257 })), 'algorithm');
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  assert.equal(outcome(verifyRegistration(place, challenge, register({ ...es256, ...p384 }, place, challenge))), 'algorithm');
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = register({ ...es256, algorithm: -257, ...short }, place, challenge);
  assert.equal(outcome(verifyRegistration(place, challenge, weak)), 'algorithm');
});

/** A point that is not on the curve, a key twice, an integer that is not written shortest. */
test('a key that no authenticator writes is refused', () => {
  const data = Buffer.from(register(es256, place, challenge).authenticatorData, 'base64url');
  const [before, key] = [data.subarray(0, 37 + 18 + 32), data.subarray(37 + 18 + 32)];
  const offCurve = Buffer.from(key);
  offCurve[offCurve.length - 1]! ^= 1;
  const twice = Buffer.concat([Buffer.of(0xa6), key.subarray(1), Buffer.of(0x01, 0x02)]);
  const long = Buffer.concat([Buffer.of(0xa5, 0x01, 0x18, 0x02), key.subarray(3)]);
  const more = Buffer.concat([Buffer.of(0xa6), key.subarray(1), Buffer.of(0x02, 0x02)]);
  for (const [bytes, fault] of [
    [offCurve, 'algorithm'],
    [twice, 'form'],
    [long, 'form'],
    [more, 'algorithm'],
  ] as const) {
    const authenticatorData = Buffer.concat([before, bytes]).toString('base64url');
    const registration = { ...register(es256, place, challenge), authenticatorData };
    assert.equal(outcome(verifyRegistration(place, challenge, registration)), fault);
  }
});

test('no flipped bit and no truncation of an assertion verifies or throws', () => {
  for (const passkey of passkeys) {
    const good = assertWith(passkey, place, challenge);
    for (const field of ['authenticatorData', 'clientDataJSON', 'signature'] as const) {
      const bytes = Buffer.from(good[field], 'base64url');
      const with_ = (changed: Buffer): Assertion => ({ ...good, [field]: changed.toString('base64url') });
      fc.assert(
        fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
          const changed = Buffer.from(bytes);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          assert.notEqual(judge(passkey, with_(changed)), 'verified');
        }),
        { numRuns: 200 },
      );
      for (let length = 0; length < bytes.length; length += 1)
        assert.notEqual(judge(passkey, with_(bytes.subarray(0, length))), 'verified');
    }
  }
});

test('no flipped bit and no truncation of a registration throws, and none gives another key', () => {
  for (const passkey of passkeys) {
    const good = register(passkey, place, challenge);
    const bytes = Buffer.from(good.authenticatorData, 'base64url');
    const tried = (changed: Buffer): void => {
      const verdict = verifyRegistration(place, challenge, { ...good, authenticatorData: changed.toString('base64url') });
      if (verdict.kind === 'verified') assert.ok(verdict.publicKey.equals(passkey.publicKey));
    };
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        tried(changed);
      }),
      { numRuns: 500 },
    );
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length).toString('base64url');
      assert.equal(verifyRegistration(place, challenge, { ...good, authenticatorData: cut }).kind, 'refused');
    }
  }
});
