/**
 * What is let in. Pure but for the store; no secret leaves it.
 *   W1  Nothing is kept of a message whose token is unknown but a count per address.
 *   W2  A message that was let in has an outcome; the same message again is the same signal.
 */
import { createHash } from 'node:crypto';
import { type RefusedMessage, readWebhookBody, type WebhookDoor, type WebhookMessage } from '@holdfast/contracts';
import { findToken, type NewSignal, type TokenRow, tokenDigest, type WebhookStore } from '@holdfast/storage';
import type { Rate } from './rate.ts';
import { isInScope } from './scope.ts';

export interface IntakePorts {
  readonly store: WebhookStore;
  readonly rate: Rate;
  now(): number;
}

export interface Taken {
  readonly accepted: boolean;
  readonly id?: string;
  readonly code?: string;
  readonly reason?: string;
}

export type Intake =
  | { readonly status: 200; readonly answers: readonly Taken[] }
  | { readonly status: 400 | 401 | 429; readonly answers?: undefined };

/** Clocks of senders may run ahead by so much. */
const aheadMs = 60_000;

/** Takes a body in. 401 when no message of it has a known token. */
export function takeBody(ports: IntakePorts, text: string, door: WebhookDoor, address: string): Intake {
  const { store } = ports;
  const body = readWebhookBody(text, door);
  if (!body.ok) {
    store.count(body.code, address, ports.now());
    return { status: 400 };
  }
  const tokens = store.tokens();
  const answers = body.messages.map((read) => takeOne(ports, tokens, read, address));
  if (answers.every(({ code }) => code === 'signal-token-unknown')) return { status: 401 };
  if (answers.every(({ code }) => code === 'signal-rate')) return { status: 429 };
  return { status: 200, answers };
}

type Read = { readonly ok: true; readonly message: WebhookMessage } | RefusedMessage;

function takeOne(ports: IntakePorts, tokens: readonly TokenRow[], read: Read, address: string): Taken {
  const { store, rate } = ports;
  const now = ports.now();
  const credential = read.ok ? read.message.credential : read.credential;
  const token = credential === null ? undefined : findToken(tokens, tokenDigest(credential.id, credential.secret));
  const counted = (code: string): Taken => {
    store.count(code, address, now);
    return { accepted: false, code };
  };
  if (token === undefined) return counted('signal-token-unknown');
  // Whoever else has found a token learns nothing from it: the answer is that of a wrong one.
  if (token.addresses.length > 0 && !token.addresses.includes(address)) {
    store.count('signal-address', address, now);
    return { accepted: false, code: 'signal-token-unknown' };
  }
  if (!rate.allows(`token ${token.id}`, token.perMinute, now)) return counted('signal-rate');
  store.used(token.id, now);
  return read.ok ? takeMessage(ports, token, read.message, address, now) : keepRefused(ports, token, read, address, now);
}

function takeMessage({ store }: IntakePorts, token: TokenRow, message: WebhookMessage, address: string, now: number): Taken {
  const digest = createHash('sha256').update(`${token.id}\n${message.canonical}`).digest('hex');
  // What says when it was made is the same signal whenever it comes; what does not is the same for a while.
  const id = `signal:${digest.slice(0, 40)}${message.madeAt === null ? `:${now}` : ''}`;
  const known = store.known(token.id, id, digest, message.madeAt === null ? now - token.repeatMs : 0);
  if (known !== undefined) {
    store.repeated(known.seq);
    return { accepted: known.state !== 'refused', id: known.id, code: 'signal-repeated' };
  }
  const refusal = refuses(token, message, now);
  store.add({
    id,
    token: token.id,
    digest,
    received_at: now,
    due_at: now + message.delayMs,
    expires_at: (message.madeAt ?? now) + message.delayMs + message.maxLagMs,
    address,
    format: message.format,
    instrument: message.instrument,
    price: message.price?.startsWith('-') === true ? null : message.price,
    ask: JSON.stringify(message.ask),
    state: refusal === null ? 'waiting' : 'refused',
    bot: null,
    code: refusal?.code ?? null,
    reason: refusal?.reason ?? null,
    settled_at: refusal === null ? null : now,
  });
  return refusal === null ? { accepted: true, id } : { accepted: false, id, ...refusal };
}

function refuses(
  token: TokenRow,
  { madeAt, maxLagMs, ask }: WebhookMessage,
  now: number,
): { code: string; reason: string } | null {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  if (madeAt !== null && now - madeAt > maxLagMs)
    return { code: 'signal-stale', reason: `it was made ${seconds(now - madeAt)} ago; max_lag is ${seconds(maxLagMs)}` };
  if (madeAt !== null && madeAt - now > aheadMs)
    return {
      code: 'signal-ahead',
      reason: `its time lies ${seconds(madeAt - now)} ahead; look at the clocks of sender and listener`,
    };
  if (!isInScope(token.scope, ask))
    return { code: 'signal-scope', reason: `the token may only ${token.scope} and the message asks for ${ask.kind}` };
  return null;
}

/** A refusal of what has a good token is kept, so that its owner can read why. */
function keepRefused(
  { store }: IntakePorts,
  token: TokenRow,
  { code, reason }: RefusedMessage,
  address: string,
  now: number,
): Taken {
  const id = `signal:refused:${now}:${createHash('sha256').update(`${token.id}${now}${reason}`).digest('hex').slice(0, 16)}`;
  if (store.known(token.id, id, id, now) !== undefined) return { accepted: false, id, code, reason };
  const row: NewSignal = {
    ...{ id, token: token.id, digest: id, received_at: now, due_at: now, expires_at: now, address, format: 'unread' },
    ...{ instrument: null, price: null, ask: null, state: 'refused', bot: null, code, reason, settled_at: now },
  };
  store.add(row);
  return { accepted: false, id, code, reason };
}
