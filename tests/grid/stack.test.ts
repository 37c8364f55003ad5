/** `holdfast bot create --kind grid` on the whole stack: it trades beside another bot, is shown, and the books agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BotDetail, BotSummary, DealsAnswer } from '@holdfast/contracts';
import { typedStack } from '../../packages/testkit/src/typed-stack.ts';

test('a grid made on the command line trades, shows its round trips and leaves the books in agreement', async (t) => {
  const { json, holdfast: typed } = await typedStack(t, { speed: 60, seed: 5 });
  const holdfast = (...given: readonly string[]): string => typed(...given).text;
  const create = (settings: object): string =>
    holdfast('bot', 'create', '--kind', 'grid', '--pair', 'BTC/USDT', '--settings', JSON.stringify(settings));

  assert.match(
    create({ lowerPrice: '60000', upperPrice: '50000', lines: 15, amountPerLine: 60 }),
    /amountPerLine: .*; upperPrice: must be above/,
  );
  const [demo] = await until(
    async () => (await json<{ bots: BotSummary[] }>('/bots')).bots,
    (bots) => bots.length > 0,
  );
  const { openDeals } = await until(
    () => json<BotDetail>(`/bots/${demo?.id}`),
    (bot) => bot.openDeals[0]?.lastPrice != null,
  );
  const last = Number(openDeals[0]?.lastPrice);
  const range = { lowerPrice: (last * 0.97).toFixed(0), upperPrice: (last * 1.03).toFixed(0), lines: 17 };
  assert.match(create({ ...range, amountPerLine: '60' }), /^bot \S+ made and started/);
  const id = (await json<{ bots: BotSummary[] }>('/bots')).bots.find(({ kind }) => kind === 'grid')?.id;
  const { deals } = await until(
    () => json<DealsAnswer>(`/deals?bot=${id}&state=closed`),
    (answer) => answer.deals.length > 0,
  );
  assert.ok(Number(deals[0]?.profit) > 0, JSON.stringify(deals[0]));
  const detail = await json<BotDetail>(`/bots/${id}`);
  assert.match(detail.waitingFor ?? '', /^BTC\/USDT at .* lines rest$/);
  assert.match(holdfast('bot', 'show', String(id)), /grid {2}BTC\/USDT/);
  assert.match(holdfast('status'), /ledger and exchange agree/);
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
