/** What every route works with. */
import type { Clock } from '@holdfast/contracts';
import type { VaultStatus } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import type { BacktestHost } from './backtests/client.ts';
import { closedDeals, type TotalsByBot } from './engine/closed-deals.ts';
import { ApiFailure } from './failure.ts';
import type { Hub } from './live/hub.ts';
import { type EquityCurve, equityCurve } from './market/equity.ts';
import type { EnginePort, ReadClock, VaultPort } from './ports.ts';
import { unknownClock } from './status/clock.ts';
import { recent } from './status/recent.ts';
import { portalOf, type VaultAway } from './status/vault-view.ts';

export interface Neighbours {
  /** The engine's database. @throws ApiFailure engine-data-missing */
  readonly database: () => EngineQueries;
  readonly engine: EnginePort;
  readonly vault: VaultPort;
  readonly readClock: ReadClock;
  /** DATA/processes.json */
  readonly processesFile: string;
  /** DATA: candles and results of backtests lie in it. */
  readonly dataDirectory: string;
  /** Runs backtests and stores them. */
  readonly backtests: BacktestHost;
  /** DATA/webhook/webhook.db; is there where a listener for signals ever ran. */
  readonly signalsFile: string;
}

export interface Context extends Neighbours {
  readonly hub: Hub;
  readonly version: string;
  /** Whether the engine's notices come in. */
  readonly engineReachable: () => boolean;
  /** What the vault tells, or why it tells nothing. */
  readonly vaultSeen: () => Promise<VaultSeen>;
  /** Undefined while the vault is sealed or cannot be reached. */
  readonly vaultStatus: () => Promise<VaultStatus | undefined>;
  readonly clock: () => Promise<Clock>;
  /** Sums over closed deals by bot. */
  readonly dealTotals: () => Promise<TotalsByBot>;
  readonly equity: EquityCurve;
}

export type VaultSeen = { readonly status: VaultStatus } | { readonly status: undefined; readonly away: VaultAway };

/** Asks the vault; while it is away, the address of its pages is the one that it told last. */
function vaultWatch(vault: VaultPort): () => Promise<VaultSeen> {
  let portal: string | null = null;
  return async () => {
    try {
      const status = await vault.status();
      portal = portalOf(status);
      return { status };
    } catch (cause) {
      if (!(cause instanceof ApiFailure)) throw cause;
      const state = cause.code === 'E_SEALED' ? 'sealed' : 'unreachable';
      return { status: undefined, away: { state, reason: cause.message, portal } };
    }
  };
}

/** How long a status of the vault or the clock is good for: several listeners and readers then cost one question. */
const keepMs = 400;

export function makeContext(neighbours: Neighbours, hub: Hub, version: string, engineReachable: () => boolean): Context {
  const now = (): number => performance.now();
  const vaultSeen = recent(vaultWatch(neighbours.vault), keepMs, now);
  return {
    ...neighbours,
    hub,
    version,
    engineReachable,
    vaultSeen,
    vaultStatus: async () => (await vaultSeen()).status,
    dealTotals: closedDeals(neighbours.database),
    equity: equityCurve(neighbours.database),
    clock: recent(async () => (await neighbours.readClock()) ?? unknownClock, keepMs, now),
  };
}
