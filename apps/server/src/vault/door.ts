/** The vault's door with the server's peer key. The key is read when it is first needed: the vault makes it at its own start. */
import { readFileSync } from 'node:fs';
import { connectVault, type VaultClient, VaultReadRefused } from '@holdfast/vault/client';
import { ApiFailure } from '../failure.ts';
import type { VaultPort } from '../ports.ts';

/** A vault that takes longer is treated as away; the page must not wait for it. */
const patienceMs = 4_000;

const away = (cause: unknown): ApiFailure =>
  new ApiFailure(503, 'vault-unreachable', 'the vault does not answer; it may be restarting, try again', undefined, { cause });

/** A sealed vault is away like one that does not answer; anything else it refuses is understood and not possible. */
const refused = (code: string, reason: string): ApiFailure => new ApiFailure(code === 'E_SEALED' ? 503 : 409, code, reason);

async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(away(new Error(`no answer within ${patienceMs} ms`))), patienceMs);
  try {
    return await Promise.race([answer, promise]);
  } catch (cause) {
    if (cause instanceof VaultReadRefused) throw refused(cause.code, cause.message);
    throw cause instanceof ApiFailure ? cause : away(cause);
  } finally {
    clearTimeout(timer);
  }
}

export interface VaultDoor extends VaultPort {
  close(): void;
}

/** `url` is the gate's, `keyFile` holds the server's secret in hex. Each call @throws ApiFailure vault-unreachable, E_SEALED */
export function vaultDoor(url: string, keyFile: string): VaultDoor {
  let client: VaultClient | undefined;
  const connected = (): VaultClient => {
    client ??= connectVault({ url, key: { id: 'server', secret: readFileSync(keyFile, 'utf8').trim() } });
    return client;
  };
  return {
    status: () => inTime(Promise.try(() => connected().status())),
    balances: (account) => inTime(Promise.try(() => connected().balances(account))),
    verdicts: (limit) => inTime(Promise.try(() => connected().verdicts(limit))),
    async freeze(reason, account) {
      const done = await inTime(Promise.try(() => connected().freeze(reason, account)));
      if (done.kind === 'refused') throw refused(done.code, done.reason);
    },
    close: () => client?.close(),
  };
}
