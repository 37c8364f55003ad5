/**
 * Who owns what.
 *   A1  Free and locked of a user are never negative. House and fee account may be: they are the other side of the world.
 *   A2  A movement takes from one what it gives to another: the sum over all accounts of an asset never changes.
 */
import { type Amount, type Asset, InvariantError, invariant, zero } from '@holdfast/domain';
import type { Mutable } from './orders.ts';
import { type BalanceRecord, houseUser, type UserId } from './port.ts';

type Balance = Mutable<BalanceRecord>;

export class Accounts {
  readonly #byUser = new Map<UserId, Map<Asset, Balance>>();
  readonly #dirty = new Set<Balance>();
  readonly #touched = new Map<UserId, Set<Balance>>();

  open(userId: UserId): void {
    if (!this.#byUser.has(userId)) this.#byUser.set(userId, new Map());
  }

  restore(record: BalanceRecord): void {
    this.open(record.userId);
    this.#byUser.get(record.userId)?.set(record.asset, { ...record });
  }

  free(userId: UserId, asset: Asset): Amount {
    return this.#byUser.get(userId)?.get(asset)?.free ?? zero;
  }

  locked(userId: UserId, asset: Asset): Amount {
    return this.#byUser.get(userId)?.get(asset)?.locked ?? zero;
  }

  /** By asset's name, only where there is something. */
  all(userId: UserId): BalanceRecord[] {
    return [...(this.#byUser.get(userId)?.values() ?? [])]
      .filter((balance) => balance.free !== 0n || balance.locked !== 0n)
      .map((balance) => ({ ...balance }))
      .sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  /** Moves free balance from one account to another. */
  move(from: UserId, to: UserId, asset: Asset, value: bigint): void {
    if (value === 0n) return;
    this.#add(from, asset, -value, 0n);
    this.#add(to, asset, value, 0n);
  }

  lock(userId: UserId, asset: Asset, value: bigint): void {
    if (value !== 0n) this.#add(userId, asset, -value, value);
  }

  unlock(userId: UserId, asset: Asset, value: bigint): void {
    if (value !== 0n) this.#add(userId, asset, value, -value);
  }

  #add(userId: UserId, asset: Asset, free: bigint, locked: bigint): void {
    const balance = this.#balance(userId, asset);
    balance.free = (balance.free + free) as Amount;
    balance.locked = (balance.locked + locked) as Amount;
    invariant(userId <= houseUser || (balance.free >= 0n && balance.locked >= 0n), `A1 of ${asset} of user ${userId}`);
    this.#dirty.add(balance);
    if (userId > houseUser) this.#touch(userId, balance);
  }

  #touch(userId: UserId, balance: Balance): void {
    const touched = this.#touched.get(userId);
    if (touched === undefined) this.#touched.set(userId, new Set([balance]));
    else touched.add(balance);
  }

  #balance(userId: UserId, asset: Asset): Balance {
    const assets = this.#byUser.get(userId);
    if (assets === undefined) throw new InvariantError(`user ${userId} does not exist`);
    let balance = assets.get(asset);
    if (balance === undefined) {
      balance = { userId, asset, free: zero, locked: zero };
      assets.set(asset, balance);
    }
    return balance;
  }

  /** Balances that changed since the last call, for the database. */
  takeDirty(): BalanceRecord[] {
    const records = [...this.#dirty].map((balance) => ({ ...balance }));
    this.#dirty.clear();
    return records;
  }

  /** Users whose balances changed since the last call, for outboundAccountPosition. */
  takeTouched(): { readonly userId: UserId; readonly balances: BalanceRecord[] }[] {
    if (this.#touched.size === 0) return [];
    const touched = [...this.#touched].map(([userId, balances]) => ({
      userId,
      balances: [...balances].map((balance) => ({ ...balance })),
    }));
    this.#touched.clear();
    return touched;
  }
}
