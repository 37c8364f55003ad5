import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ownerNamespace, readSshPublicKey, verifySshSignature } from './ssh-signature.ts';

const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const skip = hasSshKeygen ? false : 'no ssh-keygen on this machine';
const folder = mkdtempSync(join(tmpdir(), 'holdfast-ssh-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const message = Buffer.from('holdfast/owner/v1\0vault\0{"act":"unfreeze"}');

function makeKey(name: string, type: string, bits?: string) {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(bits === undefined ? [] : ['-b', bits]), '-N', '', '-f', file]);
  const publicKey = readSshPublicKey(readFileSync(`${file}.pub`, 'utf8'));
  return { file, publicKey };
}

const sign = (file: string, text: Uint8Array, options: readonly string[] = [], namespace = ownerNamespace): string =>
  execFileSync('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', file, ...options], { input: text, stdio: 'pipe' }).toString();

const faultOf = (verdict: ReturnType<typeof verifySshSignature>): string =>
  verdict.kind === 'verified' ? 'none' : verdict.fault;

const kinds = [
  ['ed25519', undefined],
  ['ecdsa', '256'],
  ['ecdsa', '384'],
  ['rsa', '2048'],
  ['rsa', '4096'],
] as const;
for (const [type, bits] of kinds) {
  test(`a signature of ssh-keygen with an ${type} key ${bits ?? ''} verifies with both hashes`, { skip }, () => {
    const { file, publicKey } = makeKey(`${type}-${bits}`, type, bits);
    assert.ok(publicKey);
    for (const hash of ['sha256', 'sha512']) {
      const armoured = sign(file, message, ['-O', `hashalg=${hash}`]);
      assert.deepEqual(verifySshSignature(armoured, ownerNamespace, message, publicKey), { kind: 'verified' });
      assert.deepEqual(verifySshSignature(armoured.replaceAll('\n', '\r\n'), ownerNamespace, message, publicKey), {
        kind: 'verified',
      });
      assert.equal(faultOf(verifySshSignature(armoured, ownerNamespace, Buffer.from('other'), publicKey)), 'signature');
    }
  });
}

test('another namespace, key or text is refused by name', { skip }, () => {
  const { file, publicKey } = makeKey('a', 'ed25519');
  const other = makeKey('b', 'ed25519');
  const armoured = sign(file, message);
  assert.equal(faultOf(verifySshSignature(sign(file, message, [], 'git'), ownerNamespace, message, publicKey!)), 'namespace');
  assert.equal(faultOf(verifySshSignature(armoured, 'git', message, publicKey!)), 'namespace');
  assert.equal(faultOf(verifySshSignature(armoured, ownerNamespace, message, other.publicKey!)), 'key');
  assert.equal(faultOf(verifySshSignature('', ownerNamespace, message, publicKey!)), 'form');
  assert.equal(faultOf(verifySshSignature(`x${armoured}`, ownerNamespace, message, publicKey!)), 'form');
});

test('keys that are too weak or of another kind are not read', { skip }, () => {
  assert.equal(makeKey('short', 'rsa', '1024').publicKey, null);
  const { file } = makeKey('plain', 'ed25519');
  const line = readFileSync(`${file}.pub`, 'utf8');
  for (const wrong of ['', 'ssh-ed25519', line.replace('ssh-ed25519', 'ssh-rsa'), line.replace(' AAAA', ' AAAB'), 'ssh-dss AAAA'])
    assert.equal(readSshPublicKey(wrong), null, wrong);
});

test('no flipped bit and no truncation of a signature verifies or throws', { skip }, () => {
  for (const [type, bits] of kinds.slice(0, 4)) {
    const { file, publicKey } = makeKey(`fuzz-${type}-${bits}`, type, bits);
    const [begin, ...rest] = sign(file, message).trim().split('\n');
    const blob = Buffer.from(rest.slice(0, -1).join(''), 'base64');
    const armour = (bytes: Buffer): string => `${begin}\n${bytes.toString('base64')}\n${rest.at(-1)}\n`;
    assert.equal(faultOf(verifySshSignature(armour(blob), ownerNamespace, message, publicKey!)), 'none');
    fc.assert(
      fc.property(fc.nat(blob.length * 8 - 1), (bit) => {
        const changed = Buffer.from(blob);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.notEqual(faultOf(verifySshSignature(armour(changed), ownerNamespace, message, publicKey!)), 'none');
      }),
      { numRuns: 200 },
    );
    for (let length = 0; length < blob.length; length += 3)
      assert.notEqual(faultOf(verifySshSignature(armour(blob.subarray(0, length)), ownerNamespace, message, publicKey!)), 'none');
  }
});

test('an Ed25519 signature is what ssh-keygen itself verifies', { skip }, () => {
  const { file } = makeKey('cross', 'ed25519');
  writeFileSync(join(folder, 'allowed'), `owner ${readFileSync(`${file}.pub`, 'utf8')}`);
  writeFileSync(join(folder, 'sig'), sign(file, message));
  const arguments_ = [
    '-Y',
    'verify',
    '-f',
    join(folder, 'allowed'),
    '-I',
    'owner',
    '-n',
    ownerNamespace,
    '-s',
    join(folder, 'sig'),
  ];
  assert.equal(spawnSync('ssh-keygen', arguments_, { input: message }).status, 0);
});
