/**
 * The messages that TradingView and other programs post, in the formats of 3Commas: the DCA message, the custom signal and the
 * TradingView strategy (docs/webhooks.md). Pure: text in, messages or a refusal out. Nothing of a secret is ever in a reason.
 *   M1  A body is one object or an array of them; each is read for itself.
 *   M2  Size and depth are judged before a body is parsed.
 *   M3  A `{{placeholder}}` that was not filled refuses its message, wherever it stands.
 */
import { z } from 'zod';
import { type AskText, decimalText } from './webhook-ask.ts';
import { customAsk, dcaAsk, firstFault, type Refused, strategyAsk } from './webhook-formats.ts';

export const webhookLimits = {
  bodyBytes: 65_536,
  depth: 8,
  messages: 20,
  delaySeconds: 86_400,
  /** 3Commas' own default of `max_lag`. */
  maxLagSecondsDefault: 300,
  maxLagSecondsMost: 86_400,
} as const;

/** Where each format is posted to. */
export const webhookPaths = { dca: '/trade_signal/trading_view', signal: '/signal_bots/webhooks' } as const;
export type WebhookDoor = keyof typeof webhookPaths;

export interface WebhookMessage {
  readonly format: 'dca' | 'custom' | 'strategy';
  /** What the sender calls the bot, and what proves that it may: only ever hashed. */
  readonly credential: { readonly id: string; readonly secret: string };
  /** `BTC/USDT` where the message says base and quote, else as written, such as `BTCUSDT`; null when it names none. */
  readonly instrument: string | null;
  readonly exchange: string | null;
  /** When the signal was made, unix ms; null where it does not say. */
  readonly madeAt: number | null;
  readonly maxLagMs: number;
  readonly delayMs: number;
  /** Price that the message names; for the record. */
  readonly price: string | null;
  readonly ask: AskText;
  /** The whole message with its members in order, the secret too: only ever hashed, to know a repeat. */
  readonly canonical: string;
}

export type { Refused } from './webhook-formats.ts';
/** A refused message names its sender where that can be read, so that its refusal can be kept beside the token. */
export type RefusedMessage = Refused & { readonly credential: WebhookMessage['credential'] | null };
export type ReadMessage = { readonly ok: true; readonly message: WebhookMessage } | RefusedMessage;
export type ReadBody = { readonly ok: true; readonly messages: readonly ReadMessage[] } | Refused;

const refuse = (code: Refused['code'], reason: string): Refused => ({ ok: false, code, reason });

