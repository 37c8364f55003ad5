/** Wall time from `holdfast up` to "runs": the first start of a data directory, and the starts after it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../apps/cli/src/main.ts');
const rounds = 3;

/** A dashboard port whose neighbours +2 and +10 are free as well. */
async function freePorts(): Promise<number> {
  const isFree = (port: number): Promise<boolean> =>
    new Promise((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
  for (let port = 21_430; port < 29_000; port += 20) {
    const free = await Promise.all([port, port + 2, port + 10].map(isFree));
    if (free.every((yes) => yes)) return port;
  }
  throw new Error('no free ports between 21430 and 29000');
}

async function startOnce(data: string): Promise<number> {
  const port = await freePorts();
  const started = process.hrtime.bigint();
  const child = spawn(process.execPath, ['--disable-sigusr1', main, 'up', '--data', data, '--port', String(port), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  let text = '';
  const seconds = await new Promise<number>((done, fail) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('"ready": true')) done(Number(process.hrtime.bigint() - started) / 1e9);
    });
    exited.then(() => fail(new Error('holdfast up ended before it was ready')));
  });
  child.kill('SIGTERM');
  await exited;
  return seconds;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export async function run() {
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const data = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    first.push(await startOnce(data));
    again.push(await startOnce(data));
    rmSync(data, { recursive: true });
  }
  const row = (name: string, values: readonly number[], aimSeconds: number) => ({
    name,
    median: median(values),
    p99: Math.max(...values),
    unit: 's',
    aim: `<= ${aimSeconds} s`,
    reached: median(values) <= aimSeconds,
  });
  return [row('start-up, new data directory', first, 60), row('start-up, again', again, 60)];
}
