/**
 * Decryption that leaves one copy. What one call of the runtime's decipher gives was copied inside it from memory that is
 * freed and not overwritten (seen in the process's memory), so a secret decrypted in one piece stands there once more.
 */
import type { DecipherGCM } from 'node:crypto';

const pieceBytes = 16;

/** The plain text in one buffer, for the caller to overwrite; `final` is still to be called. */
export function decryptInPieces(decipher: Pick<DecipherGCM, 'update'>, bytes: Uint8Array): Buffer {
  const plain = Buffer.alloc(bytes.length);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = decipher.update(bytes.subarray(at, at + pieceBytes));
    piece.copy(plain, at);
    piece.fill(0);
  }
  return plain;
}
