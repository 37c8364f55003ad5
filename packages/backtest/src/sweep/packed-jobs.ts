/**
 * Jobs on their way to workers: written once into shared memory, as JSON, and read by whoever takes them. As a message each worker
 * would get all of them, one after the other, before it begins.
 */
import type { Job, Jobs } from './jobs.ts';

/** Of each job its case, and where its settings end in `text`; those of one point on several cases stand there once. */
export interface Packed {
  readonly cases: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly text: Uint8Array;
}

const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));

export function pack(jobs: readonly Job[]): Packed {
  const [cases, starts, ends] = [shared(jobs.length), shared(jobs.length), shared(jobs.length)];
  const parts: Buffer[] = [];
  let end = 0;
  for (const [at, { settings, of }] of jobs.entries()) {
    cases[at] = of;
    const isSame = at > 0 && settings === jobs[at - 1]?.settings;
    if (!isSame) {
      const part = Buffer.from(JSON.stringify(settings));
      parts.push(part);
      end += part.length;
    }
    starts[at] = isSame ? starts[at - 1]! : end - parts.at(-1)!.length;
    ends[at] = end;
  }
  const text = new Uint8Array(new SharedArrayBuffer(end));
  let to = 0;
  for (const part of parts) {
    text.set(part, to);
    to += part.length;
  }
  return { cases, starts, ends, text };
}

export class PackedJobs implements Jobs {
  readonly length: number;
  readonly #packed: Packed;
  readonly #text: Buffer;

  constructor(packed: Packed) {
    this.#packed = packed;
    this.#text = Buffer.from(packed.text.buffer);
    this.length = packed.cases.length;
  }

  at(job: number): Job | undefined {
    const { cases, starts, ends } = this.#packed;
    if (job < 0 || job >= this.length) return undefined;
    return { settings: JSON.parse(this.#text.toString('utf8', starts[job], ends[job])), of: cases[job]! };
  }
}
