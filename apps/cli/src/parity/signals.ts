/**
 * Recorded signals: one JSON object a line, `{"time": …, "message": {…}}`, where the message is an alert as it is posted to the
 * listener (docs/webhooks.md). Who sent it and its `timestamp` may be left out: its time is that of the line. A line `TIME,NAME` or
 * `TIME,NAME,PAIR`, as `backtest --signals` has them, stands for the alert that asks the same.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Outside } from '@holdfast/backtest';
import { botKinds } from '@holdfast/bots';
import { type AskText, readAsk, readWebhookBody, type WebhookDoor } from '@holdfast/contracts';
import { amount, epochMs, type Pair, unreachable } from '@holdfast/domain';
import { CliError, exitCode } from '../exit.ts';

export interface RecordedSignal {
  /** Unix ms at which the bot hears it: its time and the delay that it asks for. */
  readonly at: number;
  readonly door: WebhookDoor;
  /** As it is posted, but for who sends it and when. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly instrument: string | null;
  readonly price: string | null;
  readonly ask: AskText;
}

/** Fields that say who sends and when: a play has senders and a clock of its own. */
const notPlayed = ['bot_id', 'email_token', 'bot_uuid', 'secret', 'timestamp', 'max_lag', 'delay_seconds'];
export const sender = (door: WebhookDoor, id: string, secret: string): Readonly<Record<string, string>> =>
  door === 'dca' ? { bot_id: id, email_token: secret } : { bot_uuid: id, secret };

/** In the order of time. @param pair that a signal bot is asked for by name @throws CliError usage, naming the line */
export function readSignals(file: string, pair: string): readonly RecordedSignal[] {
  let text: string;
  try {
    text = readFileSync(resolve(file), 'utf8');
  } catch (cause) {
    throw new CliError(exitCode.usage, `the signals ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const lines = text.split('\n').map((line, at) => ({ line: line.trim(), number: at + 1 }));
  const read = lines
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => readLine(line.startsWith('{') ? line : alertOf(line, pair), `${file}, line ${number}`));
  return read.sort((a, b) => a.at - b.at);
}

/** Of `TIME,NAME` or `TIME,NAME,PAIR`; what is none stays what it is. */
function alertOf(line: string, pair: string): string {
  const [, time, name = '', of] = /^([^,]+),([A-Za-z0-9_-]{1,40})(?:,([A-Z0-9.]+\/[A-Z0-9.]+))?$/.exec(line) ?? [];
  if (time === undefined) return line;
  const isAsk = /^(enter|exit)-(long|short)$/.test(name);
  const ask = { action: name.replace('-', '_'), tv_exchange: 'recorded', tv_instrument: of ?? pair };
  const named = of === undefined ? {} : { pair: of.split('/').toReversed().join('_') };
  const message = isAsk ? ask : { message_type: 'bot', action: 'signal', name, ...named };
  return JSON.stringify({ time: /^\d{11,}$/.test(time) ? Number(time) : time, message });
}

function readLine(line: string, where: string): RecordedSignal {
  const refuse = (why: string): CliError => new CliError(exitCode.usage, `${where}: ${why}`);
  let value: { readonly time?: unknown; readonly message?: unknown } | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    throw refuse('it is no JSON object such as {"time": "2025-05-20T01:00:00Z", "message": {…}}');
  }
  const time = typeof value?.time === 'number' ? value.time : Date.parse(String(value?.time));
  if (!Number.isSafeInteger(time)) throw refuse(`time "${String(value?.time)}" is neither an ISO time nor unix ms`);
  const { message } = value ?? {};
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw refuse('message is no JSON object');
  const given = message as Record<string, unknown>;
  const door: WebhookDoor = 'message_type' in given ? 'dca' : 'signal';
  const body = Object.fromEntries(Object.entries(given).filter(([name]) => !notPlayed.includes(name)));
  const delay = given.delay_seconds === undefined ? {} : { delay_seconds: given.delay_seconds };
  const read = readWebhookBody(JSON.stringify({ ...body, ...delay, ...sender(door, 'recorded', 'recorded') }), door);
  const [first] = read.ok ? read.messages : [read];
  if (first === undefined || !first.ok) throw refuse(first?.reason ?? 'it has no message');
  const { ask, instrument, price, delayMs } = first.message;
  return { at: time + delayMs, door, body, instrument, price, ask };
}

/** The pair of the bot that a signal names; undefined where it names none, or the bot has one only. @throws CliError usage */
function pairOf({ instrument, at }: RecordedSignal, pairs: readonly Pair[]): Pair | undefined {
  if (instrument === null) return undefined;
  const bare = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9.]/g, '');
  const found = pairs.find((pair) => bare(pair) === bare(instrument));
  if (found !== undefined) return pairs.length > 1 ? found : undefined;
  const when = new Date(at).toISOString();
  throw new CliError(exitCode.usage, `the signal of ${when} names ${instrument}, and the bot trades ${pairs.join(', ')}`);
}

/** What a backtest hears, as the engine takes the same signals. @throws CliError usage for a signal of another pair */
export function outsideOf(signals: readonly RecordedSignal[], kind: string, pairs: readonly Pair[]): readonly Outside[] {
  const hears = (botKinds as Readonly<Record<string, { readonly hears?: unknown }>>)[kind]?.hears !== undefined;
  return signals.flatMap((signal, index): Outside[] => {
    const pair = pairOf(signal, pairs);
    const when = { at: epochMs(signal.at), ...(pair === undefined ? {} : { pair }) };
    const ofDeal = 'deal' in signal.ask && signal.ask.deal !== undefined ? { deal: signal.ask.deal } : {};
    const asked = (ask: Parameters<typeof readAsk>[0]): Outside => ({
      ...when,
      kind: 'signal',
      signal: { id: `signal-${index + 1}`, price: signal.price === null ? null : amount(signal.price), ask: readAsk(ask) },
    });
    const { ask } = signal;
    switch (ask.kind) {
      case 'commands':
        return ask.commands.map((name) =>
          name === 'start-deal' && hears
            ? asked({ kind: 'commands', commands: [name] })
            : { ...when, ...ofDeal, kind: 'command', command: { name } },
        );
      case 'add-funds': {
        const limit = ask.limit === null ? null : amount(ask.limit);
        return [{ ...when, ...ofDeal, kind: 'command', command: { name: 'add-funds', amount: amount(ask.quote), limit } }];
      }
      case 'enter':
      case 'exit':
      case 'position':
      case 'disable':
      case 'enable':
      case 'start-trailing':
      case 'condition':
        return [asked(ask)];
      default:
        return unreachable(ask);
    }
  });
}
