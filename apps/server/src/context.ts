/** What every route works with. */
import type { Clock } from '@holdfast/contracts';
import type { VaultStatus } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import { closedDeals, type TotalsByBot } from './engine/closed-deals.ts';
import type { Hub } from './live/hub.ts';
import { type EquityCurve, equityCurve } from './market/equity.ts';
import type { EnginePort, ReadClock, VaultPort } from './ports.ts';
import { unknownClock } from './status/clock.ts';
import { recent } from './status/recent.ts';

export interface Neighbours {
  /** The engine's database. @throws ApiFailure engine-data-missing */
  readonly database: () => EngineQueries;
  readonly engine: EnginePort;
  readonly vault: VaultPort;
  readonly readClock: ReadClock;
  /** DATA/processes.json */
  readonly processesFile: string;
}

export interface Context extends Neighbours {
  readonly hub: Hub;
  readonly version: string;
  /** Whether the engine's notices come in. */
  readonly engineReachable: () => boolean;
  /** Undefined while the vault cannot be reached. */
  readonly vaultStatus: () => Promise<VaultStatus | undefined>;
  readonly clock: () => Promise<Clock>;
  /** Sums over closed deals by bot. */
  readonly dealTotals: () => Promise<TotalsByBot>;
  readonly equity: EquityCurve;
}

/** How long a status of the vault or the clock is good for: several listeners and readers then cost one question. */
const keepMs = 400;

export function makeContext(neighbours: Neighbours, hub: Hub, version: string, engineReachable: () => boolean): Context {
  const now = (): number => performance.now();
  return {
    ...neighbours,
    hub,
    version,
    engineReachable,
    vaultStatus: recent(() => neighbours.vault.status().catch(() => undefined), keepMs, now),
    dealTotals: closedDeals(neighbours.database),
    equity: equityCurve(neighbours.database),
    clock: recent(async () => (await neighbours.readClock()) ?? unknownClock, keepMs, now),
  };
}
