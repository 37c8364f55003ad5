/**
 * The asking end of the pipes to the process that runs strategies: asks and waits, at most until a deadline. Nothing else of the
 * asking process goes on meanwhile, which is why the deadline is short. One asks at a time: a folder has one asker.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AskStrategy } from '@holdfast/bots';

const lineBytesMax = 1_200_000;
/** A strategy's own deadlines to start and to answer, and time for the process that runs them to come back. */
export const askMsMost = 7_000;
const sleepMs = 0.2;

const napping = new Int32Array(new SharedArrayBuffer(4));
const nap = (): void => void Atomics.wait(napping, 0, 0, sleepMs);

export type PipeAnswer = Readonly<Record<string, unknown>> & { readonly failed?: unknown };

/** What a strategy said to a step. */
export function stepOf({ failed, step }: PipeAnswer): ReturnType<AskStrategy> {
  if (failed === undefined) return { kind: 'answer', step };
  return { kind: 'failed', reason: String(failed).slice(0, 300) };
}

export class StrategyPipe {
  readonly #folder: string;
  readonly #session = randomBytes(6).toString('hex');
  #next = 1;
  #ask: number | undefined;
  #answer: number | undefined;
  #text = Buffer.alloc(0);

  /** @param folder DATA/strategies */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The answer, or `failed` with the reason in words. */
  ask(body: { readonly kind: string; readonly step?: object }): PipeAnswer {
    const until = performance.now() + askMsMost;
    const n = `${this.#session}-${this.#next++}`;
    const line = Buffer.from(`\n${JSON.stringify({ n, ...body })}\n`);
    if (line.length > lineBytesMax) return { failed: 'its state and event are too long' };
    if (!this.#write(line, until)) return { failed: 'the process that runs strategies does not answer; see the log' };
    return this.#read(n, until) ?? { failed: 'the process that runs strategies did not answer in time' };
  }

  #write(line: Buffer, until: number): boolean {
    for (let sent = 0; sent < line.length; ) {
      try {
        this.#ask ??= openSync(join(this.#folder, 'ask'), constants.O_WRONLY | constants.O_NONBLOCK);
        this.#answer ??= openSync(join(this.#folder, 'answer'), constants.O_RDONLY | constants.O_NONBLOCK);
        sent += writeSync(this.#ask, line, sent);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // No pipe was ever made: nobody runs strategies here.
        if (code === 'ENOENT') return false;
        // Full, or nobody is there to read: the line begins anew with who comes back.
        if (code !== 'EAGAIN') {
          this.close();
          sent = 0;
        }
        if (performance.now() > until) return false;
        nap();
      }
    }
    return true;
  }

  /** Answers to other questions, of before a deadline or a restart, are passed over. */
  #read(n: string, until: number): PipeAnswer | undefined {
    const chunk = Buffer.alloc(65_536);
    for (;;) {
      for (let end = this.#text.indexOf(10); end >= 0; end = this.#text.indexOf(10)) {
        const line = this.#text.toString('utf8', 0, end);
        this.#text = this.#text.subarray(end + 1);
        const answer = readAnswer(line);
        if (answer?.n === n) return answer;
      }
      let count = 0;
      try {
        count = this.#answer === undefined ? 0 : readSync(this.#answer, chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.close();
      }
      if (count > 0) this.#text = Buffer.concat([this.#text, chunk.subarray(0, count)]);
      else if (performance.now() > until || this.#answer === undefined) return undefined;
      else nap();
      if (this.#text.length > lineBytesMax * 2) this.#text = Buffer.alloc(0);
    }
  }

  close(): void {
    for (const descriptor of [this.#ask, this.#answer]) if (descriptor !== undefined) closeSync(descriptor);
    this.#ask = undefined;
    this.#answer = undefined;
    this.#text = Buffer.alloc(0);
  }
}

function readAnswer(line: string): (PipeAnswer & { readonly n?: unknown }) | undefined {
  try {
    return JSON.parse(line) as PipeAnswer;
  } catch {
    return undefined;
  }
}
