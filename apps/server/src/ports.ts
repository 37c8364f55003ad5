/** What the server needs of its neighbours, in its own words; main.ts joins them to the real ones, tests to scripted ones. */
import type { Clock, EngineAnswer, EngineCommand, EngineNotice } from '@holdfast/contracts';
import type { AccountId, Amount, Asset, VaultStatus, VerdictRecord } from '@holdfast/domain';

export interface ExchangeBalance {
  readonly asset: Asset;
  readonly free: Amount;
  readonly locked: Amount;
}

/**
 * The vault's door with the server's peer key: reads and freezes, nothing else.
 * Each call @throws ApiFailure `vault-unreachable`, or with the code of the vault's refusal.
 */
export interface VaultPort {
  status(): Promise<VaultStatus>;
  balances(account: AccountId): Promise<readonly ExchangeBalance[]>;
  /** Newest first. */
  verdicts(limit: number): Promise<readonly VerdictRecord[]>;
  freeze(reason: string, account: AccountId | undefined): Promise<void>;
}

/** A command before it has an id, member by member of the union. */
export type EngineRequest = EngineCommand extends infer Command ? (Command extends unknown ? Omit<Command, 'id'> : never) : never;

export interface EngineListener {
  notice(notice: EngineNotice): void;
  /** The stream of notices began or broke; after each beginning everything may have changed. */
  reachable(reachable: boolean): void;
}

export interface EnginePort {
  /** The engine's answer, after its commit. A repeated id gets the same answer. @throws ApiFailure engine-unreachable */
  command(id: string, request: EngineRequest): Promise<EngineAnswer>;
  /** Follows what changes, reconnecting by itself until the returned function is called. */
  subscribe(listener: EngineListener): () => void;
}

/** Reads the exchange's clock; null when it does not answer. */
export type ReadClock = () => Promise<Clock | null>;
