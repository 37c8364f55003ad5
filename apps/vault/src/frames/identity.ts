/**
 * The vault's identity: an Ed25519 key derived from the unseal key. It signs tickets, checkpoints and receipts; its
 * fingerprint is told when the vault is made, so that people and programs know this vault from another.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';

export interface VaultIdentity {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** `SHA256:` and the SHA-256 of the SPKI DER in unpadded base64. */
  readonly fingerprint: string;
}

/** PKCS#8 DER of an Ed25519 key up to its 32 bytes of seed (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

export function vaultIdentity(unsealKey: Uint8Array | KeyObject, vaultId: string): VaultIdentity {
  const seed = Buffer.from(hkdfSync('sha256', unsealKey, vaultId, 'holdfast/identity/v1', 32));
  const der = Buffer.concat([pkcs8Head, seed]);
  seed.fill(0);
  const privateKey = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  der.fill(0);
  const publicKey = createPublicKey(privateKey);
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return { privateKey, publicKey, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` };
}
