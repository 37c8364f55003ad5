/**
 * Passkeys that unseal the vault. What a passkey gives comes sealed to a key of this process (HPKE), so that gate, portal and
 * signer carry nothing that opens it. A portal that lies about the key would be believed by the browser: TLS, and the page's
 * own hash, are what stands against that.
 *
 *   K1  A key has opened one message when it is replaced: what was overheard unseals nothing a second time.
 */
import { createHash } from 'node:crypto';
import { unsealAadText, unsealInfoText } from '@holdfast/domain';
import { createRecipient, HpkeError, hpkeOpen } from '../crypto/hpke.ts';
import type { UnsealFacts, WrapFrame } from '../frames/frames.ts';
import { type PasskeyWrap, secretBytes } from '../unseal/wraps.ts';
import { addWrap, readWraps, removeWrap, WrapError } from './unseal-store.ts';
import type { VaultPlace } from './vault-folder.ts';

/** What a passkey gave, as it arrives. `salt` base64url, `sealed` base64. */
export interface SealedOutput {
  readonly credential: string;
  readonly salt: string;
  readonly sealed: string;
}

export class PasskeyWraps {
  readonly #vault: VaultPlace;
  #recipient = createRecipient();

  constructor(vault: VaultPlace) {
    this.#vault = vault;
  }

  /** Uncompressed P-256 point, base64. */
  get publicKey(): string {
    return this.#recipient.publicKey.toString('base64');
  }

  list(): readonly PasskeyWrap[] {
    return readWraps(this.#vault.folder).filter((wrap): wrap is PasskeyWrap => wrap.kind === 'passkey');
  }

  facts(): UnsealFacts {
    if (this.#vault.kind === 'simulated') return { publicKey: '', passkeys: [] };
    return { publicKey: this.publicKey, passkeys: this.list().map(({ credential, madeAt }) => ({ credential, madeAt })) };
  }

  /** The 32 bytes; the caller overwrites them. @throws WrapError */
  open({ credential, salt, sealed }: SealedOutput): Buffer {
    const { vaultId } = this.#vault;
    const [info, aad] = [unsealInfoText(vaultId), unsealAadText(credential, salt)].map((text) => Buffer.from(text, 'utf8'));
    try {
      const secret = hpkeOpen(this.#recipient, info!, aad!, Buffer.from(sealed, 'base64'));
      this.#recipient = createRecipient();
      if (secret.length === secretBytes) return secret;
      secret.fill(0);
    } catch (error) {
      if (!(error instanceof HpkeError)) throw error;
    }
    throw new WrapError('what the passkey gave is not sealed to this vault, or its key was used meanwhile; try again');
  }

  /** What the signer lets be changed. Returns why it was not done, or ''. */
  async change(frame: WrapFrame, unsealKey: Buffer | null, log: (line: string) => void): Promise<string> {
    try {
      if (this.#vault.kind === 'simulated' || unsealKey === null)
        throw new WrapError('the vault has no key that could be wrapped');
      if (frame.kind === 'wrap-remove') this.#remove(frame.credential);
      else await this.#add(frame, unsealKey);
      log(`${frame.kind === 'wrap-add' ? 'added' : 'removed'} a passkey that unseals the vault`);
      return '';
    } catch (error) {
      if (error instanceof WrapError) return error.message;
      log(`${frame.kind}: ${(error as Error).message}`);
      return 'the warden could not write it; its log says why';
    }
  }

  /** @throws WrapError */
  async #add(output: SealedOutput, unsealKey: Buffer): Promise<void> {
    const { credential, salt } = output;
    if (this.list().some((it) => it.credential === credential)) throw new WrapError('this passkey unseals the vault already');
    const draft = { kind: 'passkey', name: nameOf(credential), madeAt: Date.now(), credential, salt } as const;
    const secret = this.open(output);
    try {
      await addWrap(this.#vault.folder, this.#vault.vaultId, draft, secret, unsealKey);
    } finally {
      secret.fill(0);
    }
  }

  /** @throws WrapError */
  #remove(credential: string): void {
    const found = this.list().find((it) => it.credential === credential);
    if (found === undefined) throw new WrapError('this passkey does not unseal the vault');
    removeWrap(this.#vault.folder, found.name);
  }
}

/** Ids are longer than names may be. */
const nameOf = (credential: string): string =>
  `passkey-${createHash('sha256').update(credential, 'utf8').digest('hex').slice(0, 16)}`;
