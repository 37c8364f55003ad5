/**
 * Signed statements "this log has `size` records and the Merkle root `root`". The signed text is that of a checkpoint of a
 * transparency log (origin, size, root in base64, one further line with the time), so that witnesses of such logs can read it.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import type { CheckpointFrame } from '../../frames/notices.ts';

export type Checkpoint = CheckpointFrame;

export const logOrigin = (vaultId: string): string => `holdfast/log/v1/${vaultId}`;

/** What is signed, in UTF-8. */
export const checkpointText = ({ origin, size, root, at }: Omit<Checkpoint, 'v' | 'signature'>): string =>
  `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\nat ${at}\n`;

export function signCheckpoint(identity: KeyObject, origin: string, size: number, root: string, at: number): Checkpoint {
  const signature = sign(null, Buffer.from(checkpointText({ origin, size, root, at })), identity).toString('base64');
  return { v: 1, origin, size, root, at, signature };
}

export const isSignedBy = (identity: KeyObject, checkpoint: Checkpoint): boolean =>
  verify(null, Buffer.from(checkpointText(checkpoint)), identity, Buffer.from(checkpoint.signature, 'base64'));
