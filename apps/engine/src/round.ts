/**
 * Where the engine stands in the lockstep ring of a simulated exchange. Until the exchange speaks of rounds, and on a
 * real one always, events are handled as they come. In lockstep they are kept until both market and vault have said
 * everything of a round, so that a run over a tape sees the same things in the same order each time.
 */
import type { DoorEvent, EpochMs, MarketEvent } from '@holdfast/domain';

type Settled = Exclude<DoorEvent, { kind: 'sync' }>;
type Said = Exclude<MarketEvent, { kind: 'sync' }>;

export interface Round {
  readonly n: number;
  readonly at: EpochMs;
}

const keptMost = 2_000;
/** How long what is of a later round waits for the round that it belongs to, in ms of the operating system's clock. */
export const lateWordMs = 1_000;

export class Ring {
  #market: Round | undefined;
  #vault: Round | undefined;
  #open: Round | undefined;
  #acknowledged: number | undefined;
  #marketSaid: Said[] = [];
  #vaultSaid: Settled[] = [];
  /** Since when something is kept that came after the newest round was acknowledged and is of the next. */
  #waitsSince: number | undefined;
  #breaks = false;

  /** Whether the exchange's clock waits for us. */
  get isLockstep(): boolean {
    return this.#market !== undefined;
  }

  /** Number of the newest round that was acknowledged. */
  get acknowledged(): number | undefined {
    return this.#acknowledged;
  }

  /** The round that is being handled. */
  get open(): Round | undefined {
    return this.#open;
  }

  /** @param breaks whether it lies outside the quiet that was promised. @returns whether it is kept for its round */
  keepMarket(event: Said, breaks: boolean): boolean {
    if (!this.isLockstep) return false;
    this.#marketSaid.push(event);
    this.#breaks ||= breaks;
    return true;
  }

  /** @returns whether it is kept; within an open round the answers to its intents are not */
  keepVault(event: Settled): boolean {
    if (!this.isLockstep || this.#open !== undefined) return false;
    this.#vaultSaid.push(event);
    return true;
  }

  /** The oldest of a long quiet stretch, which by our own promise wakes nobody: it need not wait for the round's end. */
  surplus(): readonly Said[] {
    return this.#marketSaid.length < keptMost ? [] : this.#marketSaid.splice(0, keptMost / 2);
  }

  marketSync(round: Round): void {
    this.#market = round;
  }

  vaultSync(round: Round): void {
    this.#vault = round;
  }

  /**
   * The market stream is gone: nothing of the old connection counts for a later round. What was kept is handed out. What was
   * promised with the last acknowledgement stands at the exchange, so its number is kept: the promise can still be renewed.
   */
  leave(): { readonly market: readonly Said[]; readonly vault: readonly Settled[] } {
    const kept = { market: this.#marketSaid, vault: this.#vaultSaid };
    this.#market = undefined;
    this.#vault = undefined;
    this.#open = undefined;
    this.#marketSaid = [];
    this.#vaultSaid = [];
    this.#breaks = false;
    return kept;
  }

  /**
   * Opens the round that everybody has said; `again` when it was acknowledged already and nothing has come since. A fill that comes
   * then, before the prices of its time, or a price that breaks the promised quiet, before all of its time is said, is of the next
   * round: `wait`, said once, until that round comes or `lateWordMs` are over.
   */
  next(
    needsVault: boolean,
    now: number,
  ): { readonly kind: 'none' | 'wait' } | { readonly kind: 'again' | 'new'; readonly round: Round } {
    const round = this.#market;
    if (round === undefined || this.#open !== undefined) return { kind: 'none' };
    if (needsVault && this.#vault?.n !== round.n) return { kind: 'none' };
    if (this.#acknowledged === round.n && this.#marketSaid.length === 0 && this.#vaultSaid.length === 0) {
      return { kind: 'again', round };
    }
    if (this.#acknowledged === round.n && (this.#vaultSaid.length > 0 || this.#breaks)) {
      const isFirst = this.#waitsSince === undefined;
      this.#waitsSince ??= now;
      if (now - this.#waitsSince < lateWordMs) return { kind: isFirst ? 'wait' : 'none' };
    }
    this.#open = round;
    return { kind: 'new', round };
  }

  /** Takes out what was kept. */
  drain(): { readonly market: readonly Said[]; readonly vault: readonly Settled[] } {
    const kept = { market: this.#marketSaid, vault: this.#vaultSaid };
    this.#marketSaid = [];
    this.#vaultSaid = [];
    this.#waitsSince = undefined;
    this.#breaks = false;
    return kept;
  }

  /** Closes the open round. */
  close(): void {
    this.#acknowledged = this.#open?.n;
    this.#open = undefined;
  }
}
