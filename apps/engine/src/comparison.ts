/** Whether the ledger holds what the exchange holds, to the last digit; said when it changes. */
import type { LedgerMatch } from '@holdfast/contracts';
import { type Asset, formatAmount } from '@holdfast/domain';
import type { Desk } from './desk.ts';
import type { Memory } from './memory.ts';
import type { EnginePorts } from './ports.ts';
import { textOf } from './text-of.ts';

/** Wall clock between two comparisons with the exchange. */
export const compareEveryMs = 5_000;
/** And until the next when something came in between that makes it void. */
const againAfterMs = 500;

export class Comparison {
  readonly #desk: Desk;
  readonly #memory: Memory;
  readonly #ports: EnginePorts;
  #match: LedgerMatch;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #doubted = '';

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#memory = desk.memory;
    this.#ports = desk.ports;
    const stored = desk.memory.engine.ledger_match;
    this.#match = stored === null ? { matches: null, at: null, differences: [] } : (JSON.parse(stored) as LedgerMatch);
  }

  get match(): LedgerMatch {
    return this.#match;
  }

  get isDue(): boolean {
    return this.#comparedAt + compareEveryMs <= this.#ports.timers.now() && this.#memory.engine.baseline === 1;
  }

  /**
   * Compares what the ledger holds with what the exchange holds. A difference counts at rest, or when it is there twice; and only
   * while the vault hears the account's stream: until it has read what it missed, fills are on their way to us.
   */
  async compare(atRest: boolean): Promise<void> {
    this.#comparedAt = this.#ports.timers.now();
    const { engine, ledger } = this.#memory;
    const seq = engine.vault_seq;
    let held: Awaited<ReturnType<EnginePorts['vault']['balances']>>;
    let isHeard: boolean;
    try {
      isHeard = await this.#isAccountHeard();
      held = await this.#ports.vault.balances(this.#memory.account);
      isHeard &&= await this.#isAccountHeard();
    } catch (error) {
      this.#ports.log('warning', `balances cannot be read: ${textOf(error)}`);
      return;
    }
    const there = new Map<Asset, bigint>(held.map(({ asset, total }) => [asset, total]));
    const ours = ledger.totals();
    const assets = [...new Set([...there.keys(), ...ours.keys()])].sort();
    const differences = assets
      .filter((asset) => (there.get(asset) ?? 0n) !== (ours.get(asset) ?? 0n))
      .map((asset) => ({
        asset,
        ledger: formatAmount(ours.get(asset) ?? 0n),
        exchange: formatAmount(there.get(asset) ?? 0n),
      }));
    if (differences.length > 0 && !isHeard) {
      this.#doubted = '';
      return;
    }
    const doubt = differences.length === 0 ? '' : `${seq} ${JSON.stringify(differences)}`;
    const counts = differences.length === 0 || atRest || doubt === this.#doubted;
    this.#doubted = doubt;
    if (!counts) return;
    if (this.#desk.isBusy()) {
      this.#comparedAt += againAfterMs - compareEveryMs;
      return;
    }
    const before = this.#match.matches;
    this.#match = { matches: differences.length === 0, at: engine.time, differences };
    engine.ledger_match = JSON.stringify(this.#match);
    const batch = this.#desk.batch();
    batch.put('engine', engine);
    if (before !== false && differences.length > 0) {
      const words = differences.map((each) => `${each.asset} ledger ${each.ledger}, exchange ${each.exchange}`);
      batch.say('error', null, `Ledger and exchange differ: ${words.join('; ')}`);
    }
    if (before === false && differences.length === 0) batch.say('info', null, 'Ledger and exchange agree again');
    this.#desk.stage(batch);
    await this.#desk.write();
  }

  async #isAccountHeard(): Promise<boolean> {
    const { accounts } = await this.#ports.vault.status();
    return accounts.find(({ account }) => account === this.#memory.account)?.connected === true;
  }
}
