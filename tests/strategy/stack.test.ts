/** `holdfast bot create --kind FILE` on the whole stack: checked, loaded into its confined process, shown with a form, and trading. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BotDetail, BotKind, BotSummary } from '@holdfast/contracts';
import { booksAgree, typedStack } from '../../packages/testkit/src/typed-stack.ts';

const source = `
export const description = {
  name: 'keen',
  title: 'Keen',
  about: 'Buys at once and sells at the market when some minutes have closed, wherever the price went.',
  settings: { minutes: { type: 'whole', title: 'Minutes', about: 'How many minutes close before it sells.', unit: 'minutes', least: 1, most: 100000, default: 1 } },
};
export function step(settings: { minutes: number }, state: number | null, event: { kind: string; held: number }) {
  const closed = (state ?? 0) + (event.kind === 'woken' ? 1 : 0);
  if (settings.minutes === 7777 && closed > 2) for (;;);
  const isOut = closed >= settings.minutes;
  const orders = event.held === 0
    ? [{ name: 'in', side: 'buy', order: 'ioc', quote: '50' }]
    : isOut ? [{ name: 'out', side: 'sell', order: 'ioc', quantity: 'all' }] : [];
  return { state: event.held === 0 ? 0 : closed, orders, wakes: [{ kind: 'minute' }] };
}
`;

test('a strategy from a file trades on the whole stack, and one that hangs is paused while it goes on', async (t) => {
  const { stack, dir, json, holdfast: typed } = await typedStack(t, { speed: 60, seed: 5 });
  const holdfast = (...given: readonly string[]): string => typed(...given).text;
  const file = join(dir, 'keen.ts');
  writeFileSync(file, source);
  assert.match(holdfast('strategy', 'check', file), /^Keen: Buys at once[\s\S]*the same answers; \d+ buys/);
  const create = (settings: object) =>
    holdfast('bot', 'create', '--kind', file, '--pair', 'ETH/USDT', '--settings', JSON.stringify(settings));
  assert.match(create({ minutes: 0 }), /funds: must be given; minutes: must be at least 1/);
  assert.match(create({ funds: '200' }), /^bot \S+ made and started/);
  assert.match(create({ funds: '200', minutes: 7777 }), /^bot \S+ made and started/);
  assert.match(holdfast('strategy', 'list'), /own-keen-[0-9a-f]{8} +Keen/);
  const { kinds } = await json<{ kinds: BotKind[] }>('/bot-kinds');
  const kind = kinds.find(({ title }) => title === 'Keen');
  assert.ok(kind);
  assert.ok('minutes' in (kind.schema.properties as object), 'the page makes a form of it');
  const mine = async (): Promise<BotSummary[]> =>
    (await json<{ bots: BotSummary[] }>('/bots')).bots.filter((bot) => bot.kind === kind.kind);
  const bots = await until(
    mine,
    (all) => all.some(({ waitingFor }) => /paused/.test(waitingFor ?? '')) && all.some(({ deals }) => deals.closed > 0),
    stack.log,
  );
  const hung = bots.find(({ waitingFor }) => /paused/.test(waitingFor ?? ''));
  assert.match(hung?.waitingFor ?? '', /the strategy is paused, it did not answer within 500 ms \(strategy-failed\)/);
  const good = bots.find(({ id }) => id !== hung?.id);
  const detail = await json<BotDetail>(`/bots/${good?.id}`);
  assert.ok(detail.deals.closed > 0);
  const closed = detail.deals.closed;
  await until(mine, (all) => all.some(({ id, deals }) => id === good?.id && deals.closed > closed), stack.log);
  assert.ok(await booksAgree(stack));
  assert.match(holdfast('status'), /ledger and exchange agree/);
});

/** Asks again until the answer fits; at most five minutes. */
async function until<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean, log: () => string): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(tries < 1000, `still ${JSON.stringify(answer).slice(0, 800)}\n${log()}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}
