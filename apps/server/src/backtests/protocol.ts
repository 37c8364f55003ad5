/**
 * What server and backtests say to each other: one connection per request, a line of JSON each way, several of news. Closing
 * the connection ends what it asked for.
 */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { askBacktest, askSweep, sweepProgress } from '@holdfast/contracts';
import { z } from 'zod';

const sweepName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);

export const hostRequest = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('run'), ask: askBacktest }),
  z.strictObject({ do: z.literal('remove'), run: z.string().regex(/^[a-z0-9-]{1,80}$/) }),
  /** Begins a sweep, or goes on with one when nothing is asked; closing the connection pauses it. */
  z.strictObject({ do: z.literal('sweep'), id: sweepName, ask: askSweep.nullable() }),
  z.strictObject({ do: z.literal('remove-sweep'), id: sweepName }),
]);
/** To a process that helps with sweeps: which one; then jobs, line by line, each answered by a line. */
export const workRequest = z.strictObject({ do: z.literal('work'), id: sweepName });
export const workJobs = z.strictObject({
  jobs: z.array(z.strictObject({ settings: z.unknown(), of: z.int().min(0) })).max(1000),
});
export const workAnswer = z.strictObject({
  figures: z.string(),
  states: z.array(z.int()),
  faults: z.array(z.strictObject({ job: z.int(), reason: z.string() })),
});

export type HostRequest = z.infer<typeof hostRequest>;

export const hostNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), share: z.number(), doing: z.string(), sweep: sweepProgress.optional() }),
  /** `run` is the stored run or sweep. */
  z.object({ kind: z.literal('done'), run: z.string() }),
  z.object({ kind: z.literal('failed'), code: z.string(), reason: z.string(), field: z.string().nullable() }),
]);
export type HostNews = z.infer<typeof hostNews>;

/** As the engine's rule: shorter than its path, so that it fits wherever that fits. */
const engineSocket = ['engine', 'engine.sock'] as const;
const pathBytesMax = 100;

/** Where the backtests of a data directory listen, and from 1 on the processes that help them with sweeps. */
export function hostSocketPath(data: string, helper = 0): string {
  const name = helper === 0 ? 'b.sock' : `b${helper}.sock`;
  if (Buffer.byteLength(join(data, ...engineSocket)) <= pathBytesMax) return join(data, 'backtests', name);
  const id = createHash('sha256').update(resolve(data)).digest('hex').slice(0, 16);
  return join(tmpdir(), `holdfast-${id}`, name);
}
