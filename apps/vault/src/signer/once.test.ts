/** A request that was recorded counts once, however the clock is set between its two tries. */
import assert from 'node:assert/strict';
import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { macText } from '@holdfast/domain';
import { createAuthenticator } from './authenticate.ts';
import type { DialectError } from './dialect/dialect-error.ts';
import { createFreshness } from './dialect/freshness.ts';

const start = 1_700_000_000_000;

function intentDoor() {
  const secret = randomBytes(32);
  const authenticate = createAuthenticator<string>(start, () => ({ caller: 'bot', secret: createSecretKey(secret) }));
  const request = (at: number, body: string) => {
    const nonce = randomBytes(16).toString('hex');
    const text = macText('POST', '/v1/intent', String(at), nonce, createHash('sha256').update(body).digest('hex'));
    const mac = createHmac('sha256', secret).update(text).digest('hex');
    const headers = { key: 'k', time: String(at), nonce, mac };
    return { kind: 'request', id: 1, method: 'POST', path: '/v1/intent', headers, body } as const;
  };
  const ask = (it: ReturnType<typeof request>, now: number): string => {
    const answer = authenticate(it, now);
    return answer.kind === 'refused' ? answer.code : 'ok';
  };
  return { request, ask };
}

function dialectDoor() {
  let now = start;
  const check = createFreshness({ now: () => now, exchangeNow: null });
  const ask = (timestamp: number, signature: string, at: number): string => {
    now = at;
    try {
      check({ timestamp, recvWindow: 5000, signature, changes: true });
      return 'ok';
    } catch (error) {
      return (error as DialectError).refusal ?? '';
    }
  };
  return { ask };
}

const at = start + 10_000;
/** Where the clock is set between the two tries, one after the other. */
const detours: readonly (readonly number[])[] = [[], [-9_000], [-9_000, 9_000], [20_000], [20_000, -5_000], [86_400_000, 1_000]];

test('34: a request that was recorded is refused again after every way of setting the clock', () => {
  for (const detour of detours) {
    const { request, ask } = intentDoor();
    const recorded = request(at, 'recorded');
    assert.equal(ask(recorded, at), 'ok');
    for (const [n, by] of detour.entries()) ask(request(at + by, `other ${n}`), at + by);
    assert.match(ask(recorded, at + 1), /^E_(REPLAY|TIME)$/, String(detour));
    assert.equal(ask(request(at + 4_000, 'new'), at + 4_000), 'ok', `${detour}: what is new is taken`);

    const dialect = dialectDoor();
    assert.equal(dialect.ask(at, 'recorded', at), 'ok');
    for (const [n, by] of detour.entries()) dialect.ask(at + by, `other ${n}`, at + by);
    assert.match(dialect.ask(at, 'recorded', at + 1), /^E_(REPLAY|TIME)$/, String(detour));
    assert.equal(dialect.ask(at + 4_000, 'new', at + 4_000), 'ok', `${detour}: what is new is taken`);
  }
});
