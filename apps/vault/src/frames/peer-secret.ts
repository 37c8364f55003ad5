/**
 * Peers (engine, server, cli) share a secret each with the signer. It is derived from the unseal key, so the warden can
 * write it to the peers' files when the vault is made and the signer needs no copy of it.
 */
import { hkdfSync } from 'node:crypto';

export const peerNames = ['engine', 'server', 'cli'] as const;
export type PeerName = (typeof peerNames)[number];

/** Length of the unseal key and of each peer's secret, in bytes. */
export const unsealKeyBytes = 32;

/** The 32 bytes with which `peer` MACs its door requests (its file holds them in hex). Zero the buffer after use. */
export const peerSecret = (unsealKey: Uint8Array, vaultId: string, peer: PeerName): Buffer =>
  Buffer.from(hkdfSync('sha256', unsealKey, vaultId, `holdfast/peer/v1\0${peer}`, unsealKeyBytes));
