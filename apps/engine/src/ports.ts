/**
 * Everything outside the engine's core, in its own words: what it is started with in production, and what a simulation
 * puts in its place. The core has no clock, no network and no file of its own.
 */
import type { EngineNotice } from '@holdfast/contracts';
import type {
  AccountId,
  Amount,
  Asset,
  BotId,
  DoorEvent,
  GrantRequest,
  Intent,
  MarketDataPort,
  Pair,
  SubKeyId,
  VaultStatus,
  Verdict,
} from '@holdfast/domain';
import type { EngineStore } from '@holdfast/storage';

/** What the exchange holds of an asset, as the vault read it. */
export interface Held {
  readonly asset: Asset;
  /** Free and locked. */
  readonly total: Amount;
}

export interface VaultEvents {
  readonly event: (event: DoorEvent) => void;
  /** The stream is open, or lost with the reason. It is opened again by itself, from `next()` on. */
  readonly state: (connected: boolean, reason: string | null) => void;
}

/** The vault's intent door. Every method rejects when no answer came; then the outcome is not known. */
export interface VaultPort {
  /** Streams events until the returned function is called; `next` is asked at each connection. */
  subscribe(next: () => number, listener: VaultEvents): () => void;
  /** Asked again with the same intent, the vault gives the same verdict. */
  intent(subKey: SubKeyId, secret: string, intent: Intent): Promise<Verdict>;
  balances(account: AccountId): Promise<readonly Held[]>;
  status(): Promise<VaultStatus>;
  /** @throws VaultRefusal */
  grant(request: GrantRequest): Promise<{ readonly subKey: SubKeyId; readonly secret: string }>;
  revoke(subKey: SubKeyId): Promise<void>;
}

/** The vault answered, and the answer is no. */
export class VaultRefusal extends Error {
  override readonly name = 'VaultRefusal';
  readonly code: string;
  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** No wake lies before `until` nor, for a pair, strictly between the prices (in quote). Null: no bound. */
export interface QuietPromise {
  readonly until: number | null;
  readonly prices: readonly { readonly pair: Pair; readonly below: string | null; readonly above: string | null }[];
}

/** The lockstep clock of a simulated exchange; null on a real one, where time goes on by itself. */
export interface RingPort {
  /** Says that everything up to round `n` is handled, and what may pass unseen until the next round. */
  acknowledge(n: number, quiet: QuietPromise): void;
}

/** Runs strategies of one's own, each in a process of its own. */
export interface StrategyPort {
  /** Puts the file of a kind where it is run from. */
  store(kind: string, source: string): void;
  /** Asks a kind's strategy, or what its file says of itself; waits for the answer, or `failed` with the reason in words. */
  ask(asked: { readonly kind: string; readonly step?: object }): {
    readonly failed?: unknown;
    readonly step?: unknown;
    readonly description?: unknown;
  };
}

export interface Timers {
  /** Wall clock, unix ms; for waiting only, nothing that is traded or stored takes it. */
  now(): number;
  after(ms: number, work: () => void): () => void;
  /** Resolves once what has arrived by now has been heard; absent where all of it is heard as it comes. */
  turn?(): Promise<void>;
}

export interface EnginePorts {
  readonly account: AccountId;
  readonly store: EngineStore;
  readonly vault: VaultPort;
  readonly market: MarketDataPort;
  readonly ring: RingPort | null;
  readonly timers: Timers;
  /** Where strategies of one's own run; absent where they do not. */
  readonly strategies?: StrategyPort;
  /** A bot id that no bot of this account ever had. */
  newBotId(): BotId;
  notify(notice: EngineNotice): void;
  log(level: 'info' | 'warning' | 'error', text: string): void;
  /** An invariant broke or nothing can be written: the engine has stopped for good, its process ends. */
  fatal(error: Error): void;
}
