/** `holdfast guards` on the whole stack: set on the command line, held back by the engine, shown by the API, kept over a killed engine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { BotSummary, GuardsAnswer, LogAnswer } from '@holdfast/contracts';
import { startStack } from '../../packages/testkit/src/stack.ts';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');
const settings = { baseOrderSize: '50', averagingOrderSize: '50', averagingOrders: 1, takeProfitPercent: '20' };

test('a cap of deals set on the command line holds back a bot, also after the engine was killed', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-guards-'));
  const stack = await startStack({ dir, speed: 20, seed: 5, demo: true, vaultProcesses: async () => [] });
  t.after(async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const json = async <Answer>(path: string): Promise<Answer> => {
    const answer = await fetch(`${stack.dashboard}/api${path}`);
    assert.ok(answer.ok, `${path} answered ${answer.status}`);
    return (await answer.json()) as Answer;
  };
  const holdfast = (...given: readonly string[]) => {
    const run = spawnSync(process.execPath, [bin, ...given, '--data', stack.dir], { encoding: 'utf8', timeout: 30_000 });
    return { code: run.status, text: `${run.stdout}${run.stderr}` };
  };
  await until(
    async () => (await json<{ bots: BotSummary[] }>('/bots')).bots,
    (bots) => bots.some(({ deals }) => deals.open > 0),
  );
  assert.match(
    holdfast('guards', 'set', '--max-deals', '1', '--black-list', 'DOGE').text,
    /Deals at once +1 +deals +--max-deals/,
  );
  assert.match(
    holdfast('guards', 'set', '--crash-percent', '150').text,
    /crashPercent: must be from 0 to 99 %.*settings-malformed/,
  );
  assert.equal(holdfast('guards', 'set').code, 64);
  const made = holdfast('bot', 'create', '--kind', 'dca', '--pair', 'BTC/USDT', '--settings', JSON.stringify(settings));
  assert.match(made.text, /^bot \S+ made and started/);
  const isHeld = ({ entries }: LogAnswer): boolean => entries.some(({ text }) => /guard-deals.*1 deals are open/.test(text));
  await until(() => json<LogAnswer>('/log?limit=200'), isHeld);
  await stack.kill('engine');
  await until(
    () => stack.pid('engine'),
    (pid) => pid !== undefined,
  );
  const { settings: kept, schema } = await json<GuardsAnswer>('/guards');
  assert.deepEqual([kept.maxDeals, kept.blackList, kept.crashPercent], [1, ['DOGE'], '0']);
  assert.ok('properties' in schema);
  assert.match(holdfast('guards', 'show').text, /Black list +DOGE/);
});

/** Asks again until the answer fits; at most a minute and a half. */
async function until<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(tries < 300, `still ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}
