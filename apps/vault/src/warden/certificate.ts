/**
 * The certificate of a real vault's pages: self-signed, made once with the vault and known by its fingerprint, which the
 * owner compares. X.509 version 3 (RFC 5280) in DER, ECDSA on P-256 with SHA-256.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

export interface Certificate {
  /** PEM */
  readonly certificate: string;
  /** PKCS#8 PEM */
  readonly key: string;
  /** SHA-256 of the DER as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
}

/** For ever, as far as we go: what expires by itself would one day lock an owner out. */
const years = 20;

/** `host`: the name or address in the address bar. `now`: unix ms. */
export function makeCertificate(host: string, now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const serial = randomBytes(16);
  serial[0]! = (serial[0]! & 0x7f) | 0x40; // positive, and of full length
  const name = sequence(set(sequence(oid(2, 5, 4, 3), tlv(0x0c, Buffer.from('Holdfast vault')))));
  const body = sequence(
    tlv(0xa0, integer(2)), // version 3
    tlv(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(now - 86_400_000), time(now + years * 365 * 86_400_000)),
    name,
    spki,
    tlv(0xa3, extensions(host)),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, ecdsaWithSha256, bitString(signature));
  const text = der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    fingerprint: createHash('sha256').update(der).digest('hex').toUpperCase().match(/../g)!.join(':'),
  };
}

/** Not a certificate authority (critical), signs only, serves TLS, for this host (and for `localhost`'s addresses). */
function extensions(host: string): Buffer {
  const names = host === 'localhost' ? ['localhost', '127.0.0.1', '::1'] : [host];
  const alternatives = names.map((each) => (isIP(each) === 0 ? tlv(0x82, Buffer.from(each)) : tlv(0x87, addressBytes(each))));
  const extension = (id: Buffer, value: Buffer, critical = false): Buffer =>
    sequence(id, ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value));
  return sequence(
    extension(oid(2, 5, 29, 19), sequence(), true),
    extension(oid(2, 5, 29, 15), tlv(0x03, Buffer.of(7, 0x80)), true),
    extension(oid(2, 5, 29, 37), sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
    extension(oid(2, 5, 29, 17), sequence(...alternatives)),
  );
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function tlv(tag: number, value: Buffer): Buffer {
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts));
const set = (part: Buffer): Buffer => tlv(0x31, part);
const integer = (value: number): Buffer => tlv(0x02, Buffer.of(value));
const bitString = (bytes: Buffer): Buffer => tlv(0x03, Buffer.concat([Buffer.of(0), bytes]));

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const base128 = (value: number): number[] =>
    value < 128 ? [value] : [...base128(value >> 7).map((b) => b | 0x80), value & 127];
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050 ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tlv(0x18, Buffer.from(`${digits}Z`));
}
