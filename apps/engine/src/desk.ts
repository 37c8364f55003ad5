/** What the parts of the engine share: what it knows, its ports, and the way to the disk. */
import type { Batch } from './batch.ts';
import type { Memory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

export interface Desk {
  readonly memory: Memory;
  readonly ports: EnginePorts;
  /** A batch at the time that was heard last. */
  batch(): Batch;
  /** What an event did is complete. It is written with the next transaction. */
  stage(batch: Batch): void;
  /** Makes durable what is staged. Before anybody outside is waited for, so that nobody else waits for him. */
  write(): Promise<void>;
  /** Handles something after a pause of the wall clock, in its turn. */
  later(ms: number, run: () => Promise<void> | void): void;
  /** Whether more waits to be handled, or nothing will be. */
  isBusy(): boolean;
}
