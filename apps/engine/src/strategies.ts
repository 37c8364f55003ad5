/**
 * Strategies of one's own as kinds of bots: kept in the database with their hash in their name, so that a bot runs the same file
 * for ever, written where they are run from, and asked through a port.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AskStrategy, type OwnDescription, ownKind, ownSchema, readDescription } from '@holdfast/bots';
import { StrategyPipe, stepOf } from '@holdfast/runtime';
import type { Row } from '@holdfast/storage';
import type { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import { addOwnKind } from './kinds.ts';
import type { StrategyPort } from './ports.ts';

/** What `strategy-add` answers. */
export interface AddedStrategy {
  readonly kind: string;
  readonly title: string;
}

export class Strategies {
  readonly #port: StrategyPort | undefined;
  readonly #known = new Set<string>();
  #failures: string[] = [];

  constructor(rows: readonly Row<'strategies'>[], port: StrategyPort | undefined) {
    this.#port = port;
    for (const { kind, source, description } of rows) {
      port?.store(kind, source);
      this.#take(kind, JSON.parse(description) as OwnDescription);
    }
  }

  #take(kind: string, description: OwnDescription): void {
    this.#known.add(kind);
    addOwnKind(ownKind(kind, this.#asking(kind)), description);
  }

  #asking(kind: string): AskStrategy {
    return (step) => {
      const answer = stepOf(this.#port?.ask({ kind, step }) ?? { failed: 'strategies are not run by this engine' });
      if (answer.kind === 'failed') this.#failures.push(`Strategy ${kind}: ${answer.reason}`);
      return answer;
    };
  }

  /** What went wrong since, in words. */
  sayFailures(batch: Batch): void {
    for (const words of this.#failures) batch.say('error', null, words);
    this.#failures = [];
  }

  /** Loads a file and keeps it; the same file again is the same kind. @throws CommandError `strategy-unfit`, `strategies-unavailable` */
  add(batch: Batch, source: string): AddedStrategy {
    if (this.#port === undefined)
      throw new CommandError('strategies-unavailable', "Strategies of one's own are not run by this engine");
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    // A first name of its own: the file has not said yet what it is called.
    const description = this.#describe(`own-new-${hash}`, source);
    const kind = `own-${description.name}-${hash}`;
    if (!this.#known.has(kind)) {
      this.#port.store(kind, source);
      this.#take(kind, description);
      const row = { kind, source, description: JSON.stringify(description), schema: JSON.stringify(ownSchema(description)) };
      batch.put('strategies', { ...row, added_at: batch.at });
      batch.say('info', null, `Strategy ${description.title} added as ${kind}`);
    }
    return { kind, title: description.title };
  }

  #describe(name: string, source: string): OwnDescription {
    this.#port?.store(name, source);
    const { failed, description } = this.#port?.ask({ kind: name }) ?? {};
    if (failed !== undefined)
      throw new CommandError('strategy-unfit', `The file cannot be loaded: ${String(failed).slice(0, 300)}`);
    const read = readDescription(description);
    if ('faults' in read)
      throw new CommandError('strategy-unfit', `The file does not describe itself: ${read.faults.join('; ')}`);
    return read;
  }
}

/** Strategies that are run by the process beside the engine. @param folder DATA/strategies */
export function strategyFolder(folder: string): StrategyPort {
  const pipe = new StrategyPipe(folder);
  return {
    store(kind, source) {
      mkdirSync(join(folder, 'code'), { recursive: true, mode: 0o700 });
      const file = join(folder, 'code', `${kind}.ts`);
      writeFileSync(file, source, { mode: 0o600 });
      chmodSync(file, 0o640); // as a service, those who run it are of the folder's group
    },
    ask: (asked) => pipe.ask(asked),
  };
}
