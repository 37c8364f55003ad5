/** `holdfast guards` on the whole stack: set on the command line, held back by the engine, shown by the API, kept over a killed engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotSummary, GuardsAnswer, LogAnswer } from '@holdfast/contracts';
import { typedStack } from '../../packages/testkit/src/typed-stack.ts';

const settings = { baseOrderSize: '50', averagingOrderSize: '50', averagingOrders: 1, takeProfitPercent: '20' };

test('a cap of deals set on the command line holds back a bot, also after the engine was killed', async (t) => {
  const { stack, json, holdfast } = await typedStack(t, { speed: 20, seed: 5, demo: true });
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

/** Asks again until the answer fits; at most five minutes. */
async function until<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(tries < 1000, `still ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}
