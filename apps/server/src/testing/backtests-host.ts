/** The process of backtests beside a scripted server, confined as `holdfast up` starts it: it may do less, and has no threads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface BacktestsHost {
  /** By SIGTERM. */
  kill(): Promise<void>;
  /** As its parent does. */
  stop(): Promise<void>;
}

/** @param helper from 1 on: one that only does jobs of sweeps */
export async function startBacktestsHost(data: string, helper = 0): Promise<BacktestsHost> {
  const main = resolve(import.meta.dirname, '../backtests/main.ts');
  const own = join(data, 'backtests');
  mkdirSync(own, { recursive: true });
  const confined = ['--permission', '--allow-net', '--allow-fs-read=*', `--allow-fs-write=${own}`, `--allow-fs-write=${own}/*`];
  const host = spawn(process.execPath, [...confined, main, '--data', data, '--helper', String(helper)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  assert.match(String((await once(host.stdout, 'data'))[0]), /"ready":true,"name":"backtests(-\d+)?"/);
  return {
    async kill() {
      host.kill();
      await once(host, 'exit');
    },
    async stop() {
      host.stdin.end();
      await once(host, 'exit');
    },
  };
}
