/**
 * Carries planned intents to the vault and asks again, with the same id, until there is an answer.
 *   N1  Intents of one bot leave in the order in which they were planned, the next after the verdict on the one before.
 *   N2  No answer and "not now" leave the intent planned; it is asked again after a pause of the wall clock.
 */
import type { Intent, RefusalCode, SubKeyId, Verdict } from '@holdfast/domain';
import type { Memory, Outbox } from './memory.ts';
import { readIntent } from './memory.ts';
import { type Timers, type VaultPort, VaultRefusal } from './ports.ts';
import { textOf } from './text-of.ts';

/** "Not now" that passes by itself in real time. E_RATE and E_ORACLE pass with the exchange's: the bot decides what then. */
const askAgain: ReadonlySet<RefusalCode> = new Set(['E_SEALED', 'E_RECONCILE', 'E_TIME', 'E_REPLAY']);
const pauseMs = (tries: number): number => Math.min(50 * 2 ** tries, 2_000);
const atOnceMost = 16;

export interface Answer {
  readonly seq: number;
  readonly bot: string;
  readonly intent: Intent;
  readonly verdict: Verdict;
}

export class Sender {
  readonly #memory: Memory;
  readonly #vault: VaultPort;
  readonly #timers: Timers;
  readonly #answered: (answer: Answer) => void;
  readonly #busyBots = new Set<string>();
  readonly #tries = new Map<number, number>();
  /** Number of the newest intent that is on disk: no later one leaves. */
  #newest = 0;
  #inOrder = false;
  #stopped = false;
  /** Why the vault is not answering; null when it does. */
  reason: string | null = null;

  constructor(memory: Memory, vault: VaultPort, timers: Timers, answered: (answer: Answer) => void) {
    this.#memory = memory;
    this.#vault = vault;
    this.#timers = timers;
    this.#answered = answered;
  }

  /** Whether any intent is on its way. */
  get isBusy(): boolean {
    return this.#busyBots.size > 0;
  }

  /** On a lockstep clock intents leave one at a time, so that a run over a tape gives the same orders each time. */
  inOrder(): void {
    this.#inOrder = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Everything up to this number is on disk now. */
  written(newest: number): void {
    this.#newest = newest;
    this.#pump();
  }

  #pump(): void {
    const most = this.#inOrder ? 1 : atOnceMost;
    for (const entry of this.#memory.planned.values()) {
      if (this.#busyBots.size >= most || this.#stopped || entry.seq > this.#newest) return;
      if (this.#busyBots.has(entry.bot)) continue;
      this.#busyBots.add(entry.bot);
      this.#send(entry);
    }
  }

  #send(entry: Outbox): void {
    const intent = readIntent(entry.intent);
    const secret = this.#memory.bots.get(entry.bot as never)?.secret ?? '';
    this.#vault.intent(entry.sub_key as SubKeyId, secret, intent).then(
      (verdict) => {
        if (verdict.kind === 'refused' && askAgain.has(verdict.code)) this.#pause(entry, `${verdict.code}: ${verdict.reason}`);
        else this.#done(entry, intent, verdict);
      },
      (error: unknown) => {
        if (error instanceof VaultRefusal && !askAgain.has(error.code as RefusalCode)) {
          this.#done(entry, intent, { kind: 'refused', code: error.code as RefusalCode, reason: error.message });
        } else this.#pause(entry, textOf(error));
      },
    );
  }

  #done(entry: Outbox, intent: Intent, verdict: Verdict): void {
    if (this.#stopped) return;
    this.reason = null;
    this.#tries.delete(entry.seq);
    this.#answered({ seq: entry.seq, bot: entry.bot, intent, verdict });
  }

  /** The verdict is committed: the bot's next intent may go. */
  free(bot: string): void {
    this.#busyBots.delete(bot);
  }

  #pause(entry: Outbox, reason: string): void {
    if (this.#stopped) return;
    this.reason = reason;
    const tries = this.#tries.get(entry.seq) ?? 0;
    this.#tries.set(entry.seq, tries + 1);
    this.#timers.after(pauseMs(tries), () => {
      this.#busyBots.delete(entry.bot);
      this.#pump();
    });
  }
}
