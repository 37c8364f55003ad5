/**
 * Opening a sealed vault. Secrets come from people (control socket, pages), from the system when it starts, or from the
 * unsealer on another host, which is asked again and again while the vault is sealed.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { askUnsealer } from '../unseal/network.ts';
import { type NetworkWrap, secretBytes, type Wrap, type WrapKind } from '../unseal/wraps.ts';
import type { Options } from './options.ts';
import { keyIn, readWraps } from './unseal-store.ts';
import type { VaultPlace } from './vault-folder.ts';

export interface Unsealed {
  readonly key: Buffer;
  /** `passphrase`, `credential`, `passkey`, `network` or `key-file`. */
  readonly by: string;
}
export type Tried = { readonly ok: true; readonly unsealed: Unsealed } | { readonly ok: false; readonly reason: string };

const waitMsFirst = 500;
const waitMsMost = 60_000;
const askMsFirst = 2000;
const askMsMost = 60_000;

export class Unsealing {
  readonly #vault: VaultPlace;
  #failures = 0;
  #nextAt = 0;
  #busy = false;

  constructor(vault: VaultPlace) {
    this.#vault = vault;
  }

  wraps(): readonly Wrap[] {
    return readWraps(this.#vault.folder);
  }

  /** One try at a time, each after a failure later than the last. Overwrites `secret`. */
  async attempt(
    kinds: readonly WrapKind[],
    secret: Buffer,
    by: string,
    only: (wrap: Wrap) => boolean = () => true,
  ): Promise<Tried> {
    const waitMs = this.#nextAt - performance.now();
    if (this.#busy || waitMs > 0) {
      secret.fill(0);
      const until = this.#busy
        ? 'another try is under way'
        : `wait ${Math.ceil(waitMs / 1000)} s after a secret that did not open`;
      return { ok: false, reason: `not tried: ${until}` };
    }
    this.#busy = true;
    try {
      const found = await keyIn(this.wraps().filter(only), kinds, this.#vault.vaultId, secret);
      if (found !== null) {
        this.#failures = 0;
        return { ok: true, unsealed: { key: found.key, by } };
      }
      this.#failures += 1;
      this.#nextAt = performance.now() + Math.min(waitMsFirst * 2 ** (this.#failures - 1), waitMsMost);
      return { ok: false, reason: 'that does not open this vault' };
    } finally {
      this.#busy = false;
    }
  }

  /** What the system hands over at the start; null when it hands over nothing. */
  async fromSystem(from: Options['unsealFrom']): Promise<Tried | null> {
    if (from === null) return null;
    let secret: Buffer;
    try {
      secret = readSecret(from.path);
    } catch (error) {
      return { ok: false, reason: `cannot read ${describe(from.path)}: ${(error as Error).message}` };
    }
    if (secret.length !== secretBytes) {
      secret.fill(0);
      return { ok: false, reason: `${describe(from.path)} gives ${secret.length} bytes instead of ${secretBytes}` };
    }
    const tried = await this.attempt(['credential'], secret, from.how);
    return tried.ok ? tried : { ok: false, reason: `what ${describe(from.path)} gives does not open this vault` };
  }

  /** Asks the unsealers until one opens the vault. Returns what stops it. */
  keepAsking(onUnsealed: (unsealed: Unsealed) => void, log: (line: string) => void): () => void {
    let isStopped = false;
    let timer: NodeJS.Timeout | undefined;
    const ask = async (waitMs: number): Promise<void> => {
      for (const wrap of this.wraps().filter((it): it is NetworkWrap => it.kind === 'network')) {
        if (isStopped) return;
        try {
          const share = await askUnsealer(wrap, this.#vault.vaultId, Date.now());
          const tried = await this.attempt(['network'], share, 'network', ({ name }) => name === wrap.name);
          if (tried.ok && !isStopped) return onUnsealed(tried.unsealed);
          log(tried.ok ? 'unsealed meanwhile' : `${wrap.name}: ${tried.reason}`);
        } catch (error) {
          log(`${wrap.name}: ${(error as Error).message}`);
        }
      }
      if (!isStopped) timer = setTimeout(() => void ask(Math.min(2 * waitMs, askMsMost)), waitMs);
    };
    if (this.wraps().some(({ kind }) => kind === 'network')) void ask(askMsFirst);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }
}

const describe = (path: number | string): string => (typeof path === 'number' ? `descriptor ${path}` : path);

/** At most one byte more than a secret has. The bytes are in no other buffer. */
function readSecret(path: number | string): Buffer {
  const descriptor = typeof path === 'number' ? path : openSync(path, 'r');
  const bytes = Buffer.alloc(secretBytes + 1);
  let held = 0;
  try {
    for (let read = 1; read > 0 && held < bytes.length; held += read)
      read = readSync(descriptor, bytes, held, bytes.length - held, null);
  } finally {
    closeSync(descriptor);
  }
  return bytes.subarray(0, held);
}
