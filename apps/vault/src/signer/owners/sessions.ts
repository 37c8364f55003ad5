/** Sessions of the owner's pages: in memory only, so a restart ends them. A session may look, narrow and freeze; it proves no act. */
import { randomBytes } from 'node:crypto';
import type { OwnerId } from '@holdfast/domain';
import type { ClockPort } from '../link.ts';
import { Refused } from '../refused.ts';

export const idleMs = 600_000;
export const sessionMs = 3_600_000;
const challengeMs = 120_000;
const sessionsMax = 1000;
const challengesMax = 1000;

export interface Session {
  readonly owner: OwnerId;
  readonly credential: string;
  /** Unix ms. */
  readonly until: number;
}

export interface Sessions {
  /** 32 bytes in base64url, good once and for two minutes. */
  challenge(): string;
  /** Whether the challenge was given out and not used yet; it is used up now. */
  takeChallenge(challenge: string): boolean;
  open(owner: OwnerId, credential: string): { readonly token: string; readonly until: number };
  /** `isLive` says whether the credential still proves its owner. @throws Refused E_SIG */
  need(token: string, isLive: (credential: string) => boolean): Session;
}

export function createSessions(clock: ClockPort): Sessions {
  const sessions = new Map<string, Session & { usedAt: number }>();
  const challenges = new Map<string, number>();
  const drop = (): void => {
    const now = clock.now();
    for (const [token, it] of sessions)
      if (it.until <= now || it.usedAt + idleMs <= now || sessions.size > sessionsMax) sessions.delete(token);
    for (const [challenge, until] of challenges)
      if (until <= now || challenges.size > challengesMax) challenges.delete(challenge);
  };
  return {
    challenge: () => {
      const challenge = randomBytes(32).toString('base64url');
      challenges.set(challenge, clock.now() + challengeMs);
      drop();
      return challenge;
    },
    takeChallenge: (challenge) => {
      const until = challenges.get(challenge);
      challenges.delete(challenge);
      return until !== undefined && until > clock.now();
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