/** Depth of brackets outside of strings, without parsing; stops counting one above `most`. */
export function depthOf(text: string, most: number): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (deepest > most) return deepest;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/** Reads a body, whatever its content type said. */
export function readWebhookBody(text: string, door: WebhookDoor): ReadBody {
  if (text.length > webhookLimits.bodyBytes)
    return refuse('signal-malformed', `the body is above ${webhookLimits.bodyBytes} bytes`);
  if (depthOf(text, webhookLimits.depth) > webhookLimits.depth)
    return refuse('signal-malformed', `the body is nested deeper than ${webhookLimits.depth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('signal-malformed', 'the body is not JSON; the alert message must be one JSON object or an array of them');
  }
  const all = Array.isArray(value) ? (value as unknown[]) : [value];
  if (all.length === 0) return refuse('signal-malformed', 'the array has no message');
  if (all.length > webhookLimits.messages)
    return refuse('signal-malformed', `the array has ${all.length} messages; at most ${webhookLimits.messages} are read`);
  return { ok: true, messages: all.map((each) => readMessage(each, door)) };
}

/** One text for the same message with its members in another order: what repeats are known by. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

function readMessage(value: unknown, door: WebhookDoor): ReadMessage {
  const read = readObject(value, door);
  return read.ok ? read : { ...read, credential: credentialOf(value, door) };
}

function credentialOf(value: unknown, door: WebhookDoor): WebhookMessage['credential'] | null {
  if (typeof value !== 'object' || value === null) return null;
  const said = value as Record<string, unknown>;
  const parsed = z
    .object({ id, secret })
    .safeParse(door === 'dca' ? { id: said.bot_id, secret: said.email_token } : { id: said.bot_uuid, secret: said.secret });
  return parsed.success ? parsed.data : null;
}

type ReadObject = { readonly ok: true; readonly message: WebhookMessage } | Refused;

function readObject(value: unknown, door: WebhookDoor): ReadObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('signal-malformed', 'a message must be a JSON object');
  const unfilled = findPlaceholder(value, '');
  if (unfilled !== null)
    return refuse(
      'signal-placeholder',
      `field ${unfilled} holds a placeholder that was not filled; send it from an alert, not by hand`,
    );
  return door === 'dca' ? readDca(value) : readSignal(value as Record<string, unknown>);
}

/** Name of the first field whose text holds `{{…`; null when there is none. */
function findPlaceholder(value: unknown, path: string): string | null {
  if (typeof value === 'string') return value.includes('{{') ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, each] of Object.entries(value)) {
    const name = key.slice(0, 40).replace(/[^\w.-]/g, '?');
    const found = findPlaceholder(each, path === '' ? name : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

const id = z.union([z.string().min(1).max(100), z.int().min(0).transform(String)], 'must be the id of a bot');
const secret = z.string('must be the token').min(8, 'must be the token').max(512, 'must be the token');
const seconds = (most: number) =>
  z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      'must be whole seconds',
    )
    .refine((value) => value >= 0 && value <= most, `must be from 0 to ${most} seconds`);
const name = z.string('must be a text').min(1).max(60);

const dcaHead = z.object({
  message_type: z.literal('bot', 'must be "bot"'),
  bot_id: id,
  email_token: secret,
  delay_seconds: seconds(webhookLimits.delaySeconds).optional(),
  pair: z
    .string('must be QUOTE_BASE such as USDT_BTC')
    .regex(/^[A-Za-z0-9]{1,20}_[A-Za-z0-9]{1,20}$/, 'must be QUOTE_BASE such as USDT_BTC')
    .nullish(),
});

function readDca(value: object): ReadObject {
  const head = dcaHead.safeParse(value);
  if (!head.success) return refuse('signal-malformed', firstFault(head.error));
  const ask = dcaAsk(value);
  if (!ask.ok) return ask;
  const { bot_id, email_token, delay_seconds, pair } = head.data;
  const [quote, base] = pair?.toUpperCase().split('_') ?? [];
  return {
    ok: true,
    message: {
      format: 'dca',
      credential: { id: bot_id, secret: email_token },
      instrument: base === undefined ? null : `${base}/${quote}`,
      exchange: null,
      madeAt: null,
      maxLagMs: webhookLimits.maxLagSecondsDefault * 1000,
      delayMs: (delay_seconds ?? 0) * 1000,
      price: null,
      ask: ask.ask,
      canonical: canonicalText(value),
    },
  };
}

const time = z
  .string('must be a time such as 2026-11-21T10:00:00Z')
  .regex(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/, 'must be a time such as 2026-11-21T10:00:00Z')
  .transform((text) => Date.parse(text.replace(' ', 'T')))
  .refine((ms) => Number.isFinite(ms), 'must be a time such as 2026-11-21T10:00:00Z');

const signalHead = z.object({
  secret,
  bot_uuid: id,
  action: z.string('must be an action such as enter_long').min(1).max(40),
  tv_exchange: name,
  tv_instrument: name,
  timestamp: time.optional(),
  max_lag: seconds(webhookLimits.maxLagSecondsMost).optional(),
  trigger_price: z.union([z.string().max(40), z.number()], 'must be a price').nullish(),
});

function readSignal(value: Record<string, unknown>): ReadObject {
  const head = signalHead.safeParse(value);
  if (!head.success) return refuse('signal-malformed', firstFault(head.error));
  const isStrategy = value.strategy_info !== undefined;
  const ask = isStrategy ? strategyAsk(value, head.data.action) : customAsk(value, head.data.action);
  if (!ask.ok) return ask;
  const { bot_uuid, tv_exchange, tv_instrument, timestamp, max_lag, trigger_price } = head.data;
  return {
    ok: true,
    message: {
      format: isStrategy ? 'strategy' : 'custom',
      credential: { id: bot_uuid, secret: head.data.secret },
      instrument: tv_instrument.toUpperCase(),
      exchange: tv_exchange,
      madeAt: timestamp ?? null,
      maxLagMs: (max_lag ?? webhookLimits.maxLagSecondsDefault) * 1000,
      delayMs: 0,
      price: trigger_price === undefined || trigger_price === null ? null : decimalText(trigger_price),
      ask: ask.ask,
      canonical: canonicalText(value),
    },
  };
}
