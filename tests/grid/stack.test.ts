/** `holdfast bot create --kind grid` on the whole stack: it trades beside others, those of results too, is shown, and the books agree. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BotDetail, BotSummary, DealsAnswer } from '@holdfast/contracts';
import { booksAgree, typedStack } from '../../packages/testkit/src/typed-stack.ts';

test('a grid made on the command line trades, shows its round trips and leaves the books in agreement', async (t) => {
  const { stack, json, holdfast: typed } = await typedStack(t, { speed: 60, seed: 5 });
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
  await until(
    () => json<BotDetail>(`/bots/${id}`),
    ({ waitingFor }) => /^BTC\/USDT at .* lines rest$/.test(waitingFor ?? ''),
  );
  assert.match(holdfast('bot', 'show', String(id)), /grid {2}BTC\/USDT/);
  await resultsBecomeBots(stack.dir, last);
  assert.ok(await booksAgree(stack));
  assert.match(holdfast('status'), /ledger and exchange agree/);

  /** A backtest on the command line, and a sweep beside the server: each makes a bot that trades here. */
  async function resultsBecomeBots(dir: string, price: number): Promise<void> {
    const file = join(dir, 'SYNTHETIC-BTC-USDT-1m.csv');
    writeFileSync(file, candlesAround(price));
    assert.match(holdfast('data', 'import', file), /600 new candles/);
    const dca = {
      baseOrderSize: '50',
      averagingOrderSize: '50',
      averagingOrders: 2,
      stepPercent: '0.5',
      takeProfitPercent: '0.4',
    };
    const ran = holdfast(
      'backtest',
      '--pair',
      'BTC/USDT',
      '--settings',
      JSON.stringify(dca),
      '--start-dates',
      '0',
      '--as-bot',
      'From a run',
    );
    const [, made] = /^Bot (\S+) made and started$/m.exec(ran) ?? [];
    await trades(made, 'From a run', { takeProfitPercent: '0.4' });

    const token = readFileSync(join(dir, 'cli.token'), 'utf8').trim();
    const post = async <Answer>(path: string, body: object): Promise<Answer> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stack.dashboard}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      assert.ok(answer.ok, `${path} answered ${answer.status}: ${await answer.clone().text()}`);
      return (await answer.json()) as Answer;
    };
    await post('/sweeps', {
      kind: 'dca',
      pairs: ['BTC/USDT'],
      settings: dca,
      vary: ['takeProfitPercent=0.3,0.6'],
      walk: null,
      name: 'here',
    });
    const { result } = await until(
      () => json<{ result: { best: { varied: { takeProfitPercent: string } } } | null }>('/sweeps/here'),
      (answer) => answer.result !== null,
    );
    const { bots } = await post<{ bots: string[] }>('/sweeps/here/as-bot', { name: 'From a sweep' });
    await trades(bots[0], 'From a sweep', result!.best.varied);
  }

  async function trades(bot: string | undefined, name: string, settings: object): Promise<void> {
    const detail = await until(
      () => json<BotDetail & { name: string; settings: object }>(`/bots/${bot}`),
      ({ openDeals: [deal] }) => deal !== undefined && Number(deal.bought) > 0,
    );
    assert.equal(detail.name, name);
    assert.deepEqual({ ...detail.settings, ...settings }, detail.settings);
  }
});

/** Ten hours of minutes that swing by a percent around a price. */
function candlesAround(price: number): string {
  const at = (minute: number): number => Math.round(price * (1 + 0.01 * Math.sin(minute / 20)) * 100) / 100;
  return Array.from({ length: 600 }, (_, minute) => {
    const [open, close] = [at(minute), at(minute + 1)];
    return [Date.UTC(2025, 0, 1) + minute * 60_000, open, Math.max(open, close), Math.min(open, close), close, 5].join(',');
  }).join('\n');
}

/** Asks again until the answer fits; at most five minutes. */
async function until<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(tries < 1000, `still ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}
