/** How a token of the listener is hashed and found; the same on both sides. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenRow } from './webhook-store.ts';

/** SHA-256 in hex of what the sender calls the bot and its secret. Predecessors' ids are short, so the two are hashed as one. */
export const tokenDigest = (id: string, secret: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['holdfast/webhook', id, secret]))
    .digest('hex');

/** The living token with that digest. Every one is compared, each in constant time. */
export function findToken(tokens: readonly TokenRow[], digest: string): TokenRow | undefined {
  const wanted = Buffer.from(digest, 'hex');
  let found: TokenRow | undefined;
  for (const token of tokens)
    for (const known of token.digests)
      if (timingSafeEqual(Buffer.from(known, 'hex'), wanted) && token.revokedAt === null) found = token;
  return found;
}
