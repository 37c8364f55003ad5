/**
 * What events have changed in memory and the disk does not have yet. Waiting for the disk costs more than all else that an event
 * does, so the events that are there together are written in one transaction.
 *   E8  The rows of an event are taken as they are when it is done: what a later event does to them is the later event's.
 *   E9  Events that cannot be written together are written one by one, so that one at fault takes none before it along.
 */
import type { EngineTopic } from '@holdfast/contracts';
import type { Change, EngineStore, Table } from '@holdfast/storage';
import { type Batch, rowKey } from './batch.ts';

/** Tables whose rows memory keeps and changes. */
const kept: ReadonlySet<Table> = new Set(['engine', 'bots', 'deals', 'orders', 'outbox', 'pairs']);
/** Events in one transaction at most: beyond it a first intent would wait longer than its share of the disk is worth. */
const eventsMost = 64;

export class Group {
  #events: (readonly Change[])[] = [];
  /** The last of each row. */
  readonly #rows = new Map<string, Change>();
  readonly #topics = new Set<EngineTopic>();

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  get isFull(): boolean {
    return this.#events.length >= eventsMost;
  }

  /** Takes in what one event did. */
  add(batch: Batch): void {
    const changes = batch.changes.map((it) => (kept.has(it.table) ? ({ table: it.table, row: { ...it.row } } as Change) : it));
    for (const change of changes) this.#rows.set(rowKey(change) ?? `${change.table} ${this.#rows.size} new`, change);
    for (const topic of batch.topics) this.#topics.add(topic);
    this.#events.push(changes);
  }

  /** Whether a row with the key of this one is here. */
  has<Name extends Table>(table: Name, row: Partial<Extract<Change, { table: Name }>['row']>): boolean {
    return this.#rows.has(rowKey({ table, row } as unknown as Change) ?? '');
  }

  /** Writes all of it and is empty then; hands out the topics that readers hear of. @throws what the store throws */
  async write(store: Pick<EngineStore, 'commit'>): Promise<readonly EngineTopic[]> {
    const [events, rows, topics] = [this.#events, [...this.#rows.values()], [...this.#topics]];
    this.#events = [];
    this.#rows.clear();
    this.#topics.clear();
    try {
      await store.commit(rows);
    } catch (error) {
      if (events.length === 1) throw error;
      for (const changes of events) await store.commit(changes);
    }
    return topics;
  }
}
