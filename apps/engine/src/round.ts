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
/**
 * How long what is of a later round waits for the round that it belongs to, in ms of the operating system's clock, from the newest
 * word of the market: a stretch of many minutes may take a slow machine longer than this to say.
 */
export const lateWordMs = 3_000;

export class Ring {
  #market: Round | undefined;
  #vault: Round | undefined;
  #open: Round | undefined;
  #acknowledged: number | undefined;
  #marketSaid: Said[] = [];
  #vaultSaid: Settled[] = [];
  /** Words of the market that were kept. */
  #heard = 0;
  /** Something is kept that came after the newest round was acknowledged and is of the next; when the market was last heard then. */
  #waits: { readonly since: number; readonly heard: number } | undefined;
  /** When who waits is called. */
  #calledAt = Number.NEGATIVE_INFINITY;
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
    this.#heard += 1;
    this.#breaks ||= breaks;
    return true;
  }

  /**
   * @param isLater whether its time has not come for us yet
   * @returns whether it is kept; answers to intents are not: within an open round, and between rounds where a command asked for them
   */
  keepVault(event: Settled, isLater: boolean): boolean {
    if (!this.isLockstep || this.#open !== undefined) return false;
    if (!isLater && this.#vaultSaid.length === 0) return false;
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
    this.#waits = undefined;
    this.#breaks = false;
    return kept;
  }

  /**
   * Opens the round that everybody has said; `again` when it was acknowledged already and nothing has come since. A fill that comes
   * then, before the prices of its time, or a price that breaks the promised quiet, before all of its time is said, is of the next
   * round, and waits until that round comes or the market has been silent for `lateWordMs`; `wait`: call again after as long. While
   * answers to what a command asked for are on their way, prices that follow from them wait as they do within a round.
   */
  next(
    needsVault: boolean,
    now: number,
    isSettled: () => boolean,
  ): { readonly kind: 'none' | 'wait' } | { readonly kind: 'again' | 'new'; readonly round: Round } {
    const round = this.#market;
    if (round === undefined || this.#open !== undefined) return { kind: 'none' };
    if (needsVault && this.#vault?.n !== round.n) return { kind: 'none' };
    if (this.#acknowledged === round.n && this.#marketSaid.length === 0 && this.#vaultSaid.length === 0) {
      return { kind: 'again', round };
    }
    if (this.#acknowledged === round.n && (this.#vaultSaid.length > 0 || this.#breaks)) {
      if (this.#waits?.heard !== this.#heard) this.#waits = { since: now, heard: this.#heard };
      if (now - this.#waits.since < lateWordMs) return { kind: this.#asksToBeCalled(now) ? 'wait' : 'none' };
    }
    if (this.#vaultSaid.length === 0 && !isSettled()) return { kind: 'none' };
    this.#open = round;
    return { kind: 'new', round };
  }

  /** Takes out what was kept. */
  drain(): { readonly market: readonly Said[]; readonly vault: readonly Settled[] } {
    const kept = { market: this.#marketSaid, vault: this.#vaultSaid };
    this.#marketSaid = [];
    this.#vaultSaid = [];
    this.#waits = undefined;
    this.#breaks = false;
    return kept;
  }

  /** One call at a time is enough. */
  #asksToBeCalled(now: number): boolean {
    if (this.#calledAt > now) return false;
    this.#calledAt = now + lateWordMs;
    return true;
  }

  /** Closes the open round. */
  close(): void {
    this.#acknowledged = this.#open?.n;
    this.#open = undefined;
  }
}
