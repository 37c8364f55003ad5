import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bring, readSweep, readySweep, storeSeries } from '@holdfast/backtest';
import { apiError, backtestJob, botsMade, type SweepJob, sweepAnswer, sweepJob, sweepsAnswer } from '@holdfast/contracts';
import { walkSeries } from '../../../../packages/backtest/src/testing/walk-run.ts';
import { settingsOf } from '../backtests/ask.ts';
import { helpersOf } from '../backtests/help.ts';
import { type BacktestsHost, startBacktestsHost } from '../testing/backtests-host.ts';
import { own, type Scripted, scriptedServer } from '../testing/neighbours.ts';

let scripted: Scripted;
let host: BacktestsHost;
let helper: BacktestsHost;

before(async () => {
  scripted = await scriptedServer();
  storeSeries(scripted.folder, walkSeries(30, 5), { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
  [host, helper] = await Promise.all([startBacktestsHost(scripted.folder), startBacktestsHost(scripted.folder, 1)]);
});
after(async () => {
  await Promise.all([host.stop(), helper.stop()]);
  await scripted.close();
});

const get = (url: string) => scripted.app.inject({ method: 'GET', url, headers: { host: own.host } });
const post = (url: string, body: unknown = {}) =>
  scripted.app.inject({
    method: 'POST',
    url,
    headers: { ...own, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  });
const errorOf = (text: string) => apiError.parse(JSON.parse(text)).error;

const ask = {
  kind: 'dca',
  pairs: ['BTC/USDT'],
  settings: { baseOrderSize: '100', averagingOrderSize: '100', averagingOrders: 3 },
  vary: ['stepPercent=0.5..2/0.5', 'takeProfitPercent=1,2'],
  goal: 'profit',
  startDates: 2,
};
/** A stop loss has no kernel, so that there is time to pause it. */
const slow = {
  ...ask,
  settings: { ...ask.settings, stopLossPercent: '30' },
  vary: ['stepPercent=0.1..5/0.1', 'takeProfitPercent=0.5..3/0.5'],
};

const look = async (id: string) => sweepAnswer.parse((await get(`/api/sweeps/${id}`)).json());

async function until(id: string, holds: (job: SweepJob) => boolean): Promise<SweepJob> {
  for (let tries = 0; tries < 600; tries += 1) {
    const { job } = await look(id);
    if (job !== null && holds(job)) return job;
    await sleep(30);
  }
  throw new Error(`the sweep did not come so far within 18 s: ${JSON.stringify((await look(id)).job)}`);
}

test('a sweep runs beside the server, is stored, read, shown as a page, compared and made bots of', async () => {
  const asked = await post('/api/sweeps', { ...ask, name: 'first' });
  assert.equal(sweepJob.parse(asked.json()).id, 'first', asked.body);
  const job = await until('first', ({ state }) => state === 'done' || state === 'failed');
  assert.deepEqual([job.state, job.error], ['done', null]);
  assert.deepEqual([job.progress?.done, job.progress?.total], [40, 40]);
  const result = (await look('first')).result!;
  assert.equal(result.trials, 8);
  assert.equal(result.top.length, 8);
  assert.deepEqual(job.progress?.best?.varied, result.best!.varied);
  assert.ok(result.walk !== null);
  const page = await get('/api/sweeps/first/page');
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/);
  assert.match(page.body, /DCA on BTC\/USDT: 8 settings/);
  assert.equal((await post('/api/sweeps', { ...ask, name: 'first' })).statusCode, 409);

  const second = sweepJob.parse(
    (await post('/api/sweeps', { ...ask, goal: 'calmar', walk: null, require: ['deals > 0'] })).json(),
  ).id;
  await until(second, ({ state }) => state === 'done');
  const { sweeps } = sweepsAnswer.parse((await get('/api/sweeps')).json());
  assert.deepEqual(
    sweeps.map(({ id, state, trials }) => [id, state, trials]),
    [
      [second, 'done', 8],
      ['first', 'done', 8],
    ],
  );
  const compared = (await get(`/api/sweeps/compare?ids=first,${second}`)).json() as { differing: { name: string }[] };
  assert.deepEqual(compared.differing.map(({ name }) => name).sort(), ['asked goal', 'asked require', 'asked walk']);

  const made = await post('/api/sweeps/first/as-bot', { name: 'From a sweep' });
  assert.equal(botsMade.parse(made.json()).bots.length, 1, made.body);
  const sent = scripted.commands.at(-1) as unknown as { command: string; name: string; settings: Record<string, unknown> };
  assert.deepEqual([sent.command, sent.name], ['bot-create', 'From a sweep']);
  assert.equal(sent.settings.stepPercent, result.best!.varied.stepPercent);

  assert.deepEqual((await post(`/api/sweeps/${second}/remove`)).json(), { ok: true });
  assert.equal((await get(`/api/sweeps/${second}`)).statusCode, 404);
});

test('a process beside the one of backtests does jobs of a sweep as that one does, and is let go when it fails', async (t) => {
  if (availableParallelism() < 2) return t.skip('one core has no process beside');
  const stored = readSweep(scripted.folder, 'first');
  const ready = readySweep(stored.asked, scripted.folder, settingsOf('dca'));
  const settings = ready.plan.check({ ...ask.settings, stepPercent: '1', takeProfitPercent: '1' });
  const jobs = [0, 1, 0].map((of) => ({ settings, of }));
  const [found, ...others] = helpersOf(scripted.folder, 'first');
  assert.deepEqual(others, [], 'one runs');
  const [one, two] = await Promise.all([found!.run(jobs), found!.run(jobs.slice(1))]);
  assert.deepEqual(one, bring(ready.cases, jobs));
  assert.deepEqual(two, bring(ready.cases, jobs.slice(1)));
  await assert.rejects(found!.run([{ settings, of: -1 }]), /went away/);
  await assert.rejects(found!.run(jobs), /went away/);
  const [unknown] = helpersOf(scripted.folder, 'nothing');
  await assert.rejects(unknown!.run(jobs), /went away/);
  for (const each of [found, unknown]) each!.close();
});

test('a sweep is paused, goes on after all was started anew, and backtests run in between', async () => {
  await post('/api/sweeps', { ...slow, walk: null, name: 'slow' });
  await until('slow', ({ progress }) => (progress?.done ?? 0) > 5);
  const run = backtestJob.parse(
    (await post('/api/backtests', { kind: 'dca', pairs: ask.pairs, settings: ask.settings, startDates: 0 })).json(),
  );
  for (let tries = 0; tries < 300; tries += 1) {
    const { state } = backtestJob.parse((await get(`/api/backtests/jobs/${run.id}`)).json());
    if (state === 'done') break;
    assert.notEqual(state, 'failed');
    await sleep(30);
  }
  const paused = sweepJob.parse((await post('/api/sweeps/slow/pause')).json());
  assert.equal(paused.state, 'paused');
  const { done } = paused.progress!;
  assert.ok(done > 5 && done < 300, `${done} done`);
  assert.equal(errorOf((await post('/api/sweeps/slow/as-bot')).body).code, 'sweep-not-done');

  await host.stop();
  await post('/api/sweeps/slow/resume');
  const lost = await until('slow', ({ state }) => state === 'failed');
  assert.equal(lost.error?.code, 'backtests-unreachable');
  host = await startBacktestsHost(scripted.folder);
  await post('/api/sweeps/slow/resume');
  const running = await until('slow', ({ progress }) => progress !== null);
  assert.ok(running.progress!.done >= done - 1, 'what was done is not done again');
  assert.deepEqual((await post('/api/sweeps/slow/remove')).json(), { ok: true });
  assert.equal((await look('first')).result?.trials, 8);
  assert.equal(errorOf((await post('/api/sweeps/slow/resume')).body).code, 'sweep-unknown');
});

for (const [what, change, code] of [
  ['no setting of that name', { vary: ['stepPercentt=1..2/1'] }, 'sweep-setting-unknown'],
  ['a range that goes down', { vary: ['stepPercent=2..1/1'] }, 'sweep-axis-malformed'],
  ['no kind of that name', { kind: 'wish' }, 'bot-kind-unknown'],
  ['a pair that leaves the folder', { pairs: ['../etc'] }, 'request-malformed'],
  ['nothing that varies', { vary: [] }, 'request-malformed'],
  ['a field that there is not', { wish: 1 }, 'request-malformed'],
] as const)
  test(`${what} is refused at once`, async () => {
    const answer = await post('/api/sweeps', { ...ask, ...change });
    assert.equal(answer.statusCode, 400, answer.body);
    assert.equal(errorOf(answer.body).code, code);
  });

for (const [what, change, code] of [
  ['a pair without candles', { pairs: ['ETH/USDT'] }, 'backtest-data-missing'],
  ['a formula of no figure', { goal: 'profitt' }, 'formula-malformed'],
  [
    'a thousand million settings',
    { vary: ['stepPercent=0.01..10/0.01', 'takeProfitPercent=0.01..10/0.01', 'stepMultiplier=1..1.999/0.001'], method: 'grid' },
    'sweep-too-large',
  ],
  ['an empty period', { periods: [{ from: 1, to: 2 }] }, 'backtest-period-empty'],
  ['settings that never fit', { settings: { baseOrderSize: '-1' } }, 'settings-malformed'],
] as const)
  test(`${what}: the job says why`, async () => {
    const { id } = sweepJob.parse((await post('/api/sweeps', { ...ask, ...change })).json());
    const job = await until(id, ({ state }) => state === 'failed' || state === 'done');
    assert.deepEqual([job.state, job.error?.code], ['failed', code], String(job.error?.reason));
  });
