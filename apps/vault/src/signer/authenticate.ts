/**
 * Who asks? A door request is MACed over method, path, time, nonce and body with the caller's secret. It must be fresh
 * (3 s by the operating system's clock, not from before this signer's start) and its nonce unused, so nothing recorded
 * can be said twice, not even after a restart.
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { macText, type RefusalCode } from '@holdfast/domain';
import type { GateToSigner } from '../frames/frames.ts';
import { createOnce } from './once.ts';

type DoorRequest = Extract<GateToSigner, { kind: 'request' }>;

export type Authentication<Caller> =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

/** How far a request's time may lie from ours, in ms. */
export const freshMs = 3000;

/** `find` names the caller of a key id and its secret. `now` is the operating system's clock, unix ms. */
export function createAuthenticator<Caller>(
  startedAt: number,
  find: (id: string) => { readonly caller: Caller; readonly secret: KeyObject } | undefined,
): (request: DoorRequest, now: number) => Authentication<Caller> {
  const nonces = createOnce<true>(freshMs, startedAt);
  return (request, now) => {
    const { key, time, nonce, mac } = request.headers;
    if (!/^\d{1,15}$/.test(time) || !/^[0-9a-f]{32}$/.test(nonce) || !/^[0-9a-f]{64}$/.test(mac))
      return refused('E_PARAM', 'holdfast-time, holdfast-nonce or holdfast-mac is missing or malformed');
    const found = find(key);
    if (found === undefined) return refused('E_SIG', 'the key is not known');
    const text = macText(request.method, request.path, time, nonce, sha256(request.body));
    const expected = createHmac('sha256', found.secret).update(text).digest();
    if (!timingSafeEqual(expected, Buffer.from(mac, 'hex'))) return refused('E_SIG', 'the mac does not fit key and request');
    const sentAt = Number(time);
    if (Math.abs(now - sentAt) > freshMs)
      return refused('E_TIME', `the request is of ${time}, it is ${now}; limit ${freshMs} ms`);
    if (sentAt < startedAt) return refused('E_TIME', 'the request is from before the signer started; send it anew');
    nonces.turn(now);
    if (nonces.isForgotten(sentAt)) return refused('E_TIME', 'requests of that time are no longer told apart; send it anew');
    if (nonces.find(nonce) === true) return refused('E_REPLAY', 'the nonce was used before');
    nonces.remember(nonce, sentAt, true);
    return { kind: 'caller', caller: found.caller };
  };
}

const sha256 = (text: string): string => hash('sha256', text, 'hex');

const refused = <Caller>(code: RefusalCode, reason: string): Authentication<Caller> => ({ kind: 'refused', code, reason });
