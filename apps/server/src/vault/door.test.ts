import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { vaultDoor } from './door.ts';

/** A gate that answers everything with one refusal. */
async function refusingGate(status: number, code: string, reason: string) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-door-'));
  const keyFile = join(folder, 'server.key');
  writeFileSync(keyFile, 'ab'.repeat(32));
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code, reason } }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const door = vaultDoor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, keyFile);
  return {
    door,
    close: async () => {
      door.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      rmSync(folder, { recursive: true });
    },
  };
}

test('a sealed vault is told from one that does not answer, in reads and in a freeze', async () => {
  const { door, close } = await refusingGate(503, 'E_SEALED', 'the vault is sealed: unseal it');
  const sealed = { statusCode: 503, code: 'E_SEALED', message: 'the vault is sealed: unseal it' };
  await assert.rejects(door.status(), sealed);
  await assert.rejects(door.freeze('a test', undefined), sealed);
  await close();
  await assert.rejects(door.status(), { statusCode: 503, code: 'vault-unreachable' });
});

test('what the vault refuses otherwise is passed on with its code and sentence', async () => {
  const { door, close } = await refusingGate(403, 'E_SIG', 'the MAC is not right');
  await assert.rejects(door.verdicts(5), { statusCode: 409, code: 'E_SIG', message: 'the MAC is not right' });
  await close();
});
