/**
 * Hands signals to the engine, in the order in which they are due, one at a time.
 *   W3  A signal is asked for under one id until the engine has answered: asked again, the engine gives its first answer.
 *   W4  What is not answered in time is not asked any more, and its record says that it may have been done.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineAnswer, engineAnswer, type SignalOutcome } from '@holdfast/contracts';
import type { SignalRow, WebhookStore } from '@holdfast/storage';

const answerTimeoutMs = 12_000;
const retryMs = 500;
const idleMs = 5_000;
/** Longest path that a Unix socket may have on every supported system, with room to spare (104 bytes on macOS). */
const pathBytesMax = 100;

/** The door for signals of the engine of a data directory. */
export function signalDoorPath(data: string): string {
  // The engine goes by the longer path of its other socket.
  if (Buffer.byteLength(join(data, 'engine', 'engine.sock')) <= pathBytesMax) return join(data, 'signals', 'door.sock');
  const id = createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 16);
  return join(tmpdir(), `holdfast-${id}`, 'door.sock');
}

/** Sends one command. Rejects when no answer came; then the outcome is not known. */
export function askEngine(path: string, command: object): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let held = '';
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(cause);
    };
    socket.setTimeout(answerTimeoutMs, () => fail(new Error('the engine did not answer in time')));
    socket.once('error', fail);
    socket.once('close', () => reject(new Error('the engine went away before it answered')));
    socket.setEncoding('utf8').on('data', (text: string) => {
      held += text;
      const end = held.indexOf('\n');
      if (end === -1) return;
      try {
        resolve(engineAnswer.parse(JSON.parse(held.slice(0, end))));
        socket.destroy();
      } catch (cause) {
        fail(cause as Error);
      }
    });
    socket.write(`${JSON.stringify(command)}\n`);
  });
}

export interface DeliveryPorts {
  readonly store: WebhookStore;
  ask(command: object): Promise<EngineAnswer>;
  now(): number;
  log(text: string): void;
}

export class Delivery {
  readonly #ports: DeliveryPorts;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #ended = false;
  #isDown = false;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  /** Looks for what is due now. */
  wake(): void {
    if (this.#busy || this.#ended) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    void this.#work().then(
      (wait) => {
        this.#busy = false;
        if (!this.#ended) this.#timer = setTimeout(() => this.wake(), wait);
      },
      (cause: Error) => {
        this.#busy = false;
        this.#ports.log(`signals cannot be handed on: ${cause.message}`);
        if (!this.#ended) this.#timer = setTimeout(() => this.wake(), idleMs);
      },
    );
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Milliseconds until there may be more to do. */
  async #work(): Promise<number> {
    const { store, now } = this.#ports;
    for (let rows = store.due(now()); rows.length > 0; rows = store.due(now())) {
      for (const row of rows) {
        if (this.#ended) return idleMs;
        if (!(await this.#deliver(row))) return retryMs;
      }
    }
    return Math.max(Math.min((store.nextDue() ?? Number.POSITIVE_INFINITY) - now(), idleMs), 1);
  }

  /** Whether the next one may be tried. */
  async #deliver(row: SignalRow): Promise<boolean> {
    const { store, now } = this.#ports;
    const { seq, bot } = row;
    const token = store.tokens().find(({ id }) => id === row.token);
    if (token === undefined || token.revokedAt !== null) {
      store.settle(
        seq,
        { state: 'refused', bot, code: 'signal-token-revoked', reason: 'its token was revoked before it was due' },
        now(),
      );
      return true;
    }
    if (now() > row.expires_at) {
      const reason =
        'the engine did not answer while the signal was fresh; if it was reached, the log of the bot says what it did';
      store.settle(seq, { state: 'refused', bot, code: 'signal-undelivered', reason }, now());
      return true;
    }
    let answer: EngineAnswer;
    try {
      const { id, instrument, price } = row;
      const ask = JSON.parse(row.ask ?? 'null') as unknown;
      answer = await this.#ports.ask({ id, command: 'signal', bots: token.bots, source: token.name, instrument, price, ask });
    } catch (cause) {
      if (!this.#isDown) this.#ports.log(`the engine cannot be reached: ${(cause as Error).message}; trying again`);
      this.#isDown = true;
      return false;
    }
    this.#isDown = false;
    const outcome = answer.ok ? (answer.result as SignalOutcome) : { bot, code: answer.error.code, reason: answer.error.reason };
    store.settle(seq, { state: outcome.code === null ? 'taken' : 'refused', ...outcome }, now());
    return true;
  }
}
