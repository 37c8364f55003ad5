/** Sessions of the owner's pages: in memory only, so a restart ends them. A session may look, narrow and freeze; it proves no act. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { OwnerId } from '@holdfast/domain';
import type { ClockPort } from '../link.ts';
import { Refused } from '../refused.ts';

export const idleMs = 600_000;
export const sessionMs = 3_600_000;
const challengeMs = 120_000;
const sessionsMax = 1000;
/** Of a challenge: when it ends (unix ms), chance, and what proves that it is ours. */
const parts = { until: 8, chance: 8, proof: 16 } as const;

export interface Session {
  readonly owner: OwnerId;
  readonly credential: string;
  /** Unix ms. */
  readonly until: number;
}

export interface Sessions {
  /** 32 bytes in base64url, good once and for two minutes. */
  challenge(): string;
  /** Whether the challenge was given out and not used up yet. */
  isOpen(challenge: string): boolean;
  /** Once it was answered well. */
  useUp(challenge: string): void;
  open(owner: OwnerId, credential: string): { readonly token: string; readonly until: number };
  /** `isLive` says whether the credential still proves its owner. @throws Refused E_SIG */
  need(token: string, isLive: (credential: string) => boolean): Session;
}

export function createSessions(clock: ClockPort): Sessions {
  const sessions = new Map<string, Session & { usedAt: number }>();
  // Whoever asks for many crowds out nobody's: what was given out is known by its proof, only what was used is kept.
  const ours = randomBytes(32);
  const used = new Map<string, number>();
  const proofOf = (head: Buffer): Buffer => createHmac('sha256', ours).update(head).digest().subarray(0, parts.proof);
  const drop = (): void => {
    const now = clock.now();
    for (const [token, it] of sessions)
      if (it.until <= now || it.usedAt + idleMs <= now || sessions.size > sessionsMax) sessions.delete(token);
    for (const [challenge, until] of used) if (until <= now) used.delete(challenge);
  };
  return {
    challenge: () => {
      const head = Buffer.concat([Buffer.alloc(parts.until), randomBytes(parts.chance)]);
      head.writeBigUInt64BE(BigInt(clock.now() + challengeMs));
      return Buffer.concat([head, proofOf(head)]).toString('base64url');
    },
    isOpen: (challenge) => {
      const bytes = Buffer.from(challenge, 'base64url');
      const head = bytes.subarray(0, parts.until + parts.chance);
      if (bytes.length !== head.length + parts.proof || bytes.toString('base64url') !== challenge) return false;
      if (!timingSafeEqual(proofOf(head), bytes.subarray(head.length))) return false;
      return head.readBigUInt64BE() > BigInt(clock.now()) && !used.has(challenge);
    },
    useUp: (challenge) => {
      used.set(challenge, clock.now() + challengeMs);
      drop();
    },
    open: (owner, credential) => {
      const token = randomBytes(32).toString('base64url');
      const until = clock.now() + sessionMs;
      sessions.set(token, { owner, credential, until, usedAt: clock.now() });
      drop();
      return { token, until };
    },
    need: (token, isLive) => {
      drop();
      const session = sessions.get(token);
      if (session === undefined || !isLive(session.credential))
        throw new Refused('E_SIG', 'the session has ended; log in again with your passkey');
      session.usedAt = clock.now();
      return session;
    },
  };
}
