/**
 * Brings notices of the signer to their destinations, one try each; when to try again is the signer's matter. A flood is held
 * up here too, so that even a broken signer cannot make this machine send mail without end.
 */
import { randomUUID } from 'node:crypto';
import type { NoticeDoneFrame, NoticeFrame } from '../../frames/notices.ts';
import { type DialRules, dialTimes, NoticeError } from './dial.ts';
import { mailOf } from './mail.ts';
import { sendPost } from './post.ts';
import { sendMail } from './smtp.ts';

/** Tries in one minute, of all destinations together, and at one time. */
const perMinuteMax = 120;
const atOnceMax = 16;

/** @returns what takes notices; each is answered once through `reply`. */
export function createDeliveries(
  isReal: boolean,
  reply: (frame: NoticeDoneFrame) => void,
  rules: Partial<DialRules> = {},
): (notice: NoticeFrame) => void {
  const dial: DialRules = { isReal, ...dialTimes, ...rules };
  let begun: number[] = [];
  let underWay = 0;

  return (notice) => {
    const done = (ok: boolean, final: boolean, reason: string): void =>
      reply({ kind: 'notice-done', id: notice.id, ok, final, reason: withoutPassword(notice, reason).slice(0, 1000) });
    const now = Date.now();
    begun = begun.filter((at) => at > now - 60_000);
    if (begun.length >= perMinuteMax || underWay >= atOnceMax) {
      done(false, false, `more than ${perMinuteMax} notices a minute, or ${atOnceMax} at once`);
      return;
    }
    begun.push(now);
    underWay += 1;
    deliver(notice, dial)
      .then(
        () => done(true, true, ''),
        (error: Error) => done(false, error instanceof NoticeError && error.final, error.message),
      )
      .finally(() => {
        underWay -= 1;
      });
  };
}

function deliver(notice: NoticeFrame, dial: DialRules): Promise<void> {
  const { destination } = notice;
  if (destination.kind !== 'smtp') return sendPost(destination, notice, dial);
  return Promise.resolve().then(() =>
    sendMail(destination, mailOf(notice, destination.from, destination.to, randomUUID(), Date.now()), dial),
  );
}

/** A server may say back what it was told, and reasons are journaled. */
function withoutPassword({ destination }: NoticeFrame, reason: string): string {
  if (destination.kind !== 'smtp' || destination.password === '') return reason;
  const { password } = destination;
  const encoded = Buffer.from(password, 'utf8').toString('base64').replace(/=+$/, '');
  return reason.replaceAll(password, '…').replaceAll(encoded, '…');
}
