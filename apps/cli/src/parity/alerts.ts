/** Posts recorded signals to the listener of a running instance, one at a time, with a token of its own. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { webhookPaths } from '@holdfast/contracts';
import { openWebhookStore, tokenDigest } from '@holdfast/storage';
import { CliError, exitCode } from '../exit.ts';
import { type RecordedSignal, sender } from './signals.ts';

const token = 'parity';
const answerWithinMs = 20_000;
const lookEveryMs = 20;

export interface Alerts {
  /** Resolves when the engine has dealt with it. @throws CliError when it is not taken in */
  say(signal: RecordedSignal): Promise<void>;
  close(): void;
}

/** @param data of the instance @param port of its listener */
export function alertsTo(data: string, port: number, bot: string): Alerts {
  const store = openWebhookStore(join(data, 'webhook', 'webhook.db'));
  const secret = randomBytes(32).toString('base64url');
  store.putToken({
    id: token,
    name: token,
    bots: [bot],
    scope: 'all',
    digests: [tokenDigest(token, secret)],
    addresses: [],
    perMinute: 6000,
    repeatMs: 0,
    createdAt: Date.now(),
    lastUsedAt: null,
    revokedAt: null,
  });
  return {
    async say({ door, body, at }) {
      const answer = await fetch(`http://127.0.0.1:${port}${webhookPaths[door]}`, {
        method: 'POST',
        body: JSON.stringify({ ...body, ...sender(door, token, secret) }),
      });
      const [taken] = [(await answer.json().catch(() => ({}))) as { accepted?: boolean; id?: string; reason?: string }].flat();
      if (taken?.accepted !== true)
        throw new CliError(
          exitCode.failed,
          `the listener did not take the signal of ${new Date(at).toISOString()}: ${taken?.reason}`,
        );
      const isWaiting = (): boolean => store.signals(50).find(({ id }) => id === taken.id)?.state === 'waiting';
      for (const deadline = Date.now() + answerWithinMs; isWaiting(); await new Promise((done) => setTimeout(done, lookEveryMs)))
        if (Date.now() > deadline)
          throw new CliError(exitCode.failed, `the engine did not hear the signal of ${new Date(at).toISOString()}`);
    },
    close: () => store.close(),
  };
}
