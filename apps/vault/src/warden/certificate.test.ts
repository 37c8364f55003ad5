import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeCertificate } from './certificate.ts';

const now = Date.UTC(2026, 10, 21);

test('the certificate is read, is for its host, its key and its time, and signs itself', () => {
  for (const host of ['localhost', 'vault.example.org', '192.168.1.7', 'fd00::12:1', '::1']) {
    const made = makeCertificate(host, now);
    const read = new X509Certificate(made.certificate);
    assert.equal(read.fingerprint256, made.fingerprint);
    assert.ok(read.checkPrivateKey(createPrivateKey(made.key)));
    assert.ok(read.verify(read.publicKey));
    assert.equal(read.ca, false);
    const isName = host === 'localhost' || host.includes('example');
    assert.ok(isName ? read.checkHost(host) : read.checkIP(host), host);
    assert.equal(read.checkHost('other.example.org'), undefined);
    assert.ok(read.validFromDate.getTime() < now && read.validToDate.getTime() > now + 19 * 365 * 86_400_000);
  }
});

test('after 2049 it is written with a longer time', () => {
  const read = new X509Certificate(makeCertificate('localhost', Date.UTC(2049, 5, 1)).certificate);
  assert.equal(read.validToDate.getUTCFullYear(), 2069);
});

test('a client that pins the fingerprint reaches a server with it over TLS 1.3', async () => {
  const made = makeCertificate('localhost', Date.now());
  const server = createServer({ key: made.key, cert: made.certificate, minVersion: 'TLSv1.3' }, (_request, response) =>
    response.end('mine'),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const body = await new Promise<string>((done, fail) => {
    const call = request({ host: '127.0.0.1', port, ca: made.certificate, servername: 'localhost', agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done(text));
    });
    call.on('error', fail).end();
  });
  assert.equal(body, 'mine');
  server.close();
});

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;
test('openssl reads and verifies it', { skip: hasOpenssl ? false : 'no openssl on this machine' }, () => {
  const { certificate } = makeCertificate('vault.example.org', now);
  const shown = spawnSync('openssl', ['x509', '-noout', '-text'], { input: certificate, encoding: 'utf8' });
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /Version: 3/);
  assert.match(shown.stdout, /DNS:vault\.example\.org/);
  assert.match(shown.stdout, /CA:FALSE/);
  assert.match(shown.stdout, /TLS Web Server Authentication/);
});
