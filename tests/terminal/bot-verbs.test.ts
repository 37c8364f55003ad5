/** Every verb on bots, typed at a terminal against the whole stack: check, suggest, make, act, look, copy, export, import, delete. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { BotReportView, BotSummary, CheckAnswer, ExportedBot, Statistics, SuggestionAnswer } from '@holdfast/contracts';
import { startStack } from '../../packages/testkit/src/stack.ts';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');

test('a bot is checked, suggested, made, acted on, looked at, moved and deleted by command', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-verbs-'));
  const stack = await startStack({ dir, speed: 20, seed: 7, vaultProcesses: async () => [] });
  t.after(async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const run = (...given: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'bot', ...given, '--data', stack.dir], {
      encoding: 'utf8',
      timeout: 180_000,
    });
    return { status, stdout, stderr };
  };
  const said = (...given: readonly string[]): string => {
    const { status, stdout, stderr } = run(...given);
    assert.equal(status, 0, `bot ${given.join(' ')}: ${stderr}`);
    return stdout;
  };
  const json = <Answer>(...given: readonly string[]): Answer => JSON.parse(said(...given, '--json')) as Answer;
  const refused = (pattern: RegExp, ...given: readonly string[]): void => {
    const { status, stderr } = run(...given);
    assert.notEqual(status, 0, given.join(' '));
    assert.match(stderr, pattern);
  };
  const grid = (settings: object) => ['check', '--kind', 'grid', '--pair', 'BTC/USDT', '--settings', JSON.stringify(settings)];

  // All faults at once, each with its field; then funds and mandate.
  const faulty = run(...grid({ lowerPrice: '60000', upperPrice: '50000', lines: 15, feePercent: '9' }));
  assert.equal(faulty.status, 1);
  assert.match(faulty.stdout, /amountPerLine: is missing/);
  assert.match(faulty.stdout, /upperPrice: must be above the lower price/);
  assert.match(faulty.stdout, /feePercent: must be from 0 to 5 %/);
  const tight = run(...grid({ lowerPrice: '50000', upperPrice: '60000', lines: 15, amountPerLine: '1' }));
  assert.match(tight.stdout, /amountPerLine: the line at .* below the exchange's smallest/);

  const { settings, candles, backtest, backtestMissing } = json<SuggestionAnswer>(
    'suggest',
    'grid',
    '--pair',
    'BTC/USDT',
    '--funds',
    '1000',
  );
  assert.ok(candles.count > 10 && Number(settings.upperPrice) > Number(settings.lowerPrice));
  assert.equal(backtestMissing, null);
  assert.ok((backtest?.candles ?? 0) > candles.count, 'it is played on finer candles');
  const wide = { ...settings, amountPerLine: '3000' };
  const file = join(dir, 'mandate.json');
  const big = JSON.parse(run(...grid(wide), '--propose', file, '--json').stdout) as CheckAnswer;
  assert.ok(big.faults.some(({ field, reason }) => field === 'funds.USDT' && /free of other bots/.test(reason)));
  const short = big.mandate?.missing.find(({ field }) => field === 'maxOrderQuote');
  assert.ok(Number(short?.needed) > Number(short?.inForce), JSON.stringify(big.mandate?.missing));
  assert.ok(Number(big.mandate?.worstLoss.theft24h) > 0);
  assert.match(run(...grid(wide), '--propose', join(dir, 'again.json')).stdout, /owner mandate sign/);
  const proposed = JSON.parse(readFileSync(file, 'utf8')) as { seq: number; pairs: { pair: string; maxOrderQuote: string }[] };
  assert.equal(proposed.seq, 2);
  assert.equal(proposed.pairs.find(({ pair }) => pair === 'BTC/USDT')?.maxOrderQuote, short?.needed);

  // A trade from its entry to the last step.
  const trade = { entry: 'market', size: '300', takeProfits: '20%:50,30%:50', stopLossPercent: '40' };
  const settingsOf = (it: object) => ['--settings', JSON.stringify(it), '--funds', 'USDT=450'];
  const made = json<{ bot: string }>('create', '--kind', 'trade', '--pair', 'ETH/USDT', ...settingsOf(trade)).bot;
  const report = () => json<BotReportView>('report', made);
  const holding = await until(report, ({ deals }) => deals[0]?.phase === 'holding' && deals[0].targets.length === 2);
  assert.ok(holding.deals[0]?.stopLoss !== null);
  const held = Number(holding.deals[0]?.held);
  said('add-funds', made, '--quote', '60');
  await until(report, ({ deals }) => Number(deals[0]?.held) > held);
  said('edit', made, '--set', 'stopLossPercent=35');
  assert.match(said('show', made), /"stopLossPercent":"35"[\s\S]*\nbase .*\ntarget 1 .*\ntarget 2 .*\s*$/);
  refused(/There is no step 7; there are 2/, 'close-step', made, '7');
  refused(/a trade bot has no setting stopLoss; it has .*stopLossPercent/, 'edit', made, '--set', 'stopLoss=3');
  refused(/stopLossPercent: must be from 0 to 99 %/, 'edit', made, '--set', 'stopLossPercent=100');
  refused(/1 USDT is below the exchange's smallest order/, 'add-funds', made, '--quote', '1');
  refused(/A trade is changed by "edit"/, 'edit-deal', made, '--stop-loss', '3');
  said('close-step', made, '1');
  const half = await until(report, ({ deals }) => deals[0]?.targets.length === 1);
  said('reduce-funds', made, '--quantity', '0.01');
  await until(report, ({ deals }) => Number(deals[0]?.held) < Number(half.deals[0]?.held));
  refused(/open deal/, 'delete', made);
  said('close-now', made);
  await until(report, ({ deals }) => deals.length === 0);
  assert.match(said('log', made), /Deal 1 closed \(closed\)[\s\S]*Command reduce-funds[\s\S]*Command add-funds/);
  const [figures] = json<Statistics[]>('stats', made);
  assert.equal(figures?.deals, 1);
  assert.equal(figures?.byPair[0]?.pair, 'ETH/USDT');
  assert.equal(figures?.byDeal[0]?.profit, figures?.profit);
  assert.ok(Number(figures?.drawdown.fraction) >= 0 && (figures?.curve.length ?? 0) > 0);

  // Moving it: what the file says, what is changed, what is refused by name.
  const exported = json<ExportedBot>('export', made);
  assert.deepEqual([exported.holdfastBot, exported.kind, exported.pairs], [1, 'trade', ['ETH/USDT']]);
  assert.doesNotMatch(JSON.stringify(exported), /secret|sub_?key/i);
  const bot = join(dir, 'bot.json');
  writeFileSync(bot, JSON.stringify({ ...exported, key: 'x' }));
  refused(/Unrecognized key: "key"/, 'import', bot);
  writeFileSync(bot, JSON.stringify({ ...exported, settings: { ...exported.settings, sise: '1' } }));
  refused(/sise/, 'import', bot);
  writeFileSync(bot, JSON.stringify(exported));
  const brought = json<{ bot: string }>('import', bot, '--pair', 'SOL/USDT', '--set', 'size=50', '--name', 'Brought').bot;
  const copy = json<{ bot: string }>('copy', brought, '--set', 'size=40').bot;
  const bots = json<BotSummary[]>('list');
  assert.deepEqual(
    [brought, copy].map((id) => bots.find((each) => each.id === id)).map((each) => [each?.name, each?.pairs, each?.deals.open]),
    [
      ['Brought', ['SOL/USDT'], 0],
      ['Copy of Brought', ['SOL/USDT'], 0],
    ],
  );
  assert.equal(json<ExportedBot>('export', copy).settings.size, '40');
  said('fund', brought, '--add', 'USDT=25');
  refused(/funds\.DOGE: bot \S+ takes no DOGE/, 'fund', brought, '--add', 'DOGE=1');
  said('delete', copy);
  refused(/there is no bot/i, 'report', copy);

  // What a deleted bot made was made.
  said('delete', made);
  for (const answer of [json<Statistics[]>('stats', made), json<Statistics[]>('stats')])
    assert.deepEqual(
      answer.flatMap(({ byPair }) => byPair.filter(({ pair }) => pair === 'ETH/USDT')),
      figures?.byPair,
    );
  assert.match(said('log', made), /Bot deleted; its funds are free again/);
});

/** Asks again until the answer fits; at most two minutes. */
async function until<Answer>(ask: () => Answer, fits: (answer: Answer) => boolean): Promise<Answer> {
  const end = Date.now() + 120_000;
  for (;;) {
    const answer = ask();
    if (fits(answer)) return answer;
    assert.ok(Date.now() < end, `still ${JSON.stringify(answer).slice(0, 600)}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}
