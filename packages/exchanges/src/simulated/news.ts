/** What changed since it was last taken: records to store, and events for users and for everybody. */
import type { EpochMs } from '@holdfast/domain';
import type { Accounts } from './accounts.ts';
import type { OpenList, OpenOrder } from './open-orders.ts';
import type { Batch, Change, MarketEvent, UserEvent, UserRecord } from './port.ts';

export class News {
  readonly #users = new Set<UserRecord>();
  readonly #orders = new Set<OpenOrder>();
  readonly #lists = new Set<OpenList>();
  #records: Change[] = [];
  #userEvents: UserEvent[] = [];
  #marketEvents: MarketEvent[] = [];

  /** For what appends to it in a row; valid until the next `take`. */
  get marketEvents(): MarketEvent[] {
    return this.#marketEvents;
  }

  userChanged(user: UserRecord): void {
    this.#users.add(user);
  }

  changed(order: OpenOrder): void {
    this.#orders.add(order);
  }

  listChanged(list: OpenList): void {
    this.#lists.add(list);
  }

  record(change: Change): void {
    this.#records.push(change);
  }

  tell(event: UserEvent): void {
    this.#userEvents.push(event);
  }

  tellBalances(accounts: Accounts, at: EpochMs): void {
    for (const { userId, balances } of accounts.takeTouched()) this.tell({ kind: 'account', userId, at, balances });
  }

  publish(event: MarketEvent): void {
    this.#marketEvents.push(event);
  }

  take(accounts: Accounts): Batch {
    const changes: Change[] = [];
    for (const user of this.#users) changes.push({ kind: 'user', user });
    for (const balance of accounts.takeDirty()) changes.push({ kind: 'balance', balance });
    for (const order of this.#orders) changes.push({ kind: 'order', order: { ...order } });
    for (const list of this.#lists) changes.push({ kind: 'list', list: { ...list } });
    const batch = { changes: changes.concat(this.#records), userEvents: this.#userEvents, marketEvents: this.#marketEvents };
    this.#users.clear();
    this.#orders.clear();
    this.#lists.clear();
    this.#records = [];
    this.#userEvents = [];
    this.#marketEvents = [];
    return batch;
  }
}
