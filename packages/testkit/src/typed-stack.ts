/** A stack of one test and what a person does with it: commands typed, answers of the API read. Gone when the test ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import type { Status } from '@holdfast/contracts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

const bin = resolve(import.meta.dirname, '../../../bin/holdfast.mjs');

export interface TypedStack {
  readonly stack: Stack;
  readonly dir: string;
  json<Answer>(path: string): Promise<Answer>;
  /** All that the command printed, and its exit code. */
  holdfast(...given: readonly string[]): { readonly code: number | null; readonly text: string };
}

export async function typedStack(t: TestContext, options: Omit<StackOptions, 'dir' | 'vaultProcesses'>): Promise<TypedStack> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-typed-'));
  const stack = await startStack({ ...options, dir, vaultProcesses: async () => [] });
  t.after(async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    stack,
    dir,
    async json<Answer>(path: string) {
      const answer = await fetch(`${stack.dashboard}/api${path}`);
      assert.ok(answer.ok, `${path} answered ${answer.status}`);
      return (await answer.json()) as Answer;
    },
    holdfast(...given) {
      const run = spawnSync(process.execPath, [bin, ...given, '--data', stack.dir], { encoding: 'utf8', timeout: 180_000 });
      return { code: run.status, text: `${run.stdout}${run.stderr}` };
    },
  };
}

/** Waits until the ledger was compared with the exchange, which at the start is a matter of seconds, and says whether they agree. */
export async function booksAgree(stack: Stack): Promise<boolean> {
  for (const end = Date.now() + 120_000; ; ) {
    const answer = await fetch(`${stack.dashboard}/api/status`);
    const { ledgerMatchesExchange } = (await answer.json()) as Status;
    if (ledgerMatchesExchange !== null) return ledgerMatchesExchange;
    assert.ok(Date.now() < end, `the books were not compared in two minutes\n${stack.log()}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
